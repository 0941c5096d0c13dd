//! Draws the list of resources: the status and duration of each, and its bar on the shared time axis.
//! `app::views::resources` has the selection and the rows.

use std::ops::Range;

use chrono::TimeDelta;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Widget};

use crate::app::model::Model;
use crate::app::session::Focus;
use crate::app::views::axis::Window;
use crate::app::views::resources;
use crate::app::views::resources::ResourceRow;
use crate::domain::status::StatusClass;
use crate::domain::verdict::Verdict;
use crate::style::Theme;
use crate::text::duration::duration;
use crate::text::safe::SafeText;
use crate::text::width::pad;
use crate::view::text::{cell, line_cell, name_cell};
use crate::view::views::empty;
use crate::view::views::event_row::class_word;
use crate::view::views::events::last_event;
use crate::view::views::gantt;
use crate::view::views::gantt::{AxisMark, BarColours};
use crate::view::views::scrollbar;
use crate::view::views::scrollbar::Scrolled;

pub(crate) fn draw(model: &Model, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let focused = model.shown.focus == Focus::List;
    let whole = resources::whole_window(model.shown.data(), model.now);
    let window = whole.map(|whole| model.shown.views.resources.axis.window(whole));
    let mut block = Block::bordered()
        .border_set(theme.glyphs().border)
        .border_style(theme.border(focused))
        .title(Span::styled(" Resources ", theme.title(focused)));
    if let Some(note) = last_event(model, theme) {
        block = block.title_bottom(note);
    }
    if let (Some(window), Some(whole)) = (window, whole)
        && !model.shown.views.resources.axis.is_whole()
    {
        let note = format!(
            " {} to {} ",
            since(whole, window.from),
            since(whole, window.to)
        );
        block = block.title_bottom(Line::styled(note, theme.strong()).right_aligned());
    }
    let inner = block.inner(area);
    block.render(area, buf);
    let Some(timeline) = model
        .shown
        .build
        .current()
        .filter(|known| !known.is_empty())
    else {
        empty::draw(model, theme, inner, buf);
        return;
    };
    let has_deletions = resources::has_deletions(&model.shown.build);
    let columns = ResourceColumns::of(usize::from(inner.width), has_deletions);
    let mut line_areas = inner.rows();
    let height = usize::from(inner.height);
    if resources::rows_below_header(height) < height
        && let Some(line_area) = line_areas.next()
    {
        header(columns, whole.zip(window), model, theme).render(line_area, buf);
    }
    let list = Scrolled {
        rows: resources::ids(&model.shown.build).count(),
        top: model.shown.views.resources.top,
        height: resources::rows_below_header(height),
    };
    let has_failure = |rows: Range<usize>| {
        let mut ids = resources::ids(&model.shown.build).skip(rows.start);
        let failed = |id: &SafeText| timeline.facts().failed_by_itself(id);
        ids.by_ref().take(rows.len()).any(failed)
    };
    scrollbar::draw(list, has_failure, theme, area, buf);
    let ids = resources::ids(&model.shown.build).skip(model.shown.views.resources.top);
    for (id, line_area) in ids.zip(line_areas) {
        let selected = model.shown.views.resources.selected.as_ref() == Some(id);
        if let Some(resource) = ResourceRow::of(timeline, id) {
            row(
                &resource,
                columns,
                window,
                model,
                theme,
                selected && focused,
            )
            .render(line_area, buf);
        }
        if selected {
            let marker = theme.glyphs().marker;
            buf.set_string(line_area.x, line_area.y, marker, Style::new());
            buf.set_style(line_area, theme.selected(focused));
        }
    }
}

/// The widths of the columns, without the space that follows; 0 is left out.
#[derive(Clone, Copy, Debug)]
struct ResourceColumns {
    id: usize,
    status: usize,
    kind: usize,
    /// The duration of the deletion.
    deleted: usize,
    bar: usize,
}

const LENGTH: usize = 7;
/// The longest logical id of ParallelCluster's own template, and a little more.
const ID: usize = 30;
/// The width of the service's status words; few are longer.
const WORD: usize = 20;
const CLASS: usize = 9;
const KIND: usize = 23;
/// From this width on, the durations of deletions have a column.
const ROOM_FOR_DELETED: usize = 50;

impl ResourceColumns {
    fn of(width: usize, has_deletions: bool) -> Self {
        let marker_and_sign = 3;
        let room = width.saturating_sub(marker_and_sign + LENGTH + 1);
        let deleted = if has_deletions && room >= ROOM_FOR_DELETED {
            LENGTH
        } else {
            0
        };
        let room = room.saturating_sub(deleted + usize::from(deleted > 0));
        let (status, kind) = match room {
            0..54 => (0, 0),
            54..96 => (CLASS, 0),
            96..120 => (WORD, 0),
            _ => (WORD, KIND),
        };
        let spaces = usize::from(status > 0) + usize::from(kind > 0) * 2;
        let room = room.saturating_sub(status + kind + spaces);
        let id = ID.min(room * 2 / 3);
        Self {
            id,
            status,
            kind,
            deleted,
            bar: room.saturating_sub(id + 1),
        }
    }

    /// The columns before the bar.
    fn lead(self) -> usize {
        let more = |columns: usize, space| if columns > 0 { columns + space } else { 0 };
        let lengths = LENGTH + 1 + more(self.deleted, 1);
        3 + self.id + 1 + more(self.status, 1) + more(self.kind, 2) + lengths
    }
}

