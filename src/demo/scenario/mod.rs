//! Scenarios: the life of an image, written in `assets/scenarios` and played by the clock.
//!
//! ```text
//!  stack.toml + NAME.toml ─► Build (names resolved) ─► Moment (with its time) ─► TimedChange (API's form)
//! ```

mod build;
mod creation;
mod data;
mod deletion;
mod description;
mod event;
mod fill;
mod log;
mod moment;
mod schedule;
mod script;
#[cfg(test)]
mod tests;
mod workflows;

use chrono::{DateTime, Utc};
use thiserror::Error;

pub(crate) use self::script::TimedChange;

use crate::demo::faults::FaultPlan;
use crate::demo::scenario::build::Build;
use crate::demo::scenario::data::{ScenarioData, StackData};

/// The scenarios of the other builds, in their order.
const OTHERS: [(&str, &str); 6] = [
    (
        "failure",
        include_str!("../../../assets/scenarios/failure.toml"),
    ),
    (
        "success",
        include_str!("../../../assets/scenarios/success.toml"),
    ),
    (
        "rebuild",
        include_str!("../../../assets/scenarios/rebuild.toml"),
    ),
    (
        "leftover",
        include_str!("../../../assets/scenarios/leftover.toml"),
    ),
    (
        "rollback",
        include_str!("../../../assets/scenarios/rollback.toml"),
    ),
    (
        "deleted",
        include_str!("../../../assets/scenarios/deleted.toml"),
    ),
];

const STACK: &str = include_str!("../../../assets/scenarios/stack.toml");

/// One scenario: an image, the stacks that build it, and the faults of the API meanwhile.
#[derive(Debug)]
pub struct Scenario {
    image_id: String,
    region: String,
    builds: Vec<Build>,
    faults: FaultPlan,
}

/// The reason why a scenario can't be loaded.
#[derive(Debug, Error)]
pub enum ScenarioError {
    #[error("unknown scenario {0}; known are {names}", names = Scenario::NAMES.join(", "))]
    Unknown(String),
    #[error("failed to read the scenario: {0}")]
    Data(#[from] toml::de::Error),
    /// The data names a resource that the stack does not have, or only defines further down.
    #[error("unknown resource {0} (a resource is defined above its uses)")]
    Resource(String),
    /// The data has a placeholder without a value.
    #[error("unknown placeholder ${{{0}}}")]
    Placeholder(String),
}

impl Scenario {
    /// The names of all scenarios; the first is the default.
    pub const NAMES: [&str; 8] = [
        "success", "failure", "script", "rollback", "leftover", "rebuild", "deleted", "flaky",
    ];

    /// The scenario of this name.
    ///
    /// # Errors
    /// Where there is no such scenario.
    pub fn named(name: &str) -> Result<Self, ScenarioError> {
        let text = match name {
            "success" => include_str!("../../../assets/scenarios/success.toml"),
            "failure" => include_str!("../../../assets/scenarios/failure.toml"),
            "script" => include_str!("../../../assets/scenarios/script.toml"),
            "rollback" => include_str!("../../../assets/scenarios/rollback.toml"),
            "leftover" => include_str!("../../../assets/scenarios/leftover.toml"),
            "rebuild" => include_str!("../../../assets/scenarios/rebuild.toml"),
            "deleted" => include_str!("../../../assets/scenarios/deleted.toml"),
            "flaky" => include_str!("../../../assets/scenarios/flaky.toml"),
            _ => return Err(ScenarioError::Unknown(name.to_owned())),
        };
        Self::read(text, None, 1)
    }

    /// That scenario and others with other outcomes, all of them in its region and each of another image.
    ///
    /// # Errors
    /// Where there is no such scenario.
    pub fn several(name: &str, number: usize) -> Result<Vec<Self>, ScenarioError> {
        let first = Self::named(name)?;
        let region = first.region.clone();
        let mut all = vec![first];
        // One with faults would disturb the others: they share a server.
        let others = OTHERS.iter().filter(|(other, _)| *other != name);
        let others: Vec<_> = others.collect();
        for (place, (_, text)) in (0..number.saturating_sub(1)).zip(others.iter().cycle()) {
            let round = place / others.len().max(1) + 1;
            all.push(Self::read(text, Some(&region), round)?);
        }
        Ok(all)
    }

    fn read(text: &str, region: Option<&str>, round: usize) -> Result<Self, ScenarioError> {
        let stack: StackData = toml::from_str(STACK)?;
        let mut scenario: ScenarioData = toml::from_str(text)?;
        if let Some(region) = region {
            scenario.region = Some(region.to_owned());
        }
        if round > 1 {
            scenario.image = format!("{}-{round}", scenario.image);
        }
        let builds = scenario.builds.iter().enumerate();
        let builds = builds.map(|(ordinal, build)| Build::new(&stack, &scenario, ordinal, build));
        Ok(Self {
            builds: builds.collect::<Result<_, _>>()?,
            image_id: scenario.image,
            region: scenario.region.unwrap_or(stack.region),
            faults: FaultPlan::new(scenario.faults),
        })
    }

    /// The image that the scenario is about.
    pub fn image_id(&self) -> &str {
        &self.image_id
    }

    /// The region that the image is built in.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The faults of the API while the scenario is played.
    pub(crate) fn faults(&self) -> &FaultPlan {
        &self.faults
    }

    /// The changes of a scenario that begins at `epoch`, in order.
    pub(crate) fn script(&self, epoch: DateTime<Utc>) -> Vec<TimedChange> {
        script::script(&self.builds, epoch)
    }
}
