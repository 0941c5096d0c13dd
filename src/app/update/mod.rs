//! The only writer of the model while the program runs: applies messages here, and keys and the mouse in the files
//! beside it. See `app` for the order. Tests: tests/it/{endings,freshness,falling}.rs.

mod copy;
mod find;
mod keys;
mod mouse;
mod navigation;
mod step;
mod view_state;

use std::cmp::Ordering;
use std::sync::Arc;

use chrono::TimeDelta;

use crate::app::effect::{Effect, Effects, Entry, FinalOutcome};
use crate::app::model::{Mode, Model};
use crate::app::msg::{Msg, Remark};
use crate::app::status::connection::ConnectionState;
use crate::app::status::exit_policy::{WatchEnd, recording_ended};
use crate::app::status::summary::summary;
use crate::domain::observation::{Observation, Seen};
use crate::domain::outcome::Outcome;
use crate::domain::stack_event::StackEvent;
use crate::domain::timeline::Timeline;
use crate::domain::verdict::OutcomeKind;
use crate::exit_code;
use crate::store::work::WorkBudget;

/// Applies one fact, and returns the effects that it requests.
#[must_use]
pub fn update(model: &mut Model, msg: Msg) -> Effects {
    let mut effects = Effects::new();
    match msg {
        Msg::Tick {
            now,
            behind,
            offset,
            elapsed,
            slept,
        } => {
            model.now = now;
            model.offset = offset;
            model.elapsed = elapsed;
            if slept {
                resume_after_sleep(model, &mut effects);
            }
            model.behind = behind;
            if !model.clock_warning_shown {
                effects.extend(warn_of_wrong_clock(model));
            }
        }
        Msg::Resized(size) => model.size = size,
        Msg::Key(key) => keys::press_key(model, key, &mut effects),
        Msg::Observed(observation) => apply_observation(model, &observation, &mut effects),
        Msg::Idle => {}
        Msg::Mouse(action) => mouse::handle_mouse(model, action),
        Msg::TimedOut => {
            if let Mode::Headless(policy) = &model.mode {
                let end = policy.timed_out(&model.build);
                finish(model, end, true, &mut effects);
                return effects;
            }
        }
        Msg::Signal(signal) => {
            let reason = format!("the watch was ended by {}", signal.name());
            finish_early(model, signal.exit_code(), reason, &mut effects);
            return effects;
        }
        Msg::RecordingEnded => {
            if matches!(model.mode, Mode::Headless(_)) {
                let end = recording_ended(&model.build);
                finish(model, end, true, &mut effects);
                return effects;
            }
            let remark = Remark::lasting("end of the recording");
            model.remark = Some((model.elapsed, remark));
        }
        Msg::Remark(remark) => effects.extend(show_remark(model, remark)),
        Msg::ReportWritten(written) => {
            model.toast = Some(match written {
                Ok(file) => format!("report written to {file}"),
                Err(why) => why,
            });
        }
        Msg::Died(reason) => {
            finish_early(model, exit_code::BUG, reason, &mut effects);
            return effects;
        }
    }
    if let Mode::Headless(policy) = &model.mode {
        if let Some(end) = policy.end_now(&model.build, model.elapsed) {
            finish(model, end, true, &mut effects);
        }
    } else {
        model.build.index_some(&mut WorkBudget::slice());
        step::select_first_match(model);
        model.settle();
    }
    effects
}

/// Shows or prints a remark of the program about itself.
fn show_remark(model: &mut Model, remark: Remark) -> Option<Effect> {
    let is_headless = matches!(model.mode, Mode::Headless(_));
    let printed = is_headless.then(|| Effect::Emit(Entry::Remark(remark.text.clone())));
    model.remark = Some((model.elapsed, remark));
    printed
}

/// Warns that the machine's clock is wrong. Once, because the API's own clock may be the one that changes.
fn warn_of_wrong_clock(model: &mut Model) -> Option<Effect> {
    let how = match model.behind.cmp(&TimeDelta::zero()) {
        Ordering::Equal => return None,
        Ordering::Greater => "slow",
        Ordering::Less => "fast",
    };
    model.clock_warning_shown = true;
    // Rounded: a date has no fractions of a second, and a response takes its time.
    let minutes = (model.behind.abs() + TimeDelta::seconds(30)).num_minutes();
    let text =
        format!("this machine's clock is {minutes} min {how}; times are shown by the API's clock");
    show_remark(model, Remark::passing(&text))
}

