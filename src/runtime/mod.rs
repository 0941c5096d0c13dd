//! The imperative shell: the only place that spawns tasks, owns the terminal and the signals, and creates the clock.
//!
//! `prepare` builds a watch from the settings; `screen` or `headless` runs the loop that passes messages to
//! `app::update` and carries out its effects. Tests: `tests/it/headless/watch.rs`, `tests/tty/exit.rs`,
//! `tests/tty/terminal.rs`.

mod account;
pub(crate) mod check;
pub(crate) mod commands;
pub(crate) mod demo;
pub(crate) mod headless;
pub(crate) mod inbox;
mod lister;
mod news;
mod opener;
pub(crate) mod prepare;
pub(crate) mod process;
pub(crate) mod recorder;
pub(crate) mod replay;
pub(crate) mod screen;
pub(crate) mod sessions;
pub(crate) mod ticks;
pub(crate) mod tty;

use std::io::{self, Write};
use std::mem::ManuallyDrop;

use futures_util::future::join_all;
use tokio::sync::mpsc;

use crate::app::effect::Entry;
use crate::app::keys::keymap::KeyMap;
use crate::app::model::{Mode, Model, Preferences};
use crate::app::msg::{Msg, Remark};
use crate::app::search::Search;
use crate::app::session::{Session, SessionId};
use crate::app::status::exit_policy::ExitPolicy;
use crate::backend::parallelcluster::MfaSessions;
use crate::config::{OutputFormat, OutputMode, Record, Settings, SourceSettings};
use crate::domain::outcome::Outcome;
use crate::error::Error;
use crate::exit_code;
use crate::output::{LineFormat, Printer};
use crate::poll::log::LogStart;
use crate::poll::schedule::Attention;
use crate::recording::Folder;
use crate::style::Theme;

pub(crate) use self::check::check;
pub(crate) use self::commands::diff::diff;
pub(crate) use self::commands::history::{history, recorded_ids, report};
pub(crate) use self::commands::list::list;
pub(crate) use self::commands::log::log;
pub(crate) use self::prepare::check_api_url;
pub(crate) use self::process::streams::print_diagnostic;

use self::account::Searching;
use self::inbox::{Inbox, RemarkSender};
use self::opener::{Opener, Recordings};
use self::prepare::Common;
use self::process::hook::Hook;
use self::process::streams::Stream;
use self::process::tasks::Tasks;
use self::process::{logging, panics};
use self::sessions::{Sessions, Writers};

/// Runs a watch to its end and returns the exit code.
pub(crate) fn run(settings: Settings) -> Result<u8, Error> {
    panics::install_hook();
    let (messages, inbox) = Inbox::new();
    logging::start(
        &settings.log,
        &settings.record,
        RemarkSender::new(&messages),
    )?;
    // The theme already respects NO_COLOR and --color; crossterm must not decide again.
    crossterm::style::force_color_output(settings.theme.has_colours());
    run_async(watch(settings, messages, inbox))
}

/// Runs a future to its end.
fn run_async<T>(work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        // With one, a build that has just polled gets the next permit before the others are woken: of fifty, some wait for
        // minutes.
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
    let result = runtime.block_on(work);
    ManuallyDrop::into_inner(runtime).shutdown_background();
    result
}

/// Prints a text and returns the exit code.
pub(crate) fn print(text: &str) -> Result<u8, Error> {
    Stream::output()
        .and_then(|mut output| output.write_all(text.as_bytes()))
        .map_err(Error::Output)?;
    Ok(exit_code::SUCCEEDED)
}

async fn watch(
    settings: Settings,
    messages: mpsc::Sender<Msg>,
    mut inbox: Inbox,
) -> Result<u8, Error> {
    let mut tasks = Tasks::default();
    // With --wait, the user waits for another build than any recorded one.
    let is_live = matches!(settings.source, SourceSettings::Api { .. });
    let resumes = is_live && !settings.waits;
    let (mode, keys, mfa) = of_output(&settings.output);
    let common = Common::new(mfa.clone());
    let recordings = settings.recordings.map(Folder::new);
    let prepared = account::prepare(settings.source, settings.waits, &common).await?;
    let (ready, account, searching) = prepared;
    if mode == Mode::Headless || matches!(settings.record, Record::InFile(_)) {
        // Before a file is made.
        common.check_certificates()?;
    }
    let clock = ready.first().map_or_else(
        || common.clock.clone(),
        |ready| ready.prepared.clock.clone(),
    );
    let next = SessionId(u32::try_from(ready.len()).unwrap_or(u32::MAX));
    let to_record = Recordings {
        record: settings.record,
        folder: recordings.clone(),
        resumes,
    };
    // How many builds a search finds is not known: they count as many.
    let builds = searching.as_ref().map_or(ready.len(), |_| usize::MAX);
    let otherwise = attention(&settings.output, builds);
    let policy = ExitPolicy::new(settings.waits);
    let exit = Some(policy).filter(|_| mode == Mode::Headless);
    let (search, images) = match searching {
        Some(Searching { images, stacks }) => {
            (Some(Search::new(stacks, exit.clone())), Some(images))
        }
        None => (None, None),
    };
    let exit = exit.map(|policy| (policy, otherwise));
    let (watched, begun) = begin(ready, &to_record, exit.as_ref(), &mut inbox)?;
    let mut watched = watched.into_iter();
    let first = watched.next().unwrap_or_else(Session::placeholder);
    let shown = (mode == Mode::Screen).then_some(first.id);
    let preferences = Preferences {
        mode,
        keys,
        mouse: settings.mouse,
        utc: settings.utc,
    };
    let model = Model::new(preferences, first, clock.now());
    let mut model = watched.fold(model, Model::with).searching(search);
    let hook = Hook(settings.on_outcome);
    let writers = Writers::default();
    let opener = Opener::new(account, to_record.of_more(is_live), next, images);
    // After the first frame: the folder may be slow, or have many recordings, and a CA bundle may have many certificates.
    let start = |tasks: &mut Tasks| {
        common.check_certificates()?;
        if let Some(folder) = recordings.filter(|_| is_live) {
            recorder::estimate(folder, messages.clone(), tasks);
        }
        let mut sessions = Sessions::new(clock.clone(), (inbox, messages), mfa, writers.clone());
        sessions.log_start = log_start(mode);
        sessions.otherwise = otherwise;
        Ok((start_all(sessions, begun, shown, tasks), opener))
    };
    let result = match settings.output {
        OutputMode::Screen(_) => {
            let appearance = screen::Appearance {
                theme: settings.theme,
                by_background: settings.by_background,
                capabilities: settings.capabilities,
            };
            screen::run(&mut model, appearance, hook, &clock, start, &mut tasks).await
        }
        OutputMode::Headless(format) => {
            let format = line_format(format, settings.theme);
            let builds = start(&mut tasks)?;
            let limits = headless::Limits {
                timeout: settings.timeout,
                heartbeat: settings.heartbeat,
            };
            headless::run(&mut model, format, limits, hook, builds, &mut tasks).await
        }
    };
    end_recordings(model, &writers).await;
    result
}

