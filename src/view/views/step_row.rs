//! Draws a row below the image in the list of resources: a workflow of Image Builder, or one of its steps, with a bar of
//! its own.

use chrono::{DateTime, TimeDelta, Utc};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::app::model::Model;
use crate::app::views::axis::Window;
use crate::app::views::resource_rows::Row;
use crate::domain::span::Span as Operation;
use crate::domain::status::StatusClass;
use crate::domain::steps::StepStatus;
use crate::style::Theme;
use crate::text::duration::duration;
use crate::text::safe::{SafeText, one_line};
use crate::view::text::{cell, line_cell, name_cell};
use crate::view::views::gantt;
use crate::view::views::gantt::BarColours;
use crate::view::views::resource_columns::{CLASS, LENGTH, ResourceColumns};

/// The sign, the name with its indent, the status and the action of a row.
struct Texts<'a> {
    name: String,
    status: &'a StepStatus,
    kind: String,
}

fn texts<'a>(row: Row<'a>, model: &Model, theme: &Theme) -> Option<Texts<'a>> {
    Some(match row {
        Row::Resource(_) => return None,
        Row::Workflow(workflow) => {
            let is_folded = model.shown.views.resources.folds.is_folded(workflow);
            let glyphs = theme.glyphs();
            let sign = if is_folded {
                glyphs.folded
            } else {
                glyphs.open
            };
            let (done, total) = (workflow.done(), workflow.total());
            let name = one_line(workflow.name.as_str());
            Texts {
                name: format!(" {sign} {name} {done}/{total}"),
                status: &workflow.status,
                kind: one_line(workflow.kind.as_str()),
            }
        }
        Row::Step(_, step) => {
            let attempt = step.attempt.filter(|attempt| *attempt > 1);
            let attempt = attempt.map_or_else(String::new, |attempt| format!(" (try {attempt})"));
            let kind = step.action.as_ref().map_or("", SafeText::as_str);
            Texts {
                name: format!("    {}{attempt}", one_line(step.name.as_str())),
                status: &step.status,
                kind: one_line(kind),
            }
        }
    })
}

pub(super) fn draw(
    row: Row<'_>,
    columns: ResourceColumns,
    window: Option<Window>,
    model: &Model,
    theme: &Theme,
    plain: bool,
) -> Option<Line<'static>> {
    let texts = texts(row, model, theme)?;
    let class = texts.status.class();
    let is_open = matches!(class, StatusClass::Unknown | StatusClass::Skipped);
    let style = |style: Style| if plain { Style::new() } else { style };
    let status = if is_open {
        theme.dim()
    } else {
        theme.status(class)
    };
    let sign = if class == StatusClass::Unknown {
        " "
    } else {
        theme.glyphs().status(class)
    };
    let name = match class {
        StatusClass::Failed => theme.strong().patch(status),
        StatusClass::Running => theme.strong(),
        _ if is_open => theme.dim(),
        _ => Style::new(),
    };
    let mut spans = vec![Span::styled(format!(" {sign} "), style(status))];
    let id = name_cell(&texts.name, columns.id, theme);
    spans.push(Span::styled(format!("{id} "), style(name)));
    let word = match columns.status {
        0 => String::new(),
        CLASS => cell(short_word(texts.status), CLASS, theme) + " ",
        width => line_cell(texts.status.as_str(), width, theme) + " ",
    };
    spans.push(Span::styled(word, style(status)));
    if columns.kind > 0 {
        let kind = name_cell(&texts.kind, columns.kind, theme);
        spans.push(Span::styled(format!("{kind}  "), style(theme.dim())));
    }
    let span = row.span();
    let now = model.shown.build.open_until(model.now);
    let took = took(span.as_ref(), class, now);
    let lengths = if class == StatusClass::Running {
        Style::new()
    } else {
        theme.dim()
    };
    spans.push(Span::styled(format!("{took:>LENGTH$} "), style(lengths)));
    if columns.usual > 0 {
        let usual = usual(row, model).map_or_else(String::new, duration);
        spans.push(Span::styled(
            format!("{usual:>LENGTH$} "),
            style(theme.dim()),
        ));
    }
    if columns.deleted > 0 {
        spans.push(Span::raw(" ".repeat(columns.deleted + 1)));
    }
    if let Some(window) = window {
        let colours = if plain {
            BarColours::Plain
        } else {
            BarColours::Operations
        };
        let until = model.shown.build.until(model.now);
        let operations: Vec<Operation> = span.into_iter().collect();
        let ended = operations.first().and_then(|span| span.until(Some(until)));
        let bar = gantt::bar(
            &operations,
            window,
            ended.unwrap_or(until).min(until),
            usual_end(row, model),
            columns.bar,
            theme,
            colours,
        );
        spans.extend(bar);
    }
    Some(Line::from(spans))
}

/// When a step would end if it took as long as usual.
fn usual_end(row: Row<'_>, model: &Model) -> Option<DateTime<Utc>> {
    row.span()?.began?.checked_add_signed(usual(row, model)?)
}

/// How long a step usually takes.
fn usual(row: Row<'_>, model: &Model) -> Option<TimeDelta> {
    let Row::Step(workflow, step) = row else {
        return None;
    };
    let times = &model.shown.typical_times;
    times.of_step(&workflow.name, &step.name)
}

/// How long it took; nothing for a step that was skipped.
fn took(span: Option<&Operation>, class: StatusClass, now: Option<DateTime<Utc>>) -> String {
    let length = span.filter(|_| class != StatusClass::Skipped);
    let length = length.and_then(|span| span.length(now));
    length.map_or_else(String::new, duration)
}

/// The word of the status in a narrow column.
fn short_word(status: &StepStatus) -> &str {
    match status.class() {
        StatusClass::Running => "running",
        StatusClass::Complete => "complete",
        StatusClass::Failed if status.as_str() == "CANCELLED" => "cancelled",
        StatusClass::Failed => "failed",
        StatusClass::Skipped => "skipped",
        StatusClass::RollingBack => "rollback",
        StatusClass::Unknown | StatusClass::Deleting => "",
    }
}
