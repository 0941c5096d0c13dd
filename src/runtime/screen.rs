//! The loop behind the screen: messages in, frames out, at most thirty a second.

use std::time::Duration;

use crossterm::event::{
    Event as TermEvent, EventStream, KeyCode, KeyEvent, KeyEventKind, KeyModifiers,
};
use futures_util::StreamExt;
use ratatui::layout::Size;
use tokio::time::{Instant, sleep_until};

use crate::app::effect::{Effect, Effects};
use crate::app::keymap::Key;
use crate::app::model::Model;
use crate::app::msg::{Msg, Signal};
use crate::app::update::update;
use crate::error::Error;
use crate::source::clock::Clock;
use crate::source::poller::Request;
use crate::style::Theme;

use super::feed::Feed;
use super::signals::Signals;
use super::tasks::Tasks;
use super::terminal::Screen;
use super::{ask, tick, ticks};

/// The least time between two frames that no key asked for.
const FRAME: Duration = Duration::from_millis(33);

/// A terminal that can no longer be read or written has hung up, whether or not the signal for it came.
const TERMINAL_GONE: u8 = Signal::Hangup.exit_code();

/// Shows a watch until the person leaves. The first frame is there before anything is asked of the network.
pub(super) async fn run(
    model: &mut Model,
    theme: Theme,
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
    let mut input = EventStream::new();
    let mut ticks = ticks(clock);
    let mut next_frame = Instant::now();
    let mut stale = false;
    loop {
        let mut at_once = false;
        let msg = tokio::select! {
            biased;
            signal = signals.next() => Some(Msg::Signal(signal)),
            event = input.next() => match event {
                Some(Ok(event)) => {
                    at_once = matches!(event, TermEvent::Key(_));
                    understand(&event)
                }
                Some(Err(_)) | None => return Ok(TERMINAL_GONE),
            },
            error = tasks.died() => return Err(error),
            () = sleep_until(next_frame), if stale => None,
            _ = ticks.tick() => Some(tick(clock)),
            msg = feed.next() => Some(msg),
        };
        if let Some(msg) = msg {
            if let Some(code) = carry_out(update(model, msg), &feed) {
                return Ok(code);
            }
            stale = true;
        }
        if stale && (at_once || Instant::now() >= next_frame) {
            if screen.draw(model, &theme).is_err() {
                return Ok(TERMINAL_GONE);
            }
            next_frame = Instant::now() + FRAME;
            stale = false;
        }
    }
}

/// Does what the application asks for. The exit code, if it asks to leave.
fn carry_out(effects: Effects, feed: &Feed) -> Option<u8> {
    for effect in effects {
        match effect {
            Effect::PollNow => ask(feed, Request::PollNow),
            Effect::Audit => ask(feed, Request::Audit),
            Effect::Emit(_) => {}
            Effect::Exit(code) => return Some(code),
        }
    }
    None
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
        TermEvent::Resize(width, height) => Some(resized((*width, *height))),
        _ => None,
    }
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
        KeyCode::Enter => Key::Enter,
        KeyCode::Esc => Key::Esc,
        _ => return None,
    })
}
