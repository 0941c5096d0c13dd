//! Keys, the mouse and sizes, from crossterm to messages; and what crossterm lacks: a beginning that can fail,
//! and a pause.

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

/// What a person does at the terminal.
#[derive(Debug)]
pub(crate) struct Input(Option<EventStream>);

impl Input {
    /// Begins to read the terminal.
    ///
    /// # Errors
    /// Where there is none, or no longer.
    pub(crate) fn start() -> io::Result<Self> {
        // A stream panics where the terminal can't be opened. It is opened once, and this asks for it too.
        crossterm::event::poll(Duration::ZERO)?;
        Ok(Self(Some(EventStream::new())))
    }

    /// Reads nothing any more: the keys are the shell's, and whoever reads them from the background is stopped.
    pub(crate) fn pause(&mut self) {
        if self.0.take().is_some() {
            // This one reads nothing; but it comes about only when the thread of the one before has let go.
            drop(EventStream::new());
        }
    }

    pub(crate) fn resume(&mut self) {
        self.0.get_or_insert_default();
    }

    /// Waits for the next thing that a person does.
    ///
    /// # Errors
    /// Where the terminal can't be read any more.
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

/// Whether a person waits for what this does.
pub(crate) fn is_urgent(event: &TermEvent) -> bool {
    matches!(event, TermEvent::Key(_) | TermEvent::Mouse(_))
}

/// What a terminal event means to the application, if anything.
pub(crate) fn understand(event: &TermEvent) -> Option<Msg> {
    match event {
        TermEvent::Key(key) if key.kind != KeyEventKind::Release => {
            understand_key(*key).map(Msg::Key)
        }
        TermEvent::Mouse(mouse) => understand_mouse(*mouse).map(Msg::Mouse),
        TermEvent::Resize(width, height) => {
            let size = Size::new(*width, *height);
            Some(Msg::Resized(terminal::sensible(size)))
        }
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
