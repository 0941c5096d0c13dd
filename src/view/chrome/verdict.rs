//! Draws the second line: is it done, did it work, how long still? It should be readable from across the room.
//! The verdict comes from `domain::verdict`, the estimate from `domain::estimate`.

use chrono::TimeDelta;
use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Rect};
use ratatui::text::{Line, Span};

use crate::app::model::Model;
use crate::app::status::notices::failure;
use crate::domain::build::Cleanup;
use crate::domain::estimate::Estimate;
use crate::domain::verdict::{OutcomeKind, Verdict};
use crate::style::Theme;
use crate::text::duration::duration;
use crate::text::safe::one_line;
use crate::text::width::width;
use crate::view::chrome::parts;
use crate::view::chrome::parts::LinePart;
use crate::view::text::cut;
use crate::view::time::{date_and_time, rough_duration};

/// Columns between two parts.
const GAP: usize = 3;
/// The widths of the progress bar, the widest first.
const BARS: [usize; 4] = [48, 32, 20, 10];

/// From this width on, the basis of the estimate leaves enough room for the bar.
const ROOM_FOR_BASIS: usize = 100;

/// Draws the line. `in_notice`: a notice shows the failure already.
pub(crate) fn draw(model: &Model, theme: &Theme, in_notice: bool, area: Rect, buf: &mut Buffer) {
    let area = area.inner(Margin::new(1, 0));
    let columns = usize::from(area.width);
    let verdict = model.shown.verdict();
    let badge = badge(verdict, theme);
    let elapsed = model.shown.elapsed(model.now).map(duration);
    let taken = width(&badge) + elapsed.as_deref().map_or(0, |text| width(text) + GAP) + GAP;
    let has_room = !in_notice && columns > taken;
    let failure = has_room.then(|| failure(&model.shown, columns - taken));
    let failure = failure.flatten();
    let failure = failure.map(|text| cut(&one_line(&text), columns - taken, theme));
    let ami = model.shown.build.ami().map(|ami| one_line(ami.id.as_str()));
    let estimate = model.estimate();
    let estimate = estimate.as_ref();
    let basis = estimate.filter(|_| columns >= ROOM_FOR_BASIS);
    let strong = |text| Span::styled(text, theme.strong());
    let parts = vec![
        LinePart::new(0, Span::styled(badge, theme.verdict(verdict))),
        LinePart::maybe(1, as_of(model).map(|text| Span::styled(text, theme.warn()))),
        LinePart::maybe(2, elapsed.map(strong)),
        LinePart::maybe(1, ami.map(strong)),
        LinePart::maybe(3, failure.map(|text| Span::styled(text, theme.bad()))),
        LinePart::of(5, bar(model, theme)),
        LinePart::maybe(4, estimate.map(|estimate| left(estimate, theme))),
        LinePart::of(4, no_estimate(model, theme)),
        LinePart::maybe(6, basis.map(|estimate| self::basis(estimate, theme))),
        LinePart::maybe(7, cleanup(model, theme)),
    ];
    parts::draw(parts, LinePart::none(), GAP, area, buf);
}

/// Of when a recorded state is that no answer has confirmed yet.
fn as_of(model: &Model) -> Option<String> {
    let build = &model.shown.build;
    let recorded = build.recorded().filter(|_| build.is_only_recorded())?;
    let was = match recorded.outcome {
        OutcomeKind::Building => "was building, ",
        _ => "",
    };
    let at = date_and_time(recorded.as_of, model.offset);
    Some(format!("{was}as of {at}"))
}

/// The glyph and the word; with a margin of its own if it is filled.
fn badge(verdict: Verdict, theme: &Theme) -> String {
    let badge = format!("{} {}", theme.glyphs().verdict(verdict), verdict.label());
    match verdict {
        Verdict::Waiting => badge,
        _ => format!(" {badge} "),
    }
}

/// The estimated remaining time, labelled as an estimate.
fn left<'a>(estimate: &Estimate, theme: &Theme) -> Span<'a> {
    if estimate.left >= TimeDelta::zero() {
        let text = format!("est. {} left", rough_duration(estimate.left));
        Span::styled(text, theme.strong())
    } else {
        let text = format!("est. {} over", rough_duration(-estimate.left));
        Span::styled(text, theme.warn())
    }
}

/// A running build that takes so long that usual builds prove nothing about it.
fn no_estimate<'a>(model: &Model, theme: &Theme) -> Vec<Line<'a>> {
    let build = &model.shown.build;
    let is_running = matches!(build.verdict(), Verdict::Building | Verdict::Finishing);
    let is_unusual = is_running && build.elapsed(model.now).is_some() && model.estimate().is_none();
    let texts = [
        "no estimate: more than 3 times as long as usual",
        "no estimate",
    ];
    let lines = texts.map(|text| Line::styled(text, theme.warn()));
    lines.into_iter().filter(|_| is_unusual).collect()
}

/// What the estimate is made from.
fn basis<'a>(estimate: &Estimate, theme: &Theme) -> Span<'a> {
    Span::styled(format!("by {}", estimate.basis()), theme.dim())
}

/// The state of the stack after a success.
fn cleanup<'a>(model: &Model, theme: &Theme) -> Option<Span<'a>> {
    let build = &model.shown.build;
    let is_deleting = build.verdict() == Verdict::Succeeded
        && build.cleanup() == Cleanup::Running
        && model.shown.connection.fault(build).is_none();
    is_deleting.then(|| Span::styled("the stack is deleting itself", theme.dim()))
}

/// The elapsed time of the estimated one; the time beyond it has a filling of its own.
fn bar<'a>(model: &Model, theme: &Theme) -> Vec<Line<'a>> {
    let elapsed = model.shown.build.elapsed(model.now);
    let Some((elapsed, estimate)) = elapsed.zip(model.estimate()) else {
        return Vec::new();
    };
    let (elapsed, whole) = (seconds(elapsed), seconds(estimate.whole).max(1));
    let glyphs = theme.glyphs();
    let of_width = |columns: usize| {
        let part = |time: usize, of: usize| columns.saturating_mul(time) / of;
        let spans = if elapsed <= whole {
            let done = part(elapsed, whole).min(columns);
            [
                Span::styled(glyphs.bar_done.repeat(done), theme.good()),
                Span::styled(glyphs.bar_rest.repeat(columns - done), theme.dim()),
            ]
        } else {
            let done = part(whole, elapsed).min(columns);
            [
                Span::styled(glyphs.bar_done.repeat(done), theme.good()),
                Span::styled(glyphs.bar_over.repeat(columns - done), theme.warn()),
            ]
        };
        Line::from(spans.to_vec())
    };
    BARS.into_iter().map(of_width).collect()
}

fn seconds(time: TimeDelta) -> usize {
    usize::try_from(time.num_seconds()).unwrap_or_default()
}
