//! Sends the signed requests of one watch to AWS's services: one identity and one clock for all of them, and for each
//! service its address and its connections.

use chrono::TimeDelta;
use reqwest::header::{ACCEPT, HeaderValue};
use tokio::time::Instant;

use crate::aws::context::RequestContext;
use crate::aws::credentials::identity::IdentityCache;
use crate::aws::endpoints::{Endpoints, Service, ServiceUrl};
use crate::aws::errors::ServiceError;
use crate::aws::http::{HttpClient, Limits, Response, TransportError};
use crate::aws::operation::{Operation, Request};
use crate::aws::refusal::Cause;
use crate::aws::skew::ServerClock;
use crate::aws::tls::{CaBundle, TlsError};
use crate::aws::transport_error;
use crate::backend::direct::query::{ForeignBody, encode};
use crate::clock::Clock;
use crate::domain::fault::{Fault, FaultKind};

/// The meaning of an unsuccessful call.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The service reports that this very thing does not exist.
    Absent,
    TokenRejected(Fault),
    Fault(Fault),
}

/// One call: an operation, the thing that it reads, and its parameters.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call<'a> {
    pub(super) operation: Operation,
    /// Another region than the build's.
    pub(super) region: Option<&'a str>,
    /// The name or the ARN in the request.
    pub(super) about: &'a str,
    pub(super) parameters: &'a [(&'static str, &'a str)],
}

#[derive(Debug)]
struct Connection {
    url: ServiceUrl,
    http: HttpClient,
}

impl Connection {
    fn new(url: ServiceUrl, bundle: Option<&CaBundle>) -> Result<Self, TlsError> {
        let http = HttpClient::new(url.endpoint(), bundle, Limits::default())?;
        Ok(Self { url, http })
    }
}

/// The client of all services.
#[derive(Debug)]
pub(super) struct Client {
    /// The image's id, for messages.
    subject: String,
    identity: IdentityCache,
    cloudformation: Connection,
    ec2: Connection,
    image_builder: Connection,
    /// EC2 in the other regions that the image was distributed to.
    elsewhere: Vec<(String, Connection)>,
    endpoints: Endpoints,
    bundle: Option<CaBundle>,
    clock: ServerClock,
}

impl Client {
    pub(super) fn new(
        subject: &str,
        endpoints: Endpoints,
        identity: IdentityCache,
        bundle: Option<CaBundle>,
        clock: Clock,
    ) -> Result<Self, TlsError> {
        let connect = |service| {
            let url = endpoints.of(service).clone();
            Connection::new(url, bundle.as_ref())
        };
        Ok(Self {
            subject: subject.to_owned(),
            identity,
            cloudformation: connect(Service::CloudFormation)?,
            ec2: connect(Service::Ec2)?,
            image_builder: connect(Service::ImageBuilder)?,
            elsewhere: Vec::new(),
            endpoints,
            bundle,
            clock: ServerClock::new(clock),
        })
    }

    pub(super) fn forget_failure(&mut self) {
        self.identity.forget_failure();
    }

    pub(super) fn reconnect(&mut self) {
        self.forget_failure();
        self.elsewhere.clear();
        for connection in [
            &mut self.cloudformation,
            &mut self.ec2,
            &mut self.image_builder,
        ] {
            connection.http.reconnect();
        }
    }

    /// Makes a call, once more where the first attempt showed how to do better, and reads the answer.
    pub(super) async fn call<T>(
        &mut self,
        call: Call<'_>,
        read: impl FnOnce(&[u8]) -> Result<T, ForeignBody>,
    ) -> Result<T, Refusal> {
        if let Some(region) = call.region {
            self.connect_to(region).map_err(Refusal::Fault)?;
        }
        let response = self.responded(call).await?;
        read(&response.body).map_err(|foreign| {
            let context = self.context(call);
            let status = response.status.as_u16();
            let why = format!(
                "{} responded with status {status} and {foreign}",
                context.host
            );
            Refusal::Fault(context.fault(FaultKind::Malformed, why))
        })
    }

    async fn responded(&mut self, call: Call<'_>) -> Result<Response, Refusal> {
        let mut signed_twice = false;
        loop {
            let skew = self.clock.skew();
            let request = self.prepare(call).await.map_err(Refusal::Fault)?;
            let (refusal, cause) = match self.send(call, request).await {
                Ok(response) if response.status.is_success() => return Ok(response),
                Ok(response) => self.refusal(call, &response),
                // The next connection is a new one, so this happens once.
                Err(error) if error.is_stale_connection() => continue,
                Err(error) => {
                    let context = self.context(call);
                    return Err(Refusal::Fault(transport_error::to_fault(&context, &error)));
                }
            };
            let retry = match cause {
                Cause::Date => self.clock.skew().explains_refusal_of(skew),
                Cause::Credentials => self.identity.discard(),
                Cause::Other => false,
            };
            if signed_twice || !retry {
                return Err(match refusal {
                    Refusal::Fault(fault) if cause == Cause::Credentials => {
                        Refusal::Fault(self.identity.explain(fault))
                    }
                    refusal => refusal,
                });
            }
            signed_twice = true;
        }
    }