/// What depends on whether there is a screen.
fn of_output(output: &OutputMode) -> (Mode, KeyMap, MfaSessions) {
    match output {
        OutputMode::Screen(keys) => (Mode::Screen, keys.clone(), MfaSessions::on_screen()),
        OutputMode::Headless(_) => (Mode::Headless, KeyMap::default(), MfaSessions::default()),
    }
}

fn line_format(format: OutputFormat, theme: Theme) -> LineFormat {
    match format {
        OutputFormat::Text => LineFormat::Text(Box::new(theme)),
        OutputFormat::Json => LineFormat::Json,
    }
}

/// Starts to poll all builds; `shown` is the one on the screen.
fn start_all(
    mut sessions: Sessions,
    begun: Vec<Begun>,
    shown: Option<SessionId>,
    tasks: &mut Tasks,
) -> Sessions {
    for (id, origin, destination) in begun {
        sessions.start(id, origin, destination, tasks);
    }
    if let Some(shown) = shown {
        sessions.show(shown);
    }
    sessions
}

/// A build whose polling has not started yet.
type Begun = (SessionId, sessions::Origin, Option<recorder::Destination>);

/// Makes a session for each build, and finds out where it is recorded.
fn begin(
    ready: Vec<prepare::Ready>,
    recordings: &Recordings,
    exit: Option<&(ExitPolicy, Attention)>,
    inbox: &mut Inbox,
) -> Result<(Vec<Session>, Vec<Begun>), Error> {
    let (mut watched, mut begun) = (Vec::new(), Vec::new());
    for (number, ready) in (0..).zip(ready) {
        let (destination, remark) = recordings.destination(ready.header)?;
        inbox.begin_with(ready.remarks.into_iter().chain(remark).map(Msg::Remark));
        let mut prepared = ready.prepared;
        let exit = exit.map(|(exit, attention)| {
            if prepared.is_replay() {
                ExitPolicy::for_replay()
            } else {
                let is_late = *attention != Attention::Whole && prepared.origin.reads_log();
                exit.clone().with_late_log(is_late)
            }
        });
        let (id, target) = (SessionId(number), prepared.target);
        watched.push(Session::new(id, target, exit).replaying(prepared.playback));
        begun.push((id, prepared.origin, destination));
    }
    Ok((watched, begun))
}

/// Writes the outcome of each build to its recording, and leaves the model to the end of the process. A disk that hangs
/// costs the time of one, however many there are.
async fn end_recordings(model: Model, writers: &Writers) {
    let writers = writers.take().into_iter();
    let ends = writers.filter_map(|(session, writer)| {
        let watched = model.session(session)?;
        let outcome = Outcome::of(&watched.build, &watched.target.image_id);
        Some(writer.end(outcome, model.now))
    });
    for failure in join_all(ends).await.into_iter().flatten() {
        print_new_remark(&model, recorder::remark(failure));
    }
    // The process ends, and does not free a million events one by one before.
    std::mem::forget(model);
}

/// Lines are printed in time order; a screen shows the newest ones first.
const fn log_start(mode: Mode) -> LogStart {
    match mode {
        Mode::Screen => LogStart::Newest,
        Mode::Headless => LogStart::First,
    }
}

/// So many builds are fetched whole without a screen.
const FEW: usize = 3;

/// How much is fetched of a build that is not on the screen. Without a screen that is each one, unless they are few.
const fn attention(output: &OutputMode, builds: usize) -> Attention {
    match output {
        OutputMode::Headless(_) if builds <= FEW => Attention::Whole,
        OutputMode::Headless(OutputFormat::Json) => Attention::WithoutLog,
        OutputMode::Headless(OutputFormat::Text) | OutputMode::Screen(_) => Attention::Outline,
    }
}

/// Prints a remark that came too late for the watch to show it.
fn print_new_remark(model: &Model, remark: Remark) {
    if model.remark().is_none_or(|shown| *shown != remark)
        && let Ok(diagnostics) = Stream::diagnostics()
    {
        let mut printer = Printer::new(LineFormat::Json, io::sink(), diagnostics);
        let _ = printer.print(None, &Entry::Remark(remark.text));
    }
}
