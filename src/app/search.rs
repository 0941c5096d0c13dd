//! What is searched for: in the lists, and in the text of a page. The two are apart, as their keys are.

use crate::text::pattern::Pattern;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Search {
    /// In the events and resources.
    pub listed: Option<Pattern>,
    /// In the detail, or in the explanation of a failure.
    pub page: Option<Pattern>,
    /// Whether the first event that is found is to be selected once all have been looked through.
    pub(super) seeking: bool,
}

impl Search {
    /// Whether a person waits for the first event that is found.
    pub fn seeking(&self) -> bool {
        self.seeking
    }
}
