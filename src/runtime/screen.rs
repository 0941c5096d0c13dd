//! The loop behind the screen: messages in, frames out, at most thirty a second, and one line that stays when
//! it has left. The terminal is the program's until somebody takes it away: the shell for a while, or for good
//! whoever closes it.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::app::effect::{Effect, Effects};
use crate::app::model::Model;
use crate::app::msg::{Msg, Signal};
use crate::app::update::update;
use crate::clock::Clock;
use crate::config::TerminalCapabilities;
use crate::error::Error;
use crate::output::farewell;
use crate::poll::poller::PollCommand;
use crate::runtime::ask;
use crate::runtime::commands::report::Reports;
use crate::runtime::feed::Feed;
use crate::runtime::process::hook::Hook;
use crate::runtime::process::signals::{Job, Jobs, Signals};
use crate::runtime::process::tasks::Tasks;
use crate::runtime::process::{failpoint, panics};
use crate::runtime::ticks::{Ticks, tick};
use crate::runtime::tty::clipboard::Clipboard;
use crate::runtime::tty::hangup::{Hangup, is_gone};
use crate::runtime::tty::input::Input;
use crate::runtime::tty::terminal::Screen;
use crate::runtime::tty::{escapes, input, job_control, terminal};
use crate::style::Theme;

/// The least time between two frames that no key asked for.
const FRAME: Duration = Duration::from_millis(33);
/// The least time between two frames for keys: what is pasted is not drawn key by key.
const KEY_FRAME: Duration = Duration::from_millis(8);

/// A terminal that can no longer be read or written has hung up, whether or not the signal for it came.
const TERMINAL_GONE: u8 = Signal::Hangup.exit_code();

/// How the program appears in a terminal.
#[derive(Debug)]
pub(super) struct Appearance {
    /// What frames look like.
    pub theme: Theme,
    /// What may be said beside frames.
    pub capabilities: TerminalCapabilities,
}

/// Shows a watch until the person leaves; then says in one line what is known.
pub(super) async fn run(
    model: &mut Model,
    look: Appearance,
    hook: Hook,
    clock: &Clock,
    start: impl FnOnce(&mut Tasks) -> Feed,
    tasks: &mut Tasks,
) -> Result<u8, Error> {
    let theme = look.theme.clone();
    let Exit { code, unread } = show(model, look, hook, clock, start, tasks).await?;
    for line in std::iter::once(farewell(model, &theme)).chain(unread) {
        terminal::say_last(&format!("{line}\n"));
    }
    Ok(code)
}

/// How a screen was left.
struct Exit {
    code: u8,
    /// What nobody can have read on it.
    unread: Vec<String>,
}

impl From<u8> for Exit {
    fn from(code: u8) -> Self {
        let unread = Vec::new();
        Self { code, unread }
    }
}

/// The first frame is there before anything is asked of the network.
async fn show(
    model: &mut Model,
    Appearance {
        theme,
        capabilities,
    }: Appearance,
    hook: Hook,
    clock: &Clock,
    start: impl FnOnce(&mut Tasks) -> Feed,
    tasks: &mut Tasks,
) -> Result<Exit, Error> {
    let (signals, jobs) = (Signals::listen()?, Jobs::listen()?);
    let mut screen = match Screen::take(tasks) {
        Ok(screen) => screen,
        Err(_) if is_gone() => return Ok(TERMINAL_GONE.into()),
        Err(error) => return Err(error),
    };
    let (Ok(size), Ok(input)) = (terminal::size(), Input::start()) else {
        return Ok(TERMINAL_GONE.into());
    };
    let _ = update(model, Msg::Resized(size));
    let _ = update(model, tick(clock, false));
    if screen.draw(model, &theme).is_err() {
        return Ok(TERMINAL_GONE.into());
    }
    screen.mouse(model.mouse);
    failpoint::in_foreign_thread();
    let now = Instant::now();
    ScreenLoop {
        hangup: Hangup::watch(tasks),
        ticks: Ticks::new(clock),
        feed: start(tasks),
        last_frame: now,
        next_frame: now,
        stale: false,
        clipboard: Clipboard::default(),
        reports: Reports::new(),
        model,
        theme,
        capabilities,
        hook,
        screen,
        input,
        signals,
        jobs,
        tasks,
    }
    .run()
    .await
}

/// A watch on a screen.
struct ScreenLoop<'a> {
    model: &'a mut Model,
    theme: Theme,
    capabilities: TerminalCapabilities,
    hook: Hook,
    clipboard: Clipboard,
    screen: Screen,
    input: Input,
    signals: Signals,
    hangup: Hangup,
    jobs: Jobs,
    ticks: Ticks,
    feed: Feed,
    tasks: &'a mut Tasks,
    reports: Reports,
    last_frame: Instant,
    /// When the next frame is due, once there is something new to see.
    next_frame: Instant,
    /// Whether the screen does not show the model any more.
    stale: bool,
}

/// What the loop waits for.
enum Wakeup {
    /// Something for the application.
    Fact(Msg),
    /// Nothing: but it may be time for a frame.
    Pause,
    Shell(Job),
    TerminalGone,
    Died(Error),
}

