//! Fits text into one line of a given width. All drawing code uses it.
//!
//! Text from outside is safe to show by its type, but may contain line breaks and tabs.

use std::ops::Range;

use ratatui::text::{Line, Span};

use crate::style::Theme;
use crate::text::pattern::Pattern;
use crate::text::safe::one_line;
use crate::text::width::{pad, truncate, truncate_middle, width};

/// A logical id has at most 255 characters; a longer name is cut at its end, which costs no more than what is shown.
const LONGEST_NAME: usize = 1024;

/// The text cut to `columns`, with an ellipsis if it was cut.
pub(super) fn cut(text: &str, columns: usize, theme: &Theme) -> String {
    truncate(text, columns, theme.glyphs().ellipsis)
}

/// A name cut to `columns` in its middle, since names that begin alike differ at the end.
pub(super) fn cut_middle(name: &str, columns: usize, theme: &Theme) -> String {
    truncate_middle(name, columns, theme.glyphs().ellipsis)
}

/// A name on one line, cut in its middle or padded to exactly `columns`. It reads no more of the name than `LONGEST_NAME`.
pub(super) fn name_cell(name: &str, columns: usize, theme: &Theme) -> String {
    let end = name.char_indices().nth(LONGEST_NAME).map(|(end, _)| end);
    match end {
        Some(_) => line_cell(name, columns, theme),
        None => pad(&cut_middle(&one_line(name), columns, theme), columns),
    }
}

/// The text cut or padded to exactly `columns`.
pub(super) fn cell(text: &str, columns: usize, theme: &Theme) -> String {
    pad(&cut(text, columns, theme), columns)
}

/// The text on one line, cut or padded to exactly `columns`. It reads no more of the text than that shows, so
/// that a reason of a megabyte costs a frame no more than a short one.
pub(super) fn line_cell(text: &str, columns: usize, theme: &Theme) -> String {
    cell(&one_line(beginning(text, columns)), columns, theme)
}

/// The part of a text that can affect its first columns, leading white space included.
fn beginning(text: &str, columns: usize) -> &str {
    let text = text.trim_start();
    // A column holds a character and its marks, of which `SafeText` permits four; runs of white space
    // become one space, so there is room for some.
    let most = (columns + 2) * 8;
    let end = text.char_indices().nth(most).map(|(end, _)| end);
    end.and_then(|end| text.get(..end)).unwrap_or(text)
}

/// The line cut to `columns`, with an ellipsis if it was cut: a line that ends at a border without one looks whole.
pub(super) fn cut_line(line: Line<'static>, columns: usize, theme: &Theme) -> Line<'static> {
    if line.width() <= columns {
        return line;
    }
    let ellipsis = theme.glyphs().ellipsis;
    let mut room = columns.saturating_sub(width(ellipsis));
    let mut spans = Vec::with_capacity(line.spans.len());
    for span in line.spans {
        let text = truncate(&span.content, room, "");
        let fits = text.len() == span.content.len();
        room -= width(&text).min(room);
        spans.push(Span::styled(text, span.style));
        if !fits {
            spans.push(Span::styled(ellipsis, span.style));
            break;
        }
    }
    Line::from(spans).style(line.style)
}

/// The line with every match of the pattern highlighted, also across styles.
pub(super) fn highlight(line: Line<'static>, pattern: &Pattern, theme: &Theme) -> Line<'static> {
    let text: String = line
        .spans
        .iter()
        .map(|span| span.content.as_ref())
        .collect();
    let matches: Vec<_> = pattern.matches(&text).collect();
    if matches.is_empty() {
        return line;
    }
    let mut spans = Vec::with_capacity(line.spans.len() + 2 * matches.len());
    let mut start = 0;
    for span in line.spans {
        let end = start + span.content.len();
        for (piece, found) in pieces(start..end, &matches) {
            let content = span
                .content
                .get(piece.start - start..piece.end - start)
                .unwrap_or_default();
            let style = if found {
                span.style.patch(theme.found())
            } else {
                span.style
            };
            spans.push(Span::styled(content.to_owned(), style));
        }
        start = end;
    }
    Line::from(spans)
}

/// Cuts a range where matches begin and end; true for the pieces inside a match. Matches are in order.
fn pieces(range: Range<usize>, matches: &[Range<usize>]) -> Vec<(Range<usize>, bool)> {
    let mut pieces = Vec::new();
    let mut from = range.start;
    for matched in matches
        .iter()
        .filter(|matched| matched.start < range.end && matched.end > range.start)
    {
        let (start, end) = (matched.start.max(range.start), matched.end.min(range.end));
        if from < start {
            pieces.push((from..start, false));
        }
        pieces.push((start..end, true));
        from = end;
    }
    if from < range.end {
        pieces.push((from..range.end, false));
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_match_is_highlighted_across_styles() {
        let theme = Theme::default();
        let line = Line::from(vec![Span::raw("ab"), Span::styled("cd", theme.dim())]);
        let pattern = Pattern::new("bc", false).unwrap();
        let marked = highlight(line, &pattern, &theme);
        let drawn: Vec<_> = marked
            .spans
            .iter()
            .map(|span| (span.content.as_ref(), span.style))
            .collect();
        let found = theme.found();
        let expected = [
            ("a", ratatui::style::Style::new()),
            ("b", found),
            ("c", theme.dim().patch(found)),
            ("d", theme.dim()),
        ];
        assert_eq!(drawn, expected);
    }

    #[test]
    fn a_line_is_cut_with_a_sign() {
        let theme = Theme::default();
        let ellipsis = theme.glyphs().ellipsis;
        let line = || Line::from(vec![Span::raw("ab"), Span::raw("cd")]);
        let cut = |columns| cut_line(line(), columns, &theme).to_string();
        assert_eq!(cut(4), "abcd");
        assert_eq!(cut(3), format!("ab{ellipsis}"));
        assert_eq!(cut(2), format!("a{ellipsis}"));
        assert_eq!(cut_line(Line::from("日本"), 3, &theme).width(), 3);
    }

    #[test]
    fn a_cell_is_one_line_of_exactly_the_requested_width() {
        let theme = Theme::default();
        for (text, shown) in [
            ("a\n\tb", "a b     "),
            ("  spaces   between ", "spaces …"),
            ("日本語日本語", "日本語… "),
            ("", "        "),
        ] {
            assert_eq!(
                line_cell(text, 8, &theme),
                shown.replace('…', theme.glyphs().ellipsis)
            );
        }
    }

    #[test]
    fn a_cell_reads_no_more_of_a_text_than_it_shows() {
        let marks = "e\u{301}\u{301}\u{301}\u{301}".repeat(100_000);
        assert!(beginning(&marks, 20).len() < 400);
        assert_eq!(width(&line_cell(&marks, 20, &Theme::default())), 20);
        assert_eq!(beginning("short", 20), "short");
    }
}
