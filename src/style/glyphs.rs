//! The glyphs, each one column wide: a set for most terminals, and one of ASCII for the rest.
//!
//! Each has a text form by default; glyphs that are emoji by default take two columns in some terminals.

use ratatui::symbols::border;

use crate::domain::status::StatusClass;
use crate::domain::verdict::Verdict;

/// The glyphs that the terminal can show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Glyphs {
    #[default]
    Unicode,
    Ascii,
}

impl Glyphs {
    pub(super) const fn set(self) -> &'static GlyphSet {
        match self {
            Self::Unicode => &UNICODE,
            Self::Ascii => &ASCII,
        }
    }
}

#[derive(Debug)]
pub struct GlyphSet {
    classes: [&'static str; StatusClass::ALL.len()],
    /// The filling of a class's bars, distinguishable without colours too.
    bars: [&'static str; StatusClass::ALL.len()],
    /// The API responds.
    pub live: &'static str,
    /// No response yet, or there is nothing.
    pub idle: &'static str,
    pub alert: &'static str,
    /// Before the selected row.
    pub marker: &'static str,
    /// Before an open branch.
    pub open: &'static str,
    /// Before a folded branch.
    pub folded: &'static str,
    /// A replay runs.
    pub playing: &'static str,
    /// A replay stands still.
    pub paused: &'static str,
    /// At the end of text that was cut.
    pub ellipsis: &'static str,
    /// Between two short notes.
    pub dot: &'static str,
    /// A horizontal line.
    pub rule: &'static str,
    /// The completed part of the progress bar.
    pub bar_done: &'static str,
    pub bar_rest: &'static str,
    /// The part of the progress bar beyond the estimate.
    pub bar_over: &'static str,
    /// The usual rest of an operation that still runs.
    pub bar_usual: &'static str,
    /// The border of panes and popups.
    pub border: border::Set<'static>,
}

impl GlyphSet {
    pub const fn status(&self, class: StatusClass) -> &'static str {
        self.classes[class.index()]
    }

    /// The filling of a bar while a resource has that status.
    pub const fn bar(&self, class: StatusClass) -> &'static str {
        self.bars[class.index()]
    }

    pub const fn verdict(&self, verdict: Verdict) -> &'static str {
        match verdict {
            Verdict::Waiting => self.idle,
            Verdict::Building | Verdict::Finishing => self.status(StatusClass::Running),
            Verdict::Deleting | Verdict::Deleted => self.status(StatusClass::Deleting),
            Verdict::Failing | Verdict::RollingBack => self.status(StatusClass::RollingBack),
            Verdict::Failed => self.status(StatusClass::Failed),
            Verdict::Succeeded => self.status(StatusClass::Complete),
            Verdict::AmiNotFound | Verdict::NotFound | Verdict::Ended | Verdict::EndNotSeen => {
                self.status(StatusClass::Unknown)
            }
        }
    }
}

static UNICODE: GlyphSet = GlyphSet {
    classes: ["◐", "✔", "✖", "↺", "⊖", "»", "?"],
    bars: ["▓", "█", "▒", "◂", "░", "»", "?"],
    live: "●",
    idle: "○",
    alert: "▲",
    marker: "▌",
    open: "▾",
    folded: "▸",
    playing: "▸",
    paused: "‖",
    ellipsis: "…",
    dot: "·",
    rule: "─",
    bar_done: "█",
    bar_rest: "░",
    bar_over: "▒",
    bar_usual: "╌",
    border: border::ROUNDED,
};

static ASCII: GlyphSet = GlyphSet {
    classes: ["*", "+", "x", "<", "-", ".", "?"],
    bars: ["=", "#", "x", "<", "d", ".", "?"],
    live: "*",
    idle: "o",
    alert: "!",
    marker: ">",
    open: "v",
    folded: ">",
    playing: ">",
    paused: "=",
    ellipsis: "~",
    dot: "-",
    rule: "-",
    bar_done: "#",
    bar_rest: ".",
    bar_over: "%",
    bar_usual: "_",
    border: border::Set {
        top_left: "+",
        top_right: "+",
        bottom_left: "+",
        bottom_right: "+",
        vertical_left: "|",
        vertical_right: "|",
        horizontal_top: "-",
        horizontal_bottom: "-",
    },
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::width::width;

    fn signs(set: &GlyphSet) -> Vec<&'static str> {
        let mut signs = vec![
            set.live,
            set.idle,
            set.alert,
            set.marker,
            set.open,
            set.folded,
            set.playing,
            set.paused,
            set.ellipsis,
            set.dot,
            set.rule,
            set.bar_done,
            set.bar_rest,
            set.bar_over,
            set.bar_usual,
            set.border.top_left,
            set.border.vertical_left,
            set.border.horizontal_top,
        ];
        signs.extend(set.classes);
        signs.extend(set.bars);
        signs
    }

    #[test]
    fn every_glyph_is_one_column_wide() {
        for sign in signs(&UNICODE).into_iter().chain(signs(&ASCII)) {
            assert_eq!(width(sign), 1, "{sign}");
        }
    }

    #[test]
    fn the_ascii_set_is_ascii() {
        assert!(signs(&ASCII).iter().all(|sign| sign.is_ascii()));
    }

    #[test]
    fn no_two_classes_share_a_glyph() {
        for set in [&UNICODE, &ASCII] {
            for (index, sign) in set.classes.iter().enumerate() {
                assert!(
                    !set.classes
                        .iter()
                        .skip(index + 1)
                        .any(|other| other == sign)
                );
            }
        }
    }
}
