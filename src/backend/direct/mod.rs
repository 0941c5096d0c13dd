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
mod events;
mod imagebuilder;
mod known;
mod parts;
mod query;

use std::path::PathBuf;
use std::time::Duration;

use chrono::TimeDelta;
use tokio::time::Instant;

use crate::aws::credentials::chain::{AwsChain, SigningChain};
use crate::aws::credentials::identity::IdentityCache;
use crate::aws::credentials::mfa::MfaSessions;
use crate::aws::endpoints::Endpoints;
use crate::aws::operation::Operation;
use crate::aws::tls::{CaBundle, TlsError};
use crate::backend::direct::client::{Client, Refusal};
use crate::backend::direct::description::Parts;
use crate::backend::direct::known::Known;
use crate::backend::parallelcluster::ImageId;
use crate::backend::{EventSource, EventsError, EventsResponse, ImageSource, NextToken, Source};
use crate::clock::Clock;
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::image::ImageAnswer;

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
    /// The external id that the role asks for.
    pub(crate) external_id: Option<String>,
    pub(crate) mfa: MfaSessions,
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
                external_id: settings.external_id,
                mfa: settings.mfa,
                bundle: bundle.clone(),
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
                self.known.note(&page);
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
