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
    pub(super) searched: Option<DateTime<Utc>>,
    /// How many in a row found nothing, while no line followed.
    quiet: u32,
    /// A line has followed since the last whole one.
    has_news: bool,
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
            has_news: false,
            is_denied: false,
        }
    }

    /// A line has followed: it may have come before others.
    pub(super) fn follow(&mut self, now: Duration, pace: Pace) {
        self.has_news = true;
        if self.pass.is_none() {
            self.due = self.due.min(now + pace.search);
        }
    }

    /// The time until the next search after a whole one. The same minutes are not read again and again while nothing is
    /// written, as while the image is tested.
    pub(super) fn interval(&mut self, whole: &Pass, pace: Pace) -> Duration {
        let has_news = std::mem::take(&mut self.has_news);
        let is_quiet = !has_news && !whole.has_found && self.searched.is_some();
        self.searched = Some(whole.until);
        self.quiet = if is_quiet {
            QUIET_SEARCHES.min(self.quiet + 1)
        } else {
            0
        };
        pace.search * 2_u32.pow(self.quiet)
    }
}
