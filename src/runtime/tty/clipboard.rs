//! The desktop's clipboard, on a thread of its own: to reach a display takes as long as it takes, and a
//! machine without one has only the terminal's clipboard.

use std::sync::mpsc::{Sender, channel};

use crate::runtime::process::tasks::Tasks;

/// A way to the desktop's clipboard. It is not looked for before something is copied.
#[derive(Debug, Default)]
pub(crate) struct Clipboard(Option<Sender<String>>);

impl Clipboard {
    /// Puts text on the clipboard, if there is one, at some time soon.
    pub(crate) fn set(&mut self, text: String, tasks: &mut Tasks) {
        let texts = self.0.get_or_insert_with(|| serve(tasks));
        // The thread ends with the program only.
        let _ = texts.send(text);
    }
}

/// Under X11 the program that has copied hands out the text, so the clipboard is held open to the end.
fn serve(tasks: &mut Tasks) -> Sender<String> {
    let (texts, receiver) = channel::<String>();
    tasks.spawn_blocking("clipboard", move || {
        let mut clipboard = None;
        for text in receiver {
            if clipboard.is_none() {
                clipboard = arboard::Clipboard::new()
                    .inspect_err(|error| tracing::info!(%error, "no desktop clipboard"))
                    .ok();
            }
            if let Some(clipboard) = &mut clipboard
                && let Err(error) = clipboard.set_text(text)
            {
                tracing::info!(%error, "not copied to the desktop clipboard");
            }
        }
    });
    texts
}
