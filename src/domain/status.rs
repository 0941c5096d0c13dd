//! CloudFormation's statuses, as an open type: the service sends more of them than the API documents. Events carry them;
//! filters, colours and the verdict use their classes.
//!
//! The API document lists 16 values; rollbacks and stack-only values come as well, and new ones may. So a status is kept
//! verbatim and classified by its shape (`*_FAILED`, `*ROLLBACK*`, `DELETE_*`, …).

use std::fmt;

use crate::store::class_set;
use crate::store::entry::Class;
use crate::text::safe::SafeText;

/// The meaning of a status for the user: the unit of colour, glyph and filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StatusClass {
    /// Work is in progress: `*_IN_PROGRESS`.
    Running,
    /// Work succeeded: `*_COMPLETE`.
    Complete,
    /// Work failed: `*_FAILED`, of any operation.
    Failed,
    /// The stack is undoing its work: `*ROLLBACK*`, until it ends or fails.
    RollingBack,
    /// A resource is deleted: `DELETE_*`. Neutral, since every successful build ends with it.
    Deleting,
    /// Skipped on purpose: `*_SKIPPED`.
    Skipped,
    /// A status that this program does not know; shown verbatim.
    Unknown,
}

impl StatusClass {
    /// Every class, in the order in which filters and counts list them.
    pub const ALL: [Self; 7] = [
        Self::Running,
        Self::Complete,
        Self::Failed,
        Self::RollingBack,
        Self::Deleting,
        Self::Skipped,
        Self::Unknown,
    ];

    /// The name in filters and help.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Running => "in progress",
            Self::Complete => "complete",
            Self::Failed => "failed",
            Self::RollingBack => "rolling back",
            Self::Deleting => "deleting",
            Self::Skipped => "skipped",
            Self::Unknown => "unknown",
        }
    }

    /// The class's position in [`StatusClass::ALL`].
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// The status of a resource or of the stack, exactly as the service spells it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ResourceStatus {
    text: SafeText,
    class: StatusClass,
}

impl ResourceStatus {
    /// Classifies a status by its shape.
    pub fn new(status: &str) -> Self {
        Self {
            text: SafeText::new(status),
            class: classify(status),
        }
    }

    /// The service's spelling.
    pub fn as_str(&self) -> &str {
        self.text.as_str()
    }

    pub const fn class(&self) -> StatusClass {
        self.class
    }

    /// Whether the operation has ended, successfully or not. An unknown status ends nothing.
    pub fn is_final(&self) -> bool {
        self.class != StatusClass::Unknown && !self.as_str().ends_with("_IN_PROGRESS")
    }

    /// Whether this status, as the stack's own, is a failed build: `*_FAILED`, or any rollback.
    pub fn is_failure_of_stack(&self) -> bool {
        matches!(self.class, StatusClass::Failed | StatusClass::RollingBack)
    }

    /// Whether the stack is being deleted (`DELETE_*`), which ends every successful build.
    pub fn is_delete(&self) -> bool {
        self.as_str().starts_with("DELETE_")
    }
}

fn classify(status: &str) -> StatusClass {
    if status.ends_with("_FAILED") {
        StatusClass::Failed
    } else if status.ends_with("_SKIPPED") {
        StatusClass::Skipped
    } else if status.contains("ROLLBACK") {
        StatusClass::RollingBack
    } else if status == "DELETE_IN_PROGRESS" || status == "DELETE_COMPLETE" {
        StatusClass::Deleting
    } else if status.ends_with("_IN_PROGRESS") {
        StatusClass::Running
    } else if status.ends_with("_COMPLETE") {
        StatusClass::Complete
    } else {
        StatusClass::Unknown
    }
}

impl fmt::Display for ResourceStatus {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.text, formatter)
    }
}

impl fmt::Debug for ResourceStatus {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl Class for StatusClass {
    const ALL: &'static [Self] = &Self::ALL;

    fn index(self) -> usize {
        self as usize
    }
}

/// The status classes that a filter selects.
pub type ClassSet = class_set::ClassSet<StatusClass>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_of_the_service_has_its_class() {
        use StatusClass::{Complete, Deleting, Failed, RollingBack, Running, Skipped, Unknown};
        let cases = [
            ("CREATE_IN_PROGRESS", Running),
            ("CREATE_COMPLETE", Complete),
            ("CREATE_FAILED", Failed),
            ("DELETE_IN_PROGRESS", Deleting),
            ("DELETE_COMPLETE", Deleting),
            ("DELETE_FAILED", Failed),
            ("DELETE_SKIPPED", Skipped),
            ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", Running),
            ("IMPORT_COMPLETE", Complete),
            ("IMPORT_ROLLBACK_IN_PROGRESS", RollingBack),
            ("IMPORT_ROLLBACK_FAILED", Failed),
            ("ROLLBACK_COMPLETE", RollingBack),
            ("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", RollingBack),
            ("EXPORT_IN_PROGRESS", Running),
            ("REVIEW_IN_PROGRESS", Running),
            ("SOMETHING_NEW", Unknown),
            ("", Unknown),
        ];
        for (word, class) in cases {
            assert_eq!(ResourceStatus::new(word).class(), class, "{word}");
        }
    }

    #[test]
    fn an_unknown_status_is_never_final() {
        assert!(!ResourceStatus::new("BOGUS").is_final());
        assert!(ResourceStatus::new("CREATE_COMPLETE").is_final());
        assert!(!ResourceStatus::new("ROLLBACK_IN_PROGRESS").is_final());
    }
}
