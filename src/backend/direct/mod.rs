//! A build read from AWS directly, with the user's own credentials: events from CloudFormation, and the image from
//! CloudFormation, Image Builder and EC2 together.
//!
//! ```text
//!  events ─► DescribeStackEvents (by ARN once it is known; ListStacks finds a deleted stack) ─► cloudformation ─► page
//!  image ─┬► DescribeStacks ────► cloudformation ─┐
//!         ├► GetImage ──────────► imagebuilder ───┼─► description ─► ImageAnswer
//!         └► DescribeImages ────► ec2 ────────────┘
//! ```
//! `client` signs and sends each request. A refused action is not tried again before the user retries, and the image is
//! described from the others. Only `aws::operation`'s calls are ever made.

mod client;
mod cloudformation;
mod description;
mod ec2;
mod imagebuilder;
mod query;

use std::path::PathBuf;
use std::time::Duration;

use chrono::TimeDelta;
use tokio::time::Instant;

use crate::aws::credentials::chain::{AwsChain, SigningChain};
use crate::aws::credentials::identity::IdentityCache;
use crate::aws::endpoints::Endpoints;
use crate::aws::operation::Operation;
use crate::aws::tls::{CaBundle, TlsError};
use crate::backend::direct::client::{Call, Client, Refusal};
use crate::backend::direct::cloudformation::Stack;
use crate::backend::direct::description::Parts;
use crate::backend::direct::ec2::{Lookup, TaggedAmi};
use crate::backend::parallelcluster::ImageId;
use crate::backend::{
    EventSource, EventsError, EventsPage, EventsResponse, ImageSource, NextToken, Source,
};
use crate::clock::Clock;
use crate::domain::facts::IMAGE_RESOURCE;
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::image::ImageAnswer;
use crate::domain::stack_event::{StackEvent, StackId};
use crate::text::safe::SafeText;

/// The pages of deleted stacks to search: a busy account has thousands.
const LONGEST_LIST: usize = 20;
/// How often the name of a deleted stack is looked up again: the image may be built once more.
const NAME_INTERVAL: Duration = Duration::from_secs(5);
/// How often and how long nothing must have been found before that is believed: a new stack's name is not known
/// everywhere at once.
const ABSENT_TIMES: u32 = 3;
const ABSENT_FOR: Duration = Duration::from_secs(15);

/// The image, the region, and the credentials.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) image_id: ImageId,
    pub(crate) region: String,
    pub(crate) endpoints: Endpoints,
    /// The profile to use instead of the environment's keys.
    pub(crate) profile: Option<String>,
    /// A role to assume first.
    pub(crate) role_arn: Option<String>,
    /// A PEM file of certificates to trust besides the platform's.
    pub(crate) ca_bundle: Option<PathBuf>,
}

/// The reads of one image's build.
#[derive(Debug)]
pub(crate) struct Direct {
    client: Client,
    image_id: String,
    region: String,
    known: Known,
    /// The refused calls.
    refused: Vec<(Operation, Fault)>,
    name_looked_up: Option<Instant>,
    deleted_looked_up: Option<Instant>,
    /// When nothing was found first, and how often since.
    absent: Option<(Instant, u32)>,
}

/// The facts about the build that later requests depend on.
#[derive(Debug, Default)]
struct Known {
    /// The stack whose events are read, by its ARN from then on.
    stack: Option<StackId>,
    /// The name or the ARN of the walk in progress: a page token belongs to it.
    walk: String,
    /// The stack does not exist any more.
    stack_is_gone: bool,
    image_arn: Option<String>,
    resource_is_complete: bool,
    /// The last answer of GetImage.
    builder: Option<imagebuilder::Image>,
}

