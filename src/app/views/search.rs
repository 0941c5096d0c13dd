//! The active searches: one in the lists, one in the text of a page. They are separate because their keys act on
//! separate panes. `update::find` sets them, `update::step` moves between their matches.

use crate::text::pattern::Pattern;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Search {
    /// In the events and resources.
    pub listed: Option<Pattern>,
    /// In the detail, or in the explanation of a failure.
    pub page: Option<Pattern>,
    /// The user has confirmed the search: select the first match once every event has been searched.
    pub awaits_first_match: bool,
}
