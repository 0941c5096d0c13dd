//! A line made of parts that not every screen has room for: which are shown, and in which form.
//!
//! First every part gets its shortest form, the most important part first; what room is left then makes
//! parts longer, in the same order.

use ratatui::text::{Line, Span};

/// One part of a line.
#[derive(Debug)]
pub(super) struct Part<'a> {
    /// Parts of lower rank get their room first.
    rank: usize,
    /// What it can look like, from the longest form to the shortest. No forms: there is nothing to show.
    forms: Vec<Line<'a>>,
}

impl<'a> Part<'a> {
    /// A part with one form.
    pub(super) fn new(rank: usize, form: impl Into<Line<'a>>) -> Self {
        Self::of(rank, vec![form.into()])
    }

    /// A part with several forms, the longest first.
    pub(super) fn of(rank: usize, forms: Vec<Line<'a>>) -> Self {
        Self { rank, forms }
    }
}

/// The parts in their order, each in the form that there is room for; nothing for those without room.
/// `gap` is the number of columns between two.
pub(super) fn choose<'a>(
    mut parts: Vec<Part<'a>>,
    columns: usize,
    gap: usize,
) -> Vec<Option<Line<'a>>> {
    let mut by_rank: Vec<(usize, &mut Part<'a>)> = parts.iter_mut().enumerate().collect();
    by_rank.sort_by_key(|(_, part)| part.rank);
    let mut room = columns + gap;
    by_rank.retain(|(_, part)| {
        let left = part
            .forms
            .last()
            .and_then(|form| room.checked_sub(form.width() + gap));
        room = left.unwrap_or(room);
        left.is_some()
    });
    let mut chosen: Vec<(usize, Line<'a>)> = Vec::with_capacity(by_rank.len());
    for (index, part) in by_rank {
        let shortest = part.forms.last().map_or(0, Line::width);
        let fits = |form: &Line<'_>| form.width() <= shortest + room;
        let Some(form) = part.forms.iter().position(fits) else {
            continue;
        };
        let form = part.forms.swap_remove(form);
        room = (shortest + room).saturating_sub(form.width());
        chosen.push((index, form));
    }
    let mut slots: Vec<Option<Line<'a>>> = parts.iter().map(|_| None).collect();
    for (index, form) in chosen {
        if let Some(slot) = slots.get_mut(index) {
            *slot = Some(form);
        }
    }
    slots
}

/// The parts that there is room for, as one line.
pub(super) fn join<'a>(parts: Vec<Part<'a>>, columns: usize, gap: usize) -> Line<'a> {
    let mut spans: Vec<Span<'a>> = Vec::new();
    for line in choose(parts, columns, gap).into_iter().flatten() {
        if !spans.is_empty() {
            spans.push(Span::raw(" ".repeat(gap)));
        }
        spans.extend(line.spans);
    }
    Line::from(spans)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(columns: usize) -> String {
        let parts = vec![
            Part::new(0, "first"),
            Part::of(2, vec!["a long one".into(), "short".into()]),
            Part::new(1, "last"),
        ];
        join(parts, columns, 1).to_string()
    }

    #[test]
    fn parts_shrink_and_go_by_their_rank() {
        assert_eq!(shown(21), "first a long one last");
        assert_eq!(shown(20), "first short last");
        assert_eq!(shown(15), "first last");
        assert_eq!(shown(9), "first");
        assert_eq!(shown(4), "last");
        assert_eq!(shown(0), "");
    }
}
