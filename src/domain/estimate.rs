//! An estimate of the time that a build has left, labelled as one wherever the app shows it.
//!
//! The best estimate is the duration of the user's own builds, which the runtime reads from the recordings; without any,
//! that of ParallelCluster's documentation ("Image creation takes about 1 hour").

use chrono::TimeDelta;

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
