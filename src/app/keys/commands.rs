//! Every action in words: its name, its contexts and its help, in the order in which they are listed. The key map, the
//! help and `bakewatch keys` read this table; the keys are in `assets/keys.toml`, the words of the hint line in
//! `app::status::hints`.

use crate::app::keys::action::{
    Action, AppAction, Context, OverlayAction, PlaybackAction, SessionAction,
};
use crate::app::views::Tab;
use crate::app::views::action::{Move, ViewAction, Zoom};

/// An action as it is described in some contexts.
#[derive(Clone, Copy, Debug)]
pub struct Command {
    pub action: Action,
    /// The action's name in a key map file.
    pub name: &'static str,
    pub contexts: &'static [Context],
    /// The part of the help that lists it.
    pub group: Group,
    pub help: &'static str,
}

/// The parts of the help, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    Move,
    Find,
    Read,
    Copy,
    Show,
    Replay,
    Program,
}

impl Group {
    pub const ALL: [Self; 7] = [
        Self::Move,
        Self::Find,
        Self::Read,
        Self::Copy,
        Self::Show,
        Self::Replay,
        Self::Program,
    ];

    pub const fn label(self) -> &'static str {
        match self {
            Self::Move => "Move",
            Self::Find => "Find",
            Self::Read => "Read",
            Self::Copy => "Copy",
            Self::Show => "Show",
            Self::Replay => "Replay",
            Self::Program => "Program",
        }
    }
}

use Action::{App, Overlay, Playback, Session, View};
use Context::{Builds, Comparison, Detail, Filter, Help, Picker, Prompt};

const LIST: Context = Context::View(Tab::Events);
const RESOURCES: Context = Context::View(Tab::Resources);
const FAILURE: Context = Context::View(Tab::Failure);
const LOG: Context = Context::View(Tab::Log);

/// Every context, in the order in which clashes of keys are looked for.
pub(crate) const CONTEXTS: &[Context] = &[
    LIST, RESOURCES, Detail, FAILURE, LOG, Filter, Prompt, Builds, Picker, Comparison, Help,
];

/// Every context but the prompt, in which keys type.
const EVERYWHERE: &[Context] = &[
    LIST, RESOURCES, Detail, FAILURE, LOG, Filter, Builds, Picker, Comparison, Help,
];
/// The contexts that show a build.
const OF_A_BUILD: &[Context] = &[LIST, RESOURCES, Detail, FAILURE, LOG, Filter, Builds, Help];
const VIEWS: &[Context] = &[LIST, RESOURCES, Detail, FAILURE, LOG];
/// The views that are about events.
const OF_EVENTS: &[Context] = &[LIST, RESOURCES, Detail, FAILURE];
const PANES: &[Context] = &[LIST, RESOURCES, Detail];

