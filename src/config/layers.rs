//! The layers of a setting: flag, environment variable, config.toml, default; the first that has a value wins.
//!
//! `preferences` picks every setting once, by its row. The picked settings can be printed, and names in the file that
//! no row picked are errors. Tests: `tests/it/config/settings.rs`.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::ValueEnum;
use toml::{Spanned, Value};

use crate::config::file::{FileError, clean, closest_name_or, file_error, line_of};
use crate::config::headers::ExtraHeader;
use crate::config::{Environment, file, headers};
use crate::error::Error;

/// The user's file, in the configuration folder.
const FILE: &str = "config.toml";

/// The purpose of the file, for errors.
const PURPOSE: &str = "the settings";

/// The layer of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    Flag,
    /// The environment variable with this name.
    Environment(&'static str),
    /// The user's file, at this line (from 1).
    File(usize),
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => f.write_str("flag"),
            Self::Environment(name) => write!(f, "env {name}"),
            Self::File(line) => write!(f, "line {line} of your file"),
            Self::Default => f.write_str("default"),
        }
    }
}

impl Origin {
    /// The flag, the variable or the line that gave a setting its value, for errors.
    pub(super) fn of_setting(self, name: &str, file: Option<&Path>) -> String {
        match (self, file) {
            (Self::Environment(variable), _) => variable.to_owned(),
            (Self::File(line), Some(file)) => {
                let file = clean(&file.to_string_lossy());
                format!("{name} (line {line} of {file})")
            }
            _ => format!("--{name}"),
        }
    }
}

/// An effective setting, as `bakewatch config` prints it.
#[derive(Clone, Debug)]
pub struct Setting {
    pub name: &'static str,
    /// The value as safe TOML; `None` if it is not set.
    pub value: Option<String>,
    pub origin: String,
    pub help: String,
}

/// The definition of a setting: its name in the file, its help, and how its values are parsed and formatted.
#[derive(Debug)]
pub(super) struct Row<T> {
    pub(super) name: &'static str,
    pub(super) help: String,
    parse: fn(&Value) -> Result<T, String>,
    format: fn(&T) -> String,
}

impl<T> Row<T> {
    const fn new(
        name: &'static str,
        help: String,
        parse: fn(&Value) -> Result<T, String>,
        format: fn(&T) -> String,
    ) -> Self {
        Self {
            name,
            help,
            parse,
            format,
        }
    }

    /// Formats its values in another way.
    pub(super) fn with_format(self, format: fn(&T) -> String) -> Self {
        Self { format, ..self }
    }
}

/// A string setting. An empty string counts as not set.
pub(super) fn text(name: &'static str, help: impl Into<String>) -> Row<String> {
    let parse = |value: &Value| Ok(string(value)?.to_owned());
    Row::new(name, help.into(), parse, |text| quoted(text))
}

/// A file path.
pub(super) fn path(name: &'static str, help: impl Into<String>) -> Row<PathBuf> {
    let parse = |value: &Value| Ok(PathBuf::from(string(value)?));
    let format = |path: &PathBuf| quoted(&path.to_string_lossy());
    Row::new(name, help.into(), parse, format)
}

/// The headers of requests to the API.
pub(super) fn header_table(name: &'static str, help: impl Into<String>) -> Row<Vec<ExtraHeader>> {
    Row::new(name, help.into(), headers::of_table, |all| {
        headers::names(all)
    })
}

/// A polling interval, in the format of the command line.
pub(super) fn interval(name: &'static str, help: impl Into<String>) -> Row<Duration> {
    let parse = |value: &Value| crate::cli::interval(string(value)?);
    let format = |time: &Duration| quoted(&humantime::format_duration(*time).to_string());
    Row::new(name, help.into(), parse, format)
}

/// The time between two progress lines; 0 is the only number without a unit.
pub(super) fn heartbeat(name: &'static str, help: impl Into<String>) -> Row<Duration> {
    let parse = |value: &Value| match value {
        Value::Integer(0) => Ok(Duration::ZERO),
        value => crate::cli::heartbeat(string(value)?),
    };
    let format = |time: &Duration| quoted(&humantime::format_duration(*time).to_string());
    Row::new(name, help.into(), parse, format)
}

/// A boolean setting.
pub(super) fn switch(name: &'static str, help: impl Into<String>) -> Row<bool> {
    let parse = |value: &Value| value.as_bool().ok_or("must be true or false".to_owned());
    Row::new(name, help.into(), parse, ToString::to_string)
}

/// One of several values.
pub(super) fn choice<T: ValueEnum>(name: &'static str, help: impl Into<String>) -> Row<T> {
    let help = format!("{} ({})", help.into(), names::<T>().join(", "));
    let parse = |value: &Value| {
        let given = string(value)?;
        T::from_str(given, false).ok().ok_or_else(|| {
            let names = names::<T>();
            let all = format!("valid values: {}", names.join(", "));
            let help = closest_name_or(given, names.iter().map(String::as_str), &all);
            format!("unknown value {}; {help}", clean(given))
        })
    };
    Row::new(name, help, parse, |value| quoted(&name_of(value)))
}

fn name_of<T: ValueEnum>(value: &T) -> String {
    let value = value.to_possible_value();
    value.map_or_else(String::new, |value| value.get_name().to_owned())
}

