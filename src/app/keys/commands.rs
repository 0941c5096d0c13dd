//! Every action in words: its name, its contexts, its help and its hint, in the order in which they are listed. The
//! key map, the hint line, the help and `bakewatch keys` read this table; the keys are in `assets/keys.toml`.

use crate::app::keys::action::{Action, Context};

/// An action as it is described in some contexts.
#[derive(Clone, Copy, Debug)]
pub struct Command {
    pub action: Action,
    /// The action's name in a key map file.
    pub name: &'static str,
    pub contexts: &'static [Context],
    pub help: &'static str,
    /// The word on the hint line, for the most useful actions. Neighbours with the same word share a hint.
    pub hint: Option<&'static str>,
}

use Context::{Detail, Failure, Filter, Help, List, Prompt, Resources};

/// Every context but the prompt, in which keys type.
const EVERYWHERE: &[Context] = &[List, Resources, Detail, Failure, Filter, Help];
const VIEWS: &[Context] = &[List, Resources, Detail, Failure];
const PANES: &[Context] = &[List, Resources, Detail];

/// Every action, in the order in which hints and help list them. An action that needs other words in another context
/// has a row for each; its keys are the same in all of them.
#[rustfmt::skip] // A row is a line.
pub const COMMANDS: &[Command] = &[
    row(Action::Enter, "enter", &[Prompt], "search for the text, and close the line").hint("done"),
    row(Action::Close, "close", &[Prompt], "cancel, and restore the previous search or filter").hint("cancel"),
    row(Action::Regex, "regex", &[Prompt], "switch between regular expression and plain text").hint("regex"),
    row(Action::Down, "down", EVERYWHERE, "move one row down").hint("move"),
    row(Action::Up, "up", EVERYWHERE, "move one row up").hint("move"),
    row(Action::PageDown, "page-down", EVERYWHERE, "move one page down"),
    row(Action::PageUp, "page-up", EVERYWHERE, "move one page up"),
    row(Action::Top, "top", EVERYWHERE, "go to the first row"),
    row(Action::Bottom, "bottom", &[Resources, Detail, Failure, Filter, Help], "go to the last row"),
    row(Action::Enter, "enter", &[List], "show the event in full").hint("detail"),
    row(Action::Enter, "enter", &[Resources], "show the resource in full").hint("detail"),
    row(Action::Enter, "enter", &[Detail], "fold or unfold the branch").hint("fold"),
    row(Action::Enter, "enter", &[Failure], "go to the event, in the list of events").hint("event"),
    row(Action::Toggle, "toggle", &[Detail], "fold or unfold the branch"),
    row(Action::Toggle, "toggle", &[Filter], "list the choice, or hide it").hint("toggle"),
    row(Action::Enter, "enter", &[Filter], "list only this choice of its kind").hint("only"),
    row(Action::ShowAll, "show-all", &[Filter], "list everything again").hint("all"),
    row(Action::Close, "close", &[Detail, Filter, Help], "close the pane or popup").hint("back"),
    row(Action::Close, "close", &[List, Resources, Failure], "clear the search, then the filter"),
    row(Action::ShowEvents, "show-events", VIEWS, "show the events"),
    row(Action::ShowResources, "show-resources", VIEWS, "show the resources and their durations"),
    row(Action::ShowFailure, "show-failure", VIEWS, "show why the build failed"),
    row(Action::Search, "search", VIEWS, "search every field").hint("search"),
    row(Action::NextMatch, "next-match", VIEWS, "go to the next match"),
    row(Action::PreviousMatch, "previous-match", VIEWS, "go to the previous match"),
    row(Action::Filter, "filter", &[List, Resources, Detail, Failure, Filter], "choose the listed statuses, types and resources").hint("filter"),
    row(Action::FilterText, "filter-text", VIEWS, "list only the events that contain a text"),
    row(Action::FilterToResource, "filter-to-resource", PANES, "list only the selected resource's events, or all"),
    row(Action::NextFailure, "next-failure", VIEWS, "go to the next failed event").hint("failure"),
    row(Action::PreviousFailure, "previous-failure", VIEWS, "go to the previous failed event"),
    row(Action::Bottom, "bottom", &[List], "go to the last row; follow it if it is the newest"),
    row(Action::NewestFirst, "newest-first", &[List], "show the newest event first, or last"),
    row(Action::Left, "left", &[Detail], "fold the branch"),
    row(Action::Right, "right", &[Detail], "unfold the branch"),
    row(Action::RawJson, "raw-json", PANES, "show the event as JSON, or as a tree"),
    row(Action::Changes, "changes", PANES, "show changes since the previous event, or the event"),
    row(Action::ZoomIn, "zoom-in", &[Resources], "zoom in: a shorter time with longer bars").hint("zoom"),
    row(Action::ZoomOut, "zoom-out", &[Resources], "zoom out: a longer time with shorter bars").hint("zoom"),
    row(Action::ZoomAll, "zoom-all", &[Resources], "show the whole build"),
    row(Action::ZoomResource, "zoom-resource", &[Resources], "zoom to the time of the selected resource"),
    row(Action::Left, "left", &[Resources], "scroll the time axis left"),
    row(Action::Right, "right", &[Resources], "scroll the time axis right"),
    row(Action::Copy, "copy", &[List, Resources, Failure], "copy the event as JSON"),
    row(Action::Copy, "copy", &[Detail], "copy the marked value").hint("copy"),
    row(Action::CopyEvent, "copy-event", VIEWS, "copy the event as JSON"),
    row(Action::CopyAmi, "copy-ami", VIEWS, "copy the AMI id"),
    row(Action::Report, "report", VIEWS, "write a report into the current folder"),
    row(Action::Utc, "utc", VIEWS, "show times in UTC, or in your time zone"),
    row(Action::RelativeTimes, "relative-times", VIEWS, "count times from the previous event, or the start"),
    row(Action::SwitchPane, "switch-pane", PANES, "go to the other pane").hint("pane"),
    row(Action::Mouse, "mouse", VIEWS, "leave the mouse to the terminal, or use it here"),
    row(Action::PollNow, "poll-now", VIEWS, "poll the API now"),
    row(Action::Help, "help", EVERYWHERE, "show or close this help").hint("help"),
    row(Action::Suspend, "suspend", EVERYWHERE, "suspend to the shell; `fg` resumes"),
    row(Action::Quit, "quit", EVERYWHERE, "quit").hint("quit"),
    row(Action::Suspend, "suspend", &[Prompt], "suspend to the shell"),
    row(Action::Quit, "quit", &[Prompt], "quit, with a key that does not type"),
];

