//! The environment of the process: the terminal, the AWS variables, the XDG folders and the locale.
//!
//! Everything is read once, here; all other code gets an [`Environment`].

use std::fs::File;
use std::io::{self, IsTerminal};
use std::path::PathBuf;

use crate::cli::Color;
use crate::config::background::Background;
use crate::config::capabilities::{self, Multiplexer, NotifySupport, TerminalCapabilities};
use crate::config::terminfo;
use crate::style::{Depth, Glyphs};

/// The parts of the environment that bakewatch uses.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// Whether standard output is a terminal.
    pub stdout_is_terminal: bool,
    /// Whether keys can be read: standard input is a terminal, or there is a controlling terminal.
    pub keys_can_be_read: bool,
    /// `COLUMNS`, if it is a number of columns: the width of tables.
    pub columns: Option<usize>,
    pub term: String,
    pub term_program: String,
    /// The number of the terminal's colours by the terminfo database; `None` if it has no entry.
    pub term_colours: Option<u32>,
    /// `TMUX`, if not empty.
    pub tmux: Option<String>,
    /// `STY`, which GNU screen sets, if not empty.
    pub sty: Option<String>,
    pub vte_version: String,
    /// The variable by which Windows Terminal, `ConEmu` or iTerm2 says that it has a progress bar, if it does.
    pub progress_by: Option<&'static str>,
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
        let term = var("TERM");
        let own = path("TERMINFO").into_iter().chain(in_home(".terminfo"));
        let more = var("TERMINFO_DIRS");
        let more = more.split(':').map(PathBuf::from);
        let term_colours = terminfo::colours(&term, own.chain(more));
        let is_iterm = var("TERM_PROGRAM") == "iTerm.app" && var("TERM_FEATURES").contains('P');
        let progress_by = with_name("WT_SESSION")
            .or_else(|| with_name("ConEmuANSI").filter(|(_, value)| value == "ON"))
            .map(|(name, _)| name)
            .or_else(|| is_iterm.then_some("TERM_FEATURES"));
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].map(var);
        Self {
            stdout_is_terminal: io::stdout().is_terminal(),
            keys_can_be_read: io::stdin().is_terminal() || File::open("/dev/tty").is_ok(),
            columns: var("COLUMNS").parse().ok().filter(|columns| *columns > 0),
            term,
            term_colours,
            term_program: var("TERM_PROGRAM"),
            background: Background::parse(&var("COLORFGBG"), tmux.is_some()),
            tmux,
            sty: non_empty("STY"),
            vte_version: var("VTE_VERSION"),
            progress_by,
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
        let multiplexer = Multiplexer::detect(self.tmux.is_some(), self.sty.is_some(), &self.term);
        TerminalCapabilities {
            notifications: if notify {
                NotifySupport::detect(&self.term, &self.term_program)
            } else {
                NotifySupport::Off
            },
            multiplexer,
            title: capabilities::has_title(&self.term),
            progress: multiplexer == Multiplexer::None && self.has_progress(),
        }
    }

    /// The number of colours to use.
    pub fn depth(&self, color: Color) -> Depth {
        let enabled = match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => self.stdout_is_terminal && !self.no_color && !self.is_monochrome(),
        };
        let colours = self.term_colours.unwrap_or(0);
        let colorterm = self.colorterm.to_ascii_lowercase();
        if !enabled {
            Depth::None
        } else if colorterm.contains("truecolor")
            || colorterm.contains("24bit")
            || colours > 256
            || capabilities::has_true_colours(&self.term)
        {
            Depth::True
        } else if self.term.contains("256color") || colours == 256 {
            Depth::Ansi256
        } else {
            Depth::Ansi16
        }
    }

    fn has_progress(&self) -> bool {
        let own = self.progress_by.is_some();
        capabilities::has_progress(&self.term_program, &self.vte_version, own)
    }

    /// Whether the terminal has no colours.
    fn is_monochrome(&self) -> bool {
        match self.term_colours {
            Some(colours) => colours < 8,
            None => capabilities::is_monochrome(&self.term),
        }
    }

    /// Whether the terminal can be asked for its background: one that does not know the question does not print it.
    pub fn can_be_asked(&self) -> bool {
        self.has_screen() && !capabilities::prints_unknown(&self.term) && !self.is_monochrome()
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
    fn a_terminal_has_the_colours_of_its_terminfo_entry_or_of_its_name() {
        for (term, term_colours, depth) in [
            ("vt100", None, Depth::None),
            ("vt220", None, Depth::None),
            ("xterm-mono", None, Depth::None),
            ("linux-m", None, Depth::None),
            ("some-terminal", Some(0), Depth::None),
            ("vte", None, Depth::Ansi16),
            ("linux", None, Depth::Ansi16),
            ("xterm", Some(8), Depth::Ansi16),
            ("some-terminal", Some(256), Depth::Ansi256),
            ("xterm-direct", Some(1 << 24), Depth::True),
            ("xterm-kitty", Some(256), Depth::True),
            ("alacritty", None, Depth::True),
        ] {
            let environment = Environment {
                term: term.to_owned(),
                term_colours,
                ..terminal()
            };
            assert_eq!(environment.depth(Color::Auto), depth, "{term}");
            assert_ne!(environment.depth(Color::Always), Depth::None, "{term}");
        }
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
