//! A build read from AWS directly, with the user's own credentials: events from CloudFormation, and the image from
//! CloudFormation, Image Builder and EC2 together.
//!
//! ```text
//!  events ─► DescribeStackEvents (by ARN once it is known; ListStacks finds a deleted stack) ─► cloudformation ─► page
//!  image ─┬► DescribeStacks ────► cloudformation ─┐
//!         ├► GetImage ──────────► imagebuilder ───┼─► description ─► ImageAnswer
//!         └► DescribeImages ────► ec2 ────────────┘
//!  steps ─► ListWorkflowExecutions, ListWorkflowStepExecutions ─► workflows ─► StepsAnswer
//! ```
//! `client` signs and sends each request. A refused action is not tried again before the user retries, and the image is
//! described from the others. Only `aws::operation`'s calls are ever made.

pub(crate) mod check;
mod client;
mod cloudformation;
mod description;
mod ec2;
mod events;
mod imagebuilder;
pub(crate) mod images;
mod known;
mod last_page;
mod log;
mod parts;
mod query;
mod workflows;

use std::path::PathBuf;
use std::time::Duration;

use chrono::TimeDelta;
use tokio::time::{Instant, timeout};

use crate::aws::credentials::chain::{AwsChain, SigningChain};
use crate::aws::credentials::fixed::Fixed;
use crate::aws::credentials::identity::IdentityCache;
use crate::aws::credentials::mfa::MfaSessions;
use crate::aws::endpoints::Endpoints;
use crate::aws::operation::Operation;
use crate::aws::shared::{IdentityOf, Shared};
use crate::backend::direct::client::{Client, Refusal};
use crate::backend::direct::cloudformation::Stack;
use crate::backend::direct::description::Parts;
use crate::backend::direct::ec2::TaggedAmi;
use crate::backend::direct::known::Known;
use crate::backend::direct::last_page::LastPage;
use crate::backend::direct::parts::Amis;
use crate::backend::{
    Asked, Endpoint, EventSource, EventsError, EventsPage, EventsResponse, ImageSource, NextToken,
    Source,
};
use crate::clock::Clock;
use crate::domain::fault::Fault;
use crate::domain::image::{FailureContext, ImageAnswer};
use crate::domain::observation::Stream;
use crate::domain::stack_event::{EventReader, StackId};
use crate::text::safe::SafeText;

/// How often and how long nothing must have been found before that is believed: a new stack's name is not known
/// everywhere at once.
const ABSENT_TIMES: u32 = 3;
const ABSENT_FOR: Duration = Duration::from_secs(15);
/// How often Image Builder is asked while it builds: the description of a running build is that request alone.
const IMAGE_INTERVAL: Duration = Duration::from_secs(10);
/// ParallelCluster tags the AMI this soon after it was made, or not at all.
const TAGGED_AFTER: Duration = Duration::from_mins(5);
/// How long the account of the credentials is waited for, before nothing is said of it.
const LONGEST_LOOKUP: Duration = Duration::from_secs(5);

/// The image, the region, and the credentials.
#[derive(Debug)]
pub(crate) struct Settings {
    /// The image's id, which is its stack's name.
    pub(crate) image_id: String,
    /// The one stack to watch, instead of any of this name.
    pub(crate) stack: Option<StackId>,
    /// `--wait`: a build that has ended is not of interest.
    pub(crate) waits: bool,
    pub(crate) region: String,
    pub(crate) endpoints: Endpoints,
    /// The profile to use instead of the environment's keys.
    pub(crate) profile: Option<String>,
    /// A role to assume first.
    pub(crate) role_arn: Option<String>,
    /// The external id that the role asks for.
    pub(crate) external_id: Option<String>,
    pub(crate) mfa: MfaSessions,
    /// What the builds of a program have in common.
    pub(crate) shared: Shared,
    /// A PEM file of certificates to trust besides the platform's.
    pub(crate) ca_bundle: Option<PathBuf>,
}

/// The reads of one image's build.
#[derive(Debug)]
pub(crate) struct Direct {
    client: Client,
    image_id: String,
    /// The one stack to watch.
    stack: Option<StackId>,
    waits: bool,
    /// Whether the build log may be asked for.
    pub(crate) reads_log: bool,
    region: String,
    reader: EventReader,
    last_page: LastPage,
    known: Known,
    /// The refused calls.
    refused: Vec<(Operation, Fault)>,
    /// Those that were not reported yet.
    untold: Vec<Fault>,
    /// Whether the account of the credentials was asked for.
    knows_account: bool,
    /// That account, until it is told.
    account: Option<SafeText>,
    name_looked_up: Option<Instant>,
    deleted_looked_up: Option<Instant>,
    /// The answers that there is no stack of this name, and that there is nothing at all.
    name_absent: Absence,
    absent: Absence,
}

/// For how long, and how often, something was not found.
#[derive(Debug, Default)]
struct Absence(Option<(Instant, u32)>);

