//! The loop of a headless watch (text and JSON output): the same messages and `update` as the screen, with printed
//! entries instead of frames.
//!
//! A thread of its own prints, so that a reader that stalls does not block the handling of signals. Tests:
//! `tests/it/headless/watch.rs`.

use std::io::{self, BufWriter, Write};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::app::effect::{Effect, Effects, Entry, FinalOutcome, Origin};
use crate::app::model::Model;
use crate::app::msg::Msg;
use crate::app::session::SessionId;
use crate::app::status::heartbeat::Heartbeat;
use crate::app::update::update;
use crate::error::Error;
use crate::output::{LineFormat, Printer};
use crate::runtime::opener::Opener;
use crate::runtime::process::failpoint;
use crate::runtime::process::hook::Hook;
use crate::runtime::process::signals::Signals;
use crate::runtime::process::streams::Stream;
use crate::runtime::process::tasks::Tasks;
use crate::runtime::sessions::Sessions;
use crate::runtime::ticks::Ticks;
use crate::runtime::tty::hangup::Hangup;
use crate::text::safe::SafeText;

/// A pipe takes so much at once.
const OUTPUT_BUFFER: usize = 64 * 1024;

/// The time to print the last lines after a signal has ended the watch.
const LAST_LINES: Duration = Duration::from_secs(2);

/// Prints a watch until the exit policy or something else ends it.
pub(super) async fn run(
    model: &mut Model,
    format: LineFormat,
    Limits { timeout, heartbeat }: Limits,
    hook: Hook,
    (mut sessions, mut opener): (Sessions, Opener),
    tasks: &mut Tasks,
) -> Result<u8, Error> {
    let mut signals = Signals::listen()?;
    let mut printer = PrinterThread::start(format.clone(), tasks);
    let mut reader = Hangup::watch_reader(tasks);
    let mut ticks = Ticks::new(&sessions.clock);
    let clock = sessions.clock.clone();
    let deadline = async move {
        match timeout {
            Some(timeout) => clock.sleep(timeout).await,
            None => std::future::pending().await,
        }
    };
    tokio::pin!(deadline);
    let began = Instant::now();
    let mut heartbeat = Heartbeat::new(heartbeat);
    if model.is_searching() {
        let text = SafeText::new("looking for the images that are being built");
        printer.print(vec![(None, vec![Entry::Remark(text)])]);
        opener.list_images(&sessions, tasks);
    }
    let (mut outcomes, mut running) = (Vec::new(), Vec::new());
    loop {
        let mut crash = None;
        let msg = tokio::select! {
            biased;
            signal = signals.next() => Msg::Signal(signal),
            finished = &mut printer.finished => return Err(print_error(finished, tasks).await),
            () = reader.wait() => return Err(Error::Output(io::ErrorKind::BrokenPipe.into())),
            error = tasks.panicked() => Msg::Died(crash.insert(error).to_string()),
            () = &mut deadline => Msg::TimedOut,
            () = quiet(&heartbeat, began) => Msg::Quiet,
            msg = sessions.inbox.next() => msg,
            msg = ticks.next() => msg,
            prepared = opener.next() => opener.begin(prepared, &mut sessions, tasks),
        };
        failpoint::hit("update");
        let was_quiet = matches!(msg, Msg::Quiet);
        let by_signal = matches!(msg, Msg::Signal(_));
        let effects = update(model, msg);
        let mut results = effects
            .iter()
            .filter(|effect| matches!(effect, Effect::Emit(_, entry) if format.is_result(entry)));
        if was_quiet || results.next().is_some() {
            heartbeat.printed(began.elapsed());
        }
        let builds = (&mut sessions, &mut opener, &mut *tasks);
        let code = run_effects(effects, model, builds, &printer, &mut outcomes);
        let Some(code) = code else {
            // Other builds are still watched.
            running.extend(outcomes.drain(..).filter_map(|known| hook.begin(&known)));
            continue;
        };
        printer.finish(&mut signals, by_signal, tasks).await?;
        for outcome in outcomes {
            hook.run_and_wait(&outcome, exit_requested(&mut signals, by_signal))
                .await;
        }
        for command in running {
            command.wait(exit_requested(&mut signals, by_signal)).await;
        }
        return crash.map_or(Ok(code), Err);
    }
}

/// The times that the user has set.
pub(super) struct Limits {
    /// `--timeout`
    pub timeout: Option<Duration>,
    /// `--heartbeat`
    pub heartbeat: Option<Duration>,
}

/// Waits until nothing was printed for as long as the heartbeat allows.
async fn quiet(heartbeat: &Heartbeat, began: Instant) {
    match heartbeat.due() {
        Some(due) => tokio::time::sleep_until(began + due).await,
        None => std::future::pending().await,
    }
}

/// Waits until a signal requests the exit; after an earlier signal for a limited time only.
async fn exit_requested(signals: &mut Signals, by_signal: bool) {
    tokio::select! {
        _ = signals.next() => {}
        () = tokio::time::sleep(LAST_LINES), if by_signal => {}
    }
}

