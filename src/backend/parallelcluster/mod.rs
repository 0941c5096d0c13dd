//! The ParallelCluster API over HTTPS: events and descriptions of images.
//!
//! ```text
//!  ApiCall ─► identity ─► endpoint (URL) ─► signer ─► http ─► skew ─► wire ─► response ─► EventsResponse
//!                                                      └──► refusal (4xx, 5xx) ──┘        ImageAnswer
//! ```
//! Both calls are GET requests. A request is retried here only where the first attempt itself showed how to do better:
//! on a connection that was dead already, with a corrected date, with other credentials. All other retries are for
//! [`crate::poll`].

#[cfg(any(test, fuzzing))]
pub(crate) mod any_response;
pub(crate) mod endpoint;
pub(crate) mod images;
mod page;
pub(crate) mod refusal;
pub(crate) mod response;
pub(crate) mod wire;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::convert::Infallible;
use std::path::PathBuf;

use bytes::Bytes;
use chrono::TimeDelta;
use reqwest::header::HeaderMap;
use tokio::time::Instant;

use crate::aws::context::{RequestContext, YOUR_IMAGES};
use crate::aws::credentials::chain::{AwsChain, SigningChain};
use crate::aws::credentials::identity::IdentityCache;
use crate::aws::exchange::Exchange;
use crate::aws::http::{HttpClient, Limits, Response, TransportError};
use crate::aws::operation::{Operation, Request};
use crate::aws::refusal::{Cause, request_id};
use crate::aws::shared::{IdentityOf, Shared};
use crate::aws::skew::ServerClock;
use crate::backend::parallelcluster::refusal::{Refusal, classify};
use crate::backend::{
    Endpoint, EventSource, EventsError, EventsResponse, ImageSource, NextToken, NoLog, Source,
};
use crate::clock::Clock;
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::image::ImageAnswer;
use crate::domain::listing::ListedStatus;
use crate::domain::observation::Stream;
use crate::domain::stack_event::EventReader;
use crate::text::redact::redact_values;
use crate::text::safe::SafeText;

pub(crate) use self::endpoint::ApiUrl;
pub(crate) use self::endpoint::ImageId;
pub(crate) use crate::aws::credentials::mfa::MfaSessions;
pub(crate) use crate::aws::credentials::profile_files::check_profile;

/// The API, the image, and the credentials.
#[derive(Clone, Debug)]
pub struct Settings {
    pub api_url: ApiUrl,
    pub image_id: ImageId,
    /// The image's region; the usual AWS chain finds one where it is absent.
    pub region: Option<String>,
    /// The profile to use instead of the environment's keys.
    pub profile: Option<String>,
    pub signing: Signing,
    /// The headers that every request has besides its own.
    pub headers: HeaderMap,
    /// A PEM file of certificates to trust besides the platform's.
    pub ca_bundle: Option<PathBuf>,
}

/// Whether and how requests are signed.
#[derive(Clone, Debug)]
pub enum Signing {
    /// Not at all; no credentials are resolved.
    Unsigned,
    /// With AWS Signature Version 4.
    SigV4 {
        /// The API's region. Where it is absent, it is taken from the API's host, else it is the image's.
        region: Option<String>,
        /// A role to assume first.
        role_arn: Option<String>,
        /// The external id that the role asks for.
        external_id: Option<String>,
        mfa: MfaSessions,
    },
}

