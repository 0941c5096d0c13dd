//! Every action in words: its name, its contexts, its help and its hint, in the order in which they are listed. The
//! key map, the hint line, the help and `bakewatch keys` read this table; the keys are in `assets/keys.toml`.

use crate::app::keys::action::{Action, AppAction, Context, OverlayAction, SessionAction};
use crate::app::views::Tab;
use crate::app::views::action::{Move, ViewAction, Zoom};

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

use Action::{App, Overlay, Session, View};
use Context::{Detail, Filter, Help, Prompt};

const LIST: Context = Context::View(Tab::Events);
const RESOURCES: Context = Context::View(Tab::Resources);
const FAILURE: Context = Context::View(Tab::Failure);

/// Every context, in the order in which clashes of keys are looked for.
pub(crate) const CONTEXTS: &[Context] = &[LIST, RESOURCES, Detail, FAILURE, Filter, Prompt, Help];

/// Every context but the prompt, in which keys type.
const EVERYWHERE: &[Context] = &[LIST, RESOURCES, Detail, FAILURE, Filter, Help];
const VIEWS: &[Context] = &[LIST, RESOURCES, Detail, FAILURE];
const PANES: &[Context] = &[LIST, RESOURCES, Detail];

/// Every action, in the order in which hints and help list them. An action that needs other words in another context
/// has a row for each; its keys are the same in all of them.
#[rustfmt::skip] // A row is a line.
pub const COMMANDS: &[Command] = &[
    row(View(ViewAction::Enter), "enter", &[Prompt], "search for the text, and close the line").hint("done"),
    row(App(AppAction::Close), "close", &[Prompt], "cancel, and restore the previous search or filter").hint("cancel"),
    row(Overlay(OverlayAction::Regex), "regex", &[Prompt], "switch between regular expression and plain text").hint("regex"),
    row(Action::Move(Move::Down), "down", EVERYWHERE, "move one row down").hint("move"),
    row(Action::Move(Move::Up), "up", EVERYWHERE, "move one row up").hint("move"),
    row(Action::Move(Move::PageDown), "page-down", EVERYWHERE, "move one page down"),
    row(Action::Move(Move::PageUp), "page-up", EVERYWHERE, "move one page up"),
    row(Action::Move(Move::Top), "top", EVERYWHERE, "go to the first row"),
    row(Action::Move(Move::Bottom), "bottom", &[RESOURCES, Detail, FAILURE, Filter, Help], "go to the last row"),
    row(View(ViewAction::Enter), "enter", &[LIST], "show the event in full").hint("detail"),
    row(View(ViewAction::Enter), "enter", &[RESOURCES], "show the resource in full").hint("detail"),
    row(View(ViewAction::Enter), "enter", &[Detail], "fold or unfold the branch").hint("fold"),
    row(View(ViewAction::Enter), "enter", &[FAILURE], "go to the event, in the list of events").hint("event"),
    row(View(ViewAction::Toggle), "toggle", &[Detail], "fold or unfold the branch"),
    row(View(ViewAction::Toggle), "toggle", &[Filter], "list the choice, or hide it").hint("toggle"),
    row(View(ViewAction::Enter), "enter", &[Filter], "list only this choice of its kind").hint("only"),
    row(Overlay(OverlayAction::ShowAll), "show-all", &[Filter], "list everything again").hint("all"),
    row(App(AppAction::Close), "close", &[Detail, Filter, Help], "close the pane or popup").hint("back"),
    row(App(AppAction::Close), "close", &[LIST, RESOURCES, FAILURE], "clear the search, then the filter"),
    row(Session(SessionAction::Show(Tab::Events)), "show-events", VIEWS, "show the events"),
    row(Session(SessionAction::Show(Tab::Resources)), "show-resources", VIEWS, "show the resources and their durations"),
    row(Session(SessionAction::Show(Tab::Failure)), "show-failure", VIEWS, "show why the build failed"),
    row(Session(SessionAction::Search), "search", VIEWS, "search every field").hint("search"),
    row(Session(SessionAction::NextMatch), "next-match", VIEWS, "go to the next match"),
    row(Session(SessionAction::PreviousMatch), "previous-match", VIEWS, "go to the previous match"),
    row(Session(SessionAction::Filter), "filter", &[LIST, RESOURCES, Detail, FAILURE, Filter], "choose the listed statuses, types and resources").hint("filter"),
    row(Session(SessionAction::FilterText), "filter-text", VIEWS, "list only the events that contain a text"),
    row(Session(SessionAction::FilterToResource), "filter-to-resource", PANES, "list only the selected resource's events, or all"),
    row(Session(SessionAction::NextFailure), "next-failure", VIEWS, "go to the next failed event").hint("failure"),
    row(Session(SessionAction::PreviousFailure), "previous-failure", VIEWS, "go to the previous failed event"),
    row(Action::Move(Move::Bottom), "bottom", &[LIST], "go to the last row; follow it if it is the newest"),
    row(View(ViewAction::NewestFirst), "newest-first", &[LIST], "show the newest event first, or last"),
    row(View(ViewAction::Left), "left", &[Detail], "fold the branch"),
    row(View(ViewAction::Right), "right", &[Detail], "unfold the branch"),
    row(Session(SessionAction::RawJson), "raw-json", PANES, "show the event as JSON, or as a tree"),
    row(Session(SessionAction::Changes), "changes", PANES, "show changes since the previous event, or the event"),
    row(View(ViewAction::Zoom(Zoom::In)), "zoom-in", &[RESOURCES], "zoom in: a shorter time with longer bars").hint("zoom"),
    row(View(ViewAction::Zoom(Zoom::Out)), "zoom-out", &[RESOURCES], "zoom out: a longer time with shorter bars").hint("zoom"),
    row(View(ViewAction::Zoom(Zoom::All)), "zoom-all", &[RESOURCES], "show the whole build"),
    row(View(ViewAction::Zoom(Zoom::Resource)), "zoom-resource", &[RESOURCES], "zoom to the time of the selected resource"),
    row(View(ViewAction::Left), "left", &[RESOURCES], "scroll the time axis left"),
    row(View(ViewAction::Right), "right", &[RESOURCES], "scroll the time axis right"),
    row(Session(SessionAction::Copy), "copy", &[LIST, RESOURCES, FAILURE], "copy the event as JSON"),
    row(Session(SessionAction::Copy), "copy", &[Detail], "copy the marked value").hint("copy"),
    row(Session(SessionAction::CopyEvent), "copy-event", VIEWS, "copy the event as JSON"),
    row(Session(SessionAction::CopyCommand), "copy-command", EVERYWHERE, "copy the command that helps, or the image's configuration"),
    row(Session(SessionAction::CopyAmi), "copy-ami", VIEWS, "copy the AMI id"),
    row(Session(SessionAction::Report), "report", VIEWS, "write a report into the current folder"),
    row(App(AppAction::Utc), "utc", VIEWS, "show times in UTC, or in your time zone"),
    row(App(AppAction::RelativeTimes), "relative-times", VIEWS, "count times from the previous event, or the start"),
    row(Session(SessionAction::SwitchPane), "switch-pane", PANES, "go to the other pane").hint("pane"),
    row(App(AppAction::Mouse), "mouse", VIEWS, "leave the mouse to the terminal, or use it here"),
    row(Session(SessionAction::PollNow), "poll-now", VIEWS, "poll the API now"),
    row(App(AppAction::Help), "help", EVERYWHERE, "show or close this help").hint("help"),
    row(App(AppAction::Suspend), "suspend", EVERYWHERE, "suspend to the shell; `fg` resumes"),
    row(App(AppAction::Quit), "quit", EVERYWHERE, "quit").hint("quit"),
    row(App(AppAction::Suspend), "suspend", &[Prompt], "suspend to the shell"),
    row(App(AppAction::Quit), "quit", &[Prompt], "quit, with a key that does not type"),
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
        let begin = format!("pub enum {of} {{\n");
        let sources = [
            include_str!("action.rs"),
            include_str!("../views/action.rs"),
            include_str!("../views/mod.rs"),
        ];
        let mut sources = sources.into_iter();
        let rest = sources.find_map(|source| Some(source.split_once(&begin)?.1));
        let (body, _) = rest.unwrap().split_once("\n}").unwrap();
        let lines = body.lines().map(str::trim);
        lines
            .filter(|line| !line.starts_with("//") && !line.starts_with('#'))
            .map(|line| line.trim_end_matches(','))
            .collect()
    }

    /// The values of an enum as `Debug` writes them, nested ones too.
    fn values(of: &str) -> Vec<String> {
        let value = |variant: &'static str| match variant.split_once('(') {
            None => vec![variant.to_owned()],
            Some((outer, inner)) => {
                let inner = values(inner.trim_end_matches(')')).into_iter();
                inner.map(|inner| format!("{outer}({inner})")).collect()
            }
        };
        variants(of).into_iter().flat_map(value).collect()
    }

    /// The name of an action: its group is no part of it.
    fn name(action: &str) -> String {
        let (_, inner) = action.split_once('(').unwrap();
        kebab(&inner.replace(['(', ')'], ""))
    }

    #[test]
    fn every_action_has_a_row() {
        for action in values("Action") {
            let row = action_named(&name(&action)).map(|action| format!("{action:?}"));
            assert_eq!(row, Some(action), "COMMANDS has no row with its name");
        }
    }

    #[test]
    fn a_name_is_the_variant_in_kebab_case() {
        for command in COMMANDS {
            assert_eq!(command.name, name(&format!("{:?}", command.action)));
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
        let listed = CONTEXTS.iter().map(|context| format!("{context:?}"));
        let (mut listed, mut all): (Vec<_>, _) = (listed.collect(), values("Context"));
        listed.sort();
        all.sort();
        assert_eq!(listed, all);
    }

    #[test]
    fn an_action_has_at_most_one_row_in_a_context() {
        for context in CONTEXTS {
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
