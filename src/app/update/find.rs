//! Searching: the line that is typed into, and going from one place that was found to the next.

use crate::app::action::Action;
use crate::app::filter::quoted;
use crate::app::key::Key;
use crate::app::model::{Focus, Model, Overlay};
use crate::app::page::Page;
use crate::app::prompt::{Prompt, Purpose};
use crate::app::resources;
use crate::app::rows::Rows;
use crate::app::tab::Tab;
use crate::domain::lens::{Question, Sieve, Slot};
use crate::domain::pattern::Pattern;
use crate::domain::status::{ClassSet, StatusClass};

use super::keys::set_filter;

/// Opens the line, or goes to the next place.
pub(super) fn act(model: &mut Model, action: Action) {
    match action {
        Action::Search => open(
            model,
            if in_page(model) {
                Purpose::SearchText
            } else {
                Purpose::Search
            },
        ),
        Action::Narrow => open(model, Purpose::Narrow),
        Action::NextMatch => step(model, true),
        Action::PreviousMatch => step(model, false),
        _ => {
            if let Some(Overlay::Prompt(prompt)) = &mut model.overlay {
                prompt.is_regex = !prompt.is_regex;
                typed(model);
            }
        }
    }
}

/// Whether a search goes through a page of text, not through a list.
fn in_page(model: &Model) -> bool {
    model.tab == Tab::Failure || model.focus == Focus::Detail
}

fn open(model: &mut Model, purpose: Purpose) {
    let now = match purpose {
        Purpose::Search => &model.search.listed,
        Purpose::SearchText => &model.search.page,
        Purpose::Narrow => &model.filter.text,
    };
    let prompt = Prompt::new(purpose, now.as_ref(), purpose == Purpose::Narrow);
    if purpose == Purpose::Narrow && model.tab != Tab::Events {
        super::keys::show(model, Tab::Events);
    }
    model.overlay = Some(Overlay::Prompt(prompt));
}

/// Types or edits. False where the key does neither: it may mean something else.
pub(super) fn edit(prompt: &mut Prompt, key: Key) -> bool {
    match key {
        Key::Char(character) => prompt.push(character),
        Key::Backspace => return prompt.backspace(),
        Key::Delete => prompt.delete(),
        Key::Ctrl('w') => prompt.delete_word(),
        Key::Ctrl('u') => prompt.clear(),
        Key::Left => prompt.left(),
        Key::Right => prompt.right(),
        Key::Home | Key::Ctrl('a') => prompt.home(),
        Key::End | Key::Ctrl('e') => prompt.end(),
        _ => return false,
    }
    true
}

/// Searches for what is typed so far. While it is not an expression yet, what was searched for stays.
pub(super) fn typed(model: &mut Model) {
    let Some(Overlay::Prompt(prompt)) = &mut model.overlay else {
        return;
    };
    prompt.understand();
    if let Ok(pattern) = prompt.pattern.clone() {
        let purpose = prompt.purpose;
        set(model, purpose, pattern);
    }
}

/// Takes what is typed, and goes to the first place that has it.
pub(super) fn accept(model: &mut Model) {
    let Some(Overlay::Prompt(prompt)) = model.overlay.take() else {
        return;
    };
    match prompt.pattern.clone() {
        Ok(pattern) => {
            // Enter on an empty line searches again for what was searched for before.
            let searches = prompt.purpose != Purpose::Narrow;
            let pattern = pattern.or_else(|| prompt.earlier.clone().filter(|_| searches));
            let is_some = pattern.is_some();
            set(model, prompt.purpose, pattern);
            if is_some && searches {
                model.search.seeking =
                    prompt.purpose == Purpose::Search && model.tab == Tab::Events;
                if !model.search.seeking {
                    step(model, true);
                }
            }
        }
        Err(error) => {
            model.toast = Some(format!("no regular expression: {error}"));
            cancel(model, &prompt);
        }
    }
}

/// Closes the line, and leaves things as they were before it was opened.
pub(super) fn cancel(model: &mut Model, prompt: &Prompt) {
    set(model, prompt.purpose, prompt.earlier.clone());
}

fn set(model: &mut Model, purpose: Purpose, pattern: Option<Pattern>) {
    match purpose {
        Purpose::Search => search_for(model, pattern),
        Purpose::SearchText => model.search.page = pattern,
        Purpose::Narrow => {
            let mut filter = model.filter.clone();
            filter.text = pattern;
            set_filter(model, filter);
        }
    }
}

/// Searches the events for something else, or for nothing.
pub(super) fn search_for(model: &mut Model, pattern: Option<Pattern>) {
    model.search.listed = pattern;
    model.search.seeking = false;
    ask(model);
}

/// Asks the lens of the search for what is searched for, among what is listed.
pub(super) fn ask(model: &mut Model) {
    let question = model
        .search
        .listed
        .as_ref()
        .map_or_else(Question::default, |pattern| {
            let mut question = model.filter.question();
            question.patterns.push(pattern.clone());
            question
        });
    model.build.set_lens(Slot::Found, question);
}

