//! Turns a scenario into timed changes of the world, from which the API makes its responses.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::demo::scenario::build::Build;
use crate::demo::scenario::description::Description;
use crate::demo::scenario::event::ApiEvent;
use crate::demo::scenario::moment::Happening;
use crate::demo::scenario::schedule::moments;
use crate::demo::scenario::{log, workflows};
use crate::demo::world::{Change, LogEntry};

/// A change, and its time since the scenario began.
#[derive(Debug)]
pub(crate) struct TimedChange {
    pub at: Duration,
    pub change: Change,
}

/// Everything that happens in a scenario that begins at `epoch`, in order.
pub(crate) fn script(builds: &[Build], epoch: DateTime<Utc>) -> Vec<TimedChange> {
    let mut script = Vec::new();
    for build in builds {
        play(build, epoch, &mut script);
    }
    // Stable: changes of the same time stay in their order.
    script.sort_by_key(|change| change.at);
    script
}

fn play(build: &Build, epoch: DateTime<Utc>, script: &mut Vec<TimedChange>) {
    let began = epoch + build.begins;
    let mut description = Description::new(build, began);
    let mut push = |after: Duration, change: Change| {
        let at = build.begins + after;
        script.push(TimedChange { at, change });
    };
    let millis = |after: Duration| {
        let after = i64::try_from(after.as_millis()).unwrap_or_default();
        began.timestamp_millis().saturating_add(after)
    };
    for line in log::lines(build) {
        let entry = LogEntry {
            written: millis(line.written),
            ingested: millis(line.arrives),
            message: line.text,
        };
        push(line.arrives, Change::Log(entry));
    }
    push(Duration::ZERO, Change::StackCreated(build.stack_id.clone()));
    for moment in moments(build) {
        let at = began + moment.at;
        if let Some(event) = ApiEvent::of(build, &moment, at) {
            push(moment.at, Change::StackEvent(event.to_json()));
        }
        if moment.happening == Happening::Gone {
            // Found by the stack's ARN only, so at the same moment.
            let last = ApiEvent::last(build, at);
            push(moment.at, Change::StackEvent(last.to_json()));
            push(moment.at, Change::StackGone);
        }
        if let Happening::Workflows(states) = &moment.happening {
            let change = Change::Workflows {
                listed: workflows::listed(build, states, began),
                failure: workflows::failure_context(build),
            };
            push(moment.at, change);
        }
        if description.apply(&moment.happening, at) {
            push(moment.at, Change::Image(description.body()));
        }
    }
}
