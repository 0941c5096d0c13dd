//! The imperative shell: the only place that spawns tasks, owns the terminal and the signals, and makes the
//! clock. It carries messages to `update` and does the effects that come back.

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
use crate::app::status::outcome::code;
use crate::config::{OutputMode, Settings, SourceSettings};
use crate::domain::summary::Summary;
use crate::error::Error;
use crate::output;
use crate::output::Printer;
use crate::recording::Folder;

pub(crate) use self::commands::history::{history, report};

use self::feed::Feed;
use self::process::hook::Hook;
use self::process::tasks::Tasks;
use self::process::{logging, panics};
use self::recorder::RecorderHandle;

/// Runs the program to its end. The result is the exit code.
///
/// # Errors
/// Where the program could not do what it was asked; see [`Error::exit_code`].
pub(crate) fn run(settings: Settings) -> Result<u8, Error> {
    panics::listen();
    let (remark, remarks) = mpsc::unbounded_channel();
    logging::start(&settings.log, remark.clone())?;
    // The theme has taken NO_COLOR and --color into account; crossterm is not to judge again.
    crossterm::style::force_color_output(settings.theme.has_colours());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|source| Error::System {
            action: "start the async runtime",
            source,
        })?;
    // A credential process, a name lookup or a terminal that hangs must not keep the program from ending, nor
    // from ending with a panic: dropping a runtime waits for such threads.
    let runtime = ManuallyDrop::new(runtime);
    let result = runtime.block_on(watch(settings, remark, remarks));
    ManuallyDrop::into_inner(runtime).shutdown_background();
    result
}

/// Prints a text that is known at once. The result is the exit code.
///
/// # Errors
/// Where it can't be written.
pub(crate) fn print(text: &str) -> Result<u8, Error> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(Error::Output)?;
    Ok(code::SUCCEEDED)
}

async fn watch(
    settings: Settings,
    remark: UnboundedSender<Remark>,
    remarks: UnboundedReceiver<Remark>,
) -> Result<u8, Error> {
    let mut tasks = Tasks::default();
    // With --wait, the build that is waited for is another one than any that was recorded.
    let is_live = matches!(settings.source, SourceSettings::Api(_));
    let goes_on = is_live && !settings.waits;
    let ready = prepare::prepare(settings.source).await?;
    let prepared = ready.prepared;
    let recordings = settings.recordings.map(Folder::new);
    let typical = recordings.as_ref().filter(|_| is_live);
    let typical = typical.and_then(Folder::typical);
    let (recorder, resumed) =
        recorder::open(settings.record, recordings.as_ref(), ready.header, goes_on)?;
    let first = ready.remarks.into_iter().map(Msg::Remark);
    let first = first.chain(resumed).collect();
    let ending = if prepared.is_replay() {
        ExitPolicy::for_replay()
    } else {
        ExitPolicy::new(settings.waits)
    };
    let (mode, keys) = match &settings.form {
        OutputMode::Screen(keys) => (Mode::Screen, keys.clone()),
        OutputMode::Headless(_) => (Mode::Headless(ending), KeyMap::default()),
    };
    let clock = prepared.clock.clone();
    let mut model = Model::new(prepared.target.clone(), mode, keys, clock.now());
    model.mouse = settings.mouse;
    model.times.utc = settings.utc;
    let hook = Hook(settings.on_outcome);
    model.typical = typical;
    let (recorder, sink) = RecorderHandle::start(recorder, remark, &mut tasks);
    let start = |tasks: &mut Tasks| prepared.start(first, sink, remarks, tasks);
    let result = match settings.form {
        OutputMode::Screen(_) => {
            let look = screen::Appearance {
                theme: settings.theme,
                capabilities: settings.capabilities,
            };
            screen::run(&mut model, look, hook, &clock, start, &mut tasks).await
        }
        OutputMode::Headless(form) => {
            let feed = start(&mut tasks);
            headless::run(&mut model, form, settings.timeout, hook, feed, &mut tasks).await
        }
    };
    if let Some(trouble) = recorder.end(Summary::of(&model.build), clock.now()).await {
        say_unless_said(&model, trouble);
    }
    result
}

/// Says what came up too late for the watch to say it.
fn say_unless_said(model: &Model, remark: Remark) {
    if model.remark().is_none_or(|said| *said != remark) {
        let mut printer = Printer::new(output::OutputFormat::Json, io::sink(), io::stderr());
        let _ = printer.print(&Entry::Remark(remark.text));
    }
}

/// Passes a request of the application on to the poller. One that waits already is as good as two.
fn ask(feed: &Feed, request: crate::poll::poller::PollCommand) {
    let _ = feed.requests.try_send(request);
}
