//! The lines of the events of one response. The beginning that most of them have in common is serialised once, and the JSON
//! of an event, which was parsed when it came, is written as it is.

use chrono::{DateTime, Utc};

use crate::domain::stack_event::{EventId, StackEvent, StackId, head_before_event};
use crate::recording::format::Line;

/// Writes events that came at one time.
#[derive(Debug)]
pub(super) struct EventLines {
    at: DateTime<Utc>,
    /// Whether they were listed among those of another stack.
    aside: Option<bool>,
    /// The stack of the last event, and the beginning of a line with nothing but its event.
    head: Option<(StackId, String)>,
    raw: String,
}

impl EventLines {
    pub(super) fn new(at: DateTime<Utc>, aside: Option<bool>) -> Self {
        Self {
            at,
            aside,
            head: None,
            raw: String::new(),
        }
    }

    /// Appends the line of an event; `before` is the next newer one of a late event.
    pub(super) fn write(
        &mut self,
        event: &StackEvent,
        before: Option<&EventId>,
        out: &mut Vec<u8>,
    ) {
        self.raw.clear();
        event.write_raw(&mut self.raw);
        let line = Line {
            before: before.map(|id| id.as_str().into()),
            aside: self.aside,
            ..Line::of_event(event, self.at)
        };
        if line.before.is_some() || line.event_id.is_some() || line.fingerprint.is_some() {
            // A redaction may have reached beyond a string.
            let event = serde_json::from_str(&self.raw).ok();
            Line { event, ..line }.write(out);
            return;
        }
        let is_of = |stack: &StackId| *stack == event.stack_id;
        if !self.head.as_ref().is_some_and(|(stack, _)| is_of(stack)) {
            self.head = Some((event.stack_id.clone(), head_before_event(&line)));
        }
        if let Some((_, head)) = &self.head {
            for part in [head, &self.raw, "}\n"] {
                out.extend_from_slice(part.as_bytes());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_is_as_if_it_was_serialised_by_itself() {
        let read = |stack: &str, id: &str, more: &str| {
            let json = format!(r#"{{"stackId":"{stack}","eventId":"{id}"{more}}}"#);
            StackEvent::from_json(&json, None)
        };
        let secret = r#","resourceProperties":"{\"Url\":\"https://user:hunter2@example.com/\"}""#;
        let events = [
            read("s", "1", ""),
            read("s", "2", r#","hookType":{"a":[1.50,null]}"#),
            read("t\\n\\u00e9", "3", secret),
            read("t\\n\\u00e9", "4", ""),
            read("s", "5", secret),
            StackEvent::from_json("[17, \"no event\"]", None),
        ];
        assert!(
            events
                .iter()
                .any(|event| event.recorded_fingerprint().is_some())
        );
        let newer = EventId::from("9");
        for aside in [None, Some(true)] {
            let mut lines = EventLines::new(DateTime::UNIX_EPOCH, aside);
            for (event, before) in events
                .iter()
                .flat_map(|one| [(one, None), (one, Some(&newer))])
            {
                let mut written = Vec::new();
                lines.write(event, before, &mut written);
                let raw = event.raw();
                let line = Line {
                    before: before.map(|id| id.as_str().into()),
                    aside,
                    event: Some(serde_json::from_str(&raw).unwrap()),
                    ..Line::of_event(event, DateTime::UNIX_EPOCH)
                };
                let expected = format!("{}\n", serde_json::to_string(&line).unwrap());
                assert_eq!(String::from_utf8(written).unwrap(), expected);
            }
        }
    }
}
