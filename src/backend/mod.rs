//! The backends: the services that a watch reads a build from, one variant of [`Backend`] each.
//!
//! ```text
//!  poll ─ ApiRequest ─► EventSource, ImageSource, StepSource ─┬► parallelcluster/ ─┬► aws ─► the ParallelCluster API
//!   ▲                                                         └► direct/ ──────────┘     ► CloudFormation, EC2, Image Builder
//!   └────────── EventsResponse, ImageAnswer, StepsAnswer, Fault ◄──────┘
//! ```
//! The traits are a backend's capabilities, in the domain's types; [`Source`] puts them together for the poller.
//! A backend makes one request at a time, and turns each response into the domain's types: it keeps no events and decides
//! no verdict. When to make the next request is for [`crate::poll`]. The AWS side of a request
//! (credentials, signature, HTTP, errors that all services share) is in [`crate::aws`].

pub(crate) mod cloudwatch_logs;
pub(crate) mod direct;
pub(crate) mod enriched;
pub(crate) mod images;
pub(crate) mod pages;
pub(crate) mod parallelcluster;

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::backend::direct::Direct;
use crate::backend::direct::images::DirectImages;
use crate::backend::enriched::Enriched;
use crate::backend::images::{ImagesSource, Upcoming};
use crate::backend::parallelcluster::ParallelCluster;
use crate::backend::parallelcluster::images::ApiImages;
use crate::domain::fault::Fault;
use crate::domain::image::ImageAnswer;
use crate::domain::listing::ListedImage;
use crate::domain::log_line::LogLine;
use crate::domain::observation::Stream;
use crate::domain::stack_event::StackEvent;
use crate::domain::steps::ListedWorkflows;
use crate::text::safe::SafeText;

/// The service's token for the next page; opaque. That of a page of events is never used again after an error.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct NextToken(String);

impl NextToken {
    /// A token as the service sent it.
    pub fn new(token: impl Into<String>) -> Self {
        Self(token.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for NextToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "NextToken({} bytes)", self.0.len())
    }
}

/// One page of stack events.
#[derive(Clone, Debug, Default)]
pub struct EventsPage {
    /// The events, newest first, in the service's order.
    pub events: Vec<Arc<StackEvent>>,
    /// The token for the next older page; absent on the page that holds the stack's first event.
    pub next: Option<NextToken>,
}

/// A successful response about stack events.
#[derive(Clone, Debug)]
pub enum EventsResponse {
    Page(EventsPage),
    /// There is no stack of this name (any more).
    Gone,
}

/// The reason why there is no page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventsError {
    /// The service rejected the page token: it expired, or belongs to a stack that was replaced.
    TokenRejected(Fault),
    Fault(Fault),
}

/// A stream of CloudWatch Logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogPath {
    pub group: String,
    pub stream: String,
}

/// A request for lines of a log stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogRequest {
    pub path: LogPath,
    pub read: LogRead,
    /// The time of the oldest line that is wanted.
    pub from: DateTime<Utc>,
    /// The time of the newest line that is wanted.
    pub until: Option<DateTime<Utc>>,
    /// Continues an earlier request of the same kind.
    pub token: Option<NextToken>,
}

/// The order in which a log stream is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogRead {
    /// From the oldest line on.
    Forward,
    /// From the newest line back.
    Backward,
    /// Every line of a span of time, however late it came.
    Search,
}

/// A successful response about a log stream.
#[derive(Clone, Debug)]
pub enum LogResponse {
    Page(LogBatch),
    /// There is no such group or stream (yet).
    Absent,
}

/// Lines of a log stream.
#[derive(Clone, Debug, Default)]
pub struct LogBatch {
    /// In time order.
    pub lines: Vec<LogLine>,
    /// For the lines that follow in the order of the request. A search ends without one; other reads return the token of
    /// their request where no line follows at present.
    pub next: Option<NextToken>,
    /// For the lines in the other direction.
    pub opposite: Option<NextToken>,
}

/// The reason why there are no lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogError {
    /// The service rejected the token: it has expired.
    TokenRejected(Fault),
    Fault(Fault),
}

/// The build log of one image. It serves one request at a time.
pub trait LogSource: Send {
    fn log(
        &mut self,
        request: &LogRequest,
    ) -> impl Future<Output = Result<LogResponse, LogError>> + Send;
}

/// The build log of a source that has none.
#[derive(Debug)]
pub enum NoLog {}

impl LogSource for NoLog {
    async fn log(&mut self, _: &LogRequest) -> Result<LogResponse, LogError> {
        match *self {}
    }
}

