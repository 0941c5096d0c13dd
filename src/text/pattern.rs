//! A pattern to search for: plain text or a regular expression, as the user typed it. Prompts make it; filters, searches
//! and the views that mark matches use it.
//!
//! A pattern in lower case ignores case; one with a capital letter does not. Regular expressions are those of the `regex`
//! crate, which takes time in proportion to the text and, at worst, to the pattern's [weight].
//!
//! [weight]: Pattern::weight

use std::ops::Range;

use regex::{Regex, RegexBuilder};

use crate::text::expression;
use crate::text::safe::SafeText;

/// The largest size of a compiled expression, in bytes.
const SIZE_LIMIT: usize = 1 << 20;
/// The most characters that an expression may have, its repeats written out. A screen of text takes up to 10 ns a byte
/// and character to mark (measured), so that a frame is still in time; few users type as many.
const MOST_CHARACTERS: usize = 256;

#[derive(Clone, Debug)]
pub struct Pattern {
    text: String,
    is_regex: bool,
    regex: Regex,
    weight: usize,
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        (&self.text, self.is_regex) == (&other.text, other.is_regex)
    }
}

impl Pattern {
    /// Compiles the user's input.
    ///
    /// # Errors
    /// The mistake in the regular expression, in one line.
    pub fn new(text: &str, is_regex: bool) -> Result<Self, String> {
        let escaped = || regex::escape(text);
        let source = if is_regex { text.to_owned() } else { escaped() };
        let regex = RegexBuilder::new(&source)
            .case_insensitive(!expression::has_capital(&source))
            .size_limit(SIZE_LIMIT)
            .build()
            .map_err(|error| last_line(&error))?;
        Ok(Self {
            text: text.to_owned(),
            is_regex,
            regex,
            weight: if is_regex { weight(text)? } else { 1 },
        })
    }

    /// How many times as long as plain text it may take to search for, in the worst of texts.
    pub fn weight(&self) -> usize {
        self.weight
    }

    /// The pattern as typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn is_regex(&self) -> bool {
        self.is_regex
    }

    /// Whether the text has a match.
    pub fn is_in(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }

    /// The matches in a text: byte ranges, in order, without empty ones.
    pub fn matches<'a>(&'a self, text: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
        let found = self.regex.find_iter(text);
        found
            .map(|found| found.range())
            .filter(|range| !range.is_empty())
    }
}

/// The weight of a regular expression. Two characters take as long as reading the text does.
fn weight(text: &str) -> Result<usize, String> {
    let characters = expression::characters(text).unwrap_or(usize::MAX);
    if characters > MOST_CHARACTERS {
        return Err(format!(
            "too large: {characters} characters with repeats, {MOST_CHARACTERS} at most"
        ));
    }
    Ok(characters.div_ceil(2))
}

/// The last line of the crate's message, which names the mistake; the lines above draw its position.
fn last_line(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or_default();
    SafeText::new(last.trim().trim_start_matches("error: ")).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_capital_letter_makes_the_search_case_sensitive() {
        assert!(
            Pattern::new("instance", false)
                .unwrap()
                .is_in("InstanceRole")
        );
        assert!(!Pattern::new("ROLE", false).unwrap().is_in("InstanceRole"));
    }

    #[test]
    fn an_escape_is_not_a_capital_letter() {
        let found = |expression: &str| {
            let pattern = Pattern::new(expression, true).unwrap();
            pattern.is_in("InstanceRole")
        };
        for expression in [r"instance\S+", r"\Bstancer", "(?P<Rest>role)", r"[\D]role"] {
            assert!(found(expression), "{expression}");
        }
        assert!(!found(r"\S+ROLE") && !found("ROL[A-Z]"));
        // In plain text a backslash is a character, and so is the letter after it.
        assert!(!Pattern::new(r"\S", false).unwrap().is_in(r"a\s"));
    }

    #[test]
    fn a_heavy_expression_weighs_more_and_a_too_heavy_one_is_rejected() {
        let weight = |expression: &str| Pattern::new(expression, true).map(|made| made.weight());
        assert_eq!(weight("[01]*1[01]{100}"), Ok(51));
        assert_eq!(weight("x"), Ok(1));
        let error = weight("[01]*1[01]{500}").unwrap_err();
        assert!(
            error.starts_with("too large: ") && error.contains("502"),
            "{error}"
        );
        let text = "plain text may be long ".repeat(40);
        assert_eq!(Pattern::new(&text, false).unwrap().weight(), 1);
    }

    #[test]
    fn plain_text_is_not_read_as_an_expression() {
        assert!(!Pattern::new("I.*e", false).unwrap().is_in("InstanceRole"));
        assert!(Pattern::new("I.*e", true).unwrap().is_in("InstanceRole"));
        let error = Pattern::new("(", true).unwrap_err();
        assert!(!error.is_empty() && !error.contains('\n'), "{error}");
    }

    #[test]
    fn matches_are_in_order_and_never_empty() {
        let matches = |text, pattern| -> Vec<_> {
            Pattern::new(pattern, true).unwrap().matches(text).collect()
        };
        assert_eq!(matches("abcabc", "b"), [1..2, 4..5]);
        assert!(matches("abc", "x*").is_empty());
    }
}
