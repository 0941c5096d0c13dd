//! bakewatch: a live-tailing terminal program for AWS ParallelCluster image builds.
//!
//! ```text
//!  arguments ─► cli ─► config ─► runtime::prepare ─► backend, poll, recording
//!
//!  API ─► aws ─► backend ─► poll ─► recording ─┐
//!  recording file ─► recording::player ────────┤
//!  terminal ─► runtime::tty::input ────────────┼─► Msg ─► app::update(&mut Model) ─► Effects ─► runtime
//!  signals, ticks ─► runtime ──────────────────┘                    │
//!                          terminal ◄─ runtime::tty ◄─ view(&Model) ┴─ Entry ─► output ─► standard output
//! ```
//! Data goes one way. `domain` models a build, and `store` indexes its events; `text` makes untrusted text safe; `demo`
//! simulates the API. `text`, `store`, `domain`, `app`, `style` and `view` are pure; only `runtime` starts tasks and owns
//! the terminal. `tests/it/repo/layering.rs` checks the imports of each folder.
//!
//! # Glossary
//! - *Action*: the meaning of a key press in the current view.
//! - *Effect*: a request of the application to the runtime.
//! - *`EntryLog`*: an ordered, indexed log of unique entries that grows at both ends; no entry is removed.
//! - *Generation*: one of the stacks that had the same image ID, one after another.
//! - *Model*: the whole state of the application.
//! - *Msg*: an input of the application: a key, a tick, an observation.
//! - *Observation*: one response or failure of the API, with its time.
//! - *Outcome*: the result of a watch.
//! - *Page*: one response with events; on the screen, a scrollable text.
//! - *Recording*: the observations of a watch, in a file.
//! - *Session*: one watched build and the state of its views.
//! - *Span*: one operation on a resource, from its start to its end.
//! - *Timeline*: the events of one stack, in order.
//! - *Verdict*: the decision whether a build has ended, and how.
//! - *Walk*: the requests for the pages of events, newest first, down to the known events.
//!
//! To add a view, a key, a setting, a backend or a scenario, see docs/ARCHITECTURE.md.

mod app;
mod aws;
mod backend;
mod cli;
mod clock;
mod config;
mod demo;
mod domain;
mod error;
mod exit_code;
mod file;
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

use std::io::{self, IsTerminal};
use std::process::ExitCode;

use clap::Parser;

use cli::{Cli, Color};
use config::{Environment, Setting, Task};
use error::Error;
use output::ConfigLine;
use style::Depth;
use text::safe::{SafeText, one_line};

/// The `bakewatch` program: parses the arguments, runs the command, and prints an error if it failed.
pub fn main() -> ExitCode {
    let result = match Cli::try_parse() {
        Ok(cli) if cli.command.is_none() && !Environment::read().has_screen() => {
            runtime::print_diagnostic(&cli::usage());
            Ok(exit_code::USAGE)
        }
        Ok(cli) => run(cli),
        Err(error) => print_usage(&error),
    };
    match result {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            if !error.is_quiet() {
                runtime::print_diagnostic(&format!("error: {}", error.to_line()));
            }
            ExitCode::from(error.exit_code())
        }
    }
}

/// Prints a usage error, or the requested help, and returns the exit code. The message quotes the arguments, which a
/// script may have from an untrusted source, so they are parsed again with visible control characters.
fn print_usage(error: &clap::Error) -> Result<u8, Error> {
    let safe = |argument: &str| one_line(SafeText::new(argument).as_str());
    let arguments = std::env::args_os().map(|argument| safe(&argument.to_string_lossy()));
    let safe_error = Cli::try_parse_from(arguments).err();
    let error = safe_error.as_ref().unwrap_or(error);
    let environment = Environment::read();
    let is_styled = if error.use_stderr() {
        io::stderr().is_terminal() && !environment.no_color
    } else {
        environment.depth(Color::Auto) != Depth::None
    };
    let text = error.render();
    let text = if is_styled {
        text.ansi().to_string()
    } else {
        text.to_string()
    };
    if error.use_stderr() {
        runtime::print_diagnostic(text.trim_end());
        return Ok(exit_code::USAGE);
    }
    runtime::print(&text)
}

/// Runs the command and returns the exit code.
fn run(cli: Cli) -> Result<u8, Error> {
    match Task::new(cli, &Environment::read())? {
        Task::Watch(settings) => runtime::run(*settings),
        Task::ShowLog(log) => runtime::log(*log),
        Task::Check(check) => runtime::check(*check),
        Task::Diff(diff) => runtime::diff(*diff),
        Task::List(list) => runtime::list(*list),
        Task::History(history) => runtime::history(history),
        Task::RecordedIds(recordings) => runtime::recorded_ids(recordings),
        Task::Report(which) => runtime::report(&which),
        Task::Print(text) => runtime::print(&text),
        Task::PrintSettings(settings, file, url) => {
            let api_url = settings.iter().find(|setting| setting.name == "api-url");
            let origin = api_url.map_or_else(String::new, |setting| setting.origin.clone());
            let lines: Vec<_> = settings.into_iter().map(config_line).collect();
            let code = runtime::print(&output::config(&lines, file.as_deref()))?;
            // After the settings: they show where the URL comes from.
            url.map_or(Ok(()), |url| runtime::check_api_url(&url, &origin))?;
            Ok(code)
        }
        Task::PrintKeys(keys) => {
            runtime::print(&output::keys(&keys.map, keys.file.as_deref(), |action| {
                keys.overridden.get(&action).copied()
            }))
        }
    }
}

fn config_line(setting: Setting) -> ConfigLine {
    ConfigLine {
        name: setting.name,
        value: setting.value,
        origin: setting.origin,
        help: setting.help,
    }
}
