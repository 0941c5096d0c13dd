//! Searching and narrowing: the line that is typed into, and what becomes of it.

use crate::app::keys::action::Action;
use crate::app::keys::key::Key;
use crate::app::model::{Model, Overlay};
use crate::app::overlays::prompt::{Prompt, Purpose};
use crate::app::update::shown::{search_for, set_filter, show};
use crate::app::update::step;
use crate::app::views::tab::Tab;
use crate::text::pattern::Pattern;

/// Opens the line, or goes to the next place.
pub(super) fn act(model: &mut Model, action: Action) {
    match action {
        Action::Search => open(
            model,
            if model.reads_page() {
                Purpose::SearchText
            } else {
                Purpose::Search
            },
        ),
        Action::FilterText => open(model, Purpose::Narrow),
        Action::NextMatch => step::to_match(model, true),
        Action::PreviousMatch => step::to_match(model, false),
        _ => {
            if let Some(Overlay::Prompt(prompt)) = &mut model.overlay {
                prompt.is_regex = !prompt.is_regex;
                typed(model);
            }
        }
    }
}

fn open(model: &mut Model, purpose: Purpose) {
    let now = match purpose {
        Purpose::Search => &model.search.listed,
        Purpose::SearchText => &model.search.page,
        Purpose::Narrow => &model.filter.text,
    };
    let prompt = Prompt::new(purpose, now.as_ref(), purpose == Purpose::Narrow);
    if purpose == Purpose::Narrow && model.tab != Tab::Events {
        show(model, Tab::Events);
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
                    step::to_match(model, true);
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
