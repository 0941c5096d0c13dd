//! The colours, for each kind of terminal.
//!
//! Nobody asks the terminal whether it is dark or light, so the finer palettes use colours of middle
//! brightness, which can be read on both; the 16-colour palette leaves that to the person's own scheme.

use ratatui::style::{Color, Modifier, Style};

/// How many colours the terminal shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Palette {
    /// None, or none are wanted: weight and reversal only.
    None,
    /// The 16 of the terminal's own scheme.
    #[default]
    Ansi16,
    /// The fixed 256.
    Ansi256,
    /// Any.
    True,
}

/// What a colour means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hue {
    /// Work goes on.
    Running,
    /// Work ended well.
    Good,
    /// Work failed.
    Bad,
    /// Work is undone, or something needs attention.
    Warn,
    /// Not understood.
    Unknown,
    /// To be read second.
    Quiet,
}

impl Palette {
    /// The text style of a meaning.
    pub(super) fn hue(self, hue: Hue) -> Style {
        let (ansi, indexed, (red, green, blue)) = match hue {
            // Bright black is the background in some schemes, so quiet text is dimmed instead.
            Hue::Quiet if matches!(self, Self::None | Self::Ansi16) => {
                return Style::new().add_modifier(Modifier::DIM);
            }
            Hue::Running => (Color::Cyan, 32, (0x1f, 0x8f, 0xc9)),
            Hue::Good => (Color::Green, 28, (0x24, 0x97, 0x4b)),
            Hue::Bad => (Color::Red, 160, (0xd9, 0x36, 0x3e)),
            Hue::Warn => (Color::Yellow, 136, (0xb5, 0x79, 0x17)),
            Hue::Unknown => (Color::Magenta, 133, (0xa0, 0x5f, 0xc4)),
            Hue::Quiet => (Color::DarkGray, 244, (0x80, 0x84, 0x88)),
        };
        match self {
            Self::None => Style::new(),
            Self::Ansi16 => Style::new().fg(ansi),
            Self::Ansi256 => Style::new().fg(Color::Indexed(indexed)),
            Self::True => Style::new().fg(Color::Rgb(red, green, blue)),
        }
    }

    /// The row that the keys act on.
    pub(super) fn selection(self) -> Style {
        let (text, ground) = match self {
            Self::None | Self::Ansi16 => {
                return Style::new().add_modifier(Modifier::BOLD | Modifier::REVERSED);
            }
            Self::Ansi256 => (Color::Indexed(255), Color::Indexed(24)),
            Self::True => (Color::Rgb(0xff, 0xff, 0xff), Color::Rgb(0x1c, 0x56, 0x80)),
        };
        Style::new()
            .fg(text)
            .bg(ground)
            .add_modifier(Modifier::BOLD)
    }
}
