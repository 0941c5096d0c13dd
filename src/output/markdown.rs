//! Markdown with untrusted text: headings and tables whose structure the text can't change.
//!
//! The text is in code spans, which have neither links nor mentions, HTML, emphasis or images. The few characters that
//! could end a span, a cell or, in a careless renderer, the text itself are entities between spans. Nothing is omitted,
//! and most text reads the same without a renderer.

use crate::text::safe::{SafeText, one_line};
use crate::text::width::truncate;

/// Untrusted text on one line, truncated to a width.
pub(super) fn inert(text: &SafeText, columns: usize) -> String {
    let text = truncate(&one_line(text.as_str()), columns, "…");
    if text.is_empty() {
        return "-".to_owned();
    }
    let mut out = String::with_capacity(text.len() + 2);
    let mut in_span = false;
    for character in text.chars() {
        let entity = entity(character);
        if in_span == entity.is_some() {
            in_span = !in_span;
            out.push('`');
        }
        match entity {
            Some(entity) => out.push_str(entity),
            None => out.push(character),
        }
    }
    if in_span {
        out.push('`');
    }
    out
}

/// The entity for a character with a meaning in Markdown.
fn entity(character: char) -> Option<&'static str> {
    Some(match character {
        '&' => "&amp;",
        '<' => "&lt;",
        '>' => "&gt;",
        '|' => "&#124;",
        '\\' => "&#92;",
        '`' => "&#96;",
        _ => return None,
    })
}

/// Appends a heading with empty lines around it.
pub(super) fn heading(out: &mut String, text: &str) {
    out.push_str("\n## ");
    out.push_str(text);
    out.push_str("\n\n");
}

/// Appends a table. Its cells are Markdown already.
pub(super) fn table<const COLUMNS: usize>(
    out: &mut String,
    headings: [&str; COLUMNS],
    rows: impl IntoIterator<Item = [String; COLUMNS]>,
) {
    row(out, &headings);
    row(out, &["---"; COLUMNS]);
    for cells in rows {
        row(out, &cells);
    }
}

fn row(out: &mut String, cells: &[impl AsRef<str>]) {
    for cell in cells {
        out.push_str("| ");
        out.push_str(cell.as_ref());
        out.push(' ');
    }
    out.push_str("|\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_text_is_one_code_span() {
        for (text, shown) in [
            ("AWS::ImageBuilder::Image", "`AWS::ImageBuilder::Image`"),
            ("a\n b", "`a b`"),
            ("", "-"),
            ("<b>|`\\", "&lt;`b`&gt;&#124;&#96;&#92;"),
            ("x & @you", "`x `&amp;` @you`"),
        ] {
            assert_eq!(inert(&SafeText::new(text), 80), shown);
        }
        assert_eq!(inert(&SafeText::new("abcdefgh"), 6), "`abcde…`");
    }
}
