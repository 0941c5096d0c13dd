//! The imperative shell: the only place that spawns tasks, owns the terminal and the signals, and creates the clock.
//!
//! `prepare` builds a watch from the settings; `screen` or `headless` runs the loop that passes messages to
//! `app::update` and carries out its effects. Tests: `tests/it/headless/watch.rs`, `tests/tty/exit.rs`,
//! `tests/tty/terminal.rs`.

pub(crate) mod commands;
pub(crate) mod feed;
pub(crate) mod headless;
pub(crate) mod prepare;
pub(crate) mod process;
pub(crate) mod recorder;
pub(crate) mod screen;
pub(crate) mod ticks;
pub(crate) mod tty;

use std::io::{self, Write};
use std::mem::ManuallyDrop;

use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

use crate::app::effect::Entry;
use crate::app::keys::keymap::KeyMap;
use crate::app::model::{Mode, Model};
use crate::app::msg::{Msg, Remark};
use crate::app::status::exit_policy::ExitPolicy;
use crate::config::{OutputFormat, OutputMode, Settings, SourceSettings};
use crate::domain::outcome::Outcome;
use crate::error::Error;
use crate::exit_code;
use crate::output::{LineFormat, Printer};
use crate::poll::poller::PollCommand;
use crate::recording::Folder;

pub(crate) use self::commands::history::{history, report};

use self::feed::Feed;
use self::process::hook::Hook;
use self::process::tasks::Tasks;
use self::process::{logging, panics};
use self::recorder::RecorderHandle;

/// Runs a watch to its end and returns the exit code.
pub(crate) fn run(settings: Settings) -> Result<u8, Error> {
    panics::install_hook();
    let (remark, remarks) = mpsc::unbounded_channel();
    logging::start(&settings.log, remark.clone())?;
    // The theme already respects NO_COLOR and --color; crossterm must not decide again.
    crossterm::style::force_color_output(settings.theme.has_colours());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|source| Error::System {
            action: "start the async runtime",
            source,
        })?;
    // A credential process, a name lookup or a terminal that hangs must not keep the program from exiting, not even
    // after a panic: dropping a runtime waits for such threads.
    let runtime = ManuallyDrop::new(runtime);
    let result = runtime.block_on(watch(settings, remark, remarks));
    ManuallyDrop::into_inner(runtime).shutdown_background();
    result
}

/// Prints a text and returns the exit code.
pub(crate) fn print(text: &str) -> Result<u8, Error> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(Error::Output)?;
    Ok(exit_code::SUCCEEDED)
}

async fn watch(
    settings: Settings,
    remark: UnboundedSender<Remark>,
    remarks: UnboundedReceiver<Remark>,
) -> Result<u8, Error> {
    let mut tasks = Tasks::default();
    // With --wait, the user waits for another build than any recorded one.
    let is_live = matches!(settings.source, SourceSettings::Api(_));
    let resumes = is_live && !settings.waits;
    let ready = prepare::prepare(settings.source).await?;
    let prepared = ready.prepared;
    let recordings = settings.recordings.map(Folder::new);
    let typical = recordings.as_ref().filter(|_| is_live);
    let typical = typical.and_then(Folder::typical);
    let (recorder, first_messages) =
        recorder::open(settings.record, recordings.as_ref(), ready.header, resumes)?;
    let first = ready.remarks.into_iter().map(Msg::Remark);
    let first = first.chain(first_messages).collect();
    let exit_policy = if prepared.is_replay() {
        ExitPolicy::for_replay()
    } else {
        ExitPolicy::new(settings.waits)
    };
    let (mode, keys) = match &settings.output {
        OutputMode::Screen(keys) => (Mode::Screen, keys.clone()),
        OutputMode::Headless(_) => (Mode::Headless(exit_policy), KeyMap::default()),
    };
    let clock = prepared.clock.clone();
    let mut model = Model::new(prepared.target.clone(), mode, keys, clock.now());
    model.mouse = settings.mouse;
    model.times.utc = settings.utc;
    let hook = Hook(settings.on_outcome);
    model.typical = typical;
    let (recorder, sink) = RecorderHandle::start(recorder, remark, &mut tasks);
    let start = |tasks: &mut Tasks| prepared.start(first, sink, remarks, tasks);
    let result = match settings.output {
        OutputMode::Screen(_) => {
            let appearance = screen::Appearance {
                theme: settings.theme,
                capabilities: settings.capabilities,
            };
            screen::run(&mut model, appearance, hook, &clock, start, &mut tasks).await
        }
        OutputMode::Headless(format) => {
            let format = match format {
                OutputFormat::Text => LineFormat::Text(Box::new(settings.theme)),
                OutputFormat::Json => LineFormat::Json,
            };
            let feed = start(&mut tasks);
            headless::run(&mut model, format, settings.timeout, hook, feed, &mut tasks).await
        }
    };
    let outcome = Outcome::of(&model.build, &model.target.image_id);
    if let Some(failure) = recorder.end(outcome, clock.now()).await {
        print_new_remark(&model, failure);
    }
    result
}

/// Prints a remark that came too late for the watch to show it.
fn print_new_remark(model: &Model, remark: Remark) {
    if model.remark().is_none_or(|shown| *shown != remark) {
        let mut printer = Printer::new(LineFormat::Json, io::sink(), io::stderr());
        let _ = printer.print(&Entry::Remark(remark.text));
    }
}

/// Sends a command of the application to the poller. If the queue is full, the same command is already waiting.
fn send_command(feed: &Feed, command: PollCommand) {
    let _ = feed.commands.try_send(command);
}
