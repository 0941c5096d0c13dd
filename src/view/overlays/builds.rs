//! Draws the view of all watched builds: a row for each, with its verdict, its time, its stage and its first failure.
//! `app::overlays::builds` has the marked row.

use ratatui::buffer::Buffer;
use ratatui::layout::{Offset, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use crate::app::model::Model;
use crate::app::overlays::builds;
use crate::app::overlays::builds::BuildsMenu;
use crate::app::session::Session;
use crate::app::status::heartbeat::Progress;
use crate::domain::failure::failure_line;
use crate::domain::verdict::Verdict;
use crate::style::Theme;
use crate::text::duration::duration;
use crate::text::safe::{SafeText, one_line};
use crate::text::width::{pad, width};
use crate::view::overlays::popup;
use crate::view::text::{cut_line, line_cell};
use crate::view::time::rough_duration;

/// The columns of the verdict, the elapsed time, and the bar.
const VERDICT: usize = 13;
const ELAPSED: usize = 9;
const BAR: usize = 10;
/// The longest name of a build.
const NAME: usize = 32;

pub(crate) fn draw(model: &Model, menu: BuildsMenu, theme: &Theme, screen: Rect, buf: &mut Buffer) {
    let sessions = model.in_order();
    let area = builds::area(sessions.len(), screen.as_size());
    let area = area.offset(Offset::new(i32::from(screen.x), i32::from(screen.y)));
    let inner = popup::draw(" Builds ", "", theme, area.intersection(screen), buf);
    let names: Vec<_> = sessions
        .iter()
        .map(|session| name(model, session))
        .collect();
    let columns = names.iter().map(|name| width(name)).max();
    let columns = columns
        .unwrap_or(0)
        .min(NAME)
        .min(usize::from(inner.width) / 3);
    let rows = sessions.iter().zip(names).enumerate().skip(menu.top);
    for ((index, (session, name)), row) in rows.zip(inner.rows()) {
        let is_chosen = index == menu.cursor;
        let mut line = build(model, session, theme);
        let name = Span::styled(
            pad(&line_cell(&name, columns, theme), columns),
            theme.strong(),
        );
        line.spans.insert(0, name);
        let marker = if is_chosen {
            theme.glyphs().marker
        } else {
            " "
        };
        line.spans.insert(0, Span::raw(marker));
        if is_chosen {
            line.spans
                .iter_mut()
                .for_each(|span| span.style = Style::new());
        }
        cut_line(line, usize::from(row.width), theme).render(row, buf);
        if is_chosen {
            buf.set_style(row, theme.selected(true));
        }
    }
}

fn name(model: &Model, session: &Session) -> String {
    let label = model.label(session.id).map(|label| label.text);
    label.unwrap_or_else(|| one_line(SafeText::new(&session.target.image_id).as_str()))
}

/// The row of a build after its name.
fn build(model: &Model, session: &Session, theme: &Theme) -> Line<'static> {
    let glyphs = theme.glyphs();
    let verdict = session.build.verdict();
    let progress = Progress::of(session, model.now);
    let badge = format!(" {} {}", glyphs.verdict(verdict), verdict.label());
    let elapsed = progress.elapsed.map_or_else(String::new, duration);
    let mut spans = vec![
        Span::styled(pad(&badge, VERDICT), theme.verdict(verdict)),
        Span::raw(format!(" {} ", pad(&elapsed, ELAPSED))),
    ];
    if let Some(estimate) = &progress.estimate {
        let whole = estimate.whole.num_seconds().max(1);
        let passed = (whole - estimate.left.num_seconds()).clamp(0, whole);
        let done = usize::try_from(passed).unwrap_or(0) * BAR / usize::try_from(whole).unwrap_or(1);
        spans.push(Span::styled(glyphs.bar_done.repeat(done), theme.good()));
        spans.push(Span::styled(
            glyphs.bar_rest.repeat(BAR - done),
            theme.dim(),
        ));
        spans.push(Span::raw(" "));
    }
    spans.push(rest(session, verdict, &progress, theme));
    if let Some(event) = progress.last_event_at {
        let age = rough_duration(model.now - event);
        spans.push(Span::styled(format!("  last event {age} ago"), theme.dim()));
    }
    Line::from(spans)
}

/// The first failure, the AMI, or the stage.
fn rest(session: &Session, verdict: Verdict, progress: &Progress, theme: &Theme) -> Span<'static> {
    if let Some(why) = session.explanation() {
        let id = &why.cause.logical_id;
        let summary = why.summary.as_ref().map(SafeText::as_str);
        let why = failure_line(id, "", summary);
        return Span::styled(one_line(&why), theme.bad());
    }
    let ami = session
        .build
        .ami()
        .filter(|_| verdict == Verdict::Succeeded);
    if let Some(ami) = ami {
        return Span::raw(one_line(ami.id.as_str()));
    }
    if let Some((fault, _)) = &progress.fault {
        return Span::styled(one_line(fault), theme.warn());
    }
    let stage = progress.stage.as_ref();
    Span::raw(stage.map_or_else(String::new, |stage| one_line(stage.as_str())))
}
