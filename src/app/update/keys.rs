//! Carries out a key: it types into an open prompt, or the key map names its action. Actions that depend on the focused
//! pane go on to `navigation`.

use std::time::Duration;

use crate::app::effect::{Effect, Effects, PollRequest};
use crate::app::keys::action::{Action, AppAction, OverlayAction, PlaybackAction, SessionAction};
use crate::app::keys::key::Key;
use crate::app::model::Model;
use crate::app::overlays::Overlay;
use crate::app::overlays::filter_menu::FilterMenu;
use crate::app::overlays::help::Help;
use crate::app::overlays::picker::Picker;
use crate::app::overlays::prompt::PromptPurpose;
use crate::app::session::{Focus, Session};
use crate::app::update::view_state::{
    close_help, close_prompt, set_filter, set_log_filter, set_search,
};
use crate::app::update::{builds, code, copy, find, navigation};
use crate::app::views::Tab;
use crate::app::views::action::ViewAction;
use crate::app::views::detail::DetailMode;
use crate::app::views::filter::{Filter, FilterChoice};
use crate::domain::names::Names;
use crate::exit_code;
use crate::text::safe::{SafeText, one_line};

/// The minimum interval between polls that the user requests.
const POLL_NOW_EVERY: Duration = Duration::from_secs(1);

pub(super) fn press_key(model: &mut Model, key: Key, effects: &mut Effects) {
    let asked_for_report = model.asks_for_report;
    model.begin_key();
    if let Some(Overlay::Prompt(prompt)) = &mut model.overlay
        && find::edit(prompt, key)
    {
        find::apply_typed_text(model);
        return;
    }
    if let Some(Overlay::Picker(picker)) = &mut model.overlay
        && builds::type_key(picker, key)
    {
        return;
    }
    let action = model.keys.action(model.context(), key);
    if action == Some(Action::View(ViewAction::Enter)) && code::prompt(model).is_some() {
        code::enter(model, effects);
        return;
    }
    match action {
        Some(Action::App(action)) => run_app_action(model, action, effects),
        Some(Action::Session(SessionAction::Report)) => {
            request_report(model, asked_for_report, effects);
        }
        Some(Action::Playback(action)) => run_playback_action(model, action, effects),
        Some(Action::Session(action)) => run_session_action(model, action, effects),
        Some(Action::Move(step)) => navigation::go(model, step),
        Some(Action::View(action)) => navigation::act(model, action, effects),
        Some(Action::Overlay(action)) => run_overlay_action(model, action, effects),
        None => model.toast = Some(unbound(model, key)),
    }
}

/// The answer to a key without an action.
fn unbound(model: &Model, key: Key) -> String {
    // While a text is typed, the key of the help is a part of it.
    let types = match &model.overlay {
        Some(Overlay::Picker(picker)) => picker.typing,
        overlay => matches!(overlay, Some(Overlay::Prompt(_))),
    };
    let help = model.keys.key_for(Action::App(AppAction::Help));
    let help = help.filter(|_| !types);
    let help = help.map_or_else(String::new, |help| format!("; {help} lists the keys"));
    // A key can be any character that a terminal sends.
    let key = SafeText::new(&key.to_string());
    format!("{} does nothing here{help}", one_line(key.as_str()))
}

/// Pastes into an open prompt. Elsewhere pasted text would act as keys, and so does nothing.
pub(super) fn paste(model: &mut Model, text: &str) {
    if let Some(Overlay::Prompt(prompt)) = &mut model.overlay {
        prompt.paste(text);
        find::apply_typed_text(model);
    } else if let Some(Overlay::Picker(picker)) = &mut model.overlay {
        builds::pasted(picker, text);
    }
}

