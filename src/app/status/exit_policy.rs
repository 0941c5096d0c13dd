//! When a headless watch ends, and with which exit code. A screen never ends by itself. Observations update the policy;
//! `update` checks it after every message. A failed request never becomes a verdict: before the first response the
//! watch ends with 1, afterwards it continues. Times are the clock's running time, which does not run during sleep.

use std::time::Duration;

use crate::app::effect::PollRequest;
use crate::domain::build::{Build, Cleanup};
use crate::domain::change::{Change, CompletedWalk, Response};
use crate::domain::facts::IMAGE_RESOURCE;
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::log_line::LogState;
use crate::domain::observation::{Seen, Stream};
use crate::domain::outcome::builder_reason;
use crate::domain::timeline::Timeline;
use crate::domain::verdict::{OutcomeKind, Verdict};
use crate::exit_code;

/// Transient failures are retried this long before the API has responded for the first time.
const FIRST_RESPONSE_LIMIT: Duration = Duration::from_mins(1);
/// After a success, the deletion of the stack is watched this long.
const CLEANUP_LIMIT: Duration = Duration::from_mins(10);
/// After a success, a complete stack has this long to begin its deletion: longer than the longest
/// interval between two polls.
const CLEANUP_START_LIMIT: Duration = Duration::from_secs(20);
/// A verdict that only a refused request could decide is awaited this long.
const REFUSED_LIMIT: Duration = Duration::from_mins(10);
/// Credentials that this process can't replace are refused this long: the user of a shared file may.
const LOST_LIMIT: Duration = Duration::from_mins(1);
/// How long a failure waits for the lines of the build log that explain it.
const LOG_LIMIT: Duration = Duration::from_secs(20);
/// A final full walk that keeps failing is retried this long before the verdict is printed without it.
const LAST_WALK_LIMIT: Duration = Duration::from_mins(1);

/// The exit code, the outcome, and the reason unless it is the verdict's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchEnd {
    pub code: u8,
    pub outcome: OutcomeKind,
    /// `None`: the verdict has a reason of its own.
    pub reason: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Kind {
    #[default]
    Watch,
    /// `--wait`: the image need not exist yet.
    Wait,
    /// A replay: it ends when the recording does, regardless of the verdict.
    Replay,
}

/// The conditions under which a headless watch ends.
#[derive(Clone, Debug, Default)]
pub struct ExitPolicy {
    kind: Kind,
    /// The build log is read only once the build has ended.
    has_late_log: bool,
    /// When the requests for events began to fail, and why; `None` after a success.
    events_fault: Option<(Duration, Fault)>,
    /// The same for DescribeImage.
    image_fault: Option<(Duration, Fault)>,
    /// Since when the verdict depends on the description alone, which is refused.
    refused_since: Option<Duration>,
    /// Since when the credentials are refused and can't be replaced by this process, and why.
    lost: Option<(Duration, Fault)>,
    decided_at: Option<Duration>,
    audited: bool,
}

impl ExitPolicy {
    /// A policy; with `waits_for_image`, a missing image does not end the watch.
    pub fn new(waits_for_image: bool) -> Self {
        let kind = if waits_for_image {
            Kind::Wait
        } else {
            Kind::Watch
        };
        Self {
            kind,
            ..Self::default()
        }
    }

    /// The policy of a replay: it ends at the end of the recording, and not before.
    pub fn for_replay() -> Self {
        Self {
            kind: Kind::Replay,
            ..Self::default()
        }
    }

    /// The build log is read only once the build has ended.
    #[must_use]
    pub fn with_late_log(mut self, is_late: bool) -> Self {
        self.has_late_log = is_late;
        self
    }

    /// Whether the build log is being read, or will be, and has no error yet.
    fn awaits_log(&self, build: &Build) -> bool {
        let log = build.log();
        match log.state() {
            Some(LogState::Reading | LogState::CaughtUp) => log.cause().is_none(),
            Some(_) => false,
            None => self.has_late_log && is_of_image(build),
        }
    }

    pub(crate) fn waits_for_image(&self) -> bool {
        self.kind == Kind::Wait
    }

