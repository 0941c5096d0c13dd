//! What things look like: each role that the screen knows, as a style, for what the terminal can show.
//!
//! Colour says what a status means and nothing else; everything else is told apart by weight. Start with
//! [`Theme`]; `palette` holds the colours, `glyphs` the signs.

mod glyphs;
mod palette;

use ratatui::style::{Modifier, Style};

use crate::domain::status::StatusClass;
use crate::domain::verdict::Verdict;

pub use glyphs::{GlyphSet, Glyphs};
use palette::Hue;
pub use palette::Palette;

/// How the screen looks: which colours, which signs. It is lent to whoever draws, and so is not `Copy`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Theme {
    /// The colours.
    pub palette: Palette,
    /// The signs.
    pub glyphs: Glyphs,
}

impl Theme {
    /// The signs.
    #[must_use]
    pub fn glyphs(&self) -> &'static GlyphSet {
        self.glyphs.set()
    }

    fn hue(&self, hue: Hue) -> Style {
        self.palette.hue(hue)
    }

    /// A status: its glyph and its word.
    #[must_use]
    pub fn status(&self, class: StatusClass) -> Style {
        match class {
            StatusClass::Running => self.hue(Hue::Running),
            StatusClass::Complete => self.hue(Hue::Good),
            StatusClass::Failed => self.bad(),
            StatusClass::RollingBack => self.warn(),
            StatusClass::Deleting => Style::new(),
            StatusClass::Skipped => self.dim(),
            StatusClass::Unknown => self.hue(Hue::Unknown),
        }
    }

    /// The verdict: a filled badge, so that it is what the eye meets first. While nothing is known there is
    /// nothing to meet.
    #[must_use]
    pub fn verdict(&self, verdict: Verdict) -> Style {
        let hue = match verdict {
            Verdict::Waiting => return self.strong(),
            Verdict::Building | Verdict::Finishing => self.hue(Hue::Running),
            Verdict::Succeeded => self.hue(Hue::Good),
            Verdict::Failed => self.hue(Hue::Bad),
            Verdict::Failing | Verdict::NotFound => self.hue(Hue::Warn),
            Verdict::Deleting | Verdict::Deleted | Verdict::Ended => Style::new(),
        };
        hue.add_modifier(Modifier::BOLD | Modifier::REVERSED)
    }

    /// All is well: the connection, a finished part of the bar.
    #[must_use]
    pub fn good(&self) -> Style {
        self.hue(Hue::Good)
    }

    /// Something to know of that may pass.
    #[must_use]
    pub fn warn(&self) -> Style {
        self.hue(Hue::Warn)
    }

    /// Something failed.
    #[must_use]
    pub fn bad(&self) -> Style {
        self.hue(Hue::Bad).add_modifier(Modifier::BOLD)
    }

    /// What is read second: times, types, labels.
    #[must_use]
    pub fn dim(&self) -> Style {
        self.hue(Hue::Quiet)
    }

    /// What is read first in its line.
    #[must_use]
    pub fn strong(&self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// The border of a pane or popup, and the notes on it.
    #[must_use]
    pub fn border(&self, focused: bool) -> Style {
        if focused { Style::new() } else { self.dim() }
    }

    /// The title of a pane or popup.
    #[must_use]
    pub fn title(&self, focused: bool) -> Style {
        if focused { self.strong() } else { Style::new() }
    }

    /// The selected row. It replaces the colours of what is in the row: they would not be readable on it.
    #[must_use]
    pub fn selected(&self, focused: bool) -> Style {
        if focused {
            self.palette.selection()
        } else {
            self.strong()
        }
    }

    /// A choice that is switched on.
    #[must_use]
    pub fn chosen(&self) -> Style {
        Style::new().add_modifier(Modifier::BOLD | Modifier::REVERSED)
    }

    /// What a search has found.
    #[must_use]
    pub fn found(&self) -> Style {
        Style::new().add_modifier(Modifier::BOLD | Modifier::UNDERLINED | Modifier::REVERSED)
    }

    /// A key, where it is named.
    #[must_use]
    pub fn key(&self) -> Style {
        self.strong()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PALETTES: [Palette; 4] = [
        Palette::None,
        Palette::Ansi16,
        Palette::Ansi256,
        Palette::True,
    ];

    fn roles(theme: &Theme) -> Vec<Style> {
        let mut roles = vec![
            theme.good(),
            theme.warn(),
            theme.bad(),
            theme.dim(),
            theme.strong(),
            theme.border(true),
            theme.border(false),
            theme.title(true),
            theme.title(false),
            theme.selected(true),
            theme.selected(false),
            theme.chosen(),
            theme.key(),
        ];
        roles.extend(StatusClass::ALL.map(|class| theme.status(class)));
        let verdicts = [Verdict::Waiting, Verdict::Building, Verdict::Succeeded];
        roles.extend(verdicts.map(|verdict| theme.verdict(verdict)));
        roles
    }

    fn theme(palette: Palette) -> Theme {
        Theme {
            palette,
            glyphs: Glyphs::Unicode,
        }
    }

    #[test]
    fn without_colours_no_style_names_one() {
        // A style that names a colour makes crossterm write `ESC[;m` under NO_COLOR, which ends REVERSED.
        for style in roles(&theme(Palette::None)) {
            assert_eq!((style.fg, style.bg), (None, None), "{style:?}");
        }
    }

    #[test]
    fn a_selected_row_differs_from_the_others_in_every_palette() {
        for palette in PALETTES {
            for focused in [true, false] {
                assert_ne!(theme(palette).selected(focused), Style::new());
            }
        }
    }

    #[test]
    fn only_a_failure_is_red() {
        for palette in [Palette::Ansi16, Palette::Ansi256, Palette::True] {
            let theme = theme(palette);
            let red = theme.status(StatusClass::Failed).fg;
            assert!(red.is_some());
            for class in StatusClass::ALL {
                let same = theme.status(class).fg == red;
                assert_eq!(same, class == StatusClass::Failed, "{class:?}");
            }
            let verdicts = [Verdict::Deleting, Verdict::Deleted, Verdict::Failing];
            assert!(
                verdicts
                    .iter()
                    .all(|verdict| theme.verdict(*verdict).fg != red)
            );
        }
    }
}
