//! The list of images over AWS directly: the stacks of builds from CloudFormation, and the AMIs from EC2.
//!
//! CloudFormation has no filter by tag. A stack that is not known yet is described once, newest first and at most two a
//! second; what its tags say is kept, so a later round of the list costs two requests.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use tokio::time::Instant;

use crate::aws::credentials::fixed::Fixed;
use crate::aws::credentials::identity::IdentityCache;
use crate::aws::endpoints::Endpoints;
use crate::aws::operation::Operation;
use crate::aws::shared::Shared;
use crate::aws::tls::TlsError;
use crate::backend::direct::client::{Call, Client, Refusal};
use crate::backend::direct::cloudformation::{self, StackSummary};
use crate::backend::direct::{Direct, Settings, ec2};
use crate::backend::{Asked, ImagesSource, Upcoming};
use crate::clock::Clock;
use crate::domain::fault::Fault;
use crate::domain::listing::{ListedImage, ListedStatus};
use crate::text::safe::SafeText;

/// The least time between two descriptions of stacks.
const BETWEEN_DESCRIPTIONS: Duration = Duration::from_millis(500);
/// The pages that are read at most: a busy account has many stacks.
const LONGEST_LIST: usize = 20;
/// The subject of its requests, in messages.
const SUBJECT: &str = "your images";

/// The next request of a round.
#[derive(Debug)]
enum Next {
    Stacks(Option<String>),
    Amis(Option<String>),
    Describe(StackSummary),
}

#[derive(Debug)]
pub(crate) struct DirectImages {
    client: Client,
    region: SafeText,
    next: VecDeque<Next>,
    pages: usize,
    /// The stacks whose tags are known: the image's id and version where ParallelCluster made it.
    known: HashMap<String, Option<Tags>>,
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
    pub(crate) fn new(settings: Settings, clock: Clock) -> Result<Self, TlsError> {
        let region = SafeText::new(&settings.region);
        let client = Direct::client(SUBJECT, settings, clock)?;
        Ok(Self::with_client(client, region))
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
        let client = Client::new(SUBJECT, endpoints, identity, shared, None, clock);
        Self::with_client(client, region)
    }

    fn with_client(client: Client, region: SafeText) -> Self {
        Self {
            client,
            region,
            next: VecDeque::new(),
            pages: 0,
            known: HashMap::new(),
            described_at: None,
            refused: false,
        }
    }

    /// How many stacks are still to be described, two a second.
    pub(crate) fn undescribed(&self) -> usize {
        let is_description = |next: &&Next| matches!(next, Next::Describe(_));
        self.next.iter().filter(is_description).count()
    }

    async fn stacks(&mut self, token: Option<String>) -> Result<Vec<ListedImage>, Fault> {
        let call = Call {
            operation: Operation::ListStacks,
            region: None,
            about: SUBJECT,
            parameters: &cloudformation::list_stacks(token.as_deref()),
            json: None,
        };
        let page = self.client.call(call, cloudformation::summaries).await;
        let (mut stacks, next) = page.map_err(fault)?;
        self.pages += 1;
        stacks.sort_by_key(|stack| std::cmp::Reverse(stack.created));
        let mut rows = Vec::new();
        for stack in stacks {
            match self.known.get(&stack.id) {
                Some(tags) => rows.extend(tags.clone().and_then(|tags| self.row(&stack, tags))),
                None if may_be_an_image(&stack.name) && !self.refused => {
                    self.next.push_back(Next::Describe(stack));
                }
                None => {}
            }
        }
        if let Some(token) = next.filter(|_| self.pages < LONGEST_LIST) {
            self.next.push_front(Next::Stacks(Some(token)));
        }
        // The pages come in no documented order.
        let mut waiting: Vec<_> = self.next.drain(..).collect();
        waiting.sort_by_key(|next| match next {
            Next::Stacks(_) | Next::Amis(_) => (0, std::cmp::Reverse(None)),
            Next::Describe(stack) => (1, std::cmp::Reverse(stack.created)),
        });
        self.next = waiting.into();
        Ok(rows)
    }

    async fn describe(&mut self, stack: &StackSummary) -> Result<Vec<ListedImage>, Fault> {
        self.described_at = Some(Instant::now());
        let call = Call {
            operation: Operation::DescribeStacks,
            region: None,
            about: &stack.id,
            parameters: &cloudformation::describe_stacks(&stack.id),
            json: None,
        };
        let described = match self.client.call(call, cloudformation::stack).await {
            Ok(described) => described,
            Err(Refusal::Absent) => None,
            Err(refusal) => return Err(fault(refusal)),
        };
        let tags = described.and_then(|described| {
            Some(Tags {
                image_id: SafeText::new(described.image_id.as_deref()?),
                version: described.version.as_deref().map(SafeText::new),
            })
        });
        self.known.insert(stack.id.clone(), tags.clone());
        Ok(tags
            .and_then(|tags| self.row(stack, tags))
            .into_iter()
            .collect())
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

    async fn amis(&mut self, token: Option<String>) -> Result<Vec<ListedImage>, Fault> {
        let call = Call {
            operation: Operation::DescribeImages,
            region: None,
            about: SUBJECT,
            parameters: &ec2::list_images(token.as_deref()),
            json: None,
        };
        let page = self.client.call(call, ec2::listed).await;
        let (amis, next) = page.map_err(fault)?;
        if let Some(token) = next {
            self.next.push_front(Next::Amis(Some(token)));
        }
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
        Ok(amis.into_iter().filter_map(row).collect())
    }
}

impl ImagesSource for DirectImages {
    fn begin(&mut self) {
        self.pages = 0;
        // The user may have got the permission since.
        self.refused = false;
        self.next = [Next::Stacks(None), Next::Amis(None)].into();
    }

    async fn next(&mut self) -> Option<Result<Vec<ListedImage>, Fault>> {
        let (again, rows) = match self.next.pop_front()? {
            Next::Stacks(token) => (Next::Stacks(token.clone()), self.stacks(token).await),
            Next::Amis(token) => (Next::Amis(token.clone()), self.amis(token).await),
            Next::Describe(stack) => {
                let rows = self.describe(&stack).await;
                (Next::Describe(stack), rows)
            }
        };
        if let Err(fault) = &rows {
            if fault.kind.may_pass() {
                self.next.push_front(again);
            } else if matches!(again, Next::Describe(_)) {
                // The others are refused for the same reason.
                self.refused = true;
                self.next.retain(|next| !matches!(next, Next::Describe(_)));
            }
        }
        Some(rows)
    }

    fn upcoming(&self) -> Option<Upcoming> {
        let (operation, not_before) = match self.next.front()? {
            Next::Stacks(_) => (Operation::ListStacks, None),
            Next::Amis(_) => (Operation::DescribeImages, None),
            Next::Describe(_) => {
                let next = self.described_at.map(|last| last + BETWEEN_DESCRIPTIONS);
                (Operation::DescribeStacks, next)
            }
        };
        Some(Upcoming {
            endpoint: self.client.endpoint(operation),
            not_before,
        })
    }

    fn take_requests(&mut self) -> Vec<Asked> {
        self.client.take_requests()
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
