//! The failures that the program knows: `assets/remedies.toml`, read once. `remedy.rs` fills an entry in, and a failure
//! takes the first entry that matches it.
//!
//! An entry is matched against one line: the message with the kinds of resources in place of ARNs, then the codes and the
//! state in brackets, such as `[code AccessDenied]`.

use std::sync::LazyLock;

use regex::bytes::{Regex, RegexBuilder};
use serde::Deserialize;

use crate::domain::failure::reason::{Label, Reason};
use crate::domain::failure::summary::{normal, with_kinds};

pub(super) const DATA: &str = include_str!("../../../assets/remedies.toml");

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    /// The name of the class of failures.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "for the reader and the tests of the file")
    )]
    pub(super) class: String,
    /// Regular expressions that ignore case: one of them matches.
    pub(super) matches: Vec<String>,
    /// Regular expressions of which none matches.
    #[serde(default)]
    pub(super) unless: Vec<String>,
    /// The summary, for some room and for less; one with an unknown placeholder is left out.
    #[serde(default)]
    pub(super) summary: Vec<String>,
    pub(super) meaning: String,
    pub(super) fix: String,
    /// Commands: the first whose placeholders are all known, else the first.
    #[serde(default)]
    pub(super) commands: Vec<String>,
    /// Whether the build log says more; adds where it is and the command that reads it.
    #[serde(default)]
    pub(super) log: bool,
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "for the reader and the tests of the file")
    )]
    pub(super) source: String,
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "for the reader and the tests of the file")
    )]
    pub(super) examples: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) remedy: Vec<Entry>,
}

struct Known {
    entry: Entry,
    matches: Vec<Regex>,
    unless: Vec<Regex>,
}

/// The entries in the order of the file, which is that of their priority.
static KNOWN: LazyLock<Vec<Known>> = LazyLock::new(|| {
    let file: Option<File> = toml::from_str(DATA).ok();
    let entries = file.into_iter().flat_map(|file| file.remedy);
    entries
        .map(|entry| Known {
            matches: regexes(&entry.matches),
            unless: regexes(&entry.unless),
            entry,
        })
        .collect()
});

/// Those that compile; a test checks that all do.
fn regexes(patterns: &[String]) -> Vec<Regex> {
    let compiled = patterns.iter().map(|pattern| compiled(pattern));
    compiled.filter_map(Result::ok).collect()
}

/// A pattern over bytes: services write these words in ASCII, and Unicode's tables would take most of a second to
/// compile.
pub(super) fn compiled(pattern: &str) -> Result<Regex, regex::Error> {
    let mut builder = RegexBuilder::new(pattern);
    builder.case_insensitive(true).unicode(false).build()
}

/// A known failure, and what its pattern found.
pub(super) struct Match {
    pub(super) entry: &'static Entry,
    /// The named groups of the pattern: the names of placeholders, in lower case, and their values.
    pub(super) found: Vec<(&'static str, String)>,
}

pub(super) fn find(reason: &Reason) -> Option<Match> {
    if reason.is_too_long() {
        return None;
    }
    let line = line(reason);
    KNOWN.iter().find_map(|known| {
        if known
            .unless
            .iter()
            .any(|unless| unless.is_match(line.as_bytes()))
        {
            return None;
        }
        let (regex, groups) = known
            .matches
            .iter()
            .find_map(|regex| Some((regex, regex.captures(line.as_bytes())?)))?;
        let found = regex.capture_names().flatten().filter_map(|name| {
            let value = str::from_utf8(groups.name(name)?.as_bytes()).ok()?;
            Some((name, value.to_owned()))
        });
        Some(Match {
            entry: &known.entry,
            found: found.collect(),
        })
    })
}

/// The line that the patterns are matched against.
pub(super) fn line(reason: &Reason) -> String {
    let mut line = with_kinds(&normal(reason.message()));
    let facts = [
        (Label::ErrorCode, "code"),
        (Label::HandlerCode, "handler"),
        (Label::StatusCode, "http"),
        (Label::Service, "service"),
        (Label::Status, "status"),
        (Label::State, "state"),
        (Label::Job, "job"),
        (Label::SsmExecution, "ssm"),
        (Label::Workflow, "workflow"),
        (Label::Action, "action"),
    ];
    for (label, name) in facts {
        if let Some(value) = reason.get(label) {
            line = format!("{line} [{name} {}]", normal(value));
        }
    }
    line
}
