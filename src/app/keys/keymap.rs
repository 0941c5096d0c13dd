//! The keys of every action, as plain data. `update` looks up the action of a key; hints, notes and help look up the
//! keys of an action. `config::keys` reads it from `assets/keys.toml` and the user's own file.

use std::collections::HashMap;

use crate::app::keys::action::{Action, AppAction, Context};
use crate::app::keys::commands::{COMMANDS, CONTEXTS, Command};
use crate::app::keys::key::Key;

/// A key that always leaves, so that no key map locks the user in.
const ALWAYS_LEAVES: Key = Key::Ctrl('c');

/// The keys of each action. [`COMMANDS`] decides the contexts in which an action is available.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyMap(HashMap<Action, Vec<Key>>);

/// A key with two actions in one context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clash {
    pub key: Key,
    pub context: Context,
    /// In the order of [`COMMANDS`].
    pub actions: [Action; 2],
}

impl KeyMap {
    /// Replaces the keys of an action. Hints show the first one.
    pub fn bind(&mut self, action: Action, mut keys: Vec<Key>) {
        match action {
            Action::App(AppAction::Leave) if !keys.contains(&ALWAYS_LEAVES) => {
                keys.push(ALWAYS_LEAVES);
            }
            // A user's file may have it from a version in which it quit.
            Action::App(AppAction::Quit) => keys.retain(|key| *key != ALWAYS_LEAVES),
            _ => {}
        }
        self.0.insert(action, keys);
    }

    /// The keys of an action; hints show the first one.
    pub fn keys(&self, action: Action) -> &[Key] {
        self.0.get(&action).map_or(&[], Vec::as_slice)
    }

    /// The key that hints show for an action.
    pub fn key_for(&self, action: Action) -> Option<Key> {
        self.keys(action).first().copied()
    }

    /// The action of a key in a context.
    pub fn action(&self, context: Context, key: Key) -> Option<Action> {
        let mut rows = commands_in(context);
        rows.find(|command| self.keys(command.action).contains(&key))
            .map(|command| command.action)
    }

    /// The first key with two actions in one context.
    pub fn clash(&self) -> Option<Clash> {
        for &context in CONTEXTS {
            let mut bound: HashMap<Key, Action> = HashMap::new();
            for action in commands_in(context).map(|command| command.action) {
                for &key in self.keys(action) {
                    match bound.insert(key, action) {
                        Some(other) if other != action => {
                            let actions = [other, action];
                            return Some(Clash {
                                key,
                                context,
                                actions,
                            });
                        }
                        _ => {}
                    }
                }
            }
        }
        None
    }
}

fn commands_in(context: Context) -> impl Iterator<Item = &'static Command> {
    let here = move |command: &&Command| command.contexts.contains(&context);
    COMMANDS.iter().filter(here)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::keys::action::OverlayAction;
    use crate::app::views::Tab;
    use crate::app::views::action::ViewAction;

    #[test]
    fn ctrl_c_always_leaves_and_never_only_closes() {
        let (ctrl_c, leave) = (Key::Ctrl('c'), Action::App(AppAction::Leave));
        let mut keys = KeyMap::default();
        keys.bind(leave, Vec::new());
        assert_eq!(keys.keys(leave), [ctrl_c]);
        keys.bind(leave, vec![Key::Char('x')]);
        assert_eq!(keys.keys(leave), [Key::Char('x'), ctrl_c]);
        keys.bind(leave, vec![ctrl_c, Key::Char('x')]);
        assert_eq!(keys.keys(leave), [ctrl_c, Key::Char('x')]);
        let quit = Action::App(AppAction::Quit);
        keys.bind(quit, vec![Key::Char('q'), ctrl_c]);
        assert_eq!(keys.keys(quit), [Key::Char('q')]);
        assert_eq!(keys.clash(), None);
    }

    #[test]
    fn a_key_with_two_actions_in_one_context_is_a_clash() {
        let mut keys = KeyMap::default();
        keys.bind(Action::View(ViewAction::Left), vec![Key::Char('x')]);
        keys.bind(
            Action::Overlay(OverlayAction::ShowAll),
            vec![Key::Char('x')],
        );
        assert_eq!(keys.clash(), None);
        assert_eq!(
            keys.action(Context::Detail, Key::Char('x')),
            Some(Action::View(ViewAction::Left))
        );
        assert_eq!(
            keys.action(Context::Filter, Key::Char('x')),
            Some(Action::Overlay(OverlayAction::ShowAll))
        );
        assert_eq!(
            keys.action(Context::View(Tab::Events), Key::Char('x')),
            None
        );
        keys.bind(Action::App(AppAction::Help), vec![Key::Char('x')]);
        let clash = keys.clash().unwrap();
        assert_eq!(clash.context, Context::View(Tab::Resources));
        assert_eq!(
            clash.actions,
            [Action::View(ViewAction::Left), Action::App(AppAction::Help)]
        );
    }
}
