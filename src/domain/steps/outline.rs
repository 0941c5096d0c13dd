//! The outline of a build log: the steps of the workflows, and in them the components, their phases and steps.
//! [`super::log`] makes it from the same lines as the workflows; the view of the log shows it on a wide screen.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::log::mark::Mark;
use crate::domain::log::text::asks_for_restart;
use crate::text::safe::SafeText;

/// One part of a build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OutlineItem {
    pub(crate) kind: OutlineKind,
    /// Of a component its ARN.
    pub(crate) name: SafeText,
    pub(crate) began: DateTime<Utc>,
    pub(crate) ended: Option<DateTime<Utc>>,
    pub(crate) has_failed: bool,
}

/// What a part is; one is inside those of the kinds before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum OutlineKind {
    /// A step of a workflow.
    Step,
    Component,
    Phase,
    ComponentStep,
}

impl OutlineItem {
    /// How long it took, or has taken.
    pub(crate) fn took(&self, now: DateTime<Utc>) -> TimeDelta {
        (self.ended.unwrap_or(now) - self.began).max(TimeDelta::zero())
    }
}

/// The parts so far, in the order of their beginnings.
#[derive(Default)]
pub(super) struct Outline {
    items: Vec<OutlineItem>,
    /// The indexes of those that have not ended, the outermost first.
    open: Vec<usize>,
}

impl Outline {
    pub(super) fn into_items(self) -> Vec<OutlineItem> {
        self.items
    }

    pub(super) fn apply(&mut self, at: DateTime<Utc>, mark: Mark<'_>) {
        match mark {
            Mark::Step(name, _) => self.begin(OutlineKind::Step, name, at),
            Mark::Document(arn) => self.begin(OutlineKind::Component, arn, at),
            Mark::Phase(name) => self.begin(OutlineKind::Phase, name, at),
            Mark::ComponentStep(name) => self.begin(OutlineKind::ComponentStep, name, at),
            Mark::Workflow(..) => self.end(OutlineKind::Step, at, false),
            Mark::Stage(stage) => {
                let has_failed = matches!(stage, "FAILED" | "CANCELLED");
                self.end(OutlineKind::Step, at, has_failed);
            }
            Mark::ExitCode(code) => {
                let has_failed = code != 0 && !asks_for_restart(code);
                self.end(OutlineKind::ComponentStep, at, has_failed);
            }
            Mark::Succeeded => self.end(OutlineKind::Component, at, false),
            Mark::Failed => {
                self.end(OutlineKind::Component, at, true);
                if let Some(step) = self.open.last().and_then(|open| self.items.get_mut(*open)) {
                    step.has_failed = true;
                }
            }
            Mark::Total(_) | Mark::NextStep(_) => {}
        }
    }

    fn begin(&mut self, kind: OutlineKind, name: &str, began: DateTime<Utc>) {
        self.end(kind, began, false);
        self.open.push(self.items.len());
        self.items.push(OutlineItem {
            kind,
            name: SafeText::new(name),
            began,
            ended: None,
            has_failed: false,
        });
    }

    /// Ends the parts of a kind and those in them. One that has failed makes those around it fail that end with it.
    fn end(&mut self, kind: OutlineKind, at: DateTime<Utc>, has_failed: bool) {
        while let Some(item) = self.open.last().and_then(|open| self.items.get_mut(*open)) {
            if item.kind < kind {
                return;
            }
            item.ended = Some(at);
            item.has_failed |= has_failed;
            self.open.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_ends_with_the_next_one_and_a_failure_is_that_of_all_around_it() {
        let mut outline = Outline::default();
        let marks = [
            Mark::Step("Launch", None),
            Mark::Step("Apply", None),
            Mark::Document("arn:c"),
            Mark::Phase("build"),
            Mark::ComponentStep("One"),
            Mark::ExitCode(0),
            Mark::ComponentStep("Two"),
            Mark::ExitCode(17),
            Mark::Failed,
        ];
        for (second, mark) in (0..).zip(marks) {
            outline.apply(DateTime::UNIX_EPOCH + TimeDelta::seconds(second), mark);
        }
        let items = outline.into_items();
        let end = DateTime::UNIX_EPOCH + TimeDelta::seconds(100);
        let told: Vec<_> = items
            .iter()
            .map(|item| {
                (
                    item.name.as_str(),
                    item.took(end).num_seconds(),
                    item.has_failed,
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                ("Launch", 1, false),
                ("Apply", 99, true),
                ("arn:c", 6, true),
                ("build", 5, true),
                ("One", 1, false),
                ("Two", 1, true),
            ]
        );
    }
}