    /// Connects to EC2 in another region, once.
    fn connect_to(&mut self, region: &str) -> Result<(), Fault> {
        if self.elsewhere.iter().any(|(known, _)| known == region) {
            return Ok(());
        }
        let context = RequestContext {
            operation: Operation::DescribeImages,
            subject: &self.subject,
            host: region,
            signed: true,
        };
        let url = self.endpoints.elsewhere(Service::Ec2, region);
        let url = url.map_err(|error| context.fault(FaultKind::Misconfigured, error))?;
        let connection = Connection::new(url, self.bundle.as_ref());
        let connection =
            connection.map_err(|error| context.fault(FaultKind::Misconfigured, error))?;
        self.elsewhere.push((region.to_owned(), connection));
        Ok(())
    }

    fn refusal(&self, call: Call<'_>, response: &Response) -> (Refusal, Cause) {
        let context = self.context(call);
        let error = ServiceError::read(response);
        let is_missing = match error.code.as_str() {
            // The message names the stack: a fault of something else must not look like this.
            "ValidationError" => {
                let message = error.message.as_deref().unwrap_or_default();
                error.mentions("does not exist") && message.contains(call.about)
            }
            "ResourceNotFoundException" | "InvalidAMIID.NotFound" => true,
            _ => false,
        };
        if is_missing {
            return (Refusal::Absent, Cause::Other);
        }
        let has_token = call.parameters.iter().any(|(name, _)| *name == "NextToken");
        if error.code == "ValidationError" && has_token {
            let why = "the service rejected the page token";
            let fault = context.fault(FaultKind::Transient, why);
            return (Refusal::TokenRejected(fault), Cause::Other);
        }
        let (fault, cause) = error.to_fault(&context, response);
        (Refusal::Fault(fault), cause)
    }

    async fn prepare(&mut self, call: Call<'_>) -> Result<Request, Fault> {
        let identity = self.identity.get(self.clock.server_time()).await;
        let identity = identity.map_err(|fault| fault.to_fault(&self.context(call)))?;
        let path = if call.operation == Operation::GetImage {
            "/GetImage"
        } else {
            "/"
        };
        let url = &self.connection(call).url;
        let url = url.request(path, &encode(call.parameters));
        let mut request = Request::new(call.operation, url);
        if call.operation == Operation::GetImage {
            let json = HeaderValue::from_static("application/json");
            request.headers.insert(ACCEPT, json);
        }
        let context = self.context(call);
        let Some(mut signer) = identity.signer.clone() else {
            return Err(context.fault(FaultKind::Misconfigured, "there are no credentials"));
        };
        if let Some(region) = call.region {
            region.clone_into(&mut signer.region);
        }
        let outcome = signer.sign(request, self.clock.server_time());
        outcome.map_err(|unsignable| context.fault(FaultKind::Misconfigured, unsignable))
    }

    async fn send(&mut self, call: Call<'_>, request: Request) -> Result<Response, TransportError> {
        let operation = request.operation;
        let (began, sent) = (Instant::now(), self.clock.machine_time());
        let outcome = self.connection_mut(call).http.send(request).await;
        let ms = began.elapsed().as_millis();
        let Ok(response) = &outcome else {
            tracing::debug!(?operation, ms, "no response");
            return outcome;
        };
        self.clock.observe(sent, response);
        tracing::debug!(
            ?operation,
            status = response.status.as_u16(),
            ms,
            "response"
        );
        outcome
    }

    pub(super) fn clock_correction(&self) -> TimeDelta {
        self.clock.correction()
    }

    fn connection(&self, call: Call<'_>) -> &Connection {
        let mut elsewhere = self.elsewhere.iter();
        let elsewhere = elsewhere.find(|(region, _)| Some(region.as_str()) == call.region);
        if let Some((_, connection)) = elsewhere {
            return connection;
        }
        match call.operation {
            Operation::DescribeImages => &self.ec2,
            Operation::GetImage => &self.image_builder,
            _ => &self.cloudformation,
        }
    }

    fn connection_mut(&mut self, call: Call<'_>) -> &mut Connection {
        let mut elsewhere = self.elsewhere.iter_mut();
        let elsewhere = elsewhere.find(|(region, _)| Some(region.as_str()) == call.region);
        if let Some((_, connection)) = elsewhere {
            return connection;
        }
        match call.operation {
            Operation::DescribeImages => &mut self.ec2,
            Operation::GetImage => &mut self.image_builder,
            _ => &mut self.cloudformation,
        }
    }

    fn context(&self, call: Call<'_>) -> RequestContext<'_> {
        RequestContext {
            operation: call.operation,
            subject: &self.subject,
            host: self.connection(call).url.authority(),
            signed: true,
        }
    }
}
