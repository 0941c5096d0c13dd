//! What a regular expression says about itself before it is used: whether it means capital letters, and how
//! much work it can make. Both are read off the parsed expression, since escapes and repeats hide them in the text.

use regex_syntax::ast::{self, Ast, ClassSetItem};
use regex_syntax::hir::{Hir, HirKind};

/// Whether a letter that stands for itself is a capital one: in `Role` and `[A-Z]`, not in `\S` or `(?P<Name>…)`.
/// An expression that can't be read has none.
pub(crate) fn has_capital(expression: &str) -> bool {
    let parsed = ast::parse::Parser::new().parse(expression);
    parsed.is_ok_and(|parsed| ast::visit(&parsed, Capitals(false)).unwrap_or(false))
}

/// The characters of an expression, its repeats written out: `a[bc]{3}` has four. So many of them can be looked
/// for at once at each byte of a text, which is what the slowest of searches does. None where it can't be read.
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

/// Looks for capital letters among the characters that stand for themselves.
struct Capitals(bool);

impl Capitals {
    fn see(&mut self, literal: &ast::Literal) {
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
            self.see(literal);
        }
        Ok(())
    }

    fn visit_class_set_item_pre(&mut self, item: &ClassSetItem) -> Result<(), Self::Err> {
        match item {
            ClassSetItem::Literal(literal) => self.see(literal),
            ClassSetItem::Range(range) => {
                self.see(&range.start);
                self.see(&range.end);
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
    fn only_a_letter_that_stands_for_itself_is_a_capital() {
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
    fn repeats_are_written_out() {
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
