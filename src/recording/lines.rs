//! Where the lines of a recording go: behind those that are not written yet. Of a long history a part is written while the
//! rest is made, so that it takes no memory for all of its lines.

use std::fs::File;
use std::io::{self, Write};

use crate::domain::stack_event::{EventId, StackEvent};
use crate::recording::event_lines::EventLines;
use crate::recording::format::Line;

/// The lines of a few hundred events.
const PART: usize = 128 * 1024;

/// The end of a recording.
#[derive(Debug)]
pub(super) struct Lines<'a> {
    pub(super) unwritten: &'a mut Vec<u8>,
    /// `None` if nothing can be written yet: the file is not created, or has no header.
    pub(super) file: Option<&'a mut File>,
}

impl Lines<'_> {
    pub(super) fn add(&mut self, line: &Line<'_>) {
        line.write(self.unwritten);
    }

    /// Adds the line of an event; `before` is the next newer one of a late event.
    pub(super) fn add_event(
        &mut self,
        lines: &mut EventLines,
        event: &StackEvent,
        before: Option<&EventId>,
    ) {
        lines.write(event, before, self.unwritten);
        if self.unwritten.len() >= PART
            && let Some(file) = &mut self.file
            && write(file, self.unwritten).is_err()
        {
            // They are written later, all at once, and that reports it if it fails, too.
            self.file = None;
        }
    }
}

/// Writes lines, and takes away what is written.
pub(super) fn write(file: &mut File, lines: &mut Vec<u8>) -> io::Result<()> {
    while !lines.is_empty() {
        match file.write(lines) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => drop(lines.drain(..written)),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use chrono::DateTime;

    use super::*;

    /// A file that takes nothing loses nothing; one that does leaves less than a part to be written.
    #[test]
    fn the_lines_of_a_long_history_are_written_in_parts() {
        let path = std::env::temp_dir().join(format!("bakewatch-parts-{}", std::process::id()));
        let events: Vec<_> = (0..2_000)
            .map(|number| {
                let json = format!(r#"{{"stackId":"s","eventId":"{number}"}}"#);
                StackEvent::from_json(&json, None)
            })
            .collect();
        let record = |file: Option<&mut File>| {
            let mut unwritten = Vec::new();
            let mut of_events = EventLines::new(DateTime::UNIX_EPOCH, None);
            let mut lines = Lines {
                unwritten: &mut unwritten,
                file,
            };
            for event in &events {
                lines.add_event(&mut of_events, event, None);
            }
            unwritten
        };
        let all = record(None);
        assert!(all.len() > PART, "{}", all.len());
        let mut file = File::create(&path).unwrap();
        let unwritten = record(Some(&mut file));
        assert!(unwritten.len() < PART);
        let written = fs::read(&path).unwrap();
        assert_eq!([written, unwritten].concat(), all);
        let mut read_only = File::open(&path).unwrap();
        assert_eq!(record(Some(&mut read_only)), all);
        fs::remove_file(path).unwrap();
    }
}
