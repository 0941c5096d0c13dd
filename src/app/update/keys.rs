//! Carries out a key: it types into an open prompt, or the key map names its action. Actions that depend on the focused
//! pane go on to `navigation`.

use std::time::Duration;

use crate::app::effect::{Effect, Effects, PollRequest};
use crate::app::keys::action::Action;
use crate::app::keys::key::Key;
use crate::app::model::Model;
use crate::app::overlays::Overlay;
use crate::app::overlays::filter_menu::FilterMenu;
use crate::app::overlays::help::Help;
use crate::app::session::Focus;
use crate::app::update::view_state::{close_help, set_filter, set_search, show_view};
use crate::app::update::{copy, find, navigation, step};
use crate::app::views::Tab;
use crate::app::views::detail::DetailMode;
use crate::app::views::filter::{Filter, FilterChoice};
use crate::app::views::resources;
use crate::app::views::rows::ListOrder;
use crate::domain::names::Names;
use crate::exit_code;

/// The minimum interval between polls that the user requests.
const POLL_NOW_EVERY: Duration = Duration::from_secs(1);

pub(super) fn press_key(model: &mut Model, key: Key, effects: &mut Effects) {
    model.toast = None;
    if let Some(Overlay::Prompt(prompt)) = &mut model.overlay
        && find::edit(prompt, key)
    {
        find::apply_typed_text(model);
        return;
    }
    if let Some(action) = model.keys.action(model.context(), key) {
        run_action(model, action, effects);
    }
}

fn run_action(model: &mut Model, action: Action, effects: &mut Effects) {
    match action {
        Action::Quit => {
            let code =
                exit_code::of_verdict(model.shown.build.verdict()).unwrap_or(exit_code::SUCCEEDED);
            effects.push(Effect::Exit(code));
        }
        Action::Suspend => effects.push(Effect::Suspend),
        Action::PollNow => effects.extend(poll_now(model)),
        Action::Help if matches!(model.overlay, Some(Overlay::Help { .. })) => close_help(model),
        Action::Help => {
            let from = model.context();
            let beneath = model.overlay.take().map(Box::new);
            let help = Help { top: 0, from };
            model.overlay = Some(Overlay::Help { help, beneath });
        }
        Action::Filter => {
            if matches!(model.overlay, Some(Overlay::Filter(_))) {
                model.overlay = None;
            } else {
                // The filter applies to the events, and the user wants to see its effect.
                show_view(model, Tab::Events);
                model.overlay = Some(Overlay::Filter(FilterMenu::default()));
            }
        }
        Action::ShowAll => set_filter(model, Filter::default()),
        Action::Close => close(model),
        Action::ShowEvents => show_view(model, Tab::Events),
        Action::ShowResources => show_view(model, Tab::Resources),
        Action::ShowFailure => show_view(model, Tab::Failure),
        Action::SwitchPane => switch_pane(model),
        Action::Search
        | Action::FilterText
        | Action::Regex
        | Action::NextMatch
        | Action::PreviousMatch => {
            find::run_find_action(model, action);
        }
        Action::NextFailure => step::step_to_failure(model, true),
        Action::PreviousFailure => step::step_to_failure(model, false),
        Action::FilterToResource => filter_to_resource(model),
        Action::Copy | Action::CopyEvent | Action::CopyAmi => {
            copy::copy_to_clipboard(model, action, effects);
        }
        Action::Report => write_report(model, effects),
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
            model.shown.views.events.reverse_order();
            let first = match model.shown.views.events.order {
                ListOrder::OldestFirst => "oldest",
                ListOrder::NewestFirst => "newest",
            };
            model.toast = Some(format!("the {first} event comes first"));
        }
        Action::RawJson | Action::Changes | Action::Utc | Action::RelativeTimes => {
            toggle_display(model, action);
        }
        Action::ZoomIn | Action::ZoomOut | Action::ZoomAll | Action::ZoomResource => {
            zoom(model, action);
        }
        Action::Enter if matches!(model.overlay, Some(Overlay::Prompt(_))) => find::accept(model),
        _ => navigation::run_in_focus(model, action),
    }
}

