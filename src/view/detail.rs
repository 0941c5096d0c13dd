//! The detail pane: the selected event in full, as `app::detail` has made it into lines.

use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Widget};

use crate::app::detail::{self, Fold};
use crate::app::model::{Focus, Model};
use crate::domain::build::Cleanup;
use crate::domain::event::StackEvent;
use crate::domain::text::one_line;
use crate::domain::verdict::Verdict;
use crate::style::Theme;

use super::text::cut;
use super::time::{of_day, rough};

/// Draws the pane.
pub(super) fn draw(model: &Model, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let focused = model.focus == Focus::Detail;
    let event = model.selected();
    let name = event.map_or_else(
        || "Detail".to_owned(),
        |event| one_line(event.logical_id.as_str()),
    );
    let name = cut(&name, usize::from(area.width.saturating_sub(4)), theme);
    let mut block = Block::bordered()
        .border_set(theme.glyphs().border)
        .border_style(theme.border(focused))
        .title(Span::styled(format!(" {name} "), theme.title(focused)));
    let inner = block.inner(area);
    if let Some(note) = scrolled(model, usize::from(inner.height)) {
        block = block.title_bottom(Line::styled(note, theme.dim()).right_aligned());
    }
    block.render(area, buf);
    let Some(event) = event else {
        let place = inner.inner(Margin::new(1, 0));
        Line::styled("no event is selected", theme.dim()).render(place, buf);
        return;
    };
    let lines = model.detail.lines.iter().enumerate().skip(model.detail.top);
    for ((index, line), place) in lines.zip(inner.rows()) {
        let chosen = focused && index == model.detail.cursor;
        let mut line = draw_line(line, event, model, theme);
        let marker = if chosen { theme.glyphs().marker } else { " " };
        if chosen {
            line.spans
                .iter_mut()
                .for_each(|span| span.style = Style::new());
        }
        line.spans.insert(0, Span::raw(marker));
        line.render(place, buf);
        if chosen {
            buf.set_style(place, theme.selected(true));
        }
    }
}

/// Which lines are shown, where not all are.
fn scrolled(model: &Model, height: usize) -> Option<String> {
    let (top, all) = (model.detail.top, model.detail.lines.len());
    let last = (top + height).min(all);
    (all > height).then(|| format!(" {}-{last} of {all} ", top + 1))
}

fn draw_line(
    line: &detail::Line,
    event: &StackEvent,
    model: &Model,
    theme: &Theme,
) -> Line<'static> {
    let spaces = |columns: &usize| Span::raw(" ".repeat(*columns));
    match line {
        detail::Line::Blank => Line::default(),
        detail::Line::Status => status(event, model, theme),
        detail::Line::Text(text) => Line::from(text.clone()),
        detail::Line::Field { name, value } => Line::from(vec![
            Span::styled(name.clone(), theme.dim()),
            Span::raw(value.clone()),
        ]),
        detail::Line::Node {
            indent,
            fold,
            name,
            value,
        } => {
            // A branch is its name; a leaf is its value.
            let (name_style, value_style) = if fold.is_some() {
                (theme.strong(), theme.dim())
            } else {
                (theme.dim(), Style::new())
            };
            Line::from(vec![
                spaces(indent),
                Span::styled(sign(fold.as_ref(), theme), theme.dim()),
                Span::styled(name.replace(['\n', '\t'], " "), name_style),
                Span::raw("  "),
                Span::styled(value.clone(), value_style),
            ])
        }
        detail::Line::Continued { indent, text } => Line::from(vec![
            spaces(indent),
            Span::raw("  "),
            Span::raw(text.clone()),
        ]),
    }
}

fn sign(fold: Option<&Fold>, theme: &Theme) -> String {
    let glyphs = theme.glyphs();
    match fold {
        Some(Fold { open: true, .. }) => format!("{} ", glyphs.open),
        Some(Fold { open: false, .. }) => format!("{} ", glyphs.folded),
        None => "  ".to_owned(),
    }
}

/// The status, and since when; how long that is, while it lasts.
fn status(event: &StackEvent, model: &Model, theme: &Theme) -> Line<'static> {
    let class = event.status.class();
    let word = format!(
        "{} {}",
        theme.glyphs().status(class),
        one_line(event.status.as_str())
    );
    let mut spans = vec![Span::styled(word, theme.status(class))];
    if let Some(time) = event.timestamp {
        let clock = of_day(time, model.offset);
        let when = if lasts(event, model) {
            format!(" since {clock} ({})", rough(model.now - time))
        } else {
            format!(" at {clock}")
        };
        spans.push(Span::raw(when));
    }
    Line::from(spans)
}

/// Whether this is what goes on right now: the newest event of its resource, and not an end.
fn lasts(event: &StackEvent, model: &Model) -> bool {
    let build = &model.build;
    let Some(timeline) = build.current().filter(|_| !build.is_over()) else {
        return false;
    };
    let newest = if event.is_root {
        timeline.facts().root()
    } else {
        timeline.facts().newest_of(&event.logical_id)
    };
    event.status.as_str().ends_with("_IN_PROGRESS")
        && newest.is_some_and(|newest| newest.key() == event.key())
}
