//! The loop behind the screen: messages in, frames out, at most thirty a second, and one line that stays when
//! it has left.

use std::io::{self, Write};
use std::time::Duration;

use crossterm::event::{
    Event as TermEvent, EventStream, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton,
    MouseEvent, MouseEventKind,
};
use futures_util::StreamExt;
use ratatui::layout::Size;
use tokio::time::{Instant, sleep_until};

use crate::app::effect::{Effect, Effects};
use crate::app::key::Key;
use crate::app::model::Model;
use crate::app::msg::{MouseAction, MouseKind, Msg, Signal};
use crate::app::update::update;
use crate::config::Speech;
use crate::error::Error;
use crate::output::farewell;
use crate::source::clock::Clock;
use crate::source::poller::Request;
use crate::style::Theme;

use super::clipboard::Clipboard;
use super::feed::Feed;
use super::hook::Hook;
use super::reports::Reports;
use super::signals::Signals;
use super::tasks::Tasks;
use super::terminal::Screen;
use super::{ask, escapes, tick, ticks};

/// The least time between two frames that no key asked for.
const FRAME: Duration = Duration::from_millis(33);
/// The least time between two frames for keys: what is pasted is not drawn key by key.
const KEY_FRAME: Duration = Duration::from_millis(8);

/// A terminal that can no longer be read or written has hung up, whether or not the signal for it came.
const TERMINAL_GONE: u8 = Signal::Hangup.exit_code();

/// How the program appears in a terminal.
#[derive(Debug)]
pub(super) struct Look {
    /// What frames look like.
    pub theme: Theme,
    /// What may be said beside frames.
    pub speech: Speech,
}

/// What the effects of the application are done with.
struct Hands<'a> {
    screen: Screen,
    speech: Speech,
    hook: Hook,
    clipboard: Clipboard,
    reports: Reports,
    tasks: &'a mut Tasks,
}

/// Shows a watch until the person leaves; then says in one line what is known.
pub(super) async fn run(
    model: &mut Model,
    look: Look,
    hook: Hook,
    clock: &Clock,
    start: impl FnOnce(&mut Tasks) -> Feed,
    tasks: &mut Tasks,
) -> Result<u8, Error> {
    let theme = look.theme.clone();
    let code = show(model, look, hook, clock, start, tasks).await?;
    // Where the terminal is gone, this can't be written, and nobody is there to read it.
    let _ = writeln!(io::stdout(), "{}", farewell(model, &theme));
    Ok(code)
}

/// The first frame is there before anything is asked of the network.
async fn show(
    model: &mut Model,
    Look { theme, speech }: Look,
    hook: Hook,
    clock: &Clock,
    start: impl FnOnce(&mut Tasks) -> Feed,
    tasks: &mut Tasks,
) -> Result<u8, Error> {
    let mut signals = Signals::listen()?;
    let mut screen = Screen::take()?;
    let Ok(size) = crossterm::terminal::size() else {
        return Ok(TERMINAL_GONE);
    };
    let _ = update(model, resized(size));
    let _ = update(model, tick(clock));
    if screen.draw(model, &theme).is_err() {
        return Ok(TERMINAL_GONE);
    }
    let mut feed = start(tasks);
    let (reports, mut reported) = Reports::new();
    let mut hands = Hands {
        screen,
        speech,
        hook,
        clipboard: Clipboard::default(),
        reports,
        tasks,
    };
    if let Some(code) = hands.carry_out(vec![Effect::Mouse(model.mouse)], model, &feed) {
        return Ok(code);
    }
    let mut input = EventStream::new();
    let mut ticks = ticks(clock);
    let mut next_frame = Instant::now();
    let mut last_frame = next_frame;
    let mut stale = false;
    loop {
        let mut at_once = false;
        let msg = tokio::select! {
            biased;
            signal = signals.next() => Some(Msg::Signal(signal)),
            event = input.next() => match event {
                Some(Ok(event)) => {
                    at_once = matches!(event, TermEvent::Key(_) | TermEvent::Mouse(_));
                    understand(&event)
                }
                Some(Err(_)) | None => return Ok(TERMINAL_GONE),
            },
            error = hands.tasks.died() => return Err(error),
            () = sleep_until(next_frame), if stale => None,
            _ = ticks.tick() => Some(tick(clock)),
            Some(msg) = reported.recv() => Some(msg),
            msg = feed.next() => Some(msg),
            () = std::future::ready(()), if model.is_looking() => Some(Msg::Look),
        };
        if let Some(msg) = msg {
            let effects = update(model, msg);
            if let Some(code) = hands.carry_out(effects, model, &feed) {
                return Ok(code);
            }
            stale = true;
        }
        if stale && at_once {
            next_frame = next_frame.min(last_frame + KEY_FRAME);
        }
        if stale && Instant::now() >= next_frame {
            if hands.screen.draw(model, &theme).is_err() {
                return Ok(TERMINAL_GONE);
            }
            last_frame = Instant::now();
            next_frame = last_frame + FRAME;
            stale = false;
        }
    }
}

