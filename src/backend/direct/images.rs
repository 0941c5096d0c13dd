//! The list of images over AWS directly: the stacks of builds from CloudFormation, and the AMIs from EC2.
//!
//! CloudFormation has no filter by tag. A stack that is not known yet is described once, newest first and at most two a
//! second; what its tags say is kept, so a later round of the list costs two requests.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use tokio::time::Instant;

use crate::aws::context::YOUR_IMAGES;
use crate::aws::credentials::fixed::Fixed;
use crate::aws::credentials::identity::IdentityCache;
use crate::aws::endpoints::Endpoints;
use crate::aws::operation::Operation;
use crate::aws::shared::Shared;
use crate::backend::Asked;
use crate::backend::direct::client::{Call, Client, Refusal};
use crate::backend::direct::cloudformation::{self, StackSummary};
use crate::backend::direct::{Direct, Settings, ec2};
use crate::backend::images::{ImagesSource, Upcoming};
use crate::backend::pages::{PageError, PageRequest, Pages};
use crate::clock::Clock;
use crate::domain::fault::Fault;
use crate::domain::listing::{ListedImage, ListedStatus};
use crate::text::safe::SafeText;

/// The least time between two descriptions of stacks.
const BETWEEN_DESCRIPTIONS: Duration = Duration::from_millis(500);
/// The kinds of request, the most urgent one first; then the descriptions of stacks.
const STACKS: usize = 0;
const AMIS: usize = 1;
const KINDS: usize = 3;

#[derive(Debug)]
pub(crate) struct DirectImages {
    client: Client,
    region: SafeText,
    /// Those that may be images.
    stacks: Pages<StackSummary>,
    amis: Pages<ListedImage>,
    /// The stacks whose tags are known: the image's id and version where ParallelCluster made it.
    known: HashMap<String, Option<Tags>>,
    /// The stacks whose description failed, and how often: the others come first.
    failed: HashMap<String, usize>,
    described_at: Option<Instant>,
    /// Whether the descriptions are refused.
    refused: bool,
}

#[derive(Clone, Debug)]
struct Tags {
    image_id: SafeText,
    version: Option<SafeText>,
}

impl DirectImages {
    pub(crate) fn new(settings: Settings, clock: Clock) -> Self {
        let region = SafeText::new(&settings.region);
        let client = Direct::client(YOUR_IMAGES, settings, clock);
        Self::with_client(client, region)
    }

    /// The images of an AWS that knows one signer: the simulated one.
    pub(crate) fn with_signer(
        endpoints: Endpoints,
        fixed: Fixed,
        shared: Shared,
        clock: Clock,
    ) -> Self {
        let region = SafeText::new(&fixed.0.region);
        let identity = IdentityCache::new(fixed);
        let client = Client::new(YOUR_IMAGES, endpoints, identity, shared, None, clock);
        Self::with_client(client, region)
    }

    fn with_client(client: Client, region: SafeText) -> Self {
        Self {
            client,
            region,
            stacks: Pages::default(),
            amis: Pages::default(),
            known: HashMap::new(),
            failed: HashMap::new(),
            described_at: None,
            refused: false,
        }
    }

    async fn list_stacks(&mut self, page: &PageRequest) -> Result<(), Fault> {
        let call = Call {
            operation: Operation::ListStacks,
            region: None,
            about: YOUR_IMAGES,
            parameters: &cloudformation::list_stacks(page.token()),
            json: None,
        };
        let answer = self.client.call(call, cloudformation::summaries).await;
        let page = answer.map_err(page_error).map(|(mut stacks, next)| {
            stacks.retain(|stack| may_be_an_image(&stack.name));
            (stacks, next)
        });
        self.stacks.take(page)
    }

    /// The stacks that may be images, each once.
    fn candidates(&self) -> impl Iterator<Item = &StackSummary> {
        let mut seen = HashSet::new();
        let stacks = self.stacks.iter();
        stacks.filter(move |stack| seen.insert(stack.id.as_str()))
    }

    /// The next stack to describe: the newest one. The pages come in no documented order.
    fn undescribed(&self) -> Option<&StackSummary> {
        if self.refused {
            return None;
        }
        let unknown = self
            .candidates()
            .filter(|stack| !self.known.contains_key(&stack.id));
        unknown.min_by_key(|stack| {
            let failures = self.failed.get(&stack.id).copied().unwrap_or(0);
            (failures, std::cmp::Reverse(stack.created))
        })
    }

    async fn describe(&mut self, stack: &str) -> Result<(), Fault> {
        self.described_at = Some(Instant::now());
        let call = Call {
            operation: Operation::DescribeStacks,
            region: None,
            about: stack,
            parameters: &cloudformation::describe_stacks(stack),
            json: None,
        };
        let described = match self.client.call(call, cloudformation::stack).await {
            Ok(described) => described,
            Err(Refusal::Absent) => None,
            Err(refusal) => {
                let fault = fault(refusal);
                if fault.kind.may_pass() {
                    *self.failed.entry(stack.to_owned()).or_default() += 1;
                } else {
                    // The others are refused for the same reason.
                    self.refused = true;
                }
                return Err(fault);
            }
        };
        let tags = described.and_then(|described| {
            Some(Tags {
                image_id: SafeText::new(described.image_id.as_deref()?),
                version: described.version.as_deref().map(SafeText::new),
            })
        });
        self.failed.remove(stack);
        self.known.insert(stack.to_owned(), tags);
        Ok(())
    }

