//! The explanation of a failure as a page: the first failure, its reason, the remedy and the consequences. After a success,
//! the page has the result.
//!
//! The parts come from [`crate::domain::failure`]; `view::views::failure` draws the lines.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::app::layout::PaneSize;
use crate::app::views::action::{Move, ViewAction};
use crate::app::views::detail::DetailSubject;
use crate::app::views::page;
use crate::app::views::page::{Page, PageLine};
use crate::app::views::result;
use crate::app::views::{View, ViewData, ViewRequest};
use crate::domain::build::Build;
use crate::domain::failure::{ComponentName, Diagnosis, Explanation, FailurePlace, ami};
use crate::domain::reason::{Reason, Remedy};
use crate::domain::stack_event::{EventKey, StackEvent};
use crate::domain::timeline::Timeline;
use crate::domain::verdict::{BuilderFailure, Verdict};
use crate::text::duration::duration;
use crate::text::pattern::Pattern;
use crate::text::safe::SafeText;

/// The lines of the build log that the page has.
const LOG_LINES: usize = 10;

#[derive(Clone, Debug, Default)]
pub struct FailurePage {
    /// Empty before a failure.
    pub page: Page,
    rendered_from: Option<FailurePageInput>,
}

/// The input of the lines: they are made again only when it changes.
#[derive(Clone, Debug, PartialEq, Eq)]
struct FailurePageInput {
    /// Absent while only Image Builder reports a failure.
    cause: Option<EventKey>,
    /// The revision of the build.
    revision: u64,
    columns: usize,
}

impl View for FailurePage {
    fn count(&self, data: ViewData<'_>) -> usize {
        usize::from(has_lines(data))
    }

    fn subject<'a>(&'a self, _data: ViewData<'a>) -> Option<DetailSubject<'a>> {
        None
    }

    fn event<'a>(&'a self, data: ViewData<'a>) -> Option<&'a Arc<StackEvent>> {
        data.explanation.map(|why| &why.cause)
    }

    fn page(&self) -> Option<&Page> {
        Some(&self.page)
    }

    fn explains_failure(&self) -> bool {
        true
    }