/// The names of the columns, and the times of the axis.
fn header(
    columns: ResourceColumns,
    axis: Option<(Window, Window)>,
    model: &Model,
    theme: &Theme,
) -> Line<'static> {
    let ticks = axis
        .map(|(whole, window)| gantt::axis(whole.from, window, &marks(whole, model), columns.bar));
    let status = if columns.status > 0 { "status" } else { "" };
    let lead = format!("   {} {status}", pad("resource", columns.id));
    let deleted = match columns.deleted {
        0 => String::new(),
        width => format!("{:>width$} ", "deleted"),
    };
    let took = columns.lead() - LENGTH - 1 - deleted.len();
    let lead = format!("{}{:>LENGTH$} {deleted}", cell(&lead, took, theme), "took");
    Line::styled(lead + &ticks.unwrap_or_default(), theme.dim())
}

/// The end of the axis, and the time up to which something is known.
fn marks(whole: Window, model: &Model) -> Vec<AxisMark> {
    let build = &model.shown.build;
    let until = build.until(model.now);
    let mark = |at, text: &str| AxisMark {
        at,
        text: text.to_owned(),
    };
    let end = since(whole, whole.to);
    if build.is_over() {
        return vec![mark(whole.to, &format!("end {end}"))];
    }
    let estimate = (whole.to > until).then(|| mark(whole.to, &format!("est. {end}")));
    estimate.into_iter().chain([mark(until, "now")]).collect()
}

fn row(
    resource: &ResourceRow<'_>,
    columns: ResourceColumns,
    window: Option<Window>,
    model: &Model,
    theme: &Theme,
    plain: bool,
) -> Line<'static> {
    let newest = resource.newest;
    let build = &model.shown.build;
    let timeline = build.current();
    // A resource that failed stays failed when it is deleted later.
    let failed = !newest.is_root
        && timeline.is_some_and(|timeline| timeline.facts().failed_by_itself(&newest.logical_id));
    let class = if failed {
        StatusClass::Failed
    } else {
        newest.status.class()
    };
    let status = if newest.is_cancelled() && !failed {
        theme.dim()
    } else {
        theme.status(class)
    };
    let style = |style: Style| if plain { Style::new() } else { style };
    let quiet = |quiet: Style| style(if failed { status } else { quiet });
    let mut spans = vec![Span::styled(
        format!(" {} ", theme.glyphs().status(class)),
        style(status),
    )];
    let name = match (failed, newest.is_root) {
        (true, _) => theme.strong().patch(status),
        (_, true) => theme.strong(),
        _ => Style::new(),
    };
    let id = name_cell(newest.logical_id.as_str(), columns.id, theme);
    spans.push(Span::styled(format!("{id} "), style(name)));
    let word = match columns.status {
        0 => String::new(),
        CLASS if failed => cell(class.label(), CLASS, theme) + " ",
        CLASS => cell(class_word(newest), CLASS, theme) + " ",
        width => line_cell(newest.status.as_str(), width, theme) + " ",
    };
    spans.push(Span::styled(word, style(status)));
    if columns.kind > 0 {
        let kind = newest.resource_type.as_str();
        let kind = kind.strip_prefix("AWS::").unwrap_or(kind);
        let kind = name_cell(kind, columns.kind, theme);
        spans.push(Span::styled(format!("{kind}  "), quiet(theme.dim())));
    }
    let now = build.open_until(model.now);
    let length = |length: Option<TimeDelta>| length.map_or_else(String::new, duration);
    let took = format!("{:>LENGTH$} ", length(resource.took(now)));
    let is_running = class == StatusClass::Running;
    let lengths = if is_running {
        Style::new()
    } else {
        theme.dim()
    };
    spans.push(Span::styled(took, quiet(lengths)));
    if columns.deleted > 0 {
        let deleted = format!("{:>LENGTH$} ", length(resource.deletion(now)));
        spans.push(Span::styled(deleted, quiet(theme.dim())));
    }
    if let Some(window) = window {
        let colours = match build.verdict() {
            _ if plain => BarColours::Plain,
            Verdict::Succeeded if newest.is_root => BarColours::One(theme.good()),
            Verdict::Failed if newest.is_root => BarColours::One(theme.bad()),
            _ => BarColours::Operations,
        };
        spans.extend(gantt::bar(
            &resource.spans,
            window,
            build.until(model.now),
            columns.bar,
            theme,
            colours,
        ));
    }
    Line::from(spans)
}

/// A time on the axis, from the build's start.
fn since(whole: Window, time: chrono::DateTime<chrono::Utc>) -> String {
    let span = (time - whole.from).max(TimeDelta::zero());
    format!("+{}", duration(span))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_as_wide_as_its_pane() {
        for width in 12..=300 {
            for has_deletions in [false, true] {
                let columns = ResourceColumns::of(width, has_deletions);
                assert_eq!(columns.lead() + columns.bar, width, "{columns:?}");
            }
        }
    }

    #[test]
    fn usual_terminals_have_a_bar_to_read() {
        for (width, bar) in [(38, 8), (78, 24), (72, 18), (131, 40)] {
            assert!(
                ResourceColumns::of(width, false).bar >= bar,
                "{width}: {:?}",
                ResourceColumns::of(width, false)
            );
        }
    }
}
