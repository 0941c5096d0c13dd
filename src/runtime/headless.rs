//! The loop behind text and JSON: the same messages and the same update as the screen's, with lines for a
//! view. Headless are written by a thread of their own, so that a reader that stalls does not stop the signals.

use std::io::{self, BufWriter, Write};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::app::effect::{Effect, Effects, Entry, FinalOutcome};
use crate::app::model::Model;
use crate::app::msg::Msg;
use crate::app::update::update;
use crate::error::Error;
use crate::output::{OutputFormat, Printer};
use crate::poll::poller::PollCommand;
use crate::runtime::ask;
use crate::runtime::feed::Feed;
use crate::runtime::process::failpoint;
use crate::runtime::process::hook::Hook;
use crate::runtime::process::signals::Signals;
use crate::runtime::process::tasks::Tasks;
use crate::runtime::ticks::Ticks;
use crate::runtime::tty::hangup::Hangup;

/// For how long the last lines of a watch that a signal ended are waited for.
const LAST_LINES: Duration = Duration::from_secs(2);

/// Prints a watch until the build has come to an end, or something else ends it.
pub(super) async fn run(
    model: &mut Model,
    form: OutputFormat,
    timeout: Option<Duration>,
    hook: Hook,
    mut feed: Feed,
    tasks: &mut Tasks,
) -> Result<u8, Error> {
    let mut signals = Signals::listen()?;
    let mut lines = Headless::start(form, tasks);
    let mut reader = Hangup::of_reader(tasks);
    let mut ticks = Ticks::new(&feed.clock);
    let clock = feed.clock.clone();
    let deadline = async move {
        match timeout {
            Some(timeout) => clock.sleep(timeout).await,
            None => std::future::pending().await,
        }
    };
    tokio::pin!(deadline);
    loop {
        let mut death = None;
        let msg = tokio::select! {
            biased;
            signal = signals.next() => Msg::Signal(signal),
            written = &mut lines.written => return Err(unwritten(written, tasks).await),
            () = reader.heard() => return Err(Error::Output(io::ErrorKind::BrokenPipe.into())),
            error = tasks.died() => Msg::Died(death.insert(error).to_string()),
            () = &mut deadline => Msg::TimedOut,
            msg = feed.next() => msg,
            msg = ticks.next() => msg,
        };
        failpoint::hit("update");
        let signalled = matches!(msg, Msg::Signal(_));
        let (known, code) = run_effects(update(model, msg), &feed, &lines);
        let Some(code) = code else {
            continue;
        };
        lines.finish(&mut signals, signalled, tasks).await?;
        if let Some(known) = known {
            hook.run_to_its_end(&known, asked_to_end(&mut signals, signalled))
                .await;
        }
        return death.map_or(Ok(code), Err);
    }
}

/// Waits until a signal asks the program to end; not for long, where one has asked already.
async fn asked_to_end(signals: &mut Signals, signalled: bool) {
    tokio::select! {
        _ = signals.next() => {}
        () = tokio::time::sleep(LAST_LINES), if signalled => {}
    }
}

/// Does what the application asks for, but for what comes after the last line: the outcome to run a command
/// for, and the exit code, if it asks to leave.
fn run_effects(
    effects: Effects,
    feed: &Feed,
    lines: &Headless,
) -> (Option<Box<FinalOutcome>>, Option<u8>) {
    let (mut known, mut code) = (None, None);
    for effect in effects {
        match effect {
            Effect::PollNow => ask(feed, PollCommand::PollNow),
            Effect::CatchUp => ask(feed, PollCommand::CatchUp),
            Effect::Audit => ask(feed, PollCommand::Audit),
            // A writer that has ended says so itself.
            Effect::Emit(entry) => drop(lines.entries.send(entry)),
            Effect::Run(outcome) => known = Some(outcome),
            Effect::Notify(_)
            | Effect::Copy(_)
            | Effect::Mouse(_)
            | Effect::WriteReport
            | Effect::Suspend => {}
            Effect::Exit(exit) => code = Some(exit),
        }
    }
    (known, code)
}

/// The thread that writes, from the loop's side.
struct Headless {
    entries: Sender<Entry>,
    /// How it ended: only by an error, as long as there may be more to write.
    written: oneshot::Receiver<io::Result<()>>,
}

impl Headless {
    fn start(form: OutputFormat, tasks: &mut Tasks) -> Self {
        let (entries, receiver) = channel();
        let (done, written) = oneshot::channel();
        tasks.spawn_blocking("lines", move || {
            let printer = Printer::new(form, BufWriter::new(io::stdout()), io::stderr());
            // Nobody listens any more where the program is leaving already.
            let _ = done.send(write_all(printer, &receiver));
        });
        Self { entries, written }
    }

    /// Waits until everything is written; where a signal has asked the program to end, not for long.
    async fn finish(
        self,
        signals: &mut Signals,
        signalled: bool,
        tasks: &mut Tasks,
    ) -> Result<(), Error> {
        drop(self.entries);
        tokio::select! {
            written = self.written => match written {
                Ok(Ok(())) => Ok(()),
                other => Err(unwritten(other, tasks).await),
            },
            _ = signals.next() => Ok(()),
            () = tokio::time::sleep(LAST_LINES), if signalled => Ok(()),
        }
    }
}

/// Why not everything was written, from what the thread said last.
async fn unwritten(
    written: Result<io::Result<()>, oneshot::error::RecvError>,
    tasks: &mut Tasks,
) -> Error {
    match written {
        Ok(Err(error)) => Error::Output(error),
        Ok(Ok(())) => Error::Output(io::ErrorKind::BrokenPipe.into()),
        // It has died without a word.
        Err(_) => tasks.died().await,
    }
}

/// Writes entries as they come; what was written is flushed whenever there is a pause.
fn write_all<O: Write, D: Write>(
    mut printer: Printer<O, D>,
    entries: &Receiver<Entry>,
) -> io::Result<()> {
    loop {
        match entries.try_recv() {
            Ok(entry) => printer.print(&entry)?,
            Err(TryRecvError::Disconnected) => return printer.flush(),
            Err(TryRecvError::Empty) => {
                printer.flush()?;
                match entries.recv() {
                    Ok(entry) => printer.print(&entry)?,
                    Err(_) => return printer.flush(),
                }
            }
        }
    }
}
