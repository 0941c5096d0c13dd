//! What the environment says about the terminal: whether there is one, its colours, and its characters.

use std::fs::File;
use std::io::{self, IsTerminal};
use std::path::PathBuf;

use crate::cli::Color;
use crate::style::{Glyphs, Palette, Theme};

use super::speech::{Notifications, Speech};

/// The parts of the environment that this program looks at.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// Whether standard output is a terminal.
    pub stdout_is_terminal: bool,
    /// Whether keys can be read: standard input is a terminal, or there is a controlling one.
    pub keys_can_be_read: bool,
    /// `TERM`.
    pub term: String,
    /// `TERM_PROGRAM`.
    pub term_program: String,
    /// `TMUX`, where it is not empty.
    pub tmux: Option<String>,
    /// `COLORTERM`.
    pub colorterm: String,
    /// `NO_COLOR` is set and not empty.
    pub no_color: bool,
    /// `AWS_PROFILE`, where it is not empty.
    pub aws_profile: Option<String>,
    /// `AWS_CA_BUNDLE`, where it is not empty.
    pub ca_bundle: Option<PathBuf>,
    /// The first that is not empty of `AWS_REGION` and `AWS_DEFAULT_REGION`.
    pub aws_region: Option<String>,
    /// Where programs keep what they note down: `XDG_STATE_HOME` where it is absolute, else
    /// `HOME/.local/state` (XDG Base Directory Specification).
    pub state_folder: Option<PathBuf>,
    /// Where a person's files for this program are: `$XDG_CONFIG_HOME/bakewatch`, else `~/.config/bakewatch`.
    pub config_folder: Option<PathBuf>,
    /// The first that is set of `LC_ALL`, `LC_CTYPE` and `LANG`.
    pub locale: String,
}

impl Environment {
    /// Reads the environment of the process.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "this is where the environment is read"
    )]
    pub fn read() -> Self {
        let var = |name: &str| std::env::var(name).unwrap_or_default();
        let path = |name: &str| {
            let path = std::env::var_os(name).filter(|path| !path.is_empty());
            path.map(PathBuf::from)
        };
        // The XDG specification says to take no notice of a relative one.
        let folder = |name: &str| path(name).filter(|path| path.is_absolute());
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].map(var);
        Self {
            stdout_is_terminal: io::stdout().is_terminal(),
            keys_can_be_read: io::stdin().is_terminal() || File::open("/dev/tty").is_ok(),
            term: var("TERM"),
            term_program: var("TERM_PROGRAM"),
            tmux: Some(var("TMUX")).filter(|socket| !socket.is_empty()),
            colorterm: var("COLORTERM"),
            no_color: !var("NO_COLOR").is_empty(),
            aws_profile: Some(var("AWS_PROFILE")).filter(|name| !name.is_empty()),
            ca_bundle: path("AWS_CA_BUNDLE"),
            aws_region: [var("AWS_REGION"), var("AWS_DEFAULT_REGION")]
                .into_iter()
                .find(|region| !region.is_empty()),
            state_folder: folder("XDG_STATE_HOME")
                .or_else(|| Some(path("HOME")?.join(".local/state"))),
            config_folder: folder("XDG_CONFIG_HOME")
                .or_else(|| Some(std::env::home_dir()?.join(".config")))
                .map(|folder| folder.join("bakewatch")),
            locale: locale
                .into_iter()
                .find(|value| !value.is_empty())
                .unwrap_or_default(),
        }
    }

    /// Whether there is a terminal that can show the screen.
    #[must_use]
    pub fn has_screen(&self) -> bool {
        self.stdout_is_terminal
            && self.keys_can_be_read
            && !matches!(self.term.as_str(), "" | "dumb")
    }

    /// The colours and characters to use.
    #[must_use]
    pub fn theme(&self, color: Color) -> Theme {
        Theme {
            palette: self.palette(color),
            glyphs: self.glyphs(),
        }
    }

    /// How to speak to the terminal; `notify` says whether it may be loud.
    #[must_use]
    pub fn speech(&self, notify: bool) -> Speech {
        Speech {
            notifications: if notify {
                Notifications::of(&self.term, &self.term_program)
            } else {
                Notifications::Off
            },
            in_tmux: self.tmux.is_some(),
        }
    }

    fn palette(&self, color: Color) -> Palette {
        let wanted = match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                self.stdout_is_terminal
                    && !self.no_color
                    && !matches!(self.term.as_str(), "" | "dumb")
            }
        };
        let colorterm = self.colorterm.to_ascii_lowercase();
        if !wanted {
            Palette::None
        } else if colorterm.contains("truecolor") || colorterm.contains("24bit") {
            Palette::True
        } else if self.term.contains("256color") {
            Palette::Ansi256
        } else {
            Palette::Ansi16
        }
    }

    fn glyphs(&self) -> Glyphs {
        let locale = self.locale.to_ascii_lowercase();
        if locale.contains("utf-8") || locale.contains("utf8") {
            Glyphs::Unicode
        } else {
            Glyphs::Ascii
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terminal() -> Environment {
        Environment {
            stdout_is_terminal: true,
            keys_can_be_read: true,
            term: "xterm-256color".to_owned(),
            locale: "en_US.UTF-8".to_owned(),
            ..Environment::default()
        }
    }

    #[test]
    fn colours_follow_the_terminal_unless_they_are_told() {
        assert_eq!(terminal().palette(Color::Auto), Palette::Ansi256);
        let truecolor = Environment {
            colorterm: "truecolor".to_owned(),
            ..terminal()
        };
        assert_eq!(truecolor.palette(Color::Auto), Palette::True);
        let no_color = Environment {
            no_color: true,
            ..terminal()
        };
        assert_eq!(no_color.palette(Color::Auto), Palette::None);
        assert_eq!(no_color.palette(Color::Always), Palette::Ansi256);
        assert_eq!(terminal().palette(Color::Never), Palette::None);
        let pipe = Environment {
            stdout_is_terminal: false,
            ..terminal()
        };
        assert_eq!(pipe.palette(Color::Auto), Palette::None);
    }

    #[test]
    fn a_dumb_terminal_has_no_screen() {
        assert!(terminal().has_screen());
        assert!(
            !Environment {
                term: "dumb".to_owned(),
                ..terminal()
            }
            .has_screen()
        );
        assert!(
            !Environment {
                stdout_is_terminal: false,
                ..terminal()
            }
            .has_screen()
        );
    }

    #[test]
    fn a_locale_without_utf_8_gets_ascii() {
        assert_eq!(terminal().glyphs(), Glyphs::Unicode);
        assert_eq!(
            Environment {
                locale: "C".to_owned(),
                ..terminal()
            }
            .glyphs(),
            Glyphs::Ascii
        );
    }
}
