//! Draws the second line: is it done, did it work, how far is it? It should be readable from across the room.
//! The verdict comes from `domain::verdict`, the estimate from `domain::estimate`.

use chrono::TimeDelta;
use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Rect};
use ratatui::text::{Line, Span};

use crate::app::model::Model;
use crate::app::status::notices::failure;
use crate::domain::facts::Facts;
use crate::domain::status::StatusClass;
use crate::domain::timeline::Timeline;
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
const BARS: [usize; 3] = [32, 20, 10];

/// Draws the line. `in_notice`: a notice shows the failure already.
pub(crate) fn draw(model: &Model, theme: &Theme, in_notice: bool, area: Rect, buf: &mut Buffer) {
    let area = area.inner(Margin::new(1, 0));
    let columns = usize::from(area.width);
    let verdict = model.shown.build.verdict();
    let badge = badge(verdict, theme);
    let elapsed = model.shown.build.elapsed(model.now).map(duration);
    let taken = width(&badge) + elapsed.as_deref().map_or(0, |text| width(text) + GAP) + GAP;
    let has_room = !in_notice && columns > taken;
    let failure = has_room.then(|| {
        failure(
            &model.shown.build,
            model.shown.explanation(),
            columns - taken,
        )
    });
    let failure = failure.flatten();
    let failure = failure.map(|text| cut(&one_line(&text), columns - taken, theme));
    let ami = model.shown.build.ami().map(|ami| one_line(ami.id.as_str()));
    let strong = |text| Span::styled(text, theme.strong());
    let parts = vec![
        LinePart::new(0, Span::styled(badge, theme.verdict(verdict))),
        LinePart::maybe(1, as_of(model).map(|text| Span::styled(text, theme.warn()))),
        LinePart::maybe(2, elapsed.map(strong)),
        LinePart::maybe(1, ami.map(strong)),
        LinePart::maybe(3, failure.map(|text| Span::styled(text, theme.bad()))),
        LinePart::maybe(4, stage(model, theme)),
        LinePart::of(5, progress(model, theme)),
        LinePart::of(6, estimate(model, theme)),
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

/// Image Builder's own stage: the progress while the stack is silent for most of an hour.
fn stage<'a>(model: &Model, theme: &Theme) -> Option<Line<'a>> {
    let is_running = !model.shown.build.verdict().is_final();
    let image = model.shown.build.image().filter(|_| is_running)?;
    let stage = one_line(image.builder_status.as_ref()?.as_str());
    let label = Span::styled("Image Builder: ", theme.dim());
    let since = model
        .shown
        .build
        .stage_since()
        .map(|since| (model.now - since).max(TimeDelta::zero()));
    let since = since.map_or_else(String::new, |since| format!(" {}", duration(since)));
    Some(Line::from(vec![
        label,
        Span::raw(format!("{stage}{since}")),
    ]))
}

/// The estimated remaining time. It is labelled as an estimate, and with its basis if there is room.
fn estimate<'a>(model: &Model, theme: &Theme) -> Vec<Line<'a>> {
    let Some(estimate) = model.estimate() else {
        return Vec::new();
    };
    let basis = estimate.basis();
    if estimate.left >= TimeDelta::zero() {
        let short = format!("est. {} left", rough_duration(estimate.left));
        let long = format!("{short}, by {basis}");
        [long, short]
            .map(|text| Line::styled(text, theme.dim()))
            .into()
    } else {
        let short = format!("est. {} over", rough_duration(-estimate.left));
        let long = format!("{} longer than {basis}", rough_duration(-estimate.left));
        [long, short]
            .map(|text| Line::styled(text, theme.warn()))
            .into()
    }
}

/// The number of completed resources among the known ones. Not before the history is known, and not
/// while they are deleted: the number would be wrong, or decrease.
fn progress<'a>(model: &Model, theme: &Theme) -> Vec<Line<'a>> {
    let verdict = model.shown.build.verdict();
    let is_running = matches!(verdict, Verdict::Building | Verdict::Finishing);
    let timeline = model
        .shown
        .build
        .current()
        .filter(|timeline| timeline.walks() > 0);
    let facts = timeline.map(Timeline::facts);
    let facts = facts.filter(|facts| facts.resources() > 0);
    // After a rollback everything is deleted, and the number has no meaning.
    let kept = |facts: &&Facts| {
        verdict == Verdict::Failed && facts.resources_in(StatusClass::Complete) > 0
    };
    let Some(facts) = facts.filter(|facts| is_running || kept(facts)) else {
        return Vec::new();
    };
    let (done, known) = (facts.resources_in(StatusClass::Complete), facts.resources());
    let short = format!("{done}/{known}");
    let long = Span::raw(format!("{short} resources"));
    let with_bar = |columns| {
        let mut spans = vec![long.clone(), Span::raw(" ")];
        spans.extend(bar(done, known, columns, theme));
        Line::from(spans)
    };
    let bars = BARS.into_iter().filter(|_| is_running).map(with_bar);
    bars.chain([Line::from(long.clone()), Line::from(short)])
        .collect()
}

fn bar<'a>(done: usize, known: usize, columns: usize, theme: &Theme) -> [Span<'a>; 2] {
    let filled = (columns * done / known.max(1)).min(columns);
    let glyphs = theme.glyphs();
    [
        Span::styled(glyphs.bar_done.repeat(filled), theme.good()),
        Span::styled(glyphs.bar_rest.repeat(columns - filled), theme.dim()),
    ]
}
