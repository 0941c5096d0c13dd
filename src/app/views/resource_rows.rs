//! The rows of the view of the resources: the stack's resources, and below the image what Image Builder does for it: its
//! workflows and their steps. `resources` selects and scrolls over them.

use chrono::{DateTime, Utc};

use crate::domain::build::Build;
use crate::domain::facts::IMAGE_RESOURCE;
use crate::domain::span::{End, Span};
use crate::domain::status::StatusClass;
use crate::domain::steps::{Step, StepStatus, Workflow};
use crate::domain::timeline::Timeline;
use crate::text::safe::SafeText;

/// One row.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Row<'a> {
    Resource(&'a SafeText),
    Workflow(&'a Workflow),
    Step(&'a Workflow, &'a Step),
}

/// The names of a row below the image: of its workflow, and of its step if it is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Child {
    pub(crate) workflow: SafeText,
    pub(crate) step: Option<SafeText>,
}

/// Which rows are folded away, as far as the user has decided it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Folds {
    /// Nothing is shown below the image.
    is_image_folded: bool,
    /// By the name of the workflow.
    workflows: Vec<(SafeText, bool)>,
}

impl Folds {
    /// The steps of a workflow that has succeeded are folded, unless the user has decided otherwise.
    pub(crate) fn is_folded(&self, workflow: &Workflow) -> bool {
        let mut decided = self.workflows.iter();
        let decided = decided.find(|(name, _)| *name == workflow.name);
        decided.map_or_else(
            || workflow.status.class() == StatusClass::Complete,
            |(_, folded)| *folded,
        )
    }

    pub(crate) fn is_image_folded(&self) -> bool {
        self.is_image_folded
    }

    /// Folds or unfolds what is below a row. `false` if nothing is.
    pub(super) fn toggle(&mut self, row: Row<'_>, build: &Build) -> bool {
        match row {
            Row::Resource(id) if has_children(build, id) => {
                self.is_image_folded = !self.is_image_folded;
            }
            Row::Resource(_) => return false,
            Row::Workflow(workflow) | Row::Step(workflow, _) => {
                let folded = !self.is_folded(workflow);
                self.workflows.retain(|(name, _)| *name != workflow.name);
                self.workflows.push((workflow.name.clone(), folded));
            }
        }
        true
    }
}

/// Whether a resource has rows below it, folded or not.
pub(crate) fn has_children(build: &Build, id: &SafeText) -> bool {
    id.as_str() == IMAGE_RESOURCE && !build.steps().workflows().is_empty()
}

/// The rows of the current stack.
pub(crate) fn rows<'a>(build: &'a Build, folds: &Folds) -> Vec<Row<'a>> {
    let mut rows = Vec::new();
    for id in build.current().into_iter().flat_map(Timeline::resources) {
        rows.push(Row::Resource(id));
        if !has_children(build, id) || folds.is_image_folded {
            continue;
        }
        for workflow in build.steps().workflows() {
            rows.push(Row::Workflow(workflow));
            if !folds.is_folded(workflow) {
                let steps = workflow.steps.iter();
                rows.extend(steps.map(|step| Row::Step(workflow, step)));
            }
        }
    }
    rows
}

impl<'a> Row<'a> {
    /// The resource that the row is, or is a part of.
    pub(crate) fn resource(self) -> SafeText {
        match self {
            Self::Resource(id) => id.clone(),
            Self::Workflow(_) | Self::Step(..) => SafeText::new(IMAGE_RESOURCE),
        }
    }

    pub(crate) fn child(self) -> Option<Child> {
        let (workflow, step) = match self {
            Self::Resource(_) => return None,
            Self::Workflow(workflow) => (workflow, None),
            Self::Step(workflow, step) => (workflow, Some(step.name.clone())),
        };
        Some(Child {
            workflow: workflow.name.clone(),
            step,
        })
    }

    /// Whether it is the row of a selection.
    pub(crate) fn is(self, selected: Option<&SafeText>, child: Option<&Child>) -> bool {
        match (self, child) {
            (Self::Resource(id), None) => selected == Some(id),
            (Self::Workflow(workflow), Some(child)) => {
                child.step.is_none() && child.workflow == workflow.name
            }
            (Self::Step(workflow, step), Some(child)) => {
                child.workflow == workflow.name && child.step.as_ref() == Some(&step.name)
            }
            _ => false,
        }
    }

    /// The texts in which a search looks, of a row below the image.
    pub(super) fn texts(self) -> Vec<&'a str> {
        let of_step = |step: &'a Step| {
            let more = [step.action.as_ref(), step.message.as_ref()];
            let more = more.into_iter().flatten().map(SafeText::as_str);
            [step.name.as_str(), step.status.as_str()]
                .into_iter()
                .chain(more)
                .collect()
        };
        match self {
            Self::Resource(_) => Vec::new(),
            Self::Workflow(workflow) => vec![workflow.name.as_str(), workflow.status.as_str()],
            Self::Step(_, step) => of_step(step),
        }
    }

    /// The time of a row below the image, as an operation on the axis; `None` if it has not begun.
    pub(crate) fn span(self) -> Option<Span> {
        match self {
            Self::Resource(_) => None,
            Self::Workflow(workflow) => {
                span(&workflow.status, workflow.started_at, workflow.ended_at)
            }
            Self::Step(_, step) => span(&step.status, step.started_at, step.ended_at),
        }
    }
}

fn span(
    status: &StepStatus,
    began: Option<DateTime<Utc>>,
    ended: Option<DateTime<Utc>>,
) -> Option<Span> {
    began.or(ended)?;
    let end = if status.has_ended() {
        End::Ended(ended)
    } else {
        End::Open
    };
    Some(Span {
        operation: status.as_str().to_owned(),
        began: began.or(ended),
        end,
        class: status.class(),
    })
}
