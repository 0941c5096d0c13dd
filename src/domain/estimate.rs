//! An estimate of the time that a build has left, labelled as one wherever the app shows it.
//!
//! The best estimate is the duration of the user's own builds, which the runtime reads from the recordings; without any,
//! that of ParallelCluster's documentation ("Image creation takes about 1 hour").

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::TimeDelta;

use crate::domain::span::ResourceTime;
use crate::domain::steps::StepTime;
use crate::text::safe::SafeText;

/// The documented duration.
const DOCUMENTED: TimeDelta = TimeDelta::hours(1);

/// A build that takes this many times as long as usual has no estimate.
const UNUSUAL: i32 = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TypicalDuration {
    /// The median of the builds' durations, from the stack's first event to the AMI.
    pub duration: TimeDelta,
    /// The number of builds.
    pub builds: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Estimate {
    /// How long such a build usually takes.
    pub whole: TimeDelta,
    /// The time left, if the build takes as long as usual; negative if it has taken longer.
    pub left: TimeDelta,
    /// The number of the user's own builds that it is made from; 0 for the documentation.
    pub builds: usize,
}

impl Estimate {
    /// The estimate for a build that has taken `elapsed` so far; none if that is so much longer than usual that usual
    /// builds prove nothing about it.
    pub fn of(elapsed: TimeDelta, typical: Option<TypicalDuration>) -> Option<Self> {
        let duration = typical.map_or(DOCUMENTED, |typical| typical.duration);
        (elapsed < duration * UNUSUAL).then_some(Self {
            whole: duration,
            left: duration - elapsed,
            builds: typical.map_or(0, |typical| typical.builds),
        })
    }

    /// The source of the estimate, in words.
    pub fn basis(&self) -> String {
        basis(self.builds)
    }
}

impl TypicalDuration {
    /// The builds that it is made from, in words.
    pub fn basis(self) -> String {
        basis(self.builds)
    }
}

fn basis(builds: usize) -> String {
    match builds {
        0 => "the documented hour".to_owned(),
        1 => "your last build".to_owned(),
        builds => format!("your last {builds} builds"),
    }
}

/// The usual durations of the parts of the user's own builds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TypicalTimes {
    steps: Arc<[StepTime]>,
    resources: Arc<[ResourceTime]>,
}

/// A step is called slow when it takes half as long again as usual, and so much longer.
const SLOW: TimeDelta = TimeDelta::minutes(2);

impl TypicalTimes {
    /// The median of each step and of each resource in the builds.
    pub fn of(
        steps: impl IntoIterator<Item = StepTime>,
        resources: impl IntoIterator<Item = ResourceTime>,
    ) -> Self {
        let steps = steps.into_iter();
        let steps = medians(steps.map(|time| ((time.workflow, time.step), time.took)));
        let steps = steps.map(|((workflow, step), took)| StepTime {
            workflow,
            step,
            took,
        });
        let resources = resources.into_iter();
        let resources = medians(resources.map(|time| (time.logical_id, time.took)));
        let resources = resources.map(|(logical_id, took)| ResourceTime { logical_id, took });
        Self {
            steps: steps.collect(),
            resources: resources.collect(),
        }
    }

    /// How long a step usually takes.
    pub fn of_step(&self, workflow: &SafeText, step: &SafeText) -> Option<TimeDelta> {
        let mut known = self.steps.iter();
        let known = known.find(|time| time.workflow == *workflow && time.step == *step);
        known.map(|time| time.took)
    }

    /// How long the creation of a resource usually takes.
    pub fn of_resource(&self, logical_id: &SafeText) -> Option<TimeDelta> {
        let mut known = self.resources.iter();
        let known = known.find(|time| time.logical_id == *logical_id);
        known.map(|time| time.took)
    }

    /// Whether it knows resources: recordings of older versions have none.
    pub fn has_resources(&self) -> bool {
        !self.resources.is_empty()
    }
}

/// The median of the times of each key.
fn medians<K: Ord>(
    times: impl Iterator<Item = (K, TimeDelta)>,
) -> impl Iterator<Item = (K, TimeDelta)> {
    let mut all: BTreeMap<K, Vec<TimeDelta>> = BTreeMap::new();
    for (key, took) in times {
        all.entry(key).or_default().push(took);
    }
    let median = |(key, times)| Some((key, typical(times)?.duration));
    all.into_iter().filter_map(median)
}

/// Whether a step takes so long that it is worth a word.
pub(crate) fn is_slow(elapsed: TimeDelta, usual: TimeDelta) -> bool {
    elapsed > usual + usual / 2 && elapsed - usual > SLOW
}

/// The median of the durations of the user's newest builds.
pub(crate) fn typical(mut durations: Vec<TimeDelta>) -> Option<TypicalDuration> {
    durations.sort();
    let builds = durations.len();
    let duration = *durations.get(builds.checked_sub(1)? / 2)?;
    Some(TypicalDuration { duration, builds })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_usually_takes_the_median_of_its_own_times() {
        let time = |step: &str, minutes| StepTime {
            workflow: SafeText::new("build-image"),
            step: SafeText::new(step),
            took: TimeDelta::minutes(minutes),
        };
        let steps = [
            time("Launch", 3),
            time("Apply", 20),
            time("Apply", 30),
            time("Apply", 22),
        ];
        let resources = [1, 9, 2].map(|minutes| ResourceTime {
            logical_id: SafeText::new("InstanceProfile"),
            took: TimeDelta::minutes(minutes),
        });
        let times = TypicalTimes::of(steps, resources);
        let usual = |step: &str| {
            let usual = times.of_step(&SafeText::new("build-image"), &SafeText::new(step));
            usual.map(|usual| usual.num_minutes())
        };
        assert_eq!(usual("Apply"), Some(22));
        assert_eq!((usual("Launch"), usual("Other")), (Some(3), None));
        let profile = times.of_resource(&SafeText::new("InstanceProfile"));
        assert_eq!(profile.map(|usual| usual.num_minutes()), Some(2));
        let minutes = TimeDelta::minutes;
        assert!(is_slow(minutes(34), minutes(22)));
        assert!(!is_slow(minutes(32), minutes(22)) && !is_slow(minutes(3), minutes(1)));
    }

    #[test]
    fn own_builds_take_precedence_over_the_documentation() {
        let minutes = TimeDelta::minutes;
        assert_eq!(
            Estimate::of(minutes(34), None).map(|estimate| estimate.left),
            Some(minutes(26))
        );
        assert_eq!(Estimate::of(minutes(180), None), None);
        let own = typical(vec![minutes(50), minutes(40), minutes(90)]);
        assert_eq!(
            own,
            Some(TypicalDuration {
                duration: minutes(50),
                builds: 3
            })
        );
        let estimate = Estimate::of(minutes(58), own).unwrap();
        assert_eq!(
            (estimate.left, estimate.basis().as_str()),
            (minutes(-8), "your last 3 builds")
        );
        assert_eq!(typical(Vec::new()), None);
    }
}
