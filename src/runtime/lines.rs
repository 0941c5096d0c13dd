//! The loop behind text and JSON: the same messages and the same update as the screen's, with lines for a
//! view.

use std::io::{self, BufWriter, Write};
use std::time::Duration;

use crate::app::effect::{Effect, Effects};
use crate::app::model::Model;
use crate::app::msg::Msg;
use crate::app::update::update;
use crate::error::Error;
use crate::output::{Form, Printer};
use crate::source::poller::Request;

use super::feed::Feed;
use super::signals::Signals;
use super::tasks::Tasks;
use super::{ask, tick, ticks};

/// Prints a watch until the build has come to an end, or something else ends it.
pub(super) async fn run(
    mut model: Model,
    form: Form,
    timeout: Option<Duration>,
    mut feed: Feed,
    tasks: &mut Tasks,
) -> Result<u8, Error> {
    let mut signals = Signals::listen()?;
    let mut printer = Printer::new(form, BufWriter::new(io::stdout()), io::stderr());
    let mut ticks = ticks(&feed.clock);
    let clock = feed.clock.clone();
    let deadline = async move {
        match timeout {
            Some(timeout) => clock.sleep(timeout).await,
            None => std::future::pending().await,
        }
    };
    tokio::pin!(deadline);
    loop {
        let msg = tokio::select! {
            biased;
            signal = signals.next() => Msg::Signal(signal),
            error = tasks.died() => return Err(error),
            () = &mut deadline => Msg::TimedOut,
            Some(report) = feed.reports.recv() => Msg::Report(report),
            _ = ticks.tick() => tick(&feed.clock),
        };
        let effects = update(&mut model, msg);
        let code = carry_out(effects, &feed, &mut printer).map_err(Error::Output)?;
        if let Some(code) = code {
            return Ok(code);
        }
    }
}

/// Does what the application asks for. The exit code, if it asks to leave.
fn carry_out<O: Write, D: Write>(
    effects: Effects,
    feed: &Feed,
    printer: &mut Printer<O, D>,
) -> io::Result<Option<u8>> {
    let mut code = None;
    for effect in effects {
        match effect {
            Effect::PollNow => ask(feed, Request::PollNow),
            Effect::Audit => ask(feed, Request::Audit),
            Effect::Emit(entry) => printer.print(&entry)?,
            Effect::Exit(exit) => code = Some(exit),
        }
    }
    printer.flush()?;
    Ok(code)
}