fn names<T: ValueEnum>() -> Vec<String> {
    T::value_variants().iter().map(name_of).collect()
}

fn string(value: &Value) -> Result<&str, String> {
    let text = value.as_str();
    text.ok_or_else(|| "must be a string in quotation marks".to_owned())
}

/// A string as safe TOML.
pub(super) fn quoted(text: &str) -> String {
    let text = clean(text).replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{text}\"")
}

#[derive(Clone, Debug)]
pub(super) struct Picked<T> {
    pub(super) value: Option<T>,
    pub(super) origin: Origin,
}

impl<T: Clone> Picked<T> {
    /// The value of a flag or of the environment, before anything that the AWS crates know.
    pub(super) fn unless_file(&self) -> Option<T> {
        let from_file = matches!(self.origin, Origin::File(_));
        self.value.clone().filter(|_| !from_file)
    }

    /// The value, unless it is from the environment, where the AWS crates look for it themselves.
    pub(super) fn unless_environment(&self) -> Option<T> {
        let from_environment = matches!(self.origin, Origin::Environment(_));
        self.value.clone().filter(|_| !from_environment)
    }
}

/// The user's file, and the settings picked so far.
#[derive(Debug)]
pub(super) struct Layers {
    file: Option<PathBuf>,
    text: String,
    entries: BTreeMap<Spanned<String>, Spanned<Value>>,
    picked: Vec<Setting>,
}

impl Layers {
    /// Reads the user's file, if there is one.
    pub(super) fn read(environment: &Environment) -> Result<Self, Error> {
        let folder = environment.config_folder.as_ref();
        let file = folder.map(|folder| folder.join(FILE));
        let mut text = String::new();
        let mut entries = BTreeMap::new();
        if let Some(path) = &file
            && let Some(read) = file::read(PURPOSE, path)?
        {
            text = read;
            entries = toml::from_str(&text).map_err(|error| {
                let why = FileError::syntax(&text, &error, r#"region = "us-east-1""#);
                file_error(PURPOSE, path, &why)
            })?;
        }
        Ok(Self {
            file,
            text,
            entries,
            picked: Vec::new(),
        })
    }

    /// Picks a setting's value.
    ///
    /// # Errors
    /// [`Error::Usage`] if the file has an invalid value, even if another layer wins.
    pub(super) fn pick<T>(
        &mut self,
        row: Row<T>,
        flag: Option<T>,
        environment: Option<(&'static str, Option<T>)>,
        default: Option<T>,
    ) -> Result<Picked<T>, Error> {
        let from_file = self.file_value(&row)?;
        let (value, origin) = if flag.is_some() {
            (flag, Origin::Flag)
        } else if let Some((name, value)) = environment {
            (value, Origin::Environment(name))
        } else if let Some((value, line)) = from_file {
            (Some(value), Origin::File(line))
        } else {
            (default, Origin::Default)
        };
        let is_unset = value.is_none() && origin == Origin::Default;
        self.picked.push(Setting {
            name: row.name,
            value: value.as_ref().map(row.format),
            origin: if is_unset {
                "not set".to_owned()
            } else {
                origin.to_string()
            },
            help: row.help,
        });
        Ok(Picked { value, origin })
    }

    fn file_value<T>(&self, row: &Row<T>) -> Result<Option<(T, usize)>, Error> {
        let entry = self
            .entries
            .iter()
            .find(|(name, _)| name.get_ref() == row.name);
        let Some((name, value)) = entry else {
            return Ok(None);
        };
        if value.get_ref().as_str() == Some("") {
            return Ok(None);
        }
        let line = line_of(&self.text, name.span().start);
        let parsed = (row.parse)(value.get_ref());
        let value = parsed.map_err(|why| self.invalid_value(row.name, Origin::File(line), &why))?;
        Ok(Some((value, line)))
    }

    /// The error for an invalid value, naming its origin.
    pub(super) fn invalid_value(&self, name: &str, origin: Origin, why: &str) -> Error {
        match (origin, &self.file) {
            (Origin::File(line), Some(file)) => {
                let message = format!("{name}: {why}");
                file_error(PURPOSE, file, &FileError { line, message })
            }
            (Origin::Environment(variable), _) => {
                Error::Usage(format!("invalid value for {variable}: {why}"))
            }
            _ => Error::Usage(format!("invalid value for --{name}: {why}")),
        }
    }

    /// The path of the user's file, even if it does not exist, and the picked settings.
    ///
    /// # Errors
    /// [`Error::Usage`] if the file has an unknown setting.
    pub(super) fn finish(self) -> Result<(Option<PathBuf>, Vec<Setting>), Error> {
        let names: Vec<_> = self.picked.iter().map(|line| line.name).collect();
        let mut unknown: Vec<_> = self.entries.keys().collect();
        unknown.retain(|name| !names.contains(&name.get_ref().as_str()));
        unknown.sort_by_key(|name| name.span().start);
        if let (Some(name), Some(file)) = (unknown.first(), &self.file) {
            let given = name.get_ref();
            let help = closest_name_or(given, names, "`bakewatch config` lists the settings");
            let message = format!("unknown setting {}; {help}", clean(given));
            let why = FileError::at(&self.text, &name.span(), message);
            return Err(file_error(PURPOSE, file, &why));
        }
        Ok((self.file, self.picked))
    }
}
