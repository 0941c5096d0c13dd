//! Carries out a key: it types into an open prompt, or the key map names its action. Actions that depend on the focused
//! pane go on to `navigation`.

use std::time::Duration;

use crate::app::effect::{Effect, Effects, PollRequest};
use crate::app::keys::action::{Action, AppAction, OverlayAction, SessionAction};
use crate::app::keys::key::Key;
use crate::app::model::Model;
use crate::app::overlays::Overlay;
use crate::app::overlays::filter_menu::FilterMenu;
use crate::app::overlays::help::Help;
use crate::app::overlays::prompt::PromptPurpose;
use crate::app::session::{CodeRequest, Focus, Session};
use crate::app::update::view_state::{close_help, set_filter, set_search};
use crate::app::update::{code, copy, find, navigation};
use crate::app::views::Tab;
use crate::app::views::action::ViewAction;
use crate::app::views::detail::DetailMode;
use crate::app::views::filter::{Filter, FilterChoice};
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
    let action = model.keys.action(model.context(), key);
    if action == Some(Action::View(ViewAction::Enter)) && code::prompt(model).is_some() {
        code::enter(model, effects);
        return;
    }
    match action {
        Some(Action::App(action)) => run_app_action(model, action, effects),
        Some(Action::Session(action)) => run_session_action(model, action, effects),
        Some(Action::Move(step)) => navigation::go(model, step),
        Some(Action::View(action)) => navigation::act(model, action),
        Some(Action::Overlay(action)) => run_overlay_action(model, action),
        None => {}
    }
}

fn run_app_action(model: &mut Model, action: AppAction, effects: &mut Effects) {
    match action {
        AppAction::Close => close(model),
        AppAction::Utc => {
            model.times.utc = !model.times.utc;
            let clock = if model.times.utc {
                "in UTC"
            } else {
                "in your time zone"
            };
            model.toast = Some(format!("times are {clock}"));
        }
        AppAction::RelativeTimes => {
            model.times.since_before = !model.times.since_before;
            let since = if model.times.since_before {
                "the previous event"
            } else {
                "the start"
            };
            model.toast = Some(format!("times are counted from {since}"));
        }
        AppAction::Mouse => {
            model.mouse = !model.mouse;
            let whose = if model.mouse {
                "bakewatch's"
            } else {
                "the terminal's, for selecting text"
            };
            model.toast = Some(format!("the mouse is {whose}"));
            effects.push(Effect::Mouse(model.mouse));
        }
        AppAction::Help => toggle_help(model),
        AppAction::Suspend => effects.push(Effect::Suspend),
        AppAction::Quit => {
            let build = &model.shown.build;
            let known = Some(build.verdict()).filter(|_| !build.is_only_recorded());
            let code = known.and_then(exit_code::of_verdict);
            effects.push(Effect::Exit(code.unwrap_or(exit_code::SUCCEEDED)));
        }
    }
}

fn run_session_action(model: &mut Model, action: SessionAction, effects: &mut Effects) {
    match action {
        SessionAction::Show(tab) => model.shown.show_view(tab),
        SessionAction::SwitchPane => switch_pane(&mut model.shown),
        SessionAction::NextFailure => find::step_to_failure(model, true),
        SessionAction::PreviousFailure => find::step_to_failure(model, false),
        SessionAction::Search => find::open_search(model),
        SessionAction::FilterText => find::open_filter_text(model),
        SessionAction::NextMatch => find::step_to_match(model, true),
        SessionAction::PreviousMatch => find::step_to_match(model, false),
        SessionAction::Filter => toggle_filter_menu(model),
        SessionAction::FilterToResource => filter_to_resource(&mut model.shown),
        SessionAction::RawJson => model.shown.detail.toggle_mode(DetailMode::Raw),
        SessionAction::Changes => model.shown.detail.toggle_mode(DetailMode::Changes),
        SessionAction::Copy => copy::copy_marked(model, effects),
        SessionAction::CopyEvent => copy::copy_event(model, effects),
        SessionAction::CopyAmi => copy::copy_ami(model, effects),
        SessionAction::Report => write_report(model, effects),
        SessionAction::PollNow => {
            code::ask_again(&mut model.shown);
            effects.extend(poll_now(&mut model.shown, model.elapsed));
        }
    }
}

fn run_overlay_action(model: &mut Model, action: OverlayAction) {
    match action {
        OverlayAction::ShowAll => set_filter(&mut model.shown, Filter::default()),
        OverlayAction::Regex => find::toggle_regex(model),
    }
}

fn toggle_help(model: &mut Model) {
    if matches!(model.overlay, Some(Overlay::Help { .. })) {
        close_help(model);
    } else {
        let from = model.context();
        let beneath = model.overlay.take().map(Box::new);
        let help = Help { top: 0, from };
        model.overlay = Some(Overlay::Help { help, beneath });
    }
}

fn toggle_filter_menu(model: &mut Model) {
    if matches!(model.overlay, Some(Overlay::Filter(_))) {
        model.overlay = None;
    } else {
        // The filter applies to the events, and the user wants to see its effect.
        model.shown.show_view(Tab::Events);
        model.overlay = Some(Overlay::Filter(FilterMenu::default()));
    }
}

/// Requests a poll, unless one was requested a moment ago.
fn poll_now(session: &mut Session, elapsed: Duration) -> Option<Effect> {
    let last = session.poll_requested;
    if last.is_some_and(|at| elapsed.saturating_sub(at) < POLL_NOW_EVERY) {
        return None;
    }
    session.poll_requested = Some(elapsed);
    Some(Effect::Poll(session.id, PollRequest::Now))
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
pub(super) fn close(model: &mut Model) {
    match &model.overlay {
        Some(Overlay::Help { .. }) => close_help(model),
        Some(Overlay::Prompt(prompt)) => {
            find::cancel(&mut model.shown, prompt);
            if prompt.purpose == PromptPurpose::Code {
                model.shown.code = CodeRequest::Declined;
            }
            model.overlay = None;
        }
        Some(Overlay::Filter(_)) => model.overlay = None,
        None => close_in_session(&mut model.shown),
    }
}

fn close_in_session(session: &mut Session) {
    if session.focus == Focus::Detail && session.search.page.is_none() {
        session.focus = Focus::List;
        session.detail_only = false;
    } else if session.reads_page() {
        session.search.page = None;
    } else if session.search.listed.is_some() {
        set_search(session, None);
    } else {
        set_filter(session, Filter::default());
    }
}

fn switch_pane(session: &mut Session) {
    session.focus = match session.focus {
        Focus::List => Focus::Detail,
        Focus::Detail => Focus::List,
    };
    if session.focus == Focus::List {
        session.detail_only = false;
    }
}

/// Lists the events of the selected resource only; if that is so already, all of them.
fn filter_to_resource(session: &mut Session) {
    let subject = session.subject();
    let Some(event) = subject.and_then(|subject| subject.event().cloned()) else {
        return;
    };
    let lists_events = session.view().lists_events();
    let mut filter = session.filter.clone();
    let choice = FilterChoice::Resource(event.logical_id.clone());
    let alone = filter.resources == Names::only(&event.logical_id);
    if alone && lists_events {
        filter.all_of_kind(&choice);
    } else {
        filter.only(&choice);
    }
    set_filter(session, filter);
    if !lists_events {
        session.show_view(Tab::Events);
        session.views.events.follow();
    }
}