/// Every action, by group. An action that needs other words in another context has a row for each; its keys are the same
/// in all of them.
#[rustfmt::skip] // A row is a line.
pub const COMMANDS: &[Command] = &[
    row(Group::Move, Action::Move(Move::Down), "down", EVERYWHERE, "one row down"),
    row(Group::Move, Action::Move(Move::Up), "up", EVERYWHERE, "one row up"),
    row(Group::Move, Action::Move(Move::PageDown), "page-down", EVERYWHERE, "one page down"),
    row(Group::Move, Action::Move(Move::PageUp), "page-up", EVERYWHERE, "one page up"),
    row(Group::Move, Action::Move(Move::Top), "top", EVERYWHERE, "to the first row"),
    row(Group::Move, Action::Move(Move::Bottom), "bottom", &[LIST], "to the last row; follow new events"),
    row(Group::Move, Action::Move(Move::Bottom), "bottom", &[LOG], "to the last line; follow new ones"),
    row(Group::Move, Action::Move(Move::Bottom), "bottom", &[RESOURCES, Detail, FAILURE, Filter, Builds, Picker, Comparison, Help], "to the last row"),
    row(Group::Move, Session(SessionAction::SwitchPane), "switch-pane", PANES, "to the other pane"),
    row(Group::Move, View(ViewAction::Left), "left", &[RESOURCES], "scroll the time axis left"),
    row(Group::Move, View(ViewAction::Right), "right", &[RESOURCES], "scroll the time axis right"),

    row(Group::Find, Session(SessionAction::NextFailure), "next-failure", OF_EVENTS, "next failed event"),
    row(Group::Find, Session(SessionAction::NextFailure), "next-failure", &[LOG], "next error"),
    row(Group::Find, Session(SessionAction::PreviousFailure), "previous-failure", OF_EVENTS, "previous failed event"),
    row(Group::Find, Session(SessionAction::PreviousFailure), "previous-failure", &[LOG], "previous error"),
    row(Group::Find, View(ViewAction::NextStep), "next-step", &[LOG], "next step"),
    row(Group::Find, View(ViewAction::PreviousStep), "previous-step", &[LOG], "previous step"),
    row(Group::Find, Session(SessionAction::Search), "search", OF_EVENTS, "search every field"),
    row(Group::Find, Session(SessionAction::Search), "search", &[LOG], "search the lines"),
    row(Group::Find, Session(SessionAction::NextMatch), "next-match", VIEWS, "next match"),
    row(Group::Find, Session(SessionAction::PreviousMatch), "previous-match", VIEWS, "previous match"),
    row(Group::Find, Session(SessionAction::Filter), "filter", &[LIST, RESOURCES, Detail, FAILURE, Filter], "list some statuses, types, resources"),
    row(Group::Find, Session(SessionAction::FilterText), "filter-text", OF_EVENTS, "list only events with a text"),
    row(Group::Find, Session(SessionAction::FilterText), "filter-text", &[LOG], "list only lines with a text"),
    row(Group::Find, Session(SessionAction::FilterToResource), "filter-to-resource", PANES, "list only this resource's events"),
    row(Group::Find, View(ViewAction::Toggle), "toggle", &[Filter], "list the choice, or hide it"),
    row(Group::Find, View(ViewAction::Enter), "enter", &[Filter], "list only this choice of its kind"),
    row(Group::Find, Overlay(OverlayAction::ShowAll), "show-all", &[Filter], "list everything again"),
    row(Group::Find, View(ViewAction::Enter), "enter", &[Prompt], "search for the text"),
    row(Group::Find, Overlay(OverlayAction::Regex), "regex", &[Prompt], "regular expression, or plain text"),

    row(Group::Read, View(ViewAction::Enter), "enter", &[LIST], "open the event"),
    row(Group::Read, View(ViewAction::Enter), "enter", &[RESOURCES], "open the resource"),
    row(Group::Read, View(ViewAction::Enter), "enter", &[Detail], "fold or unfold the branch"),
    row(Group::Read, View(ViewAction::Enter), "enter", &[FAILURE], "to the event, in the list of events"),
    row(Group::Read, View(ViewAction::Toggle), "toggle", &[Detail], "fold or unfold the branch"),
    row(Group::Read, View(ViewAction::Toggle), "toggle", &[RESOURCES], "fold or unfold the steps of the image"),
    row(Group::Read, View(ViewAction::Left), "left", &[Detail], "fold the branch"),
    row(Group::Read, View(ViewAction::Right), "right", &[Detail], "unfold the branch"),
    row(Group::Read, Session(SessionAction::RawJson), "raw-json", PANES, "the event's JSON, or its fields"),
    row(Group::Read, Session(SessionAction::Changes), "changes", PANES, "changes since its previous event"),
    row(Group::Read, View(ViewAction::Zoom(Zoom::Resource)), "zoom-resource", &[RESOURCES], "the time of the selected resource"),
    row(Group::Read, View(ViewAction::Zoom(Zoom::In)), "zoom-in", &[RESOURCES], "zoom in: a shorter time"),
    row(Group::Read, View(ViewAction::Zoom(Zoom::Out)), "zoom-out", &[RESOURCES], "zoom out: a longer time"),
    row(Group::Read, View(ViewAction::Zoom(Zoom::All)), "zoom-all", &[RESOURCES], "the whole build"),

    row(Group::Copy, Session(SessionAction::CopyCommand), "copy-command", OF_A_BUILD, "copy the command that helps"),
    row(Group::Copy, Session(SessionAction::Copy), "copy", &[LIST, RESOURCES], "copy the event as JSON"),
    row(Group::Copy, Session(SessionAction::Copy), "copy", &[Detail], "copy the marked value"),
    row(Group::Copy, Session(SessionAction::Copy), "copy", &[LOG], "copy the line"),
    row(Group::Copy, Session(SessionAction::Copy), "copy", &[FAILURE], "copy the marked line, as the command"),
    row(Group::Copy, Session(SessionAction::CopyEvent), "copy-event", OF_EVENTS, "copy the whole event as JSON"),
    row(Group::Copy, Session(SessionAction::CopyAmi), "copy-ami", VIEWS, "copy the AMI id"),
    row(Group::Copy, Session(SessionAction::Report), "report", VIEWS, "write a report here; asks first"),

    row(Group::Show, Session(SessionAction::Show(Tab::Events)), "show-events", VIEWS, "the events"),
    row(Group::Show, Session(SessionAction::Show(Tab::Resources)), "show-resources", VIEWS, "the resources and their durations"),
    row(Group::Show, Session(SessionAction::Show(Tab::Failure)), "show-failure", VIEWS, "why the build failed"),
    row(Group::Show, Session(SessionAction::Show(Tab::Log)), "show-log", VIEWS, "the build log"),
    row(Group::Show, View(ViewAction::Wrap), "wrap", &[LOG], "wrap long lines, or cut them"),
    row(Group::Show, View(ViewAction::NewestFirst), "newest-first", &[LIST], "newest event first, or last"),
    row(Group::Show, App(AppAction::Utc), "utc", VIEWS, "times in UTC, or in your time zone"),
    row(Group::Show, App(AppAction::RelativeTimes), "relative-times", VIEWS, "times since the start, or event above"),

    row(Group::Show, App(AppAction::NextBuild), "next-build", VIEWS, "the next build of several"),
    row(Group::Show, App(AppAction::PreviousBuild), "previous-build", VIEWS, "the build before"),
    row(Group::Show, App(AppAction::Builds), "builds", &[LIST, RESOURCES, Detail, FAILURE, LOG, Builds], "all watched builds"),
    row(Group::Show, App(AppAction::Picker), "picker", &[LIST, RESOURCES, Detail, FAILURE, LOG, Builds], "choose more builds to watch"),
    row(Group::Show, View(ViewAction::Enter), "enter", &[Builds], "show the build"),
    row(Group::Show, Overlay(OverlayAction::CloseBuild), "close-build", &[Builds], "stop to watch the build"),
    row(Group::Show, View(ViewAction::Enter), "enter", &[Picker], "watch the marked builds, or this one"),
    row(Group::Show, View(ViewAction::Toggle), "toggle", &[Picker], "mark the build; go one row down"),
    row(Group::Show, Overlay(OverlayAction::Compare), "compare", &[Picker], "compare the two marked builds"),
    row(Group::Show, Session(SessionAction::Search), "search", &[Picker], "select by a text"),

    row(Group::Replay, Playback(PlaybackAction::Pause), "pause", VIEWS, "pause a replay, or continue it"),
    row(Group::Replay, Playback(PlaybackAction::Slower), "slower", VIEWS, "replay half as fast"),
    row(Group::Replay, Playback(PlaybackAction::Faster), "faster", VIEWS, "replay twice as fast"),
    row(Group::Replay, Playback(PlaybackAction::PreviousEvent), "previous-event", VIEWS, "back to the event before, and pause"),
    row(Group::Replay, Playback(PlaybackAction::NextEvent), "next-event", VIEWS, "to the next event, and pause"),

    row(Group::Program, App(AppAction::Close), "close", &[LIST, RESOURCES, FAILURE, LOG], "end the search, then the filter"),
    row(Group::Program, App(AppAction::Close), "close", &[Detail, Filter, Help], "close the pane or popup"),
    row(Group::Program, App(AppAction::Close), "close", &[Builds], "back to the build"),
    row(Group::Program, App(AppAction::Close), "close", &[Picker], "end the selection, then close"),
    row(Group::Program, App(AppAction::Close), "close", &[Comparison], "back to the builds"),
    row(Group::Program, App(AppAction::Close), "close", &[Prompt], "cancel: back to the search before"),
    row(Group::Program, App(AppAction::Quit), "quit", EVERYWHERE, "close the pane or popup; else leave"),
    row(Group::Program, App(AppAction::Leave), "leave", EVERYWHERE, "leave at once"),
    row(Group::Program, App(AppAction::Leave), "leave", &[Prompt], "cancel"),
    row(Group::Program, Session(SessionAction::PollNow), "poll-now", VIEWS, "poll now"),
    row(Group::Program, Session(SessionAction::PollNow), "poll-now", &[Picker], "list the builds again"),
    row(Group::Program, App(AppAction::Mouse), "mouse", VIEWS, "mouse: the terminal's, or bakewatch's"),
    row(Group::Program, App(AppAction::Redraw), "redraw", EVERYWHERE, "draw the whole screen again"),
    row(Group::Program, App(AppAction::Redraw), "redraw", &[Prompt], "draw the whole screen again"),
    row(Group::Program, App(AppAction::Suspend), "suspend", EVERYWHERE, "suspend to the shell; `fg` resumes"),
    row(Group::Program, App(AppAction::Suspend), "suspend", &[Prompt], "suspend to the shell"),
    row(Group::Program, App(AppAction::Help), "help", EVERYWHERE, "show or close this help"),
    row(Group::Program, App(AppAction::Help), "help", &[Prompt], "help, by a key that does not type"),
];

const fn row(
    group: Group,
    action: Action,
    name: &'static str,
    contexts: &'static [Context],
    help: &'static str,
) -> Command {
    Command {
        action,
        name,
        contexts,
        group,
        help,
    }
}

impl Command {
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