fn run_app_action(model: &mut Model, action: AppAction, effects: &mut Effects) {
    let was_picker = matches!(model.overlay, Some(Overlay::Picker(_)));
    match action {
        AppAction::Close => {
            if leaves_picker(model) {
                leave(model, effects);
            } else if !close(model) {
                model.toast = Some(nothing_to_close(model));
            }
            stop_listing(model, was_picker, effects);
        }
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
        AppAction::NextBuild => builds::switch(model, true),
        AppAction::PreviousBuild => builds::switch(model, false),
        AppAction::Builds => builds::toggle_menu(model),
        AppAction::Picker => builds::open_picker(model, effects),
        AppAction::Redraw => effects.push(Effect::Redraw),
        AppAction::Suspend => effects.push(Effect::Suspend),
        AppAction::Quit => {
            if leaves_picker(model) || (!close_overlay(model) && !leave_detail(&mut model.shown)) {
                leave(model, effects);
            }
            stop_listing(model, was_picker, effects);
        }
        AppAction::Leave => {
            if !matches!(model.overlay, Some(Overlay::Prompt(_))) || !close_overlay(model) {
                leave(model, effects);
            }
        }
    }
}

/// Whether a key that closes the picker leaves the program: there is nothing beneath it.
fn leaves_picker(model: &Model) -> bool {
    let is_last = |picker: &Picker| !picker.typing && picker.query.is_empty();
    let picker = match &model.overlay {
        Some(Overlay::Picker(picker)) => Some(picker),
        _ => None,
    };
    model.shown.is_placeholder() && picker.is_some_and(|picker| is_last(picker))
}

/// The account is listed for an open picker only.
fn stop_listing(model: &Model, was_picker: bool, effects: &mut Effects) {
    if was_picker && model.overlay.is_none() && !model.is_searching() {
        effects.push(Effect::List(false));
    }
}

fn leave(model: &Model, effects: &mut Effects) {
    let known = |session: &&Session| !session.build.is_only_recorded();
    let sessions = model.in_order().into_iter().filter(known);
    let codes = sessions.filter_map(|session| exit_code::of_verdict(session.build.verdict()));
    let code = exit_code::of_builds(&codes.collect::<Vec<_>>());
    effects.push(Effect::Exit(code));
}

fn nothing_to_close(model: &Model) -> String {
    let quit = model.keys.key_for(Action::App(AppAction::Quit));
    let quit = quit.map_or_else(String::new, |key| format!("; {key} leaves"));
    format!("nothing to close{quit}")
}

fn run_session_action(model: &mut Model, action: SessionAction, effects: &mut Effects) {
    match action {
        SessionAction::Show(tab) => model.shown.show_view(tab),
        SessionAction::SwitchPane => switch_pane(&mut model.shown),
        SessionAction::NextFailure => find::step_to_failure(model, true),
        SessionAction::PreviousFailure => find::step_to_failure(model, false),
        SessionAction::Search => match &mut model.overlay {
            Some(Overlay::Picker(picker)) => picker.typing = true,
            _ => find::open_search(model),
        },
        SessionAction::FilterText => find::open_filter_text(model),
        SessionAction::NextMatch => find::step_to_match(model, true),
        SessionAction::PreviousMatch => find::step_to_match(model, false),
        SessionAction::Filter => toggle_filter_menu(model),
        SessionAction::FilterToResource => filter_to_resource(&mut model.shown),
        SessionAction::RawJson => navigation::show_in_detail(model, DetailMode::Raw),
        SessionAction::Changes => navigation::show_in_detail(model, DetailMode::Changes),
        SessionAction::Copy => copy::copy_marked(model, effects),
        SessionAction::CopyEvent => copy::copy_event(model, effects),
        SessionAction::CopyCommand => copy::copy_command(model, effects),
        SessionAction::CopyAmi => copy::copy_ami(model, effects),
        // `press_key` knows whether the key before asked for it too.
        SessionAction::Report => request_report(model, false, effects),
        SessionAction::PollNow => {
            code::ask_again(&mut model.shown);
            if matches!(model.overlay, Some(Overlay::Picker(_))) {
                effects
                    .extend(is_due(&mut model.shown, model.elapsed).then_some(Effect::List(true)));
            } else {
                effects.extend(poll_now(&mut model.shown, model.elapsed));
            }
        }
    }
}

