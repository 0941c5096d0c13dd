//! How long each resource and each step of two builds took, side by side, with the end of each that is not a success.
//!
//! What is unfinished has no length yet: a pair with one is judged only where that one is the longer one already.

use std::cmp::Reverse;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::comparison::{Difference, DifferenceKind, Side, resources};
use crate::domain::span::{End, Span, spans};
use crate::domain::status::StatusClass;
use crate::domain::steps::Step;
use crate::domain::verdict::Verdict;
use crate::text::duration::duration;
use crate::text::safe::SafeText;

/// The name of the row of a build's own duration.
const WHOLE: &str = "the whole build";

/// What stands for a time or a value that one side has not.
pub(crate) const NONE: &str = "-";

/// How something ended that took a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ending {
    #[default]
    Success,
    /// It has not ended.
    Running,
    /// It is over, and its end was not seen.
    Unseen,
    Failed,
    Cancelled,
    RolledBack,
    /// A build that was deleted before its end.
    Deleted,
    /// Another operation took its place before its end.
    Replaced,
}

impl Ending {
    /// Its name in JSON; none for a success.
    pub(crate) const fn as_str(self) -> Option<&'static str> {
        match self {
            Self::Success => None,
            Self::Running => Some("running"),
            Self::Unseen => Some("unseen"),
            Self::Failed => Some("failed"),
            Self::Cancelled => Some("cancelled"),
            Self::RolledBack => Some("rolled back"),
            Self::Deleted => Some("deleted"),
            Self::Replaced => Some("replaced"),
        }
    }

    /// What stands after a duration.
    const fn in_words(self) -> Option<&'static str> {
        match self {
            Self::Running => Some("so far"),
            Self::Unseen => Some("end not seen"),
            Self::Replaced => Some("not finished"),
            other => other.as_str(),
        }
    }

    const fn is_failure(self) -> bool {
        matches!(self, Self::Failed | Self::Cancelled | Self::RolledBack)
    }

    const fn of_span(span: &Span) -> Self {
        match (span.end, span.class) {
            (End::Open, _) => Self::Running,
            (_, StatusClass::Failed) => Self::Failed,
            (End::Superseded(_), _) => Self::Replaced,
            _ => Self::Success,
        }
    }

    /// `None` for a step that took no time: it has not begun, or was skipped.
    fn of_step(step: &Step) -> Option<Self> {
        match step.status.as_str() {
            "COMPLETED" => Some(Self::Success),
            "CANCELLED" => Some(Self::Cancelled),
            "ROLLBACK_COMPLETED" => Some(Self::RolledBack),
            _ if step.status.class() == StatusClass::Failed => Some(Self::Failed),
            _ if step.status.is_running() => Some(Self::Running),
            _ => None,
        }
    }
}

/// What something took in one build.
#[derive(Clone, Copy, Debug, Default)]
struct Took {
    /// Absent if its begin or its end is not known.
    time: Option<TimeDelta>,
    ending: Ending,
}

impl Took {
    /// A time of what runs is known only up to `now`, and not at all once its build is over.
    fn of(time: Option<TimeDelta>, ending: Ending) -> Self {
        let ending = match ending {
            Ending::Running if time.is_none() => Ending::Unseen,
            other => other,
        };
        Self { time, ending }
    }

    fn is_known(self) -> bool {
        self.time.is_some() || self.ending != Ending::Success
    }

    /// The time of a step that ran again is that of all its runs, and its end that of the last.
    fn and(self, next: Self) -> Self {
        let times = [self.time, next.time].into_iter().flatten();
        Self {
            time: times.reduce(|one, other| one + other),
            ending: next.ending,
        }
    }
}

impl Difference {
    /// What one side took, with its end: `28:15 failed`.
    pub(crate) fn took(&self, side: usize) -> String {
        let time = if side == 0 { &self.before } else { &self.after };
        let time = time.as_ref().map(SafeText::as_str);
        let parts = [time, self.endings[side].in_words()];
        let parts: Vec<_> = parts.into_iter().flatten().collect();
        if parts.is_empty() {
            NONE.to_owned()
        } else {
            parts.join(" ")
        }
    }

    /// Whether a side of it still runs: what it took more or less is the least then.
    pub fn is_running(&self) -> bool {
        self.endings.contains(&Ending::Running)
    }
}

impl Side<'_> {
    /// How long the creation of a resource took.
    fn creation(&self, resource: &SafeText) -> Option<Took> {
        let spans = spans(self.timeline()?.events_of(resource));
        let created = spans.into_iter().find(|span| span.operation == "CREATE")?;
        let time = created.length(self.build.open_until(self.now));
        Some(Took::of(time, Ending::of_span(&created)))
    }

    fn whole(&self) -> Option<Took> {
        self.build.started_at()?;
        let verdict = self.build.verdict();
        if verdict.is_final() && self.build.ended_at().is_none() {
            return Some(Took::of(None, Ending::Unseen));
        }
        let ending = match verdict {
            verdict if !verdict.is_final() => Ending::Running,
            Verdict::Failed => Ending::Failed,
            Verdict::Deleted => Ending::Deleted,
            _ => Ending::Success,
        };
        Some(Took::of(self.build.elapsed(self.now), ending))
    }

    fn steps(&self) -> Vec<(String, Took)> {
        let open_until = self.build.open_until(self.now);
        let mut all: Vec<(String, Took)> = Vec::new();
        for workflow in self.build.steps().workflows() {
            for step in &workflow.steps {
                let Some(ending) = Ending::of_step(step) else {
                    continue;
                };
                let took = Took::of(length(step, ending, open_until), ending);
                let name = format!("{}: {}", workflow.name, step.name);
                match all.iter_mut().find(|(known, _)| *known == name) {
                    Some((_, known)) => *known = known.and(took),
                    None => all.push((name, took)),
                }
            }
        }
        all
    }
}