impl Hands<'_> {
    /// Does what the application asks for. The exit code, if it asks to leave, or the terminal is gone.
    fn carry_out(&mut self, effects: Effects, model: &Model, feed: &Feed) -> Option<u8> {
        for effect in effects {
            let done = match effect {
                Effect::PollNow => {
                    ask(feed, Request::PollNow);
                    Ok(())
                }
                Effect::Audit => {
                    ask(feed, Request::Audit);
                    Ok(())
                }
                Effect::Notify(text) => {
                    let sequences = escapes::notification(&text, self.speech);
                    self.screen.say(&sequences)
                }
                Effect::Run(known) => {
                    self.hook.run_quietly(&known, self.tasks);
                    Ok(())
                }
                Effect::Copy(text) => self.copy(text),
                Effect::WriteReport => {
                    self.reports.write(model, self.tasks);
                    Ok(())
                }
                Effect::Mouse(taken) => self.screen.mouse(taken),
                Effect::Emit(_) => Ok(()),
                Effect::Exit(code) => return Some(code),
            };
            if done.is_err() {
                return Some(TERMINAL_GONE);
            }
        }
        None
    }

    /// Both clipboards: the terminal's works from afar, the desktop's where the terminal has none.
    fn copy(&mut self, text: String) -> Result<(), Error> {
        let sequences = escapes::copy(&text, self.speech).unwrap_or_default();
        self.clipboard.set(text, self.tasks);
        self.screen.say(&sequences)
    }
}

fn resized((width, height): (u16, u16)) -> Msg {
    Msg::Resized(Size { width, height })
}

/// What a terminal event means to the application, if anything.
fn understand(event: &TermEvent) -> Option<Msg> {
    match event {
        TermEvent::Key(key) if key.kind != KeyEventKind::Release => {
            understand_key(*key).map(Msg::Key)
        }
        TermEvent::Mouse(mouse) => understand_mouse(*mouse).map(Msg::Mouse),
        TermEvent::Resize(width, height) => Some(resized((*width, *height))),
        _ => None,
    }
}

fn understand_mouse(mouse: MouseEvent) -> Option<MouseAction> {
    let kind = match mouse.kind {
        MouseEventKind::Down(MouseButton::Left) => MouseKind::Click,
        MouseEventKind::ScrollUp => MouseKind::WheelUp,
        MouseEventKind::ScrollDown => MouseKind::WheelDown,
        _ => return None,
    };
    Some(MouseAction {
        kind,
        column: mouse.column,
        row: mouse.row,
    })
}

fn understand_key(key: KeyEvent) -> Option<Key> {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    Some(match key.code {
        KeyCode::Char(character) if control => Key::Ctrl(character.to_ascii_lowercase()),
        KeyCode::Char(character) => Key::Char(character),
        KeyCode::Up => Key::Up,
        KeyCode::Down => Key::Down,
        KeyCode::Left => Key::Left,
        KeyCode::Right => Key::Right,
        KeyCode::PageUp => Key::PageUp,
        KeyCode::PageDown => Key::PageDown,
        KeyCode::Home => Key::Home,
        KeyCode::End => Key::End,
        KeyCode::Tab => Key::Tab,
        KeyCode::BackTab => Key::BackTab,
        KeyCode::Enter => Key::Enter,
        KeyCode::Esc => Key::Esc,
        KeyCode::Backspace => Key::Backspace,
        KeyCode::Delete => Key::Delete,
        KeyCode::Insert => Key::Insert,
        KeyCode::F(number) => Key::F(number),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clicks_and_the_wheel_are_understood_and_nothing_else_of_a_mouse() {
        let at = |kind| {
            understand_mouse(MouseEvent {
                kind,
                column: 7,
                row: 3,
                modifiers: KeyModifiers::NONE,
            })
        };
        let done = |kind| {
            Some(MouseAction {
                kind,
                column: 7,
                row: 3,
            })
        };
        let left = MouseButton::Left;
        assert_eq!(at(MouseEventKind::Down(left)), done(MouseKind::Click));
        assert_eq!(at(MouseEventKind::ScrollUp), done(MouseKind::WheelUp));
        assert_eq!(at(MouseEventKind::ScrollDown), done(MouseKind::WheelDown));
        let others = [
            MouseEventKind::Up(left),
            MouseEventKind::Drag(left),
            MouseEventKind::Moved,
            MouseEventKind::Down(MouseButton::Right),
        ];
        assert!(others.into_iter().all(|kind| at(kind).is_none()));
    }
}
