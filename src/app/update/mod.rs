//! The only writer of the model while the program runs: applies messages here, and keys, the mouse and observations in
//! the files beside it. See `app` for the order. Tests: tests/it/app/, tests/it/headless/endings.rs.

mod builds;
mod code;
mod copy;
mod ending;
mod find;
mod keys;
mod logs;
mod mouse;
mod navigation;
mod observe;
mod search;
mod view_state;

use std::cmp::Ordering;

use chrono::TimeDelta;

use crate::app::effect::{Effect, Effects, Entry, PollRequest};
use crate::app::layout::drawn_size;
use crate::app::model::{Mode, Model};
use crate::app::msg::{Msg, Remark};
use crate::app::session::CodeRequest;
use crate::app::status::heartbeat::Progress;
use crate::exit_code;
use crate::store::work::WorkBudget;

/// Applies one fact, and returns the effects that it requests.
#[must_use]
pub fn update(model: &mut Model, msg: Msg) -> Effects {
    let mut effects = Effects::new();
    let was_watching = model.is_watching();
    match msg {
        Msg::Tick {
            now,
            is_machine_time,
            offset,
            elapsed,
            running,
            slept,
        } => {
            let corrected = now.checked_add_signed(model.shown.behind);
            model.now = corrected.filter(|_| is_machine_time).unwrap_or(now);
            model.offset = offset;
            model.elapsed = elapsed;
            model.set_running(running);
            if slept {
                resume_after_sleep(model, &mut effects);
            }
        }
        Msg::Resized(size) => model.size = drawn_size(size),
        Msg::Key(key) => keys::press_key(model, key, &mut effects),
        Msg::ModifiedKey(name) => model.toast = Some(format!("{name} does nothing")),
        Msg::CopyNote(note) => model.toast = Some(note),
        Msg::Paste(text) => keys::paste(model, &text),
        Msg::Observed(id, observations) => {
            observe::apply(model, id, &observations, &mut effects);
        }
        Msg::Rewound(id, observations) => {
            observe::rewind(model, id, &observations, &mut effects);
        }
        Msg::Show(id) => {
            while id != model.shown.id && model.overlay.is_some() {
                keys::close(model);
            }
            model.show(id);
        }
        Msg::Opened {
            id,
            target,
            is_first,
            reads_log,
        } => builds::opened(model, (id, target), is_first, reads_log, &mut effects),
        Msg::NotOpened(why) => builds::not_opened(model, &why, &mut effects),
        Msg::CompareRead => builds::compare_read(model),
        Msg::Compared(compared) => builds::compared(model, compared),
        Msg::Listed(listed) => {
            search::listed(model, &listed, &mut effects);
            builds::listed(model, listed);
        }
        Msg::CodeAccepted => code::accepted(model),
        Msg::Recorded(watches) => builds::recorded(model, watches),
        Msg::Idle => {}
        Msg::Mouse(action) => mouse::handle_mouse(model, action),
        Msg::Quiet => print_progress(model, &mut effects),
        Msg::TimedOut => ending::time_out(model, &mut effects),
        Msg::Signal(signal) => {
            let reason = format!("the watch was ended by {signal}");
            ending::end_early(model, signal.exit_code(), &reason, &mut effects);
            return effects;
        }
        Msg::RecordingEnded(id) => ending::end_recording(model, id, &mut effects),
        Msg::Typical(typical, times) => model.expect(typical, &times),
        Msg::Remark(remark) => effects.extend(show_remark(model, remark)),
        Msg::ReportWritten(written) => {
            model.begin_key();
            model.toast = Some(match written {
                Ok(file) => format!("report written to {file}"),
                Err(why) => why,
            });
        }
        Msg::Died(reason) => {
            ending::end_early(model, exit_code::BUG, &reason, &mut effects);
            return effects;
        }
    }
    logs::limit(model, &mut effects);
    settle(model, was_watching, &mut effects);
    effects
}

/// What follows from every message: headless, the end of watches; on a screen, the layout.
fn settle(model: &mut Model, was_watching: bool, effects: &mut Effects) {
    match model.mode {
        Mode::Headless => {
            let elapsed = model.elapsed;
            for session in model.sessions_mut() {
                ending::end_if_due(session, elapsed, effects);
            }
            if was_watching && !model.is_watching() {
                effects.push(Effect::Exit(model.exit_code()));
            }
        }
        Mode::Screen => {
            let is_asked = model.shown.code == CodeRequest::Wanted;
            let is_empty = model.shown.is_placeholder() && model.opening == 0;
            if is_empty && model.overlay.is_none() && !is_asked {
                builds::open_picker(model, effects);
            }
            model.shown.build.index_some(&mut WorkBudget::slice());
            find::select_first_match(model);
            code::show_prompt(model);
            model.settle();
        }
    }
}

/// Prints how far each build is that has not ended.
fn print_progress(model: &mut Model, effects: &mut Effects) {
    if model.mode == Mode::Screen {
        return;
    }
    let now = model.now;
    for session in model.sessions_mut() {
        if session.exit_code.is_none() && !session.is_placeholder() {
            let progress = Box::new(Progress::of(session, now));
            effects.push(Effect::Emit(session.id, Entry::Progress(progress)));
        }
    }
}

/// Shows or prints a remark of the program about itself.
fn show_remark(model: &mut Model, remark: Remark) -> Option<Effect> {
    let is_headless = model.mode == Mode::Headless;
    let printed = is_headless.then(|| Effect::Remark(remark.text.clone()));
    model.set_remark(remark);
    printed
}

/// Warns that the machine's clock is wrong. Once, because the API's own clock may be the one that changes.
fn warn_of_wrong_clock(model: &mut Model, behind: TimeDelta) -> Option<Effect> {
    if model.clock_warning_shown {
        return None;
    }
    let how = match behind.cmp(&TimeDelta::zero()) {
        Ordering::Equal => return None,
        Ordering::Greater => "slow",
        Ordering::Less => "fast",
    };
    model.clock_warning_shown = true;
    // Rounded: a date has no fractions of a second, and a response takes its time.
    let minutes = (behind.abs() + TimeDelta::seconds(30)).num_minutes();
    let text =
        format!("this machine's clock is {minutes} min {how}; times are shown by the API's clock");
    show_remark(model, Remark::passing(&text))
}

/// A request from before a sleep may never get a response, and one that failed before it may succeed now.
fn resume_after_sleep(model: &mut Model, effects: &mut Effects) {
    let elapsed = model.elapsed;
    for session in model.sessions_mut() {
        effects.push(Effect::Poll(session.id, PollRequest::CatchUp));
        if let Some(policy) = &mut session.exit {
            policy.resume_after_sleep(elapsed);
        }
    }
}
