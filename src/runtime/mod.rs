//! The imperative shell: the only place that spawns tasks, owns the terminal and the signals, and makes the
//! clock. It carries messages to `update` and does the effects that come back.

mod clipboard;
mod escapes;
mod fault;
mod feed;
mod hook;
mod input;
mod job_control;
mod lines;
mod logging;
mod outlet;
mod screen;
mod signals;
mod tasks;
mod terminal;
mod ticks;

use std::io::{self, Write};
use std::mem::ManuallyDrop;

use crate::app::ending::Ending;
use crate::app::keymap::KeyMap;
use crate::app::model::{Mode, Model};
use crate::app::outcome::code;
use crate::config::{Form, Settings};
use crate::error::Error;
use crate::style::Palette;

use feed::Feed;
use hook::Hook;
use tasks::Tasks;

/// Runs the program to its end. The result is the exit code.
///
/// # Errors
/// Where the program could not do what it was asked; see [`Error::exit_code`].
pub fn run(settings: Settings) -> Result<u8, Error> {
    logging::start(&settings.log)?;
    // The palette has taken NO_COLOR and --color into account; crossterm is not to judge again.
    crossterm::style::force_color_output(settings.theme.palette != Palette::None);
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
    let result = runtime.block_on(watch(settings));
    ManuallyDrop::into_inner(runtime).shutdown_background();
    result
}

/// Prints a text that is known at once. The result is the exit code.
///
/// # Errors
/// Where it can't be written.
pub fn print(text: &str) -> Result<u8, Error> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(Error::Output)?;
    Ok(code::SUCCEEDED)
}

async fn watch(settings: Settings) -> Result<u8, Error> {
    let mut tasks = Tasks::default();
    let prepared = feed::prepare(settings.source).await?;
    let (mode, keys) = match &settings.form {
        Form::Screen(keys) => (Mode::Screen, keys.clone()),
        Form::Lines(_) => (Mode::Lines(Ending::new(settings.waits)), KeyMap::default()),
    };
    let now = prepared.clock().now();
    let model = Model::new(prepared.target().clone(), mode, keys, now);
    let hook = Hook(settings.on_outcome);
    match settings.form {
        Form::Screen(_) => {
            let look = screen::Look {
                theme: settings.theme,
                speech: settings.speech,
            };
            screen::run(model, look, hook, prepared, &mut tasks).await
        }
        Form::Lines(form) => {
            lines::run(
                model,
                form,
                settings.timeout,
                hook,
                prepared.start(&mut tasks),
                &mut tasks,
            )
            .await
        }
    }
}

/// Passes a request of the application on to the poller. One that waits already is as good as two.
fn ask(feed: &Feed, request: crate::source::poller::Request) {
    let _ = feed.requests.try_send(request);
}
