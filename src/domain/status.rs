//! CloudFormation status words, as open types: the service sends more of them than the API documents.
//!
//! The API document lists 16 values; rollbacks and stack-only values come as well, and new ones may. So a
//! status is kept verbatim and understood by its shape (`*_FAILED`, `*ROLLBACK*`, `DELETE_*`, …).

use std::fmt;

use crate::store::class_set;
use crate::store::entry::Class;
use crate::text::safe::SafeText;

/// What a status means for somebody who is waiting: the unit of colour, glyph and filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StatusClass {
    /// Work is going on: `*_IN_PROGRESS`.
    Running,
    /// Work ended well: `*_COMPLETE`.
    Complete,
    /// Work failed: `*_FAILED`, of whatever operation.
    Failed,
    /// The stack is undoing its work: `*ROLLBACK*`, until it ends or fails.
    RollingBack,
    /// A resource goes away: `DELETE_*`. Neutral, since every successful build ends with it.
    Deleting,
    /// Left alone on purpose: `*_SKIPPED`.
    Skipped,
    /// A word that this program does not know; shown as it came.
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

    /// The word for this class in filters and help.
    pub const fn word(self) -> &'static str {
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

    /// The class's place in [`StatusClass::ALL`].
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// The status of a resource or of the stack, exactly as the service spelled it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ResourceStatus {
    word: SafeText,
    class: StatusClass,
}

impl ResourceStatus {
    /// Understands a status by its shape.
    pub fn new(word: &str) -> Self {
        Self {
            word: SafeText::new(word),
            class: classify(word),
        }
    }

    /// The service's own word.
    pub fn as_str(&self) -> &str {
        self.word.as_str()
    }

    /// What the word means.
    pub const fn class(&self) -> StatusClass {
        self.class
    }

    /// Whether the operation has ended, well or badly. An unknown word ends nothing.
    pub fn is_final(&self) -> bool {
        self.class != StatusClass::Unknown && !self.as_str().ends_with("_IN_PROGRESS")
    }

    /// Whether this status of the stack itself means that the build failed: `*_FAILED`, or any rollback.
    pub fn is_failure_of_stack(&self) -> bool {
        matches!(self.class, StatusClass::Failed | StatusClass::RollingBack)
    }

    /// Whether the stack is on its way out (`DELETE_*`), which ends every successful build.
    pub fn is_delete(&self) -> bool {
        self.as_str().starts_with("DELETE_")
    }
}

fn classify(word: &str) -> StatusClass {
    if word.ends_with("_FAILED") {
        StatusClass::Failed
    } else if word.ends_with("_SKIPPED") {
        StatusClass::Skipped
    } else if word.contains("ROLLBACK") {
        StatusClass::RollingBack
    } else if word == "DELETE_IN_PROGRESS" || word == "DELETE_COMPLETE" {
        StatusClass::Deleting
    } else if word.ends_with("_IN_PROGRESS") {
        StatusClass::Running
    } else if word.ends_with("_COMPLETE") {
        StatusClass::Complete
    } else {
        StatusClass::Unknown
    }
}

impl fmt::Display for ResourceStatus {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.word, formatter)
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
    fn an_unknown_word_is_never_final() {
        assert!(!ResourceStatus::new("BOGUS").is_final());
        assert!(ResourceStatus::new("CREATE_COMPLETE").is_final());
        assert!(!ResourceStatus::new("ROLLBACK_IN_PROGRESS").is_final());
    }
}
