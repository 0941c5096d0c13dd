//! Terminal input: converts keys, mouse events and sizes from crossterm to messages, and adds a fallible start and a
//! pause, which crossterm lacks.

use std::io;
use std::time::Duration;

use crossterm::event::{
    Event as TermEvent, EventStream, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton,
    MouseEvent, MouseEventKind,
};
use futures_util::StreamExt;
use ratatui::layout::Size;

use crate::app::keys::key::Key;
use crate::app::msg::{MouseAction, MouseKind, Msg};
use crate::runtime::tty::terminal;

/// The stream of terminal events; `None` while paused.
#[derive(Debug)]
pub(crate) struct Input(Option<EventStream>);

impl Input {
    /// Starts to read the terminal.
    ///
    /// # Errors
    /// If there is no terminal, or it is gone.
    pub(crate) fn start() -> io::Result<Self> {
        // A stream panics if the terminal can't be opened. It is opened once, and polling opens it too.
        crossterm::event::poll(Duration::ZERO)?;
        Ok(Self(Some(EventStream::new())))
    }

    /// Stops reading: the keys belong to the shell now, and a background process that reads them is stopped.
    pub(crate) fn pause(&mut self) {
        if self.0.take().is_some() {
            // This stream reads nothing; but its creation waits until the thread of the previous one has ended.
            drop(EventStream::new());
        }
    }

    pub(crate) fn resume(&mut self) {
        self.0.get_or_insert_default();
    }

    /// Waits for the next event.
    ///
    /// # Errors
    /// If the terminal can't be read any more.
    pub(crate) async fn next(&mut self) -> io::Result<TermEvent> {
        match &mut self.0 {
            Some(stream) => stream
                .next()
                .await
                .unwrap_or_else(|| Err(io::ErrorKind::UnexpectedEof.into())),
            None => std::future::pending().await,
        }
    }
}

/// Whether the user waits for the effect of this event.
pub(crate) fn is_urgent(event: &TermEvent) -> bool {
    matches!(event, TermEvent::Key(_) | TermEvent::Mouse(_))
}

/// The message for an event, if the application handles it.
pub(crate) fn to_msg(event: &TermEvent) -> Option<Msg> {
    match event {
        TermEvent::Key(key) if key.kind != KeyEventKind::Release => to_key(*key).map(Msg::Key),
        TermEvent::Mouse(mouse) => to_mouse_action(*mouse).map(Msg::Mouse),
        TermEvent::Resize(width, height) => {
            let size = Size::new(*width, *height);
            Some(Msg::Resized(terminal::size_or_default(size)))
        }
        _ => None,
    }
}

fn to_mouse_action(mouse: MouseEvent) -> Option<MouseAction> {
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

fn to_key(key: KeyEvent) -> Option<Key> {
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
    fn only_left_clicks_and_the_wheel_are_mouse_actions() {
        let at = |kind| {
            to_mouse_action(MouseEvent {
                kind,
                column: 7,
                row: 3,
                modifiers: KeyModifiers::NONE,
            })
        };
        let action = |kind| {
            Some(MouseAction {
                kind,
                column: 7,
                row: 3,
            })
        };
        let left = MouseButton::Left;
        assert_eq!(at(MouseEventKind::Down(left)), action(MouseKind::Click));
        assert_eq!(at(MouseEventKind::ScrollUp), action(MouseKind::WheelUp));
        assert_eq!(at(MouseEventKind::ScrollDown), action(MouseKind::WheelDown));
        let others = [
            MouseEventKind::Up(left),
            MouseEventKind::Drag(left),
            MouseEventKind::Moved,
            MouseEventKind::Down(MouseButton::Right),
        ];
        assert!(others.into_iter().all(|kind| at(kind).is_none()));
    }
}
