//! The heartbeat of a headless watch: a progress entry when nothing was printed for a while, since an hour of silence
//! looks like a program that hangs, and CI systems end it.
//!
//! The runtime knows how long it has printed nothing and sends [`Msg::Quiet`](crate::app::msg::Msg::Quiet); the entry is
//! made here from the session alone. Tests: `tests/it/headless/heartbeat.rs`.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::app::session::Session;
use crate::domain::build::Build;
use crate::domain::estimate::{Estimate, is_slow};
use crate::domain::failure::ComponentName;
use crate::domain::stack_event::StackEvent;
use crate::domain::status::StatusClass;
use crate::domain::verdict::Verdict;
use crate::text::duration::duration;
use crate::text::safe::{SafeText, one_line};

/// When the next progress entry is due: by the running time of the process, not by the watch's clock. A demo or a replay
/// has a faster clock, but a reader of its output sees the real silence.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Heartbeat {
    /// `None`: there is none.
    every: Option<Duration>,
    printed_at: Duration,
}

impl Heartbeat {
    /// A heartbeat of a process that starts to run now.
    pub(crate) fn new(every: Option<Duration>) -> Self {
        let every = every.filter(|every| !every.is_zero());
        let printed_at = Duration::ZERO;
        Self { every, printed_at }
    }

    /// Something was printed. After a stop of the process this also skips the entries that were missed.
    pub(crate) fn printed(&mut self, now: Duration) {
        self.printed_at = self.printed_at.max(now);
    }

    /// When to print the next progress entry, unless something is printed before.
    pub(crate) fn due(&self) -> Option<Duration> {
        self.printed_at.checked_add(self.every?)
    }
}

/// How far a build is.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    pub at: DateTime<Utc>,
    pub image_id: SafeText,
    pub region: Option<SafeText>,
    pub verdict: Verdict,
    /// Since the build began.
    pub elapsed: Option<TimeDelta>,
    pub estimate: Option<Estimate>,
    /// Image Builder's status, else the resource in progress.
    pub stage: Option<SafeText>,
    /// Whether the stage is Image Builder's status.
    pub is_of_image_builder: bool,
    /// The workflow step in progress.
    pub step: Option<StepProgress>,
    /// The component in progress and its step, in words.
    pub component: Option<String>,
    pub last_event_at: Option<DateTime<Utc>>,
    /// The time of the newest line of the build log.
    pub last_log_at: Option<DateTime<Utc>>,
    /// How old that line is, in words.
    pub log_age: Option<String>,
    /// Why the state may be outdated, and when the API last responded.
    pub fault: Option<(String, Option<DateTime<Utc>>)>,
}

/// How far a workflow is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepProgress {
    pub name: SafeText,
    /// The position in its workflow, from 1.
    pub number: usize,
    pub started_at: Option<DateTime<Utc>>,
    /// How long it takes in the user's own builds.
    pub usual: Option<TimeDelta>,
    /// The steps of its workflow that have ended, and all of them.
    pub done: usize,
    pub total: usize,
}

impl StepProgress {
    pub(crate) fn of(session: &Session) -> Option<Self> {
        let position = session.build.steps().position()?;
        let (number, step) = position.step?;
        Some(Self {
            name: step.name.clone(),
            number,
            started_at: step.started_at,
            usual: session
                .typical_times
                .of_step(&position.workflow.name, &step.name),
            done: position.workflow.done(),
            total: position.workflow.total(),
        })
    }

    /// How long it has taken, and how long it usually takes: a guess by the user's own builds.
    pub(crate) fn length(&self, now: DateTime<Utc>) -> Option<String> {
        Some(length(now - self.started_at?, self.usual))
    }
}

/// How long something has taken, and how long it usually takes.
fn length(elapsed: TimeDelta, usual: Option<TimeDelta>) -> String {
    let elapsed = elapsed.max(TimeDelta::zero());
    let usual = usual.map(|usual| {
        let words = if is_slow(elapsed, usual) {
            "slower than usual:"
        } else {
            "usually"
        };
        format!(" ({words} {})", duration(usual))
    });
    format!("{}{}", duration(elapsed), usual.unwrap_or_default())
}

/// The component that runs, the step in it, and how long that has taken; as the log has them.
pub(crate) struct ComponentProgress {
    pub(crate) name: String,
    pub(crate) step: Option<String>,
    pub(crate) length: Option<String>,
}

