//! The list of images over the ParallelCluster API: ListImages, once for each status. A page may be empty and yet have a
//! next one.

use std::collections::VecDeque;

use crate::aws::exchange::Exchange;
use crate::backend::parallelcluster::{ApiCall, ParallelCluster, response};
use crate::backend::{ImagesSource, NextToken, Source, Upcoming};
use crate::domain::fault::Fault;
use crate::domain::listing::{ListedImage, ListedStatus};
use crate::domain::observation::Stream;

/// The pages that are read at most.
const LONGEST_LIST: usize = 50;
const ALL: [ListedStatus; 3] = [
    ListedStatus::Building,
    ListedStatus::Failed,
    ListedStatus::Available,
];

#[derive(Debug)]
pub(crate) struct ApiImages {
    api: ParallelCluster,
    next: VecDeque<(ListedStatus, Option<NextToken>)>,
    pages: usize,
}

impl ApiImages {
    /// The client's own image is not asked for.
    pub(crate) fn new(api: ParallelCluster) -> Self {
        Self {
            api,
            next: VecDeque::new(),
            pages: 0,
        }
    }
}

impl ImagesSource for ApiImages {
    fn begin(&mut self) {
        self.pages = 0;
        self.next = ALL.map(|status| (status, None)).into();
    }

    async fn next(&mut self) -> Option<Result<Vec<ListedImage>, Fault>> {
        let (status, token) = self.next.pop_front()?;
        let call = ApiCall::Images(status, token.as_ref());
        let result = self.api.exchange(call).await;
        let page = response::images(&self.api.context(call), status, result);
        Some(match page {
            Ok((rows, next)) => {
                self.pages += 1;
                if let Some(next) = next.filter(|_| self.pages < LONGEST_LIST) {
                    self.next.push_front((status, Some(next)));
                }
                Ok(rows)
            }
            Err(fault) => {
                if fault.kind.may_pass() {
                    self.next.push_front((status, token));
                }
                Err(fault)
            }
        })
    }

    fn upcoming(&self) -> Option<Upcoming> {
        let endpoint = self.api.endpoint(Stream::Images);
        self.next.front().map(|_| Upcoming {
            endpoint,
            not_before: None,
        })
    }
}