    fn row(&self, stack: &StackSummary, tags: Tags) -> Option<ListedImage> {
        Some(ListedImage {
            status: ListedStatus::of_stack(&stack.status)?,
            image_id: tags.image_id,
            region: Some(self.region.clone()),
            since: stack.created,
            version: tags.version,
            ami_id: None,
            stack_id: Some(SafeText::new(&stack.id)),
            stack_status: Some(SafeText::new(&stack.status)),
        })
    }

    async fn list_amis(&mut self, page: &PageRequest) -> Result<(), Fault> {
        let call = Call {
            operation: Operation::DescribeImages,
            region: None,
            about: YOUR_IMAGES,
            parameters: &ec2::list_images(page.token()),
            json: None,
        };
        let answer = self.client.call(call, ec2::listed).await;
        let row = |ami: ec2::TaggedAmi| {
            let tags = ami.ami.tags.iter();
            let mut tags = tags.filter(|(key, _)| key.as_str() == cloudformation::VERSION_TAG);
            Some(ListedImage {
                image_id: SafeText::new(ami.image_id.as_deref()?),
                region: Some(self.region.clone()),
                status: ListedStatus::Available,
                since: ami.created,
                version: tags.next().map(|(_, version)| version.clone()),
                ami_id: Some(ami.ami.id),
                stack_id: None,
                stack_status: None,
            })
        };
        let page = answer
            .map_err(page_error)
            .map(|(amis, next)| (amis.into_iter().filter_map(row).collect(), next));
        self.amis.take(page)
    }
}

impl ImagesSource for DirectImages {
    fn kinds(&self) -> usize {
        KINDS
    }

    fn begin(&mut self, kind: usize) {
        match kind {
            STACKS => {
                self.stacks.begin();
                // The user may have got the permission since.
                self.refused = false;
            }
            AMIS => self.amis.begin(),
            _ => {}
        }
    }

    async fn next(&mut self, kind: usize) -> Result<(), Fault> {
        match kind {
            STACKS => match self.stacks.next().cloned() {
                Some(page) => self.list_stacks(&page).await,
                None => Ok(()),
            },
            AMIS => match self.amis.next().cloned() {
                Some(page) => self.list_amis(&page).await,
                None => Ok(()),
            },
            _ => match self.undescribed().map(|stack| stack.id.clone()) {
                Some(stack) => self.describe(&stack).await,
                None => Ok(()),
            },
        }
    }

    fn upcoming(&self, kind: usize) -> Option<Upcoming> {
        let (is_due, operation) = match kind {
            STACKS => (self.stacks.next().is_some(), Operation::ListStacks),
            AMIS => (self.amis.next().is_some(), Operation::DescribeImages),
            _ => (self.undescribed().is_some(), Operation::DescribeStacks),
        };
        let described_at = self
            .described_at
            .filter(|_| operation == Operation::DescribeStacks);
        is_due.then(|| Upcoming {
            endpoint: self.client.endpoint(operation),
            not_before: described_at.map(|last| last + BETWEEN_DESCRIPTIONS),
        })
    }

    fn rows(&self) -> Vec<ListedImage> {
        let stacks = self.candidates().filter_map(|stack| {
            let tags = self.known.get(&stack.id)?.clone()?;
            self.row(stack, tags)
        });
        stacks.chain(self.amis.iter().cloned()).collect()
    }

    fn region(&self) -> Option<SafeText> {
        Some(self.region.clone())
    }

    fn looked_at(&self) -> Option<(usize, usize)> {
        let (mut all, mut known) = (0, 0);
        for stack in self.candidates() {
            all += 1;
            known += usize::from(self.known.contains_key(&stack.id));
        }
        (known < all).then_some((known, all))
    }

    fn take_requests(&mut self) -> Vec<Asked> {
        self.client.take_requests()
    }
}

fn page_error(refusal: Refusal) -> PageError {
    match refusal {
        Refusal::TokenRejected(fault) => PageError::TokenRejected(fault),
        other => PageError::Fault(fault(other)),
    }
}

fn fault(refusal: Refusal) -> Fault {
    match refusal {
        Refusal::Fault(fault) | Refusal::Rejected(fault) | Refusal::TokenRejected(fault) => fault,
        Refusal::Absent => Fault {
            kind: crate::domain::fault::FaultKind::Malformed,
            message: SafeText::new("failed to list your images: the service found nothing"),
            hint: None,
            request_id: None,
        },
    }
}

/// ParallelCluster names the stack as the image.
fn may_be_an_image(name: &str) -> bool {
    let begins_with_letter = name.starts_with(|first: char| first.is_ascii_alphabetic());
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    begins_with_letter && name.bytes().all(plain)
}