impl Direct {
    /// A client for one image. Reads the CA bundle; uses neither the network nor the credential chain yet.
    pub(crate) fn new(settings: Settings, clock: Clock) -> Result<Self, TlsError> {
        let bundle = settings.ca_bundle.as_deref().map(CaBundle::read);
        let bundle = bundle.transpose()?;
        let identity = IdentityCache::new(AwsChain {
            profile: settings.profile,
            region: Some(settings.region.clone()),
            signing: Some(SigningChain {
                region: Some(settings.region.clone()),
                role_arn: settings.role_arn,
                tls: bundle.as_ref().map(CaBundle::sdk_context).transpose()?,
            }),
        });
        let image_id = settings.image_id.as_str().to_owned();
        let endpoints = &settings.endpoints;
        Ok(Self {
            client: Client::new(&image_id, endpoints, identity, bundle.as_ref(), clock)?,
            image_id,
            region: settings.region,
            known: Known::default(),
            refused: Vec::new(),
            name_looked_up: None,
            deleted_looked_up: None,
            absent: None,
        })
    }

    async fn page(
        &mut self,
        stack: &str,
        token: Option<&NextToken>,
    ) -> Result<EventsPage, Refusal> {
        let call = Call {
            operation: Operation::DescribeStackEvents,
            about: stack,
            parameters: &cloudformation::describe_stack_events(stack, token),
        };
        self.client.call(call, cloudformation::events).await
    }

    /// The newest page. A deleted stack is read by its ARN, and its name looked up now and then for the next one.
    async fn newest(&mut self) -> Result<EventsPage, Refusal> {
        let name = self.image_id.clone();
        let Some(stack) = self.known.stack.clone() else {
            self.known.walk.clone_from(&name);
            return match self.page(&name, None).await {
                Err(Refusal::Absent) => self.newest_of_deleted().await,
                other => other,
            };
        };
        if self.known.stack_is_gone && is_due(&mut self.name_looked_up, NAME_INTERVAL) {
            let page = self.page(&name, None).await;
            if let Some(next) = page.ok().filter(|page| is_of_another(page, &stack)) {
                self.known = Known {
                    walk: name,
                    ..Known::default()
                };
                return Ok(next);
            }
        }
        stack.as_str().clone_into(&mut self.known.walk);
        self.page(stack.as_str(), None).await
    }

    /// The newest page of the last deleted stack of this name.
    async fn newest_of_deleted(&mut self) -> Result<EventsPage, Refusal> {
        let is_due = is_due(&mut self.deleted_looked_up, ABSENT_FOR);
        let found = if is_due {
            self.deleted_stack().await
        } else {
            None
        };
        let stack = found.ok_or(Refusal::Absent)?;
        stack.as_str().clone_into(&mut self.known.walk);
        self.known.stack_is_gone = true;
        self.name_looked_up = Some(Instant::now());
        let page = self.page(stack.as_str(), None).await;
        self.known.stack = Some(stack);
        page
    }

    /// A failure here costs the events of a build that has ended, so it is not the watch's failure.
    async fn deleted_stack(&mut self) -> Option<StackId> {
        let mut token: Option<String> = None;
        for _ in 0..LONGEST_LIST {
            let name = self.image_id.clone();
            let call = Call {
                operation: Operation::ListStacks,
                about: &name,
                parameters: &cloudformation::list_deleted_stacks(token.as_deref()),
            };
            let read = |body: &[u8]| cloudformation::deleted(&name, body);
            let (found, next) = match self.client.call(call, read).await {
                Ok(page) => page,
                Err(refusal) => {
                    tracing::debug!(?refusal, "no list of deleted stacks");
                    return None;
                }
            };
            if found.is_some() {
                return found;
            }
            token = Some(next?);
        }
        None
    }

    /// Takes note of what the events say about the stack and the image.
    fn note(&mut self, page: &EventsPage) {
        let Some(newest) = page.events.first() else {
            return;
        };
        let known = &mut self.known;
        if known
            .stack
            .as_ref()
            .is_some_and(|stack| *stack != newest.stack_id)
        {
            known.forget_build();
        }
        known.stack = Some(newest.stack_id.clone());
        for event in page
            .events
            .iter()
            .filter(|event| event.stack_id == newest.stack_id)
        {
            known.note_event(event);
        }
    }

