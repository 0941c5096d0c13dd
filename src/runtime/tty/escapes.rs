//! What is said to the terminal beside frames: the bell, notifications, the clipboard. As bytes only; they
//! are written between two frames.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::app::status::summary::LONGEST;
use crate::config::{NotifySupport, TerminalCapabilities};
use crate::text::safe::{SafeText, one_line};
use crate::text::width::truncate;

const BELL: &str = "\x07";
/// The end of a sequence. Not the bell, which also ends one: a terminal that does not know it would ring.
const END: &str = "\x1b\\";
/// Bytes of the longest text that terminals take for the clipboard: as a sequence it is 100 kB, the
/// limit of several. A longer text would be cut or dropped without a word.
const CLIPBOARD: usize = 74_991;

/// The bell and a desktop notification, as far as they are wanted and known to the terminal.
pub(crate) fn notification(text: &str, capabilities: TerminalCapabilities) -> String {
    // No sequence may end early: no control characters, and no semicolons, which part the title and the text.
    let text = truncate(&one_line(SafeText::new(text).as_str()), LONGEST, "...");
    let text = text.replace(';', ",");
    let osc_9 = || wrapped(&format!("\x1b]9;bakewatch: {text}{END}"), capabilities);
    let osc_777 = || {
        wrapped(
            &format!("\x1b]777;notify;bakewatch;{text}{END}"),
            capabilities,
        )
    };
    match capabilities.notifications {
        NotifySupport::Off => String::new(),
        NotifySupport::Bell => BELL.to_owned(),
        NotifySupport::Osc9 => format!("{BELL}{}", osc_9()),
        NotifySupport::Osc777 => format!("{BELL}{}", osc_777()),
        NotifySupport::Both => format!("{BELL}{}{}", osc_9(), osc_777()),
    }
}

/// Puts text on the clipboard of the terminal (OSC 52), which may be on another machine. Nothing where the
/// text is too long for it.
pub(crate) fn copy(text: &str, capabilities: TerminalCapabilities) -> Option<String> {
    if text.len() > CLIPBOARD {
        return None;
    }
    let sequence = format!("\x1b]52;c;{}{END}", STANDARD.encode(text));
    // tmux has a clipboard of its own too, which it may pass on; it is set as well.
    let outer = capabilities
        .in_tmux
        .then(|| wrapped(&sequence, capabilities));
    Some(sequence + &outer.unwrap_or_default())
}

/// A sequence as tmux passes it on to the terminal outside, with `allow-passthrough` set.
fn wrapped(sequence: &str, capabilities: TerminalCapabilities) -> String {
    if capabilities.in_tmux {
        format!("\x1bPtmux;{}{END}", sequence.replace('\x1b', "\x1b\x1b"))
    } else {
        sequence.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn capabilities(notifications: NotifySupport, in_tmux: bool) -> TerminalCapabilities {
        TerminalCapabilities {
            notifications,
            in_tmux,
        }
    }

    #[test]
    fn a_notification_rings_and_says_it_in_the_terminals_words() {
        let said = |notifications| notification("img failed", capabilities(notifications, false));
        assert_eq!(said(NotifySupport::Off), "");
        assert_eq!(said(NotifySupport::Bell), "\x07");
        assert_eq!(
            said(NotifySupport::Osc9),
            "\x07\x1b]9;bakewatch: img failed\x1b\\"
        );
        assert_eq!(
            said(NotifySupport::Osc777),
            "\x07\x1b]777;notify;bakewatch;img failed\x1b\\"
        );
        let both =
            "\x07\x1b]9;bakewatch: img failed\x1b\\\x1b]777;notify;bakewatch;img failed\x1b\\";
        assert_eq!(said(NotifySupport::Both), both);
    }

    #[test]
    fn tmux_is_told_to_pass_it_on_but_rings_itself() {
        let said = notification("x", capabilities(NotifySupport::Osc9, true));
        assert_eq!(
            said,
            "\x07\x1bPtmux;\x1b\x1b]9;bakewatch: x\x1b\x1b\\\x1b\\"
        );
    }

    #[test]
    fn hostile_text_does_not_leave_its_notification() {
        let hostile = format!("a\x07b\x1b\\c\u{9c}d;e\n\tf{}", "g".repeat(10_000));
        let said = notification(&hostile, capabilities(NotifySupport::Osc777, false));
        let inside = said.strip_prefix("\x07\x1b]777;notify;bakewatch;").unwrap();
        let inside = inside.strip_suffix(END).unwrap();
        assert!(!inside.chars().any(char::is_control), "{inside:?}");
        assert!(!inside.contains(';') && inside.len() < 300, "{inside}");
    }

    #[test]
    fn the_clipboard_takes_any_text_up_to_its_limit() {
        let plain = capabilities(NotifySupport::Bell, false);
        assert_eq!(copy("é\x1b\n", plain).unwrap(), "\x1b]52;c;w6kbCg==\x1b\\");
        let tmux = copy("a", capabilities(NotifySupport::Bell, true)).unwrap();
        assert_eq!(
            tmux,
            "\x1b]52;c;YQ==\x1b\\\x1bPtmux;\x1b\x1b]52;c;YQ==\x1b\x1b\\\x1b\\"
        );
        let most = copy(&"a".repeat(CLIPBOARD), plain).unwrap();
        assert!(most.len() <= 100_000, "{}", most.len());
        assert_eq!(copy(&"a".repeat(CLIPBOARD + 1), plain), None);
    }
}
