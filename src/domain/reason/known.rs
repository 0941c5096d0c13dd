//! The failures that the program knows: `assets/remedies.toml`, read once. `remedy.rs` fills an entry in.
//!
//! A failure takes the most specific entry that matches it, whatever the order of the entries: one that names a cause goes
//! before one that names a kind of failures, and that before one that names only the place; of two alike, the one that
//! explains more of the service's words, then the one with the narrower pattern.
//!
//! An entry is matched against one line: the message with the kinds of resources in place of ARNs, then the codes and the
//! state in brackets, such as `[code AccessDenied]`.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::LazyLock;

use foldhash::quality::RandomState;
use regex::bytes::{Regex, RegexBuilder};
use serde::Deserialize;

use crate::domain::reason::parts::{Label, Reason};
use crate::domain::reason::said::{errors_of, without_exit};
use crate::domain::reason::summary::{normal, with_kinds};

/// What stands for a failure of Image Builder.
pub(crate) const UNKNOWN: &str = "[image builder]";
/// What stands for an AMI that EC2 could not make, and for one that is not found.
pub(crate) const AMI_FAILED: &str = "[ami failed]";
pub(crate) const AMI_NOT_FOUND: &str = "[ami not found]";
/// The lines whose entries are remembered, and the longest of them in bytes: at most a few of each build are asked for.
const MOST_REMEMBERED: usize = 256;
const LONGEST_REMEMBERED: usize = 4 * 1024;
/// The bytes of the words of a cause that a summary keeps.
const CORE: usize = 40;

pub(crate) const DATA: &str = include_str!("../../../assets/remedies.toml");

/// How much an entry knows about a failure, the least first.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    /// Only that Image Builder failed.
    Unknown,
    /// Where it failed: in a component, in a step, while distributing.
    Place,
    /// The kind of failure, such as a missing permission or a parameter that is not valid.
    Kind,
    /// What failed, and why.
    #[default]
    Cause,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    /// The name of the class of failures.
    pub(crate) class: String,
    #[serde(default)]
    pub(crate) level: Level,
    /// Regular expressions that ignore case: one of them matches.
    pub(crate) matches: Vec<String>,
    /// Regular expressions of which none matches.
    #[serde(default)]
    pub(crate) unless: Vec<String>,
    /// The summary, for some room and for less; one with an unknown placeholder is left out.
    #[serde(default)]
    pub(crate) summary: Vec<String>,
    pub(crate) meaning: String,
    pub(crate) fix: String,
    /// Commands: the first whose placeholders are all known, else the first.
    #[serde(default)]
    pub(crate) commands: Vec<String>,
    /// Whether the build log says more; adds where it is and the command that reads it.
    #[serde(default)]
    pub(crate) log: bool,
    /// Whether a line of the build log with these words is about this failure too.
    #[serde(default)]
    pub(crate) lines: bool,
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "for the reader and the tests of the file")
    )]
    pub(crate) source: String,
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "for the reader and the tests of the file")
    )]
    pub(crate) examples: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    pub(crate) remedy: Vec<Entry>,
}

struct Known {
    entry: Entry,
    matches: Vec<Regex>,
    unless: Vec<Regex>,
}

/// The entries of the file.
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
pub(crate) fn compiled(pattern: &str) -> Result<Regex, regex::Error> {
    let mut builder = RegexBuilder::new(pattern);
    builder.case_insensitive(true).unicode(false).build()
}

/// A known failure, and what its pattern found.
#[derive(Clone)]
pub(crate) struct Match {
    pub(crate) entry: &'static Entry,
    matches: &'static [Regex],
    /// The words that the pattern found.
    words: String,
    /// The length of the pattern.
    pattern: usize,
    /// The named groups of the pattern: the names of placeholders, in lower case, and their values.
    pub(crate) found: Vec<(&'static str, String)>,
}

impl Match {
    fn of(known: &'static Known, line: &str) -> Option<Self> {
        let line = line.as_bytes();
        if known.unless.iter().any(|unless| unless.is_match(line)) {
            return None;
        }
        let (regex, groups) = known
            .matches
            .iter()
            .find_map(|regex| Some((regex, regex.captures(line)?)))?;
        let text = |bytes| str::from_utf8(bytes).map(str::to_owned).ok();
        let found = regex
            .capture_names()
            .flatten()
            .filter_map(|name| Some((name, text(groups.name(name)?.as_bytes())?)));
        Some(Self {
            entry: &known.entry,
            matches: &known.matches,
            words: text(groups.get(0)?.as_bytes())?,
            pattern: regex.as_str().len(),
            found: found.collect(),
        })
    }