/// A request from before a sleep may never get a response, and one that failed before it may succeed now.
fn resume_after_sleep(model: &mut Model, effects: &mut Effects) {
    effects.push(Effect::CatchUp);
    if let Mode::Headless(policy) = &mut model.mode {
        policy.resume_after_sleep(model.elapsed);
    }
}

fn apply_observation(model: &mut Model, observation: &Observation, effects: &mut Effects) {
    model.now = model.now.max(observation.at);
    model.elapsed = model.elapsed.max(observation.elapsed);
    let changes = model.build.apply(observation);
    model.update_explanation();
    let connection_changed = model.connection.apply(observation, &model.build);
    let Mode::Headless(policy) = &mut model.mode else {
        notify_verdict(model, &observation.seen, effects);
        return;
    };
    let effect = policy.apply(observation, &model.build);
    if connection_changed {
        effects.push(Effect::Emit(Entry::Status {
            state: model.connection.state,
            message: model.connection.message(&model.build),
        }));
    }
    emit_incomplete_walk(&mut model.printed, changes.left, effects);
    if let Some(stack) = changes.new_stack {
        effects.push(Effect::Emit(Entry::Stack(stack)));
    }
    model.printed += changes.committed.len();
    effects.extend(
        changes
            .committed
            .into_iter()
            .map(Entry::Event)
            .map(Effect::Emit),
    );
    effects.extend(effect);
}

/// Notifies the user of a verdict, once. A headless watch ends instead.
fn notify_verdict(model: &mut Model, seen: &Seen, effects: &mut Effects) {
    let Some(reached) = model.verdict_notice.apply(seen, &model.build) else {
        return;
    };
    if reached.user_waited {
        effects.push(Effect::Notify(summary(model)));
    }
    let verdict = model.build.verdict();
    if let Some(code) = exit_code::of_verdict(verdict) {
        let events = model.build.timelines().iter().map(Timeline::len).sum();
        let (build, image_id) = (&model.build, &model.target.image_id);
        let record = Outcome::new(build, image_id, verdict.outcome(), None, events);
        effects.push(Effect::Run(Box::new(FinalOutcome { record, code })));
    }
}

/// Prints events of a walk that will not be complete, oldest first, after the note that some may be missing.
fn emit_incomplete_walk(printed: &mut usize, events: Vec<Arc<StackEvent>>, effects: &mut Effects) {
    if events.is_empty() {
        return;
    }
    let message = "the history was not read completely; events may be missing before these";
    effects.push(Effect::Emit(Entry::Status {
        state: ConnectionState::Gap,
        message: message.to_owned(),
    }));
    *printed += events.len();
    effects.extend(events.into_iter().map(Entry::Event).map(Effect::Emit));
}

/// Ends the watch: prints the pending events, then the outcome. `is_outcome` decides whether to run the user's command
/// for it.
fn finish(model: &mut Model, end: WatchEnd, is_outcome: bool, effects: &mut Effects) {
    if let Mode::Headless(_) = model.mode {
        let timeline = model.build.current().into_iter();
        let pending = timeline.flat_map(Timeline::pending).cloned().collect();
        emit_incomplete_walk(&mut model.printed, pending, effects);
        let record = Outcome::new(
            &model.build,
            &model.target.image_id,
            end.outcome,
            end.reason,
            model.printed,
        );
        effects.push(Effect::Emit(Entry::Outcome(Box::new(record.clone()))));
        if is_outcome {
            let code = end.code;
            effects.push(Effect::Run(Box::new(FinalOutcome { record, code })));
        }
    }
    effects.push(Effect::Exit(end.code));
}

/// Ends a watch for an outside reason: with the verdict, if one is reached. Otherwise there is no outcome to run a
/// command for, and the sender of a signal wants the program to end.
fn finish_early(model: &mut Model, code: u8, reason: String, effects: &mut Effects) {
    let verdict = model.build.verdict();
    let reached = exit_code::of_verdict(verdict).is_some();
    let outcome = match verdict.outcome() {
        outcome if reached => outcome,
        _ if model.build.has_responded() => OutcomeKind::Building,
        _ => OutcomeKind::Unknown,
    };
    let end = WatchEnd {
        code,
        outcome,
        reason: (!reached).then_some(reason),
    };
    finish(model, end, reached, effects);
}
