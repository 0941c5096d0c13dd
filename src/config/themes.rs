//! The colour themes: the built-in ones in `assets/themes`, and the user's in the folder `themes` beside config.toml.
//!
//! A theme overrides the theme that it is based on. Errors name their line. Tests: `tests/it/view/themes.rs`.

use std::collections::BTreeMap;
use std::path::Path;

use toml::{Spanned, Value};

use crate::config::background::Background;
use crate::config::file::{FileError, clean, closest_name_or, file_error};
use crate::config::{Environment, file};
use crate::error::Error;
use crate::style::{Depth, Glyphs, Role, Scheme, Theme};

/// The theme that follows the terminal's background.
pub(crate) const AUTO: &str = "auto";

/// The theme that the others are based on.
const NEUTRAL: &str = "neutral";

/// The entry that names the theme that a theme is based on.
const BASE: &str = "base";

/// A correct line of a theme file.
const EXAMPLE: &str = r#"good = { true = "bold #24974b", 256 = "28", 16 = "green" }"#;

/// A theme file: the styles of roles, by name, and `base`.
type File = BTreeMap<Spanned<String>, Spanned<Value>>;

/// The built-in themes: names and file texts.
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

/// What `auto` stands for once the terminal has told its background. The theme is loaded then: the first frame does not
/// wait for those that it does not show.
#[derive(Clone, Debug)]
pub struct ByBackground {
    environment: Environment,
    depth: Depth,
    glyphs: Glyphs,
    is_ascii: bool,
}

impl ByBackground {
    pub(crate) fn new(
        environment: &Environment,
        depth: Depth,
        glyphs: Glyphs,
        is_ascii: bool,
    ) -> Self {
        Self {
            environment: environment.clone(),
            depth,
            glyphs,
            is_ascii,
        }
    }

    /// The theme for a background. None where the user's file of it is wrong, which is an error where the theme is chosen
    /// by name.
    pub(crate) fn theme(&self, background: Background) -> Option<Theme> {
        let scheme = load(automatic(background), &self.environment).ok()?;
        Some(Theme::new(&scheme, self.depth, self.glyphs).in_ascii(self.is_ascii))
    }
}

/// The name of the theme that `auto` stands for.
pub(crate) const fn automatic(background: Background) -> &'static str {
    match background {
        Background::Dark => "dark",
        Background::Light => "light",
        Background::Unknown => NEUTRAL,
    }
}

/// The built-in theme of this name.
///
/// # Errors
/// If its file is wrong, which a test rules out.
pub fn built_in(name: &str) -> Result<Option<Scheme>, FileError> {
    let text_of = |wanted| BUILT_IN.into_iter().find(|(name, _)| *name == wanted);
    let Some((_, text)) = text_of(name) else {
        return Ok(None);
    };
    let mut scheme = Scheme::default();
    if let Some((_, neutral)) = text_of(NEUTRAL).filter(|_| name != NEUTRAL) {
        apply(neutral, &mut scheme)?;
    }
    apply(text, &mut scheme)?;
    Ok(Some(scheme))
}

/// The reason that a theme could not be loaded.
#[derive(Debug)]
pub(super) enum ThemeError {
    /// There is no theme of this name; the text names the others.
    Unknown(String),
    /// Its file can't be read or is wrong.
    Wrong(Error),
}

impl From<Error> for ThemeError {
    fn from(error: Error) -> Self {
        Self::Wrong(error)
    }
}

/// A theme by name: the user's own, a built-in one, or `auto`.
///
/// # Errors
/// If there is no such theme, or its file is wrong.
pub(super) fn load(name: &str, environment: &Environment) -> Result<Scheme, ThemeError> {
    let purpose = "the theme";
    let name = if name == AUTO {
        automatic(environment.background)
    } else {
        name
    };
    let file = environment
        .config_folder
        .as_ref()
        .filter(|_| is_file_name(name))
        .map(|folder| folder.join("themes").join(format!("{name}.toml")));
    if let Some(path) = &file
        && let Some(text) = file::read(purpose, path)?
    {
        let own = user_theme(&text).map_err(|why| file_error(purpose, path, &why));
        return Ok(own?);
    }
    let asset = format!("assets/themes/{name}.toml");
    let scheme = built_in(name).map_err(|why| file_error(purpose, Path::new(&asset), &why))?;
    scheme.ok_or_else(|| ThemeError::Unknown(unknown_theme(name, file.as_deref())))
}

/// Whether a theme may have this name, which becomes a file name.
fn is_file_name(name: &str) -> bool {
    let is_plain = |letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '_');
    !name.is_empty() && name.chars().all(is_plain)
}

fn unknown_theme(name: &str, file: Option<&Path>) -> String {
    let names: Vec<_> = [AUTO]
        .into_iter()
        .chain(BUILT_IN.map(|(name, _)| name))
        .collect();
    let all = format!("available: {}", names.join(", "));
    let help = closest_name_or(name, names.iter().copied(), &all);
    let name = clean(name);
    match file {
        Some(file) => {
            let file = clean(&file.to_string_lossy());
            format!("unknown theme {name}, and there is no file {file}; {help}")
        }
        None => format!("unknown theme {name}; {help}"),
    }
}

