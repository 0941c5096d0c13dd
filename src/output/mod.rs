//! Formats for printing: the entries of a headless watch as text or JSON, the history, reports, keys and settings.
//!
//! The application decides which entries are printed and when; `runtime` prints the result. Tests:
//! `tests/it/headless/watch.rs`, `tests/it/recording/report.rs`.

mod check;
mod config;
mod diff;
mod history;
mod images;
mod json;
mod keys;
mod log;
mod markdown;
mod report;
mod steps;
mod text;
mod variables;

use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::Path;

use crate::app::effect::{Entry, Origin};
use crate::app::model::Model;
use crate::output::json::EventLines;
use crate::style::Theme;
use crate::text::safe::{SafeText, one_line};
use crate::text::width::{pad, width, wrap};

pub(crate) use check::{CallState, CheckedCall, check};
pub(crate) use config::{ConfigLine, config};
pub(crate) use diff::{diff_json, diff_text};
pub(crate) use history::{Look, history_json, history_table};
pub(crate) use images::{images_json, images_table};
pub(crate) use keys::keys;
pub(crate) use log::{LogPrinter, PrintedLine};
pub use report::{Subject, report};
pub use variables::variables;

/// The format of the printed lines.
#[derive(Clone, Debug)]
pub(crate) enum LineFormat {
    /// One aligned line per event and per change of a step; status changes go to the diagnostics.
    Text(Box<Theme>),
    /// One JSON object per line.
    Json,
}

impl LineFormat {
    /// Whether an entry is printed to standard output, not as a diagnostic.
    pub(crate) const fn is_result(&self, entry: &Entry) -> bool {
        match entry {
            Entry::Event(_) | Entry::Step(_) | Entry::Outcome(_) | Entry::Progress(_) => true,
            Entry::Stack(_) | Entry::Status { .. } => matches!(self, Self::Json),
            Entry::Remark(_) => false,
        }
    }
}

/// The widest line of a table: that of a small terminal.
const COLUMNS: usize = 80;

/// The first lines of a file in the user's folder.
fn header(title: &str, file: Option<&Path>) -> String {
    let Some(file) = file else {
        return format!("# {title}.\n");
    };
    let file = SafeText::new(&file.to_string_lossy());
    let file = one_line(file.as_str());
    format!("# {title}. To change one, copy its line to\n# {file}\n")
}

/// An entry, and its comments in the columns behind it, which continue on lines of their own.
fn commented(entry: &str, columns: usize, comments: &[String]) -> String {
    let mut text = String::new();
    let mut entry = entry;
    if width(entry) > columns {
        text = format!("{entry}\n");
        entry = "";
    }
    let room = COLUMNS.saturating_sub(columns + " #   ".len());
    for comment in comments {
        let mut indent = "";
        for row in wrap(comment, room) {
            let entry = pad(std::mem::take(&mut entry), columns);
            let _ = writeln!(text, "{entry} # {indent}{}", row.trim_end());
            indent = "  ";
        }
    }
    text
}

/// The last line on the normal screen after the program has left the terminal.
pub fn farewell(model: &Model, theme: &Theme) -> String {
    theme.text(&text::farewell(model, theme)).into_owned()
}

/// Prints entries: results to `out`, diagnostics to `diagnostics`.
#[derive(Debug)]
pub(crate) struct Printer<O, D> {
    format: LineFormat,
    out: O,
    diagnostics: D,
    events: EventLines,
}

impl<O: Write, D: Write> Printer<O, D> {
    pub(crate) fn new(format: LineFormat, out: O, diagnostics: D) -> Self {
        Self {
            format,
            out,
            diagnostics,
            events: EventLines::default(),
        }
    }

    /// Prints one entry.
    ///
    /// # Errors
    /// If a result can't be written. Diagnostics that can't be written are dropped.
    pub(crate) fn print(&mut self, origin: Option<&Origin>, entry: &Entry) -> io::Result<()> {
        let prefix = match (
            &self.format,
            origin.and_then(|origin| origin.label.as_ref()),
        ) {
            (LineFormat::Text(theme), Some(label)) => text::label(label, theme),
            _ => String::new(),
        };
        match (&self.format, entry) {
            (_, Entry::Remark(text)) => {
                let _ = writeln!(self.diagnostics, "note: {}", one_line(text.as_str()));
                Ok(())
            }
            (LineFormat::Json, Entry::Event(event)) => {
                let line = self.events.line(origin, event);
                self.out.write_all(line.as_bytes())?;
                self.out.write_all(b"\n")
            }
            (LineFormat::Json, entry) => match json::json_line(origin, entry) {
                Some(line) => writeln!(self.out, "{line}"),
                None => Ok(()),
            },
            (LineFormat::Text(_), Entry::Status { state, message }) => {
                let message = one_line(message);
                let _ = writeln!(self.diagnostics, "{prefix}{}: {message}", state.label());
                Ok(())
            }
            (LineFormat::Text(_), Entry::Stack(stack)) => {
                let stack = stack.to_safe();
                let stack = one_line(stack.as_str());
                let _ = writeln!(self.diagnostics, "{prefix}stack: {stack}");
                Ok(())
            }
            (LineFormat::Text(theme), Entry::Event(event)) => {
                let line = text::event(event, theme);
                writeln!(self.out, "{prefix}{}", theme.text(&line))
            }
            (LineFormat::Text(theme), Entry::Step(change)) => {
                let line = text::step(change, theme);
                writeln!(self.out, "{prefix}{}", theme.text(&line))
            }
            (LineFormat::Text(theme), Entry::Progress(progress)) => {
                let line = text::progress(progress, theme);
                writeln!(self.out, "{prefix}{}", theme.text(&line))
            }
            (LineFormat::Text(theme), Entry::Outcome(outcome)) => {
                for line in text::log_lines(outcome) {
                    writeln!(self.out, "{prefix}{}", theme.text(&line))?;
                }
                let line = text::outcome(outcome, theme);
                writeln!(self.out, "{prefix}{}", theme.text(&line))
            }
        }
    }

    /// Flushes the results.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