    /// Applies a change of the build. Returns a request that is needed before the end.
    #[must_use]
    pub fn apply(&mut self, change: &Change<'_>, build: &Build) -> Option<PollRequest> {
        if let (Response::Refused(_), Stream::Log) = (change.response, change.stream) {
            self.has_late_log = false;
        }
        let fault = match change.stream {
            Stream::Events => Some(&mut self.events_fault),
            Stream::Image => Some(&mut self.image_fault),
            // The watch does not depend on the other streams.
            Stream::Steps | Stream::Log | Stream::Images => None,
        };
        match (change.response, fault) {
            (Response::Failed(fault), Some(slot)) => {
                keep_first_time(slot, change.elapsed, fault);
                if matches!(fault.kind, FaultKind::Lost | FaultKind::CodeNeeded) {
                    keep_first_time(&mut self.lost, change.elapsed, fault);
                }
            }
            (Response::Data | Response::StackGone, Some(slot)) => {
                *slot = None;
                self.lost = None;
            }
            (
                Response::Detail
                | Response::Recorded
                | Response::Refused(_)
                | Response::ClockOff(_),
                _,
            )
            | (_, None) => {}
        }
        let is_refused = self
            .image_fault
            .as_ref()
            .is_some_and(|(_, fault)| !fault.kind.may_pass());
        let is_hidden = self.events_are_denied() && build.hides();
        // A build that is awaited may still begin, and be described by other calls.
        let is_awaited = self.waits_for_image() && !build.has_responded();
        let depends = (is_hidden || (is_refused && build.awaits_description())) && !is_awaited;
        let depends = depends.then_some(change.elapsed);
        self.refused_since = depends.map(|now| self.refused_since.unwrap_or(now));
        let is_audit = change.completed_walk == Some(CompletedWalk::Audit);
        self.audited |= self.decided_at.is_some() && is_audit;
        let is_decided = build.verdict().is_final() && !build.is_only_recorded();
        if self.decided_at.is_none() && is_decided {
            self.decided_at = Some(change.elapsed);
            let more = matches!(build.verdict(), Verdict::Failed | Verdict::Ended);
            return more.then_some(PollRequest::Audit);
        }
        if !is_decided {
            self.decided_at = None;
            self.audited = false;
        }
        None
    }

    /// Retry limits start again after a sleep: a request that failed before it has not been retried since.
    pub fn resume_after_sleep(&mut self, now: Duration) {
        let faults = [
            &mut self.events_fault,
            &mut self.image_fault,
            &mut self.lost,
        ];
        for (since, _) in faults.into_iter().flatten() {
            *since = now;
        }
        self.refused_since = self.refused_since.map(|_| now);
    }

    /// The end of the watch before an answer that would take its verdict back: the first one about the next stack of this
    /// name. A build that has ended is not followed into its rebuild, however late its last walk is.
    pub fn end_before(&self, build: &Build, seen: &Seen) -> Option<WatchEnd> {
        self.decided_at.filter(|_| self.kind != Kind::Replay)?;
        let Seen::Page(page) = seen else {
            return None;
        };
        let (own, answered) = (build.stack_id()?, page.stack_id.as_ref()?);
        (own != answered)
            .then(|| verdict_end(build.verdict()))
            .flatten()
    }

    /// The end of the watch, if it is time.
    pub fn end_now(&self, build: &Build, now: Duration) -> Option<WatchEnd> {
        if self.kind == Kind::Replay {
            return None;
        }
        if !build.has_responded()
            && let Some(end) = self.give_up(build.was_answered(), now)
        {
            return Some(end);
        }
        if let Some(end) = self.refused_for_long(now) {
            return Some(end);
        }
        if let Some(end) = self.lost_for_long(build, now) {
            return Some(end);
        }
        let since = now.saturating_sub(self.decided_at?);
        let over = match build.verdict() {
            Verdict::NotFound => !self.waits_for_image(),
            Verdict::Deleted | Verdict::AmiNotFound | Verdict::EndNotSeen => {
                self.history_is_read(build, since)
            }
            Verdict::Failed if self.awaits_log(build) && since < LOG_LIMIT => false,
            Verdict::Failed | Verdict::Ended => {
                self.audited
                    || build.is_absent()
                    || self.events_are_denied()
                    || (self.events_fault.is_some() && since >= LAST_WALK_LIMIT)
            }
            Verdict::Succeeded => {
                cleanup_is_over(build, since) && self.history_is_read(build, since)
            }
            _ => false,
        };
        over.then(|| verdict_end(build.verdict())).flatten()
    }

