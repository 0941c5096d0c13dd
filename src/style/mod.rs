//! The styles of the screen: a theme has one for each role, for the colours and glyphs that the terminal can show.
//! `config` loads themes; the view and the output use them.
//!
//! Colour stands for the meaning of a status and nothing else; everything else differs by weight. Start with
//! [`Theme`].
//!
//! - `role`: what a style is for
//! - `scheme`: a theme's styles by role and depth
//! - `style_spec`: parses the styles of a theme file
//! - `depth`, `glyphs`: what the terminal can show
//! - `sgr`: the colours of escape sequences in the form that every terminal knows

mod depth;
mod glyphs;
mod role;
mod scheme;
pub(crate) mod sgr;
mod style_spec;

use std::borrow::Cow;

use ratatui::style::{Modifier, Style};
use unicode_segmentation::UnicodeSegmentation;

use crate::domain::status::StatusClass;
use crate::domain::verdict::Verdict;
use crate::text::width::width;

pub use depth::Depth;
pub(crate) use glyphs::GlyphSet;
pub use glyphs::Glyphs;
pub use role::Role;
pub use scheme::Scheme;

/// The styles and the glyphs of a screen. It is lent to all that draws, and so is not `Copy`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Theme {
    styles: [Style; Role::ALL.len()],
    depth: Depth,
    glyphs: Glyphs,
    /// The terminal shows ASCII only, text from outside included.
    is_ascii: bool,
}

impl Default for Theme {
    fn default() -> Self {
        Self::new(&Scheme::default(), Depth::None, Glyphs::default())
    }
}

impl Theme {
    /// The theme of a terminal that shows that many colours, and those glyphs.
    pub fn new(scheme: &Scheme, depth: Depth, glyphs: Glyphs) -> Self {
        Self {
            styles: Role::ALL.map(|role| scheme.style(role, depth)),
            depth,
            glyphs,
            is_ascii: false,
        }
    }

    /// The same for a terminal that shows ASCII only, or one that does not.
    #[must_use]
    pub fn in_ascii(self, is_ascii: bool) -> Self {
        Self { is_ascii, ..self }
    }

    /// Whether the terminal shows ASCII only.
    pub fn is_ascii(&self) -> bool {
        self.is_ascii
    }

    /// Text as the terminal can show it: a character that it lacks is a question mark for each of its columns.
    pub fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if !self.is_ascii || text.is_ascii() {
            return Cow::Borrowed(text);
        }
        let mut shown = String::with_capacity(text.len());
        for part in text.graphemes(true) {
            if part.is_ascii() {
                shown += part;
            } else if part == "…" {
                shown += self.glyphs().ellipsis;
            } else {
                shown += &"?".repeat(width(part));
            }
        }
        Cow::Owned(shown)
    }

    pub fn glyphs(&self) -> &'static GlyphSet {
        self.glyphs.set()
    }

    /// Whether any style has a colour.
    pub fn has_colours(&self) -> bool {
        self.depth != Depth::None
    }

    pub fn role(&self, role: Role) -> Style {
        self.styles[role.index()]
    }

    /// The background of the screen, and text without another role.
    pub fn screen(&self) -> Style {
        self.role(Role::Screen)
    }

    /// A status: its glyph and its word.
    pub fn status(&self, class: StatusClass) -> Style {
        match class {
            StatusClass::Running => self.role(Role::Running),
            StatusClass::Complete => self.role(Role::Good),
            StatusClass::Failed => self.bad(),
            StatusClass::RollingBack => self.warn(),
            StatusClass::Deleting => self.role(Role::Deleting),
            StatusClass::Skipped => self.dim(),
            StatusClass::Unknown => self.role(Role::Unknown),
        }
    }

    /// The verdict: a filled badge, so that the eye meets it first. Before anything is known there is no
    /// badge.
    pub fn verdict(&self, verdict: Verdict) -> Style {
        let style = match verdict {
            Verdict::Waiting => return self.strong(),
            Verdict::Building | Verdict::Finishing => self.role(Role::Running),
            Verdict::Succeeded => self.role(Role::Good),
            Verdict::Failed => self.role(Role::Bad),
            Verdict::Failing
            | Verdict::RollingBack
            | Verdict::AmiNotFound
            | Verdict::NotFound
            | Verdict::EndNotSeen => self.role(Role::Warn),
            Verdict::Deleting | Verdict::Deleted | Verdict::Ended => self.role(Role::Deleting),
        };
        style.add_modifier(Modifier::BOLD | Modifier::REVERSED)
    }

    /// The connection is good; the completed part of the progress bar.
    pub fn good(&self) -> Style {
        self.role(Role::Good)
    }

    /// A problem that may pass.
    pub fn warn(&self) -> Style {
        self.role(Role::Warn)
    }

    pub fn bad(&self) -> Style {
        self.role(Role::Bad)
    }

    /// Secondary text: times, types, labels.
    pub fn dim(&self) -> Style {
        self.role(Role::Quiet)
    }

    /// The most important text of its line.
    pub fn strong(&self) -> Style {
        self.role(Role::Strong)
    }

    /// The border of a pane or popup, and the notes on it.
    pub fn border(&self, focused: bool) -> Style {
        self.role(if focused { Role::Focus } else { Role::Border })
    }

    /// The title of a pane or popup.
    pub fn title(&self, focused: bool) -> Style {
        if focused {
            self.strong()
        } else {
            self.screen()
        }
    }

    /// The selected row. It replaces the colours of its text, which would not be readable on it.
    pub fn selected(&self, focused: bool) -> Style {
        if focused {
            self.role(Role::Selection)
        } else {
            self.strong()
        }
    }

    /// The selected row of a failure: it stays as red as it was.
    pub fn selected_failure(&self) -> Style {
        self.bad().add_modifier(Modifier::BOLD | Modifier::REVERSED)
    }

    /// A choice that is switched on.
    pub fn chosen(&self) -> Style {
        self.role(Role::Chosen)
    }

    /// A match of the search.
    pub fn found(&self) -> Style {
        self.role(Role::Found)
    }

    /// The name of a key.
    pub fn key(&self) -> Style {
        self.strong()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_screen_style_is_the_base_of_every_role() {
        let mut scheme = Scheme::default();
        scheme
            .set(Role::Screen, Depth::True, "#ffffff on #000000")
            .unwrap();
        scheme.set(Role::Good, Depth::True, "#00ff00").unwrap();
        let theme = Theme::new(&scheme, Depth::True, Glyphs::Unicode);
        assert_eq!(theme.screen().bg, theme.good().bg);
        assert_eq!(theme.screen().fg, theme.strong().fg);
        assert_ne!(theme.screen().fg, theme.good().fg);
    }

    #[test]
    fn a_terminal_of_ascii_shows_a_question_mark_for_each_column() {
        let theme = Theme::default();
        assert_eq!(theme.text("é日\u{301} ok"), "é日\u{301} ok");
        let ascii = theme.in_ascii(true);
        assert_eq!(ascii.text("é日\u{301} ok"), "??? ok");
        assert!(matches!(ascii.text("ok\n"), Cow::Borrowed("ok\n")));
    }

    #[test]
    fn without_a_scheme_no_style_names_a_colour_and_a_selected_row_is_marked() {
        let theme = Theme::default();
        for role in Role::ALL {
            let style = theme.role(role);
            assert_eq!((style.fg, style.bg), (None, None), "{role:?}");
        }
        for focused in [true, false] {
            assert_ne!(theme.selected(focused), Style::new());
        }
    }
}
