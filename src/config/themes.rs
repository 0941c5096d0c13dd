//! The themes: those in `assets/themes`, and a person's own in the folder `themes` beside their settings.
//!
//! A theme says what differs from the one that it is based on. What can't be is refused with its line.

use std::collections::BTreeMap;
use std::path::Path;

use toml::{Spanned, Value};

use crate::config::background::Background;
use crate::config::file::{FileError, clean, meant, refused};
use crate::config::{Environment, file};
use crate::error::Error;
use crate::style::{Depth, Role, Scheme};

/// The theme that goes by what is known about the terminal.
pub(crate) const AUTO: &str = "auto";

/// The theme that the others are based on.
const NEUTRAL: &str = "neutral";

/// What a theme's file calls the theme that it is based on.
const BASE: &str = "base";

/// A line of a theme's file.
const EXAMPLE: &str = r#"good = { true = "bold #24974b", 256 = "28", 16 = "green" }"#;

/// A theme's file: what roles look like, by name, and the theme that it is based on.
type File = BTreeMap<Spanned<String>, Spanned<Value>>;

/// The themes that everybody has, by name, with the text of each.
pub const BUILT_IN: [(&str, &str); 5] = [
    (NEUTRAL, include_str!("../../assets/themes/neutral.toml")),
    ("dark", include_str!("../../assets/themes/dark.toml")),
    ("light", include_str!("../../assets/themes/light.toml")),
    (
        "high-contrast",
        include_str!("../../assets/themes/high-contrast.toml"),
    ),
    (
        "colour-blind",
        include_str!("../../assets/themes/colour-blind.toml"),
    ),
];

/// The name of the theme that `auto` stands for.
pub(crate) const fn automatic(background: Background) -> &'static str {
    match background {
        Background::Dark => "dark",
        Background::Light => "light",
        Background::Unknown => NEUTRAL,
    }
}

/// A built-in theme; nothing where there is none of that name.
///
/// # Errors
/// Where its file is not as it must be; a test says so before a person can.
pub fn built_in(name: &str) -> Result<Option<Scheme>, FileError> {
    let text_of = |wanted| BUILT_IN.into_iter().find(|(name, _)| *name == wanted);
    let Some((_, text)) = text_of(name) else {
        return Ok(None);
    };
    let mut scheme = Scheme::default();
    if let Some((_, neutral)) = text_of(NEUTRAL) {
        lay_over(neutral, &mut scheme)?;
    }
    lay_over(text, &mut scheme)?;
    Ok(Some(scheme))
}

/// Why there is no theme to be had.
#[derive(Debug)]
pub(super) enum ThemeError {
    /// None is called so; this says which are.
    Unknown(String),
    /// Its file can't be read, or says what can't be.
    Wrong(Error),
}

impl From<Error> for ThemeError {
    fn from(error: Error) -> Self {
        Self::Wrong(error)
    }
}

/// A theme by name: a person's own, a built-in one, or `auto`.
///
/// # Errors
/// Where there is no such theme, or its file says what can't be.
pub(super) fn load(name: &str, environment: &Environment) -> Result<Scheme, ThemeError> {
    let what = "the theme";
    let name = if name == AUTO {
        automatic(environment.background)
    } else {
        name
    };
    let file = environment
        .config_folder
        .as_ref()
        .filter(|_| is_a_file_name(name))
        .map(|folder| folder.join("themes").join(format!("{name}.toml")));
    if let Some(path) = &file
        && let Some(text) = file::read(what, path)?
    {
        let own = own(&text).map_err(|why| refused(what, path, &why));
        return Ok(own?);
    }
    let asset = format!("assets/themes/{name}.toml");
    let scheme = built_in(name).map_err(|why| refused(what, Path::new(&asset), &why))?;
    scheme.ok_or_else(|| ThemeError::Unknown(unknown_theme(name, file.as_deref())))
}

/// Whether a theme may be called so: its name becomes that of a file.
fn is_a_file_name(name: &str) -> bool {
    let is_plain = |letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '_');
    !name.is_empty() && name.chars().all(is_plain)
}

fn unknown_theme(name: &str, file: Option<&Path>) -> String {
    let names: Vec<_> = [AUTO]
        .into_iter()
        .chain(BUILT_IN.map(|(name, _)| name))
        .collect();
    let all = format!("there are {}", names.join(", "));
    let meant = meant(name, names.iter().copied(), &all);
    let name = clean(name);
    match file {
        Some(file) => {
            let file = clean(&file.to_string_lossy());
            format!("no theme is called {name}, and there is no file {file}; {meant}")
        }
        None => format!("no theme is called {name}; {meant}"),
    }
}

/// A person's own theme.
fn own(text: &str) -> Result<Scheme, FileError> {
    let mut name = Spanned::new(0..0, NEUTRAL.to_owned());
    for (entry, value) in parse(text)? {
        if entry.get_ref() == BASE {
            let place = value.span();
            let Value::String(base) = value.into_inner() else {
                let message = "base is the name of a built-in theme, such as \"dark\"";
                return Err(FileError::at(text, &place, message));
            };
            name = Spanned::new(place, base);
        }
    }
    let mut scheme = built_in(name.get_ref())?.ok_or_else(|| {
        let names = BUILT_IN.map(|(name, _)| name);
        let all = format!("there are {}", names.join(", "));
        let meant = meant(name.get_ref(), names, &all);
        let message = format!(
            "no built-in theme is called {}; {meant}",
            clean(name.get_ref())
        );
        FileError::at(text, &name.span(), message)
    })?;
    lay_over(text, &mut scheme)?;
    Ok(scheme)
}

