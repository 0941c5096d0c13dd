//! The desktop's clipboard, on a thread of its own because connecting to a display can take long. A machine without a
//! display has only the terminal's clipboard (`escapes::copy`).

use std::sync::mpsc::{Sender, channel};

use crate::runtime::process::tasks::Tasks;

/// The queue of texts for the clipboard. The first copy connects to it.
#[derive(Debug, Default)]
pub(crate) struct Clipboard(Option<Sender<String>>);

impl Clipboard {
    /// Queues text for the clipboard.
    pub(crate) fn set(&mut self, text: String, tasks: &mut Tasks) {
        let texts = self.0.get_or_insert_with(|| start(tasks));
        // Never fails: the thread runs until the program ends.
        let _ = texts.send(text);
    }
}

/// Under X11 the program that has copied serves the text, so the clipboard stays open to the end.
fn start(tasks: &mut Tasks) -> Sender<String> {
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