    /// Whether the walk that has brought the verdict is whole, or can't become so: older events may be on its next pages.
    fn history_is_read(&self, build: &Build, since: Duration) -> bool {
        let is_failing = self.events_fault.is_some() && since >= LAST_WALK_LIMIT;
        build.current().is_none_or(Timeline::is_whole)
            || build.is_gone()
            || self.events_are_denied()
            || is_failing
            || since >= CLEANUP_LIMIT
    }

    fn events_are_denied(&self) -> bool {
        let fault = self.events_fault.as_ref();
        fault.is_some_and(|(_, fault)| fault.kind == FaultKind::Denied)
    }

    /// The stack is at rest or gone, and the request that could tell how the build ended is refused for good.
    fn refused_for_long(&self, now: Duration) -> Option<WatchEnd> {
        let over = now.saturating_sub(self.refused_since?) >= REFUSED_LIMIT;
        let fault = self.image_fault.as_ref().or(self.events_fault.as_ref());
        let (_, fault) = fault.filter(|_| over)?;
        Some(WatchEnd {
            code: exit_code::NOT_WATCHED,
            outcome: OutcomeKind::Unknown,
            reason: Some(fault.to_string()),
        })
    }

    /// No request can succeed any more. A verdict that was reached before stays.
    fn lost_for_long(&self, build: &Build, now: Duration) -> Option<WatchEnd> {
        let (since, fault) = self.lost.as_ref()?;
        if now.saturating_sub(*since) < LOST_LIMIT {
            return None;
        }
        let decided = self.decided_at.and_then(|_| verdict_end(build.verdict()));
        decided.or_else(|| {
            Some(WatchEnd {
                code: exit_code::NOT_WATCHED,
                outcome: OutcomeKind::Unknown,
                reason: Some(fault.to_string()),
            })
        })
    }

    /// The API has never shown the build, and waiting longer will not help. `answered`: some call is permitted.
    fn give_up(&self, answered: bool, now: Duration) -> Option<WatchEnd> {
        // A permission is one call's: the other one may be permitted.
        let is_denied = |fault: &Fault| fault.kind == FaultKind::Denied;
        let both = self.events_fault.is_some() && self.image_fault.is_some() && !answered;
        // There is no stack: the refused description is awaited for longer.
        if !both && self.refused_since.is_some() {
            return None;
        }
        let mut faults = self.events_fault.iter().chain(&self.image_fault);
        let (_, fault) = faults.find(|(since, fault)| {
            let is_refused = !fault.kind.may_pass() && (both || !is_denied(fault));
            // A build that is awaited may show itself by the other call later.
            let awaited = self.waits_for_image() && is_denied(fault) && !both;
            is_refused || (!awaited && now.saturating_sub(*since) >= FIRST_RESPONSE_LIMIT)
        })?;
        Some(WatchEnd {
            code: exit_code::NOT_WATCHED,
            outcome: OutcomeKind::Unknown,
            reason: Some(fault.to_string()),
        })
    }

