//! The loop of the screen: messages in, at most thirty frames per second out, and a last line on the normal screen.
//!
//! The shell can take the terminal away for a while (job control), and it can hang up for good. Tests:
//! `tests/tty/terminal.rs`, `tests/tty/exit.rs`, `tests/tty/screen.rs`.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::app::effect::{Effect, Effects};
use crate::app::model::Model;
use crate::app::msg::{Msg, Signal};
use crate::app::update::update;
use crate::clock::Clock;
use crate::config::{ByBackground, TerminalCapabilities};
use crate::error::Error;
use crate::output::farewell;
use crate::runtime::commands::report::ReportWriter;
use crate::runtime::news::{Shown, can_wait};
use crate::runtime::opener::Opener;
use crate::runtime::process::hook::Hook;
use crate::runtime::process::signals::{JobControl, JobSignals, Signals};
use crate::runtime::process::tasks::Tasks;
use crate::runtime::process::{failpoint, panics};
use crate::runtime::sessions::Sessions;
use crate::runtime::ticks::{Ticks, tick};
use crate::runtime::tty::background::Background;
use crate::runtime::tty::clipboard::Clipboard;
use crate::runtime::tty::hangup::{Hangup, is_gone};
use crate::runtime::tty::input::{Event, Input};
use crate::runtime::tty::terminal::{Screen, Tty};
use crate::runtime::tty::window::Window;
use crate::runtime::tty::{escapes, job_control, terminal};
use crate::style::Theme;

/// The shortest time between two frames.
const FRAME: Duration = Duration::from_millis(33);
/// The shortest time between two frames after input: a paste is not drawn key by key.
const KEY_FRAME: Duration = Duration::from_millis(8);

/// The same while messages wait and the user does not: of a long history, each frame before its end would be replaced at
/// once.
const BACKLOG_FRAME: Duration = Duration::from_millis(250);

/// How long after a key the user may wait for a response.
const ATTENTIVE: Duration = Duration::from_secs(5);

/// The exit code for a terminal that can no longer be read or written: it has hung up, even without SIGHUP.
const TERMINAL_GONE: u8 = Signal::HANGUP.exit_code();

/// The appearance of the program in a terminal.
#[derive(Debug)]
pub(super) struct Appearance {
    pub theme: Theme,
    pub by_background: Option<Box<ByBackground>>,
    pub capabilities: TerminalCapabilities,
}

/// Shows a watch until the user leaves, then prints the verdict in one line.
pub(super) async fn run(
    model: &mut Model,
    appearance: Appearance,
    hook: Hook,
    clock: &Clock,
    start: impl FnOnce(&mut Tasks) -> Result<(Sessions, Opener), Error>,
    tasks: &mut Tasks,
) -> Result<u8, Error> {
    let theme = appearance.theme.clone();
    let tty = Tty::start(appearance.capabilities, tasks)?;
    let Exit { code, unread } = show(model, appearance, &tty, hook, clock, start, tasks).await?;
    let farewell = farewell(model, &theme);
    let last = Some(farewell).filter(|farewell| !farewell.is_empty());
    for line in last.into_iter().chain(unread) {
        tty.print_last(&format!("{line}\n"));
    }
    Ok(code)
}

/// The end of the screen.
struct Exit {
    code: u8,
    /// Messages that came too late for the screen.
    unread: Vec<String>,
}

impl From<u8> for Exit {
    fn from(code: u8) -> Self {
        let unread = Vec::new();
        Self { code, unread }
    }
}

