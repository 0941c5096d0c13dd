//! The list of images over the ParallelCluster API: ListImages, once for each status. A page may be empty and yet have a
//! next one. It says of no image when its build began: those that are being built are described, once for each status.

use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::time::Instant;

use crate::aws::exchange::Exchange;
use crate::backend::Source;
use crate::backend::images::{ImagesSource, Upcoming};
use crate::backend::pages::Pages;
use crate::backend::parallelcluster::{ApiCall, ImageId, ParallelCluster, response};
use crate::domain::fault::Fault;
use crate::domain::listing::{ListedImage, ListedStatus};
use crate::domain::observation::Stream;
use crate::text::safe::SafeText;

/// The least time between two descriptions.
const BETWEEN_DESCRIPTIONS: Duration = Duration::from_millis(500);
/// The kinds of request, the most urgent one first: the lists, and between them the descriptions.
const DESCRIPTIONS: usize = 1;
const KINDS: usize = 4;

#[derive(Debug)]
pub(crate) struct ApiImages {
    api: ParallelCluster,
    building: Pages<ListedImage>,
    failed: Pages<ListedImage>,
    available: Pages<ListedImage>,
    /// When the builds began that have been described, if that is known.
    began: HashMap<Described, Option<DateTime<Utc>>>,
    described_at: Option<Instant>,
}

/// An image, its stack, and the stack's status.
type Described = (SafeText, Option<SafeText>, Option<SafeText>);

impl ApiImages {
    /// The client's own image is not asked for.
    pub(crate) fn new(api: ParallelCluster) -> Self {
        Self {
            api,
            building: Pages::default(),
            failed: Pages::default(),
            available: Pages::default(),
            began: HashMap::new(),
            described_at: None,
        }
    }

    /// The list of a kind, and the status of its images.
    fn list(&mut self, kind: usize) -> Option<(&mut Pages<ListedImage>, ListedStatus)> {
        match kind {
            0 => Some((&mut self.building, ListedStatus::Building)),
            2 => Some((&mut self.failed, ListedStatus::Failed)),
            3 => Some((&mut self.available, ListedStatus::Available)),
            _ => None,
        }
    }

    /// The next image to describe.
    fn undescribed(&self) -> Option<(Described, ImageId)> {
        let mut rows = self.building.iter().map(described);
        rows.find_map(|row| {
            let id = row.0.as_str().parse().ok()?;
            (!self.began.contains_key(&row)).then_some((row, id))
        })
    }

    async fn describe(&mut self) -> Result<(), Fault> {
        let Some((row, id)) = self.undescribed() else {
            return Ok(());
        };
        self.described_at = Some(Instant::now());
        let call = ApiCall::Row(&id);
        let result = self.api.exchange(call).await;
        let answer = response::stack_created(&self.api.context(call), result);
        if !matches!(&answer, Err(fault) if fault.kind.may_pass()) {
            // A denied description is not asked for again: the list is whole without it.
            let began = answer.as_ref().ok().copied().flatten();
            self.began.insert(row, began);
        }
        answer.map(drop)
    }
}

fn described(row: &ListedImage) -> Described {
    let (stack, status) = (row.stack_id.clone(), row.stack_status.clone());
    (row.image_id.clone(), stack, status)
}

impl ImagesSource for ApiImages {
    fn kinds(&self) -> usize {
        KINDS
    }

    fn begin(&mut self, kind: usize) {
        if let Some((list, _)) = self.list(kind) {
            list.begin();
        }
    }

    async fn next(&mut self, kind: usize) -> Result<(), Fault> {
        let Some((list, status)) = self.list(kind) else {
            return self.describe().await;
        };
        let Some(page) = list.next().cloned() else {
            return Ok(());
        };
        let call = ApiCall::Images(status, page.token());
        let result = self.api.exchange(call).await;
        let page = response::images(&self.api.context(call), status, result);
        self.list(kind).map_or(Ok(()), |(list, _)| list.take(page))
    }

    fn upcoming(&self, kind: usize) -> Option<Upcoming> {
        let is_due = match kind {
            0 => self.building.next().is_some(),
            DESCRIPTIONS => self.undescribed().is_some(),
            2 => self.failed.next().is_some(),
            _ => self.available.next().is_some(),
        };
        let described_at = self.described_at.filter(|_| kind == DESCRIPTIONS);
        is_due.then(|| Upcoming {
            endpoint: self.api.endpoint(Stream::Images),
            not_before: described_at.map(|last| last + BETWEEN_DESCRIPTIONS),
        })
    }

    fn rows(&self) -> Vec<ListedImage> {
        let building = self.building.iter().map(|row| {
            let since = self.began.get(&described(row)).copied().flatten();
            ListedImage {
                since,
                ..row.clone()
            }
        });
        let others = self.failed.iter().chain(self.available.iter());
        building.chain(others.cloned()).collect()
    }
}
