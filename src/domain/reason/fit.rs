//! Shortens a text to a line that still names its cause. A place where something was left out is marked with `…`, so that a
//! short text is never mistaken for the whole one.

use std::sync::LazyLock;

use regex::Regex;

use crate::domain::reason::parse::compiled;
use crate::text::width::{truncate, truncate_middle, width};

const ELLIPSIS: &str = "…";
/// The fewest columns of a cause that ends before its text does.
const LEAST_CLAUSE: usize = 24;
/// The fewest columns of a cause behind a label.
const LEAST_TAIL: usize = 12;
/// The fewest columns of a name that is shortened, such as a path or an address.
const LEAST_NAME: usize = 24;
/// The widest label that is kept before what is left out, such as that of an exception.
const LABEL: usize = 40;
/// How far before the core of a cause its clause may begin.
const BEFORE_CORE: usize = 40;

/// The places where a text may end: the end of a sentence, then that of a clause.
static ENDS: LazyLock<[Regex; 2]> = LazyLock::new(|| {
    [
        r"[.!?;] |, please ",
        r", | because | since | as | by | for this | for more | for details | when | after | \(",
    ]
    .map(compiled)
});
/// The places where a clause may begin.
static STARTS: LazyLock<Regex> = LazyLock::new(|| compiled(r"[:.;,] |\("));

/// What a short text must keep.
#[derive(Clone, Copy)]
pub(crate) struct Keep<'a> {
    /// The words of the cause, if known.
    pub(crate) core: Option<&'a str>,
    /// Whether a text names the cause, if it is known.
    pub(crate) names_cause: &'a dyn Fn(&str) -> bool,
    /// Whether the text is that of a command, which says first what failed; a service says it last.
    pub(crate) of_command: bool,
}

/// A text in at most `columns` columns: whole, with shorter names, else to the end of a sentence, of a clause, or of a
/// word.
pub(crate) fn fit(text: &str, columns: usize) -> String {
    let keep = Keep {
        core: None,
        names_cause: &|_| false,
        of_command: false,
    };
    fit_cause(text, columns, keep)
}

/// The same, and what it keeps names the cause.
pub(crate) fn fit_cause(text: &str, columns: usize, keep: Keep<'_>) -> String {
    truncate(&fitted(text, columns, keep), columns, "")
}

fn fitted(text: &str, columns: usize, keep: Keep<'_>) -> String {
    let text = text.trim().trim_end_matches(['.', ' ', '"', '\'']);
    let whole = balanced(text);
    if width(&whole) <= columns {
        return whole;
    }
    if let Some(short) = with_short_names(text, columns) {
        return balanced(&short);
    }
    let beginning = head(text, columns);
    let short = if keep.of_command {
        beginning.clone()
    } else {
        shortened(text, columns)
    };
    let core = keep.core.filter(|core| text.contains(core));
    match core {
        Some(_) if (keep.names_cause)(&short) => short,
        Some(_) if (keep.names_cause)(&beginning) => beginning,
        Some(core) => around(text, columns, core),
        None => short,
    }
}

/// The beginning of a text, or its end where services put the cause behind labels.
fn shortened(text: &str, columns: usize) -> String {
    if let Some(sentence) = last_end(text, columns, &ENDS[0]) {
        return cut(sentence);
    }
    match last_clause(text, columns.saturating_sub(width(ELLIPSIS))) {
        Some(tail) => format!("{ELLIPSIS}{}", balanced(tail)),
        None => head(text, columns),
    }
}

/// The beginning of a text, to the end of a sentence, of a clause, or of a word.
pub(crate) fn head(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let end = ENDS.iter().find_map(|ends| last_end(text, columns, ends));
    if let Some(head) = end {
        return cut(head);
    }
    let room = columns.saturating_sub(width(ELLIPSIS));
    let head = truncate(text, room, "");
    let word = head.rsplit_once(' ').map(|(word, _)| word);
    let word = word.filter(|word| width(word) >= LEAST_CLAUSE.min(room));
    cut(word.unwrap_or(&head))
}

/// The text up to the last place that fits.
fn last_end<'a>(text: &'a str, columns: usize, ends: &Regex) -> Option<&'a str> {
    let room = columns.saturating_sub(width(ELLIPSIS));
    let heads = ends
        .find_iter(text)
        .filter_map(|end| text.get(..end.start()));
    heads
        .filter(|head| (LEAST_CLAUSE.min(room)..=room).contains(&width(head)))
        .last()
}

fn cut(head: &str) -> String {
    let head = head.trim_end_matches(['.', ',', ':', ';', ' ']);
    format!("{head}{ELLIPSIS}")
}

