//! Carries out mouse events: the wheel scrolls, a click selects the target under it. Everything has a key too. Tests:
//! tests/it/mouse.rs.

use ratatui::layout::{Position, Rect};

use crate::app::keys::action::Action;
use crate::app::layout::Regions;
use crate::app::model::{Focus, Model};
use crate::app::msg::{MouseAction, MouseKind};
use crate::app::overlays::Overlay;
use crate::app::overlays::filter_menu::{self, FilterMenuLine};
use crate::app::status::bar;
use crate::app::status::bar::BarTarget;
use crate::app::update::{navigation, view_state};
use crate::app::views::Tab;
use crate::app::views::filter::FilterChoice;
use crate::app::views::page::PageLine;
use crate::app::views::resources;
use crate::app::views::rows::ListRows;

/// The rows that one turn of the wheel scrolls by.
const WHEEL: isize = 3;

pub(super) fn handle_mouse(model: &mut Model, action: MouseAction) {
    let Some(regions) = model.regions() else {
        return;
    };
    model.toast = None;
    let at = Position::new(action.column, action.row);
    match (&model.overlay, action.kind) {
        (Some(Overlay::Prompt(_)), _) => {}
        (Some(_), MouseKind::WheelUp) => navigation::run_in_focus(model, Action::Up),
        (Some(_), MouseKind::WheelDown) => navigation::run_in_focus(model, Action::Down),
        (Some(Overlay::Filter(_)), MouseKind::Click) => click_in_menu(model, at),
        (Some(Overlay::Help { .. }), MouseKind::Click) => view_state::close_help(model),
        (None, MouseKind::WheelUp) => wheel(model, regions, at, -WHEEL),
        (None, MouseKind::WheelDown) => wheel(model, regions, at, WHEEL),
        (None, MouseKind::Click) if regions.bar.contains(at) => click_on_bar(model, regions, at),
        (None, MouseKind::Click) => click_in_pane(model, regions, at),
    }
}

fn wheel(model: &mut Model, regions: Regions, at: Position, rows: isize) {
    let under = |pane: Option<Rect>| pane.is_some_and(|pane| pane.contains(at));
    if under(regions.detail) {
        model
            .detail
            .page
            .scroll_by(rows, Regions::rows_in(regions.detail));
        return;
    }
    match model.tab {
        Tab::Events => {
            let listed = ListRows::new(&model.build, model.filter.selection(), model.list.order);
            model.list.move_by(listed, rows);
        }
        Tab::Resources => model.resources.move_by(&model.build, rows),
        Tab::Failure => model
            .failure
            .page
            .scroll_by(rows, Regions::rows_in(regions.list)),
    }
}

fn click_on_bar(model: &mut Model, regions: Regions, at: Position) {
    let columns = usize::from(regions.bar.width);
    match bar::bar_target_at(model, columns, usize::from(at.x)) {
        Some(BarTarget::Tab(tab)) => view_state::show_view(model, tab),
        Some(BarTarget::Class(class)) => {
            // A chip lists its class alone; clicked again, everything.
            let mut filter = model.filter.clone();
            let choice = FilterChoice::Class(class);
            let before = filter.classes;
            filter.only(&choice);
            if filter.classes == before {
                filter.all_of_kind(&choice);
            }
            view_state::set_filter(model, filter);
        }
        None => {}
    }
}

fn click_in_pane(model: &mut Model, regions: Regions, at: Position) {
    if let Some(line) = line_under(regions.detail, at) {
        model.focus = Focus::Detail;
        let index = model.detail.page.top + line;
        let again = index == model.detail.page.cursor;
        model.detail.page.cursor = index;
        let is_branch = matches!(
            model.detail.page.lines.get(index),
            Some(PageLine::Node { open: Some(_), .. })
        );
        if is_branch && again {
            model.detail.fold(None);
        }
    } else if let Some(line) = line_under(regions.list, at) {
        model.focus = Focus::List;
        match model.tab {
            Tab::Events => {
                let rows = ListRows::new(&model.build, model.filter.selection(), model.list.order);
                let key = rows.event(model.list.top + line).map(|event| event.key());
                if let Some(key) = key {
                    model.list.show(rows, &key);
                }
            }
            Tab::Resources => {
                let height = Regions::rows_in(regions.list);
                let header = height - resources::rows_below_header(height);
                if let Some(line) = line.checked_sub(header) {
                    model
                        .resources
                        .select(&model.build, model.resources.top + line);
                }
            }
            Tab::Failure => model.failure.page.cursor = model.failure.page.top + line,
        }
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
        navigation::run_in_focus(model, Action::Toggle);
    }
}

/// The line of a bordered pane at a position.
fn line_under(pane: Option<Rect>, at: Position) -> Option<usize> {
    let pane = pane?;
    let inside = pane.inner(ratatui::layout::Margin::new(1, 1));
    inside.contains(at).then(|| usize::from(at.y - inside.y))
}
