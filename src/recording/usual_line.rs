//! Reads the lines of a recording as nearly all of them are written: an event each. [`super::reader`] leaves any other line
//! to `serde_json`.

use chrono::{DateTime, Utc};

use crate::domain::stack_event::{FieldOrder, Fields, Scanner, parse_time};

/// The bytes in which usual lines are sought at a time: many lines, and little to look through again behind another line.
const USUAL_BYTES: usize = 32 * 1024;

/// The line of an event as nearly all of them are written.
pub(super) struct UsualLine<'a> {
    /// Its bytes, with the line break.
    pub length: usize,
    pub at: DateTime<Utc>,
    pub stack: &'a str,
    pub event: &'a str,
    pub fields: Fields<'a>,
}

impl<'a> UsualLine<'a> {
    /// Reads the first line of a text in one pass; none if it is another line, or the last one without a line break.
    /// `stack` is the stack that it probably names, `order` that of the fields of the events before.
    pub(super) fn scan(text: &'a str, stack: &str, order: &mut FieldOrder<false>) -> Option<Self> {
        let mut scanner = Scanner::new(text);
        let at = scanner.skip(r#"{"kind":"event","at":"#);
        let at = at.then(|| scanner.plain_string())?.and_then(parse_time)?;
        if !scanner.skip(r#","stream":"events","stackId":"#) {
            return None;
        }
        let stack = match scanner.known_string(stack) {
            Some(known) => known.strip_prefix('"')?.strip_suffix('"')?,
            None => scanner.plain_string()?,
        };
        if !scanner.skip(r#","event":"#) {
            return None;
        }
        let begin = scanner.position();
        let fields = Fields::scan(&mut scanner, stack, order)?;
        let event = text.get(begin..scanner.position())?;
        scanner.skip("}\n").then_some(Self {
            length: scanner.position(),
            at,
            stack,
            event,
            fields,
        })
    }
}

/// The text that the bytes begin with, up to [`USUAL_BYTES`].
pub(super) fn valid_begin(bytes: &[u8]) -> &str {
    let bytes = bytes.get(..USUAL_BYTES).unwrap_or(bytes);
    std::str::from_utf8(bytes).unwrap_or_else(|error| {
        let valid = bytes.get(..error.valid_up_to());
        std::str::from_utf8(valid.unwrap_or_default()).unwrap_or_default()
    })
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use crate::recording::Recording;

    const HEADER: &str = r#"{"bakewatchRecording":2,"program":"0","backend":"aws","imageId":"i","startedAt":"2026-01-01T00:00:00.000Z"}"#;

    fn line(number: usize, reason: &str) -> String {
        let at = format!("2026-01-01T00:00:{number:02}.000Z");
        let stack = if number < 5 { "s" } else { "other" };
        format!(
            r#"{{"kind":"event","at":"{at}","stream":"events","stackId":"{stack}","event":{{"eventId":"e{number}","stackId":"{stack}","timestamp":"{at}","more":"x","resourceStatusReason":"{reason}"}}}}"#
        )
    }

    /// What is read of a recording.
    fn read(bytes: &[u8], capacity: usize) -> (Vec<String>, [u64; 2], [bool; 2]) {
        let recording = Recording::read(BufReader::with_capacity(capacity, bytes)).unwrap();
        let unreadable = u64::try_from(recording.unreadable).unwrap();
        (
            recording.events().map(|event| event.raw()).collect(),
            [recording.valid_bytes, unreadable],
            [recording.torn, recording.ends_with_newline],
        )
    }

    #[test]
    fn lines_are_the_same_whatever_the_buffer_holds_and_whoever_reads_them() {
        let long = "long ".repeat(20_000);
        let reasons = ["a", "é日本", r"\u00e9\n", &long, "", "ï", "b", "c", "d"];
        let mut lines: Vec<_> = (0..).zip(reasons).map(|(n, text)| line(n, text)).collect();
        lines.insert(3, lines[0].replace("\"kind\"", " \"kind\""));
        lines.insert(5, String::new());
        lines.insert(7, r#"{"kind":"event","at":"#.to_owned());
        for end in ["", "\n"] {
            let text = format!("{HEADER}\n{}{end}", lines.join("\n"));
            let bytes = text.as_bytes();
            let expected = read(bytes, 1 << 20);
            assert_eq!((expected.0.len(), expected.1[1]), (10, 1));
            for capacity in [1, 7, 100, 333, 40_000] {
                assert_eq!(read(bytes, capacity), expected, "{capacity}");
            }
            let unusual = text.replace("{\"kind\"", "{ \"kind\"");
            assert_eq!(read(unusual.as_bytes(), 100).0, expected.0);
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_one_unreadable_line() {
        let mut bytes = format!("{HEADER}\n{}\n", line(1, "a")).into_bytes();
        bytes.extend(b"\xff\xfe\n");
        bytes.extend(format!("{}\n", line(2, "b")).bytes());
        let (events, [valid, unreadable], ends) = read(&bytes, 1 << 20);
        assert_eq!((events.len(), unreadable, ends), (2, 1, [false, true]));
        assert_eq!(valid, u64::try_from(bytes.len()).unwrap());
    }
}