    fn name(&self, data: ViewData<'_>) -> Option<&'static str> {
        let has_result = result::ami(data.build).is_some();
        let ended = data.build.verdict().is_final() && data.build.verdict() != Verdict::Failed;
        (has_result || (ended && !has_lines(data))).then_some("Result")
    }

    fn copyable(&self) -> Option<(String, String)> {
        let line = self.page.lines.get(self.page.cursor)?;
        line.copyable()
    }

    fn settle(&mut self, data: ViewData<'_>, size: Option<PaneSize>) {
        let (build, explanation) = (data.build, data.explanation);
        let PaneSize { rows, columns } = size.unwrap_or_default();
        let wanted = has_lines(data).then(|| FailurePageInput {
            cause: explanation.map(|why| why.cause.key()),
            revision: build.revision(),
            columns,
        });
        if wanted != self.rendered_from {
            let cause = |rendered: &Option<FailurePageInput>| {
                rendered.as_ref().map(|rendered| rendered.cause.clone())
            };
            if cause(&wanted) != cause(&self.rendered_from) {
                self.page.rewind();
            }
            self.page.lines = result::lines(data, columns);
            if explanation.is_some() && !self.page.lines.is_empty() {
                self.page.lines.push(PageLine::Blank);
            }
            self.page.lines.extend(match explanation {
                Some(why) => lines(why, build, columns),
                None => builder_failure_lines(build, columns),
            });
            push_failed_deletion(build, explanation, columns, &mut self.page.lines);
            self.rendered_from = wanted;
        }
        self.page.settle(rows);
    }

    fn go(&mut self, step: Move, _data: ViewData<'_>, size: PaneSize) {
        self.page.go(step, size.rows);
    }

    fn act(
        &mut self,
        action: ViewAction,
        data: ViewData<'_>,
        _now: DateTime<Utc>,
    ) -> Option<ViewRequest> {
        match action {
            ViewAction::Enter => {
                let cause = data.explanation.map(|why| why.cause.key());
                cause.map(ViewRequest::ShowEvent)
            }
            ViewAction::Toggle
            | ViewAction::Left
            | ViewAction::Right
            | ViewAction::Zoom(_)
            | ViewAction::NewestFirst
            | ViewAction::Wrap
            | ViewAction::NextStep
            | ViewAction::PreviousStep => None,
        }
    }

    fn scroll(&mut self, rows: isize, _data: ViewData<'_>, size: PaneSize) {
        self.page.scroll_by(rows, size.rows);
    }

    fn click(&mut self, line: usize, _data: ViewData<'_>, _size: PaneSize) {
        self.page.cursor = self.page.top + line;
    }

    fn find(&mut self, pattern: &Pattern, forward: bool, _data: ViewData<'_>) -> Option<String> {
        self.page.find(pattern, forward)
    }
}

/// Whether there is a failure to explain, or a result.
fn has_lines(data: ViewData<'_>) -> bool {
    let failed = data.explanation.is_some() || builder_failure(data.build).is_some();
    failed || ami::is_at_fault(data.build) || result::ami(data.build).is_some()
}

/// The failure that Image Builder reports, if the screen should show it.
fn builder_failure(build: &Build) -> Option<&BuilderFailure> {
    let succeeded = build.verdict() == Verdict::Succeeded;
    build.builder_failure().filter(|_| !succeeded)
}

/// Image Builder's own word, before any event says that something failed.
fn builder_failure_lines(build: &Build, columns: usize) -> Vec<PageLine> {
    let Some(failure) = builder_failure(build) else {
        return ami_lines(build, columns);
    };
    let reason = failure.reason.as_ref().map(ToString::to_string);
    let reason = reason.unwrap_or_else(|| "It gave no reason.".to_owned());
    let mut lines = vec![PageLine::Heading(
        "Image Builder reports a failure".to_owned(),
    )];
    // A stack has the name of its image.
    let image_id = build.root().map_or("", |root| root.logical_id.as_str());
    let diagnosis = Diagnosis::of_builder(build, image_id, None);
    push_diagnosis(
        diagnosis.summary.as_ref(),
        diagnosis.remedy.as_ref(),
        columns,
        &mut lines,
    );
    push_log(build, columns, &mut lines);
    push_context(build, columns, &mut lines);
    lines.push(PageLine::Blank);
    lines.extend(page::text_lines(&reason, columns));
    if build.verdict() == Verdict::Failing {
        lines.push(PageLine::Blank);
        let text = "The stack itself has not failed yet, so this is no verdict.";
        lines.extend(page::text_lines(text, columns));
    }
    lines
}

/// What is wrong with the AMI, where nothing else failed.
fn ami_lines(build: &Build, columns: usize) -> Vec<PageLine> {
    if !ami::is_at_fault(build) {
        return Vec::new();
    }
    let image_id = build.root().map_or("", |root| root.logical_id.as_str());
    let diagnosis = Diagnosis::without_event(build, image_id, None);
    let mut lines = vec![PageLine::Heading("The AMI".to_owned())];
    push_diagnosis(
        diagnosis.summary.as_ref(),
        diagnosis.remedy.as_ref(),
        columns,
        &mut lines,
    );
    lines
}

/// A failed build whose stack then could not be deleted: a second fact, which explains nothing of the first.
fn push_failed_deletion(
    build: &Build,
    explanation: Option<&Explanation>,
    columns: usize,
    lines: &mut Vec<PageLine>,
) {
    let facts = build.current().map(Timeline::facts);
    let Some((root, resource)) = facts.and_then(|facts| facts.failed_deletion()) else {
        return;
    };
    let cause = explanation.map(|why| &why.cause.event_id);
    let is_cause = |event: &Arc<StackEvent>| cause == Some(&event.event_id);
    if build.verdict() != Verdict::Failed || is_cause(root) || resource.is_some_and(is_cause) {
        return;
    }
    lines.push(PageLine::Blank);
    lines.push(PageLine::Heading(
        "deleting the stack failed later".to_owned(),
    ));
    for event in [Some(root), resource].into_iter().flatten() {
        lines.push(PageLine::Follower(Arc::clone(event)));
        lines.extend(page::reason_lines(event, columns));
    }
}

fn lines(why: &Explanation, build: &Build, columns: usize) -> Vec<PageLine> {
    let cause = &why.cause;
    let role = if build.verdict() == Verdict::Succeeded {
        "kept the stack of a good image from deleting itself"
    } else {
        "failed first"
    };
    let mut lines = vec![PageLine::Heading(format!("{} {role}", cause.logical_id))];
    lines.extend(page::text_lines(cause.resource_type.as_str(), columns));
    lines.push(PageLine::Status(Arc::clone(cause)));
    if let Some(after) = why.after {
        lines.push(PageLine::Text(format!(
            "after {} of work on it",
            duration(after)
        )));
    }
    push_diagnosis(
        why.summary.as_ref(),
        why.remedy.as_ref(),
        columns,
        &mut lines,
    );
    push_log(build, columns, &mut lines);
    push_context(build, columns, &mut lines);
    push_parts(why, columns, &mut lines);
    push_consequences(why, columns, &mut lines);
    if let Some(reason) = &why.builder_reason {
        lines.push(PageLine::Blank);
        lines.push(PageLine::Heading("Image Builder's reason".to_owned()));
        lines.extend(page::whole_lines(
            reason.as_str().into(),
            reason.as_str(),
            columns,
        ));
    } else if cause.reason.is_some() {
        lines.push(PageLine::Blank);
        lines.push(PageLine::Heading("the service's reason".to_owned()));
        lines.extend(page::reason_lines(cause, columns));
    }
    lines
}

/// The cause in one line, and the remedy: before the service's own words.
fn push_diagnosis(
    summary: Option<&SafeText>,
    remedy: Option<&Remedy>,
    columns: usize,
    lines: &mut Vec<PageLine>,
) {
    if let Some(summary) = summary {
        lines.push(PageLine::Blank);
        lines.push(PageLine::Heading("why".to_owned()));
        lines.extend(page::text_lines(summary.as_str(), columns));
    }
    if let Some(hint) = remedy {
        lines.push(PageLine::Blank);
        lines.push(PageLine::Heading("remedy".to_owned()));
        // The command first: a long advice must not push it off the screen.
        if let Some(command) = &hint.command {
            lines.extend(page::command_lines(command.as_str(), columns));
        }
        lines.extend(page::text_lines(hint.advice.as_str(), columns));
    }
}

/// The first error in the build log, and what led to it.
fn push_log(build: &Build, columns: usize, lines: &mut Vec<PageLine>) {
    let Some(cause) = build.log_cause() else {
        return;
    };
    lines.push(PageLine::Blank);
    let step = cause.step.as_ref().or(cause.workflow_step.as_ref());
    let step = step.map(|step| format!(" in {step}"));
    let code = cause.exit_code.map(|code| format!(", exit code {code}"));
    let (step, code) = (step.unwrap_or_default(), code.unwrap_or_default());
    lines.push(PageLine::Heading(format!("build log{step}{code}")));
    for line in cause.before_error(LOG_LINES) {
        lines.extend(page::text_lines(line.as_str(), columns));
    }
}

/// Image Builder's account of the failure: where it happened.
fn push_context(build: &Build, columns: usize, lines: &mut Vec<PageLine>) {
    let Some(place) = FailurePlace::of(build) else {
        return;
    };
    let context = &place.context;
    let component = place.component.as_ref();
    let name = component.map(ComponentName::in_words);
    let script = component.and_then(|component| component.script.as_ref());
    let text = |text: &Option<SafeText>| text.as_ref().map(ToString::to_string);
    lines.push(PageLine::Blank);
    lines.push(PageLine::Heading("where it failed".to_owned()));
    let fields = [
        ("stage", text(&context.stage)),
        ("workflow", text(&context.workflow)),
        ("step", text(&context.step)),
        ("component", name.or_else(|| text(&context.component))),
        ("script", script.map(ToString::to_string)),
        ("phase", text(&context.phase)),
        ("component step", text(&context.component_step)),
        ("exit code", place.exit_code.map(|code| code.to_string())),
        ("message", text(&context.error_message)),
    ];
    page::push_fields(fields, columns, lines);
}

/// The parts of the reason.
fn push_parts(why: &Explanation, columns: usize, lines: &mut Vec<PageLine>) {
    let parts = why.reason.iter().flat_map(Reason::parts);
    let resolved = why
        .component
        .as_ref()
        .map(|id| ("resource", Some(id.to_string())));
    let parts = parts.map(|part| (part.label.name(), Some(part.text.to_string())));
    let parts: Vec<_> = parts.chain(resolved).collect();
    if parts.is_empty() {
        return;
    }
    lines.push(PageLine::Blank);
    lines.push(PageLine::Heading("details of the reason".to_owned()));
    page::push_fields(parts, columns, lines);
}

/// The consequences, so that the user does not look there for the cause.
fn push_consequences(why: &Explanation, columns: usize, lines: &mut Vec<PageLine>) {
    if why.consequences > 0 {
        lines.push(PageLine::Blank);
        lines.push(PageLine::Heading(format!(
            "consequences ({})",
            why.consequences
        )));
        lines.extend(
            why.first_consequences
                .iter()
                .cloned()
                .map(PageLine::Follower),
        );
        let more = why
            .consequences
            .saturating_sub(why.first_consequences.len());
        if more > 0 {
            lines.push(PageLine::Text(format!("and {more} more")));
        }
    }
    if why.others > 0 {
        lines.push(PageLine::Blank);
        let noun = if why.others == 1 {
            "resource"
        } else {
            "resources"
        };
        let text = format!("{} other {noun} failed independently", why.others);
        lines.extend(page::text_lines(&text, columns));
    }
}
