//! What a key does: first where keys type, then by the key map.

use std::time::Duration;

use crate::app::effect::{Effect, Effects};
use crate::app::filter::{Choice, Filter};
use crate::app::keys::action::Action;
use crate::app::keys::key::Key;
use crate::app::model::{Focus, Model, Overlay};
use crate::app::overlays::filter_menu::FilterMenu;
use crate::app::overlays::help::Help;
use crate::app::update::shown::{close_help, search_for, set_filter, show};
use crate::app::update::{copy, find, moves, step};
use crate::app::views::detail::DetailMode;
use crate::app::views::resources;
use crate::app::views::rows::Order;
use crate::app::views::tab::Tab;
use crate::domain::names::Names;
use crate::exit_code;

/// How often a person can make the program poll.
const POLL_NOW_EVERY: Duration = Duration::from_secs(1);

/// Does what a key means now.
pub(super) fn press(model: &mut Model, key: Key, effects: &mut Effects) {
    model.toast = None;
    if let Some(Overlay::Prompt(prompt)) = &mut model.overlay
        && find::edit(prompt, key)
    {
        find::typed(model);
        return;
    }
    if let Some(action) = model.keys.action(model.context(), key) {
        act(model, action, effects);
    }
}

fn act(model: &mut Model, action: Action, effects: &mut Effects) {
    match action {
        Action::Quit => {
            let code = exit_code::of_verdict(model.build.verdict()).unwrap_or(exit_code::SUCCEEDED);
            effects.push(Effect::Exit(code));
        }
        Action::Suspend => effects.push(Effect::Suspend),
        Action::PollNow => effects.extend(poll_now(model)),
        Action::Help if matches!(model.overlay, Some(Overlay::Help(_))) => close_help(model),
        Action::Help => {
            let from = model.context();
            let under = model.overlay.take().map(Box::new);
            model.overlay = Some(Overlay::Help(Help {
                top: 0,
                from,
                under,
            }));
        }
        Action::Filter => {
            if matches!(model.overlay, Some(Overlay::Filter(_))) {
                model.overlay = None;
            } else {
                // It is the events that are filtered, and a person wants to see what it does.
                show(model, Tab::Events);
                model.overlay = Some(Overlay::Filter(FilterMenu::default()));
            }
        }
        Action::ShowAll => set_filter(model, Filter::default()),
        Action::Close => close(model),
        Action::ShowEvents => show(model, Tab::Events),
        Action::ShowResources => show(model, Tab::Resources),
        Action::ShowFailure => show(model, Tab::Failure),
        Action::SwitchPane => next_pane(model),
        Action::Search
        | Action::FilterText
        | Action::Regex
        | Action::NextMatch
        | Action::PreviousMatch => {
            find::act(model, action);
        }
        Action::NextFailure => step::to_failure(model, true),
        Action::PreviousFailure => step::to_failure(model, false),
        Action::FilterToResource => its_events(model),
        Action::Copy | Action::CopyEvent | Action::CopyAmi => copy::act(model, action, effects),
        Action::Report => report(model, effects),
        Action::Mouse => {
            model.mouse = !model.mouse;
            let whose = if model.mouse {
                "bakewatch's"
            } else {
                "the terminal's, for selecting text"
            };
            model.toast = Some(format!("the mouse is {whose}"));
            effects.push(Effect::Mouse(model.mouse));
        }
        Action::NewestFirst => {
            model.list.turn();
            let first = match model.list.order {
                Order::OldestFirst => "oldest",
                Order::NewestFirst => "newest",
            };
            model.toast = Some(format!("the {first} event comes first"));
        }
        Action::RawJson | Action::Changes | Action::Utc | Action::RelativeTimes => {
            read_otherwise(model, action);
        }
        Action::ZoomIn | Action::ZoomOut | Action::ZoomAll | Action::ZoomResource => {
            zoom(model, action);
        }
        Action::Enter if matches!(model.overlay, Some(Overlay::Prompt(_))) => find::accept(model),
        _ => moves::act(model, action),
    }
}

/// Asks for a poll, unless one was asked for a moment ago.
fn poll_now(model: &mut Model) -> Option<Effect> {
    let recent = model
        .poll_asked
        .is_some_and(|asked| model.elapsed.saturating_sub(asked) < POLL_NOW_EVERY);
    if recent {
        return None;
    }
    model.poll_asked = Some(model.elapsed);
    Some(Effect::PollNow)
}

/// Asks for a report, once there is something to report.
fn report(model: &mut Model, effects: &mut Effects) {
    if model.build.answered() || model.build.current().is_some() {
        effects.push(Effect::WriteReport);
    } else {
        model.toast = Some("there is nothing to report yet".to_owned());
    }
}

/// Closes the topmost thing: what lies over the panes, the detail, the search, the filter.
fn close(model: &mut Model) {
    if matches!(model.overlay, Some(Overlay::Help(_))) {
        close_help(model);
        return;
    }
    match model.overlay.take() {
        Some(Overlay::Prompt(prompt)) => find::cancel(model, &prompt),
        Some(_) => {}
        None if model.focus == Focus::Detail && model.search.page.is_none() => {
            model.focus = Focus::List;
            model.detail_only = false;
        }
        None if model.focus == Focus::Detail || model.tab == Tab::Failure => {
            model.search.page = None;
        }
        None if model.search.listed.is_some() => search_for(model, None),
        None => set_filter(model, Filter::default()),
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

/// Lists the events of what is selected only; where that is so already, all of them.
fn its_events(model: &mut Model) {
    let Some(event) = model.subject().and_then(|subject| subject.event().cloned()) else {
        return;
    };
    let mut filter = model.filter.clone();
    let choice = Choice::Resource(event.logical_id.clone());
    let alone = filter.resources == Names::only(&event.logical_id);
    if alone && model.tab == Tab::Events {
        filter.every(&choice);
    } else {
        filter.only(&choice);
    }
    set_filter(model, filter);
    if model.tab != Tab::Events {
        show(model, Tab::Events);
        model.list.follow();
    }
}

fn read_otherwise(model: &mut Model, action: Action) {
    match action {
        Action::RawJson => model.detail.toggle_form(DetailMode::Raw),
        Action::Changes => model.detail.toggle_form(DetailMode::Changes),
        Action::Utc => {
            model.times.utc = !model.times.utc;
            let clock = if model.times.utc {
                "in UTC"
            } else {
                "by your clock"
            };
            model.toast = Some(format!("times are {clock}"));
        }
        _ => {
            model.times.since_before = !model.times.since_before;
            let since = if model.times.since_before {
                "the event before"
            } else {
                "the start"
            };
            model.toast = Some(format!("times are counted from {since}"));
        }
    }
}

fn zoom(model: &mut Model, action: Action) {
    let Some(whole) = resources::whole(&model.build, model.now) else {
        return;
    };
    let selected = resources::selected_window(&model.build, &model.resources, model.now);
    let axis = &mut model.resources.axis;
    match (action, selected) {
        (Action::ZoomAll, _) => axis.show_all(),
        (Action::ZoomResource, Some(window)) => axis.show(whole, window),
        (Action::ZoomIn | Action::ZoomOut, window) => {
            let shown = axis.window(whole);
            // Around the selected resource, as far as it is on the axis; else around the middle.
            let around = window
                .map(|window| window.from)
                .filter(|time| shown.holds(*time));
            let around = around.unwrap_or(shown.from + shown.length() / 2);
            axis.zoom(whole, around, action == Action::ZoomIn);
        }
        _ => {}
    }
}
