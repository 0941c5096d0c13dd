//! Text and JSON: the entries that the application emits, as lines.
//!
//! The application decides what is printed and when; here it only gets its form.

mod config;
mod history;
mod json;
mod keys;
mod markdown;
mod report;
mod text;
mod variables;

use std::io::{self, Write};

use crate::app::effect::Entry;
use crate::app::model::Model;
use crate::style::Theme;
use crate::text::safe::one_line;

pub(crate) use config::{ConfigLine, config};
pub(crate) use history::history;
pub(crate) use keys::keys;
pub use report::{Subject, report};
pub use variables::variables;

/// The form of the lines.
#[derive(Debug)]
pub enum OutputFormat {
    /// One aligned line an event; the state goes to the diagnostics.
    Text(Box<Theme>),
    /// One JSON object a line.
    Json,
}

/// The line that stays on the normal screen when the program has left the terminal.
pub fn farewell(model: &Model, theme: &Theme) -> String {
    text::farewell(model, theme)
}

/// Prints entries: results to `out`, diagnostics to `diagnostics`.
#[derive(Debug)]
pub(crate) struct Printer<O, D> {
    form: OutputFormat,
    out: O,
    diagnostics: D,
}

impl<O: Write, D: Write> Printer<O, D> {
    pub(crate) fn new(form: OutputFormat, out: O, diagnostics: D) -> Self {
        Self {
            form,
            out,
            diagnostics,
        }
    }

    /// Prints one entry.
    ///
    /// # Errors
    /// When the results can't be written. Diagnostics that can't be written are dropped.
    pub(crate) fn print(&mut self, entry: &Entry) -> io::Result<()> {
        match (&self.form, entry) {
            (_, Entry::Remark(text)) => {
                let _ = writeln!(self.diagnostics, "note: {}", one_line(text.as_str()));
                Ok(())
            }
            (OutputFormat::Json, entry) => match json::line(entry) {
                Some(line) => writeln!(self.out, "{line}"),
                None => Ok(()),
            },
            (OutputFormat::Text(_), Entry::Status { state, message }) => {
                let _ = writeln!(self.diagnostics, "{}: {}", state.label(), one_line(message));
                Ok(())
            }
            (OutputFormat::Text(_), Entry::Stack(stack)) => {
                let _ = writeln!(
                    self.diagnostics,
                    "stack: {}",
                    one_line(stack.to_safe().as_str())
                );
                Ok(())
            }
            (OutputFormat::Text(theme), Entry::Event(event)) => {
                writeln!(self.out, "{}", text::event(event, theme))
            }
            (OutputFormat::Text(theme), Entry::Outcome(record)) => {
                writeln!(self.out, "{}", text::outcome(record, theme))
            }
        }
    }

    /// Writes out what has been printed.
    ///
    /// # Errors
    /// When the results can't be written.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