impl Absence {
    /// Notes another such answer. Whether it is to be believed.
    fn note(&mut self) -> bool {
        let (since, times) = self.0.get_or_insert_with(|| (Instant::now(), 0));
        *times += 1;
        *times >= ABSENT_TIMES && since.elapsed() >= ABSENT_FOR
    }
}

impl Direct {
    /// A client for one image. Reads the file of the CA bundle; uses neither the network nor the credential chain yet.
    pub(crate) fn new(settings: Settings, clock: Clock) -> Self {
        let (image_id, region) = (settings.image_id.clone(), settings.region.clone());
        let (stack, waits) = (settings.stack.clone(), settings.waits);
        let client = Self::client(&image_id, settings, clock);
        let direct = Self::with_client(client, &image_id, region);
        Self {
            known: Known::of(stack.clone()),
            stack,
            waits,
            ..direct
        }
    }

    /// The client of the settings' region; `subject` is what its messages are about.
    fn client(subject: &str, settings: Settings, clock: Clock) -> Client {
        let (bundle, shared) = (settings.ca_bundle.as_deref(), &settings.shared);
        let bundle = bundle.map(|path| shared.bundle(path));
        let of = IdentityOf {
            signed: true,
            in_region: true,
            profile: settings.profile.clone(),
            role_arn: settings.role_arn.clone(),
            external_id: settings.external_id.clone(),
        };
        let region = Some(settings.region);
        let chain = AwsChain {
            profile: settings.profile,
            region: region.clone(),
            signing: Some(SigningChain {
                region: region.clone(),
                role_arn: settings.role_arn,
                external_id: settings.external_id,
                mfa: settings.mfa,
                bundle: bundle.clone(),
            }),
        };
        let identity = settings
            .shared
            .identity(of, || IdentityCache::new(chain))
            .in_region(region.clone(), region);
        let (endpoints, shared) = (settings.endpoints, settings.shared);
        Client::new(subject, endpoints, identity, shared, bundle, clock)
    }

    /// The reads of a build in an AWS that knows one signer: the simulated one.
    pub(crate) fn with_signer(
        image_id: &str,
        endpoints: Endpoints,
        fixed: Fixed,
        shared: Shared,
        clock: Clock,
    ) -> Self {
        let region = fixed.0.region.clone();
        let identity = IdentityCache::new(fixed);
        let client = Client::new(image_id, endpoints, identity, shared, None, clock);
        Self::with_client(client, image_id, region)
    }

    fn with_client(client: Client, image_id: &str, region: String) -> Self {
        Self {
            client,
            image_id: image_id.to_owned(),
            stack: None,
            waits: false,
            reads_log: true,
            region,
            reader: EventReader::default(),
            last_page: LastPage::default(),
            known: Known::default(),
            refused: Vec::new(),
            untold: Vec::new(),
            knows_account: false,
            account: None,
            name_looked_up: None,
            deleted_looked_up: None,
            name_absent: Absence::default(),
            absent: Absence::default(),
        }
    }

    /// Takes note of a page that another backend has read.
    pub(crate) fn note(&mut self, page: &EventsPage, is_newest: bool) {
        self.known.note(page, is_newest);
    }

    /// Image Builder's account of a failure. A failed request has none; the next description asks again.
    pub(crate) async fn failure(&mut self) -> Option<FailureContext> {
        if let Err(fault) = self.describe_builder().await {
            tracing::debug!(%fault, "no account of the failure");
        }
        self.known.builder.as_ref()?.failure.clone()
    }

    /// Whether the stack of the ARN is not ParallelCluster's.
    fn is_any_stack(&self, stack: Option<&Stack>) -> bool {
        let by_tags = |stack: &Stack| !stack.hides_tags && stack.image_id.is_none();
        let by_events = self.known.is_whole && self.known.is_at_rest();
        let described = self.known.described.as_ref().or(stack);
        self.stack.is_some()
            && !self.known.has_image
            && described.is_some_and(|stack| by_tags(stack) || (stack.hides_tags && by_events))
    }

    /// The answer where nothing was found: a refused call may be the one that would find it.
    async fn nothing_found(&mut self) -> Result<ImageAnswer, Fault> {
        if let Some(fault) = self.refusal(Operation::DescribeImages) {
            return Err(fault.clone());
        }
        if self.hides_stack() {
            return Ok(description::hidden(&self.region));
        }
        Ok(if self.known.stack.is_none() && !self.absent.note() {
            ImageAnswer::NotYet
        } else if self.known.is_made() && self.known.image_arn.is_some() {
            ImageAnswer::Gone
        } else {
            if self.known.stack.is_none() && !self.knows_account {
                // The user is told where nothing was found.
                self.knows_account = true;
                let asked = timeout(LONGEST_LOOKUP, self.caller()).await;
                self.account = asked.ok().and_then(Result::ok).map(|caller| caller.account);
            }
            ImageAnswer::Absent
        })
    }

