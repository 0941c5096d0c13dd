//! Searching and filtering by text: opens the prompt, edits its text, and applies its pattern. Called by `keys`; `step`
//! then moves between the matches.

use crate::app::keys::action::Action;
use crate::app::keys::key::Key;
use crate::app::model::Model;
use crate::app::overlays::Overlay;
use crate::app::overlays::prompt::{Prompt, PromptPurpose};
use crate::app::update::step;
use crate::app::update::view_state::{set_filter, set_search, show_view};
use crate::app::views::Tab;
use crate::text::pattern::Pattern;

/// Opens the prompt, goes to a match, or switches to a regular expression.
pub(super) fn run_find_action(model: &mut Model, action: Action) {
    match action {
        Action::Search => open(
            model,
            if model.shown.reads_page() {
                PromptPurpose::SearchPage
            } else {
                PromptPurpose::SearchList
            },
        ),
        Action::FilterText => open(model, PromptPurpose::FilterText),
        Action::NextMatch => step::step_to_match(model, true),
        Action::PreviousMatch => step::step_to_match(model, false),
        _ => {
            if let Some(Overlay::Prompt(prompt)) = &mut model.overlay {
                prompt.is_regex = !prompt.is_regex;
                apply_typed_text(model);
            }
        }
    }
}

fn open(model: &mut Model, purpose: PromptPurpose) {
    let current = match purpose {
        PromptPurpose::SearchList => &model.shown.search.listed,
        PromptPurpose::SearchPage => &model.shown.search.page,
        PromptPurpose::FilterText => &model.shown.filter.text,
    };
    let prompt = Prompt::new(
        purpose,
        current.as_ref(),
        purpose == PromptPurpose::FilterText,
    );
    if purpose == PromptPurpose::FilterText && model.shown.tab != Tab::Events {
        show_view(model, Tab::Events);
    }
    model.overlay = Some(Overlay::Prompt(prompt));
}

/// Types or edits. False if the key does neither: it may have an action.
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

/// Searches for the text typed so far. While it is not a valid expression, the previous search stays.
pub(super) fn apply_typed_text(model: &mut Model) {
    let Some(Overlay::Prompt(prompt)) = &mut model.overlay else {
        return;
    };
    prompt.parse_pattern();
    if let Ok(pattern) = prompt.pattern.clone() {
        let purpose = prompt.purpose;
        set_pattern(model, purpose, pattern);
    }
}

/// Applies the typed text, and goes to the first match.
pub(super) fn accept(model: &mut Model) {
    let Some(Overlay::Prompt(prompt)) = model.overlay.take() else {
        return;
    };
    match prompt.pattern.clone() {
        Ok(pattern) => {
            // Enter on an empty line repeats the previous search.
            let searches = prompt.purpose != PromptPurpose::FilterText;
            let pattern = pattern.or_else(|| prompt.original.clone().filter(|_| searches));
            let is_some = pattern.is_some();
            set_pattern(model, prompt.purpose, pattern);
            if is_some && searches {
                model.shown.search.awaits_first_match =
                    prompt.purpose == PromptPurpose::SearchList && model.shown.tab == Tab::Events;
                if !model.shown.search.awaits_first_match {
                    step::step_to_match(model, true);
                }
            }
        }
        Err(error) => {
            model.toast = Some(format!("not a regular expression: {error}"));
            cancel(model, &prompt);
        }
    }
}

/// Closes the prompt, and restores the pattern from before it was opened.
pub(super) fn cancel(model: &mut Model, prompt: &Prompt) {
    set_pattern(model, prompt.purpose, prompt.original.clone());
}

fn set_pattern(model: &mut Model, purpose: PromptPurpose, pattern: Option<Pattern>) {
    match purpose {
        PromptPurpose::SearchList => set_search(model, pattern),
        PromptPurpose::SearchPage => model.shown.search.page = pattern,
        PromptPurpose::FilterText => {
            let mut filter = model.shown.filter.clone();
            filter.text = pattern;
            set_filter(model, filter);
        }
    }
}
