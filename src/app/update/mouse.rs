//! Carries out mouse events: the wheel scrolls, a click selects the target under it. Everything has a key too. Tests:
//! tests/it/app/mouse.rs.

use ratatui::layout::{Position, Rect};

use crate::app::layout::Regions;
use crate::app::model::Model;
use crate::app::msg::{MouseAction, MouseKind};
use crate::app::overlays::Overlay;
use crate::app::overlays::filter_menu::{self, FilterMenuLine};
use crate::app::session::{Focus, Session};
use crate::app::status::bar;
use crate::app::status::bar::BarTarget;
use crate::app::update::{navigation, view_state};
use crate::app::views::Tab;
use crate::app::views::action::{Move, ViewAction};
use crate::app::views::filter::FilterChoice;

/// The rows that one turn of the wheel scrolls by.
const WHEEL: isize = 3;

pub(super) fn handle_mouse(model: &mut Model, action: MouseAction) {
    let Some(regions) = model.layout.regions else {
        return;
    };
    model.begin_key();
    let at = Position::new(action.column, action.row);
    match (&model.overlay, action.kind) {
        (Some(Overlay::Prompt(_)), _)
        | (
            Some(Overlay::Builds(_) | Overlay::Picker(_) | Overlay::Comparison(_)),
            MouseKind::Click,
        ) => {}
        (Some(_), MouseKind::WheelUp) => navigation::go(model, Move::Up),
        (Some(_), MouseKind::WheelDown) => navigation::go(model, Move::Down),
        (Some(Overlay::Filter(_)), MouseKind::Click) => click_in_menu(model, at),
        (Some(Overlay::Help { .. }), MouseKind::Click) => view_state::close_help(model),
        (None, MouseKind::WheelUp) => wheel(&mut model.shown, regions, at, -WHEEL),
        (None, MouseKind::WheelDown) => wheel(&mut model.shown, regions, at, WHEEL),
        (None, MouseKind::Click) if regions.bar.contains(at) => click_on_bar(model, regions, at),
        (None, MouseKind::Click) => click_in_pane(&mut model.shown, regions, at),
    }
}

fn wheel(session: &mut Session, regions: Regions, at: Position, rows: isize) {
    let (view, detail, data) = session.parts();
    if regions.detail.is_some_and(|pane| pane.contains(at)) {
        detail.page.scroll_by(rows, regions.detail_size().rows);
    } else {
        view.scroll(rows, data, regions.list_size().unwrap_or_default());
    }
}

fn click_on_bar(model: &mut Model, regions: Regions, at: Position) {
    let columns = usize::from(regions.bar.width);
    let target = bar::bar_target_at(model, columns, usize::from(at.x));
    let session = &mut model.shown;
    match target {
        Some(BarTarget::Tab(tab)) => session.show_view(tab),
        Some(BarTarget::Class(class)) => {
            // A chip lists its class alone; clicked again, everything.
            let mut filter = session.filter.clone();
            let choice = FilterChoice::Class(class);
            let before = filter.classes;
            filter.only(&choice);
            if filter.classes == before {
                filter.all_of_kind(&choice);
            }
            view_state::set_filter(session, filter);
            // The filter applies to the events, and the user wants to see its effect.
            if !session.view().lists_events() {
                session.show_view(Tab::Events);
            }
        }
        None => {}
    }
}

fn click_in_pane(session: &mut Session, regions: Regions, at: Position) {
    if let Some(line) = line_under(regions.detail, at) {
        session.focus = Focus::Detail;
        session.detail.click(line);
    } else if let Some(line) = line_under(regions.list, at) {
        session.focus = Focus::List;
        let (view, _, data) = session.parts();
        view.click(line, data, regions.list_size().unwrap_or_default());
    }
}

fn click_in_menu(model: &mut Model, at: Position) {
    let Some(Overlay::Filter(menu)) = &mut model.overlay else {
        return;
    };
    let area = filter_menu::area(menu.lines.len(), model.size);
    let Some(line) = line_under(Some(area), at) else {
        model.overlay = None;
        return;
    };
    let line = menu.top + line;
    if matches!(menu.lines.get(line), Some(FilterMenuLine::Choice(..))) {
        menu.mark(line);
        navigation::act(model, ViewAction::Toggle, &mut Vec::new());
    }
}

/// The line of a bordered pane at a position.
fn line_under(pane: Option<Rect>, at: Position) -> Option<usize> {
    let pane = pane?;
    let inside = pane.inner(ratatui::layout::Margin::new(1, 1));
    inside.contains(at).then(|| usize::from(at.y - inside.y))
}