fn length(step: &Step, ending: Ending, now: Option<DateTime<Utc>>) -> Option<TimeDelta> {
    let end = match ending {
        Ending::Running => now,
        _ => step.ended_at,
    };
    Some((end? - step.started_at?).max(TimeDelta::zero()))
}

/// The whole build, then what failed, what runs, and the others, the largest difference first.
pub(super) fn durations(before: &Side<'_>, after: &Side<'_>) -> Vec<Difference> {
    let resources = resources(before, after).into_iter();
    let resources = resources.filter_map(|resource| {
        let took = [before, after].map(|side| side.creation(&resource));
        row(DifferenceKind::Duration, resource, took)
    });
    let mut all: Vec<_> = resources.chain(steps(before, after)).collect();
    all.sort_by_key(|(weight, row)| {
        let has_failed = row.endings.iter().any(|ending| ending.is_failure());
        (!has_failed, !row.is_running(), Reverse(*weight))
    });
    let whole = [before.whole(), after.whole()];
    let whole = row(DifferenceKind::Duration, SafeText::new(WHOLE), whole);
    let all = whole.into_iter().chain(all);
    all.map(|(_, row)| row).collect()
}

fn steps(before: &Side<'_>, after: &Side<'_>) -> Vec<(Weight, Difference)> {
    let mut rows: Vec<(String, [Option<Took>; 2])> = Vec::new();
    for (place, side) in [(1, after), (0, before)] {
        for (name, step) in side.steps() {
            if let Some((_, took)) = rows.iter_mut().find(|(known, _)| *known == name) {
                took[place] = Some(step);
            } else {
                let mut took = [None; 2];
                took[place] = Some(step);
                rows.push((name, took));
            }
        }
    }
    let rows = rows
        .into_iter()
        .filter_map(|(name, took)| row(DifferenceKind::Step, SafeText::new(&name), took));
    rows.collect()
}

/// What a row weighs: its difference, then its longer time. A row of one side weighs all that it took.
type Weight = [TimeDelta; 2];

/// A row of the two times, and what it weighs.
fn row(
    kind: DifferenceKind,
    name: SafeText,
    took: [Option<Took>; 2],
) -> Option<(Weight, Difference)> {
    let took = took.map(Option::unwrap_or_default);
    if !took.iter().any(|took| took.is_known()) {
        return None;
    }
    let longer = longer(took);
    let [old, new] = took.map(|took| took.time);
    let weight = match (old, new) {
        (Some(_), Some(_)) => longer.unwrap_or_default(),
        _ => old.or(new).unwrap_or_default(),
    };
    let words = |took: Option<TimeDelta>| took.map(|took| SafeText::new(&duration(took)));
    let row = Difference {
        kind,
        name,
        before: words(old),
        after: words(new),
        longer,
        endings: took.map(|took| took.ending),
    };
    let longest = old.max(new).unwrap_or_default();
    Some(([weight.abs(), longest], row))
}

/// How much longer the second one took. Of a pair with an unfinished one this is known only where that one is longer
/// already, and then at least this much.
fn longer(took: [Took; 2]) -> Option<TimeDelta> {
    let [old, new] = took;
    let longer = new.time? - old.time?;
    let runs = took.map(|took| took.ending == Ending::Running);
    let is_known = match runs {
        [false, false] => true,
        [false, true] => longer.num_seconds() > 0,
        [true, false] => longer.num_seconds() < 0,
        [true, true] => false,
    };
    is_known.then_some(longer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn took(minutes: i64, ending: Ending) -> Took {
        Took::of(Some(TimeDelta::minutes(minutes)), ending)
    }

    #[test]
    fn what_runs_is_judged_only_once_it_is_the_longer_one() {
        let (runs, ended) = (Ending::Running, Ending::Failed);
        let cases = [
            (took(30, ended), took(20, ended), Some(-10)),
            (took(30, runs), took(20, ended), Some(-10)),
            (took(20, runs), took(30, ended), None),
            (took(20, ended), took(30, runs), Some(10)),
            (took(30, ended), took(20, runs), None),
            (took(30, runs), took(20, runs), None),
            (took(30, runs), took(30, runs), None),
            (took(30, ended), took(30, runs), None),
        ];
        for (old, new, expected) in cases {
            let known = longer([old, new]).map(|longer| longer.num_minutes());
            assert_eq!(known, expected, "{old:?} {new:?}");
        }
    }

    #[test]
    fn a_failed_step_without_times_is_in_the_comparison() {
        let failed = Took::of(None, Ending::Failed);
        let (_, row) = row(
            DifferenceKind::Step,
            SafeText::new("s"),
            [None, Some(failed)],
        )
        .unwrap();
        assert_eq!([row.took(0), row.took(1)], ["-", "failed"]);
    }
}
