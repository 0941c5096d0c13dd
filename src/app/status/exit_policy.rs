//! When a watch without a screen ends, and with which exit code. A screen never ends by itself.
//!
//! A fault of the watching never becomes a verdict: it ends with 1 before the API has ever answered, and
//! with nothing at all afterwards. Times are the clock's running time: a machine that sleeps waits for nothing.

use std::time::Duration;

use crate::app::effect::Effect;
use crate::domain::build::{Build, Cleanup};
use crate::domain::fault::Fault;
use crate::domain::observation::{Observation, Seen};
use crate::domain::timeline::Timeline;
use crate::domain::verdict::{OutcomeKind, Verdict};
use crate::exit_code;

/// For how long failures that may pass are retried before the API has answered for the first time.
const PATIENCE: Duration = Duration::from_mins(1);
/// For how long after a success the clean-up of the stack is watched.
const CLEANUP: Duration = Duration::from_mins(10);
/// For how long after a success a complete stack is given to begin its deletion: longer than the longest
/// interval between two polls.
const CLEANUP_START: Duration = Duration::from_secs(20);
/// For how long a last whole walk that keeps failing is tried before the verdict is given without it.
const LAST_WALK: Duration = Duration::from_mins(1);

/// How the watch ends: the exit code, the outcome, and why, where that is not the verdict's own reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// The exit code.
    pub code: u8,
    pub outcome: OutcomeKind,
    /// Why, where the verdict does not say it.
    pub reason: Option<String>,
}

/// What decides when a watch without a screen ends.
#[derive(Clone, Debug, Default)]
pub struct ExitPolicy {
    /// `--wait`: the image need not exist yet.
    waits: bool,
    /// A replay: it ends where the recording does, whatever is known by then.
    replays: bool,
    /// Since when requests for events have failed without a good answer in between, and why.
    events_fault: Option<(Duration, Fault)>,
    /// The same for DescribeImage.
    image_fault: Option<(Duration, Fault)>,
    decided: Option<Duration>,
    audited: bool,
}

impl ExitPolicy {
    /// An ending; with `waits` it does not mind that there is no such image yet.
    pub fn new(waits: bool) -> Self {
        Self {
            waits,
            ..Self::default()
        }
    }

    /// The ending of a replay: it comes when the recording is at its end, and not before.
    pub fn of_replay() -> Self {
        Self {
            replays: true,
            ..Self::default()
        }
    }

    /// Takes in a report, after the build has, and asks for what is needed to come to an end.
    #[must_use]
    pub fn apply(&mut self, report: &Observation, build: &Build) -> Option<Effect> {
        match &report.news {
            Seen::Fault(fault) => keep(&mut self.events_fault, report.elapsed, fault),
            Seen::ImageFault(fault) => keep(&mut self.image_fault, report.elapsed, fault),
            Seen::StackGone => self.events_fault = None,
            Seen::Image(_) => self.image_fault = None,
            Seen::Resumed(_) => {}
            Seen::Page(page) => {
                self.audited |= self.decided.is_some() && page.audit && page.commit.is_some();
                self.events_fault = None;
            }
        }
        if self.decided.is_none() && build.verdict().is_final() {
            self.decided = Some(report.elapsed);
            let more = matches!(build.verdict(), Verdict::Failed | Verdict::Ended);
            return more.then_some(Effect::Audit);
        }
        if !build.verdict().is_final() {
            self.decided = None;
            self.audited = false;
        }
        None
    }

    /// Patience begins anew after a sleep: what failed before it has not been tried since.
    pub fn wake(&mut self, now: Duration) {
        let faults = self.events_fault.iter_mut().chain(&mut self.image_fault);
        for (since, _) in faults {
            *since = now;
        }
    }

    /// Whether it is time to end.
    pub fn check(&self, build: &Build, now: Duration) -> Option<End> {
        if self.replays {
            return None;
        }
        if !build.answered()
            && let Some(end) = self.hopeless(now)
        {
            return Some(end);
        }
        let since = now.saturating_sub(self.decided?);
        let over = match build.verdict() {
            Verdict::NotFound => !self.waits,
            Verdict::Deleted => true,
            Verdict::Failed | Verdict::Ended => {
                self.audited
                    || build.is_absent()
                    || (self.events_fault.is_some() && since >= LAST_WALK)
            }
            Verdict::Succeeded => succeeded_is_over(build, since),
            _ => false,
        };
        over.then(|| verdict_end(build.verdict())).flatten()
    }

    /// Nothing has ever been heard from the API, and what it takes is not time.
    fn hopeless(&self, now: Duration) -> Option<End> {
        let mut faults = self.events_fault.iter().chain(&self.image_fault);
        let (_, fault) = faults.find(|(since, fault)| {
            !fault.kind.may_pass() || now.saturating_sub(*since) >= PATIENCE
        })?;
        Some(End {
            code: exit_code::NOT_WATCHED,
            outcome: OutcomeKind::Unknown,
            reason: Some(fault.to_string()),
        })
    }

    /// How it ends when `--timeout` runs out.
    pub fn timed_out(&self, build: &Build) -> End {
        if let Some(end) =
            verdict_end(build.verdict()).filter(|_| build.verdict() != Verdict::NotFound)
        {
            return end;
        }
        let fault = self.events_fault.as_ref().or(self.image_fault.as_ref());
        let reason = |text: &str| Some(format!("--timeout ran out {text}"));
        if build.answered() {
            End {
                code: exit_code::STILL_BUILDING,
                outcome: OutcomeKind::Building,
                reason: reason("while the image was still being built"),
            }
        } else if self.waits && build.is_absent() && fault.is_none() {
            End {
                code: exit_code::NO_IMAGE,
                outcome: OutcomeKind::NotFound,
                reason: reason("before there was an image or a stack of this name"),
            }
        } else {
            let why = fault.map(|(_, fault)| format!("before the API answered: {fault}"));
            End {
                code: exit_code::NOT_WATCHED,
                outcome: OutcomeKind::Unknown,
                reason: reason(why.as_deref().unwrap_or("before the API answered")),
            }
        }
    }
}

/// How the replay of a recording ends: with the verdict that had fallen by then.
pub(crate) fn recording_ended(build: &Build) -> End {
    verdict_end(build.verdict()).unwrap_or_else(|| {
        let (code, outcome, when) = if build.answered() {
            let when = "while the image was still being built";
            (exit_code::STILL_BUILDING, OutcomeKind::Building, when)
        } else {
            (
                exit_code::NOT_WATCHED,
                OutcomeKind::Unknown,
                "before the API answered",
            )
        };
        End {
            code,
            outcome,
            reason: Some(format!("the recording ends {when}")),
        }
    })
}

fn keep(slot: &mut Option<(Duration, Fault)>, at: Duration, fault: &Fault) {
    let since = slot.as_ref().map_or(at, |(since, _)| *since);
    *slot = Some((since, fault.clone()));
}

fn succeeded_is_over(build: &Build, since: Duration) -> bool {
    let whole = build.current().is_none_or(Timeline::is_whole);
    match build.cleanup() {
        Cleanup::Done => true,
        Cleanup::Leftover => whole || since >= CLEANUP,
        Cleanup::Pending => since >= CLEANUP_START && (whole || since >= CLEANUP),
        Cleanup::Running => since >= CLEANUP,
    }
}

fn verdict_end(verdict: Verdict) -> Option<End> {
    exit_code::of_verdict(verdict).map(|code| End {
        code,
        outcome: verdict.outcome(),
        reason: None,
    })
}