/// Carries out effects except those that come after the last line: it adds the outcomes to run the hook with to
/// `outcomes`, and returns the exit code.
fn run_effects(
    effects: Effects,
    model: &Model,
    (sessions, opener, tasks): (&mut Sessions, &mut Opener, &mut Tasks),
    printer: &PrinterThread,
    outcomes: &mut Vec<FinalOutcome>,
) -> Option<u8> {
    let mut code = None;
    let mut entries = Entries::default();
    for effect in effects {
        match effect {
            Effect::Poll(session, request) => sessions.poll(session, request),
            Effect::Emit(session, entry) => entries.push(Some(session), entry),
            // Without a screen only what was found twice is closed: nothing of it is recorded.
            Effect::Stop(session) | Effect::Close(session, _) => sessions.stop(session),
            Effect::Remark(text) => entries.push(None, Entry::Remark(text)),
            Effect::Run(known) => outcomes.push(*known),
            Effect::List(on) => opener.list(on, sessions, tasks),
            Effect::Open { targets, shows } => opener.open(targets, shows, tasks),
            Effect::Notify(_)
            | Effect::Compare(_)
            | Effect::Playback(..)
            | Effect::Copy(_)
            | Effect::Mouse(_)
            | Effect::WriteReport(_)
            | Effect::EnterCode(..)
            | Effect::Redraw
            | Effect::Suspend => {}
            Effect::Exit(exit) => code = Some(exit),
        }
    }
    printer.print(entries.with_origins(model));
    code
}

/// The entries of one message. Of a long history these are thousands, nearly all of one build.
#[derive(Default)]
struct Entries(Vec<(Option<SessionId>, Vec<Entry>)>);

impl Entries {
    fn push(&mut self, session: Option<SessionId>, entry: Entry) {
        match self.0.last_mut() {
            Some((last, entries)) if *last == session => entries.push(entry),
            _ => self.0.push((session, vec![entry])),
        }
    }

    fn with_origins(self, model: &Model) -> Vec<Sent> {
        let origin = |session: Option<SessionId>| model.origin(session?);
        let entries = self.0.into_iter();
        entries
            .map(|(session, entries)| (origin(session), entries))
            .collect()
    }
}

/// Entries, and the build that they are about.
type Sent = (Option<Origin>, Vec<Entry>);

/// The handle of the thread that prints.
struct PrinterThread {
    /// Those of one message at once: the output is flushed when the queue is empty.
    entries: Sender<Vec<Sent>>,
    /// The result of the thread: while there may be more to print, always an error.
    finished: oneshot::Receiver<io::Result<()>>,
}

impl PrinterThread {
    fn start(format: LineFormat, tasks: &mut Tasks) -> Self {
        let (entries, receiver) = channel();
        let (done, finished) = oneshot::channel();
        tasks.spawn_blocking("printer", move || {
            let printed = Stream::output().and_then(|output| {
                let diagnostics = Stream::diagnostics()?;
                let output = BufWriter::with_capacity(OUTPUT_BUFFER, output);
                let printer = Printer::new(format, output, diagnostics);
                print_all(printer, &receiver)
            });
            // Fails if the program is already exiting.
            let _ = done.send(printed);
        });
        Self { entries, finished }
    }

    /// Prints entries in the background. The end of the thread is noticed elsewhere.
    fn print(&self, entries: Vec<Sent>) {
        if !entries.is_empty() {
            drop(self.entries.send(entries));
        }
    }

    /// Waits until everything is printed; after a signal for a limited time only.
    async fn finish(
        self,
        signals: &mut Signals,
        by_signal: bool,
        tasks: &mut Tasks,
    ) -> Result<(), Error> {
        drop(self.entries);
        tokio::select! {
            finished = self.finished => match finished {
                Ok(Ok(())) => Ok(()),
                other => Err(print_error(other, tasks).await),
            },
            _ = signals.next() => Ok(()),
            () = tokio::time::sleep(LAST_LINES), if by_signal => Ok(()),
        }
    }
}

/// The reason that not everything was printed, from the result of the thread.
async fn print_error(
    result: Result<io::Result<()>, oneshot::error::RecvError>,
    tasks: &mut Tasks,
) -> Error {
    match result {
        Ok(Err(error)) => Error::Output(error),
        Ok(Ok(())) => Error::Output(io::ErrorKind::BrokenPipe.into()),
        // The thread has panicked.
        Err(_) => tasks.panicked().await,
    }
}

/// Prints entries as they arrive, and flushes the output whenever the queue is empty.
fn print_all<O: Write, D: Write>(
    mut printer: Printer<O, D>,
    entries: &Receiver<Vec<Sent>>,
) -> io::Result<()> {
    loop {
        let next = match entries.try_recv() {
            Err(TryRecvError::Empty) => {
                printer.flush()?;
                entries.recv().ok()
            }
            next => next.ok(),
        };
        let Some(next) = next else {
            return printer.flush();
        };
        for (origin, entries) in next {
            for entry in entries {
                printer.print(origin.as_ref(), &entry)?;
            }
        }
    }
}
