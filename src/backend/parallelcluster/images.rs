//! The list of images over the ParallelCluster API: ListImages, once for each status. A page may be empty and yet have a
//! next one. It does not tell when a build began, by which the list is sorted: each image that is being built is described
//! once.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::time::Instant;

use crate::aws::exchange::Exchange;
use crate::backend::parallelcluster::{ApiCall, ParallelCluster, response};
use crate::backend::{ImagesSource, NextToken, Source, Upcoming};
use crate::domain::fault::Fault;
use crate::domain::listing::{ListedImage, ListedStatus};
use crate::domain::observation::Stream;
use crate::text::safe::SafeText;

/// The pages that are read at most.
const LONGEST_LIST: usize = 50;
/// The least time between two descriptions.
const BETWEEN_DESCRIPTIONS: Duration = Duration::from_millis(250);
const ALL: [ListedStatus; 3] = [
    ListedStatus::Building,
    ListedStatus::Failed,
    ListedStatus::Available,
];

/// The next request of a round.
#[derive(Clone, Debug)]
enum Next {
    List(ListedStatus, Option<NextToken>),
    Describe(ListedImage),
}

#[derive(Debug)]
pub(crate) struct ApiImages {
    api: ParallelCluster,
    next: VecDeque<Next>,
    pages: usize,
    /// When each stack was created, of those that were asked for.
    created: HashMap<SafeText, Option<DateTime<Utc>>>,
    described_at: Option<Instant>,
}

impl ApiImages {
    /// The client's own image is not asked for.
    pub(crate) fn new(api: ParallelCluster) -> Self {
        Self {
            api,
            next: VecDeque::new(),
            pages: 0,
            created: HashMap::new(),
            described_at: None,
        }
    }

    async fn list(
        &mut self,
        status: ListedStatus,
        token: Option<&NextToken>,
    ) -> Result<Vec<ListedImage>, Fault> {
        let call = ApiCall::Images(status, token);
        let result = self.api.exchange(call).await;
        let page = response::images(&self.api.context(call), status, result);
        let (mut rows, next) = page?;
        self.pages += 1;
        if let Some(next) = next.filter(|_| self.pages < LONGEST_LIST) {
            self.next.push_front(Next::List(status, Some(next)));
        }
        let building = rows.iter_mut();
        for row in building.filter(|row| row.status == ListedStatus::Building) {
            let Some(stack) = &row.stack_id else {
                continue;
            };
            match self.created.get(stack) {
                Some(created) => row.since = *created,
                None => self.next.push_back(Next::Describe(row.clone())),
            }
        }
        Ok(rows)
    }

    /// Finds out when a build began. A refusal hides nothing but that.
    async fn describe(&mut self, row: ListedImage) -> Result<Vec<ListedImage>, Fault> {
        let (Some(stack), Ok(image)) = (&row.stack_id, row.image_id.as_str().parse()) else {
            return Ok(Vec::new());
        };
        self.described_at = Some(Instant::now());
        self.api.image = image;
        let result = self.api.exchange(ApiCall::Description).await;
        let since = match response::stack_creation(result) {
            Ok(created) => created,
            Err(fault) if fault.kind.may_pass() => return Err(fault),
            Err(_) => {
                self.next.retain(|next| matches!(next, Next::List(..)));
                None
            }
        };
        self.created.insert(stack.clone(), since);
        Ok(vec![ListedImage { since, ..row }])
    }
}

impl ImagesSource for ApiImages {
    fn begin(&mut self) {
        self.pages = 0;
        self.next = ALL.map(|status| Next::List(status, None)).into();
    }

    async fn next(&mut self) -> Option<Result<Vec<ListedImage>, Fault>> {
        let next = self.next.pop_front()?;
        let rows = match next.clone() {
            Next::List(status, token) => self.list(status, token.as_ref()).await,
            Next::Describe(row) => self.describe(row).await,
        };
        if rows.as_ref().is_err_and(|fault| fault.kind.may_pass()) {
            self.next.push_front(next);
        }
        Some(rows)
    }

    fn upcoming(&self) -> Option<Upcoming> {
        let endpoint = self.api.endpoint(Stream::Images);
        let not_before = match self.next.front()? {
            Next::List(..) => None,
            Next::Describe(_) => self.described_at.map(|last| last + BETWEEN_DESCRIPTIONS),
        };
        Some(Upcoming {
            endpoint,
            not_before,
        })
    }
}
