//! The environment of the process: the terminal, the AWS variables, the XDG folders and the locale.
//!
//! Everything is read once, here; all other code gets an [`Environment`].

use std::fs::File;
use std::io::{self, IsTerminal};
use std::path::PathBuf;

use crate::cli::Color;
use crate::config::background::Background;
use crate::config::capabilities::{NotifySupport, TerminalCapabilities};
use crate::style::{Depth, Glyphs};

/// The parts of the environment that bakewatch uses.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// Whether standard output is a terminal.
    pub stdout_is_terminal: bool,
    /// Whether keys can be read: standard input is a terminal, or there is a controlling terminal.
    pub keys_can_be_read: bool,
    pub term: String,
    pub term_program: String,
    /// `TMUX`, if not empty.
    pub tmux: Option<String>,
    pub colorterm: String,
    /// From `COLORFGBG`.
    pub background: Background,
    /// Whether `NO_COLOR` is set and not empty.
    pub no_color: bool,
    /// `BAKEWATCH_API_URL`, if not empty.
    pub api_url: Option<String>,
    /// `BAKEWATCH_THEME`, if not empty.
    pub theme: Option<String>,
    /// `BAKEWATCH_HEARTBEAT`, if not empty.
    pub heartbeat: Option<String>,
    /// The name of the variable with AWS keys, if set: `AWS_ACCESS_KEY_ID`.
    pub aws_keys: Option<&'static str>,
    /// The first of `AWS_REGION` and `AWS_DEFAULT_REGION` that is not empty, with its name.
    pub aws_region: Option<(&'static str, String)>,
    /// The first of `AWS_PROFILE` and `AWS_DEFAULT_PROFILE` that is not empty, with its name.
    pub aws_profile: Option<(&'static str, String)>,
    /// `AWS_CA_BUNDLE`, if not empty.
    pub ca_bundle: Option<PathBuf>,
    pub home: Option<PathBuf>,
    /// `$XDG_STATE_HOME` if absolute, else `~/.local/state` (XDG Base Directory Specification).
    pub state_folder: Option<PathBuf>,
    /// `$XDG_CONFIG_HOME/bakewatch`, else `~/.config/bakewatch`.
    pub config_folder: Option<PathBuf>,
    /// The first of `LC_ALL`, `LC_CTYPE` and `LANG` that is not empty.
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
        let non_empty = |name: &str| Some(var(name)).filter(|value| !value.is_empty());
        let with_name = |name| non_empty(name).map(|value| (name, value));
        let path = |name: &str| {
            let path = std::env::var_os(name).filter(|path| !path.is_empty());
            path.map(PathBuf::from)
        };
        // The XDG specification says to ignore relative paths.
        let folder = |name: &str| path(name).filter(|path| path.is_absolute());
        let home = std::env::home_dir().filter(|home| home.is_absolute());
        let in_home = |folder: &str| home.as_ref().map(|home| home.join(folder));
        let tmux = non_empty("TMUX");
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].map(var);
        Self {
            stdout_is_terminal: io::stdout().is_terminal(),
            keys_can_be_read: io::stdin().is_terminal() || File::open("/dev/tty").is_ok(),
            term: var("TERM"),
            term_program: var("TERM_PROGRAM"),
            background: Background::parse(&var("COLORFGBG"), tmux.is_some()),
            tmux,
            colorterm: var("COLORTERM"),
            no_color: !var("NO_COLOR").is_empty(),
            api_url: non_empty("BAKEWATCH_API_URL"),
            theme: non_empty("BAKEWATCH_THEME"),
            heartbeat: non_empty("BAKEWATCH_HEARTBEAT"),
            aws_keys: with_name("AWS_ACCESS_KEY_ID").map(|(name, _)| name),
            aws_region: with_name("AWS_REGION").or_else(|| with_name("AWS_DEFAULT_REGION")),
            aws_profile: with_name("AWS_PROFILE").or_else(|| with_name("AWS_DEFAULT_PROFILE")),
            ca_bundle: path("AWS_CA_BUNDLE"),
            state_folder: folder("XDG_STATE_HOME").or_else(|| in_home(".local/state")),
            config_folder: folder("XDG_CONFIG_HOME")
                .or_else(|| in_home(".config"))
                .map(|folder| folder.join("bakewatch")),
            home,
            locale: locale
                .into_iter()
                .find(|value| !value.is_empty())
                .unwrap_or_default(),
        }
    }

    /// Whether the terminal can show the screen.
    pub fn has_screen(&self) -> bool {
        self.stdout_is_terminal
            && self.keys_can_be_read
            && !matches!(self.term.as_str(), "" | "dumb")
    }

    /// The capabilities of the terminal; without `notify`, notifications are off.
    pub fn capabilities(&self, notify: bool) -> TerminalCapabilities {
        TerminalCapabilities {
            notifications: if notify {
                NotifySupport::detect(&self.term, &self.term_program)
            } else {
                NotifySupport::Off
            },
            in_tmux: self.tmux.is_some(),
        }
    }

    /// The number of colours to use.
    pub fn depth(&self, color: Color) -> Depth {
        let enabled = match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                self.stdout_is_terminal
                    && !self.no_color
                    && !matches!(self.term.as_str(), "" | "dumb")
            }
        };
        let colorterm = self.colorterm.to_ascii_lowercase();
        if !enabled {
            Depth::None
        } else if colorterm.contains("truecolor") || colorterm.contains("24bit") {
            Depth::True
        } else if self.term.contains("256color") {
            Depth::Ansi256
        } else {
            Depth::Ansi16
        }
    }

    /// The glyphs that the locale supports.
    pub fn glyphs(&self) -> Glyphs {
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
    fn colours_follow_the_terminal_unless_the_flag_is_set() {
        assert_eq!(terminal().depth(Color::Auto), Depth::Ansi256);
        let truecolor = Environment {
            colorterm: "truecolor".to_owned(),
            ..terminal()
        };
        assert_eq!(truecolor.depth(Color::Auto), Depth::True);
        let no_color = Environment {
            no_color: true,
            ..terminal()
        };
        assert_eq!(no_color.depth(Color::Auto), Depth::None);
        assert_eq!(no_color.depth(Color::Always), Depth::Ansi256);
        assert_eq!(terminal().depth(Color::Never), Depth::None);
        let pipe = Environment {
            stdout_is_terminal: false,
            ..terminal()
        };
        assert_eq!(pipe.depth(Color::Auto), Depth::None);
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
