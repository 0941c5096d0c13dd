//! One event in full: its status and reason, its properties as a tree, and the fields that identify it elsewhere.
//! `detail` shows these lines for an event in reading mode.

use std::sync::Arc;

use crate::app::views::detail::Detail;
use crate::app::views::page;
use crate::app::views::page::PageLine;
use crate::domain::stack_event::{StackEvent, format_time};

pub(crate) fn lines(detail: &Detail, event: &Arc<StackEvent>, columns: usize) -> Vec<PageLine> {
    let mut lines: Vec<PageLine> =
        page::text_lines(event.resource_type.as_str(), columns).collect();
    lines.push(PageLine::Status(Arc::clone(event)));
    if event.reason.is_some() {
        lines.push(PageLine::Blank);
        lines.extend(page::reason_lines(event, columns));
    }
    lines.push(PageLine::Blank);
    detail.push_properties(Some(event), columns, &mut lines);
    lines.push(PageLine::Blank);
    page::push_fields(fields(event), columns, &mut lines);
    lines
}

/// The fields that identify the event, for looking something up elsewhere.
fn fields(event: &StackEvent) -> [(&'static str, Option<String>); 5] {
    [
        ("time", event.timestamp.map(format_time)),
        (
            "physical id",
            event.physical_id.as_ref().map(ToString::to_string),
        ),
        ("event id", Some(event.event_id.as_str().to_owned())),
        ("stack", Some(event.stack_id.as_str().to_owned())),
        (
            "token",
            event.client_request_token().map(|token| token.to_string()),
        ),
    ]
}
