//! The key map: what `assets/keys.toml` says, and over it what the person's own `keys.toml` says.
//!
//! An action that the person's file names has just the keys listed there. What can't be is refused with its
//! line, rather than left to be found out at a key press.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use toml::Spanned;

use crate::app::keys::action::Action;
use crate::app::keys::commands::{COMMANDS, action_named, name_of};
use crate::app::keys::key::Key;
use crate::app::keys::keymap::KeyMap;
use crate::config::file::{FileError, clean, line_of, meant, refused};
use crate::config::{Environment, file};
use crate::error::Error;

const BUILT_IN: &str = include_str!("../../assets/keys.toml");

/// The person's file, in the folder for this program.
const FILE: &str = "keys.toml";

/// The key map in force, and where it comes from.
#[derive(Debug)]
pub struct Keys {
    pub map: KeyMap,
    /// The person's file, whether or not it is there; none where the person has no home.
    pub file: Option<PathBuf>,
    /// The actions whose keys the person's file says, and the line in which it does, from 1.
    pub overridden: HashMap<Action, usize>,
}

/// The key map without a person's changes.
///
/// # Errors
/// Where `assets/keys.toml` is not as it must be; a test says so before a person can.
pub fn built_in() -> Result<KeyMap, FileError> {
    let mut map = KeyMap::default();
    read(BUILT_IN, &mut map)?;
    Ok(map)
}

impl Keys {
    /// Reads the key map in force.
    ///
    /// # Errors
    /// [`Error::Usage`] where the person's file can't be read or says what can't be.
    pub fn load(environment: &Environment) -> Result<Self, Error> {
        let what = "the key map";
        let mut map =
            built_in().map_err(|why| refused(what, Path::new("assets/keys.toml"), &why))?;
        let folder = environment.config_folder.as_ref();
        let file = folder.map(|folder| folder.join(FILE));
        let mut overridden = HashMap::new();
        if let Some(path) = &file
            && let Some(text) = file::read(what, path)?
        {
            overridden = read(&text, &mut map).map_err(|why| refused(what, path, &why))?;
        }
        Ok(Self {
            map,
            file,
            overridden,
        })
    }
}

/// A key map's file: the keys of some actions, by name.
type File = BTreeMap<Spanned<String>, Spanned<Vec<Spanned<String>>>>;

/// Puts what a text says over a key map. The result is the actions that it names, and the lines.
fn read(text: &str, map: &mut KeyMap) -> Result<HashMap<Action, usize>, FileError> {
    let example = r#"down = ["j", "down"]"#;
    let file: File =
        toml::from_str(text).map_err(|error| FileError::syntax(text, &error, example))?;
    let mut entries: Vec<_> = file.into_iter().collect();
    entries.sort_by_key(|(name, _)| name.span().start);
    let mut lines = HashMap::new();
    for (entry, keys) in entries {
        let action = action_named(entry.get_ref())
            .ok_or_else(|| FileError::at(text, &entry.span(), unknown_action(entry.get_ref())))?;
        let keys = keys.into_inner().into_iter();
        let keys: Result<Vec<Key>, _> = keys
            .map(|key| {
                let read = key.get_ref().parse::<Key>();
                read.map_err(|error| FileError::at(text, &key.span(), error))
            })
            .collect();
        map.bind(action, keys?);
        let line = line_of(text, entry.span().start);
        // TOML refuses the same name twice; an action can still be there under an earlier name too.
        if let Some(first) = lines.insert(action, line) {
            let message = format!(
                "{} is the same action as in line {first}, by another name; keep one of the two lines",
                entry.get_ref()
            );
            return Err(FileError { line, message });
        }
    }
    if let Some(clash) = map.clash() {
        let [first, second] = clash.actions.map(name_of);
        let line = clash.actions.iter().filter_map(|action| lines.get(action));
        return Err(FileError {
            line: line.copied().max().unwrap_or(1),
            message: format!(
                "{} would mean both {first} and {second} in the {}; give one of them other keys",
                clash.key,
                clash.context.label()
            ),
        });
    }
    Ok(lines)
}

fn unknown_action(given: &str) -> String {
    let names = COMMANDS.iter().map(|command| command.name);
    let meant = meant(given, names, "`bakewatch keys` lists them");
    format!("no action is called {}; {meant}", clean(given))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::keys::action::Context;
    use crate::text::safe::{SafeText, one_line};

    fn over_built_in(text: &str) -> Result<(KeyMap, HashMap<Action, usize>), String> {
        let mut map = built_in().unwrap();
        match read(text, &mut map) {
            Ok(lines) => Ok((map, lines)),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn every_action_has_a_line_in_the_built_in_file() {
        let lines = read(BUILT_IN, &mut KeyMap::default()).unwrap();
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
        assert_eq!(map.keys(Action::Left), [Key::Char('x')]);
        assert!(map.keys(Action::RelativeTimes).is_empty());
        assert_eq!(lines[&Action::Left], 1);
    }

    #[test]
    fn an_action_under_two_names_is_refused() {
        let error = over_built_in("left = [\"x\"]\nfold = [\"y\"]\n").unwrap_err();
        assert_eq!(
            error,
            "line 2: fold is the same action as in line 1, by another name; keep one of the two lines"
        );
    }

    #[test]
    fn an_action_that_is_named_has_just_the_keys_listed() {
        let (map, lines) = over_built_in("# mine\nbottom = [\"x\"]\npoll-now = []\n").unwrap();
        assert_eq!(map.keys(Action::Bottom), [Key::Char('x')]);
        assert_eq!(map.action(Context::List, Key::Char('G')), None);
        assert_eq!(map.action(Context::List, Key::Char('r')), None);
        assert_eq!(
            map.action(Context::List, Key::Char('j')),
            Some(Action::Down)
        );
        assert_eq!(lines, [(Action::Bottom, 2), (Action::PollNow, 3)].into());
    }

    #[test]
    fn an_empty_file_changes_nothing() {
        assert_eq!(over_built_in("").unwrap().0, built_in().unwrap());
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let cases = [
            (
                "\npage-dwn = [\"x\"]",
                "line 2: no action is called page-dwn; did you mean page-down?",
            ),
            (
                "zzzz = []",
                "line 1: no action is called zzzz; `bakewatch keys` lists them",
            ),
            (
                "up = [\n\"k\",\n\"ctrl-i\"]",
                "line 3: a terminal sends tab for ctrl-i; write tab",
            ),
            (
                "up = []\nfilter = [\"r\"]",
                "line 2: r would mean both filter and poll-now in the list; give one of them other keys",
            ),
            (
                "help = [\"ctrl-c\"]",
                "line 1: ctrl-c would mean both help and quit in the list; give one of them other keys",
            ),
        ];
        for (text, wanted) in cases {
            assert_eq!(over_built_in(text).unwrap_err(), wanted);
        }
    }

    #[test]
    fn what_is_wrong_is_said_in_one_clean_line() {
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
