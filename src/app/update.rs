//! The one function that changes the model.

use std::sync::Arc;

use chrono::TimeDelta;

use crate::domain::event::StackEvent;
use crate::domain::news::Report;
use crate::domain::status::{ClassSet, StatusClass};
use crate::domain::timeline::Timeline;
use crate::domain::verdict::Outcome;

use super::action::Action;
use super::effect::{Effect, Effects, Entry};
use super::ending::{End, recording_ended};
use super::help;
use super::keymap::{self, Key};
use super::layout::{Regions, Shape};
use super::link::LinkState;
use super::list::FilterMenu;
use super::model::{Focus, Mode, Model, Overlay};
use super::msg::{Msg, Remark};
use super::outcome::{OutcomeRecord, code, verdict_code};
use super::rows::Rows;

/// How often a person can make the program poll.
const POLL_NOW_EVERY: TimeDelta = TimeDelta::seconds(1);

/// Takes in one fact; says what is to be done about it.
#[must_use]
pub fn update(model: &mut Model, msg: Msg) -> Effects {
    let mut effects = Effects::new();
    match msg {
        Msg::Tick { now, offset } => {
            model.now = now;
            model.offset = offset;
        }
        Msg::Resized(size) => model.size = size,
        Msg::Key(key) => effects.extend(press(model, key)),
        Msg::Report(report) => take_in(model, &report, &mut effects),
        Msg::TimedOut => {
            if let Mode::Lines(ending) = &model.mode {
                let end = ending.timed_out(&model.build);
                finish(model, end, &mut effects);
                return effects;
            }
        }
        Msg::Signal(signal) => {
            let reason = format!("the watch was ended by {}", signal.name());
            finish(
                model,
                cut_short(model, signal.exit_code(), reason),
                &mut effects,
            );
            return effects;
        }
        Msg::RecordingEnded => {
            if matches!(model.mode, Mode::Lines(_)) {
                let end = recording_ended(&model.build);
                finish(model, end, &mut effects);
                return effects;
            }
            let text = "this is the end of the recording".to_owned();
            let remark = Remark {
                text,
                passes: false,
            };
            model.remark = Some((model.now, remark));
        }
        Msg::Remark(remark) => {
            if matches!(model.mode, Mode::Lines(_)) {
                effects.push(Effect::Emit(Entry::Remark(remark.text.clone())));
            }
            model.remark = Some((model.now, remark));
        }
        Msg::Died(reason) => {
            finish(model, cut_short(model, code::BUG, reason), &mut effects);
            return effects;
        }
    }
    if let Mode::Lines(ending) = &model.mode {
        if let Some(end) = ending.check(&model.build, model.now) {
            finish(model, end, &mut effects);
        }
    } else {
        model.settle();
    }
    effects
}

