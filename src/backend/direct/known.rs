//! The facts about one build that later requests depend on: its stack, its image, and the last answers about both.

use chrono::{DateTime, Utc};
use tokio::time::Instant;

use crate::backend::EventsPage;
use crate::backend::direct::cloudformation::Stack;
use crate::backend::direct::ec2::TaggedAmi;
use crate::backend::direct::imagebuilder;
use crate::domain::facts::IMAGE_RESOURCE;
use crate::domain::stack_event::{StackEvent, StackId};
use crate::domain::steps::Workflow;
use crate::text::safe::SafeText;

#[derive(Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts: every combination can be observed"
)]
pub(super) struct Known {
    /// The stack whose events are read, by its ARN from then on.
    pub(super) stack: Option<StackId>,
    /// The name or the ARN of the walk in progress: a page token belongs to it.
    pub(super) walk: String,
    /// The stack does not exist any more.
    pub(super) stack_is_gone: bool,
    /// The stack as its newest event has it.
    root: Option<Root>,
    /// The stack's first event was read.
    pub(super) is_whole: bool,
    /// DescribeStacks's last answer about the stack.
    pub(super) described: Option<Stack>,
    pub(super) image_arn: Option<String>,
    /// The events name ParallelCluster's image.
    pub(super) has_image: bool,
    pub(super) resource_is_complete: bool,
    /// The last answer of GetImage.
    pub(super) builder: Option<imagebuilder::Image>,
    /// The last list of the image's workflows.
    pub(super) workflows: Vec<Workflow>,
    /// The good AMIs in other regions.
    pub(super) elsewhere: Vec<(String, TaggedAmi)>,
    /// When the stack was first seen to delete itself, which it does after its AMI was tagged.
    pub(super) deleting_since: Option<Instant>,
    /// When the image was first known to be made.
    pub(super) made_since: Option<Instant>,
}

#[derive(Debug)]
struct Root {
    at: Option<DateTime<Utc>>,
    status: String,
    reason: Option<String>,
}

impl Known {
    /// The facts about a stack that is watched by its ARN.
    pub(super) fn of(stack: Option<StackId>) -> Self {
        Self {
            stack,
            ..Self::default()
        }
    }

    /// Takes note of what a page says about the stack and the image.
    pub(super) fn note(&mut self, page: &EventsPage, is_newest: bool) {
        let Some(newest) = page.events.first() else {
            return;
        };
        // The events of another stack may be listed among its own.
        let is_listed = |stack: &&StackId| page.events.iter().any(|it| it.stack_id == **stack);
        let listed = self.stack.as_ref().filter(is_listed).cloned();
        if listed.is_none() && self.stack.is_some() {
            *self = Self {
                walk: std::mem::take(&mut self.walk),
                ..Self::default()
            };
        }
        let stack = listed.unwrap_or_else(|| newest.stack_id.clone());
        self.is_whole |= page.next.is_none();
        let own = page.events.iter().rev();
        for event in own.filter(|event| event.stack_id == stack) {
            self.note_event(event, is_newest);
        }
        self.stack = Some(stack);
        if self.is_made() {
            self.made_since.get_or_insert_with(Instant::now);
        }
    }

    fn note_event(&mut self, event: &StackEvent, is_newest: bool) {
        if event.is_root {
            self.note_root(event, is_newest);
        }
        if event.logical_id.as_str() != IMAGE_RESOURCE {
            return;
        }
        self.has_image = true;
        self.resource_is_complete |= event.status.as_str() == "CREATE_COMPLETE";
        let arn = event.physical_id.as_ref().map(SafeText::as_str);
        if let Some(arn) = arn.filter(|arn| arn.contains(":imagebuilder:")) {
            self.image_arn = Some(arn.to_owned());
        }
    }

    /// Events come oldest first, and those of a walk's later pages are older than all before.
    fn note_root(&mut self, event: &StackEvent, is_newest: bool) {
        self.stack_is_gone |= event.status.as_str() == "DELETE_COMPLETE";
        if event.status.is_delete() {
            self.deleting_since.get_or_insert_with(Instant::now);
        }
        let is_newer =
            |root: &Root| event.timestamp > root.at || (is_newest && event.timestamp == root.at);
        if self.root.as_ref().is_none_or(is_newer) {
            self.root = Some(Root {
                at: event.timestamp,
                status: event.status.as_str().to_owned(),
                reason: event
                    .reason
                    .as_ref()
                    .map(|reason| reason.as_str().to_owned()),
            });
        }
    }

    /// Whether Image Builder has made the image.
    pub(super) fn is_made(&self) -> bool {
        let builder = self.builder.as_ref();
        self.resource_is_complete || builder.is_some_and(imagebuilder::Image::was_made)
    }

    /// Whether the stack's last status by its events is one that stays.
    pub(super) fn is_at_rest(&self) -> bool {
        let root = self.root.as_ref();
        root.is_some_and(|root| !root.status.ends_with("_IN_PROGRESS"))
    }

    /// The stack with the status of its newest event.
    pub(super) fn with_newest_status(&self, stack: Stack) -> Stack {
        match &self.root {
            Some(root) => Stack {
                status: Some(root.status.clone()),
                reason: root.reason.clone(),
                ..stack
            },
            None => stack,
        }
    }
}