const fn row(
    action: Action,
    name: &'static str,
    contexts: &'static [Context],
    help: &'static str,
) -> Command {
    Command {
        action,
        name,
        contexts,
        help,
        hint: None,
    }
}

impl Command {
    const fn hint(mut self, word: &'static str) -> Self {
        self.hint = Some(word);
        self
    }

    /// The contexts in words: `everywhere` (all but the prompt), `every view`, or a list such as
    /// `list, detail`.
    pub fn contexts_label(&self) -> String {
        let holds = |contexts: &[Context]| {
            contexts
                .iter()
                .all(|context| self.contexts.contains(context))
        };
        if holds(EVERYWHERE) {
            return "everywhere".to_owned();
        }
        let mut rest: Vec<_> = self.contexts.iter().collect();
        let mut words = Vec::new();
        if holds(VIEWS) {
            rest.retain(|context| !VIEWS.contains(context));
            words.push("every view");
        }
        words.extend(rest.iter().map(|context| context.label()));
        words.join(", ")
    }
}

pub(crate) fn name_of(action: Action) -> &'static str {
    let mut rows = COMMANDS.iter();
    rows.find(|command| command.action == action)
        .map_or("", |command| command.name)
}

/// Names that actions had in earlier versions, and their names now: a user's keys.toml with the old names stays valid.
const ALIASES: [(&str, &str); 6] = [
    ("fold", "left"),
    ("its-events", "filter-to-resource"),
    ("narrow", "filter-text"),
    ("next-pane", "switch-pane"),
    ("since", "relative-times"),
    ("unfold", "right"),
];

/// The action with this name, or with this earlier name.
pub(crate) fn action_named(name: &str) -> Option<Action> {
    let alias = ALIASES.iter().find(|(earlier, _)| *earlier == name);
    let name = alias.map_or(name, |(_, today)| today);
    let mut rows = COMMANDS.iter();
    rows.find(|command| command.name == name)
        .map(|command| command.action)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `PageDown` becomes `page-down`.
    fn kebab(variant: &str) -> String {
        let mut name = String::new();
        for character in variant.chars() {
            if character.is_uppercase() && !name.is_empty() {
                name.push('-');
            }
            name.extend(character.to_lowercase());
        }
        name
    }

    /// The variants of an enum, read from its source: the language has no list of them.
    fn variants(of: &str) -> Vec<&'static str> {
        let source = include_str!("action.rs");
        let (_, rest) = source.split_once(&format!("pub enum {of} {{\n")).unwrap();
        let (body, _) = rest.split_once("\n}").unwrap();
        let lines = body.lines().map(str::trim);
        lines
            .filter(|line| !line.starts_with("//"))
            .map(|line| line.trim_end_matches(','))
            .collect()
    }

    #[test]
    fn every_action_has_a_row() {
        for variant in variants("Action") {
            assert!(
                action_named(&kebab(variant)).is_some(),
                "COMMANDS has no row for Action::{variant} with the name {}",
                kebab(variant)
            );
        }
    }

    #[test]
    fn a_name_is_the_variant_in_kebab_case() {
        for command in COMMANDS {
            assert_eq!(command.name, kebab(&format!("{:?}", command.action)));
        }
    }

    #[test]
    fn an_earlier_name_is_an_alias_of_its_action() {
        for (earlier, today) in ALIASES {
            assert_eq!(action_named(earlier), action_named(today), "{earlier}");
            assert!(action_named(today).is_some(), "{today}");
            assert!(COMMANDS.iter().all(|command| command.name != earlier));
        }
    }

    #[test]
    fn every_context_is_listed() {
        let listed: Vec<_> = Context::ALL
            .iter()
            .map(|context| format!("{context:?}"))
            .collect();
        assert_eq!(listed, variants("Context"));
    }

    #[test]
    fn an_action_has_at_most_one_row_in_a_context() {
        for context in Context::ALL {
            let mut seen = Vec::new();
            for command in COMMANDS.iter().filter(|row| row.contexts.contains(context)) {
                assert!(
                    !seen.contains(&command.action),
                    "{command:?} in {context:?}"
                );
                seen.push(command.action);
            }
        }
    }
}