/// A call of the API about one image.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ApiCall<'a> {
    /// GetImageStackEvents: the newest page, or the page of the token.
    StackEvents(Option<&'a NextToken>),
    /// DescribeImage.
    Description,
    /// ListImages: the first page of this status, or the page of the token.
    Images(ListedStatus, Option<&'a NextToken>),
    /// DescribeImage of a row of the list.
    Row(&'a ImageId),
}

impl ApiCall<'_> {
    pub(crate) const fn operation(self) -> Operation {
        match self {
            Self::StackEvents(_) => Operation::GetImageStackEvents,
            Self::Description | Self::Row(_) => Operation::DescribeImage,
            Self::Images(..) => Operation::ListImages,
        }
    }

    /// Whether the request carries a page token.
    pub(crate) const fn has_token(self) -> bool {
        matches!(self, Self::StackEvents(Some(_)) | Self::Images(_, Some(_)))
    }
}

/// A client of the API for one image.
#[derive(Debug)]
pub struct ParallelCluster {
    api: ApiUrl,
    image: ImageId,
    signed: bool,
    headers: HeaderMap,
    identity: IdentityCache,
    http: HttpClient,
    clock: ServerClock,
    reader: EventReader,
}

impl ParallelCluster {
    /// A client for one image. Reads the file of the CA bundle; uses neither the network nor the credential chain yet.
    pub fn new(settings: Settings, clock: Clock) -> Self {
        Self::with_limits(settings, &Shared::default(), clock, Limits::default())
    }

    /// The same with the identity and the connections of the program's other clients.
    pub(crate) fn sharing(settings: Settings, shared: &Shared, clock: Clock) -> Self {
        Self::with_limits(settings, shared, clock, Limits::default())
    }

    fn with_limits(settings: Settings, shared: &Shared, clock: Clock, limits: Limits) -> Self {
        let bundle = settings.ca_bundle.as_deref();
        let bundle = bundle.map(|path| shared.bundle(path));
        let endpoint = settings.api_url.endpoint();
        let authority = settings.api_url.authority();
        let http = shared.http(authority, endpoint, bundle.as_ref(), limits);
        let signing = match settings.signing {
            Signing::Unsigned => None,
            Signing::SigV4 {
                region,
                role_arn,
                external_id,
                mfa,
            } => Some(SigningChain {
                region: region.or_else(|| settings.api_url.signing_region().map(str::to_owned)),
                role_arn,
                external_id,
                mfa,
                bundle: bundle.clone(),
            }),
        };
        let signed = signing.is_some();
        let of = IdentityOf {
            signed,
            in_region: settings.region.is_some(),
            profile: settings.profile.clone(),
            role_arn: signing
                .as_ref()
                .and_then(|signing| signing.role_arn.clone()),
            external_id: signing
                .as_ref()
                .and_then(|signing| signing.external_id.clone()),
        };
        let region = settings.region.clone();
        let chain = AwsChain {
            profile: settings.profile,
            region: settings.region,
            signing,
        };
        let identity = shared.identity(of, || IdentityCache::new(chain));
        Self {
            signed,
            identity: identity.in_region(region, None),
            api: settings.api_url,
            image: settings.image_id,
            headers: settings.headers,
            http,
            clock: ServerClock::new(clock),
            reader: EventReader::default(),
        }
    }

    /// The API's host, for messages.
    pub(crate) fn host(&self) -> &str {
        self.api.authority()
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self::other(fault)
    }
}

impl<'c> Exchange<ApiCall<'c>> for ParallelCluster {
    type Refusal = Refusal;

    fn clock(&self) -> &ServerClock {
        &self.clock
    }

    fn identity(&mut self) -> &mut IdentityCache {
        &mut self.identity
    }

    fn refusal(&self, call: ApiCall<'c>, response: &Response) -> (Refusal, Cause) {
        let refusal = classify(call, &self.context(call), response);
        let cause = match &refusal {
            Refusal::Fault(_, Cause::Credentials) if !self.signed => Cause::Other,
            Refusal::Fault(_, cause) => *cause,
            _ => Cause::Other,
        };
        match refusal {
            Refusal::Fault(fault, Cause::Credentials) if self.signed => {
                let fault = self.identity.explain(fault);
                (Refusal::Fault(fault, Cause::Credentials), cause)
            }
            refusal => (refusal, cause),
        }
    }

    /// Makes the request of one attempt, signed at the present time.
    async fn prepare(&mut self, call: ApiCall<'c>) -> Result<Request, Fault> {
        let identity = self.identity.get(self.clock.server_time()).await;
        let identity = identity.map_err(|fault| fault.to_fault(&self.context(call)))?;
        let region = identity.region.as_deref();
        let url = match call {
            ApiCall::StackEvents(token) => self.api.stack_events(&self.image, token, region),
            ApiCall::Description => self.api.image(&self.image, region),
            ApiCall::Images(status, token) => self.api.images(status, token, region),
            ApiCall::Row(image) => self.api.image(image, region),
        };
        let mut request = Request::new(call.operation(), url);
        request.headers.clone_from(&self.headers);
        let Some(signer) = &identity.signer else {
            return Ok(request);
        };
        signer
            .sign(request, self.clock.server_time())
            .map_err(|unsignable| {
                let context = self.context(call);
                context.fault(FaultKind::Misconfigured, unsignable)
            })
    }

    /// Sends the request, and measures the server's time from the response.
    async fn send(
        &mut self,
        _call: ApiCall<'c>,
        request: Request,
    ) -> Result<Response, TransportError> {
        let method = request.operation.method();
        let path = request.url.path().to_owned();
        let (began, sent) = (Instant::now(), self.clock.machine_time());
        let outcome = self.http.send(request).await.map(|response| Response {
            body: without_values(&self.headers, response.body),
            ..response
        });
        let ms = began.elapsed().as_millis();
        let Ok(response) = &outcome else {
            tracing::debug!(method = method.as_str(), path, ms, "no response");
            return outcome;
        };
        self.clock.observe(sent, response);
        let status = response.status.as_u16();
        let id = request_id(response);
        let id = id.as_ref().map_or("", SafeText::as_str);
        tracing::debug!(method = method.as_str(), path, status, ms, id, "response");
        outcome
    }

    fn context(&self, call: ApiCall<'c>) -> RequestContext<'_> {
        let is_list = matches!(call, ApiCall::Images(..) | ApiCall::Row(_));
        RequestContext {
            operation: call.operation(),
            subject: if is_list {
                YOUR_IMAGES
            } else {
                self.image.as_str()
            },
            host: self.api.authority(),
            signed: self.signed,
        }
    }
}

/// A body without the values of these headers, which a server may repeat.
fn without_values(headers: &HeaderMap, body: Bytes) -> Bytes {
    let values = headers.values().filter_map(|value| value.to_str().ok());
    let mut values = values.peekable();
    if values.peek().is_none() {
        return body;
    }
    let text = String::from_utf8_lossy(&body);
    match redact_values(&text, values) {
        Cow::Owned(redacted) => redacted.into(),
        Cow::Borrowed(_) => body,
    }
}

impl EventSource for ParallelCluster {
    async fn events(&mut self, token: Option<&NextToken>) -> Result<EventsResponse, EventsError> {
        let call = ApiCall::StackEvents(token);
        let result = self.exchange(call).await;
        let mut reader = std::mem::take(&mut self.reader);
        let response = response::events(&self.context(call), result, &mut reader);
        self.reader = reader;
        response
    }
}

impl ImageSource for ParallelCluster {
    async fn image(&mut self) -> Result<ImageAnswer, Fault> {
        let call = ApiCall::Description;
        let result = self.exchange(call).await;
        response::image(&self.context(call), result)
    }
}

impl Source for ParallelCluster {
    type Image = Self;
    type Log = NoLog;
    type Steps = Infallible;

    fn log_source(&mut self) -> Option<&mut NoLog> {
        None
    }

    fn endpoint(&self, _: Stream) -> Endpoint {
        Endpoint {
            service: Operation::DescribeImage.service(),
            host: self.host().to_owned(),
        }
    }

    fn image_source(&mut self) -> Option<&mut Self> {
        Some(self)
    }

    fn clock_correction(&self) -> TimeDelta {
        self.clock.correction()
    }

    fn retry_now(&mut self) {
        self.identity.forget_failure();
    }

    fn reconnect(&mut self) {
        self.http.reconnect();
        self.identity.forget_failure();
    }
}