impl ComponentProgress {
    pub(crate) fn of(session: &Session, now: DateTime<Utc>) -> Option<Self> {
        let build = &session.build;
        let position = build.steps().component()?;
        let arn = position.component.as_ref()?;
        let lasting = ComponentName::lasting(build, arn);
        let name = ComponentName::of(build, arn).map(|name| name.in_words());
        let step = position.step.as_ref();
        let usual = step.and_then(|step| session.typical_times.of_step(&lasting, step));
        let since = position.since;
        Some(Self {
            name: one_line(&name.unwrap_or_else(|| lasting.to_string())),
            step: step.map(|step| one_line(step.as_str())),
            length: since.map(|since| length(now - since, usual)),
        })
    }

    fn in_words(self) -> String {
        let step = self.step.map(|step| format!(" > {step}"));
        let length = self.length.map(|length| format!(" for {length}"));
        let (step, length) = (step.unwrap_or_default(), length.unwrap_or_default());
        format!("{}{step}{length}", self.name)
    }
}

/// The log is called silent when it has had no line for so long.
const SILENT: TimeDelta = TimeDelta::minutes(5);

/// The step that runs, by the log the component's, else the workflow's.
fn running_step(build: &Build) -> Option<SafeText> {
    let steps = build.steps();
    let of_component = steps.component().and_then(|position| position.step.clone());
    let of_workflow = || {
        let (_, step) = steps.position()?.step?;
        step.status.is_running().then(|| step.name.clone())
    };
    of_component.or_else(of_workflow)
}

/// How old the newest line of the log is, in words; of a silent one the step that is silent.
pub(crate) fn log_age(build: &Build, now: DateTime<Utc>) -> Option<String> {
    let age = (now - build.steps().last_line()?).max(TimeDelta::zero());
    Some(if age >= SILENT {
        let step = running_step(build);
        let step = step.map_or_else(String::new, |step| {
            format!(" in {}", one_line(step.as_str()))
        });
        format!("no log line for {}{step}", duration(age))
    } else {
        format!("last log line {} ago", duration(age))
    })
}

impl Progress {
    pub(crate) fn of(session: &Session, now: DateTime<Utc>) -> Self {
        let build = &session.build;
        let verdict = session.verdict();
        let elapsed = session.elapsed(now);
        let is_running = matches!(verdict, Verdict::Building | Verdict::Finishing);
        let builder = builder_status(build).filter(|_| is_running);
        let fault = session.connection.fault(build);
        Self {
            at: now,
            image_id: SafeText::new(&session.target.image_id),
            region: session.region(),
            verdict,
            elapsed,
            estimate: session.estimate(now),
            is_of_image_builder: builder.is_some(),
            step: StepProgress::of(session).filter(|_| is_running),
            component: ComponentProgress::of(session, now)
                .filter(|_| is_running)
                .map(ComponentProgress::in_words),
            stage: builder.or_else(|| resource_in_progress(build)),
            last_event_at: newest(build).and_then(|event| event.timestamp),
            last_log_at: build.steps().last_line(),
            log_age: log_age(build, now),
            fault: fault.map(|fault| (fault.to_string(), session.connection.last_sync())),
        }
    }
}

fn builder_status(build: &Build) -> Option<SafeText> {
    build.image()?.builder_status.clone()
}

fn newest(build: &Build) -> Option<&StackEvent> {
    Some(build.current()?.newest()?)
}

/// The resource that began last of those that have not ended, else the stack.
fn resource_in_progress(build: &Build) -> Option<SafeText> {
    let timeline = build.current()?;
    let running = timeline.resources().filter_map(|id| {
        let event = timeline.facts().newest_of(id)?;
        let is_running = !event.is_root
            && !event.status.is_final()
            && event.status.class() != StatusClass::Unknown;
        is_running.then_some(event)
    });
    let last = running.max_by_key(|event| event.timestamp);
    let event = last.or_else(|| build.root().filter(|root| !root.status.is_final()))?;
    Some(event.logical_id.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_due_after_silence_and_missed_ones_are_not_caught_up() {
        let seconds = Duration::from_secs;
        let mut heartbeat = Heartbeat::new(Some(seconds(180)));
        assert_eq!(heartbeat.due(), Some(seconds(180)));
        heartbeat.printed(seconds(100));
        assert_eq!(heartbeat.due(), Some(seconds(280)));
        // The process was stopped for an hour.
        heartbeat.printed(seconds(3_600));
        assert_eq!(heartbeat.due(), Some(seconds(3_780)));
        heartbeat.printed(seconds(3_000));
        assert_eq!(heartbeat.due(), Some(seconds(3_780)));
    }

    #[test]
    fn zero_is_never() {
        for never in [None, Some(Duration::ZERO), Some(Duration::MAX)] {
            let mut heartbeat = Heartbeat::new(never);
            heartbeat.printed(Duration::from_secs(1));
            assert_eq!(heartbeat.due(), None);
        }
    }
}
