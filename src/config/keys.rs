//! The key map: the built-in `assets/keys.toml`, overridden by the user's `keys.toml`.
//!
//! An action in the user's file has exactly the keys listed there. Errors are reported at the start with their line,
//! not at a key press.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use toml::Spanned;

use crate::app::keys::action::Action;
use crate::app::keys::commands::{COMMANDS, action_named, name_of};
use crate::app::keys::key::Key;
use crate::app::keys::keymap::KeyMap;
use crate::config::file::{FileError, clean, closest_name_or, file_error, line_of};
use crate::config::{Environment, file};
use crate::error::Error;

const BUILT_IN: &str = include_str!("../../assets/keys.toml");

/// The user's file, in the configuration folder.
const FILE: &str = "keys.toml";

/// The effective key map and the file that changes it.
#[derive(Debug)]
pub struct Keys {
    pub map: KeyMap,
    /// The path of the user's file, even if it does not exist; `None` without a home folder.
    pub file: Option<PathBuf>,
    /// The actions that the user's file binds, with their lines, from 1.
    pub overridden: HashMap<Action, usize>,
}

/// The built-in key map.
///
/// # Errors
/// If `assets/keys.toml` is wrong, which a test rules out.
pub fn built_in() -> Result<KeyMap, FileError> {
    let mut map = KeyMap::default();
    // Whether its keys clash is left to a test, since every start waits for this.
    bind(BUILT_IN, &mut map)?;
    Ok(map)
}

impl Keys {
    /// Reads the effective key map.
    ///
    /// # Errors
    /// [`Error::Usage`] if the user's file can't be read or is wrong.
    pub fn load(environment: &Environment) -> Result<Self, Error> {
        let purpose = "the key map";
        let mut map =
            built_in().map_err(|why| file_error(purpose, Path::new("assets/keys.toml"), &why))?;
        let folder = environment.config_folder.as_ref();
        let file = folder.map(|folder| folder.join(FILE));
        let mut overridden = HashMap::new();
        if let Some(path) = &file
            && let Some(text) = file::read(purpose, path)?
        {
            overridden = apply(&text, &mut map).map_err(|why| file_error(purpose, path, &why))?;
        }
        Ok(Self {
            map,
            file,
            overridden,
        })
    }
}

/// A key map file: the keys of some actions, by name.
type File = BTreeMap<Spanned<String>, Spanned<Vec<Spanned<String>>>>;

/// Overrides a key map with a file's text, and checks the result. Returns the bound actions with their lines.
fn apply(text: &str, map: &mut KeyMap) -> Result<HashMap<Action, usize>, FileError> {
    let mut lines = HashMap::new();
    for (name, action) in bind(text, map)? {
        let line = line_of(text, name.span().start);
        // TOML rejects the same name twice, but an action may also be present under an earlier name.
        if let Some(first) = lines.insert(action, line) {
            let message = format!(
                "{} is another name for the action of line {first}; remove one of the two lines",
                name.get_ref()
            );
            return Err(FileError { line, message });
        }
    }
    check(map, &lines)?;
    Ok(lines)
}

/// Binds the keys of a file's text. Returns the actions and their names, in the order of the lines.
fn bind(text: &str, map: &mut KeyMap) -> Result<Vec<(Spanned<String>, Action)>, FileError> {
    let example = r#"down = ["j", "down"]"#;
    let file: File =
        toml::from_str(text).map_err(|error| FileError::syntax(text, &error, example))?;
    let mut entries: Vec<_> = file.into_iter().collect();
    entries.sort_by_key(|(name, _)| name.span().start);
    let bound = entries.into_iter().map(|(entry, keys)| {
        let action = action_named(entry.get_ref())
            .ok_or_else(|| FileError::at(text, &entry.span(), unknown_action(entry.get_ref())))?;
        let keys = keys.into_inner().into_iter();
        let keys: Result<Vec<Key>, _> = keys
            .map(|key| {
                let parsed = key.get_ref().parse::<Key>();
                parsed.map_err(|error| FileError::at(text, &key.span(), error))
            })
            .collect();
        map.bind(action, keys?);
        Ok((entry, action))
    });
    bound.collect()
}

/// Whether no key has two actions; `lines` are those of the actions.
fn check(map: &KeyMap, lines: &HashMap<Action, usize>) -> Result<(), FileError> {
    if let Some(clash) = map.clash() {
        let [first, second] = clash.actions.map(name_of);
        let line = clash.actions.iter().filter_map(|action| lines.get(action));
        return Err(FileError {
            line: line.copied().max().unwrap_or(1),
            message: format!(
                "{} is bound to both {first} and {second} in the {}; choose another key for one of them",
                clash.key,
                clash.context.label()
            ),
        });
    }
    Ok(())
}

