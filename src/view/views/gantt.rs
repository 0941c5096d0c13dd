//! Bars on a time axis: each column is a range of time, its glyph and colour the operation in it.
//! Called by `resources` with the window of `app::views::axis`.

use chrono::{DateTime, TimeDelta, Utc};
use ratatui::style::{Modifier, Style};
use ratatui::text::Span;
use unicode_segmentation::UnicodeSegmentation;

use crate::app::views::axis::Window;
use crate::domain::span::Span as Operation;
use crate::domain::status::StatusClass;
use crate::style::Theme;
use crate::text::duration::duration;
use crate::text::width::width;
use crate::view::text::line_cell;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BarCell {
    /// The resource does not exist.
    Empty,
    /// It exists, without an operation.
    There,
    Operation(StatusClass),
    /// The moment of a failure.
    Failure,
    /// The operation usually lasts until then.
    Usual,
}

/// The colours of a bar.
#[derive(Clone, Copy, Debug)]
pub(crate) enum BarColours {
    /// Those of the operations.
    Operations,
    /// One for all of them: that of the verdict, for the stack.
    One(Style),
    /// None: the row has a style of its own.
    Plain,
}

/// The bar of one resource in `columns`, with a faint ghost from its creation to the end that is usual for it.
pub(crate) fn bar(
    operations: &[Operation],
    window: Window,
    until: DateTime<Utc>,
    usual_end: Option<DateTime<Utc>>,
    columns: usize,
    theme: &Theme,
    colours: BarColours,
) -> Vec<Span<'static>> {
    let mut cells = cells(operations, window, until, columns);
    if let Some(end) = usual_end {
        add_ghost(&mut cells, window, end);
    }
    let mut spans = Vec::new();
    for run in cells.chunk_by(|one, other| one == other) {
        let glyphs = theme.glyphs();
        let (sign, style) = match run.first() {
            None | Some(BarCell::Empty) => (" ", Style::new()),
            Some(BarCell::There) => (glyphs.dot, theme.border(false)),
            Some(BarCell::Usual) => (glyphs.bar_usual, theme.border(false)),
            Some(BarCell::Operation(class)) => (glyphs.bar(*class), theme.status(*class)),
            Some(BarCell::Failure) => (glyphs.status(StatusClass::Failed), theme.bad()),
        };
        let style = match (colours, run.first()) {
            (BarColours::Plain, _) => Style::new(),
            (BarColours::One(style), Some(BarCell::Operation(_))) => style,
            (BarColours::Operations | BarColours::One(_), _) => style,
        };
        spans.push(Span::styled(sign.repeat(run.len()), style));
    }
    spans
}

/// Fills the columns between the first operation and its usual end, if it is shorter.
fn add_ghost(cells: &mut [BarCell], window: Window, usual_end: DateTime<Utc>) {
    let last = window.column(usual_end, cells.len()) - i64::from(usual_end >= window.to);
    let last = usize::try_from(last).ok();
    let columns = last.map_or(0, |last| (last + 1).min(cells.len()));
    let mut shown = cells.iter_mut().take(columns);
    let is_operation = |cell: &BarCell| matches!(cell, BarCell::Operation(_));
    if shown.by_ref().any(|cell| is_operation(cell)) {
        let rest = shown.skip_while(|cell| is_operation(cell));
        for cell in rest.take_while(|cell| matches!(**cell, BarCell::Empty | BarCell::There)) {
            *cell = BarCell::Usual;
        }
    }
}

/// The bar of a resource that failed, with its reason written over it: the operations are the reversed part.
pub(crate) fn with_reason(
    operations: &[Operation],
    window: Window,
    until: DateTime<Utc>,
    columns: usize,
    theme: &Theme,
    reason: &str,
) -> Vec<Span<'static>> {
    let cells = cells(operations, window, until, columns);
    let is_operation = |column: usize| {
        let cell = cells.get(column);
        matches!(cell, Some(BarCell::Operation(_) | BarCell::Failure))
    };
    let text = line_cell(reason, columns, theme);
    let mut spans: Vec<Span<'static>> = Vec::new();
    let mut column = 0;
    for part in text.graphemes(true) {
        let style = if is_operation(column) {
            theme.bad().add_modifier(Modifier::REVERSED)
        } else {
            theme.bad()
        };
        column += width(part);
        match spans.last_mut().filter(|last| last.style == style) {
            Some(last) => last.content.to_mut().push_str(part),
            None => spans.push(Span::styled(part.to_owned(), style)),
        }
    }
    spans
}

