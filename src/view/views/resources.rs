//! Draws the list of resources: the status and duration of each, and its bar on the shared time axis.
//! `app::views::resources` has the selection and the rows.

use std::borrow::Cow;
use std::ops::Range;

use chrono::{DateTime, TimeDelta, Utc};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Widget};

use crate::app::model::Model;
use crate::app::session::Focus;
use crate::app::views::axis::Window;
use crate::app::views::resource_rows::{Row, has_children, rows};
use crate::app::views::resources;
use crate::app::views::resources::ResourceRow;
use crate::domain::facts::IMAGE_RESOURCE;
use crate::domain::stack_event::StackEvent;
use crate::domain::status::StatusClass;
use crate::domain::verdict::Verdict;
use crate::style::Theme;
use crate::text::duration::duration;
use crate::text::width::{pad, width};
use crate::view::text::{cell, line_cell, name_cell};
use crate::view::views::empty;
use crate::view::views::event_row::{class_word, short_reason};
use crate::view::views::events::last_event;
use crate::view::views::gantt;
use crate::view::views::gantt::{AxisMark, BarColours};
use crate::view::views::resource_columns::{CLASS, LENGTH, ResourceColumns};
use crate::view::views::scrollbar;
use crate::view::views::scrollbar::Scrolled;
use crate::view::views::step_row;

/// A bar of this width has room for a reason.
const ROOM_FOR_REASON: usize = 16;
/// The columns of the title, of the corners and of a gap.
const TITLE: usize = 16;

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
    let rows = rows(&model.shown.build, &model.shown.views.resources.folds);
    let notes = bottom_notes(&rows, whole.zip(window), model, theme);
    if !notes.is_empty() {
        block = block.title_bottom(Line::from(notes).right_aligned());
    }
    let ghost =
        ghost_note(model, theme).filter(|note| usize::from(area.width) > width(note) + TITLE);
    if let Some(note) = ghost.filter(|_| window.is_some()) {
        let note = Span::styled(note, theme.dim());
        block = block.title(Line::from(note).right_aligned());
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
    let has_usual = model.shown.typical_times.has_resources();
    let columns = ResourceColumns::of(usize::from(inner.width), has_usual, has_deletions);
    let mut line_areas = inner.rows();
    let height = usize::from(inner.height);
    if resources::rows_below_header(height) < height
        && let Some(line_area) = line_areas.next()
    {
        header(columns, whole.zip(window), model, theme).render(line_area, buf);
    }
    let list_state = &model.shown.views.resources;
    let list = Scrolled {
        rows: rows.len(),
        top: list_state.top,
        height: resources::rows_below_header(height),
    };
    let shown = |range: Range<usize>| rows.get(range).unwrap_or_default();
    let has_failed = |row: &Row<'_>| match row {
        Row::Resource(id) => timeline.facts().failed_by_itself(id),
        Row::Workflow(_) => false,
        Row::Step(_, step) => step.status.class() == StatusClass::Failed,
    };
    let has_failure = |rows: Range<usize>| shown(rows).iter().any(has_failed);
    scrollbar::draw(list, has_failure, theme, area, buf);
    let visible = rows.iter().skip(list_state.top);
    for (at, line_area) in visible.zip(line_areas) {
        let selected = at.is(list_state.selected.as_ref(), list_state.child.as_ref());
        let plain = selected && focused;
        let line = match at {
            Row::Resource(id) => ResourceRow::of(timeline, id)
                .map(|resource| row(&resource, columns, window, model, theme, plain)),
            at => step_row::draw(*at, columns, window, model, theme, plain),
        };
        if let Some(line) = line {
            line.render(line_area, buf);
        }
        if selected {
            let marker = theme.glyphs().marker;
            buf.set_string(line_area.x, line_area.y, marker, Style::new());
            let style = if has_failed(at) && focused {
                theme.selected_failure()
            } else {
                theme.selected(focused)
            };
            buf.set_style(line_area, style);
        }
    }
}

/// The notes of the bottom border: the window of the axis unless it is whole, and the position in the list.
fn bottom_notes(
    rows: &[Row<'_>],
    axis: Option<(Window, Window)>,
    model: &Model,
    theme: &Theme,
) -> Vec<Span<'static>> {
    let mut notes = Vec::new();
    if let Some((whole, window)) = axis
        && !model.shown.views.resources.axis.is_whole()
    {
        let (from, to) = (since(whole, window.from), since(whole, window.to));
        notes.push(Span::styled(format!(" {from} to {to} "), theme.strong()));
    }
    notes.extend(position(rows, model).map(|position| Span::styled(position, theme.dim())));
    notes
}

