//! Steps from one match of a search to the next, and from failure to failure. Called by `keys`; the filter indexes have
//! the matches. Tests: tests/it/finding.rs.

use crate::app::model::{Focus, Model};
use crate::app::views::Tab;
use crate::app::views::filter::quoted;
use crate::app::views::resources;
use crate::app::views::rows::ListRows;
use crate::domain::search::{Selection, is_in_event, matching_field};
use crate::domain::stack_event::EventKey;
use crate::domain::status::{ClassSet, StatusClass};
use crate::store::filter_index::FilterSlot;
use crate::text::pattern::Pattern;

fn search_selection(model: &Model) -> Selection {
    Selection {
        classes: model.filter.classes,
        slot: Some(FilterSlot::Found),
    }
}

/// Goes to the next or previous match; wraps around at the end.
pub(super) fn step_to_match(model: &mut Model, forward: bool) {
    if model.reads_page() {
        step_in_page(model, forward);
    } else if let Some(pattern) = model.search.listed.clone() {
        match model.tab {
            Tab::Resources => step_in_resources(model, &pattern, forward),
            _ => step_in_events(model, &pattern, forward),
        }
    } else {
        model.toast = Some("no active search".to_owned());
    }
}

fn step_in_page(model: &mut Model, forward: bool) {
    let Some(pattern) = model.search.page.clone() else {
        model.toast = Some("no active search here".to_owned());
        return;
    };
    let page = if model.tab == Tab::Failure {
        &mut model.failure.page
    } else {
        let mut detail = std::mem::take(&mut model.detail);
        if let Some(subject) = model.subject() {
            detail.unfold(subject, &pattern);
        }
        model.detail = detail;
        &mut model.detail.page
    };
    if !page.mark_next_match(&pattern, forward) {
        model.toast = Some(format!("no line matches {}", quoted(&pattern)));
    }
}

fn step_in_resources(model: &mut Model, pattern: &Pattern, forward: bool) {
    let Some(timeline) = model.build.current() else {
        return;
    };
    let ids: Vec<_> = resources::ids(&model.build).collect();
    let at = ids
        .iter()
        .position(|id| Some(*id) == model.resources.selected.as_ref());
    let (at, count) = (at.unwrap_or(0), ids.len());
    let has = |index: &usize| {
        let id = ids.get(*index);
        let newest = id.and_then(|id| timeline.events_of(id).next_back());
        newest.is_some_and(|event| is_in_event(pattern, event))
    };
    match around(at, count, forward).find(has) {
        Some(index) => model.resources.select(&model.build, index),
        None => model.toast = Some(format!("no resource matches {}", quoted(pattern))),
    }
}

fn step_in_events(model: &mut Model, pattern: &Pattern, forward: bool) {
    let selection = search_selection(model);
    match neighbour(model, selection, forward) {
        Some(step) => {
            let left = model.build.unindexed(FilterSlot::Found);
            let so_far = if left > 0 {
                format!(" so far, {left} to search")
            } else {
                String::new()
            };
            let wrapped = if step.wrapped { ", wrapped around" } else { "" };
            model.show_event(&step.key);
            // If the match is in a field that the row does not show, the toast names the field.
            let field = model
                .selected()
                .and_then(|event| matching_field(pattern, event));
            let field = field.filter(|field| !matches!(*field, "name" | "status"));
            let field = field.map_or_else(String::new, |field| format!(", in its {field}"));
            let (number, count) = (step.number, step.count);
            model.toast = Some(format!("{number} of {count}{so_far}{field}{wrapped}"));
        }
        None => model.toast = Some(format!("no listed event matches {}", quoted(pattern))),
    }
}

/// Selects the first match once all events have been searched: before that, it may not be the first.
pub(super) fn select_first_match(model: &mut Model) {
    if !model.search.awaits_first_match || model.build.unindexed(FilterSlot::Found) > 0 {
        return;
    }
    model.search.awaits_first_match = false;
    if let Some(pattern) = model.search.listed.clone() {
        step_in_events(model, &pattern, true);
    }
}

/// Goes to the next or previous failed event among the listed ones.
pub(super) fn step_to_failure(model: &mut Model, forward: bool) {
    let selection = model
        .filter
        .selection_of(ClassSet::only(StatusClass::Failed));
    if !model.filter.classes.contains(StatusClass::Failed) {
        model.toast = Some("the filter hides failures".to_owned());
        return;
    }
    match neighbour(model, selection, forward) {
        Some(step) => {
            model.toast = Some(format!("failure {} of {}", step.number, step.count));
            model.focus = Focus::List;
            model.detail_only = false;
            model.show_event(&step.key);
        }
        None => model.toast = Some("no listed event has failed".to_owned()),
    }
}

struct FoundEvent {
    key: EventKey,
    /// The number of the match, from 1.
    number: usize,
    count: usize,
    /// Whether the search wrapped around.
    wrapped: bool,
}

/// The next or previous selected event after the event of the cursor.
fn neighbour(model: &Model, selection: Selection, forward: bool) -> Option<FoundEvent> {
    let rows = ListRows::new(&model.build, selection, model.list.order);
    let selected = model.list.selected.as_ref();
    let at = selected.and_then(|key| rows.index_of(key)).unwrap_or(0);
    let is_there = rows
        .event(at)
        .is_some_and(|event| Some(&event.key()) == selected);
    let count = rows.len();
    // If the event of the cursor is not selected, its index is that of the next one.
    let start = if is_there || !forward {
        at
    } else {
        (at + count).checked_sub(1)?
    };
    let mut indexes = around(start % count.max(1), count, forward);
    let (index, event) = indexes.find_map(|index| Some((index, rows.event(index)?)))?;
    let wrapped = if forward {
        index < at || (is_there && index == at)
    } else {
        index >= at
    };
    Some(FoundEvent {
        key: event.key(),
        number: rows.events_to(index),
        count: rows.events(),
        wrapped,
    })
}

/// Every index below `count`, from the one after `from` around to `from` itself; or backwards.
fn around(from: usize, count: usize, forward: bool) -> impl Iterator<Item = usize> {
    (1..=count).map(move |step| {
        let step = if forward { step } else { count - step };
        (from + step) % count
    })
}
