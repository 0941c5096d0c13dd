//! Applies what the poller of a session has observed: to its build first, then to everything that depends on the build.
//! On a screen a verdict is notified; headless, entries are printed.

use std::sync::Arc;

use crate::app::effect::{Effect, Effects, Entry, FinalOutcome};
use crate::app::model::{Mode, Model};
use crate::app::msg::Remark;
use crate::app::session::{Session, SessionId};
use crate::app::status::connection::ConnectionState;
use crate::app::status::summary::summary;
use crate::app::update::{code, ending, show_remark, view_state, warn_of_wrong_clock};
use crate::domain::change::{Change, Response};
use crate::domain::observation::{Batch, Observation, Seen, Stream};
use crate::domain::outcome::Outcome;
use crate::domain::stack_event::StackEvent;
use crate::domain::steps::StepChange;
use crate::domain::timeline::Timeline;
use crate::exit_code;

/// Applies observations of a session, unless its watch has ended.
pub(super) fn apply(model: &mut Model, id: SessionId, observations: &Batch, effects: &mut Effects) {
    let mut all = observations.iter().peekable();
    while let Some(observation) = all.next() {
        let observation = &*observation;
        let is_page = |one: &Observation| matches!(one.seen, Seen::Page(_));
        let is_before_page = all.peek().is_some_and(|next| is_page(next));
        model.now = model.now.max(observation.at);
        model.elapsed = model.elapsed.max(observation.elapsed);
        let (mode, elapsed) = (model.mode, model.elapsed);
        let session = model.session_mut(id);
        let Some(session) = session.filter(|session| session.exit_code.is_none()) else {
            return;
        };
        if ending::end_before_rebuild(session, &observation.seen, effects) {
            return;
        }
        let was_responding = session.connection.state.is_responding();
        let verdict_before = session.build.verdict();
        let change = session.build.apply(observation);
        // On a screen nobody sees the state between two pages of a batch, unless a verdict is reached.
        let is_shown = mode == Mode::Headless
            || !(is_page(observation) && is_before_page)
            || session.build.verdict() != verdict_before;
        if is_shown {
            session.update_explanation();
        }
        let is_answer = !matches!(change.response, Response::ClockOff(_));
        session.image_was_answered |= is_answer && change.stream == Stream::Image;
        let connection_changed = session.connection.apply(&change, &session.build);
        if let Response::ClockOff(behind) = change.response {
            session.behind = behind;
            effects.extend(warn_of_wrong_clock(model, behind));
            if model.shown.id == id {
                model.now = observation.at;
            }
            continue;
        }
        if let Response::Refused(fault) = change.response {
            let text = fault.to_string();
            effects.extend(match mode {
                Mode::Screen => show_remark(model, Remark::passing(&text)),
                Mode::Headless => {
                    let state = ConnectionState::Refused;
                    Some(Effect::Emit(
                        id,
                        Entry::Status {
                            state,
                            message: text,
                        },
                    ))
                }
            });
            continue;
        }
        code::observe(session, &change, was_responding);
        match mode {
            Mode::Screen => {
                if is_shown {
                    session.select_for_verdict();
                }
                notify_verdict(model, id, &change, effects);
            }
            Mode::Headless => {
                print(session, change, connection_changed, effects);
                ending::end_if_due(session, elapsed, effects);
            }
        }
    }
}

/// A replay went back: forgets the build, and applies what has been played now.
pub(super) fn rewind(
    model: &mut Model,
    id: SessionId,
    observations: &Batch,
    effects: &mut Effects,
) {
    let Some(session) = model.session_mut(id) else {
        return;
    };
    session.forget_build();
    let (filter, search) = (session.filter.clone(), session.search.listed.clone());
    view_state::set_filter(session, filter);
    view_state::set_search(session, search);
    if let Some(last) = observations.iter().next_back() {
        model.now = last.at;
    }
    apply(model, id, observations, effects);
}

