//! Draws the list of resources: the status and duration of each, and its bar on the shared time axis.
//! `app::views::resources` has the selection and the rows.

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
use crate::style::Theme;
use crate::text::duration::duration;
use crate::text::width::pad;
use crate::view::text::{cell, line_cell};
use crate::view::views::event_row::class_word;
use crate::view::views::events::last_event;
use crate::view::views::gantt;

pub(crate) fn draw(model: &Model, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let focused = model.shown.focus == Focus::List;
    let whole = resources::whole_window(&model.shown.build, model.now);
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
    let Some(timeline) = model.shown.build.current() else {
        return;
    };
    let columns = ResourceColumns::of(usize::from(inner.width));
    let mut line_areas = inner.rows();
    let height = usize::from(inner.height);
    if resources::rows_below_header(height) < height
        && let Some(line_area) = line_areas.next()
    {
        header(columns, whole.zip(window), theme).render(line_area, buf);
    }
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
    bar: usize,
}

const LENGTH: usize = 7;
/// The longest logical id of ParallelCluster's own template, and a little more.
const ID: usize = 30;
/// The width of the service's status words; few are longer.
const WORD: usize = 20;
const CLASS: usize = 9;
const KIND: usize = 23;

impl ResourceColumns {
    fn of(width: usize) -> Self {
        let marker_and_sign = 3;
        let room = width.saturating_sub(marker_and_sign + LENGTH + 1);
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
            bar: room.saturating_sub(id + 1),
        }
    }

    /// The columns before the bar.
    fn lead(self) -> usize {
        let more = |columns: usize, space| if columns > 0 { columns + space } else { 0 };
        3 + self.id + 1 + more(self.status, 1) + more(self.kind, 2) + LENGTH + 1
    }
}

/// The names of the columns, and the times of the axis.
fn header(
    columns: ResourceColumns,
    axis: Option<(Window, Window)>,
    theme: &Theme,
) -> Line<'static> {
    let ticks = axis.map(|(whole, window)| gantt::ticks(whole.from, window, columns.bar));
    let status = if columns.status > 0 { "status" } else { "" };
    let lead = format!("   {} {status}", pad("resource", columns.id));
    let took = columns.lead() - LENGTH - 1;
    let lead = format!("{}{:>LENGTH$} ", cell(&lead, took, theme), "took");
    Line::styled(lead + &ticks.unwrap_or_default(), theme.dim())
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
    let class = newest.status.class();
    let status = if newest.is_cancelled() {
        theme.dim()
    } else {
        theme.status(class)
    };
    let style = |style: Style| if plain { Style::new() } else { style };
    let mut spans = vec![Span::styled(
        format!(" {} ", theme.glyphs().status(class)),
        style(status),
    )];
    // A resource that failed stays marked when it is deleted later.
    let timeline = model.shown.build.current();
    let failed =
        timeline.is_some_and(|timeline| timeline.facts().failed_by_itself(&newest.logical_id));
    let name = match (failed, newest.is_root) {
        (true, false) => theme.bad(),
        (_, true) => theme.strong(),
        _ => Style::new(),
    };
    let id = line_cell(newest.logical_id.as_str(), columns.id, theme);
    spans.push(Span::styled(format!("{id} "), style(name)));
    let word = match columns.status {
        0 => String::new(),
        CLASS => cell(class_word(newest), CLASS, theme) + " ",
        width => line_cell(newest.status.as_str(), width, theme) + " ",
    };
    spans.push(Span::styled(word, style(status)));
    if columns.kind > 0 {
        let kind = newest.resource_type.as_str();
        let kind = kind.strip_prefix("AWS::").unwrap_or(kind);
        let kind = line_cell(kind, columns.kind, theme);
        spans.push(Span::styled(format!("{kind}  "), style(theme.dim())));
    }
    let until = model.shown.build.until(model.now);
    let length = resource
        .length(model.shown.build.open_until(model.now))
        .map_or_else(String::new, duration);
    let quiet = if class == StatusClass::Running {
        Style::new()
    } else {
        theme.dim()
    };
    spans.push(Span::styled(format!("{length:>LENGTH$} "), style(quiet)));
    if let Some(window) = window {
        spans.extend(gantt::bar(
            &resource.spans,
            window,
            until,
            columns.bar,
            theme,
            plain,
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
            let columns = ResourceColumns::of(width);
            assert_eq!(columns.lead() + columns.bar, width, "{columns:?}");
        }
    }

    #[test]
    fn usual_terminals_have_a_bar_to_read() {
        for (width, bar) in [(38, 8), (78, 24), (72, 18), (131, 40)] {
            assert!(
                ResourceColumns::of(width).bar >= bar,
                "{width}: {:?}",
                ResourceColumns::of(width)
            );
        }
    }
}
