//! What is asked of the API, and how a fault names it.

use std::fmt;

use crate::backend::NextToken;
use crate::backend::parallelcluster::endpoint::ImageId;
use crate::domain::fault::{Fault, FaultKind};
use crate::text::safe::SafeText;

/// The longest text of a service's own that a fault repeats, in characters.
const LONGEST_QUOTE: usize = 300;

/// One read-only question about an image.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Question<'a> {
    /// GetImageStackEvents: the newest page, or the one that the token stands for.
    StackEvents(Option<&'a NextToken>),
    Description,
}

/// A question with the circumstances that its refusals are explained from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) question: Question<'a>,
    pub(crate) image: &'a ImageId,
    /// The API's host, with its port where that is not the usual one.
    pub(crate) host: &'a str,
    /// Whether the request carries a signature.
    pub(crate) signed: bool,
}

impl Asked<'_> {
    /// A fault of this question: what failed on what, and why.
    pub(crate) fn fault(&self, kind: FaultKind, why: impl fmt::Display) -> Fault {
        let what = match self.question {
            Question::StackEvents(_) => "reading the stack events of",
            Question::Description => "describing",
        };
        Fault {
            kind,
            message: SafeText::new(&format!("{what} {} failed: {why}", self.image)),
            hint: None,
            request_id: None,
        }
    }

    /// The same with what would help.
    pub(crate) fn hinted(
        &self,
        kind: FaultKind,
        why: impl fmt::Display,
        hint: impl AsRef<str>,
    ) -> Fault {
        Fault {
            hint: Some(SafeText::new(hint.as_ref())),
            ..self.fault(kind, why)
        }
    }

    /// Whether the request carried a page token.
    pub(crate) fn with_token(&self) -> bool {
        matches!(self.question, Question::StackEvents(Some(_)))
    }
}

/// Somebody else's text for use inside a fault: on one line, and not too long.
pub(crate) fn quote(text: &str) -> String {
    cut(text, LONGEST_QUOTE)
}

/// The beginning of a text on one line.
pub(crate) fn cut(text: &str, longest: usize) -> String {
    let mut line = String::new();
    for (index, character) in text
        .split_whitespace()
        .flat_map(|word| std::iter::once(' ').chain(word.chars()))
        .skip(1)
        .enumerate()
    {
        if index == longest {
            line.push('…');
            break;
        }
        line.push(character);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_on_one_line_and_cut() {
        assert_eq!(quote(" a\n b\t\tc \u{2028}d"), "a b c d");
        assert_eq!(cut("äöüß", 3), "äöü…");
        assert_eq!(cut("äöü", 3), "äöü");
        assert_eq!(cut(" \n ", 3), "");
    }

    #[test]
    fn a_fault_says_what_failed_on_what_and_why() {
        let image = "img-1".parse().unwrap();
        let asked = Asked {
            question: Question::Description,
            image: &image,
            host: "h.example",
            signed: true,
        };
        let fault = asked.hinted(FaultKind::Transient, "it rained", "wait for the sun");
        assert_eq!(
            fault.to_string(),
            "describing img-1 failed: it rained; wait for the sun"
        );
    }
}
