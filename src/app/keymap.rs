//! Which key means what, where: one table, from which keys are understood and hints and help are written.

use std::fmt;

use super::action::{Action, Context};

/// A key, without the terminal's details.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    /// A character as typed, shift included.
    Char(char),
    /// A character with the control key.
    Ctrl(char),
    /// An arrow, and so on.
    Up,
    /// Arrow down.
    Down,
    /// Arrow left.
    Left,
    /// Arrow right.
    Right,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
    /// Home.
    Home,
    /// End.
    End,
    /// Tab.
    Tab,
    /// Enter.
    Enter,
    /// Escape.
    Esc,
}

impl fmt::Display for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Char(' ') => "space",
            Self::Char(character) => return write!(formatter, "{character}"),
            Self::Ctrl(character) => return write!(formatter, "ctrl-{character}"),
            Self::Up => "up",
            Self::Down => "down",
            Self::Left => "left",
            Self::Right => "right",
            Self::PageUp => "pgup",
            Self::PageDown => "pgdn",
            Self::Home => "home",
            Self::End => "end",
            Self::Tab => "tab",
            Self::Enter => "enter",
            Self::Esc => "esc",
        };
        formatter.pad(name)
    }
}

/// What some keys mean in some contexts.
#[derive(Clone, Copy, Debug)]
pub struct Binding {
    /// The keys, the one to show first.
    pub keys: &'static [Key],
    /// What they mean.
    pub action: Action,
    /// Where they mean it.
    pub contexts: &'static [Context],
    /// The words of the help.
    pub help: &'static str,
    /// The word on the hint line, for the few that stand there. Neighbours that share it stand there as one.
    pub hint: Option<&'static str>,
}

/// Every context.
pub(super) const EVERYWHERE: &[Context] = &[
    Context::List,
    Context::Detail,
    Context::Filter,
    Context::Help,
];
const PANES: &[Context] = &[Context::List, Context::Detail];

/// Every binding, in the order in which hints and help list them.
pub const BINDINGS: &[Binding] = &[
    Binding {
        keys: &[Key::Char('j'), Key::Down],
        action: Action::Down,
        contexts: EVERYWHERE,
        help: "one row down",
        hint: Some("move"),
    },
    Binding {
        keys: &[Key::Char('k'), Key::Up],
        action: Action::Up,
        contexts: EVERYWHERE,
        help: "one row up",
        hint: Some("move"),
    },
    Binding {
        keys: &[Key::PageDown, Key::Ctrl('f'), Key::Ctrl('d')],
        action: Action::PageDown,
        contexts: EVERYWHERE,
        help: "one page down",
        hint: None,
    },
    Binding {
        keys: &[Key::PageUp, Key::Ctrl('b'), Key::Ctrl('u')],
        action: Action::PageUp,
        contexts: EVERYWHERE,
        help: "one page up",
        hint: None,
    },
    Binding {
        keys: &[Key::Enter],
        action: Action::Enter,
        contexts: &[Context::List],
        help: "read the event in full",
        hint: Some("detail"),
    },
    Binding {
        keys: &[Key::Enter, Key::Char(' ')],
        action: Action::Enter,
        contexts: &[Context::Detail],
        help: "fold or unfold the branch",
        hint: Some("fold"),
    },
    Binding {
        keys: &[Key::Char(' ')],
        action: Action::Toggle,
        contexts: &[Context::Filter],
        help: "list this status, or not",
        hint: Some("toggle"),
    },
    Binding {
        keys: &[Key::Enter],
        action: Action::Enter,
        contexts: &[Context::Filter],
        help: "list this status only",
        hint: Some("only"),
    },
    Binding {
        keys: &[Key::Char('h'), Key::Left],
        action: Action::Fold,
        contexts: &[Context::Detail],
        help: "fold the branch",
        hint: None,
    },
    Binding {
        keys: &[Key::Char('l'), Key::Right],
        action: Action::Unfold,
        contexts: &[Context::Detail],
        help: "unfold the branch",
        hint: None,
    },
    Binding {
        keys: &[Key::Esc],
        action: Action::Close,
        contexts: &[Context::Detail, Context::Filter, Context::Help],
        help: "close what is on top",
        hint: Some("back"),
    },
    Binding {
        keys: &[Key::Esc],
        action: Action::Close,
        contexts: &[Context::List],
        help: "list every status again",
        hint: None,
    },
    Binding {
        keys: &[Key::Tab],
        action: Action::NextPane,
        contexts: PANES,
        help: "to the other pane",
        hint: Some("pane"),
    },
    Binding {
        keys: &[Key::Char('f')],
        action: Action::Filter,
        contexts: &[Context::List, Context::Detail, Context::Filter],
        help: "choose which statuses are listed",
        hint: Some("filter"),
    },
    Binding {
        keys: &[Key::Char('a')],
        action: Action::ShowAll,
        contexts: &[Context::Filter],
        help: "list every status",
        hint: Some("all"),
    },
    Binding {
        keys: &[Key::Char('g'), Key::Home],
        action: Action::Top,
        contexts: EVERYWHERE,
        help: "to the first row",
        hint: None,
    },
    Binding {
        keys: &[Key::Char('G'), Key::End],
        action: Action::Bottom,
        contexts: &[Context::List],
        help: "to the last row, and follow the newest event",
        hint: Some("follow"),
    },
    Binding {
        keys: &[Key::Char('G'), Key::End],
        action: Action::Bottom,
        contexts: &[Context::Detail, Context::Filter, Context::Help],
        help: "to the last row",
        hint: None,
    },
    Binding {
        keys: &[Key::Char('r')],
        action: Action::PollNow,
        contexts: PANES,
        help: "ask the API now",
        hint: None,
    },
    Binding {
        keys: &[Key::Char('?')],
        action: Action::Help,
        contexts: EVERYWHERE,
        help: "this help",
        hint: Some("help"),
    },
    Binding {
        keys: &[Key::Char('q'), Key::Ctrl('c')],
        action: Action::Quit,
        contexts: EVERYWHERE,
        help: "leave",
        hint: Some("quit"),
    },
];