    /// The end of the watch when `--timeout` runs out.
    pub fn timed_out(&self, build: &Build) -> WatchEnd {
        let is_decided = build.verdict() != Verdict::NotFound && !build.is_only_recorded();
        if let Some(end) = verdict_end(build.verdict()).filter(|_| is_decided) {
            return end;
        }
        if self.refused_since.is_some() {
            let fault = self.image_fault.as_ref().or(self.events_fault.as_ref());
            return WatchEnd {
                code: exit_code::NOT_WATCHED,
                outcome: OutcomeKind::Unknown,
                reason: fault.map(|(_, fault)| format!("--timeout ran out: {fault}")),
            };
        }
        let fault = self.events_fault.as_ref().or(self.image_fault.as_ref());
        let reason = |text: &str| Some(format!("--timeout ran out {text}"));
        if build.is_only_recorded() && build.was_answered() {
            let why = fault.map_or_else(String::new, |(_, fault)| format!(": {fault}"));
            let when = "before it was known whether the recorded build is still there";
            return WatchEnd {
                code: exit_code::NOT_WATCHED,
                outcome: OutcomeKind::Unknown,
                reason: reason(&format!("{when}{why}")),
            };
        }
        let awaits_another = self.waits_for_image() && build.verdict() == Verdict::Waiting;
        if build.has_responded() && awaits_another && fault.is_none() {
            WatchEnd {
                code: exit_code::NO_IMAGE,
                outcome: OutcomeKind::NotFound,
                reason: reason("before a new build of this image began"),
            }
        } else if build.has_responded() {
            let when = format!("while the image was still being built{}", failing(build));
            WatchEnd {
                code: exit_code::STILL_BUILDING,
                outcome: OutcomeKind::Building,
                reason: reason(&when),
            }
        } else if self.waits_for_image() && build.is_absent() && fault.is_none() {
            WatchEnd {
                code: exit_code::NO_IMAGE,
                outcome: OutcomeKind::NotFound,
                reason: reason("before there was an image or a stack of this name"),
            }
        } else {
            let why = fault.map(|(_, fault)| format!("before the API responded: {fault}"));
            WatchEnd {
                code: exit_code::NOT_WATCHED,
                outcome: OutcomeKind::Unknown,
                reason: reason(why.as_deref().unwrap_or("before the API responded")),
            }
        }
    }
}

/// The end of a replay: with the verdict that was reached by then.
pub(crate) fn recording_ended(build: &Build) -> WatchEnd {
    verdict_end(build.verdict()).unwrap_or_else(|| {
        if let Some(reason) = undecided_by_events(build) {
            return WatchEnd {
                code: exit_code::NOT_WATCHED,
                outcome: OutcomeKind::Unknown,
                reason: Some(reason.to_owned()),
            };
        }
        let (code, outcome, when) = if build.has_responded() {
            let when = format!("while the image was still being built{}", failing(build));
            (exit_code::STILL_BUILDING, OutcomeKind::Building, when)
        } else {
            (
                exit_code::NOT_WATCHED,
                OutcomeKind::Unknown,
                "before the API responded".to_owned(),
            )
        };
        WatchEnd {
            code,
            outcome,
            reason: Some(format!("the recording ends {when}")),
        }
    })
}

/// Image Builder's word on a build that is failing.
fn failing(build: &Build) -> String {
    let why = builder_reason(build).filter(|_| build.verdict() == Verdict::Failing);
    why.map_or_else(String::new, |why| format!("; {why}"))
}

/// Why events alone do not tell how the build ended, if it has ended: saved events have no description of the image, and a
/// stack deletes itself after a success.
fn undecided_by_events(build: &Build) -> Option<&'static str> {
    build.current().filter(|_| build.image().is_none())?;
    let root = build.root().map_or("", |root| root.status.as_str());
    if root == "CREATE_COMPLETE" || build.is_made() {
        Some(
            "the events show that the image was made, but not whether its AMI exists; `pcluster describe-image` does",
        )
    } else if root == "DELETE_COMPLETE" {
        Some(
            "the events end with the deletion of the stack, and do not show that the image was made; `pcluster \
             describe-image` tells whether it exists",
        )
    } else {
        None
    }
}

fn keep_first_time(slot: &mut Option<(Duration, Fault)>, at: Duration, fault: &Fault) {
    let since = slot.as_ref().map_or(at, |(since, _)| *since);
    *slot = Some((since, fault.clone()));
}

/// Whether the image failed first: only that is in its log.
fn is_of_image(build: &Build) -> bool {
    let first = build.first_failure();
    first.is_some_and(|event| event.logical_id.as_str() == IMAGE_RESOURCE)
}

fn cleanup_is_over(build: &Build, since: Duration) -> bool {
    match build.cleanup() {
        Cleanup::Done | Cleanup::Stays | Cleanup::Leftover => true,
        Cleanup::Pending => since >= CLEANUP_START_LIMIT,
        Cleanup::Running => since >= CLEANUP_LIMIT,
    }
}

fn verdict_end(verdict: Verdict) -> Option<WatchEnd> {
    exit_code::of_verdict(verdict).map(|code| WatchEnd {
        code,
        outcome: verdict.outcome(),
        reason: None,
    })
}
