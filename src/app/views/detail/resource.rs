//! One resource: its type and status, its operations with their durations, its events and its properties.
//! `detail` shows these lines for a resource in reading mode.

use std::sync::Arc;

use crate::app::views::detail::{Detail, DetailSubject};
use crate::app::views::page;
use crate::app::views::page::PageLine;
use crate::domain::span::spans;
use crate::domain::timeline::Timeline;
use crate::text::safe::SafeText;

/// The maximum number of its newest events that are listed; a real resource has fewer than ten.
const EVENTS: usize = 100;

pub(crate) fn lines(
    detail: &Detail,
    timeline: &Timeline,
    id: &SafeText,
    columns: usize,
) -> Vec<PageLine> {
    let subject = DetailSubject::Resource(timeline, id);
    let Some(newest) = subject.event() else {
        return Vec::new();
    };
    let mut lines: Vec<PageLine> =
        page::text_lines(newest.resource_type.as_str(), columns).collect();
    lines.push(PageLine::Status(Arc::clone(newest)));
    let failed = timeline
        .events_of(id)
        .rev()
        .take(EVENTS)
        .filter(|event| event.is_own_failure)
        .last();
    let explained = failed.unwrap_or(newest);
    if explained.reason.is_some() {
        lines.push(PageLine::Blank);
        lines.extend(page::reason_lines(explained, columns));
    }
    lines.push(PageLine::Blank);
    lines.extend(
        spans(timeline.events_of(id))
            .into_iter()
            .map(PageLine::Span),
    );
    lines.push(PageLine::Blank);
    let count = timeline.count_of(id);
    lines.push(PageLine::Heading(format!("events ({count})")));
    if count > EVENTS {
        lines.push(PageLine::Text(format!("the newest {EVENTS} of {count}")));
    }
    let events = timeline.events_of(id).skip(count.saturating_sub(EVENTS));
    lines.extend(events.map(|event| PageLine::Event(Arc::clone(event))));
    lines.push(PageLine::Blank);
    detail.push_properties(
        subject.event_with_properties().map(|event| &**event),
        columns,
        &mut lines,
    );
    lines.push(PageLine::Blank);
    let physical = timeline
        .events_of(id)
        .rev()
        .take(EVENTS)
        .find_map(|event| event.physical_id.clone());
    page::push_fields(
        [("physical id", physical.map(|id| id.to_string()))],
        columns,
        &mut lines,
    );
    lines
}