/// Prints a change, and requests what is needed before the end of the watch.
fn print(
    session: &mut Session,
    change: Change<'_>,
    connection_changed: bool,
    effects: &mut Effects,
) {
    let id = session.id;
    hold_or_print(session, &change, effects);
    let policy = session.exit.as_mut();
    let request = policy.and_then(|policy| policy.apply(&change, &session.build));
    if connection_changed {
        let status = Entry::Status {
            state: session.connection.state,
            message: session.connection.message(&session.build),
        };
        effects.push(Effect::Emit(id, status));
    }
    emit_incomplete_walk(session, change.left, effects);
    if let Some(stack) = change.new_stack {
        effects.push(Effect::Emit(id, Entry::Stack(stack)));
    }
    if change.has_new_gap {
        effects.push(Effect::Emit(id, gap()));
    }
    emit_events(session, change.committed, effects);
    let steps = change.steps.into_iter().map(step);
    effects.extend(steps.map(|step| Effect::Emit(id, step)));
    effects.extend(request.map(|request| Effect::Poll(id, request)));
}

fn step(change: StepChange) -> Entry {
    Entry::Step(Box::new(change))
}

/// The line above events below which others may be missing.
fn gap() -> Entry {
    Entry::Status {
        state: ConnectionState::Gap,
        message: "older events could not be read: the API refuses their page".to_owned(),
    }
}

/// Prints what was recorded once it is known that its build is the present one, and drops it if it is another.
fn hold_or_print(session: &mut Session, change: &Change<'_>, effects: &mut Effects) {
    for earlier in &change.earlier {
        let stack = earlier.new_stack.clone().map(Entry::Stack);
        let gap = earlier.has_new_gap.then(gap);
        let events = earlier.committed.iter().cloned().map(Entry::Event);
        let steps = earlier.steps.iter().cloned().map(step);
        let above = stack.into_iter().chain(gap);
        session.held.extend(above.chain(events).chain(steps));
    }
    if change.replaced {
        session.held.clear();
    } else if !session.build.is_only_recorded() {
        emit_recorded(session, effects);
    }
}

/// Prints what was recorded.
pub(super) fn emit_recorded(session: &mut Session, effects: &mut Effects) {
    let id = session.id;
    for entry in std::mem::take(&mut session.held) {
        session.printed += usize::from(matches!(entry, Entry::Event(_)));
        effects.push(Effect::Emit(id, entry));
    }
}

/// Notifies the user of a verdict, once. A headless watch ends instead.
fn notify_verdict(model: &mut Model, id: SessionId, change: &Change<'_>, effects: &mut Effects) {
    let reached = model
        .session_mut(id)
        .and_then(|session| session.verdict_notice.apply(change, &session.build));
    if reached.is_some()
        && let Some(session) = model.session_mut(id)
    {
        session.update_explanation();
    }
    let (Some(reached), Some(session)) = (reached, model.session(id)) else {
        return;
    };
    if reached.user_waited {
        let name = model.label(id).map(|label| label.text);
        let name = name.as_deref().unwrap_or(&session.target.image_id);
        effects.push(Effect::Notify(summary(name, session, model.now)));
    }
    let verdict = session.build.verdict();
    if let Some(code) = exit_code::of_verdict(verdict) {
        let (build, image_id) = (&session.build, &session.target.image_id);
        let events = build.timelines().iter().map(Timeline::len).sum();
        let record = Outcome::new(build, image_id, verdict.outcome(), None, events);
        effects.push(Effect::Run(Box::new(FinalOutcome { record, code })));
    }
}

/// Prints events of a walk that will not be complete, oldest first, after the note that some may be missing.
pub(super) fn emit_incomplete_walk(
    session: &mut Session,
    events: Vec<Arc<StackEvent>>,
    effects: &mut Effects,
) {
    if events.is_empty() {
        return;
    }
    let message = "the history was not read completely; events may be missing before these";
    let status = Entry::Status {
        state: ConnectionState::Gap,
        message: message.to_owned(),
    };
    effects.push(Effect::Emit(session.id, status));
    emit_events(session, events, effects);
}

fn emit_events(session: &mut Session, events: Vec<Arc<StackEvent>>, effects: &mut Effects) {
    session.printed += events.len();
    let entries = events.into_iter().map(Entry::Event);
    effects.extend(entries.map(|entry| Effect::Emit(session.id, entry)));
}