/// Draws the first frame before the first request, then runs the loop.
async fn show(
    model: &mut Model,
    Appearance {
        theme,
        by_background,
        capabilities,
    }: Appearance,
    tty: &Arc<Tty>,
    hook: Hook,
    clock: &Clock,
    start: impl FnOnce(&mut Tasks) -> Result<(Sessions, Opener), Error>,
    tasks: &mut Tasks,
) -> Result<Exit, Error> {
    let (signals, jobs) = Signals::listen_with_jobs()?;
    let mut screen = match Screen::enter(tty) {
        Ok(screen) => screen,
        Err(_) if is_gone() => return Ok(TERMINAL_GONE.into()),
        Err(error) => return Err(error),
    };
    let (Ok(size), Ok(input)) = (terminal::size(), Input::start(tasks)) else {
        return Ok(TERMINAL_GONE.into());
    };
    let mut effects = update(model, Msg::Resized(size));
    effects.extend(update(model, tick(clock, false)));
    if screen.draw(model, &theme).is_err() {
        return Ok(TERMINAL_GONE.into());
    }
    let (sessions, mut opener) = start(tasks)?;
    screen.capture_mouse(model.mouse);
    let mut background = Background::new(by_background);
    screen.write_control(background.ask());
    failpoint::in_foreign_thread();
    let now = Instant::now();
    // Without a build the picker is open, which has the list.
    if model.is_searching() && !model.shown.is_placeholder() {
        opener.list_images(&sessions, tasks);
    }
    ScreenLoop {
        hangup: Hangup::watch_terminal(tasks),
        ticks: Ticks::new(clock),
        sessions,
        opener,
        last_frame: now,
        last_input: now,
        next_frame: now,
        stale: false,
        urgent: false,
        clipboard: Clipboard::new(capabilities.multiplexer),
        reports: ReportWriter::new(),
        model,
        theme,
        background,
        window: Window::new(capabilities),
        capabilities,
        hook,
        screen,
        input,
        signals,
        jobs,
        tasks,
    }
    .run(effects)
    .await
}

/// The state of the loop.
struct ScreenLoop<'a> {
    model: &'a mut Model,
    theme: Theme,
    background: Background,
    window: Window,
    capabilities: TerminalCapabilities,
    hook: Hook,
    clipboard: Clipboard,
    screen: Screen,
    input: Input,
    signals: Signals,
    hangup: Hangup,
    jobs: JobSignals,
    ticks: Ticks,
    sessions: Sessions,
    opener: Opener,
    tasks: &'a mut Tasks,
    reports: ReportWriter,
    last_frame: Instant,
    last_input: Instant,
    /// The earliest time of the next frame.
    next_frame: Instant,
    /// Whether the model has changed since the last frame.
    stale: bool,
    /// Whether the user waits for the next frame.
    urgent: bool,
}

/// The reason that the loop woke up.
enum Wakeup {
    Msg(Msg),
    /// A frame may be due.
    Frame,
    JobControl(JobControl),
    TerminalGone,
    Crashed(Error),
}

