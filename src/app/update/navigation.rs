//! Movement and the other actions of the focused overlay, detail pane or view. Called by `keys` and `mouse`.

use crate::app::effect::Effects;
use crate::app::layout::DetailPlacement;
use crate::app::model::Model;
use crate::app::overlays::comparison::Comparison;
use crate::app::overlays::{Overlay, help};
use crate::app::session::Focus;
use crate::app::update::view_state::set_filter;
use crate::app::update::{builds, find};
use crate::app::views::action::{Move, ViewAction};
use crate::app::views::detail::DetailMode;
use crate::app::views::{Tab, ViewRequest};

/// A detail pane of so many lines needs no more to be read.
const ROOM_TO_READ: usize = 16;
/// The lines that a page key moves in the filter menu.
const MENU_PAGE: usize = 10;

/// Moves in the focused overlay or pane.
pub(super) fn go(model: &mut Model, step: Move) {
    match &mut model.overlay {
        Some(Overlay::Help { help, .. }) => {
            let rows = help::rows(&model.keys, help.from, model.size);
            let page = help::page(&rows, model.size).max(1);
            help.top = moved_to(help.top, step, page).min(help::highest_top(&rows, model.size));
        }
        Some(Overlay::Filter(menu)) => menu.mark(moved_to(menu.cursor, step, MENU_PAGE)),
        Some(Overlay::Prompt(_)) => {}
        Some(Overlay::Builds(menu)) => {
            let last = model.others.len();
            menu.cursor = moved_to(menu.cursor, step, MENU_PAGE).min(last);
        }
        Some(Overlay::Comparison(comparison)) => {
            let page = Comparison::page(model.size).max(1);
            comparison.top = moved_to(comparison.top, step, page);
        }
        Some(Overlay::Picker(picker)) => picker.go_to(moved_to(picker.cursor, step, MENU_PAGE)),
        None => go_in_session(model, step),
    }
}

fn go_in_session(model: &mut Model, step: Move) {
    let regions = model.layout.regions;
    let list = regions.and_then(|regions| regions.list_size());
    let detail = regions.map(|regions| regions.detail_size());
    let session = &mut model.shown;
    if session.detail_focused() {
        session
            .detail
            .page
            .go(step, detail.unwrap_or_default().rows);
    } else {
        let (view, _, data) = session.parts();
        view.go(step, data, list.unwrap_or_default());
    }
}

/// Carries out an action in the focused overlay or pane.
pub(super) fn act(model: &mut Model, action: ViewAction, effects: &mut Effects) {
    match &model.overlay {
        Some(Overlay::Help { .. } | Overlay::Comparison(_)) => {}
        Some(Overlay::Filter(_)) => act_in_filter_menu(model, action),
        Some(Overlay::Builds(_)) => builds::act_in_menu(model, action),
        Some(Overlay::Picker(_)) => builds::act_in_picker(model, action, effects),
        Some(Overlay::Prompt(_)) => act_in_prompt(model, action),
        None => act_in_session(model, action),
    }
}

fn act_in_prompt(model: &mut Model, action: ViewAction) {
    match action {
        ViewAction::Enter => find::accept(model),
        ViewAction::Toggle
        | ViewAction::Left
        | ViewAction::Right
        | ViewAction::Zoom(_)
        | ViewAction::NewestFirst
        | ViewAction::Wrap
        | ViewAction::NextStep
        | ViewAction::PreviousStep => {}
    }
}

/// Lists the marked choice alone, or lists or hides it.
fn act_in_filter_menu(model: &mut Model, action: ViewAction) {
    let Some(Overlay::Filter(menu)) = &model.overlay else {
        return;
    };
    let Some(choice) = menu.choice() else {
        return;
    };
    let mut filter = model.shown.filter.clone();
    match action {
        ViewAction::Enter => filter.only(choice),
        ViewAction::Toggle => filter.toggle(choice),
        ViewAction::Left
        | ViewAction::Right
        | ViewAction::Zoom(_)
        | ViewAction::NewestFirst
        | ViewAction::Wrap
        | ViewAction::NextStep
        | ViewAction::PreviousStep => {
            return;
        }
    }
    set_filter(&mut model.shown, filter);
    if !model.shown.view().lists_events() {
        // The filter applies to the events, and the user wants to see its effect.
        model.shown.show_view(Tab::Events);
    }
}

/// Shows the selected event in a mode, or no longer. Where the detail pane has no room beside the list, it opens.
pub(super) fn show_in_detail(model: &mut Model, mode: DetailMode) {
    let session = &model.shown;
    let is_list = session.view().page().is_none() && session.view().has_detail();
    let regions = model.layout.regions;
    let is_hidden = regions.is_some_and(|regions| regions.detail_size().rows == 0);
    if is_list && is_hidden && session.event().is_some() {
        model.shown.detail.mode = mode;
        open_detail(model);
    } else {
        model.shown.detail.toggle_mode(mode);
    }
}

/// It opens over the list unless it stands beside it, or has room enough.
fn open_detail(model: &mut Model) {
    let session = &mut model.shown;
    session.detail_only = model.layout.regions.is_some_and(|regions| {
        regions.placement != DetailPlacement::Beside && regions.detail_size().rows < ROOM_TO_READ
    });
    session.focus = Focus::Detail;
}

fn act_in_session(model: &mut Model, action: ViewAction) {
    let session = &mut model.shown;
    if session.detail_focused() {
        session.detail.act(action);
        return;
    }
    let (view, _, data) = session.parts();
    match view.act(action, data, model.now) {
        Some(ViewRequest::OpenDetail) => open_detail(model),
        Some(ViewRequest::ShowEvent(key)) => {
            session.show_event(&key);
            let is_listed = session.selected().is_some_and(|event| event.key() == key);
            if !is_listed {
                model.toast = Some("the filter hides the event".to_owned());
            }
        }
        Some(ViewRequest::Toast(text)) => model.toast = Some(text),
        None => {}
    }
}

fn moved_to(from: usize, step: Move, page: usize) -> usize {
    match step {
        Move::Up => from.saturating_sub(1),
        Move::Down => from.saturating_add(1),
        Move::PageUp => from.saturating_sub(page),
        Move::PageDown => from.saturating_add(page),
        Move::Top => 0,
        Move::Bottom => usize::MAX,
    }
}