fn take_in(model: &mut Model, report: &Report, effects: &mut Effects) {
    model.now = model.now.max(report.at);
    let changes = model.build.apply(report);
    let link_changed = model.link.apply(report, &model.build);
    let Mode::Lines(ending) = &mut model.mode else {
        return;
    };
    let asked = ending.apply(report, &model.build);
    if link_changed {
        effects.push(Effect::Emit(Entry::Status {
            state: model.link.state,
            message: model.link.message(&model.build),
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

/// Prints events of a walk that will not become whole, oldest first, behind the note that some may be missing.
fn leave_behind(printed: &mut usize, events: Vec<Arc<StackEvent>>, effects: &mut Effects) {
    if events.is_empty() {
        return;
    }
    let message = "the history was not read to its end; events may be missing before these";
    effects.push(Effect::Emit(Entry::Status {
        state: LinkState::Gap,
        message: message.to_owned(),
    }));
    *printed += events.len();
    effects.extend(events.into_iter().map(Entry::Event).map(Effect::Emit));
}

/// Ends the watch: what is in hand is printed, then how it ended.
fn finish(model: &mut Model, end: End, effects: &mut Effects) {
    if let Mode::Lines(_) = model.mode {
        let timeline = model.build.current().into_iter();
        let pending = timeline.flat_map(Timeline::pending).cloned().collect();
        leave_behind(&mut model.printed, pending, effects);
        let record = OutcomeRecord::of(
            &model.build,
            &model.target.image_id,
            end.outcome,
            end.reason,
            model.printed,
        );
        effects.push(Effect::Emit(Entry::Outcome(Box::new(record))));
    }
    effects.push(Effect::Exit(end.code));
}

/// How a watch ends that something from outside ends: with the verdict, where one has fallen.
fn cut_short(model: &Model, code: u8, reason: String) -> End {
    let verdict = model.build.verdict();
    let fallen = verdict_code(verdict).is_some();
    let outcome = match verdict.outcome() {
        outcome if fallen => outcome,
        _ if model.build.answered() => Outcome::Building,
        _ => Outcome::Unknown,
    };
    End {
        code,
        outcome,
        reason: (!fallen).then_some(reason),
    }
}

fn press(model: &mut Model, key: Key) -> Option<Effect> {
    let action = keymap::action(model.context(), key)?;
    match action {
        Action::Quit => {
            let code = verdict_code(model.build.verdict()).unwrap_or(code::SUCCEEDED);
            return Some(Effect::Exit(code));
        }
        Action::PollNow => return poll_now(model),
        Action::Help => {
            model.overlay = match model.overlay {
                Some(Overlay::Help(_)) => None,
                _ => Some(Overlay::Help(0)),
            };
        }
        Action::Filter => {
            model.overlay = match model.overlay {
                Some(Overlay::Filter(_)) => None,
                _ => Some(Overlay::Filter(FilterMenu::default())),
            };
        }
        Action::ShowAll => model.filter = ClassSet::ALL,
        Action::Close => close(model),
        Action::NextPane => next_pane(model),
        _ => move_or_open(model, action),
    }
    None
}

/// Asks for a poll, unless one was asked for a moment ago.
fn poll_now(model: &mut Model) -> Option<Effect> {
    let recent = model
        .poll_asked
        .is_some_and(|asked| model.now - asked < POLL_NOW_EVERY);
    if recent {
        return None;
    }
    model.poll_asked = Some(model.now);
    Some(Effect::PollNow)
}

/// Closes the topmost thing: what lies over the panes, the detail, the filter.
fn close(model: &mut Model) {
    if model.overlay.take().is_some() {
        return;
    }
    match model.focus {
        Focus::Detail => {
            model.focus = Focus::List;
            model.detail_only = false;
        }
        Focus::List => model.filter = ClassSet::ALL,
    }
}

fn next_pane(model: &mut Model) {
    model.focus = match model.focus {
        Focus::List => Focus::Detail,
        Focus::Detail => Focus::List,
    };
    if model.focus == Focus::List {
        model.detail_only = false;
    }
}

/// The keys whose meaning depends on what they go to.
fn move_or_open(model: &mut Model, action: Action) {
    match &mut model.overlay {
        Some(Overlay::Help(top)) => {
            let page = help::page(model.size).max(1);
            *top = moved(*top, action, page).min(help::highest_top(model.size));
        }
        Some(Overlay::Filter(menu)) if matches!(action, Action::Enter | Action::Toggle) => {
            if let Some(class) = StatusClass::ALL.get(menu.cursor) {
                model.filter = match action {
                    Action::Enter => ClassSet::only(*class),
                    _ => model.filter.toggled(*class),
                };
            }
        }
        Some(Overlay::Filter(menu)) => {
            let last = StatusClass::ALL.len() - 1;
            menu.cursor = moved(menu.cursor, action, last).min(last);
        }
        None => match model.focus {
            Focus::List => in_list(model, action),
            Focus::Detail => in_detail(model, action),
        },
    }
}

fn in_list(model: &mut Model, action: Action) {
    let regions = model.regions();
    let rows = Rows::new(&model.build, model.filter);
    let page = Regions::rows_in(regions.and_then(|regions| regions.list))
        .saturating_sub(1)
        .max(1);
    let page = isize::try_from(page).unwrap_or(isize::MAX);
    match action {
        Action::Up => model.list.move_by(rows, -1),
        Action::Down => model.list.move_by(rows, 1),
        Action::PageUp => model.list.move_by(rows, -page),
        Action::PageDown => model.list.move_by(rows, page),
        Action::Top => model.list.first(rows),
        Action::Bottom => model.list.last(),
        Action::Enter if rows.is_empty() => {}
        Action::Enter => {
            model.list.hold(rows);
            model.focus = Focus::Detail;
            model.detail_only = regions.is_some_and(|regions| regions.shape != Shape::Beside);
        }
        _ => {}
    }
}

fn in_detail(model: &mut Model, action: Action) {
    let regions = model.regions();
    let page = Regions::rows_in(regions.and_then(|regions| regions.detail))
        .saturating_sub(1)
        .max(1);
    let page = isize::try_from(page).unwrap_or(isize::MAX);
    match action {
        Action::Up => model.detail.move_by(-1),
        Action::Down => model.detail.move_by(1),
        Action::PageUp => model.detail.move_by(-page),
        Action::PageDown => model.detail.move_by(page),
        Action::Top => model.detail.move_by(isize::MIN),
        Action::Bottom => model.detail.move_by(isize::MAX),
        Action::Enter => model.detail.fold(None),
        Action::Fold => model.detail.fold(Some(false)),
        Action::Unfold => model.detail.fold(Some(true)),
        _ => {}
    }
}

fn moved(from: usize, action: Action, page: usize) -> usize {
    match action {
        Action::Up => from.saturating_sub(1),
        Action::Down => from.saturating_add(1),
        Action::PageUp => from.saturating_sub(page),
        Action::PageDown => from.saturating_add(page),
        Action::Top => 0,
        Action::Bottom => usize::MAX,
        _ => from,
    }
}
