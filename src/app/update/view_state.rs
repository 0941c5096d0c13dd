//! Closes the help and the prompt; changes the filter and the search, and starts their filter indexes, which then follow
//! the events. Called by keys and mouse alike.

use crate::app::model::Model;
use crate::app::overlays::Overlay;
use crate::app::overlays::prompt::Prompt;
use crate::app::session::Session;
use crate::app::views::filter::Filter;
use crate::domain::search::Predicate;
use crate::store::filter_index::FilterSlot;
use crate::text::pattern::Pattern;

/// Closes the help, and shows the overlay beneath it again.
pub(super) fn close_help(model: &mut Model) {
    if let Some(Overlay::Help { beneath, .. }) = model.overlay.take() {
        model.overlay = beneath.map(|beneath| *beneath);
    }
}

/// Closes the line of text input, and shows the overlay beneath it again. `None` if none is open.
pub(super) fn close_prompt(model: &mut Model) -> Option<Prompt> {
    let is_prompt = |overlay: &mut Overlay| matches!(overlay, Overlay::Prompt(_));
    let Some(Overlay::Prompt(mut prompt)) = model.overlay.take_if(is_prompt) else {
        return None;
    };
    model.overlay = prompt.beneath.take().map(|beneath| *beneath);
    Some(prompt)
}

pub(super) fn set_filter(session: &mut Session, filter: Filter) {
    session.filter = filter;
    let predicate = session.filter.predicate();
    session
        .build
        .set_filter_index(FilterSlot::Listed, predicate);
    update_search_index(session);
}

/// Searches the events for another pattern, or for none.
pub(super) fn set_search(session: &mut Session, pattern: Option<Pattern>) {
    session.search.listed = pattern;
    session.search.awaits_first_match = false;
    let log = session.build.log_mut();
    log.set_filter(FilterSlot::Found, session.search.listed.clone());
    update_search_index(session);
}

/// Lists only the lines of the log with a text, or all.
pub(super) fn set_log_filter(session: &mut Session, pattern: Option<Pattern>) {
    let log = session.build.log_mut();
    log.set_filter(FilterSlot::Listed, pattern.clone());
    session.views.log.filter = pattern;
}

/// Starts the index of the search, among the listed events.
fn update_search_index(session: &mut Session) {
    let pattern = session.search.listed.as_ref();
    let predicate = pattern.map_or_else(Predicate::default, |pattern| {
        let mut predicate = session.filter.predicate();
        predicate.patterns.push(pattern.clone());
        predicate
    });
    session.build.set_filter_index(FilterSlot::Found, predicate);
}
