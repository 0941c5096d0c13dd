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
use crate::domain::build::Cleanup;
use crate::domain::failure::failure_line;
use crate::domain::verdict::Verdict;
use crate::style::Theme;
use crate::text::duration::duration;
use crate::text::safe::{SafeText, one_line};
use crate::text::width::{pad, width};
use crate::view::overlays::popup;
use crate::view::text::{cut_line, cut_middle};
use crate::view::time::rough_duration;

/// The columns of the elapsed time.
const ELAPSED: usize = 10;
/// The columns of the bar, and of a bar on a narrow screen.
const BAR: usize = 10;
const SHORT_BAR: usize = 5;
/// The columns of the age of the newest event.
const AGE: usize = 9;
/// From this width on, there is room for all of it.
const WIDE: u16 = 110;
/// The longest name of a build, and the longest on a narrow screen.
const NAME: usize = 32;
const SHORT_NAME: usize = 22;

pub(crate) fn draw(model: &Model, menu: BuildsMenu, theme: &Theme, screen: Rect, buf: &mut Buffer) {
    let sessions = model.in_order();
    let area = builds::area(sessions.len(), screen.as_size());
    let area = area.offset(Offset::new(i32::from(screen.x), i32::from(screen.y)));
    let height = usize::from(area.height.saturating_sub(2));
    let note = if sessions.len() > height {
        format!(" {}/{} ", menu.cursor + 1, sessions.len())
    } else {
        String::new()
    };
    let inner = popup::draw(" Builds ", &note, theme, area.intersection(screen), buf);
    let is_wide = inner.width >= WIDE;
    let mut labels = model.labels();
    let names = sessions.iter().map(|session| {
        let label = labels.remove(&session.id).map(|label| label.text);
        label.unwrap_or_else(|| one_line(SafeText::new(&session.target.image_id).as_str()))
    });
    let names: Vec<_> = names.collect();
    let badges: Vec<_> = sessions
        .iter()
        .map(|session| badge(session.verdict(), theme))
        .collect();
    let widest = |texts: &[String]| texts.iter().map(|text| width(text)).max().unwrap_or(0);
    let most = if is_wide { NAME } else { SHORT_NAME };
    let columns = widest(&names).min(most).min(usize::from(inner.width) / 3);
    let verdicts = widest(&badges) + 1;
    let rows = sessions.iter().zip(names.iter().zip(badges));
    let rows = rows.enumerate().skip(menu.top);
    for ((index, (session, (name, badge))), row) in rows.zip(inner.rows()) {
        let is_chosen = index == menu.cursor;
        let glyphs = theme.glyphs();
        let marker = if is_chosen { glyphs.marker } else { " " };
        let name = pad(&cut_middle(name, columns, theme), columns);
        let verdict = theme.verdict(session.verdict());
        let mut spans = vec![
            Span::raw(marker),
            Span::styled(name, theme.strong()),
            Span::styled(pad(&badge, verdicts), verdict),
            Span::raw(" "),
        ];
        spans.extend(progress(model, session, is_wide, theme));
        if is_chosen {
            for span in &mut spans {
                span.style = Style::new();
            }
        }
        cut_line(Line::from(spans), usize::from(row.width), theme).render(row, buf);
        if is_chosen {
            buf.set_style(row, theme.selected(true));
        }
    }
}

fn badge(verdict: Verdict, theme: &Theme) -> String {
    format!(" {} {}", theme.glyphs().verdict(verdict), verdict.label())
}

/// How far the build is: its time, its bar, how old its newest event is, and its stage; or how it ended.
fn progress(model: &Model, session: &Session, is_wide: bool, theme: &Theme) -> Vec<Span<'static>> {
    let verdict = session.verdict();
    let progress = Progress::of(session, model.now);
    let elapsed = progress.elapsed.map_or_else(String::new, duration);
    let mut spans = vec![Span::raw(pad(&elapsed, ELAPSED))];
    if let Some(end) = end(session, verdict, theme) {
        spans.push(end);
        return spans;
    }
    let columns = if is_wide { BAR } else { SHORT_BAR };
    if let Some(estimate) = &progress.estimate {
        let glyphs = theme.glyphs();
        let whole = estimate.whole.num_seconds().max(1);
        let passed = (whole - estimate.left.num_seconds()).clamp(0, whole);
        let done =
            usize::try_from(passed).unwrap_or(0) * columns / usize::try_from(whole).unwrap_or(1);
        let rest = columns - done;
        spans.push(Span::styled(glyphs.bar_done.repeat(done), theme.good()));
        spans.push(Span::styled(glyphs.bar_rest.repeat(rest), theme.dim()));
        spans.push(Span::raw(" "));
    } else {
        spans.push(Span::raw(" ".repeat(columns + 1)));
    }
    let before = if is_wide { "last event " } else { "" };
    if let Some(event) = progress.last_event_at {
        let age = rough_duration(model.now - event);
        let age = pad(&format!("{before}{age} ago"), before.len() + AGE);
        spans.push(Span::styled(age, theme.dim()));
    } else {
        spans.push(Span::raw(" ".repeat(before.len() + AGE)));
    }
    spans.push(match &progress.fault {
        Some((fault, _)) => Span::styled(one_line(fault), theme.warn()),
        None => Span::raw(stage(&progress)),
    });
    spans
}

/// The AMI, or the first failure: of a success, that is why its stack is left over.
fn end(session: &Session, verdict: Verdict, theme: &Theme) -> Option<Span<'static>> {
    let build = &session.build;
    let made = build.ami().filter(|_| verdict == Verdict::Succeeded);
    if let Some(ami) = made {
        let is_left = build.cleanup() == Cleanup::Leftover;
        let left = if is_left {
            "; its stack is left over"
        } else {
            ""
        };
        return Some(Span::raw(one_line(&format!("{}{left}", ami.id.as_str()))));
    }
    let why = session.explanation()?;
    let id = &why.cause.logical_id;
    let summary = why.summary.as_ref().map(SafeText::as_str);
    let why = failure_line(id, "", summary);
    Some(Span::styled(one_line(&why), theme.bad()))
}

/// The stage, and the step of the workflow.
fn stage(progress: &Progress) -> String {
    let stage = progress.stage.as_ref();
    let stage = stage.map_or_else(String::new, |stage| one_line(stage.as_str()));
    match &progress.step {
        Some(step) => {
            let name = one_line(step.name.as_str());
            format!("{stage} {}/{} {name}", step.number, step.total)
        }
        None => stage,
    }
}
