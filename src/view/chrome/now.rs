//! Draws the third line of a running build: what it is doing now, since when, and how much of the stack is there.

use chrono::{DateTime, TimeDelta, Utc};
use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Rect};
use ratatui::text::{Line, Span};

use crate::app::model::Model;
use crate::app::status::heartbeat::{ComponentProgress, StepProgress, log_age};
use crate::domain::build::Build;
use crate::domain::facts::Facts;
use crate::domain::status::StatusClass;
use crate::domain::timeline::Timeline;
use crate::domain::verdict::Verdict;
use crate::style::Theme;
use crate::text::duration::duration;
use crate::text::safe::one_line;
use crate::view::chrome::parts;
use crate::view::chrome::parts::LinePart;

/// Columns between two parts.
const GAP: usize = 3;

pub(crate) fn draw(model: &Model, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let area = area.inner(Margin::new(1, 0));
    let build = &model.shown.build;
    // While a build is deleted, Image Builder's stage is the one before that.
    let activity = match build.verdict() {
        Verdict::Deleting => operation(model).or_else(|| stage(model)),
        _ => stage(model).or_else(|| operation(model)),
    };
    let activity = activity.map(|(subject, what, since)| {
        let label = Span::styled(format!(" {subject}: "), theme.dim());
        let what = Span::styled(what, theme.strong());
        let since = since.map_or_else(String::new, |since| format!(" for {}", duration(since)));
        Line::from(vec![label, what, Span::raw(since)])
    });
    let is_deleting = build.verdict() == Verdict::Deleting;
    let steps = |part: fn(&Model, &Theme) -> Vec<Line<'static>>| {
        if is_deleting {
            Vec::new()
        } else {
            part(model, theme)
        }
    };
    let parts = vec![
        LinePart::maybe(0, activity),
        LinePart::of(1, steps(step)),
        LinePart::of(2, steps(component)),
        LinePart::maybe(3, last_line(model).filter(|_| !is_deleting)),
        LinePart::maybe(4, resources(build)),
    ];
    parts::draw(parts, LinePart::none(), GAP, area, buf);
}

/// Who does what, and since when.
type Activity = (String, String, Option<TimeDelta>);

/// Image Builder's own stage: the progress while the stack is silent for most of an hour.
fn stage(model: &Model) -> Option<Activity> {
    let build = &model.shown.build;
    let stage = one_line(build.image()?.builder_status.as_ref()?.as_str());
    let since = build.stage_since().map(|since| age(model, since));
    Some(("Image Builder".to_owned(), stage, since))
}

/// The step of Image Builder's workflow, its number and since when it runs.
fn step(model: &Model, theme: &Theme) -> Vec<Line<'static>> {
    let Some(step) = StepProgress::of(&model.shown) else {
        return Vec::new();
    };
    let number = format!("step {}/{} ", step.number, step.total);
    let since = step.length(model.now);
    let since = since.map(|since| format!(" for {since}"));
    let number = Span::styled(number, theme.dim());
    let name = Span::styled(one_line(step.name.as_str()), theme.strong());
    let since = Span::raw(since.unwrap_or_default());
    vec![
        Line::from(vec![number.clone(), name.clone(), since]),
        Line::from(vec![number, name]),
    ]
}

/// The component that runs, and the step in it, as the log has them.
fn component(model: &Model, theme: &Theme) -> Vec<Line<'static>> {
    let Some(component) = ComponentProgress::of(&model.shown, model.now) else {
        return Vec::new();
    };
    let step = component.step.map(|step| format!(" > {step}"));
    let since = component.length.map(|length| format!(" for {length}"));
    let name = Span::raw(component.name);
    let step = Span::styled(step.unwrap_or_default(), theme.strong());
    let since = Span::raw(since.unwrap_or_default());
    vec![
        Line::from(vec![name.clone(), step.clone(), since]),
        Line::from(vec![name.clone(), step]),
        Line::from(name),
    ]
}

/// How old the newest line of the log is.
fn last_line(model: &Model) -> Option<String> {
    log_age(&model.shown.build, model.now)
}

/// The operation of the stack that runs and began last, else the newest event.
fn operation(model: &Model) -> Option<Activity> {
    let timeline = model.shown.build.current()?;
    let running = timeline.facts().running();
    let since = running.and_then(|(_, began)| began.timestamp);
    let event = running
        .map(|(event, _)| event)
        .or_else(|| timeline.newest())?;
    Some((
        one_line(event.logical_id.as_str()),
        one_line(event.status.as_str()),
        since.map(|since| age(model, since)),
    ))
}

/// The number of complete resources among the known ones, or of those that are deleted. Not before the history is known:
/// the number would be wrong.
fn resources(build: &Build) -> Option<String> {
    let timeline = build.current().filter(|timeline| timeline.walks() > 0);
    let facts = timeline.map(Timeline::facts);
    let facts = facts.filter(|facts: &&Facts| facts.resources() > 0)?;
    let known = facts.resources();
    let (class, word) = match build.verdict() {
        Verdict::Deleting => (StatusClass::Deleting, " are deleted or being deleted"),
        _ => (StatusClass::Complete, ""),
    };
    Some(format!(
        "{} of {known} resources{word}",
        facts.resources_in(class)
    ))
}

fn age(model: &Model, since: DateTime<Utc>) -> TimeDelta {
    (model.now - since).max(TimeDelta::zero())
}
