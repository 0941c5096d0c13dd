//! The search for lines that arrived late: how far it is, and when the next one begins. [`super::reading`] makes its
//! requests.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::backend::NextToken;
use crate::poll::log::reading::Pace;
use crate::text::redact::LineSecrets;

/// How often the interval of the searches doubles while they find nothing and no line follows: to 4 minutes from 30 s.
const QUIET_SEARCHES: u32 = 3;

#[derive(Debug)]
pub(super) struct Search {
    pub(super) due: Duration,
    pub(super) pass: Option<Pass>,
    /// Where the last whole one ended.
    searched: Option<DateTime<Utc>>,
    /// How many in a row found nothing where the one before them had ended.
    quiet: u32,
    pub(super) is_denied: bool,
}

/// One search, over several pages.
#[derive(Clone, Debug)]
pub(super) struct Pass {
    /// It moves on with the pages, so that a token that is rejected costs one page.
    pub(super) from: DateTime<Utc>,
    pub(super) until: DateTime<Utc>,
    pub(super) token: Option<NextToken>,
    pub(super) is_last: bool,
    pub(super) has_found: bool,
    /// What the lines so far say about secrets in the next one.
    pub(super) secrets: LineSecrets,
}

impl Search {
    pub(super) fn new(due: Duration) -> Self {
        Self {
            due,
            pass: None,
            searched: None,
            quiet: 0,
            is_denied: false,
        }
    }

    /// The time until the next search after a whole one. The same minutes are not read again and again while nothing is
    /// written, as while the image is tested.
    pub(super) fn interval(&mut self, whole: &Pass, pace: Pace) -> Duration {
        let is_quiet = !whole.has_found && self.searched == Some(whole.until);
        self.searched = Some(whole.until);
        self.quiet = if is_quiet {
            QUIET_SEARCHES.min(self.quiet + 1)
        } else {
            0
        };
        pace.search * 2_u32.pow(self.quiet)
    }
}