fn cells(
    operations: &[Operation],
    window: Window,
    until: DateTime<Utc>,
    columns: usize,
) -> Vec<BarCell> {
    let mut cells = vec![BarCell::Empty; columns];
    let mut put = |from: i64, to: i64, cell: BarCell| {
        let last = i64::try_from(columns).unwrap_or(i64::MAX) - 1;
        if to < 0 || from > last {
            return;
        }
        let index = |column: i64| usize::try_from(column.clamp(0, last)).unwrap_or(0);
        if let Some(cells) = cells.get_mut(index(from)..=index(to)) {
            cells.fill(cell);
        }
    };
    let mut failures = Vec::new();
    // The last moment belongs to the last column.
    let now = window.column(until, columns) - i64::from(until >= window.to);
    for (index, operation) in operations.iter().enumerate() {
        let Some(began) = operation.began else {
            continue;
        };
        let next = operations.get(index + 1).and_then(|next| next.began);
        let from = window.column(began, columns).min(now);
        let end = operation.until(Some(until)).unwrap_or(began);
        let to = window.column(end, columns).clamp(from, now.max(from));
        put(from, to, BarCell::Operation(operation.class));
        let stays = matches!(
            operation.class,
            StatusClass::Complete | StatusClass::Failed | StatusClass::Skipped
        );
        let until_next = next
            .map_or(now, |next| window.column(next, columns) - 1)
            .min(now);
        if !operation.is_open() && stays && to < until_next {
            put(to + 1, until_next, BarCell::There);
        }
        if operation.class == StatusClass::Failed {
            failures.push(to);
        }
    }
    // Drawn over what came after it: a rollback begins in the same moment.
    for column in failures {
        put(column, column, BarCell::Failure);
    }
    cells
}

/// The time labels of the columns, from the build's start: `+0:00     +10:00    +20:00`.
pub(crate) fn ticks(began: DateTime<Utc>, window: Window, columns: usize) -> String {
    let label =
        |time: DateTime<Utc>| format!("+{}", duration((time - began).max(TimeDelta::zero())));
    let widest = i64::try_from(label(window.to).len() + 2).unwrap_or(1);
    // The seconds that are as wide as a label and the room around it.
    let columns_or_one = i64::try_from(columns.max(1)).unwrap_or(1);
    let step = step(window.length().num_seconds().saturating_mul(widest) / columns_or_one + 1);
    let mut line = String::new();
    let offset = (window.from - began).num_milliseconds();
    let first = offset.div_euclid(step * 1000) + i64::from(offset.rem_euclid(step * 1000) > 0);
    for tick in first..first.saturating_add(columns_or_one) {
        let time = began + TimeDelta::seconds(tick.saturating_mul(step));
        let column = usize::try_from(window.column(time, columns)).unwrap_or(usize::MAX);
        let text = label(time);
        if time >= window.to || column.saturating_add(text.len()) > columns {
            break;
        }
        if column >= line.len() {
            line.push_str(&" ".repeat(column - line.len()));
            line.push_str(&text);
        }
    }
    line
}

/// A text that the axis has instead of a tick: at its time, or before the end.
#[derive(Clone, Debug)]
pub(crate) struct AxisMark {
    pub(crate) at: DateTime<Utc>,
    pub(crate) text: String,
}

/// The ticks of the columns, and marks instead of those that they would touch. A later mark replaces an earlier one.
pub(crate) fn axis(
    began: DateTime<Utc>,
    window: Window,
    marks: &[AxisMark],
    columns: usize,
) -> String {
    let mut line: Vec<char> = ticks(began, window, columns).chars().collect();
    line.resize(columns, ' ');
    for mark in marks {
        let text: Vec<char> = mark.text.chars().collect();
        let is_shown = window.from <= mark.at && mark.at <= window.to;
        let Some(last) = columns.checked_sub(text.len()).filter(|_| is_shown) else {
            continue;
        };
        let column = usize::try_from(window.column(mark.at, columns)).unwrap_or(0);
        let from = column.min(last);
        let to = from + text.len();
        // A label that the mark would touch goes as a whole.
        // A single space is a part of a label.
        let has_sign = |at: usize| line.get(at).is_some_and(|sign| *sign != ' ');
        let is_label =
            |at: &usize| has_sign(*at) || (has_sign(at.wrapping_sub(1)) && has_sign(at + 1));
        let start = (0..from).rev().take_while(is_label).last().unwrap_or(from);
        let end = (to..columns)
            .take_while(is_label)
            .last()
            .map_or(to, |at| at + 1);
        if let Some(cells) = line.get_mut(start..end) {
            cells.fill(' ');
        }
        if let Some(cells) = line.get_mut(from..to) {
            cells.copy_from_slice(&text);
        }
    }
    String::from_iter(line).trim_end().to_owned()
}