/// The stack events of one image. It serves one request at a time.
pub trait EventSource: Send {
    /// Fetches one page of stack events: the newest without a token, an older one with it.
    fn events(
        &mut self,
        token: Option<&NextToken>,
    ) -> impl Future<Output = Result<EventsResponse, EventsError>> + Send;
}

/// The description of one image. It serves one request at a time.
pub trait ImageSource: Send {
    /// Fetches the image's description.
    fn image(&mut self) -> impl Future<Output = Result<ImageAnswer, Fault>> + Send;
}

/// The answer about the workflows of one image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepsAnswer {
    Listed(ListedWorkflows),
    /// There is no image yet, or no more.
    NoImage,
    /// The call is refused: it is not made again before the user retries.
    Refused,
}

/// The workflows of one image, with their steps. It serves one request at a time.
pub trait StepSource: Send {
    /// Lists the workflows.
    fn steps(&mut self) -> impl Future<Output = Result<StepsAnswer, Fault>> + Send;
}

/// A capability that a backend lacks.
impl StepSource for Infallible {
    async fn steps(&mut self) -> Result<StepsAnswer, Fault> {
        match *self {}
    }
}

/// The list of images of every backend.
#[derive(Debug)]
pub(crate) enum Images {
    ParallelCluster(Box<ApiImages>),
    Direct(Box<DirectImages>),
}

impl ImagesSource for Images {
    fn kinds(&self) -> usize {
        match self {
            Self::ParallelCluster(api) => api.kinds(),
            Self::Direct(aws) => aws.kinds(),
        }
    }

    fn begin(&mut self, kind: usize) {
        match self {
            Self::ParallelCluster(api) => api.begin(kind),
            Self::Direct(aws) => aws.begin(kind),
        }
    }

    async fn next(&mut self, kind: usize) -> Result<(), Fault> {
        match self {
            Self::ParallelCluster(api) => api.next(kind).await,
            Self::Direct(aws) => aws.next(kind).await,
        }
    }

    fn upcoming(&self, kind: usize) -> Option<Upcoming> {
        match self {
            Self::ParallelCluster(api) => api.upcoming(kind),
            Self::Direct(aws) => aws.upcoming(kind),
        }
    }

    fn rows(&self) -> Vec<ListedImage> {
        match self {
            Self::ParallelCluster(api) => api.rows(),
            Self::Direct(aws) => aws.rows(),
        }
    }

    fn region(&self) -> Option<SafeText> {
        match self {
            Self::ParallelCluster(api) => api.region(),
            Self::Direct(aws) => aws.region(),
        }
    }

    fn looked_at(&self) -> Option<(usize, usize)> {
        match self {
            Self::ParallelCluster(api) => api.looked_at(),
            Self::Direct(aws) => aws.looked_at(),
        }
    }

    fn take_requests(&mut self) -> Vec<Asked> {
        match self {
            Self::ParallelCluster(api) => api.take_requests(),
            Self::Direct(aws) => aws.take_requests(),
        }
    }
}

/// What has a budget of requests of its own: one service in one region.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Endpoint {
    pub service: &'static str,
    pub host: String,
}

/// The requests that an endpoint got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    pub endpoint: Endpoint,
    pub requests: u32,
    /// Whether it asked for fewer.
    pub is_throttled: bool,
}

/// The capabilities of a backend for one image. All have events; any other one may be missing.
pub trait Source: EventSource {
    type Image: ImageSource;
    type Steps: StepSource;
    type Log: LogSource;

    /// `None` if the backend can't describe images.
    fn image_source(&mut self) -> Option<&mut Self::Image>;

    /// `None` if the backend can't list steps.
    fn step_source(&mut self) -> Option<&mut Self::Steps> {
        None
    }
    /// `None` if the backend can't read build logs.
    fn log_source(&mut self) -> Option<&mut Self::Log>;

    /// Where the requests of a stream are sent to, or the first of them.
    fn endpoint(&self, _: Stream) -> Endpoint {
        Endpoint::default()
    }

    /// The requests since the last time that this was asked; none where each is one request to the stream's endpoint.
    fn take_requests(&mut self) -> Vec<Asked> {
        Vec::new()
    }

    /// How often the image is described while its build runs. `None`: as usual.
    fn image_interval(&self) -> Option<Duration> {
        None
    }

    /// How far the machine's clock is behind the service's, by the last responses; zero while it is right.
    fn clock_correction(&self) -> TimeDelta {
        TimeDelta::zero()
    }

    /// Why calls were refused that the watch goes on without, each once.
    fn take_refusals(&mut self) -> Vec<Fault> {
        Vec::new()
    }

