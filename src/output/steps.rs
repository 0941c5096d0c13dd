//! The part of a report about Image Builder: where the build failed, and the steps of its workflows with their durations.

use chrono::{DateTime, Utc};

use crate::domain::build::Build;
use crate::domain::failure::{ComponentName, FailurePlace};
use crate::domain::steps::{Step, Workflow};
use crate::domain::verdict::Verdict;
use crate::output::markdown::{heading, inert, table};
use crate::output::report::{MAX_NAME, since_start};
use crate::text::duration::duration;
use crate::text::safe::SafeText;

/// The listed steps.
const MAX_STEPS: usize = 100;
/// The longest message of an error.
const MAX_MESSAGE: usize = 4096;

/// Appends both, as far as they are known.
pub(super) fn push(out: &mut String, build: &Build, now: DateTime<Utc>) {
    if build.verdict() != Verdict::Succeeded
        && let Some(place) = FailurePlace::of(build)
    {
        push_place(out, &place);
    }
    let workflows = build.steps().workflows().iter();
    let steps =
        workflows.flat_map(|workflow| workflow.steps.iter().map(move |step| (workflow, step)));
    let mut steps = steps.take(MAX_STEPS).peekable();
    if steps.peek().is_none() {
        return;
    }
    let open_until = build.open_until(now);
    heading(out, "Steps of Image Builder");
    let headings = [
        "workflow",
        "step",
        "action",
        "status",
        "started after",
        "took",
    ];
    let rows = steps.map(|(workflow, step)| row(build, workflow, step, open_until));
    table(out, headings, rows);
}

fn push_place(out: &mut String, place: &FailurePlace) {
    let context = &place.context;
    let text = |text: &Option<SafeText>| text.as_ref().map(|text| inert(text, MAX_MESSAGE));
    let component = place.component.as_ref();
    let name = component.map(ComponentName::in_words);
    let name = name.map(|name| inert(&SafeText::new(&name), MAX_NAME));
    let script = component.and_then(|component| component.script.clone());
    let facts = [
        ("stage", text(&context.stage)),
        ("workflow", text(&context.workflow)),
        ("step", text(&context.step)),
        ("component", name.or_else(|| text(&context.component))),
        ("script", text(&script)),
        ("phase", text(&context.phase)),
        ("component step", text(&context.component_step)),
        ("exit code", place.exit_code.map(|code| code.to_string())),
        ("message", text(&context.error_message)),
    ];
    let rows = facts
        .into_iter()
        .filter_map(|(name, text)| Some([name.to_owned(), text?]));
    heading(out, "Where it failed");
    table(out, ["part", ""], rows);
}

fn row(
    build: &Build,
    workflow: &Workflow,
    step: &Step,
    open_until: Option<DateTime<Utc>>,
) -> [String; 6] {
    let name = |text: &SafeText| inert(text, MAX_NAME);
    let is_open = !step.status.has_ended();
    let end = if is_open { open_until } else { step.ended_at };
    let took = step.started_at.zip(end).map(|(begin, end)| {
        let took = duration((end - begin).max(chrono::TimeDelta::zero()));
        if is_open { took + " so far" } else { took }
    });
    [
        name(&workflow.name),
        name(&step.name),
        step.action.as_ref().map_or_else(String::new, name),
        name(&SafeText::new(step.status.as_str())),
        since_start(build, step.started_at),
        took.unwrap_or_else(|| "-".to_owned()),
    ]
}
