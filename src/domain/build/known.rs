//! What is known of a build: its region, its version, its description, its AMI and its first failure.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::domain::build::Build;
use crate::domain::image::{Ami, ImageDescription};
use crate::domain::stack_event::{EventKey, StackEvent};
use crate::domain::verdict::Verdict;
use crate::text::arn;
use crate::text::safe::SafeText;

/// The AMI's tag that names the version of ParallelCluster.
const VERSION_TAG: &str = "parallelcluster:version";

impl Build {
    /// The region of the image, which is that of its stack.
    pub fn region(&self) -> Option<SafeText> {
        let described = self.image().and_then(|image| image.region.clone());
        let of_stack = || arn::region(self.stack_id()?.as_str()).map(SafeText::new);
        described.or_else(of_stack)
    }

    /// The ParallelCluster version that builds the image: of the description, else of the AMI's tag, which outlives the
    /// stack.
    pub fn version(&self) -> Option<&SafeText> {
        let image = self.image()?;
        let of_ami = || self.ami()?.tag(VERSION_TAG);
        image.version.as_ref().or_else(of_ami)
    }

    /// The newest event of the current stack itself.
    pub fn root(&self) -> Option<&Arc<StackEvent>> {
        self.current().and_then(|timeline| timeline.facts().root())
    }

    /// DescribeImage's last description of the image. It is kept when a later response has none.
    pub fn image(&self) -> Option<&ImageDescription> {
        self.described.as_deref()
    }

    /// When Image Builder's stage began, to within the time between two DescribeImage requests; none if its beginning was
    /// not seen.
    pub fn stage_since(&self) -> Option<DateTime<Utc>> {
        self.stage_since
    }

    /// The AMI of a build that succeeded.
    pub fn ami(&self) -> Option<&Ami> {
        let succeeded = self.verdict == Verdict::Succeeded;
        self.image().filter(|_| succeeded)?.finished_ami()
    }

    /// The first failure of the current stack, unless the build succeeded.
    pub fn first_failure(&self) -> Option<&Arc<StackEvent>> {
        if self.verdict == Verdict::Succeeded {
            return None;
        }
        self.current()
            .and_then(|timeline| timeline.facts().first_failure())
    }

    /// The number of events that are newer than one of them.
    pub fn events_after(&self, key: &EventKey) -> usize {
        let mut after = 0;
        for timeline in self.timelines.iter().rev() {
            if timeline.stack_id() == &key.stack_id {
                return after + timeline.events_after(&key.event_id);
            }
            after += timeline.len();
        }
        0
    }
}
