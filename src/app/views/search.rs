//! The active searches: one in the lists, one in the text of a page. They are separate because their keys act on
//! separate panes. `update::find` sets them, and `View::find` moves between their matches.

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

/// Every index below `count`, from the one after `from` around to `from` itself; or backwards.
pub(crate) fn around(from: usize, count: usize, forward: bool) -> impl Iterator<Item = usize> {
    (1..=count).map(move |step| {
        let step = if forward { step } else { count - step };
        (from + step) % count
    })
}
