//! Searching and filtering by text: opens the prompt, edits its text, applies its pattern, and steps from match to
//! match and from failure to failure. Called by `keys`. Tests: tests/it/app/find.rs.

use crate::app::keys::key::Key;
use crate::app::model::Model;
use crate::app::overlays::Overlay;
use crate::app::overlays::prompt::{Prompt, PromptPurpose};
use crate::app::session::Session;
use crate::app::update::view_state::{close_prompt, set_filter, set_log_filter, set_search};
use crate::app::views::Tab;
use crate::domain::status::{ClassSet, StatusClass};
use crate::store::filter_index::FilterSlot;
use crate::text::pattern::Pattern;

/// Opens the prompt for a search of the focused list or page.
pub(super) fn open_search(model: &mut Model) {
    if model.shown.reads_page() {
        open(model, PromptPurpose::SearchPage);
    } else {
        open(model, PromptPurpose::SearchList);
    }
}

/// Opens the prompt for the text that listed events contain.
pub(super) fn open_filter_text(model: &mut Model) {
    let tab = model.shown.tab;
    if tab == Tab::Log {
        open(model, PromptPurpose::FilterLog);
        return;
    }
    open(model, PromptPurpose::FilterText);
    if !model.shown.view().lists_events() {
        // The filter applies to the events, and the user wants to see its effect.
        model.shown.show_view(Tab::Events);
        if let Some(Overlay::Prompt(prompt)) = &mut model.overlay {
            prompt.opened_from = Some(tab);
        }
    }
}

fn open(model: &mut Model, purpose: PromptPurpose) {
    let session = &model.shown;
    let current = match purpose {
        PromptPurpose::SearchList => &session.search.listed,
        PromptPurpose::SearchPage => &session.search.page,
        PromptPurpose::FilterText => &session.filter.text,
        PromptPurpose::FilterLog => &session.views.log.filter,
        PromptPurpose::Code => &None,
    };
    let keep_text = matches!(
        purpose,
        PromptPurpose::FilterText | PromptPurpose::FilterLog
    );
    let prompt = Prompt::new(purpose, current.as_ref(), keep_text);
    model.overlay = Some(Overlay::Prompt(prompt));
}

/// Switches between a regular expression and plain text.
pub(super) fn toggle_regex(model: &mut Model) {
    if let Some(Overlay::Prompt(prompt)) = &mut model.overlay {
        prompt.is_regex = !prompt.is_regex;
        apply_typed_text(model);
    }
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
    if prompt.purpose == PromptPurpose::Code {
        return;
    }
    prompt.parse_pattern();
    if let Ok(pattern) = prompt.pattern.clone() {
        set_pattern(&mut model.shown, prompt.purpose, pattern);
    }
}

/// Applies the typed text, and goes to the first match.
pub(super) fn accept(model: &mut Model) {
    let Some(prompt) = close_prompt(model) else {
        return;
    };
    match prompt.pattern.clone() {
        Ok(pattern) => {
            // Enter on an empty line repeats the previous search.
            let searches = !matches!(
                prompt.purpose,
                PromptPurpose::FilterText | PromptPurpose::FilterLog
            );
            let pattern = pattern.or_else(|| prompt.original.clone().filter(|_| searches));
            let is_some = pattern.is_some();
            let session = &mut model.shown;
            set_pattern(session, prompt.purpose, pattern);
            if is_some && searches {
                // Only the index of the events takes time.
                let waits =
                    prompt.purpose == PromptPurpose::SearchList && session.view().lists_events();
                session.search.awaits_first_match = waits;
                if !waits {
                    step_to_match(model, true);
                }
            }
        }
        Err(error) => {
            model.toast = Some(format!("not a regular expression: {error}"));
            cancel(&mut model.shown, &prompt);
        }
    }
}

/// Restores the pattern from before the prompt was opened.
pub(super) fn cancel(session: &mut Session, prompt: &Prompt) {
    set_pattern(session, prompt.purpose, prompt.original.clone());
    if let Some(tab) = prompt.opened_from {
        session.show_view(tab);
    }
}

fn set_pattern(session: &mut Session, purpose: PromptPurpose, pattern: Option<Pattern>) {
    match purpose {
        PromptPurpose::SearchList => set_search(session, pattern),
        PromptPurpose::SearchPage => session.search.page = pattern,
        PromptPurpose::Code => {}
        PromptPurpose::FilterLog => set_log_filter(session, pattern),
        PromptPurpose::FilterText => {
            let mut filter = session.filter.clone();
            filter.text = pattern;
            set_filter(session, filter);
        }
    }
}

/// Goes to the next or previous match in the focused list or page.
pub(super) fn step_to_match(model: &mut Model, forward: bool) {
    let session = &mut model.shown;
    let (pattern, nothing) = if session.reads_page() {
        (&session.search.page, "no active search here")
    } else {
        (&session.search.listed, "no active search")
    };
    let Some(pattern) = pattern.clone() else {
        model.toast = Some(nothing.to_owned());
        return;
    };
    let detail_focused = session.detail_focused();
    let (view, detail, data) = session.parts();
    let toast = if detail_focused {
        detail.find(&pattern, forward, view.subject(data))
    } else {
        view.find(&pattern, forward, data)
    };
    if toast.is_some() {
        model.toast = toast;
    }
}

/// Selects the first match once all events have been searched: before that, it may not be the first.
pub(super) fn select_first_match(model: &mut Model) {
    let session = &mut model.shown;
    if !session.search.awaits_first_match || session.build.unindexed(FilterSlot::Found) > 0 {
        return;
    }
    session.search.awaits_first_match = false;
    // The search may have taken longer than its result would be shown.
    model.toast_since = model.running;
    if let Some(pattern) = session.search.listed.clone() {
        model.toast = Some(match session.find_event(&pattern, true) {
            Ok(found) => {
                session.tab = Tab::Events;
                found
            }
            Err(nothing) => nothing,
        });
    }
}

/// Goes to the next or previous failed event among the listed ones.
pub(super) fn step_to_failure(model: &mut Model, forward: bool) {
    let session = &mut model.shown;
    if session.tab == Tab::Log {
        model.toast = Some(session.step_to_log_error(forward));
        return;
    }
    if !session.filter.classes.contains(StatusClass::Failed) {
        model.toast = Some("the filter hides failures".to_owned());
        return;
    }
    let failed = ClassSet::only(StatusClass::Failed);
    let selection = session.filter.selection_of(failed);
    let found = session.step_in_events(selection, forward);
    model.toast = Some(match found {
        Some(found) => {
            session.show_view(Tab::Events);
            format!("failure {} of {}", found.number, found.count)
        }
        None => "no listed event has failed".to_owned(),
    });
}
