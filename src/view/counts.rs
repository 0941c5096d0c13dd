//! The line of counts: how many events there are of each status, and which of them are listed.

use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use crate::app::model::Model;
use crate::domain::status::{ClassSet, StatusClass};
use crate::style::Theme;

use super::parts::{Part, choose};
use super::time::rough;

/// Columns between two counts. A count that is switched on has one more column on both sides.
const GAP: usize = 1;

/// Draws the line.
pub(super) fn draw(model: &Model, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let columns = usize::from(area.width);
    let filtered = model.filter != ClassSet::ALL;
    let all = format!(" all {} ", count(model, ClassSet::ALL));
    let all = Span::styled(
        all,
        if filtered {
            theme.dim()
        } else {
            theme.strong()
        },
    );
    let mut parts = vec![Part::new(0, all)];
    for class in StatusClass::ALL {
        let chosen = filtered && model.filter.contains(class);
        let count = count(model, ClassSet::only(class));
        if count > 0 || chosen || is_usual(class) {
            parts.push(chip(class, count, chosen, filtered, theme));
        }
    }
    parts.push(Part::of(100, silence(model, theme).into_iter().collect()));
    let mut chosen = choose(parts, columns, GAP);
    let silence = chosen.pop().flatten();
    let gap = Span::raw(" ".repeat(GAP));
    let chips = chosen.into_iter().flatten();
    let chips: Vec<_> = chips
        .flat_map(|line| line.spans.into_iter().chain([gap.clone()]))
        .collect();
    Line::from(chips).render(area, buf);
    if let Some(silence) = silence {
        let area = area.inner(Margin::new(1, 0));
        silence.right_aligned().render(area, buf);
    }
}

/// The number of events of some classes, in every stack that had the image's name.
pub(super) fn count(model: &Model, classes: ClassSet) -> usize {
    let timelines = model.build.timelines().iter();
    timelines.map(|timeline| timeline.count(classes)).sum()
}

fn is_usual(class: StatusClass) -> bool {
    matches!(
        class,
        StatusClass::Running | StatusClass::Complete | StatusClass::Failed
    )
}

fn chip<'a>(
    class: StatusClass,
    count: usize,
    chosen: bool,
    filtered: bool,
    theme: &Theme,
) -> Part<'a> {
    let quiet = count == 0 || filtered;
    let (sign, text) = match (chosen, quiet) {
        (true, _) => (theme.chosen(), theme.chosen()),
        (false, true) => (theme.dim(), theme.dim()),
        (false, false) => (theme.status(class), Style::new()),
    };
    let glyph = Span::styled(format!(" {}", theme.glyphs().status(class)), sign);
    let forms = [format!(" {count} {} ", class.word()), format!(" {count} ")];
    let rank = if class == StatusClass::Failed {
        1
    } else {
        2 + class.index()
    };
    Part::of(
        rank,
        forms
            .map(|form| Line::from(vec![glyph.clone(), Span::styled(form, text)]))
            .to_vec(),
    )
}

/// For how long nothing has happened, while something may.
fn silence<'a>(model: &Model, theme: &Theme) -> Option<Line<'a>> {
    if model.build.verdict().is_final() {
        return None;
    }
    let newest = model.build.current()?.newest()?.timestamp?;
    let text = format!("last event {} ago", rough(model.now - newest));
    Some(Line::from(Span::styled(text, theme.dim())))
}
