//! Text measured in terminal columns, and cut, padded or wrapped to them on grapheme boundaries. The views and the text
//! output lay out with it.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// The number of terminal columns that `text` takes. Most texts are ASCII, and are asked for it several times a frame.
pub fn width(text: &str) -> usize {
    let is_plain = |byte: u8| (b' '..=b'~').contains(&byte);
    // Without an exit at the first other byte, several are compared at once.
    if text.bytes().fold(true, |all, byte| all & is_plain(byte)) {
        return text.len();
    }
    text.width()
}

/// Cuts `text` to `columns` terminal columns, on a grapheme boundary, marking the cut with `ellipsis`.
pub fn truncate(text: &str, columns: usize, ellipsis: &str) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let room = columns.saturating_sub(width(ellipsis));
    let mut out = String::new();
    let mut used = 0;
    for grapheme in text.graphemes(true) {
        let wide = width(grapheme);
        if used + wide > room {
            break;
        }
        used += wide;
        out.push_str(grapheme);
    }
    if width(ellipsis) <= columns {
        out.push_str(ellipsis);
    }
    out
}

/// Cuts `text` to `columns` terminal columns by leaving out its middle: names that begin alike differ at the end, so that
/// keeps a little more.
pub(crate) fn truncate_middle(text: &str, columns: usize, ellipsis: &str) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let room = columns.saturating_sub(width(ellipsis));
    let head = truncate(text, room / 2, "");
    let rest = room - width(&head);
    let mut tail = "";
    for (start, _) in text.grapheme_indices(true).rev() {
        let longer = text.get(start..).unwrap_or_default();
        if width(longer) > rest {
            break;
        }
        tail = longer;
    }
    if width(ellipsis) <= columns {
        format!("{head}{ellipsis}{tail}")
    } else {
        format!("{head}{tail}")
    }
}

/// Fills `text` up with spaces to `columns` terminal columns; wider text stays as it is.
pub(crate) fn pad(text: &str, columns: usize) -> String {
    let rest = columns.saturating_sub(width(text));
    format!("{text}{}", " ".repeat(rest))
}

/// Breaks `text` into lines of at most `columns` terminal columns: at its own line breaks, then at spaces,
/// then inside a word that is wider than a line.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(1);
    let mut lines = Vec::new();
    for line in text.split('\n') {
        wrap_line(&line.replace('\t', "    "), columns, &mut lines);
    }
    lines
}

fn wrap_line(line: &str, columns: usize, lines: &mut Vec<String>) {
    let mut current = String::new();
    let mut used = 0;
    for word in line.split_inclusive(' ') {
        // The space after a word takes no room at the end of a line.
        if used + width(word.trim_end()) <= columns {
            current.push_str(word);
            used += width(word);
            continue;
        }
        if used > 0 {
            lines.push(std::mem::take(&mut current).trim_end().to_owned());
            used = 0;
            if word.trim().is_empty() {
                continue;
            }
        }
        for grapheme in word.graphemes(true) {
            let wide = width(grapheme);
            if used + width(grapheme.trim_end()) > columns && used > 0 {
                lines.push(std::mem::take(&mut current).trim_end().to_owned());
                used = 0;
            }
            current.push_str(grapheme);
            used += wide;
        }
    }
    lines.push(current.trim_end().to_owned());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::safe::tests::any_text;
    use crate::text::safe::{SafeText, one_line};

    #[test]
    fn truncation_keeps_wide_characters_whole() {
        assert_eq!(truncate("日本語", 5, "…"), "日本…");
        assert_eq!(truncate("日本語", 4, "…"), "日…");
        assert_eq!(truncate("abc", 3, "…"), "abc");
        assert_eq!(truncate("abc", 0, "…"), "");
    }

    #[test]
    fn a_name_keeps_both_ends() {
        let name = "DistributionConfiguration";
        assert_eq!(truncate_middle(name, 12, "…"), "Distr…ration");
        assert_eq!(truncate_middle(name, 25, "…"), name);
        assert_eq!(truncate_middle(name, 1, "…"), "…");
        assert_eq!(truncate_middle(name, 0, "…"), "");
        assert_eq!(truncate_middle("日本語日本語", 6, "…"), "日…語");
    }

    #[test]
    fn wrapping_breaks_at_spaces_then_inside_words() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap("a\n\nb", 9), ["a", "", "b"]);
        assert_eq!(wrap("resource(s) 'x'", 9), ["resource(", "s) 'x'"]);
        assert_eq!(wrap("the resource(s)", 12), ["the", "resource(s)"]);
        assert_eq!(wrap("    - name", 8), ["    -", "name"]);
        assert_eq!(
            wrap("a\u{3000}b", 1),
            ["a", "b"],
            "a space is as wide as it is"
        );
    }

    proptest! {
        #[test]
        fn ascii_is_as_wide_as_any_text(text in any_text(), ascii in "[ -~]{0,40}") {
            for text in [&text, &ascii, &format!("{ascii}{text}"), "\u{1f}", "\u{7f}"] {
                prop_assert_eq!(width(text), text.width());
            }
        }
    }

    proptest! {
        #[test]
        fn any_text_is_cut_and_wrapped_to_fit(text in any_text(), columns in 1..90_usize) {
            let safe = SafeText::new(&text);
            let line = one_line(safe.as_str());
            prop_assert!(width(&truncate(&line, columns, "…")) <= columns);
            prop_assert!(width(&truncate_middle(&line, columns, "…")) <= columns);
            prop_assert!(width(&pad(&line, columns)) >= columns);
            let cells: usize = line.graphemes(true).map(width).sum();
            prop_assert_eq!(cells, width(&line));
            for line in wrap(safe.as_str(), columns) {
                // A single grapheme stays whole, however wide it is.
                let wide = line.graphemes(true).filter(|part| width(part) > 0).count();
                prop_assert!(width(&line) <= columns || wide == 1, "{:?}", line);
            }
        }
    }
}
