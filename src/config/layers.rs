//! Where a setting comes from: a flag before the environment before the person's file before what is usual.
//!
//! Every setting is picked once, by its row; what was picked can be told, and what the file says beyond that
//! is refused.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;
use toml::{Spanned, Value};

use crate::config::file::{FileError, clean, line_of, meant, refused};
use crate::config::{Environment, file};
use crate::error::Error;
use crate::output::ConfigLine;

/// The person's file, in the folder for this program.
const FILE: &str = "config.toml";

/// What the file is for.
const WHAT: &str = "the settings";

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// The command line.
    Flag,
    /// The environment variable of that name.
    Environment(&'static str),
    /// The person's file, in that line, from 1.
    File(usize),
    /// Nobody said anything.
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

/// A setting: its name in the file, what it is for, and how its values are read and written there.
#[derive(Debug)]
pub(super) struct Row<T> {
    pub(super) name: &'static str,
    pub(super) help: String,
    read: fn(&Value) -> Result<T, String>,
    write: fn(&T) -> String,
}

impl<T> Row<T> {
    const fn new(
        name: &'static str,
        help: String,
        read: fn(&Value) -> Result<T, String>,
        write: fn(&T) -> String,
    ) -> Self {
        Self {
            name,
            help,
            read,
            write,
        }
    }

    /// Writes its values in another way.
    pub(super) fn written(self, write: fn(&T) -> String) -> Self {
        Self { write, ..self }
    }
}

/// A text; an empty one is as good as none.
pub(super) fn text(name: &'static str, help: impl Into<String>) -> Row<String> {
    let read = |value: &Value| Ok(words_of(value)?.to_owned());
    Row::new(name, help.into(), read, |text| quoted(text))
}

/// The path of a file.
pub(super) fn path(name: &'static str, help: impl Into<String>) -> Row<PathBuf> {
    let read = |value: &Value| Ok(PathBuf::from(words_of(value)?));
    let write = |path: &PathBuf| quoted(&path.to_string_lossy());
    Row::new(name, help.into(), read, write)
}

/// A duration as the command line has it, which `read` reads.
pub(super) fn interval(name: &'static str, help: impl Into<String>) -> Row<Duration> {
    let read = |value: &Value| crate::cli::interval(words_of(value)?);
    let write = |time: &Duration| quoted(&humantime::format_duration(*time).to_string());
    Row::new(name, help.into(), read, write)
}

/// Yes or no.
pub(super) fn switch(name: &'static str, help: impl Into<String>) -> Row<bool> {
    let read = |value: &Value| value.as_bool().ok_or("write true or false".to_owned());
    Row::new(name, help.into(), read, ToString::to_string)
}

/// One of a few words.
pub(super) fn word<T: ValueEnum>(name: &'static str, help: impl Into<String>) -> Row<T> {
    let help = format!("{} ({})", help.into(), names::<T>().join(", "));
    let read = |value: &Value| {
        let given = words_of(value)?;
        T::from_str(given, false).ok().ok_or_else(|| {
            let names = names::<T>();
            let all = format!("there are {}", names.join(", "));
            let meant = meant(given, names.iter().map(String::as_str), &all);
            format!("{} is not known; {meant}", clean(given))
        })
    };
    Row::new(name, help, read, |value| quoted(&name_of(value)))
}

fn name_of<T: ValueEnum>(value: &T) -> String {
    let named = value.to_possible_value();
    named.map_or_else(String::new, |value| value.get_name().to_owned())
}

fn names<T: ValueEnum>() -> Vec<String> {
    T::value_variants().iter().map(name_of).collect()
}

fn words_of(value: &Value) -> Result<&str, String> {
    let text = value.as_str();
    text.ok_or_else(|| "write it as a text, in quotation marks".to_owned())
}

/// A text as TOML, clean.
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
    /// The value, unless it is the environment's, where others look for it themselves.
    pub(super) fn unless_environment(&self) -> Option<T> {
        let is_theirs = matches!(self.origin, Origin::Environment(_));
        self.value.clone().filter(|_| !is_theirs)
    }
}

/// The person's file, and what was picked so far.
#[derive(Debug)]
pub(super) struct Layers {
    file: Option<PathBuf>,
    text: String,
    entries: BTreeMap<Spanned<String>, Spanned<Value>>,
    picked: Vec<ConfigLine>,
}

impl Layers {
    /// Reads the person's file, if there is one.
    pub(super) fn read(environment: &Environment) -> Result<Self, Error> {
        let folder = environment.config_folder.as_ref();
        let file = folder.map(|folder| folder.join(FILE));
        let mut text = String::new();
        let mut entries = BTreeMap::new();
        if let Some(path) = &file
            && let Some(read) = file::read(WHAT, path)?
        {
            text = read;
            entries = toml::from_str(&text).map_err(|error| {
                let why = FileError::syntax(&text, &error, r#"region = "us-east-1""#);
                refused(WHAT, path, &why)
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
    /// [`Error::Usage`] where the file has a wrong one, even if it is not picked.
    pub(super) fn pick<T>(
        &mut self,
        row: Row<T>,
        flag: Option<T>,
        environment: Option<(&'static str, Option<T>)>,
        usual: Option<T>,
    ) -> Result<Picked<T>, Error> {
        let of_file = self.of_file(&row)?;
        let (value, origin) = if flag.is_some() {
            (flag, Origin::Flag)
        } else if let Some((name, value)) = environment {
            (value, Origin::Environment(name))
        } else if let Some((value, line)) = of_file {
            (Some(value), Origin::File(line))
        } else {
            (usual, Origin::Default)
        };
        let origin_of_none = value.is_none() && origin == Origin::Default;
        self.picked.push(ConfigLine {
            name: row.name,
            value: value.as_ref().map(row.write),
            origin: if origin_of_none {
                "not set".to_owned()
            } else {
                origin.to_string()
            },
            help: row.help,
        });
        Ok(Picked { value, origin })
    }

    fn of_file<T>(&self, row: &Row<T>) -> Result<Option<(T, usize)>, Error> {
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
        let read = (row.read)(value.get_ref());
        let value = read.map_err(|why| self.wrong(row.name, Origin::File(line), &why))?;
        Ok(Some((value, line)))
    }

    /// A value that can't be, and where it comes from.
    pub(super) fn wrong(&self, name: &str, origin: Origin, why: &str) -> Error {
        match (origin, &self.file) {
            (Origin::File(line), Some(file)) => {
                let message = format!("{name}: {why}");
                refused(WHAT, file, &FileError { line, message })
            }
            (Origin::Environment(variable), _) => Error::Usage(format!("wrong {variable}: {why}")),
            _ => Error::Usage(format!("wrong --{name}: {why}")),
        }
    }

    /// The person's file, whether or not it is there, and what was picked.
    ///
    /// # Errors
    /// [`Error::Usage`] where the file names what is no setting.
    pub(super) fn finish(self) -> Result<(Option<PathBuf>, Vec<ConfigLine>), Error> {
        let names: Vec<_> = self.picked.iter().map(|line| line.name).collect();
        let mut unknown: Vec<_> = self.entries.keys().collect();
        unknown.retain(|name| !names.contains(&name.get_ref().as_str()));
        unknown.sort_by_key(|name| name.span().start);
        if let (Some(name), Some(file)) = (unknown.first(), &self.file) {
            let given = name.get_ref();
            let meant = meant(given, names, "`bakewatch config` lists them");
            let message = format!("no setting is called {}; {meant}", clean(given));
            let why = FileError::at(&self.text, &name.span(), message);
            return Err(refused(WHAT, file, &why));
        }
        Ok((self.file, self.picked))
    }
}
