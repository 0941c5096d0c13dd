//! Small things done to text before it is drawn on one line.
//!
//! Text from outside is safe to show by its type, but may hold line breaks and tabs.

use crate::domain::text::{truncate, width};
use crate::style::Theme;

/// The text on one line: line breaks and tabs become spaces.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The text cut to so many columns, with a mark where it was cut.
pub(super) fn cut(text: &str, columns: usize, theme: &Theme) -> String {
    truncate(text, columns, theme.glyphs().ellipsis)
}

/// The text cut or filled with spaces to exactly so many columns.
pub(super) fn cell(text: &str, columns: usize, theme: &Theme) -> String {
    let text = cut(text, columns, theme);
    let rest = columns.saturating_sub(width(&text));
    format!("{text}{}", " ".repeat(rest))
}