    /// Whether no permitted call tells whether there is a stack.
    fn hides_stack(&self) -> bool {
        let calls = [Operation::DescribeStackEvents, Operation::DescribeStacks];
        calls.into_iter().all(|call| self.refusal(call).is_some())
    }

    /// Whether ParallelCluster had the time to tag the AMI, and did not.
    fn misses_tag(&self, ami: Option<&TaggedAmi>) -> bool {
        let waited = |since: Instant| since.elapsed() >= TAGGED_AFTER;
        let tagged_before = |since: Instant| since.elapsed() >= IMAGE_INTERVAL;
        let is_late = self.known.stack_is_gone
            || self.known.deleting_since.is_some_and(tagged_before)
            || self.known.made_since.is_some_and(waited);
        is_late && ami.is_some_and(|ami| !ami.is_tagged)
    }
}

impl EventSource for Direct {
    async fn events(&mut self, token: Option<&NextToken>) -> Result<EventsResponse, EventsError> {
        let page = self.any_page(token).await;
        match page {
            Ok(page) => {
                self.name_absent = Absence::default();
                self.known.note(&page, token.is_none());
                Ok(EventsResponse::Page(page))
            }
            Err(Refusal::Absent) => {
                self.known.stack_is_gone |= self.known.stack.is_some();
                Ok(EventsResponse::Gone)
            }
            Err(Refusal::TokenRejected(fault)) => Err(EventsError::TokenRejected(fault)),
            Err(Refusal::Fault(fault) | Refusal::Rejected(fault)) => Err(EventsError::Fault(fault)),
        }
    }
}

impl ImageSource for Direct {
    async fn image(&mut self) -> Result<ImageAnswer, Fault> {
        let stack = self.describe_stack().await?;
        // The AMI decides alone where Image Builder can't be reached.
        let unreachable = self.describe_builder().await.err();
        if self.known.is_made() {
            self.known.made_since.get_or_insert_with(Instant::now);
        }
        if self.is_any_stack(stack.as_ref()) {
            let stack = self.known.described.clone().or(stack).unwrap_or_default();
            let stack = self.known.with_newest_status(stack);
            return Ok(description::any_stack(&self.region, &stack));
        }
        let amis = if self.may_have_ami(stack.as_ref()) {
            self.find_amis().await?
        } else {
            Amis::default()
        };
        if let Some(fault) = unreachable.filter(|_| amis.first.is_none()) {
            return Err(fault);
        }
        let answer = description::answer(&Parts {
            region: &self.region,
            stack: stack.as_ref(),
            stack_created: self
                .known
                .described
                .as_ref()
                .and_then(|stack| stack.created),
            hides_stack: self.hides_stack(),
            builder: self.known.builder.as_ref(),
            ami: amis.first.as_ref(),
            amis: &amis.all,
            resource_is_complete: self.known.resource_is_complete,
            ec2_is_refused: self.refusal(Operation::DescribeImages).is_some(),
            misses_tag: self.misses_tag(amis.first.as_ref()),
        });
        if answer == ImageAnswer::Absent {
            return self.nothing_found().await;
        }
        self.absent = Absence::default();
        let hides_tags = stack.is_some_and(|stack| stack.hides_tags);
        if hides_tags
            && amis.first.is_none()
            && self.known.is_whole
            && self.known.is_at_rest()
            && let Some(fault) = self.refusal(Operation::DescribeStacks)
        {
            // Only its tags would tell whose it was.
            return Err(fault.clone());
        }
        Ok(answer)
    }
}

impl Source for Direct {
    type Image = Self;
    type Steps = Self;

    fn step_source(&mut self) -> Option<&mut Self> {
        Some(self)
    }

    type Log = Self;

    fn log_source(&mut self) -> Option<&mut Self> {
        self.reads_log.then_some(self)
    }

    fn image_source(&mut self) -> Option<&mut Self> {
        Some(self)
    }

    fn endpoint(&self, stream: Stream) -> Endpoint {
        self.client.endpoint(match stream {
            Stream::Events | Stream::Images => Operation::DescribeStackEvents,
            Stream::Image => Operation::GetImage,
            Stream::Steps => Operation::ListWorkflowExecutions,
            Stream::Log => Operation::GetLogEvents,
        })
    }

    fn take_requests(&mut self) -> Vec<Asked> {
        self.client.take_requests()
    }

    fn image_interval(&self) -> Option<Duration> {
        Some(IMAGE_INTERVAL)
    }

    fn take_refusals(&mut self) -> Vec<Fault> {
        std::mem::take(&mut self.untold)
    }

    fn take_account(&mut self) -> Option<SafeText> {
        self.account.take()
    }

    fn clock_correction(&self) -> TimeDelta {
        self.client.clock_correction()
    }

    fn retry_now(&mut self) {
        self.client.forget_failure();
        self.refused.clear();
    }

    fn reconnect(&mut self) {
        self.client.reconnect();
    }
}
