//! Terminal capabilities beyond frames: notifications, the title, a progress bar, and a multiplexer between.
//!
//! The response to a terminal query may never come, so this uses the terminal's name in the environment.
//! `runtime::tty::escapes` writes the sequences.

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TerminalCapabilities {
    pub notifications: NotifySupport,
    pub multiplexer: Multiplexer,
    /// Whether the title of the window can be set, and restored.
    pub title: bool,
    /// Whether the terminal shows a progress bar (OSC 9;4).
    pub progress: bool,
}

/// The program between bakewatch and the terminal, which passes on only sequences that are wrapped for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Multiplexer {
    #[default]
    None,
    Tmux,
    /// tmux on another machine, or of another user: its command does not lead to it.
    RemoteTmux,
    /// GNU screen.
    Screen,
    /// Either of them on another machine: both are `screen` there.
    Unknown,
}

impl Multiplexer {
    /// Detects it by what both set: `TMUX`, `STY` and `TERM`.
    pub(super) fn detect(tmux: bool, sty: bool, term: &str) -> Self {
        if tmux {
            Self::Tmux
        } else if sty {
            Self::Screen
        } else if term.starts_with("tmux") {
            Self::RemoteTmux
        } else if term.starts_with("screen") {
            Self::Unknown
        } else {
            Self::None
        }
    }
}

/// Terminals whose title can be set and restored.
const TITLE: [&str; 9] = [
    "xterm",
    "tmux",
    "alacritty",
    "foot",
    "ghostty",
    "kitty",
    "konsole",
    "rxvt",
    "wezterm",
];

/// Whether a terminal of this name has a title.
pub(super) fn has_title(term: &str) -> bool {
    TITLE.iter().any(|name| term.starts_with(name)) && !is_monochrome(term)
}

/// Terminals with a progress bar, by `TERM_PROGRAM`. For others the sequence is a notification.
const PROGRESS: [&str; 2] = ["ghostty", "WezTerm"];
/// The first version of VTE, the widget of many terminals, with a progress bar.
const PROGRESS_SINCE_VTE: u32 = 8000;

/// Whether a terminal has a progress bar, by what it sets: `TERM_PROGRAM`, `VTE_VERSION`, and others of its own.
pub(super) fn has_progress(term_program: &str, vte: &str, own: bool) -> bool {
    let is_new = vte.parse().is_ok_and(|vte: u32| vte >= PROGRESS_SINCE_VTE);
    PROGRESS.contains(&term_program) || is_new || own
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
        if prints_unknown(term) {
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

/// Consoles and hardware terminals, some of which print the text of a sequence that they do not know.
const OLD: [&str; 6] = ["linux", "ansi", "pcansi", "cons25", "sun", "wyse"];

/// Whether a terminal may print the text of a sequence that it does not know.
pub(super) fn prints_unknown(term: &str) -> bool {
    let base = term.split('-').next().unwrap_or_default();
    OLD.iter().any(|name| base.starts_with(name)) || is_dec(base)
}

/// Whether it is a terminal of DEC, or one that is compatible.
fn is_dec(term: &str) -> bool {
    term.strip_prefix("vt")
        .is_some_and(|rest| rest.starts_with(|digit: char| digit.is_ascii_digit()))
}

/// Whether a terminal has no colours, as far as its name tells.
pub(super) fn is_monochrome(term: &str) -> bool {
    let is_dec = is_dec(term) && !term.contains("color");
    matches!(term, "" | "dumb") || is_dec || term.ends_with("-mono") || term.ends_with("-m")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_multiplexer_is_known_by_its_environment_or_its_terminal() {
        for (tmux, sty, term, expected) in [
            (true, false, "screen-256color", Multiplexer::Tmux),
            (false, true, "screen", Multiplexer::Screen),
            (false, false, "tmux-256color", Multiplexer::RemoteTmux),
            (false, false, "screen.xterm-256color", Multiplexer::Unknown),
            (false, false, "xterm-256color", Multiplexer::None),
        ] {
            assert_eq!(Multiplexer::detect(tmux, sty, term), expected, "{term}");
        }
    }

    #[test]
    fn only_terminals_that_are_known_get_a_title_or_progress() {
        assert!(has_title("xterm-256color") && has_title("tmux-256color"));
        assert!(!has_title("linux") && !has_title("vt100") && !has_title("xterm-mono"));
        assert!(has_progress("WezTerm", "", false) && has_progress("", "8002", false));
        assert!(!has_progress("iTerm.app", "7600", false) && !has_progress("", "", false));
    }

    #[test]
    fn a_terminal_gets_the_sequences_that_it_supports() {
        let cases = [
            ("linux", "", NotifySupport::Bell),
            ("linux-16color", "", NotifySupport::Bell),
            ("vt100", "", NotifySupport::Bell),
            ("vt220-w", "", NotifySupport::Bell),
            ("ansi", "", NotifySupport::Bell),
            ("cons25", "", NotifySupport::Bell),
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