/// Lays what a file says of roles over a theme.
fn lay_over(text: &str, scheme: &mut Scheme) -> Result<(), FileError> {
    for (entry, value) in parse(text)? {
        let name = entry.get_ref();
        if name == BASE {
            continue;
        }
        let wrong = |message: String| FileError::at(text, &entry.span(), message);
        let role = Role::ALL
            .into_iter()
            .find(|role| role.name() == name)
            .ok_or_else(|| wrong(unknown_role(name)))?;
        let Value::Table(looks) = value.get_ref() else {
            return Err(wrong(format!(
                "{name} is no table; a line reads like {EXAMPLE}"
            )));
        };
        for (depth, words) in looks {
            let known = Depth::ALL.into_iter().find(|known| known.name() == depth);
            let (Some(depth), Value::String(words)) = (known, words) else {
                let depth = clean(depth);
                let message =
                    format!("{name}: {depth} is not understood; a line reads like {EXAMPLE}");
                return Err(wrong(message));
            };
            let set = scheme.set(role, depth, words);
            set.map_err(|why| wrong(format!("{name}: {why}")))?;
        }
    }
    Ok(())
}

fn unknown_role(given: &str) -> String {
    let names = Role::ALL.map(Role::name);
    let all = format!("there are {}", names.join(", "));
    format!(
        "no role is called {}; {}",
        clean(given),
        meant(given, names, &all)
    )
}

/// The entries of a theme's file, in the order of their names.
fn parse(text: &str) -> Result<File, FileError> {
    toml::from_str(text).map_err(|error| FileError::syntax(text, &error, EXAMPLE))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::safe::{SafeText, one_line};

    #[test]
    fn the_neutral_theme_says_what_every_role_is_at_every_depth() {
        let file = parse(BUILT_IN[0].1).unwrap();
        let roles: Vec<_> = file.keys().map(|role| role.get_ref().as_str()).collect();
        for role in Role::ALL {
            assert!(roles.contains(&role.name()), "{role:?}");
        }
        for (role, looks) in &file {
            let Value::Table(looks) = looks.get_ref() else {
                panic!("{role:?}");
            };
            assert_eq!(looks.len(), Depth::ALL.len(), "{role:?}");
        }
    }

    #[test]
    fn without_colours_the_neutral_theme_is_what_the_program_knows_by_itself() {
        let (neutral, weights) = (built_in(NEUTRAL).unwrap().unwrap(), Scheme::default());
        for role in Role::ALL {
            let style = |scheme: &Scheme| scheme.style(role, Depth::None);
            assert_eq!(style(&neutral), style(&weights), "{role:?}");
        }
    }

    #[test]
    fn a_theme_of_ones_own_differs_in_what_it_says() {
        let mine = own("base = \"dark\"\ngood = { true = \"#123456\" }\n").unwrap();
        let dark = built_in("dark").unwrap().unwrap();
        for (role, depth) in Role::ALL
            .into_iter()
            .flat_map(|role| Depth::ALL.map(|depth| (role, depth)))
        {
            let same = mine.style(role, depth) == dark.style(role, depth);
            assert_eq!(
                same,
                (role, depth) != (Role::Good, Depth::True),
                "{role:?} {depth:?}"
            );
        }
        assert_eq!(own("").unwrap(), built_in(NEUTRAL).unwrap().unwrap());
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line_in_one_clean_line() {
        for (text, wanted) in [
            (
                "\nbase = \"drak\"",
                "line 2: no built-in theme is called drak; did you mean dark?",
            ),
            (
                "base = 3",
                "line 1: base is the name of a built-in theme, such as \"dark\"",
            ),
            (
                "\n\ngod = {}",
                "line 3: no role is called god; did you mean good?",
            ),
            (
                "good = \"green\"",
                "line 1: good is no table; a line reads like",
            ),
            (
                "good = { 8 = \"green\" }",
                "line 1: good: 8 is not understood; a line reads like",
            ),
            (
                "good = { 16 = 2 }",
                "line 1: good: 16 is not understood; a line reads like",
            ),
            (
                "good = { 16 = \"gren\" }",
                "line 1: good: gren is neither a colour nor a weight",
            ),
            (
                "good = { none = \"green\" }",
                "line 1: good: green can't be shown in none",
            ),
            ("good = { \"\\u001b\" = \"\" }", "line 1: good: "),
            ("\"\\u001b\\n\" = {}", "line 1: no role is called "),
            ("base = \"\\u001b\"", "line 1: no built-in theme is called "),
            ("good", "line 1: "),
        ] {
            let message = own(text).unwrap_err().to_string();
            assert!(message.starts_with(wanted), "{text}: {message}");
            assert_eq!(
                one_line(SafeText::new(&message).as_str()),
                message,
                "{text}"
            );
        }
    }

    #[test]
    fn a_name_that_is_no_file_name_is_no_theme() {
        for name in ["", "../keys", "a/b", "a.b", "\u{1b}"] {
            let error = load(name, &Environment::default()).unwrap_err();
            let ThemeError::Unknown(message) = error else {
                panic!("{error:?}");
            };
            assert!(message.starts_with("no theme is called"), "{message}");
            assert!(!message.contains(char::is_control), "{message:?}");
        }
    }
}
