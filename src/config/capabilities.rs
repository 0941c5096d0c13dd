//! What a terminal understands beside frames. It can't be asked without waiting for an answer that may not
//! come, so this goes by the names that it gives itself in the environment.

/// How to speak to the terminal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TerminalCapabilities {
    /// How to draw a person's attention.
    pub notifications: NotifySupport,
    /// The program runs in tmux, which keeps sequences to itself that are not wrapped for it.
    pub in_tmux: bool,
}

/// How to draw a person's attention.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NotifySupport {
    /// Not at all.
    Off,
    #[default]
    Bell,
    /// By the bell and iTerm's sequence for a desktop notification.
    Osc9,
    /// By the bell and rxvt's sequence, which has a title.
    Osc777,
    /// By the bell and both sequences: most terminals know one of them, and ignore what they do not know.
    Both,
}

/// Terminals that know both sequences, or rxvt's only: with both they would notify twice, or not at all.
const OSC_777: [&str; 5] = ["foot", "ghostty", "konsole", "rxvt", "wezterm"];
const OSC_9: [&str; 2] = ["iterm", "kitty"];

impl NotifySupport {
    /// What a terminal knows that calls itself so, in `TERM` and `TERM_PROGRAM`.
    pub(super) fn of(term: &str, term_program: &str) -> Self {
        let said = format!("{term} {term_program}").to_ascii_lowercase();
        let named = |terminals: &[&str]| terminals.iter().any(|name| said.contains(name));
        if term == "linux" {
            // Older consoles print what they do not know.
            Self::Bell
        } else if named(&OSC_777) {
            Self::Osc777
        } else if named(&OSC_9) {
            Self::Osc9
        } else {
            Self::Both
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_is_told_in_its_own_words_and_once() {
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
                NotifySupport::of(term, program),
                expected,
                "{term} {program}"
            );
        }
    }
}
