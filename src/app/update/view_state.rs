//! What is shown: which view, which events are listed, and what is searched for among them. The filter indexes answer
//! for it from then on.

use crate::app::model::{Focus, Model};
use crate::app::overlays::Overlay;
use crate::app::views::Tab;
use crate::app::views::filter::Filter;
use crate::store::filter_index::{FilterSlot, Predicate};
use crate::text::pattern::Pattern;

/// Shows a view, and goes to its list.
pub(super) fn show_view(model: &mut Model, tab: Tab) {
    model.tab = tab;
    model.focus = Focus::List;
    model.detail_only = false;
}

/// Closes the help: what it lay over is there again.
pub(super) fn close_help(model: &mut Model) {
    if let Some(Overlay::Help { beneath, .. }) = model.overlay.take() {
        model.overlay = beneath.map(|beneath| *beneath);
    }
}

/// Lists something else.
pub(super) fn set_filter(model: &mut Model, filter: Filter) {
    model.filter = filter;
    model
        .build
        .set_filter_index(FilterSlot::Listed, model.filter.predicate());
    update_search_index(model);
}

/// Searches the events for something else, or for nothing.
pub(super) fn set_search(model: &mut Model, pattern: Option<Pattern>) {
    model.search.listed = pattern;
    model.search.awaits_first_match = false;
    update_search_index(model);
}

/// Asks the lens of the search for what is searched for, among what is listed.
fn update_search_index(model: &mut Model) {
    let predicate = model
        .search
        .listed
        .as_ref()
        .map_or_else(Predicate::default, |pattern| {
            let mut predicate = model.filter.predicate();
            predicate.patterns.push(pattern.clone());
            predicate
        });
    model.build.set_filter_index(FilterSlot::Found, predicate);
}
