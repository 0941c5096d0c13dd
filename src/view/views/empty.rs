//! Draws the list before it has rows: what the program is waiting for, or the fault and its remedy.
//! Called by `events`, and by `failure` before a failure.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Rect};
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::Widget;

use crate::app::keys::action::{Action, AppAction};
use crate::app::model::Model;
use crate::app::status::connection::ConnectionState;
use crate::app::views::filter;
use crate::domain::fault::Fault;
use crate::domain::search::Selection;
use crate::domain::verdict::Verdict;
use crate::store::filter_index::FilterSlot;
use crate::style::Theme;
use crate::text::safe::SafeText;
use crate::text::width::{width, wrap};
use crate::view::time::rough_duration;

/// Longer lines are hard to read.
const READABLE: usize = 60;

struct EmptyMessage {
    heading: String,
    heading_style: Style,
    body: Vec<String>,
}

/// Draws the message in the middle of the pane.
pub(crate) fn draw(model: &Model, theme: &Theme, area: Rect, buf: &mut Buffer) {
    draw_message(&message(model, theme), area, buf);
}

fn draw_message(message: &EmptyMessage, area: Rect, buf: &mut Buffer) {
    let columns = usize::from(area.width).saturating_sub(2).clamp(1, READABLE);
    let heading = wrap(&message.heading, columns).into_iter();
    let mut lines: Vec<_> = heading.map(|line| (line, message.heading_style)).collect();
    for paragraph in &message.body {
        lines.push((String::new(), Style::new()));
        let wrapped = wrap(paragraph, columns).into_iter();
        lines.extend(wrapped.map(|line| (line, Style::new())));
    }
    let longest = lines.iter().map(|(line, _)| width(line)).max().unwrap_or(0);
    let length = |length| Constraint::Length(u16::try_from(length).unwrap_or(u16::MAX));
    let block = area.centered(length(longest), length(lines.len()));
    for ((text, style), line_area) in lines.into_iter().zip(block.rows()) {
        Line::styled(text, style).render(line_area, buf);
    }
}

fn message(model: &Model, theme: &Theme) -> EmptyMessage {
    let calm = |heading: String, body: Vec<String>| EmptyMessage {
        heading,
        heading_style: theme.strong(),
        body,
    };
    if !model.shown.filter.is_open() && filter::count(&model.shown.build, Selection::ALL) > 0 {
        return filter_message(model, calm);
    }
    if let Some(fault) = model.shown.connection.fault(&model.shown.build) {
        return fault_message(fault, model, theme);
    }
    let name = SafeText::new(&model.shown.target.image_id);
    match (model.shown.build.verdict(), model.shown.connection.state) {
        (Verdict::Succeeded, _) => calm(
            "The image is ready".to_owned(),
            vec!["Its stack is gone, and the events went with it.".to_owned()],
        ),
        (Verdict::NotFound, _) => calm(
            format!("There is no image and no stack named {name}"),
            vec![
                "Check the image id and the region.".to_owned(),
                format!(
                    "Polling again {}; a new build will show here.",
                    time_of_next_poll(model)
                ),
            ],
        ),
        (_, ConnectionState::Starting) => calm(
            "Connecting to the ParallelCluster API".to_owned(),
            vec!["The build's events will show here.".to_owned()],
        ),
        (_, ConnectionState::Waiting) => calm(
            format!("No stack named {name} yet"),
            vec![format!(
                "Polling again {}; its events will show here.",
                time_of_next_poll(model)
            )],
        ),
        _ => calm(
            "The stack has no events yet".to_owned(),
            vec![format!("Polling again {}.", time_of_next_poll(model))],
        ),
    }
}

/// The filter lists nothing, or has not found anything yet.
fn filter_message(
    model: &Model,
    calm: impl Fn(String, Vec<String>) -> EmptyMessage,
) -> EmptyMessage {
    let left = model.shown.build.unindexed(FilterSlot::Listed);
    if left > 0 {
        return calm(format!("Searching, {left} events to go"), Vec::new());
    }
    let key = model.keys.key_for(Action::App(AppAction::Close));
    let body = key.map(|key| format!("{key} lists every event again"));
    calm(
        "The filter lists no event".to_owned(),
        body.into_iter().collect(),
    )
}

/// The failure view before a failure.
pub(crate) fn nothing_failed(theme: &Theme, area: Rect, buf: &mut Buffer) {
    let message = EmptyMessage {
        heading: "Nothing has failed in this build".to_owned(),
        heading_style: theme.strong(),
        body: vec!["The first failure, its reason and a hint will show here.".to_owned()],
    };
    draw_message(&message, area, buf);
}

fn fault_message(fault: &Fault, model: &Model, theme: &Theme) -> EmptyMessage {
    let mut body = Vec::new();
    if let Some(id) = &fault.request_id {
        body.push(format!("request id {id}"));
    }
    body.extend(fault.hint.as_ref().map(SafeText::to_string));
    body.push(format!("Trying again {}.", time_of_next_poll(model)));
    EmptyMessage {
        heading: format!("{} {}", theme.glyphs().alert, fault.message),
        heading_style: theme.warn(),
        body,
    }
}

fn time_of_next_poll(model: &Model) -> String {
    let next = model
        .shown
        .connection
        .next_poll()
        .map(|next| rough_duration(next - model.now));
    next.map_or_else(|| "soon".to_owned(), |next| format!("in {next}"))
}