/// The user's own theme.
fn user_theme(text: &str) -> Result<Scheme, FileError> {
    let mut name = Spanned::new(0..0, NEUTRAL.to_owned());
    for (entry, value) in parse(text)? {
        if entry.get_ref() == BASE {
            let span = value.span();
            let Value::String(base) = value.into_inner() else {
                let message = "base must be the name of a built-in theme, such as \"dark\"";
                return Err(FileError::at(text, &span, message));
            };
            name = Spanned::new(span, base);
        }
    }
    let mut scheme = built_in(name.get_ref())?.ok_or_else(|| {
        let names = BUILT_IN.map(|(name, _)| name);
        let all = format!("available: {}", names.join(", "));
        let help = closest_name_or(name.get_ref(), names, &all);
        let message = format!("unknown built-in theme {}; {help}", clean(name.get_ref()));
        FileError::at(text, &name.span(), message)
    })?;
    apply(text, &mut scheme)?;
    Ok(scheme)
}

/// Overrides the roles of a theme with a file's text.
fn apply(text: &str, scheme: &mut Scheme) -> Result<(), FileError> {
    for (entry, value) in parse(text)? {
        let name = entry.get_ref();
        if name == BASE {
            continue;
        }
        let invalid = |message: String| FileError::at(text, &entry.span(), message);
        let role = Role::ALL
            .into_iter()
            .find(|role| role.name() == name)
            .ok_or_else(|| invalid(unknown_role(name)))?;
        let Value::Table(looks) = value.get_ref() else {
            return Err(invalid(format!(
                "{name} must be a table; example: {EXAMPLE}"
            )));
        };
        for (depth, words) in looks {
            let known = Depth::ALL.into_iter().find(|known| known.name() == depth);
            let (Some(depth), Value::String(words)) = (known, words) else {
                let depth = clean(depth);
                let message = format!("{name}: invalid entry {depth}; example: {EXAMPLE}");
                return Err(invalid(message));
            };
            let set = scheme.set(role, depth, words);
            set.map_err(|why| invalid(format!("{name}: {why}")))?;
        }
    }
    Ok(())
}

fn unknown_role(given: &str) -> String {
    let names = Role::ALL.map(Role::name);
    let all = format!("available: {}", names.join(", "));
    format!(
        "unknown role {}; {}",
        clean(given),
        closest_name_or(given, names, &all)
    )
}

/// The entries of a theme file, in the order of their names.
fn parse(text: &str) -> Result<File, FileError> {
    toml::from_str(text).map_err(|error| FileError::syntax(text, &error, EXAMPLE))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::safe::{SafeText, one_line};

    #[test]
    fn the_neutral_theme_defines_every_role_at_every_depth() {
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
    fn without_colours_the_neutral_theme_equals_the_default_scheme() {
        let (neutral, weights) = (built_in(NEUTRAL).unwrap().unwrap(), Scheme::default());
        for role in Role::ALL {
            let style = |scheme: &Scheme| scheme.style(role, Depth::None);
            assert_eq!(style(&neutral), style(&weights), "{role:?}");
        }
    }

    #[test]
    fn a_users_theme_differs_from_its_base_in_its_entries_only() {
        let mine = user_theme("base = \"dark\"\ngood = { true = \"#123456\" }\n").unwrap();
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
        assert_eq!(user_theme("").unwrap(), built_in(NEUTRAL).unwrap().unwrap());
    }

    #[test]
    fn an_error_names_its_line_in_one_safe_line() {
        for (text, wanted) in [
            (
                "\nbase = \"drak\"",
                "line 2: unknown built-in theme drak; did you mean dark?",
            ),
            (
                "base = 3",
                "line 1: base must be the name of a built-in theme, such as \"dark\"",
            ),
            (
                "\n\ngod = {}",
                "line 3: unknown role god; did you mean good?",
            ),
            (
                "good = \"green\"",
                "line 1: good must be a table; example: ",
            ),
            (
                "good = { 8 = \"green\" }",
                "line 1: good: invalid entry 8; example: ",
            ),
            (
                "good = { 16 = 2 }",
                "line 1: good: invalid entry 16; example: ",
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
            ("\"\\u001b\\n\" = {}", "line 1: unknown role "),
            ("base = \"\\u001b\"", "line 1: unknown built-in theme "),
            ("good", "line 1: "),
        ] {
            let message = user_theme(text).unwrap_err().to_string();
            assert!(message.starts_with(wanted), "{text}: {message}");
            assert_eq!(
                one_line(SafeText::new(&message).as_str()),
                message,
                "{text}"
            );
        }
    }

    #[test]
    fn a_name_that_is_not_a_file_name_is_no_theme() {
        for name in ["", "../keys", "a/b", "a.b", "\u{1b}"] {
            let error = load(name, &Environment::default()).unwrap_err();
            let ThemeError::Unknown(message) = error else {
                panic!("{error:?}");
            };
            assert!(message.starts_with("unknown theme "), "{message}");
            assert!(!message.contains(char::is_control), "{message:?}");
        }
    }
}
