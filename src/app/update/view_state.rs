//! Changes the current view, the filter and the search, and starts their filter indexes, which then follow the events.
//! Called by keys and mouse alike.

use crate::app::model::Model;
use crate::app::overlays::Overlay;
use crate::app::session::Focus;
use crate::app::views::Tab;
use crate::app::views::filter::Filter;
use crate::domain::search::Predicate;
use crate::store::filter_index::FilterSlot;
use crate::text::pattern::Pattern;

/// Shows a view, with the focus on its list.
pub(super) fn show_view(model: &mut Model, tab: Tab) {
    model.shown.tab = tab;
    model.shown.focus = Focus::List;
    model.shown.detail_only = false;
}

/// Closes the help, and shows the overlay beneath it again.
pub(super) fn close_help(model: &mut Model) {
    if let Some(Overlay::Help { beneath, .. }) = model.overlay.take() {
        model.overlay = beneath.map(|beneath| *beneath);
    }
}

pub(super) fn set_filter(model: &mut Model, filter: Filter) {
    model.shown.filter = filter;
    model
        .shown
        .build
        .set_filter_index(FilterSlot::Listed, model.shown.filter.predicate());
    update_search_index(model);
}

/// Searches the events for another pattern, or for none.
pub(super) fn set_search(model: &mut Model, pattern: Option<Pattern>) {
    model.shown.search.listed = pattern;
    model.shown.search.awaits_first_match = false;
    update_search_index(model);
}

/// Starts the index of the search, among the listed events.
fn update_search_index(model: &mut Model) {
    let predicate = model
        .shown
        .search
        .listed
        .as_ref()
        .map_or_else(Predicate::default, |pattern| {
            let mut predicate = model.shown.filter.predicate();
            predicate.patterns.push(pattern.clone());
            predicate
        });
    model
        .shown
        .build
        .set_filter_index(FilterSlot::Found, predicate);
}
