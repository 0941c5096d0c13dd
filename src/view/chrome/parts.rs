//! A line whose parts do not fit every screen: selects the parts and their forms. Title, verdict, hints and prompt are
//! such lines.
//!
//! First every part gets its shortest form, in the order of importance; the remaining room then makes
//! parts longer, in the same order.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

#[derive(Debug)]
pub(crate) struct LinePart<'a> {
    /// Parts with a lower rank get their room first.
    rank: usize,
    /// Its forms, from the longest to the shortest. None: the part is absent.
    forms: Vec<Line<'a>>,
}

impl<'a> LinePart<'a> {
    pub(crate) fn new(rank: usize, form: impl Into<Line<'a>>) -> Self {
        Self::of(rank, vec![form.into()])
    }

    /// A part that may be absent.
    pub(crate) fn maybe(rank: usize, form: Option<impl Into<Line<'a>>>) -> Self {
        Self::of(rank, form.map(Into::into).into_iter().collect())
    }

    pub(crate) fn none() -> Self {
        Self::of(usize::MAX, Vec::new())
    }

    /// A part with several forms, the longest first.
    pub(crate) fn of(rank: usize, forms: Vec<Line<'a>>) -> Self {
        Self { rank, forms }
    }
}

/// Draws the parts that fit: one after the other, and `last` at the right end. `gap` is the
/// number of columns between two.
pub(crate) fn draw(
    parts: Vec<LinePart<'_>>,
    last: LinePart<'_>,
    gap: usize,
    area: Rect,
    buf: &mut Buffer,
) {
    let count = parts.len();
    let all: Vec<_> = parts.into_iter().chain([last]).collect();
    let mut chosen = choose(all, usize::from(area.width), gap);
    let at_the_end = chosen.pop_if(|(index, _)| *index == count);
    let mut spans: Vec<Span<'_>> = Vec::new();
    for (_, form) in chosen {
        if !spans.is_empty() {
            spans.push(Span::raw(" ".repeat(gap)));
        }
        spans.extend(styled_spans(form));
    }
    Line::from(spans).render(area, buf);
    if let Some((_, form)) = at_the_end {
        let spans: Vec<_> = styled_spans(form).collect();
        Line::from(spans).right_aligned().render(area, buf);
    }
}

/// The spans of a line with the line's own style: a line lays its style over the whole area, and so over its neighbours.
fn styled_spans(line: Line<'_>) -> impl Iterator<Item = Span<'_>> {
    let style = line.style;
    line.spans
        .into_iter()
        .map(move |span| Span::styled(span.content, style.patch(span.style)))
}

/// The parts that fit, by index, each in the selected form.
fn choose(parts: Vec<LinePart<'_>>, columns: usize, gap: usize) -> Vec<(usize, Line<'_>)> {
    let mut room = columns + gap;
    let mut parts: Vec<_> = parts.into_iter().enumerate().collect();
    parts.sort_by_key(|(_, part)| part.rank);
    parts.retain(|(_, part)| {
        let shortest = part.forms.last().map(Line::width);
        let left = shortest.and_then(|columns| room.checked_sub(columns + gap));
        room = left.unwrap_or(room);
        left.is_some()
    });
    let mut chosen = Vec::with_capacity(parts.len());
    for (index, mut part) in parts {
        let most = room + part.forms.last().map_or(0, Line::width);
        if let Some(form) = part.forms.iter().position(|form| form.width() <= most) {
            let form = part.forms.swap_remove(form);
            room = most - form.width();
            chosen.push((index, form));
        }
    }
    chosen.sort_by_key(|(index, _)| *index);
    chosen
}

#[cfg(test)]
mod tests {
    use ratatui::buffer::Cell;

    use super::*;

    fn shown(columns: u16) -> String {
        let parts = vec![
            LinePart::new(0, "first"),
            LinePart::of(2, vec!["a long one".into(), "short".into()]),
        ];
        let area = Rect::new(0, 0, columns, 1);
        let mut buffer = Buffer::empty(area);
        draw(parts, LinePart::new(1, "last"), 1, area, &mut buffer);
        buffer.content.iter().map(Cell::symbol).collect()
    }

    #[test]
    fn parts_shrink_and_disappear_by_rank() {
        assert_eq!(shown(21), "first a long one last");
        assert_eq!(shown(20), "first short     last");
        assert_eq!(shown(15), "first      last");
        assert_eq!(shown(9), "first    ");
        assert_eq!(shown(4), "last");
        assert_eq!(shown(0), "");
    }
}
