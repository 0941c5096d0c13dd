//! Ends the watch of a session, and the program once every watch has ended. A screen ends only by the user, by a signal
//! or by a bug.

use std::time::Duration;

use crate::app::effect::{Effect, Effects, Entry, FinalOutcome};
use crate::app::model::{Mode, Model};
use crate::app::msg::Remark;
use crate::app::session::{Session, SessionId};
use crate::app::status::exit_policy::{ExitPolicy, WatchEnd, recording_ended};
use crate::app::update::{observe, search};
use crate::domain::observation::Seen;
use crate::domain::outcome::Outcome;
use crate::domain::timeline::Timeline;
use crate::domain::verdict::{OutcomeKind, Verdict};
use crate::exit_code;
use crate::text::safe::SafeText;

/// Ends the watch of a session if its exit policy says so.
pub(super) fn end_if_due(session: &mut Session, elapsed: Duration, effects: &mut Effects) {
    let due = |policy: &ExitPolicy| policy.end_now(&session.build, elapsed);
    if let Some(end) = session.exit.as_ref().and_then(due) {
        end_watch(session, end, true, effects);
    }
}

/// Ends the watch of a session with its verdict if this answer is about the rebuild of what has ended. Returns whether it
/// did: the answer is not to be applied then.
pub(super) fn end_before_rebuild(
    session: &mut Session,
    seen: &Seen,
    effects: &mut Effects,
) -> bool {
    let due = |policy: &ExitPolicy| policy.end_before(&session.build, seen);
    let end = session.exit.as_ref().and_then(due);
    let is_over = end.is_some();
    if let Some(end) = end {
        end_watch(session, end, true, effects);
    }
    is_over
}

/// Ends every watch because `--timeout` ran out.
pub(super) fn time_out(model: &mut Model, effects: &mut Effects) {
    for session in model.sessions_mut() {
        if let Some(policy) = &session.exit {
            let end = policy.timed_out(&session.build);
            end_watch(session, end, true, effects);
        }
    }
    if model.is_searching() {
        model.opening = 0;
        let text = "--timeout ran out before all images were listed";
        effects.push(Effect::Remark(SafeText::new(text)));
        search::end(model, true, effects);
    }
}

/// The end of a replay: a headless one ends with it, a screen stays.
pub(super) fn end_recording(model: &mut Model, id: SessionId, effects: &mut Effects) {
    let (mode, elapsed) = (model.mode, model.elapsed);
    let Some(session) = model.session_mut(id) else {
        return;
    };
    match mode {
        Mode::Headless => end_watch(session, recording_ended(&session.build), true, effects),
        Mode::Screen => match &mut session.playback {
            Some(playback) => playback.ended = true,
            None => session.remark = Some((elapsed, Remark::lasting("end of the recording"))),
        },
    }
}

/// Ends the program for an outside reason: a watch with its verdict, if one is reached. Otherwise there is no outcome
/// to run a command for, and the sender of a signal wants the program to end.
pub(super) fn end_early(model: &mut Model, code: u8, reason: &str, effects: &mut Effects) {
    if model.mode == Mode::Headless {
        for session in model.sessions_mut() {
            if session.is_placeholder() {
                continue;
            }
            let verdict = session.build.verdict();
            let is_known = !session.build.is_only_recorded();
            let reached = is_known && exit_code::of_verdict(verdict).is_some();
            let outcome = match verdict.outcome() {
                outcome if reached => outcome,
                _ if is_known && session.build.has_responded() => OutcomeKind::Building,
                _ => OutcomeKind::Unknown,
            };
            let end = WatchEnd {
                code,
                outcome,
                reason: (!reached).then(|| reason.to_owned()),
            };
            end_watch(session, end, reached, effects);
        }
    }
    effects.push(Effect::Exit(code));
}

/// Ends a watch, once: prints the pending events, then the outcome. `is_outcome` decides whether to run the user's
/// command for it.
fn end_watch(session: &mut Session, end: WatchEnd, is_outcome: bool, effects: &mut Effects) {
    if session.exit_code.is_some() {
        return;
    }
    session.exit_code = Some(end.code);
    observe::emit_recorded(session, effects);
    let timeline = session.build.current().into_iter();
    let pending = timeline.flat_map(Timeline::pending).cloned().collect();
    observe::emit_incomplete_walk(session, pending, effects);
    let record = Outcome::new(
        &session.build,
        &session.target.image_id,
        end.outcome,
        end.reason.or_else(|| not_found(session)),
        session.printed,
    );
    let entry = Entry::Outcome(Box::new(record.clone()));
    effects.push(Effect::Emit(session.id, entry));
    effects.push(Effect::Stop(session.id));
    // What was recorded is no news.
    if is_outcome && !session.build.is_only_recorded() {
        let code = end.code;
        effects.push(Effect::Run(Box::new(FinalOutcome { record, code })));
    }
}

/// Where nothing was found: the image may be in another region or account, or another service may know it.
fn not_found(session: &Session) -> Option<String> {
    let searched = session.searched()?;
    let helps = match session.build.account() {
        Some(_) => "`bakewatch list` shows the images there",
        None => "`bakewatch check` shows the account",
    };
    (session.build.verdict() == Verdict::NotFound)
        .then(|| format!("there is no image and no stack of this name in {searched}; {helps}"))
}
