//! Properties of a regular expression that decide how it is used: whether it has capital letters, and how much work it can
//! make. [`crate::text::pattern`] uses them. Both are computed from the parsed expression, since escapes and repeats
//! hide them in the text.

use regex_syntax::ast::{self, Ast, ClassSetItem};
use regex_syntax::hir::{Hir, HirKind};

/// Whether a literal letter is a capital one: in `Role` and `[A-Z]`, not in `\S` or `(?P<Name>…)`. False for an expression
/// that can't be parsed.
pub(crate) fn has_capital(expression: &str) -> bool {
    let parsed = ast::parse::Parser::new().parse(expression);
    parsed.is_ok_and(|parsed| ast::visit(&parsed, Capitals(false)).unwrap_or(false))
}

/// The number of characters of an expression, its repeats written out: `a[bc]{3}` has four. The slowest search compares that
/// many of them at each byte of a text. None if it can't be parsed.
pub(crate) fn characters(expression: &str) -> Option<usize> {
    let parsed = regex_syntax::Parser::new().parse(expression).ok()?;
    Some(count(&parsed))
}

fn count(part: &Hir) -> usize {
    match part.kind() {
        HirKind::Empty | HirKind::Look(_) | HirKind::Class(_) => 1,
        HirKind::Literal(literal) => literal.0.len(),
        HirKind::Capture(capture) => count(&capture.sub),
        HirKind::Repetition(repeat) => {
            let times = repeat.max.unwrap_or(repeat.min).max(1);
            count(&repeat.sub).saturating_mul(usize::try_from(times).unwrap_or(usize::MAX))
        }
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().map(count).fold(0, usize::saturating_add)
        }
    }
}

/// Searches the literal characters for capital letters.
struct Capitals(bool);

impl Capitals {
    fn visit_literal(&mut self, literal: &ast::Literal) {
        self.0 |= literal.c.is_uppercase();
    }
}

impl ast::Visitor for Capitals {
    type Output = bool;
    type Err = std::convert::Infallible;

    fn finish(self) -> Result<bool, Self::Err> {
        Ok(self.0)
    }

    fn visit_pre(&mut self, part: &Ast) -> Result<(), Self::Err> {
        if let Ast::Literal(literal) = part {
            self.visit_literal(literal);
        }
        Ok(())
    }

    fn visit_class_set_item_pre(&mut self, item: &ClassSetItem) -> Result<(), Self::Err> {
        match item {
            ClassSetItem::Literal(literal) => self.visit_literal(literal),
            ClassSetItem::Range(range) => {
                self.visit_literal(&range.start);
                self.visit_literal(&range.end);
            }
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_literal_letter_is_a_capital() {
        for expression in ["R", "iam:R", "[A-Z]", "[^xR]", "(?P<n>R)", r"\\R", "x{2}R?"] {
            assert!(has_capital(expression), "{expression}");
        }
        for expression in [
            "role",
            r"\S\W\D\B\A",
            r"[\S\D]",
            r"\p{Lu}\PL",
            "(?P<Name>x)",
            "(?U)x",
            "(",
            "[[:alpha:]]",
        ] {
            assert!(!has_capital(expression), "{expression}");
        }
    }

    #[test]
    fn repeats_count_each_time() {
        let cases = [
            ("", 1),
            ("role", 4),
            (r"\w+\s?", 2),
            ("a[bc]{3}", 4),
            ("(ab|c){2,5}x*", 16),
            ("[01]*1[01]{500}", 502),
            ("(a{1000}){1000}", 1_000_000),
        ];
        for (expression, expected) in cases {
            assert_eq!(characters(expression), Some(expected), "{expression}");
        }
        assert_eq!(characters("("), None);
    }
}
