//! What a resource went through: its events as operations, each with a beginning, an end and how it ended.
//!
//! CloudFormation repeats `*_IN_PROGRESS` within one operation (before and after the resource has its id, and
//! when it checks for eventual consistency): these are one span.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::event::StackEvent;
use super::status::StatusClass;

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
    /// When it ended; absent while it goes on.
    pub ended: Option<DateTime<Utc>>,
    /// The class of its newest status: how it ended, or that it runs, rolls back or deletes.
    pub class: StatusClass,
    /// Its newest event.
    pub newest: Arc<StackEvent>,
}

impl Span {
    fn of(event: &Arc<StackEvent>) -> Self {
        Self {
            operation: operation(event.status.as_str()).to_owned(),
            began: event.timestamp,
            ended: event.timestamp.filter(|_| event.status.is_final()),
            class: event.status.class(),
            newest: Arc::clone(event),
        }
    }

    /// Whether it goes on: its newest status is no end.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !self.newest.status.is_final()
    }

    /// How long it has taken, or took. What is stamped in the future has taken no time.
    #[must_use]
    pub fn length(&self, now: DateTime<Utc>) -> Option<TimeDelta> {
        let end = if self.is_open() { now } else { self.ended? };
        Some((end - self.began?).max(TimeDelta::zero()))
    }
}

/// The spans of one resource from its events, oldest first.
pub fn spans<'a>(events: impl DoubleEndedIterator<Item = &'a Arc<StackEvent>>) -> Vec<Span> {
    let mut newest: Vec<_> = events.rev().take(MOST).collect();
    newest.reverse();
    let mut spans: Vec<Span> = Vec::new();
    for event in newest {
        let same =
            |span: &&mut Span| span.is_open() && span.operation == operation(event.status.as_str());
        match spans.last_mut().filter(same) {
            Some(span) => {
                span.ended = event.timestamp.filter(|_| event.status.is_final());
                span.began = span.began.or(event.timestamp);
                span.class = event.status.class();
                span.newest = Arc::clone(event);
            }
            None => spans.push(Span::of(event)),
        }
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
        let seconds = |span: &Span| span.length(now).map(|length| length.num_seconds());
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
