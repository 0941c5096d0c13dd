//! What the environment says about the terminal: whether there is one, its colours, and its characters.

use std::fs::File;
use std::io::{self, IsTerminal};
use std::path::PathBuf;

use crate::cli::Color;
use crate::config::background::Background;
use crate::config::capabilities::{NotifySupport, TerminalCapabilities};
use crate::style::{Depth, Glyphs};

/// The parts of the environment that this program looks at.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// Whether standard output is a terminal.
    pub stdout_is_terminal: bool,
    /// Whether keys can be read: standard input is a terminal, or there is a controlling one.
    pub keys_can_be_read: bool,
    pub term: String,
    pub term_program: String,
    /// `TMUX`, where it is not empty.
    pub tmux: Option<String>,
    pub colorterm: String,
    /// Whether the terminal is dark or light, by `COLORFGBG`.
    pub background: Background,
    /// `NO_COLOR` is set and not empty.
    pub no_color: bool,
    /// `BAKEWATCH_API_URL`, where it is not empty.
    pub api_url: Option<String>,
    /// `BAKEWATCH_THEME`, where it is not empty.
    pub theme: Option<String>,
    /// The variable that holds AWS keys, where there is one: `AWS_ACCESS_KEY_ID`.
    pub aws_keys: Option<&'static str>,
    /// The first that is not empty of `AWS_REGION` and `AWS_DEFAULT_REGION`, with its name.
    pub aws_region: Option<(&'static str, String)>,
    /// `AWS_PROFILE`, where it is not empty.
    pub aws_profile: Option<String>,
    /// `AWS_CA_BUNDLE`, where it is not empty.
    pub ca_bundle: Option<PathBuf>,
    /// The person's home.
    pub home: Option<PathBuf>,
    /// Where programs keep what they note down: `XDG_STATE_HOME` where it is absolute, else `~/.local/state`
    /// (XDG Base Directory Specification).
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
        let given = |name: &str| Some(var(name)).filter(|value| !value.is_empty());
        let named = |name| given(name).map(|value| (name, value));
        let path = |name: &str| {
            let path = std::env::var_os(name).filter(|path| !path.is_empty());
            path.map(PathBuf::from)
        };
        // The XDG specification says to take no notice of a relative one.
        let folder = |name: &str| path(name).filter(|path| path.is_absolute());
        let home = std::env::home_dir().filter(|home| home.is_absolute());
        let at_home = |folder: &str| home.as_ref().map(|home| home.join(folder));
        let tmux = given("TMUX");
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].map(var);
        Self {
            stdout_is_terminal: io::stdout().is_terminal(),
            keys_can_be_read: io::stdin().is_terminal() || File::open("/dev/tty").is_ok(),
            term: var("TERM"),
            term_program: var("TERM_PROGRAM"),
            background: Background::of(&var("COLORFGBG"), tmux.is_some()),
            tmux,
            colorterm: var("COLORTERM"),
            no_color: !var("NO_COLOR").is_empty(),
            api_url: given("BAKEWATCH_API_URL"),
            theme: given("BAKEWATCH_THEME"),
            aws_keys: named("AWS_ACCESS_KEY_ID").map(|(name, _)| name),
            aws_region: named("AWS_REGION").or_else(|| named("AWS_DEFAULT_REGION")),
            aws_profile: given("AWS_PROFILE"),
            ca_bundle: path("AWS_CA_BUNDLE"),
            state_folder: folder("XDG_STATE_HOME").or_else(|| at_home(".local/state")),
            config_folder: folder("XDG_CONFIG_HOME")
                .or_else(|| at_home(".config"))
                .map(|folder| folder.join("bakewatch")),
            home,
            locale: locale
                .into_iter()
                .find(|value| !value.is_empty())
                .unwrap_or_default(),
        }
    }

    /// Whether there is a terminal that can show the screen.
    pub fn has_screen(&self) -> bool {
        self.stdout_is_terminal
            && self.keys_can_be_read
            && !matches!(self.term.as_str(), "" | "dumb")
    }

    /// How to speak to the terminal; `notify` says whether it may be loud.
    pub fn capabilities(&self, notify: bool) -> TerminalCapabilities {
        TerminalCapabilities {
            notifications: if notify {
                NotifySupport::of(&self.term, &self.term_program)
            } else {
                NotifySupport::Off
            },
            in_tmux: self.tmux.is_some(),
        }
    }

    /// How many colours to use.
    pub fn depth(&self, color: Color) -> Depth {
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
            Depth::None
        } else if colorterm.contains("truecolor") || colorterm.contains("24bit") {
            Depth::True
        } else if self.term.contains("256color") {
            Depth::Ansi256
        } else {
            Depth::Ansi16
        }
    }

    /// The signs that the locale can write.
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
    fn colours_follow_the_terminal_unless_they_are_told() {
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