/// The selected row among all that are listed.
fn position(rows: &[Row<'_>], model: &Model) -> Option<String> {
    let list = &model.shown.views.resources;
    let selected = |row: &Row<'_>| row.is(list.selected.as_ref(), list.child.as_ref());
    let index = rows.iter().position(selected)?;
    Some(format!(" {}/{} ", index + 1, rows.len()))
}

/// What the faint ends of the bars are, and whose durations they show.
fn ghost_note(model: &Model, theme: &Theme) -> Option<String> {
    let sign = theme.glyphs().bar_usual;
    let basis = match (model.shown.typical, model.estimate()) {
        (Some(typical), _) if model.shown.typical_times.has_resources() => typical.basis(),
        (_, estimate) => estimate?.basis(),
    };
    Some(format!(" {sign} usual, by {basis} "))
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
    let usual = match columns.usual {
        0 => String::new(),
        width => format!("{:>width$} ", "usual"),
    };
    let took = columns.lead() - LENGTH - 1 - usual.len() - deleted.len();
    let lead = cell(&lead, took, theme);
    let lead = format!("{lead}{:>LENGTH$} {usual}{deleted}", "took");
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
    // After a verdict, the clean-up says nothing new.
    let is_cleanup = class == StatusClass::Deleting && build.verdict().is_final();
    let status = if (newest.is_cancelled() && !failed) || is_cleanup {
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
    let id = name_cell(&shown_name(newest, model, theme), columns.id, theme);
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
    if columns.usual > 0 {
        let usual = format!("{:>LENGTH$} ", length(usual(resource, model)));
        spans.push(Span::styled(usual, quiet(theme.dim())));
    }
    if columns.deleted > 0 {
        let deleted = format!("{:>LENGTH$} ", length(resource.deletion(now)));
        spans.push(Span::styled(deleted, quiet(theme.dim())));
    }
    spans.extend(bar_or_reason(
        resource,
        failed,
        columns.bar,
        window,
        model,
        theme,
        plain,
    ));
    Line::from(spans)
}

/// The bar of a resource; of one that failed, with its reason written over it.
fn bar_or_reason(
    resource: &ResourceRow<'_>,
    failed: bool,
    columns: usize,
    window: Option<Window>,
    model: &Model,
    theme: &Theme,
    plain: bool,
) -> Vec<Span<'static>> {
    let build = &model.shown.build;
    let (spans, until) = (&resource.spans, build.until(model.now));
    let is_root = resource.newest.is_root;
    let failure = build
        .current()
        .filter(|_| failed && columns >= ROOM_FOR_REASON);
    let failure = failure.and_then(|timeline| {
        let facts = timeline.facts();
        facts.failure_of(&resource.newest.logical_id)
    });
    let reason = failure.map(|event| short_reason(model, event));
    match (window, reason.filter(|reason| !reason.is_empty())) {
        (Some(window), Some(reason)) if !plain => {
            gantt::with_reason(spans, window, until, columns, theme, &reason)
        }
        (_, Some(reason)) => vec![Span::raw(line_cell(&reason, columns, theme))],
        (Some(window), None) => {
            let colours = match build.verdict() {
                _ if plain => BarColours::Plain,
                Verdict::Succeeded if is_root => BarColours::One(theme.good()),
                Verdict::Failed if is_root => BarColours::One(theme.bad()),
                _ => BarColours::Operations,
            };
            let usual_end = usual_end(resource, model);
            gantt::bar(spans, window, until, usual_end, columns, theme, colours)
        }
        (None, None) => Vec::new(),
    }
}

/// How long the creation of a resource usually takes.
fn usual(resource: &ResourceRow<'_>, model: &Model) -> Option<TimeDelta> {
    let newest = resource.newest;
    if newest.is_root {
        return model.shown.typical.map(|typical| typical.duration);
    }
    let times = &model.shown.typical_times;
    times.of_resource(&newest.logical_id)
}

/// When the creation of a resource would end if it took as long as usual; of the stack and the image that are being made,
/// else with the estimate.
fn usual_end(resource: &ResourceRow<'_>, model: &Model) -> Option<DateTime<Utc>> {
    let newest = resource.newest;
    if !newest.is_root
        && let Some(usual) = usual(resource, model)
    {
        let first = resource.spans.first();
        let created = first.filter(|span| span.operation == "CREATE")?;
        return created.began?.checked_add_signed(usual);
    }
    let is_long = newest.is_root || newest.logical_id.as_str() == IMAGE_RESOURCE;
    let is_made = !newest.status.is_final() && newest.status.class() == StatusClass::Running;
    let whole = resources::whole_window(model.shown.data(), model.now)?;
    let is_ahead = whole.to > model.shown.build.until(model.now);
    (is_long && is_made && is_ahead).then_some(whole.to)
}

/// The logical id, with a sign where there are rows below it.
fn shown_name<'a>(newest: &'a StackEvent, model: &Model, theme: &Theme) -> Cow<'a, str> {
    let id = &newest.logical_id;
    if !has_children(&model.shown.build, id) {
        return id.as_str().into();
    }
    let glyphs = theme.glyphs();
    let is_folded = model.shown.views.resources.folds.is_image_folded();
    let sign = if is_folded {
        glyphs.folded
    } else {
        glyphs.open
    };
    format!("{sign} {id}").into()
}

/// A time on the axis, from the build's start.
fn since(whole: Window, time: DateTime<Utc>) -> String {
    let span = (time - whole.from).max(TimeDelta::zero());
    format!("+{}", duration(span))
}
