//! The operations on a resource, made of its events: each with a beginning, an end and an outcome. The resource views and
//! the report show them.
//!
//! CloudFormation repeats `*_IN_PROGRESS` within one operation (before and after the resource has its id, and
//! when it checks for eventual consistency): these are one span.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::stack_event::StackEvent;
use crate::domain::status::StatusClass;
use crate::text::safe::SafeText;

/// The number of a resource's newest events that spans are made of: no template has more, and a frame must not cost more.
const MOST: usize = 256;

/// One operation on a resource: its creation, its deletion, a rollback.
#[derive(Clone, Debug)]
pub struct Span {
    /// The status word without its ending: `CREATE`, `DELETE`, `ROLLBACK`.
    pub operation: String,
    /// When it began; the time of its end if its beginning was never seen.
    pub began: Option<DateTime<Utc>>,
    pub end: End,
    /// The class of its newest status.
    pub class: StatusClass,
}

/// How long the creation of a resource took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceTime {
    pub logical_id: SafeText,
    pub took: TimeDelta,
}

/// The end of an operation. A time is absent if the event has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// No event ends it: it is in progress, or its end was not seen.
    Open,
    /// A status ended it.
    Ended(Option<DateTime<Utc>>),
    /// No status ended it, but another operation began then: a stack's `CREATE` ends in a `ROLLBACK` this way.
    Superseded(Option<DateTime<Utc>>),
}

impl Span {
    fn of(event: &StackEvent) -> Self {
        Self {
            operation: operation(event.status.as_str()).to_owned(),
            began: event.timestamp,
            end: End::after(event),
            class: event.status.class(),
        }
    }

    pub fn is_open(&self) -> bool {
        self.end == End::Open
    }

    /// The end of the operation, or of an open one `now`, which is absent if nothing is known about open operations.
    pub fn until(&self, now: Option<DateTime<Utc>>) -> Option<DateTime<Utc>> {
        match self.end {
            End::Open => now,
            End::Ended(time) | End::Superseded(time) => time,
        }
    }

    /// The duration so far; see [`Self::until`] for `now`. An operation that begins in the future has taken no time.
    pub fn length(&self, now: Option<DateTime<Utc>>) -> Option<TimeDelta> {
        Some((self.until(now)? - self.began?).max(TimeDelta::zero()))
    }
}

impl End {
    fn after(event: &StackEvent) -> Self {
        if event.status.is_final() {
            Self::Ended(event.timestamp)
        } else {
            Self::Open
        }
    }
}

/// The spans of one resource from its events, oldest first.
pub(crate) fn spans<'a>(events: impl DoubleEndedIterator<Item = &'a Arc<StackEvent>>) -> Vec<Span> {
    let mut newest: Vec<_> = events.rev().take(MOST).collect();
    newest.reverse();
    let mut spans = Vec::new();
    for event in newest {
        add(&mut spans, event);
    }
    spans
}

/// The first of [`spans`], without those after it. `count` is the number of the events.
pub(crate) fn first_span<'a>(
    events: impl Iterator<Item = &'a Arc<StackEvent>>,
    count: usize,
) -> Option<Span> {
    let mut spans = Vec::new();
    for event in events.skip(count.saturating_sub(MOST)) {
        add(&mut spans, event);
        if spans.first().is_some_and(|span| !span.is_open()) {
            break;
        }
    }
    spans.into_iter().next()
}

/// Adds an event that is newer than those of the spans.
fn add(spans: &mut Vec<Span>, event: &StackEvent) {
    match spans.last_mut().filter(|span| span.is_open()) {
        Some(span) if span.operation == operation(event.status.as_str()) => {
            span.began = span.began.or(event.timestamp);
            span.end = End::after(event);
            span.class = event.status.class();
            return;
        }
        Some(span) => span.end = End::Superseded(event.timestamp),
        None => {}
    }
    spans.push(Span::of(event));
}

