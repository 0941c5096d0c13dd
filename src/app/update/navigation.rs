//! Actions that depend on the focused pane or overlay: movement, enter, toggle, left and right. Called by `keys` and
//! `mouse`.

use crate::app::keys::action::Action;
use crate::app::layout::{DetailPlacement, Regions};
use crate::app::model::Model;
use crate::app::overlays::Overlay;
use crate::app::overlays::filter_menu::FilterMenu;
use crate::app::overlays::help;
use crate::app::session::Focus;
use crate::app::update::view_state::set_filter;
use crate::app::views::Tab;
use crate::app::views::page::Page;
use crate::app::views::resources;
use crate::app::views::rows::ListRows;

/// Carries out an action in the focused overlay or pane.
pub(super) fn run_in_focus(model: &mut Model, action: Action) {
    match &mut model.overlay {
        Some(Overlay::Help { help, .. }) => {
            let lines = help::lines(&model.keys, help.from);
            let page = help::page(&lines, model.size).max(1);
            help.top = moved_to(help.top, action, page).min(help::highest_top(&lines, model.size));
        }
        Some(Overlay::Filter(menu)) if matches!(action, Action::Enter | Action::Toggle) => {
            if let Some(choice) = menu.choice().cloned() {
                let mut filter = model.shown.filter.clone();
                if action == Action::Enter {
                    filter.only(&choice);
                } else {
                    filter.toggle(&choice);
                }
                set_filter(model, filter);
            }
        }
        Some(Overlay::Filter(menu)) => move_in_filter_menu(menu, action),
        Some(Overlay::Prompt(_)) => {}
        None => match (model.shown.tab, model.shown.focus) {
            (Tab::Failure, _) => run_in_failure(model, action),
            (_, Focus::Detail) => run_in_detail(model, action),
            (Tab::Events, Focus::List) => run_in_events(model, action),
            (Tab::Resources, Focus::List) => run_in_resources(model, action),
        },
    }
}

fn move_in_filter_menu(menu: &mut FilterMenu, action: Action) {
    let page = 10;
    let target = moved_to(menu.cursor, action, page);
    menu.mark(target);
}

fn run_in_events(model: &mut Model, action: Action) {
    let regions = model.regions();
    let rows = ListRows::new(
        &model.shown.build,
        model.shown.filter.selection(),
        model.shown.views.events.order,
    );
    let page = page_step(Regions::rows_in(regions.and_then(|regions| regions.list)));
    match action {
        Action::Up => model.shown.views.events.move_by(rows, -1),
        Action::Down => model.shown.views.events.move_by(rows, 1),
        Action::PageUp => model.shown.views.events.move_by(rows, -page),
        Action::PageDown => model.shown.views.events.move_by(rows, page),
        Action::Top => model.shown.views.events.select_edge(rows, true),
        Action::Bottom => model.shown.views.events.select_edge(rows, false),
        Action::Enter if rows.is_empty() => {}
        Action::Enter => {
            model.shown.views.events.hold(rows);
            open_detail(model, regions);
        }
        _ => {}
    }
}

fn run_in_resources(model: &mut Model, action: Action) {
    let regions = model.regions();
    let height = Regions::rows_in(regions.and_then(|regions| regions.list));
    let page = page_step(resources::rows_below_header(height));
    let list = &mut model.shown.views.resources;
    match action {
        Action::Up => list.move_by(&model.shown.build, -1),
        Action::Down => list.move_by(&model.shown.build, 1),
        Action::PageUp => list.move_by(&model.shown.build, -page),
        Action::PageDown => list.move_by(&model.shown.build, page),
        Action::Top => list.move_by(&model.shown.build, isize::MIN),
        Action::Bottom => list.move_by(&model.shown.build, isize::MAX),
        Action::Left | Action::Right => {
            if let Some(whole) = resources::whole_window(&model.shown.build, model.now) {
                let quarters = if action == Action::Left { -1 } else { 1 };
                list.axis.scroll(whole, quarters);
            }
        }
        Action::Enter if list.selected.is_some() => {
            list.hold();
            open_detail(model, regions);
        }
        _ => {}
    }
}

/// Moves the focus to the detail pane, and opens it over the list unless it stands beside it.
fn open_detail(model: &mut Model, regions: Option<Regions>) {
    model.shown.focus = Focus::Detail;
    model.shown.detail_only =
        regions.is_some_and(|regions| regions.placement != DetailPlacement::Beside);
}

fn run_in_detail(model: &mut Model, action: Action) {
    let regions = model.regions();
    let height = Regions::rows_in(regions.and_then(|regions| regions.detail));
    match action {
        Action::Enter | Action::Toggle => model.shown.detail.fold(None),
        Action::Left => model.shown.detail.fold(Some(false)),
        Action::Right => model.shown.detail.fold(Some(true)),
        _ => move_in_page(&mut model.shown.detail.page, action, height),
    }
}

fn run_in_failure(model: &mut Model, action: Action) {
    if action == Action::Enter {
        let cause = model.shown.explanation().map(|why| why.cause.key());
        if let Some(key) = cause {
            model.shown.show_event(&key);
            let is_listed = model
                .shown
                .selected()
                .is_some_and(|event| event.key() == key);
            if !is_listed {
                model.toast = Some("the filter hides the event".to_owned());
            }
        }
        return;
    }
    let regions = model.regions();
    let height = Regions::rows_in(regions.and_then(|regions| regions.list));
    move_in_page(&mut model.shown.views.failure.page, action, height);
}

fn move_in_page(lines: &mut Page, action: Action, height: usize) {
    let page = page_step(height);
    match action {
        Action::Up => lines.move_by(-1),
        Action::Down => lines.move_by(1),
        Action::PageUp => lines.page_by(-page, height),
        Action::PageDown => lines.page_by(page, height),
        Action::Top => lines.move_by(isize::MIN),
        Action::Bottom => lines.move_by(isize::MAX),
        _ => {}
    }
}

/// The rows of a page: one less than are shown, so that one row remains visible for orientation.
fn page_step(height: usize) -> isize {
    isize::try_from(height.saturating_sub(1).max(1)).unwrap_or(isize::MAX)
}

fn moved_to(from: usize, action: Action, page: usize) -> usize {
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
