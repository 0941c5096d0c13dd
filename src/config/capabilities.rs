//! Terminal capabilities beyond frames: notifications and tmux passthrough.
//!
//! The response to a terminal query may never come, so this uses the terminal's name in the environment.
//! `runtime::tty::escapes` writes the sequences.

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TerminalCapabilities {
    pub notifications: NotifySupport,
    /// bakewatch runs in tmux, which passes on only sequences that are wrapped for it.
    pub in_tmux: bool,
}

/// The way to notify the user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NotifySupport {
    Off,
    #[default]
    Bell,
    /// The bell and iTerm's sequence for a desktop notification.
    Osc9,
    /// The bell and rxvt's sequence, which has a title.
    Osc777,
    /// The bell and both sequences: most terminals support one of them and ignore unknown ones.
    Both,
}

/// Terminals that support both sequences, or only rxvt's: with both they would notify twice, or not at all.
const OSC_777: [&str; 5] = ["foot", "ghostty", "konsole", "rxvt", "wezterm"];
const OSC_9: [&str; 2] = ["iterm", "kitty"];

impl NotifySupport {
    /// Detects the support by `TERM` and `TERM_PROGRAM`.
    pub(super) fn detect(term: &str, term_program: &str) -> Self {
        let names = format!("{term} {term_program}").to_ascii_lowercase();
        let is_any_of = |terminals: &[&str]| terminals.iter().any(|name| names.contains(name));
        if term == "linux" {
            // Older consoles print unknown sequences.
            Self::Bell
        } else if is_any_of(&OSC_777) {
            Self::Osc777
        } else if is_any_of(&OSC_9) {
            Self::Osc9
        } else {
            Self::Both
        }
    }
}

/// Terminals with 16 million colours that do not say so over SSH, where only `TERM` arrives.
const TRUE_COLOURS: [&str; 6] = [
    "alacritty",
    "foot",
    "ghostty",
    "kitty",
    "wezterm",
    "-direct",
];

pub(super) fn has_true_colours(term: &str) -> bool {
    TRUE_COLOURS.iter().any(|name| term.contains(name))
}

/// Whether a terminal has no colours, as far as its name tells.
pub(super) fn is_monochrome(term: &str) -> bool {
    let is_dec = term.strip_prefix("vt").is_some_and(|rest| {
        rest.starts_with(|digit: char| digit.is_ascii_digit()) && !rest.contains("color")
    });
    matches!(term, "" | "dumb") || is_dec || term.ends_with("-mono") || term.ends_with("-m")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_gets_the_sequences_that_it_supports() {
        let cases = [
            ("linux", "", NotifySupport::Bell),
            ("xterm-ghostty", "ghostty", NotifySupport::Osc777),
            ("xterm-256color", "WezTerm", NotifySupport::Osc777),
            ("rxvt-unicode-256color", "", NotifySupport::Osc777),
            ("xterm-256color", "iTerm.app", NotifySupport::Osc9),
            ("xterm-kitty", "", NotifySupport::Osc9),
            ("tmux-256color", "tmux", NotifySupport::Both),
            ("xterm-256color", "", NotifySupport::Both),
        ];
        for (term, program, expected) in cases {
            assert_eq!(
                NotifySupport::detect(term, program),
                expected,
                "{term} {program}"
            );
        }
    }
}
