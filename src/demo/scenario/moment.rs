//! The moments in the life of a stack and of the image that it makes.

use std::time::Duration;

use crate::demo::scenario::workflows::Workflows;

/// CloudFormation's operation on the stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Create,
    Rollback,
    Delete,
}

/// One thing that happens to a stack.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Happening {
    /// The stack's own status changes.
    Stack {
        status: &'static str,
        reason: Option<String>,
    },
    /// A resource's status changes, or is repeated.
    Resource {
        index: usize,
        status: &'static str,
        reason: Option<String>,
        /// Whether the resource has its physical id by now.
        exists: bool,
    },
    /// Image Builder's stage changes; there is none once the image is deleted.
    Stage(Option<Stage>),
    /// A step of Image Builder's workflows begins or ends.
    Workflows(Workflows),
    /// The AMI exists, and is tagged as finished.
    AmiTagged,
    /// The API no longer finds the stack.
    Gone,
}

/// Image Builder's state of the image.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Stage {
    pub status: String,
    pub reason: Option<String>,
}

/// A happening, its time since the build began, and the operation that it belongs to.
#[derive(Clone, Debug)]
pub(crate) struct Moment {
    pub at: Duration,
    pub operation: Operation,
    pub happening: Happening,
}
