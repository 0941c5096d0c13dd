//! The facts about one build that later requests depend on: its stack, its image, and what Image Builder said last.

use crate::backend::EventsPage;
use crate::backend::direct::imagebuilder;
use crate::domain::facts::IMAGE_RESOURCE;
use crate::domain::stack_event::{StackEvent, StackId};
use crate::text::safe::SafeText;

/// The facts about the build that later requests depend on.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// The stack whose events are read, by its ARN from then on.
    pub(super) stack: Option<StackId>,
    /// The name or the ARN of the walk in progress: a page token belongs to it.
    pub(super) walk: String,
    /// The stack does not exist any more.
    pub(super) stack_is_gone: bool,
    pub(super) image_arn: Option<String>,
    pub(super) resource_is_complete: bool,
    /// The last answer of GetImage.
    pub(super) builder: Option<imagebuilder::Image>,
}

impl Known {
    /// Takes note of what the events say about the stack and the image.
    pub(super) fn note(&mut self, page: &EventsPage) {
        let Some(newest) = page.events.first() else {
            return;
        };
        if self
            .stack
            .as_ref()
            .is_some_and(|stack| *stack != newest.stack_id)
        {
            self.forget_build();
        }
        self.stack = Some(newest.stack_id.clone());
        for event in page
            .events
            .iter()
            .filter(|event| event.stack_id == newest.stack_id)
        {
            self.note_event(event);
        }
    }

    fn forget_build(&mut self) {
        *self = Self {
            walk: std::mem::take(&mut self.walk),
            ..Self::default()
        };
    }

    fn note_event(&mut self, event: &StackEvent) {
        self.stack_is_gone |= event.is_root && event.status.as_str() == "DELETE_COMPLETE";
        if event.logical_id.as_str() != IMAGE_RESOURCE {
            return;
        }
        self.resource_is_complete |= event.status.as_str() == "CREATE_COMPLETE";
        let arn = event.physical_id.as_ref().map(SafeText::as_str);
        if let Some(arn) = arn.filter(|arn| arn.contains(":imagebuilder:")) {
            self.image_arn = Some(arn.to_owned());
        }
    }
}