/// What a key means in a context.
#[must_use]
pub fn action(context: Context, key: Key) -> Option<Action> {
    BINDINGS
        .iter()
        .find(|binding| binding.contexts.contains(&context) && binding.keys.contains(&key))
        .map(|binding| binding.action)
}

/// The key to show for an action in a context.
#[must_use]
pub fn key_for(context: Context, action: Action) -> Option<Key> {
    BINDINGS
        .iter()
        .find(|binding| binding.contexts.contains(&context) && binding.action == action)
        .and_then(|binding| binding.keys.first().copied())
}

/// The hints of a context, in order: keys such as `j/k`, and what they do.
#[must_use]
pub fn hints(context: Context) -> Vec<(String, &'static str)> {
    let mut hints: Vec<(String, &'static str)> = Vec::new();
    for binding in BINDINGS
        .iter()
        .filter(|binding| binding.contexts.contains(&context))
    {
        let (Some(word), Some(key)) = (binding.hint, binding.keys.first()) else {
            continue;
        };
        match hints.last_mut() {
            Some((keys, same)) if *same == word => *keys = format!("{keys}/{key}"),
            _ => hints.push((key.to_string(), word)),
        }
    }
    hints
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_means_two_things_in_one_context() {
        for (index, one) in BINDINGS.iter().enumerate() {
            for other in BINDINGS.iter().skip(index + 1) {
                let same_place = one
                    .contexts
                    .iter()
                    .any(|context| other.contexts.contains(context));
                let same_key = one.keys.iter().any(|key| other.keys.contains(key));
                assert!(!(same_place && same_key), "{one:?} and {other:?}");
            }
        }
    }

    #[test]
    fn hints_come_from_the_bindings() {
        let hints = hints(Context::List);
        assert_eq!(hints.first(), Some(&("j/k".to_owned(), "move")));
        assert_eq!(hints.last(), Some(&("q".to_owned(), "quit")));
    }
}