fn run_playback_action(model: &mut Model, action: PlaybackAction, effects: &mut Effects) {
    let id = model.shown.id;
    let request = match &mut model.shown.playback {
        Some(playback) => playback.act(action),
        None => Err("that key is for a replay"),
    };
    match request {
        Ok(request) => effects.push(Effect::Playback(id, request)),
        Err(why) => model.toast = Some(why.to_owned()),
    }
}

fn run_overlay_action(model: &mut Model, action: OverlayAction, effects: &mut Effects) {
    match action {
        OverlayAction::CloseBuild => builds::close_marked(model, effects),
        OverlayAction::Compare => builds::compare(model, effects),
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
        model.overlay = Some(Overlay::Filter(FilterMenu::default()));
    }
}

/// Requests a poll, unless one was requested a moment ago.
fn poll_now(session: &mut Session, elapsed: Duration) -> Option<Effect> {
    let poll = Effect::Poll(session.id, PollRequest::Now);
    is_due(session, elapsed).then_some(poll)
}

/// Whether the user may request something now: a key may repeat many times a second.
fn is_due(session: &mut Session, elapsed: Duration) -> bool {
    let last = session.poll_requested;
    if last.is_some_and(|at| elapsed.saturating_sub(at) < POLL_NOW_EVERY) {
        return false;
    }
    session.poll_requested = Some(elapsed);
    true
}

/// Requests a report, once there is something to report: at the second key, since it writes a file.
fn request_report(model: &mut Model, is_confirmed: bool, effects: &mut Effects) {
    if !model.shown.build.has_responded() && model.shown.build.current().is_none() {
        model.toast = Some("there is nothing to report yet".to_owned());
    } else if is_confirmed {
        effects.push(Effect::WriteReport(model.shown.id));
    } else {
        let report = Action::Session(SessionAction::Report);
        let again = model.keys.key_for(report);
        let again = again.map_or_else(String::new, |key| format!("{key} again "));
        model.asks_for_report = true;
        model.toast = Some(format!("{again}writes a report into this folder"));
    }
}

/// Closes the topmost of overlay, detail, search and filter. False if there is none.
pub(super) fn close(model: &mut Model) -> bool {
    close_overlay(model) || close_in_session(&mut model.shown)
}

fn close_overlay(model: &mut Model) -> bool {
    match &model.overlay {
        Some(Overlay::Help { .. }) => close_help(model),
        Some(Overlay::Prompt(_)) => {
            if let Some(prompt) = close_prompt(model) {
                find::cancel(&mut model.shown, &prompt);
                if prompt.purpose == PromptPurpose::Code {
                    code::decline(model);
                }
            }
        }
        Some(Overlay::Picker(_)) => {
            let Some(Overlay::Picker(picker)) = &mut model.overlay else {
                return false;
            };
            if !picker.clear() {
                model.overlay = None;
            }
        }
        Some(Overlay::Comparison(_)) => builds::close_comparison(model),
        Some(Overlay::Filter(_) | Overlay::Builds(_)) => model.overlay = None,
        None => return false,
    }
    true
}

fn close_in_session(session: &mut Session) -> bool {
    if session.reads_page() && session.search.page.is_some() {
        session.search.page = None;
        return true;
    }
    if leave_detail(session) {
        return true;
    }
    if session.search.listed.is_some() {
        set_search(session, None);
        return true;
    }
    if session.tab == Tab::Log && session.views.log.filter.is_some() {
        set_log_filter(session, None);
        return true;
    }
    let filters = !session.filter.is_open();
    set_filter(session, Filter::default());
    filters
}

/// Gives the focus back to the list.
fn leave_detail(session: &mut Session) -> bool {
    let was_focused = session.detail_focused();
    if was_focused {
        session.focus = Focus::List;
        session.detail_only = false;
    }
    was_focused
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