/// Requests a poll, unless one was requested a moment ago.
fn poll_now(model: &mut Model) -> Option<Effect> {
    let recent = model
        .shown
        .poll_requested
        .is_some_and(|at| model.elapsed.saturating_sub(at) < POLL_NOW_EVERY);
    if recent {
        return None;
    }
    model.shown.poll_requested = Some(model.elapsed);
    Some(Effect::Poll(model.shown.id, PollRequest::Now))
}

/// Requests a report, once there is something to report.
fn write_report(model: &mut Model, effects: &mut Effects) {
    if model.shown.build.has_responded() || model.shown.build.current().is_some() {
        effects.push(Effect::WriteReport(model.shown.id));
    } else {
        model.toast = Some("there is nothing to report yet".to_owned());
    }
}

/// Closes the topmost of overlay, detail, search and filter.
fn close(model: &mut Model) {
    if matches!(model.overlay, Some(Overlay::Help { .. })) {
        close_help(model);
        return;
    }
    match model.overlay.take() {
        Some(Overlay::Prompt(prompt)) => find::cancel(model, &prompt),
        Some(_) => {}
        None if model.shown.focus == Focus::Detail && model.shown.search.page.is_none() => {
            model.shown.focus = Focus::List;
            model.shown.detail_only = false;
        }
        None if model.shown.focus == Focus::Detail || model.shown.tab == Tab::Failure => {
            model.shown.search.page = None;
        }
        None if model.shown.search.listed.is_some() => set_search(model, None),
        None => set_filter(model, Filter::default()),
    }
}

fn switch_pane(model: &mut Model) {
    model.shown.focus = match model.shown.focus {
        Focus::List => Focus::Detail,
        Focus::Detail => Focus::List,
    };
    if model.shown.focus == Focus::List {
        model.shown.detail_only = false;
    }
}

/// Lists the events of the selected resource only; if that is so already, all of them.
fn filter_to_resource(model: &mut Model) {
    let Some(event) = model
        .shown
        .subject()
        .and_then(|subject| subject.event().cloned())
    else {
        return;
    };
    let mut filter = model.shown.filter.clone();
    let choice = FilterChoice::Resource(event.logical_id.clone());
    let alone = filter.resources == Names::only(&event.logical_id);
    if alone && model.shown.tab == Tab::Events {
        filter.all_of_kind(&choice);
    } else {
        filter.only(&choice);
    }
    set_filter(model, filter);
    if model.shown.tab != Tab::Events {
        show_view(model, Tab::Events);
        model.shown.views.events.follow();
    }
}

fn toggle_display(model: &mut Model, action: Action) {
    match action {
        Action::RawJson => model.shown.detail.toggle_mode(DetailMode::Raw),
        Action::Changes => model.shown.detail.toggle_mode(DetailMode::Changes),
        Action::Utc => {
            model.times.utc = !model.times.utc;
            let clock = if model.times.utc {
                "in UTC"
            } else {
                "in your time zone"
            };
            model.toast = Some(format!("times are {clock}"));
        }
        _ => {
            model.times.since_before = !model.times.since_before;
            let since = if model.times.since_before {
                "the previous event"
            } else {
                "the start"
            };
            model.toast = Some(format!("times are counted from {since}"));
        }
    }
}

fn zoom(model: &mut Model, action: Action) {
    let Some(whole) = resources::whole_window(&model.shown.build, model.now) else {
        return;
    };
    let selected =
        resources::selected_window(&model.shown.build, &model.shown.views.resources, model.now);
    let axis = &mut model.shown.views.resources.axis;
    match (action, selected) {
        (Action::ZoomAll, _) => axis.show_all(),
        (Action::ZoomResource, Some(window)) => axis.show(whole, window),
        (Action::ZoomIn | Action::ZoomOut, window) => {
            let shown = axis.window(whole);
            // Around the selected resource, if it is on the axis; otherwise around the middle.
            let around = window
                .map(|window| window.from)
                .filter(|time| shown.holds(*time));
            let around = around.unwrap_or(shown.from + shown.length() / 2);
            axis.zoom(whole, around, action == Action::ZoomIn);
        }
        _ => {}
    }
}