/// The seconds between two ticks: a round number, and at least `least`.
fn step(least: i64) -> i64 {
    let round = [
        1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400,
    ];
    let fits = round.into_iter().find(|step| *step >= least);
    fits.unwrap_or_else(|| (least / 86_400 + 1).saturating_mul(86_400))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::span::spans;
    use crate::domain::stack_event::StackEvent;
    use crate::style::{Depth, Glyphs, Scheme};

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    fn drawn(facts: &[(i64, &str)], window: (i64, i64), until: i64) -> String {
        drawn_with(facts, window, until, None)
    }

    fn drawn_with(
        facts: &[(i64, &str)],
        window: (i64, i64),
        until: i64,
        usual_end: Option<DateTime<Utc>>,
    ) -> String {
        let event = |(index, (second, status)): (usize, &(i64, &str))| {
            let time = at(*second).to_rfc3339();
            let json = format!(
                r#"{{"stackId":"s","eventId":"{index}","resourceStatus":"{status}","timestamp":"{time}"}}"#
            );
            Arc::new(StackEvent::from_json(&json, None))
        };
        let events: Vec<_> = facts.iter().enumerate().map(event).collect();
        let theme = Theme::new(&Scheme::default(), Depth::None, Glyphs::Ascii);
        let window = Window::new(at(window.0), at(window.1));
        let bar = bar(
            &spans(events.iter()),
            window,
            at(until),
            usual_end,
            10,
            &theme,
            BarColours::Operations,
        );
        bar.into_iter()
            .map(|span| span.content.into_owned())
            .collect()
    }

    #[test]
    fn the_ghost_reaches_from_the_first_operation_to_its_usual_end() {
        let ghost = |facts: &[(i64, &str)], until, usual_end| {
            let usual_end = Some(at(usual_end));
            drawn_with(facts, (0, 100), until, usual_end)
        };
        let running = [(20, "CREATE_IN_PROGRESS")];
        assert_eq!(ghost(&running, 45, 100), "  ===_____");
        assert_eq!(ghost(&running, 45, 75), "  ===___  ");
        assert_eq!(ghost(&running, 45, 40), "  ===     ");
        let created = [(20, "CREATE_IN_PROGRESS"), (45, "CREATE_COMPLETE")];
        assert_eq!(ghost(&created, 100, 75), "  ###___--");
        assert_eq!(ghost(&created, 100, 30), "  ###-----");
        let deleted = [created[0], created[1], (60, "DELETE_IN_PROGRESS")];
        assert_eq!(ghost(&deleted, 100, 90), "  ###_dddd");
        // It is before the window, or after it.
        assert_eq!(ghost(&running, 45, -10), "  ===     ");
        assert_eq!(ghost(&running, 45, 900), "  ===_____");
    }

    #[test]
    fn a_bar_has_a_segment_for_each_operation() {
        let built = [(20, "CREATE_IN_PROGRESS"), (50, "CREATE_COMPLETE")];
        assert_eq!(drawn(&built, (0, 100), 100), "  ####----");
        assert_eq!(drawn(&built[..1], (0, 100), 70), "  ======  ");
        let failed = [(20, "CREATE_IN_PROGRESS"), (50, "CREATE_FAILED")];
        assert_eq!(drawn(&failed, (0, 100), 100), "  xxxx----");
        let undone = [
            (0, "CREATE_IN_PROGRESS"),
            (30, "CREATE_COMPLETE"),
            (60, "DELETE_IN_PROGRESS"),
            (80, "DELETE_COMPLETE"),
        ];
        assert_eq!(drawn(&undone, (0, 100), 100), "####--ddd ");
    }

    #[test]
    fn a_short_operation_is_drawn_unless_it_is_outside_the_window() {
        let short = [(50, "CREATE_IN_PROGRESS"), (50, "CREATE_COMPLETE")];
        assert_eq!(drawn(&short, (0, 100), 100), "     #----");
        assert_eq!(drawn(&short, (60, 100), 100), "----------");
        assert_eq!(drawn(&short, (0, 40), 100), "          ");
    }

    #[test]
    fn marks_take_the_place_of_ticks() {
        let mark = |second, text: &str| AxisMark {
            at: at(second),
            text: text.to_owned(),
        };
        let line = |marks: &[AxisMark]| axis(at(0), Window::new(at(0), at(3600)), marks, 40);
        assert_eq!(line(&[]), "+0:00               +30:00");
        assert_eq!(
            line(&[mark(3600, "est. end"), mark(2040, "now")]),
            "+0:00                 now       est. end"
        );
        assert_eq!(
            line(&[mark(3600, "est. end"), mark(3500, "now")]),
            "+0:00               +30:00           now"
        );
        assert_eq!(line(&[mark(3700, "outside")]), line(&[]));
        assert_eq!(
            axis(at(0), Window::new(at(0), at(10)), &[mark(5, "now")], 2),
            ""
        );
    }

    #[test]
    fn ticks_are_round_times_that_do_not_touch() {
        assert_eq!(
            ticks(at(0), Window::new(at(0), at(3600)), 30),
            "+0:00          +30:00"
        );
        assert_eq!(
            ticks(at(0), Window::new(at(65), at(130)), 40),
            "      +1:15    +1:30    +1:45    +2:00"
        );
        assert_eq!(ticks(at(0), Window::new(at(0), at(100)), 3), "");
    }
}
