//! Escape sequences other than frames: the bell, notifications and the clipboard. `terminal` writes them between
//! frames.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::app::status::summary::LONGEST;
use crate::config::{Multiplexer, NotifySupport, TerminalCapabilities};
use crate::text::safe::{SafeText, one_line};
use crate::text::width::truncate;

const BELL: &str = "\x07";
/// The end of a sequence (ST). Not BEL, which also ends one: a terminal that does not support the sequence would ring.
const ST: &str = "\x1b\\";
/// The bytes of the longest text for the clipboard: its sequence has 100 kB, the limit of several terminals, which
/// silently truncate or drop a longer one.
pub(super) const MAX_CLIPBOARD: usize = 74_991;

/// The characters of a string that every version of GNU screen takes.
const SCREEN_STRING: usize = 180;

/// The bell and a desktop notification, as far as the terminal supports them.
pub(crate) fn notification(text: &str, capabilities: TerminalCapabilities) -> String {
    // The text must not end the sequence: no control characters, and no semicolons, which separate title and text.
    let text = truncate(&one_line(SafeText::new(text).as_str()), LONGEST, "...");
    let text = text.replace(';', ",");
    let osc_9 = || command(&format!("9;bakewatch: {text}"), capabilities);
    let osc_777 = || command(&format!("777;notify;bakewatch;{text}"), capabilities);
    match capabilities.notifications {
        NotifySupport::Off => String::new(),
        NotifySupport::Bell => BELL.to_owned(),
        NotifySupport::Osc9 => format!("{BELL}{}", osc_9()),
        NotifySupport::Osc777 => format!("{BELL}{}", osc_777()),
        NotifySupport::Both => format!("{BELL}{}{}", osc_9(), osc_777()),
    }
}

/// Copies text to the clipboard of the terminal (OSC 52), which may be on another machine. `None` if the text is too
/// long.
pub(crate) fn copy(text: &str, capabilities: TerminalCapabilities) -> Option<String> {
    if text.len() > MAX_CLIPBOARD {
        return None;
    }
    let content = format!("52;c;{}", STANDARD.encode(text));
    let plain = format!("\x1b]{content}{ST}");
    // tmux has a clipboard of its own, which it may pass on; set both.
    Some(match capabilities.multiplexer {
        Multiplexer::None => plain,
        _ => plain + &command(&content, capabilities),
    })
}

/// A command to the terminal (OSC), wrapped for the outer one in a multiplexer. tmux then needs `allow-passthrough`.
fn command(content: &str, capabilities: TerminalCapabilities) -> String {
    match capabilities.multiplexer {
        Multiplexer::None => format!("\x1b]{content}{ST}"),
        Multiplexer::Tmux | Multiplexer::RemoteTmux => {
            format!("\x1bPtmux;\x1b\x1b]{content}\x1b\x1b\\{ST}")
        }
        // GNU screen hands the text of such strings to the terminal, if they are short. ST would end the first of them.
        Multiplexer::Screen | Multiplexer::Unknown => {
            let whole: Vec<_> = format!("\x1b]{content}{BELL}").chars().collect();
            let parts = whole.chunks(SCREEN_STRING);
            let parts = parts.map(|part| format!("\x1bP{}{ST}", part.iter().collect::<String>()));
            parts.collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn capabilities(notifications: NotifySupport, in_tmux: bool) -> TerminalCapabilities {
        TerminalCapabilities {
            notifications,
            multiplexer: if in_tmux {
                Multiplexer::Tmux
            } else {
                Multiplexer::None
            },
            ..TerminalCapabilities::default()
        }
    }

    #[test]
    fn in_gnu_screen_a_long_sequence_is_handed_on_in_short_strings() {
        let screen = TerminalCapabilities {
            multiplexer: Multiplexer::Screen,
            ..TerminalCapabilities::default()
        };
        let text = "a".repeat(1000);
        let plain = copy(&text, capabilities(NotifySupport::Bell, false)).unwrap();
        let wrapped = copy(&text, screen).unwrap();
        let strings: Vec<_> = wrapped
            .strip_prefix(&plain)
            .unwrap()
            .split_terminator(ST)
            .map(|string| string.strip_prefix("\x1bP").unwrap())
            .collect();
        assert!(strings.iter().all(|string| string.len() <= SCREEN_STRING));
        let handed_on = strings.concat();
        assert_eq!(handed_on, plain.replace(ST, BELL));
    }

    #[test]
    fn a_notification_rings_and_uses_the_sequences_of_the_terminal() {
        let sequence =
            |notifications| notification("img failed", capabilities(notifications, false));
        assert_eq!(sequence(NotifySupport::Off), "");
        assert_eq!(sequence(NotifySupport::Bell), "\x07");
        assert_eq!(
            sequence(NotifySupport::Osc9),
            "\x07\x1b]9;bakewatch: img failed\x1b\\"
        );
        assert_eq!(
            sequence(NotifySupport::Osc777),
            "\x07\x1b]777;notify;bakewatch;img failed\x1b\\"
        );
        let both =
            "\x07\x1b]9;bakewatch: img failed\x1b\\\x1b]777;notify;bakewatch;img failed\x1b\\";
        assert_eq!(sequence(NotifySupport::Both), both);
    }

    #[test]
    fn in_tmux_the_sequence_is_wrapped_but_the_bell_is_not() {
        let sequence = notification("x", capabilities(NotifySupport::Osc9, true));
        assert_eq!(
            sequence,
            "\x07\x1bPtmux;\x1b\x1b]9;bakewatch: x\x1b\x1b\\\x1b\\"
        );
    }

    #[test]
    fn hostile_text_stays_inside_the_notification() {
        let hostile = format!("a\x07b\x1b\\c\u{9c}d;e\n\tf{}", "g".repeat(10_000));
        let sequence = notification(&hostile, capabilities(NotifySupport::Osc777, false));
        let inside = sequence
            .strip_prefix("\x07\x1b]777;notify;bakewatch;")
            .unwrap();
        let inside = inside.strip_suffix(ST).unwrap();
        assert!(!inside.chars().any(char::is_control), "{inside:?}");
        assert!(!inside.contains(';') && inside.len() < 300, "{inside}");
    }

    #[test]
    fn any_text_up_to_the_limit_can_be_copied() {
        let plain = capabilities(NotifySupport::Bell, false);
        assert_eq!(copy("é\x1b\n", plain).unwrap(), "\x1b]52;c;w6kbCg==\x1b\\");
        let tmux = copy("a", capabilities(NotifySupport::Bell, true)).unwrap();
        assert_eq!(
            tmux,
            "\x1b]52;c;YQ==\x1b\\\x1bPtmux;\x1b\x1b]52;c;YQ==\x1b\x1b\\\x1b\\"
        );
        let most = copy(&"a".repeat(MAX_CLIPBOARD), plain).unwrap();
        assert!(most.len() <= 100_000, "{}", most.len());
        assert_eq!(copy(&"a".repeat(MAX_CLIPBOARD + 1), plain), None);
    }
}