/// The text from the clause that has the core on, behind the first label.
fn around(text: &str, columns: usize, core: &str) -> String {
    let at = text.find(core).unwrap_or_default();
    let before = text.get(..at).unwrap_or_default();
    let starts = STARTS.find_iter(before).map(|start| start.end());
    let near = |start: &usize| width(text.get(*start..at).unwrap_or_default()) <= BEFORE_CORE;
    let clause = starts.last().filter(near);
    let words = before.match_indices(' ').map(|(space, _)| space + 1);
    let room = columns.saturating_sub(width(ELLIPSIS));
    let fits = |start: &usize| width(text.get(*start..).unwrap_or_default()) <= room;
    let word = || words.filter(near).find(fits);
    let start = clause.or_else(word).unwrap_or(at);
    let label = before.split_once(": ").map(|(label, _)| label);
    let label = label.filter(|label| label.len() < start && width(label) <= LABEL);
    let clause = text.get(start..).unwrap_or_default().trim_start();
    let room = |taken: usize| columns.saturating_sub(taken);
    if let Some(label) = label {
        let label = format!("{label}: {ELLIPSIS}");
        let tail = head(clause, room(width(&label)));
        if tail.contains(core) {
            return label + &tail;
        }
    }
    format!("{ELLIPSIS}{}", head(clause, room(width(ELLIPSIS))))
}

/// The text with its longest words shortened in their middle, if it fits then.
fn with_short_names(text: &str, columns: usize) -> Option<String> {
    let mut text = text.to_owned();
    loop {
        let over = width(&text).saturating_sub(columns);
        if over == 0 {
            return Some(text);
        }
        let longest = text.split(' ').max_by_key(|word| width(word))?;
        let columns = width(longest);
        if columns <= LEAST_NAME {
            return None;
        }
        let short = middle(longest, columns.saturating_sub(over).max(LEAST_NAME));
        text = text.replacen(longest, &short, 1);
    }
}

/// The text without the labels before a colon that keep it from fitting: services put the cause at the end.
fn last_clause(text: &str, columns: usize) -> Option<&str> {
    let mut clauses = text.match_indices(": ").filter_map(|(at, mark)| {
        let is_label = !text.get(..at)?.contains(['"', '{', '[']);
        let tail = text.get(at + mark.len()..)?.trim();
        // A single word is the object of the sentence before it, such as a host, and no cause.
        let is_sentence = tail.starts_with(char::is_alphabetic) && tail.contains(' ');
        (is_label && is_sentence).then_some(tail)
    });
    clauses.find(|tail| (LEAST_TAIL..=columns).contains(&width(tail)))
}

/// The text with the closing quotation mark that was trimmed from its end.
fn balanced(text: &str) -> String {
    let missing = ['"', '\'']
        .into_iter()
        .find(|mark| text.matches(*mark).count() % 2 == 1 && text.contains(&format!(" {mark}")));
    missing.map_or_else(|| text.to_owned(), |mark| format!("{text}{mark}"))
}

/// A name in at most `columns` columns: its middle is left out.
pub(crate) fn middle(name: &str, columns: usize) -> String {
    truncate_middle(name, columns, ELLIPSIS)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text of a command.
    fn kept(text: &str, columns: usize, core: Option<&str>) -> String {
        let names_cause = |text: &str| core.is_some_and(|core| text.contains(core));
        let keep = Keep {
            core,
            names_cause: &names_cause,
            of_command: core.is_some(),
        };
        fit_cause(text, columns, keep)
    }

    #[test]
    fn what_is_left_out_is_marked() {
        let long =
            "The first sentence names the cause in short words. The second one says more than fits";
        for (text, columns, core, expected) in [
            ("whole.", 10, None, "whole"),
            (
                long,
                60,
                None,
                "The first sentence names the cause in short words…",
            ),
            (long, 40, None, "The first sentence names the cause in…"),
            (
                "curl: (6) Could not resolve host: us-east-1-aws-parallelcluster.s3.us-east-1.amazonaws.com",
                70,
                None,
                "curl: (6) Could not resolve host: us-east-1-aws-par…st-1.amazonaws.com",
            ),
            (
                "curl: (7) Failed to connect to packages.example.com port 443 after 130000 ms: Couldn't connect",
                70,
                Some("Failed to connect to"),
                "curl: (7) Failed to connect to packages.example.com port 443…",
            ),
            (
                "requests.exceptions.ConnectionError: HTTPSConnectionPool(host='pypi.org', port=443): Max retries exceeded \
                 with url: /simple (Caused by X: Name or service not known)",
                70,
                Some("Name or service not known"),
                "requests.exceptions.ConnectionError: …Name or service not known)",
            ),
            ("日本語日本語日本語日本語日本語", 11, None, "日本語日本…"),
        ] {
            let short = kept(text, columns, core);
            assert_eq!(short, expected);
            assert!(width(&short) <= columns, "{short}");
        }
    }

    #[test]
    fn any_width_is_kept() {
        let text = "A label: Something (that is longer) failed, because 'of this and that' and much-longer-names-of-hosts.example.com";
        for columns in 0..=width(text) {
            for core in [None, Some("that is"), Some("much-longer-names")] {
                assert!(width(&kept(text, columns, core)) <= columns, "{columns}");
            }
        }
    }
}
