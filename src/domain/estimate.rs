//! An estimate of the time that a build has left, labelled as one wherever the app shows it.
//!
//! The best estimate is the duration of the user's own builds, which the runtime reads from the recordings; without any,
//! that of ParallelCluster's documentation ("Image creation takes about 1 hour").

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::TimeDelta;

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
        match self.builds {
            0 => "the documented hour".to_owned(),
            1 => "your last build".to_owned(),
            builds => format!("your last {builds} builds"),
        }
    }
}

/// The usual durations of the steps of the user's own builds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TypicalSteps(Arc<[StepTime]>);

/// A step is called slow when it takes half as long again as usual, and so much longer.
const SLOW: TimeDelta = TimeDelta::minutes(2);

impl TypicalSteps {
    /// The median of each step in the builds.
    pub(crate) fn of(builds: impl IntoIterator<Item = Vec<StepTime>>) -> Self {
        let mut all: BTreeMap<(SafeText, SafeText), Vec<TimeDelta>> = BTreeMap::new();
        for time in builds.into_iter().flatten() {
            let key = (time.workflow, time.step);
            all.entry(key).or_default().push(time.took);
        }
        let medians = all.into_iter().filter_map(|((workflow, step), times)| {
            let took = typical(times)?.duration;
            Some(StepTime {
                workflow,
                step,
                took,
            })
        });
        Self(medians.collect())
    }

    /// How long a step usually takes.
    pub fn usual(&self, workflow: &SafeText, step: &SafeText) -> Option<TimeDelta> {
        let mut known = self.0.iter();
        let known = known.find(|time| time.workflow == *workflow && time.step == *step);
        known.map(|time| time.took)
    }
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
    fn a_step_usually_takes_the_median_of_its_own_times() {
        let time = |step: &str, minutes| StepTime {
            workflow: SafeText::new("build-image"),
            step: SafeText::new(step),
            took: TimeDelta::minutes(minutes),
        };
        let steps = TypicalSteps::of([
            vec![time("Launch", 3), time("Apply", 20)],
            vec![time("Apply", 30)],
            vec![time("Apply", 22)],
        ]);
        let usual = |step: &str| {
            let usual = steps.usual(&SafeText::new("build-image"), &SafeText::new(step));
            usual.map(|usual| usual.num_minutes())
        };
        assert_eq!(usual("Apply"), Some(22));
        assert_eq!((usual("Launch"), usual("Other")), (Some(3), None));
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
