//! Draws a view that has no rows: what the program is waiting for, the fault and its remedy, or how the build ended.
//! Called by `events` and `resources`, and by `failure` where no failure and no result is known.

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
use crate::domain::outcome::verdict_reason;
use crate::domain::search::Selection;
use crate::domain::verdict::Verdict;
use crate::store::filter_index::FilterSlot;
use crate::style::Theme;
use crate::text::safe::{SafeText, one_line};
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
        (verdict, _) if verdict.is_final() => ended(model, theme),
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

/// The view of the failure or the result, where there is neither.
pub(crate) fn nothing_failed(model: &Model, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let message = if model.shown.build.verdict().is_final() {
        ended(model, theme)
    } else {
        EmptyMessage {
            heading: "Nothing has failed so far".to_owned(),
            heading_style: theme.strong(),
            body: vec![
                "The first failure, its reason and a remedy will show here, or the result."
                    .to_owned(),
            ],
        }
    };
    draw_message(&message, area, buf);
}

/// How a build ended of which nothing else can be shown, why, and what the user can do.
fn ended(model: &Model, theme: &Theme) -> EmptyMessage {
    let build = &model.shown.build;
    let name = SafeText::new(&model.shown.target.image_id);
    let region = model.shown.region();
    let option = region.map_or_else(String::new, |region| format!(" --region {region}"));
    let has_events = build.current().is_some_and(|known| !known.is_empty());
    let before = if has_events {
        "Nothing had failed before. "
    } else {
        ""
    };
    let searched = model.shown.searched();
    let searched = searched.map_or_else(String::new, |place| format!("Searched in {place}. "));
    let (heading, next) = match build.verdict() {
        Verdict::Succeeded if build.ami().is_some() => (
            "The image is ready".to_owned(),
            "Its stack is gone, and the events went with it.".to_owned(),
        ),
        Verdict::Succeeded => (
            "The stack is complete".to_owned(),
            "Nothing failed in it.".to_owned(),
        ),
        Verdict::Failed => (
            format!("The build of {name} failed"),
            format!(
                "No event that is known names the resource. ParallelCluster may know more:\n\
                 $ pcluster describe-image --image-id {name}{option}"
            ),
        ),
        Verdict::Deleted => (
            format!("{name} was deleted"),
            format!(
                "{before}To build it again:\n\
                 $ pcluster build-image --image-id {name} --image-configuration <FILE>{option}"
            ),
        ),
        Verdict::NotFound => (
            format!("There was nothing to watch: no image and no stack is named {name}"),
            format!(
                "{searched}Check the image id and the region. These are being built:\n\
                 $ pcluster list-images --image-status PENDING{option}"
            ),
        ),
        Verdict::EndNotSeen => (
            format!("The end of the build of {name} was not seen"),
            format!(
                "These images are finished:\n$ pcluster list-images --image-status AVAILABLE{option}"
            ),
        ),
        Verdict::AmiNotFound => (
            format!("{name} was made, and its AMI was not found"),
            "Nothing failed in this build.".to_owned(),
        ),
        _ => (
            "The stack has ended".to_owned(),
            "Nothing failed in it. Whether there is an image cannot be told from it.".to_owned(),
        ),
    };
    let reason = verdict_reason(build).map(|reason| sentence(&reason));
    let has_reason = !matches!(build.verdict(), Verdict::NotFound);
    let mut body: Vec<String> = reason.filter(|_| has_reason).into_iter().collect();
    body.push(next);
    if model.shown.playback.is_none() {
        body.push(format!(
            "Polling again {}; a new build will show here.",
            time_of_next_poll(model)
        ));
    }
    EmptyMessage {
        heading,
        heading_style: theme.strong(),
        body,
    }
}

/// A reason as a paragraph of its own.
fn sentence(text: &str) -> String {
    let text = one_line(text);
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_ascii_uppercase());
    let end = if text.ends_with(['.', '!', '?']) {
        ""
    } else {
        "."
    };
    first.into_iter().chain(characters).collect::<String>() + end
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
