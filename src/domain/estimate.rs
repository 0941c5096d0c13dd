//! How long a build is likely to go on: a guess, and labelled as one wherever it is shown.
//!
//! The best guess is how long the person's own builds took; without any, what ParallelCluster's documentation
//! says ("Image creation takes about 1 hour").

use chrono::TimeDelta;

/// What the documentation says.
const DOCUMENTED: TimeDelta = TimeDelta::hours(1);

/// A build that takes so many times as long as usual is not a usual one.
const UNUSUAL: i32 = 3;

/// How long builds usually take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TypicalDuration {
    /// The median of their durations, from the stack's first event to the AMI.
    pub duration: TimeDelta,
    /// Of how many builds.
    pub builds: usize,
}

/// A guess at what is left of a build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Estimate {
    /// What is left, if it takes as long as builds usually do; negative where it has taken longer.
    pub left: TimeDelta,
    /// Of how many of the person's own builds it is made; none: from the documentation.
    pub builds: usize,
}

impl Estimate {
    /// The guess for a build that has gone on for so long; nothing where that is so much longer than usual
    /// that usual builds say nothing about it.
    pub fn of(elapsed: TimeDelta, typical: Option<TypicalDuration>) -> Option<Self> {
        let duration = typical.map_or(DOCUMENTED, |typical| typical.duration);
        (elapsed < duration * UNUSUAL).then_some(Self {
            left: duration - elapsed,
            builds: typical.map_or(0, |typical| typical.builds),
        })
    }

    /// What the guess is made from, in words.
    pub fn basis(&self) -> String {
        match self.builds {
            0 => "the documented hour".to_owned(),
            1 => "your last build".to_owned(),
            builds => format!("your last {builds} builds"),
        }
    }
}

/// The median of durations, of the newest few that are given: what a person's own builds usually take.
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
    fn own_builds_go_before_the_documentation() {
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