/// The operation of a status, without its progress: `CREATE` of `CREATE_FAILED`.
fn operation(word: &str) -> &str {
    let endings = ["_IN_PROGRESS", "_COMPLETE", "_FAILED", "_SKIPPED"];
    let ending = endings.iter().find_map(|ending| word.strip_suffix(ending));
    ending.unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn events(facts: &[(u32, &str)]) -> Vec<Arc<StackEvent>> {
        let event = |(index, (second, status)): (usize, &(u32, &str))| {
            let json = json!({
                "stackId": "s", "eventId": index.to_string(), "logicalResourceId": "R", "resourceStatus": status,
                "timestamp": format!("2022-04-05T21:{:02}:{:02}.000Z", second / 60, second % 60),
            });
            Arc::new(StackEvent::from_json(&json.to_string(), None))
        };
        facts.iter().enumerate().map(event).collect()
    }

    fn summaries(facts: &[(u32, &str)]) -> Vec<(String, Option<i64>, StatusClass)> {
        let now = DateTime::parse_from_rfc3339("2022-04-05T21:59:00Z")
            .unwrap()
            .to_utc();
        let seconds = |span: &Span| span.length(Some(now)).map(|length| length.num_seconds());
        let summary = |span: Span| (span.operation.clone(), seconds(&span), span.class);
        let events = events(facts);
        let all = spans(events.iter());
        let first = first_span(events.iter(), events.len());
        assert_eq!(format!("{first:?}"), format!("{:?}", all.first().cloned()));
        all.into_iter().map(summary).collect()
    }

    #[test]
    fn of_many_events_the_newest_count() {
        let mut facts = vec![(0, "CREATE_IN_PROGRESS"), (1, "CREATE_COMPLETE")];
        facts.extend((0..MOST - 1).map(|_| (2, "DELETE_IN_PROGRESS")));
        let expected = [
            ("CREATE".to_owned(), Some(0), StatusClass::Complete),
            (
                "DELETE".to_owned(),
                Some(59 * 60 - 2),
                StatusClass::Deleting,
            ),
        ];
        assert_eq!(summaries(&facts), expected);
    }

    #[test]
    fn a_repeated_in_progress_is_one_span() {
        let facts = [
            (0, "CREATE_IN_PROGRESS"),
            (1, "CREATE_IN_PROGRESS"),
            (9, "CREATE_IN_PROGRESS"),
            (22, "CREATE_COMPLETE"),
        ];
        assert_eq!(
            summaries(&facts),
            [("CREATE".to_owned(), Some(22), StatusClass::Complete)]
        );
    }

    #[test]
    fn each_operation_is_a_span_of_its_own() {
        let facts = [
            (0, "CREATE_IN_PROGRESS"),
            (60, "CREATE_FAILED"),
            (70, "DELETE_IN_PROGRESS"),
        ];
        let expected = [
            ("CREATE".to_owned(), Some(60), StatusClass::Failed),
            (
                "DELETE".to_owned(),
                Some(59 * 60 - 70),
                StatusClass::Deleting,
            ),
        ];
        assert_eq!(summaries(&facts), expected);
    }

    #[test]
    fn an_operation_ends_where_another_begins() {
        let facts = [
            (0, "CREATE_IN_PROGRESS"),
            (60, "ROLLBACK_IN_PROGRESS"),
            (65, "ROLLBACK_COMPLETE"),
        ];
        let expected = [
            ("CREATE".to_owned(), Some(60), StatusClass::Running),
            ("ROLLBACK".to_owned(), Some(5), StatusClass::RollingBack),
        ];
        assert_eq!(summaries(&facts), expected);
        let ends: Vec<_> = spans(events(&facts).iter())
            .into_iter()
            .map(|span| span.end)
            .collect();
        assert!(
            matches!(ends[..], [End::Superseded(Some(_)), End::Ended(Some(_))]),
            "{ends:?}"
        );
    }

    #[test]
    fn the_length_of_an_open_span_is_unknown_without_a_time() {
        let facts = [(0, "CREATE_COMPLETE"), (9, "DELETE_IN_PROGRESS")];
        let spans = spans(events(&facts).iter());
        let lengths: Vec<_> = spans.iter().map(|span| span.length(None)).collect();
        assert_eq!(lengths, [Some(TimeDelta::zero()), None]);
    }

    #[test]
    fn an_end_without_a_beginning_took_no_time() {
        let facts = [(60, "CREATE_COMPLETE"), (61, "CREATE_COMPLETE")];
        let expected = ("CREATE".to_owned(), Some(0), StatusClass::Complete);
        assert_eq!(summaries(&facts), [expected.clone(), expected]);
    }

    #[test]
    fn an_unknown_status_keeps_a_span_open() {
        let expected = ("BOGUS".to_owned(), Some(59 * 60), StatusClass::Unknown);
        assert_eq!(summaries(&[(0, "BOGUS")]), [expected]);
    }
}
