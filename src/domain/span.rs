//! What a resource went through: its events as operations, each with a beginning, an end and how it ended.
//!
//! CloudFormation repeats `*_IN_PROGRESS` within one operation (before and after the resource has its id, and
//! when it checks for eventual consistency): these are one span.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::stack_event::StackEvent;
use crate::domain::status::StatusClass;

/// The events of one resource that are looked at, from the newest: no template has more, and a frame must not
/// cost more.
const MOST: usize = 256;

/// One operation on a resource: its creation, its deletion, a rollback.
#[derive(Clone, Debug)]
pub struct Span {
    /// The status word without its ending: `CREATE`, `DELETE`, `ROLLBACK`.
    pub operation: String,
    /// When it began; the time of its end where its beginning was never seen.
    pub began: Option<DateTime<Utc>>,
    /// Whether and when it ended.
    pub end: End,
    /// The class of its newest status: how it ended, or that it runs, rolls back or deletes.
    pub class: StatusClass,
}

/// How an operation came to its end. A time is absent where the event that tells of it has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// No event tells of an end: it goes on, or nobody saw it end.
    Open,
    /// A status told that it ended, and when.
    Ended(Option<DateTime<Utc>>),
    /// No status told of its end, but another operation began then: a stack's `CREATE` ends so in a `ROLLBACK`.
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

    /// Whether no end of it is known.
    pub fn is_open(&self) -> bool {
        self.end == End::Open
    }

    /// The time up to which it is known to have gone on; `now` is the time up to which anything has that is
    /// open, and absent where nobody knows.
    pub fn until(&self, now: Option<DateTime<Utc>>) -> Option<DateTime<Utc>> {
        match self.end {
            End::Open => now,
            End::Ended(time) | End::Superseded(time) => time,
        }
    }

    /// How long it has taken, or took; see [`Self::until`] for `now`. What is stamped in the future has taken
    /// no time.
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
    let mut spans: Vec<Span> = Vec::new();
    for event in newest {
        match spans.last_mut().filter(|span| span.is_open()) {
            Some(span) if span.operation == operation(event.status.as_str()) => {
                span.began = span.began.or(event.timestamp);
                span.end = End::after(event);
                span.class = event.status.class();
                continue;
            }
            Some(span) => span.end = End::Superseded(event.timestamp),
            None => {}
        }
        spans.push(Span::of(event));
    }
    spans
}

/// A status word without the part that tells how far the operation is.
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

    fn told(facts: &[(u32, &str)]) -> Vec<(String, Option<i64>, StatusClass)> {
        let now = DateTime::parse_from_rfc3339("2022-04-05T21:59:00Z")
            .unwrap()
            .to_utc();
        let seconds = |span: &Span| span.length(Some(now)).map(|length| length.num_seconds());
        let tell = |span: Span| (span.operation.clone(), seconds(&span), span.class);
        spans(events(facts).iter()).into_iter().map(tell).collect()
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
            told(&facts),
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
        assert_eq!(told(&facts), expected);
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
        assert_eq!(told(&facts), expected);
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
    fn nobody_knows_how_long_it_took_where_nobody_saw_it_end() {
        let facts = [(0, "CREATE_COMPLETE"), (9, "DELETE_IN_PROGRESS")];
        let spans = spans(events(&facts).iter());
        let lengths: Vec<_> = spans.iter().map(|span| span.length(None)).collect();
        assert_eq!(lengths, [Some(TimeDelta::zero()), None]);
    }

    #[test]
    fn an_end_without_a_beginning_took_no_time() {
        let facts = [(60, "CREATE_COMPLETE"), (61, "CREATE_COMPLETE")];
        let expected = ("CREATE".to_owned(), Some(0), StatusClass::Complete);
        assert_eq!(told(&facts), [expected.clone(), expected]);
    }

    #[test]
    fn an_unknown_word_goes_on() {
        let expected = ("BOGUS".to_owned(), Some(59 * 60), StatusClass::Unknown);
        assert_eq!(told(&[(0, "BOGUS")]), [expected]);
    }
}