    /// The account of the credentials, once, where it was asked for.
    fn take_account(&mut self) -> Option<SafeText> {
        None
    }

    /// Forgets cached failures, because the user retries and may have fixed the cause.
    fn retry_now(&mut self) {}

    /// Stops using the present connections: after a sleep all of them may be dead without showing it.
    fn reconnect(&mut self) {}
}

/// Every backend.
#[derive(Debug)]
pub(crate) enum Backend {
    ParallelCluster(Box<ParallelCluster>),
    Direct(Box<Direct>),
    /// The API, with what only AWS tells.
    Enriched(Box<Enriched>),
}

impl EventSource for Backend {
    async fn events(&mut self, token: Option<&NextToken>) -> Result<EventsResponse, EventsError> {
        match self {
            Self::ParallelCluster(api) => api.events(token).await,
            Self::Direct(aws) => aws.events(token).await,
            Self::Enriched(both) => both.events(token).await,
        }
    }
}

impl ImageSource for Backend {
    async fn image(&mut self) -> Result<ImageAnswer, Fault> {
        match self {
            Self::ParallelCluster(api) => api.image().await,
            Self::Direct(aws) => aws.image().await,
            Self::Enriched(both) => both.image().await,
        }
    }
}

impl StepSource for Backend {
    async fn steps(&mut self) -> Result<StepsAnswer, Fault> {
        match self {
            Self::ParallelCluster(_) => Ok(StepsAnswer::NoImage),
            Self::Direct(aws) => aws.steps().await,
            Self::Enriched(both) => both.steps().await,
        }
    }
}

impl LogSource for Backend {
    async fn log(&mut self, request: &LogRequest) -> Result<LogResponse, LogError> {
        match self {
            Self::ParallelCluster(_) => Ok(LogResponse::Absent),
            Self::Direct(aws) => aws.log(request).await,
            Self::Enriched(both) => both.aws.log(request).await,
        }
    }
}

impl Source for Backend {
    type Image = Self;
    type Steps = Self;

    fn step_source(&mut self) -> Option<&mut Self> {
        let has_steps = !matches!(self, Self::ParallelCluster(_));
        has_steps.then_some(self)
    }

    type Log = Self;

    fn log_source(&mut self) -> Option<&mut Self> {
        let has_log = match self {
            Self::ParallelCluster(_) => false,
            Self::Direct(aws) => aws.log_source().is_some(),
            Self::Enriched(both) => both.aws.log_source().is_some(),
        };
        has_log.then_some(self)
    }

    fn image_source(&mut self) -> Option<&mut Self> {
        Some(self)
    }

    fn endpoint(&self, stream: Stream) -> Endpoint {
        match self {
            Self::ParallelCluster(api) => api.endpoint(stream),
            Self::Direct(aws) => aws.endpoint(stream),
            Self::Enriched(both) => both.endpoint(stream),
        }
    }

    fn take_requests(&mut self) -> Vec<Asked> {
        match self {
            Self::ParallelCluster(_) => Vec::new(),
            Self::Direct(aws) => aws.take_requests(),
            Self::Enriched(both) => both.take_requests(),
        }
    }

    fn image_interval(&self) -> Option<Duration> {
        match self {
            Self::ParallelCluster(_) => None,
            Self::Direct(aws) => aws.image_interval(),
            Self::Enriched(both) => both.image_interval(),
        }
    }

    fn clock_correction(&self) -> TimeDelta {
        match self {
            Self::ParallelCluster(api) => api.clock_correction(),
            Self::Direct(aws) => aws.clock_correction(),
            Self::Enriched(both) => both.clock_correction(),
        }
    }

    fn take_refusals(&mut self) -> Vec<Fault> {
        match self {
            Self::ParallelCluster(_) => Vec::new(),
            Self::Direct(aws) => aws.take_refusals(),
            Self::Enriched(both) => both.take_refusals(),
        }
    }

    fn take_account(&mut self) -> Option<SafeText> {
        match self {
            // The account of the API is its own.
            Self::ParallelCluster(_) | Self::Enriched(_) => None,
            Self::Direct(aws) => aws.take_account(),
        }
    }

    fn retry_now(&mut self) {
        match self {
            Self::ParallelCluster(api) => api.retry_now(),
            Self::Direct(aws) => aws.retry_now(),
            Self::Enriched(both) => both.retry_now(),
        }
    }

    fn reconnect(&mut self) {
        match self {
            Self::ParallelCluster(api) => api.reconnect(),
            Self::Direct(aws) => aws.reconnect(),
            Self::Enriched(both) => both.reconnect(),
        }
    }
}