    /// A call that describes the image. `Ok(None)`: the service has nothing. A refusal is remembered.
    async fn part<T>(
        &mut self,
        call: Call<'_>,
        read: impl FnOnce(&[u8]) -> Result<T, query::ForeignBody>,
    ) -> Result<Option<T>, Fault> {
        if self.refusal(call.operation).is_some() {
            return Ok(None);
        }
        match self.client.call(call, read).await {
            Ok(part) => Ok(Some(part)),
            Err(Refusal::Absent) => Ok(None),
            Err(Refusal::Fault(fault)) if fault.kind == FaultKind::Denied => {
                tracing::warn!(%fault, "refused");
                self.refused.push((call.operation, fault));
                Ok(None)
            }
            Err(Refusal::Fault(fault) | Refusal::TokenRejected(fault)) => Err(fault),
        }
    }

    fn refusal(&self, operation: Operation) -> Option<&Fault> {
        let mut refused = self.refused.iter();
        let found = refused.find(|(refused, _)| *refused == operation);
        found.map(|(_, fault)| fault)
    }

    async fn describe_stack(&mut self) -> Result<Option<Stack>, Fault> {
        if self.known.stack_is_gone {
            return Ok(None);
        }
        let known = self.known.stack.as_ref();
        let stack = known.map_or_else(|| self.image_id.clone(), |stack| stack.as_str().to_owned());
        let call = Call {
            operation: Operation::DescribeStacks,
            about: &stack,
            parameters: &cloudformation::describe_stacks(&stack),
        };
        let stack = self.part(call, cloudformation::stack).await?.flatten();
        Ok(stack.filter(|stack| stack.status.as_deref() != Some("DELETE_COMPLETE")))
    }

    /// Asks Image Builder until the image has its last state: its record dies with the stack.
    async fn describe_builder(&mut self) -> Result<(), Fault> {
        let ended = self
            .known
            .builder
            .as_ref()
            .is_some_and(imagebuilder::Image::has_ended);
        let Some(arn) = self.known.image_arn.clone().filter(|_| !ended) else {
            return Ok(());
        };
        let call = Call {
            operation: Operation::GetImage,
            about: &arn,
            parameters: &imagebuilder::get_image(&arn),
        };
        if let Some(image) = self.part(call, imagebuilder::image).await? {
            self.known.builder = Some(image);
        }
        Ok(())
    }

    /// Looks the AMI up, where it may exist.
    async fn find_ami(&mut self) -> Result<Option<TaggedAmi>, Fault> {
        let mut lookups = vec![Lookup::ImageId(self.image_id.clone())];
        lookups.extend(self.known.image_arn.clone().map(Lookup::ImageArn));
        let outputs = self.known.builder.iter().flat_map(|image| &image.outputs);
        let here = outputs.filter(|output| output.region.as_deref() == Some(&self.region));
        lookups.extend(
            here.filter_map(|output| output.image.clone())
                .map(Lookup::Ami),
        );
        for lookup in lookups {
            let name = self.image_id.clone();
            let call = Call {
                operation: Operation::DescribeImages,
                about: &name,
                parameters: &ec2::describe_images(&lookup),
            };
            let found = self.part(call, ec2::images).await?.unwrap_or_default();
            let arn = self.known.image_arn.as_deref();
            let mut found = found.into_iter();
            let own = found.find(|image| !image.ami.is_of_another_image(arn));
            if own.is_some() {
                return Ok(own);
            }
        }
        Ok(None)
    }

    /// Whether the AMI may exist: the build is not simply running.
    fn may_have_ami(&self, stack: Option<&Stack>) -> bool {
        let is_made = self
            .known
            .builder
            .as_ref()
            .is_some_and(imagebuilder::Image::was_made);
        let is_running = |stack: &Stack| stack.status.as_deref() == Some("CREATE_IN_PROGRESS");
        is_made || self.known.resource_is_complete || !stack.is_some_and(is_running)
    }

