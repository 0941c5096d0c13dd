//! The line of counts: how many events there are of each status, and which of them are listed.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::app::model::Model;
use crate::domain::status::{ClassSet, StatusClass};
use crate::style::Theme;

use super::parts::{self, Part};
use super::time::rough;

/// Columns between two counts. A count that is switched on has one more column on both sides.
const GAP: usize = 1;

/// Draws the line; nothing before there is something to count.
pub(super) fn draw(model: &Model, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let all = count(model, ClassSet::ALL);
    if all == 0 {
        return;
    }
    let filtered = model.filter != ClassSet::ALL;
    let style = if filtered {
        theme.dim()
    } else {
        theme.strong()
    };
    let noun = if all == 1 { "event" } else { "events" };
    let all = Line::styled(format!(" {all} {noun} "), style);
    let chips = chips(model);
    let line = |worded| {
        let chip = |chip: &Chip| chip.line(worded, filtered, theme);
        chips.iter().map(chip).collect::<Vec<_>>()
    };
    let widths = line(true)
        .iter()
        .map(|chip| chip.width() + GAP)
        .sum::<usize>()
        + all.width();
    let worded = widths <= usize::from(area.width);
    let ranks = chips.iter().map(Chip::rank);
    let parts = ranks
        .zip(line(worded))
        .map(|(rank, chip)| Part::new(rank, chip));
    let parts = [Part::new(0, all)].into_iter().chain(parts).collect();
    let silence = Part::maybe(usize::MAX, silence(model, theme));
    parts::draw(parts, silence, GAP, area, buf);
}

/// The number of events of some classes, in every stack that had the image's name.
pub(super) fn count(model: &Model, classes: ClassSet) -> usize {
    let timelines = model.build.timelines().iter();
    timelines.map(|timeline| timeline.count(classes)).sum()
}

/// One class's count.
struct Chip {
    class: StatusClass,
    count: usize,
    chosen: bool,
}

/// The usual classes; the others where there are such events, or where they are listed alone.
fn chips(model: &Model) -> Vec<Chip> {
    let usual = [
        StatusClass::Running,
        StatusClass::Complete,
        StatusClass::Failed,
    ];
    let chip = |class| Chip {
        class,
        count: count(model, ClassSet::only(class)),
        chosen: model.filter != ClassSet::ALL && model.filter.contains(class),
    };
    let chips = StatusClass::ALL.into_iter().map(chip);
    chips
        .filter(|chip| chip.count > 0 || chip.chosen || usual.contains(&chip.class))
        .collect()
}

impl Chip {
    /// Failures are the last to go.
    fn rank(&self) -> usize {
        match self.class {
            StatusClass::Failed => 1,
            other => 2 + other.index(),
        }
    }

    fn line(&self, worded: bool, filtered: bool, theme: &Theme) -> Line<'static> {
        let (glyph, text) = if self.chosen {
            (theme.chosen(), theme.chosen())
        } else if filtered || self.count == 0 {
            (theme.dim(), theme.dim())
        } else {
            (theme.status(self.class), Style::new())
        };
        let sign = format!(" {}", theme.glyphs().status(self.class));
        let count = self.count;
        let words = if worded {
            format!(" {count} {} ", self.class.word())
        } else {
            format!(" {count} ")
        };
        Line::from(vec![Span::styled(sign, glyph), Span::styled(words, text)])
    }
}

/// For how long nothing has happened, while something may.
fn silence<'a>(model: &Model, theme: &Theme) -> Option<Line<'a>> {
    if model.build.verdict().is_final() {
        return None;
    }
    let newest = model.build.current()?.newest()?.timestamp?;
    let text = format!("last event {} ago ", rough(model.now - newest));
    Some(Line::from(Span::styled(text, theme.dim())))
}