impl ScreenLoop<'_> {
    /// Runs the loop; `first` are the effects of the messages before it.
    async fn run(mut self, first: Effects) -> Result<Exit, Error> {
        let code = match self.run_effects(first) {
            Some(code) => Ok(code),
            None => self.run_until_left().await,
        };
        self.input.finish(self.background.exit_deadline()).await;
        let mut unread = Vec::new();
        for msg in self.reports.finish().await {
            let effects = update(self.model, msg);
            // The program is exiting already: with its earlier code.
            self.run_effects(effects);
            unread.extend(self.model.toast.clone());
        }
        code.map(|code| Exit { code, unread })
    }

    async fn run_until_left(&mut self) -> Result<u8, Error> {
        loop {
            let code = match self.next_wakeup().await {
                Wakeup::Msg(msg) => self.handle(msg),
                Wakeup::Frame => None,
                Wakeup::JobControl(JobControl::Stop) => self.stop(),
                Wakeup::JobControl(JobControl::Continue) => self.resume(),
                Wakeup::TerminalGone => Some(TERMINAL_GONE),
                Wakeup::Crashed(error) => return Err(error),
            };
            if let Some(code) = code.or_else(|| self.draw()) {
                return Ok(code);
            }
        }
    }

    async fn next_wakeup(&mut self) -> Wakeup {
        let frame_due = self.frame_due();
        let is_free = self.screen.is_free();
        tokio::select! {
            biased;
            signal = self.signals.next() => Wakeup::Msg(Msg::Signal(signal)),
            () = self.hangup.wait() => Wakeup::TerminalGone,
            job = self.jobs.next() => Wakeup::JobControl(job),
            event = self.input.next() => match event {
                Ok(event) => self.take(event),
                Err(_) => Wakeup::TerminalGone,
            },
            error = self.tasks.panicked() => Wakeup::Crashed(error),
            error = panics::wait() => Wakeup::Crashed(error),
            // Nothing is to be drawn: then the loop need not wake for it.
            written = self.screen.written(), if self.stale => match written {
                Ok(()) => Wakeup::Frame,
                Err(_) => Wakeup::TerminalGone,
            },
            () = std::future::ready(()), if is_free.is_err() => Wakeup::TerminalGone,
            () = sleep_until(frame_due), if self.stale && matches!(is_free, Ok(true)) => Wakeup::Frame,
            msg = self.ticks.next() => Wakeup::Msg(msg),
            msg = self.reports.next() => Wakeup::Msg(msg),
            msg = self.clipboard.next() => Wakeup::Msg(msg),
            msg = self.sessions.inbox.next() => Wakeup::Msg(msg),
            prepared = self.opener.next() => {
                Wakeup::Msg(self.opener.begin(prepared, &mut self.sessions, self.tasks))
            }
            () = std::future::ready(()), if self.model.shown.has_index_work() => Wakeup::Msg(Msg::Idle),
        }
    }

    /// Takes an event of the terminal: one for the application is a message.
    fn take(&mut self, event: Event) -> Wakeup {
        if event.is_urgent() {
            self.last_input = Instant::now();
            self.draw_soon();
        }
        match event {
            Event::Background(colour) => {
                if let Some(theme) = self.background.theme(colour) {
                    self.theme = theme;
                    self.stale = true;
                }
            }
            Event::Attributes => self.background.answered(),
            _ => {}
        }
        event.into_msg().map_or(Wakeup::Frame, Wakeup::Msg)
    }

    /// Passes a message to the application. Returns the exit code if the program is to exit.
    fn handle(&mut self, msg: Msg) -> Option<u8> {
        if matches!(msg, Msg::Tick { .. }) {
            if is_gone() {
                return Some(TERMINAL_GONE);
            }
            // A shell that brings a running job to the foreground sends no signal.
            if !self.screen.is_entered() && !job_control::in_background() {
                let code = self.reenter();
                if code.is_some() {
                    return code;
                }
            }
        }
        failpoint::hit("update");
        let shown = Shown::of(self.model);
        let is_attentive = self.last_input.elapsed() < ATTENTIVE;
        let can_wait = can_wait(&msg, &shown, is_attentive);
        let mut effects = update(self.model, msg);
        if self.model.shown.wants_code() && !self.sessions.is_code_needed() {
            effects.extend(update(self.model, Msg::CodeAccepted));
        }
        self.stale |= !can_wait || !effects.is_empty() || Shown::of(self.model) != shown;
        self.sessions.show(self.model.shown.id);
        self.run_effects(effects)
    }

    /// Carries out effects. Returns the exit code if the program is to exit.
    fn run_effects(&mut self, effects: Effects) -> Option<u8> {
        for effect in effects {
            match effect {
                Effect::Poll(session, request) => self.sessions.poll(session, request),
                Effect::EnterCode(session, code) => self.sessions.enter_code(session, code),
                Effect::Playback(session, request) => self.sessions.playback(session, request),
                Effect::Notify(text) => {
                    self.screen
                        .write_control(&escapes::notification(&text, self.capabilities));
                }
                Effect::Run(outcome) => self.hook.run_in_background(&outcome, self.tasks),
                Effect::Copy(text) => self.copy(text),
                Effect::WriteReport(id) => {
                    if let Some(session) = self.model.session(id) {
                        self.reports.write(session, self.model.now, self.tasks);
                    }
                }
                Effect::Mouse(captured) => self.screen.capture_mouse(captured),
                Effect::Redraw => self.screen.forget(),
                Effect::Suspend => self.suspend(),
                Effect::List(on) => self.opener.list(on, &self.sessions, self.tasks),
                Effect::Compare(targets) => {
                    self.opener.compare(*targets, &self.sessions, self.tasks);
                }
                Effect::Open { targets, shows } => self.opener.open(targets, shows, self.tasks),
                Effect::Stop(session) => self.sessions.stop(session),
                Effect::Close(session, outcome) => {
                    self.sessions
                        .close(session, *outcome, self.model.now, self.tasks);
                }
                Effect::Emit(..) | Effect::Remark(_) => {}
                Effect::Exit(code) => return Some(code),
            }
        }
        None
    }

    /// Draws a frame if the model has changed and one is due.
    fn draw(&mut self) -> Option<u8> {
        if !self.stale || Instant::now() < self.frame_due() {
            return None;
        }
        match self.screen.is_free() {
            Ok(true) => {}
            Ok(false) => return None,
            Err(_) => return Some(TERMINAL_GONE),
        }
        if self.screen.draw(self.model, &self.theme).is_err() {
            return Some(TERMINAL_GONE);
        }
        self.screen.write_control(&self.window.show(self.model));
        self.last_frame = Instant::now();
        self.next_frame = self.last_frame + FRAME;
        self.stale = false;
        self.urgent = false;
        None
    }

    /// The time of the next frame, if no more messages come.
    fn frame_due(&self) -> Instant {
        if self.sessions.inbox.is_backlogged() && !self.urgent {
            return self.next_frame.max(self.last_frame + BACKLOG_FRAME);
        }
        self.next_frame
    }

    /// Makes the next frame due sooner: the user waits for it.
    fn draw_soon(&mut self) {
        self.next_frame = self.next_frame.min(self.last_frame + KEY_FRAME);
        self.urgent = true;
    }

    /// Copies to both clipboards: the terminal's works over SSH, the desktop's in terminals without one.
    fn copy(&mut self, text: String) {
        let sequences = escapes::copy(&text, self.capabilities).unwrap_or_default();
        self.clipboard.set(text, self.tasks);
        self.screen.write_control(&sequences);
    }

    /// Stops the job, as the terminal does on Ctrl-Z outside of raw mode.
    fn suspend(&mut self) {
        if self.jobs.can_stop() && job_control::has_shell() {
            self.leave();
            job_control::stop_group();
        }
    }

    /// Stops the process after a signal from outside. Restores the terminal first.
    fn stop(&mut self) -> Option<u8> {
        if !job_control::has_shell() {
            return self.resume();
        }
        self.leave();
        job_control::stop_process();
        None
    }

    /// Continues after a stop: on the screen, or without it in the background.
    fn resume(&mut self) -> Option<u8> {
        if job_control::in_background() {
            self.leave();
        } else if let Some(code) = self.reenter() {
            return Some(code);
        }
        let msg = self.ticks.resume();
        self.handle(msg)
    }

    fn leave(&mut self) {
        self.input.pause();
        self.screen.leave();
    }

    /// Enters the screen again and redraws it at the current size. Returns the exit code if the program is to exit.
    fn reenter(&mut self) -> Option<u8> {
        // If this fails, the terminal is gone, which the next tick notices.
        let size = self.screen.reenter().and_then(|()| terminal::size()).ok()?;
        let effects = update(self.model, Msg::Resized(size));
        self.window.forget();
        self.screen.capture_mouse(self.model.mouse);
        self.input.resume(self.tasks).ok()?;
        self.stale = true;
        self.draw_soon();
        self.run_effects(effects)
    }
}