fn found(model: &Model) -> Sieve {
    Sieve {
        classes: model.filter.classes,
        slot: Some(Slot::Found),
    }
}

/// Goes to the next place, or to the one before; from the other end where there is none.
fn step(model: &mut Model, forward: bool) {
    if in_page(model) {
        step_in_page(model, forward);
    } else if let Some(pattern) = model.search.listed.clone() {
        match model.tab {
            Tab::Resources => step_in_resources(model, &pattern, forward),
            _ => step_in_events(model, &pattern, forward),
        }
    } else {
        model.toast = Some("nothing is searched for".to_owned());
    }
}

fn step_in_page(model: &mut Model, forward: bool) {
    let Some(pattern) = model.search.page.clone() else {
        model.toast = Some("nothing is searched for here".to_owned());
        return;
    };
    let page: &mut Page = match model.tab {
        Tab::Failure => &mut model.failure.page,
        _ => &mut model.detail.page,
    };
    if !page.find(&pattern, forward) {
        model.toast = Some(format!(
            "no line has {}; folded branches are not searched",
            quoted(&pattern)
        ));
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
        newest.is_some_and(|event| pattern.is_in_event(event))
    };
    match around(at, count, forward).find(has) {
        Some(index) => model.resources.select(&model.build, index),
        None => model.toast = Some(format!("no resource has {}", quoted(pattern))),
    }
}

fn step_in_events(model: &mut Model, pattern: &Pattern, forward: bool) {
    let sieve = found(model);
    match neighbour(model, sieve, forward) {
        Some(step) => {
            let left = model.build.unasked(Slot::Found);
            let so_far = if left > 0 {
                format!(" so far, {left} to search")
            } else {
                String::new()
            };
            let turned = if step.turned {
                ", from the other end"
            } else {
                ""
            };
            model.show_event(&step.key);
            // Where the row does not show it, a person wants to know where to look.
            let field = model.selected().and_then(|event| pattern.field_in(event));
            let field = field.filter(|field| !matches!(*field, "name" | "status"));
            let field = field.map_or_else(String::new, |field| format!(", in its {field}"));
            let (number, count) = (step.number, step.count);
            model.toast = Some(format!("{number} of {count}{so_far}{field}{turned}"));
        }
        None => model.toast = Some(format!("no event that is listed has {}", quoted(pattern))),
    }
}

/// Goes to the first place once all events have been looked through: before that, nobody knows which it is.
pub(super) fn seek(model: &mut Model) {
    if !model.search.seeking || model.build.unasked(Slot::Found) > 0 {
        return;
    }
    model.search.seeking = false;
    if let Some(pattern) = model.search.listed.clone() {
        step_in_events(model, &pattern, true);
    }
}

/// Goes to the next failed event, or to the one before, among what is listed.
pub(super) fn failure(model: &mut Model, forward: bool) {
    let sieve = model.filter.sieve_of(ClassSet::only(StatusClass::Failed));
    if !model.filter.classes.contains(StatusClass::Failed) {
        model.toast = Some("the filter hides failures".to_owned());
        return;
    }
    match neighbour(model, sieve, forward) {
        Some(step) => {
            model.toast = Some(format!("failure {} of {}", step.number, step.count));
            model.focus = Focus::List;
            model.detail_only = false;
            model.show_event(&step.key);
        }
        None => model.toast = Some("nothing that is listed has failed".to_owned()),
    }
}

/// A step to another event.
struct Step {
    key: crate::domain::event::EventKey,
    /// Which it is, from 1, of how many.
    number: usize,
    count: usize,
    /// Whether it was found from the other end.
    turned: bool,
}

/// The next event that a sieve lets through, from the selected one on.
fn neighbour(model: &Model, sieve: Sieve, forward: bool) -> Option<Step> {
    let rows = Rows::new(&model.build, sieve, model.list.order);
    let selected = model.list.selected.as_ref();
    let at = selected.and_then(|key| rows.index_of(key)).unwrap_or(0);
    let is_there = rows
        .event(at)
        .is_some_and(|event| Some(&event.key()) == selected);
    let count = rows.len();
    // Where the selected event is none of them, its index is that of the next one.
    let start = if is_there || !forward {
        at
    } else {
        (at + count).checked_sub(1)?
    };
    let mut places = around(start % count.max(1), count, forward);
    let (index, event) = places.find_map(|index| Some((index, rows.event(index)?)))?;
    let turned = if forward {
        index < at || (is_there && index == at)
    } else {
        index >= at
    };
    Some(Step {
        key: event.key(),
        number: rows.events_to(index),
        count: rows.events(),
        turned,
    })
}

/// Every place of so many, from the one after a place around to that place itself; or backwards.
fn around(from: usize, count: usize, forward: bool) -> impl Iterator<Item = usize> {
    (1..=count).map(move |step| {
        let step = if forward { step } else { count - step };
        (from + step) % count
    })
}