    /// Whether that nothing was found is to be believed.
    fn believes_absence(&mut self) -> bool {
        let (since, times) = self.absent.get_or_insert_with(|| (Instant::now(), 0));
        *times += 1;
        self.known.stack.is_some() || (*times >= ABSENT_TIMES && since.elapsed() >= ABSENT_FOR)
    }
}

impl Known {
    fn forget_build(&mut self) {
        *self = Self {
            walk: std::mem::take(&mut self.walk),
            ..Self::default()
        };
    }

    fn note_event(&mut self, event: &StackEvent) {
        self.stack_is_gone |= event.is_root && event.status.as_str() == "DELETE_COMPLETE";
        if event.logical_id.as_str() != IMAGE_RESOURCE {
            return;
        }
        self.resource_is_complete |= event.status.as_str() == "CREATE_COMPLETE";
        let arn = event.physical_id.as_ref().map(SafeText::as_str);
        if let Some(arn) = arn.filter(|arn| arn.contains(":imagebuilder:")) {
            self.image_arn = Some(arn.to_owned());
        }
    }
}

/// Whether it is time again; then it is the last time.
fn is_due(last: &mut Option<Instant>, interval: Duration) -> bool {
    let is_due = last.is_none_or(|last| last.elapsed() >= interval);
    if is_due {
        *last = Some(Instant::now());
    }
    is_due
}

fn is_of_another(page: &EventsPage, stack: &StackId) -> bool {
    page.events
        .first()
        .is_some_and(|event| event.stack_id != *stack)
}

impl EventSource for Direct {
    async fn events(&mut self, token: Option<&NextToken>) -> Result<EventsResponse, EventsError> {
        let page = match token {
            Some(_) => {
                let walk = self.known.walk.clone();
                self.page(&walk, token).await
            }
            None => self.newest().await,
        };
        match page {
            Ok(page) => {
                self.note(&page);
                Ok(EventsResponse::Page(page))
            }
            Err(Refusal::Absent) => {
                self.known.stack_is_gone |= self.known.stack.is_some();
                Ok(EventsResponse::Gone)
            }
            Err(Refusal::TokenRejected(fault)) => Err(EventsError::TokenRejected(fault)),
            Err(Refusal::Fault(fault)) => Err(EventsError::Fault(fault)),
        }
    }
}

impl ImageSource for Direct {
    async fn image(&mut self) -> Result<ImageAnswer, Fault> {
        let stack = self.describe_stack().await?;
        self.describe_builder().await?;
        let ami = if self.may_have_ami(stack.as_ref()) {
            self.find_ami().await?
        } else {
            None
        };
        let answer = description::answer(&Parts {
            region: &self.region,
            stack: stack.as_ref(),
            builder: self.known.builder.as_ref(),
            ami: ami.as_ref(),
            resource_is_complete: self.known.resource_is_complete,
            ec2_is_refused: self.refusal(Operation::DescribeImages).is_some(),
        });
        if answer != ImageAnswer::Absent {
            self.absent = None;
            return Ok(answer);
        }
        // A refused call may be the one that would find it.
        let refused = [Operation::DescribeImages, Operation::DescribeStacks];
        let deciding = if self.known.stack_is_gone {
            &refused[..1]
        } else {
            &refused[..]
        };
        if let Some(fault) = deciding
            .iter()
            .find_map(|operation| self.refusal(*operation))
        {
            return Err(fault.clone());
        }
        if self.believes_absence() {
            return Ok(answer);
        }
        let context = self.client.context(Operation::DescribeStacks);
        let why =
            "there is no stack or AMI of this name yet; AWS may not know a new one everywhere";
        Err(context.fault(FaultKind::Transient, why))
    }
}

impl Source for Direct {
    type Image = Self;

    fn image_source(&mut self) -> Option<&mut Self> {
        Some(self)
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