fn unknown_action(given: &str) -> String {
    let names = COMMANDS.iter().map(|command| command.name);
    let help = closest_name_or(given, names, "`bakewatch keys` lists the actions");
    format!("unknown action {}; {help}", clean(given))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::keys::action::{AppAction, Context, SessionAction};
    use crate::app::views::Tab;
    use crate::app::views::action::{Move, ViewAction};
    use crate::text::safe::{SafeText, one_line};

    fn over_built_in(text: &str) -> Result<(KeyMap, HashMap<Action, usize>), String> {
        let mut map = built_in().unwrap();
        match apply(text, &mut map) {
            Ok(lines) => Ok((map, lines)),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn every_action_has_a_line_in_the_built_in_file() {
        let lines = apply(BUILT_IN, &mut KeyMap::default()).unwrap();
        for command in COMMANDS {
            assert!(
                lines.contains_key(&command.action),
                "assets/keys.toml has no line for {}",
                command.name
            );
        }
    }

    #[test]
    fn earlier_names_of_actions_are_accepted() {
        let (map, lines) = over_built_in("fold = [\"x\"]\nsince = []\n").unwrap();
        assert_eq!(map.keys(Action::View(ViewAction::Left)), [Key::Char('x')]);
        assert!(map.keys(Action::App(AppAction::RelativeTimes)).is_empty());
        assert_eq!(lines[&Action::View(ViewAction::Left)], 1);
    }

    #[test]
    fn an_action_under_two_names_is_refused() {
        let error = over_built_in("left = [\"x\"]\nfold = [\"y\"]\n").unwrap_err();
        assert_eq!(
            error,
            "line 2: fold is another name for the action of line 1; remove one of the two lines"
        );
    }

    #[test]
    fn a_bound_action_has_exactly_the_listed_keys() {
        let (map, lines) = over_built_in("# mine\nbottom = [\"x\"]\npoll-now = []\n").unwrap();
        assert_eq!(map.keys(Action::Move(Move::Bottom)), [Key::Char('x')]);
        assert_eq!(map.action(Context::View(Tab::Events), Key::Char('G')), None);
        assert_eq!(map.action(Context::View(Tab::Events), Key::Char('r')), None);
        assert_eq!(
            map.action(Context::View(Tab::Events), Key::Char('j')),
            Some(Action::Move(Move::Down))
        );
        assert_eq!(
            lines,
            [
                (Action::Move(Move::Bottom), 2),
                (Action::Session(SessionAction::PollNow), 3)
            ]
            .into()
        );
    }

    #[test]
    fn an_empty_file_changes_nothing() {
        assert_eq!(over_built_in("").unwrap().0, built_in().unwrap());
    }

    #[test]
    fn an_error_names_its_line() {
        let cases = [
            (
                "\npage-dwn = [\"x\"]",
                "line 2: unknown action page-dwn; did you mean page-down?",
            ),
            (
                "zzzz = []",
                "line 1: unknown action zzzz; `bakewatch keys` lists the actions",
            ),
            (
                "up = [\n\"k\",\n\"ctrl-i\"]",
                "line 3: a terminal sends tab for ctrl-i; write tab",
            ),
            (
                "up = []\nfilter = [\"r\"]",
                "line 2: r is bound to both filter and poll-now in the list; choose another key for one of them",
            ),
            (
                "help = [\"ctrl-c\"]",
                "line 1: ctrl-c is bound to both leave and help in the list; choose another key for one of them",
            ),
        ];
        for (text, wanted) in cases {
            assert_eq!(over_built_in(text).unwrap_err(), wanted);
        }
    }

    #[test]
    fn an_error_is_one_safe_line() {
        for text in [
            "up = 3",
            "up = \"k\"",
            "up",
            "up = [\"\\u001b\"]",
            "\"\\u001b\\n\" = []",
            "[list]\nup = []",
            "up = []\nup = []",
            "up = [\"a\nb\"]",
            "\u{1b}[31m",
            "[[up]]",
        ] {
            let message = over_built_in(text).unwrap_err();
            assert!(message.starts_with("line "), "{message}");
            assert_eq!(
                one_line(SafeText::new(&message).as_str()),
                message,
                "{text}"
            );
        }
    }
}