    /// Whether a line of a command's output has this failure.
    pub(crate) fn is_cause_in(&self, line: &str) -> bool {
        let is_match = |regex: &Regex| regex.is_match(line.as_bytes());
        self.entry.level >= Level::Kind && self.matches.iter().any(is_match)
    }

    /// The words of the cause, which a summary keeps.
    pub(crate) fn core(&self) -> Option<&str> {
        let words = self.words.get(..self.words.floor_char_boundary(CORE))?;
        (self.entry.level == Level::Cause).then_some(words)
    }

    /// The order of two entries that match the same failure; the name of the class makes it total.
    fn rank(&self) -> (Level, usize, usize, &str) {
        let Entry { level, class, .. } = self.entry;
        (*level, self.words.len(), self.pattern, class)
    }
}

/// The most specific entry for a failure.
pub(crate) fn find(reason: &Reason) -> Option<Match> {
    if reason.is_too_long() {
        return None;
    }
    remembered(Entries::All, &line(reason))
}

/// The same, over the entries from the last to the first.
#[cfg(test)]
pub(crate) fn find_in_reverse(reason: &Reason) -> Option<Match> {
    best(&line(reason), KNOWN.iter().rev())
}

/// The entry for a fact that no service puts in words.
pub(crate) fn of_fact(fact: &str) -> Option<Match> {
    remembered(Entries::All, fact)
}

/// The most specific entry for a line of the build log.
pub(crate) fn find_in_log(line: &str) -> Option<Match> {
    remembered(Entries::OfLines, &normal(line))
}

/// The entries that a line is matched against.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Entries {
    All,
    /// Those that explain a line of the build log, too.
    OfLines,
}

/// What was found for a line.
type Remembered = HashMap<(Entries, Box<str>), Option<Match>, RandomState>;

thread_local! {
    static REMEMBERED: RefCell<Remembered> = RefCell::default();
}

/// The most specific entry for a line. A build that has failed is explained after each of its observations, nearly always
/// in the same words, and matching them against every pattern costs as much as all else that a poll does: the entries of
/// the last lines are remembered.
fn remembered(entries: Entries, line: &str) -> Option<Match> {
    let find = || match entries {
        Entries::All => best(line, KNOWN.iter()),
        Entries::OfLines => best(line, KNOWN.iter().filter(|known| known.entry.lines)),
    };
    if line.len() > LONGEST_REMEMBERED {
        return find();
    }
    REMEMBERED.with_borrow_mut(|remembered| {
        let key = (entries, Box::from(line));
        if let Some(found) = remembered.get(&key) {
            return found.clone();
        }
        if remembered.len() >= MOST_REMEMBERED {
            remembered.clear();
        }
        remembered.entry(key).insert_entry(find()).get().clone()
    })
}

fn best(line: &str, known: impl Iterator<Item = &'static Known>) -> Option<Match> {
    let matches = known.filter_map(|known| Match::of(known, line));
    matches.max_by(|one, other| one.rank().cmp(&other.rank()))
}

/// The line that the patterns are matched against.
pub(crate) fn line(reason: &Reason) -> String {
    let errors = errors_of(reason.message());
    let mut line = with_kinds(&normal(&without_exit(errors)));
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
        (Label::ExitCode, "exit"),
    ];
    for (label, name) in facts {
        if let Some(value) = reason.get(label) {
            line = format!("{line} [{name} {}]", normal(value));
        }
    }
    if reason.message().contains("ntegration job") {
        line += " [integration]";
    }
    if reason.is_of_image_builder() {
        line = format!("{line} {UNKNOWN}");
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count() -> usize {
        REMEMBERED.with_borrow(HashMap::len)
    }

    #[test]
    fn a_line_is_matched_once_and_only_so_many_lines_are_remembered() {
        let full = "tar: x: Cannot write: No space left on device";
        let class =
            |found: Option<Match>| found.map(|found| (found.entry.class.as_str(), found.words));
        for _ in 0..3 {
            let found = class(find_in_log(full));
            assert_eq!(found, class(best(full, KNOWN.iter())));
            assert!(found.is_some());
            assert!(find_in_log("Complete!").is_none());
        }
        assert_eq!(count(), 2, "a line is matched again");
        // The same words are another question where all entries may answer.
        assert!(class(of_fact(full)).is_some());
        assert_eq!(count(), 3);
        for number in 0..2 * MOST_REMEMBERED {
            assert!(find_in_log(&format!("line {number}")).is_none());
            assert!(count() <= MOST_REMEMBERED);
        }
        let before = count();
        let long = "x".repeat(LONGEST_REMEMBERED);
        assert!(class(of_fact(&format!("{full} {long}"))).is_some());
        assert_eq!(count(), before, "a long line is remembered");
    }
}
