//! bakewatch: a live-tailing terminal program for AWS ParallelCluster image builds.
//!
//! ```text
//!  keys ─ signals ─ ticks ─┐                          ┌─► view(&Model) ─► terminal
//!  poller (Source) ────────┴─► Msg ─► update(&mut Model, Msg) ─► Effects ─► runtime
//!                                                     └─► output: text, JSON
//! ```
//! Data goes one way. [`domain`] knows what a build is; [`app`] turns messages into the next state;
//! [`view`] and [`output`] show it; [`source`] asks the API; [`runtime`] alone has side effects. A test
//! (`tests/it/layering.rs`) reads the imports and fails when a layer reaches where it must not.
//!
//! # Words
//! *Action*: what a person means by a key. *Msg*: a fact. *Effect*: a request to the runtime. *Model*: the
//! whole state. *Timeline*: one stack's events in order. *Walk*: a tour over the API's pages, newest first,
//! down to what is known. *Generation*: one of the stacks that had an image's name. *Source*: whatever
//! answers for the API. *Verdict*: what is known about the end of a build; *Outcome*: how a watch ended.
//! *Span*: one operation on a resource, from its beginning to its end. *Selection*: which events are meant; *`FilterIndex`*:
//! the answers to one question for all events, kept event by event. *Page*: lines of text to read.
//! *Recording*: what a watch heard, in a file. An event is a `StackEvent` or a `TermEvent`, never just an event.
//!
//! # Where to add things
//! A region of the screen: a file in [`view`] and a `Rect` in [`app::layout`]. A view of a build: a variant of
//! [`app::tab::Tab`], and what the compiler then asks for. A key: a line in `assets/keys.toml`; a new meaning
//! for it: see [`app::action`]. A source: an implementation of [`source::Source`] and an arm in
//! `runtime::prepare`. A demo scenario: a file in `assets/scenarios`. What helps against a failure: an arm in
//! `domain::failure::hint`. A setting: a row in `config::preferences`. A theme: a file in `assets/themes` and its
//! name in [`config::themes`].

mod app;
mod aws;
mod backend;
mod cli;
mod clock;
mod config;
mod demo;
mod domain;
mod error;
mod output;
mod poll;
mod recording;
mod runtime;
mod store;
mod style;
#[doc(hidden)]
pub mod testing;
mod text;
mod view;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;

use cli::Cli;
use config::{Environment, Task};
use error::Error;
use text::safe::{SafeText, one_line};

/// The `bakewatch` program: reads the arguments, does what they ask for, and prints an error where that failed.
pub fn main() -> ExitCode {
    let cli = Cli::try_parse().unwrap_or_else(|error| refuse(&error));
    match run(cli) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            if !error.is_quiet() {
                let _ = writeln!(io::stderr(), "error: {}", error.told());
            }
            ExitCode::from(error.exit_code())
        }
    }
}

/// Prints a usage error (or the help that was asked for) and exits. The message quotes the arguments, which a
/// script may have from anywhere, so they are parsed again with control characters made visible.
fn refuse(error: &clap::Error) -> ! {
    let safe = |argument: &str| one_line(SafeText::new(argument).as_str());
    let arguments = std::env::args_os().map(|argument| safe(&argument.to_string_lossy()));
    Cli::try_parse_from(arguments).map_or_else(|error| error.exit(), |_| error.exit())
}

/// Runs the program. The result is its exit code.
///
/// # Errors
/// Where the program could not do what it was asked; see [`Error::exit_code`].
fn run(cli: Cli) -> Result<u8, Error> {
    match Task::new(cli, &Environment::read())? {
        Task::Watch(settings) => runtime::run(*settings),
        Task::History(history) => runtime::history(history),
        Task::Report(which) => runtime::report(&which),
        Task::Print(text) => runtime::print(&text),
        Task::PrintKeys(keys) => {
            runtime::print(&output::keys(&keys.map, keys.file.as_deref(), |action| {
                keys.overridden.get(&action).copied()
            }))
        }
    }
}
