//! The one function that changes the model: here what is heard and how it ends, beside it what keys do.

mod copy;
mod find;
mod keys;
mod mouse;
mod moves;
mod shown;
mod step;

use std::cmp::Ordering;
use std::sync::Arc;

use chrono::TimeDelta;

use crate::app::effect::{Effect, Effects, Entry, FinalOutcome};
use crate::app::model::{Mode, Model};
use crate::app::msg::{Msg, Remark};
use crate::app::status::connection::ConnectionState;
use crate::app::status::exit_policy::{End, recording_ended};
use crate::app::status::summary::summary;
use crate::domain::observation::{Observation, Seen};
use crate::domain::outcome::Outcome;
use crate::domain::stack_event::StackEvent;
use crate::domain::timeline::Timeline;
use crate::domain::verdict::OutcomeKind;
use crate::exit_code;
use crate::store::filter_index::WorkBudget;

/// Takes in one fact; says what is to be done about it.
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
                wake(model, &mut effects);
            }
            model.behind = behind;
            if !model.told_of_clock {
                effects.extend(tell_of_clock(model));
            }
        }
        Msg::Resized(size) => model.size = size,
        Msg::Key(key) => keys::press(model, key, &mut effects),
        Msg::Observed(report) => observed(model, &report, &mut effects),
        Msg::Idle => {}
        Msg::Mouse(action) => mouse::act(model, action),
        Msg::TimedOut => {
            if let Mode::Headless(ending) = &model.mode {
                let end = ending.timed_out(&model.build);
                finish(model, end, true, &mut effects);
                return effects;
            }
        }
        Msg::Signal(signal) => {
            let reason = format!("the watch was ended by {}", signal.name());
            cut_short(model, signal.exit_code(), reason, &mut effects);
            return effects;
        }
        Msg::RecordingEnded => {
            if matches!(model.mode, Mode::Headless(_)) {
                let end = recording_ended(&model.build);
                finish(model, end, true, &mut effects);
                return effects;
            }
            let remark = Remark::lasting("this is the end of the recording");
            model.remark = Some((model.elapsed, remark));
        }
        Msg::Remark(remark) => effects.extend(say(model, remark)),
        Msg::ReportWritten(written) => {
            model.toast = Some(match written {
                Ok(file) => format!("the report is in {file}"),
                Err(why) => why,
            });
        }
        Msg::Died(reason) => {
            cut_short(model, exit_code::BUG, reason, &mut effects);
            return effects;
        }
    }
    if let Mode::Headless(ending) = &model.mode {
        if let Some(end) = ending.check(&model.build, model.elapsed) {
            finish(model, end, true, &mut effects);
        }
    } else {
        model.build.index_some(&mut WorkBudget::slice());
        step::seek(model);
        model.settle();
    }
    effects
}

/// Says something about the program itself.
fn say(model: &mut Model, remark: Remark) -> Option<Effect> {
    let lines = matches!(model.mode, Mode::Headless(_));
    let printed = lines.then(|| Effect::Emit(Entry::Remark(remark.text.clone())));
    model.remark = Some((model.elapsed, remark));
    printed
}

/// Says that the machine's time is wrong, where it is. Once: the API's own may be what changes.
fn tell_of_clock(model: &mut Model) -> Option<Effect> {
    let how = match model.behind.cmp(&TimeDelta::zero()) {
        Ordering::Equal => return None,
        Ordering::Greater => "slow",
        Ordering::Less => "fast",
    };
    model.told_of_clock = true;
    // Rounded: a date has no fractions of a second, and an answer takes its time.
    let minutes = (model.behind.abs() + TimeDelta::seconds(30)).num_minutes();
    let text =
        format!("this machine's clock is {minutes} min {how}; the times here are by the API's");
    say(model, Remark::passing(&text))
}

/// What was asked before a sleep may never be answered, and what failed before it may work now.
fn wake(model: &mut Model, effects: &mut Effects) {
    effects.push(Effect::CatchUp);
    if let Mode::Headless(ending) = &mut model.mode {
        ending.wake(model.elapsed);
    }
}

fn observed(model: &mut Model, report: &Observation, effects: &mut Effects) {
    model.now = model.now.max(report.at);
    model.elapsed = model.elapsed.max(report.elapsed);
    let changes = model.build.apply(report);
    model.explain();
    let link_changed = model.connection.apply(report, &model.build);
    let Mode::Headless(ending) = &mut model.mode else {
        announce(model, &report.news, effects);
        return;
    };
    let asked = ending.apply(report, &model.build);
    if link_changed {
        effects.push(Effect::Emit(Entry::Status {
            state: model.connection.state,
            message: model.connection.message(&model.build),
        }));
    }
    leave_behind(&mut model.printed, changes.left, effects);
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
    effects.extend(asked);
}

/// Tells that a verdict has fallen, once. Lines tell it by ending.
fn announce(model: &mut Model, news: &Seen, effects: &mut Effects) {
    let Some(fall) = model.verdict_notice.apply(news, &model.build) else {
        return;
    };
    if fall.awaited {
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

/// Prints events of a walk that will not become whole, oldest first, behind the note that some may be missing.
fn leave_behind(printed: &mut usize, events: Vec<Arc<StackEvent>>, effects: &mut Effects) {
    if events.is_empty() {
        return;
    }
    let message = "the history was not read to its end; events may be missing before these";
    effects.push(Effect::Emit(Entry::Status {
        state: ConnectionState::Gap,
        message: message.to_owned(),
    }));
    *printed += events.len();
    effects.extend(events.into_iter().map(Entry::Event).map(Effect::Emit));
}

/// Ends the watch: what is in hand is printed, then how it ended. `runs` says whether that is an outcome to run
/// the person's command for.
fn finish(model: &mut Model, end: End, runs: bool, effects: &mut Effects) {
    if let Mode::Headless(_) = model.mode {
        let timeline = model.build.current().into_iter();
        let pending = timeline.flat_map(Timeline::pending).cloned().collect();
        leave_behind(&mut model.printed, pending, effects);
        let record = Outcome::new(
            &model.build,
            &model.target.image_id,
            end.outcome,
            end.reason,
            model.printed,
        );
        effects.push(Effect::Emit(Entry::Outcome(Box::new(record.clone()))));
        if runs {
            let code = end.code;
            effects.push(Effect::Run(Box::new(FinalOutcome { record, code })));
        }
    }
    effects.push(Effect::Exit(end.code));
}

/// Ends a watch because of something from outside: with the verdict, where one has fallen. Where none has,
/// there is no outcome to run a command for; whoever sends a signal wants the program to end.
fn cut_short(model: &mut Model, code: u8, reason: String, effects: &mut Effects) {
    let verdict = model.build.verdict();
    let fallen = exit_code::of_verdict(verdict).is_some();
    let outcome = match verdict.outcome() {
        outcome if fallen => outcome,
        _ if model.build.answered() => OutcomeKind::Building,
        _ => OutcomeKind::Unknown,
    };
    let end = End {
        code,
        outcome,
        reason: (!fallen).then_some(reason),
    };
    finish(model, end, fallen, effects);
}