impl ScreenLoop<'_> {
    async fn run(mut self) -> Result<Exit, Error> {
        let code = self.run_until_left().await;
        let mut unread = Vec::new();
        for msg in self.reports.settle().await {
            let _ = update(self.model, msg);
            unread.extend(self.model.toast.take());
        }
        code.map(|code| Exit { code, unread })
    }

    async fn run_until_left(&mut self) -> Result<u8, Error> {
        loop {
            let code = match self.next_wakeup().await {
                Wakeup::Fact(msg) => self.handle(msg),
                Wakeup::Pause => None,
                Wakeup::Shell(Job::Stop) => self.stop(),
                Wakeup::Shell(Job::GoOn) => self.resume(),
                Wakeup::TerminalGone => Some(TERMINAL_GONE),
                Wakeup::Died(error) => return Err(error),
            };
            if let Some(code) = code.or_else(|| self.draw()) {
                return Ok(code);
            }
        }
    }

    async fn next_wakeup(&mut self) -> Wakeup {
        tokio::select! {
            biased;
            signal = self.signals.next() => Wakeup::Fact(Msg::Signal(signal)),
            () = self.hangup.heard() => Wakeup::TerminalGone,
            job = self.jobs.next() => Wakeup::Shell(job),
            event = self.input.next() => match event {
                Ok(event) => {
                    if input::is_urgent(&event) {
                        self.draw_soon();
                    }
                    input::understand(&event).map_or(Wakeup::Pause, Wakeup::Fact)
                }
                Err(_) => Wakeup::TerminalGone,
            },
            error = self.tasks.died() => Wakeup::Died(error),
            error = panics::any() => Wakeup::Died(error),
            written = self.screen.written() => match written {
                Ok(()) => Wakeup::Pause,
                Err(_) => Wakeup::TerminalGone,
            },
            () = sleep_until(self.next_frame), if self.stale && self.screen.is_free() => Wakeup::Pause,
            msg = self.ticks.next() => Wakeup::Fact(msg),
            msg = self.reports.next() => Wakeup::Fact(msg),
            msg = self.feed.next() => Wakeup::Fact(msg),
            () = std::future::ready(()), if self.model.has_index_work() => Wakeup::Fact(Msg::Idle),
        }
    }

    /// Lets the application know. The exit code, if it is time to leave.
    fn handle(&mut self, msg: Msg) -> Option<u8> {
        if matches!(msg, Msg::Tick { .. }) {
            if is_gone() {
                return Some(TERMINAL_GONE);
            }
            // A shell that brings a job to the foreground does not say so where the job was running.
            if !terminal::is_taken() && !job_control::in_background() {
                self.reenter();
            }
        }
        failpoint::hit("update");
        let effects = update(self.model, msg);
        self.stale = true;
        self.run_effects(effects)
    }

    /// Does what the application asks for. The exit code, if it asks to leave.
    fn run_effects(&mut self, effects: Effects) -> Option<u8> {
        for effect in effects {
            match effect {
                Effect::PollNow => ask(&self.feed, PollCommand::PollNow),
                Effect::CatchUp => ask(&self.feed, PollCommand::CatchUp),
                Effect::Audit => ask(&self.feed, PollCommand::Audit),
                Effect::Notify(text) => {
                    self.screen
                        .say(&escapes::notification(&text, self.capabilities));
                }
                Effect::Run(known) => self.hook.run_quietly(&known, self.tasks),
                Effect::Copy(text) => self.copy(text),
                Effect::WriteReport => self.reports.write(self.model, self.tasks),
                Effect::Mouse(taken) => self.screen.mouse(taken),
                Effect::Suspend => self.suspend(),
                Effect::Emit(_) => {}
                Effect::Exit(code) => return Some(code),
            }
        }
        None
    }

    /// Draws, where there is something new to see and a frame may follow the one before.
    fn draw(&mut self) -> Option<u8> {
        let due = Instant::now() >= self.next_frame;
        if !self.stale || !due || !self.screen.is_free() {
            return None;
        }
        if self.screen.draw(self.model, &self.theme).is_err() {
            return Some(TERMINAL_GONE);
        }
        self.last_frame = Instant::now();
        self.next_frame = self.last_frame + FRAME;
        self.stale = false;
        None
    }

    /// A person waits for the next frame.
    fn draw_soon(&mut self) {
        self.next_frame = self.next_frame.min(self.last_frame + KEY_FRAME);
    }

    /// Both clipboards: the terminal's works from afar, the desktop's where the terminal has none.
    fn copy(&mut self, text: String) {
        let sequences = escapes::copy(&text, self.capabilities).unwrap_or_default();
        self.clipboard.set(text, self.tasks);
        self.screen.say(&sequences);
    }

    /// Does what the terminal would do for Ctrl-Z, if it were not a key.
    fn suspend(&mut self) {
        if self.jobs.are_heard() && job_control::has_shell() {
            self.leave();
            job_control::stop_all();
        }
    }

    /// Stops, as asked by a signal from outside. The terminal is given back before.
    fn stop(&mut self) -> Option<u8> {
        if !job_control::has_shell() {
            return self.resume();
        }
        self.leave();
        job_control::stop();
        None
    }

    /// Goes on after a stop: on the screen, or in the background, where the watch goes on unseen.
    fn resume(&mut self) -> Option<u8> {
        if job_control::in_background() {
            self.leave();
        } else {
            self.reenter();
        }
        let msg = self.ticks.resume();
        self.handle(msg)
    }

    fn leave(&mut self) {
        self.input.pause();
        terminal::give_back();
    }

    /// Takes the terminal again and draws everything anew, at the size that it has now.
    fn reenter(&mut self) {
        // Where this fails, the terminal is gone, which the next tick finds out.
        let taken = self.screen.take_again().and_then(|()| terminal::size());
        if let Ok(size) = taken {
            let _ = update(self.model, Msg::Resized(size));
            self.screen.mouse(self.model.mouse);
            self.input.resume();
            self.stale = true;
            self.draw_soon();
        }
    }
}
