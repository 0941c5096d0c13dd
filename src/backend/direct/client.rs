//! Sends the signed requests of one watch to AWS's services: one identity and one clock for all of them, and for each
//! service its address and its connections.

use chrono::TimeDelta;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use tokio::time::Instant;

use crate::aws::context::RequestContext;
use crate::aws::credentials::identity::IdentityCache;
use crate::aws::endpoints::{Endpoints, Service, ServiceUrl};
use crate::aws::errors::ServiceError;
use crate::aws::exchange::Exchange;
use crate::aws::http::{HttpClient, Limits, Response, TransportError};
use crate::aws::operation::{Operation, Request};
use crate::aws::query::encode;
use crate::aws::refusal::Cause;
use crate::aws::shared::Shared;
use crate::aws::skew::ServerClock;
use crate::aws::tls::CaBundle;
use crate::backend::direct::query::ForeignBody;
use crate::backend::{Asked, Endpoint};
use crate::clock::Clock;
use crate::domain::fault::{Fault, FaultKind};

/// The meaning of an unsuccessful call.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The service reports that this very thing does not exist.
    Absent,
    TokenRejected(Fault),
    /// The service permits the call, and rejects a parameter of it.
    Rejected(Fault),
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
    /// The body of a call that is a POST.
    pub(super) json: Option<&'a str>,
}

#[derive(Debug)]
struct Connection {
    url: ServiceUrl,
    http: HttpClient,
}

impl Connection {
    fn new(url: ServiceUrl, shared: &Shared, bundle: Option<&CaBundle>) -> Self {
        let (authority, endpoint) = (url.authority(), url.endpoint());
        let http = shared.http(authority, endpoint, bundle, Limits::default());
        Self { url, http }
    }
}

/// The services of the build's region.
const SERVICES: [Service; 5] = [
    Service::CloudFormation,
    Service::Ec2,
    Service::ImageBuilder,
    Service::Sts,
    Service::Logs,
];

/// The client of all services.
#[derive(Debug)]
pub(super) struct Client {
    /// The image's id, for messages.
    subject: String,
    identity: IdentityCache,
    /// Those of [`SERVICES`], then those to EC2 in the regions of `elsewhere`.
    connections: Vec<Connection>,
    /// The other regions that the image was distributed to.
    elsewhere: Vec<String>,
    endpoints: Endpoints,
    shared: Shared,
    bundle: Option<CaBundle>,
    clock: ServerClock,
    /// The requests that were not counted yet.
    asked: Vec<Asked>,
}

impl Client {
    pub(super) fn new(
        subject: &str,
        endpoints: Endpoints,
        identity: IdentityCache,
        shared: Shared,
        bundle: Option<CaBundle>,
        clock: Clock,
    ) -> Self {
        let connect = |service| {
            let url = endpoints.of(service).clone();
            Connection::new(url, &shared, bundle.as_ref())
        };
        Self {
            subject: subject.to_owned(),
            identity,
            connections: SERVICES.into_iter().map(connect).collect(),
            elsewhere: Vec::new(),
            endpoints,
            shared,
            bundle,
            clock: ServerClock::new(clock),
            asked: Vec::new(),
        }
    }

    pub(super) fn forget_failure(&mut self) {
        self.identity.forget_failure();
    }

    pub(super) fn reconnect(&mut self) {
        self.forget_failure();
        self.elsewhere.clear();
        self.connections.truncate(SERVICES.len());
        for connection in &mut self.connections {
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
        let outcome = self.exchange(call).await;
        if matches!(&outcome, Err(Refusal::Fault(fault)) if fault.kind == FaultKind::Throttled) {
            self.asked(call).is_throttled = true;
        }
        let response = outcome?;
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

    /// Connects to EC2 in another region, once.
    fn connect_to(&mut self, region: &str) -> Result<(), Fault> {
        if self.elsewhere.iter().any(|known| known == region) {
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
        let connection = Connection::new(url, &self.shared, self.bundle.as_ref());
        self.elsewhere.push(region.to_owned());
        self.connections.push(connection);
        Ok(())
    }

    pub(super) fn take_requests(&mut self) -> Vec<Asked> {
        std::mem::take(&mut self.asked)
    }

    /// Where an operation's requests are sent to in the build's region.
    pub(super) fn endpoint(&self, operation: Operation) -> Endpoint {
        self.endpoint_of(Call {
            operation,
            region: None,
            about: "",
            parameters: &[],
            json: None,
        })
    }

    fn endpoint_of(&self, call: Call<'_>) -> Endpoint {
        Endpoint {
            service: call.operation.service(),
            host: self.connection(call).url.authority().to_owned(),
        }
    }

    /// What is counted of the requests to a call's endpoint.
    fn asked(&mut self, call: Call<'_>) -> &mut Asked {
        let endpoint = self.endpoint_of(call);
        let known = self
            .asked
            .iter()
            .position(|asked| asked.endpoint == endpoint);
        let index = known.unwrap_or_else(|| {
            self.asked.push(Asked {
                endpoint,
                requests: 0,
                is_throttled: false,
            });
            self.asked.len() - 1
        });
        &mut self.asked[index]
    }

    /// The hosts of the services, without repetition.
    pub(super) fn hosts(&self) -> Vec<String> {
        let services = self.connections.iter().take(SERVICES.len());
        let mut hosts: Vec<_> = services
            .map(|connection| connection.url.authority().to_owned())
            .collect();
        hosts.dedup();
        hosts
    }

    pub(super) fn clock_correction(&self) -> TimeDelta {
        self.clock.correction()
    }

    /// The place of a call's connection.
    fn index(&self, call: Call<'_>) -> usize {
        let mut elsewhere = self.elsewhere.iter();
        if let Some(other) = elsewhere.position(|region| Some(region.as_str()) == call.region) {
            return SERVICES.len() + other;
        }
        match call.operation {
            Operation::DescribeImages => 1,
            Operation::GetImage
            | Operation::ListWorkflowExecutions
            | Operation::ListWorkflowStepExecutions => 2,
            Operation::GetCallerIdentity => 3,
            Operation::GetLogEvents | Operation::FilterLogEvents => 4,
            _ => 0,
        }
    }

    fn connection(&self, call: Call<'_>) -> &Connection {
        &self.connections[self.index(call)]
    }
}

/// Whether a message names this very stack: the name may be the beginning of another one.
fn names(message: &str, stack: &str) -> bool {
    let ends = |character: char| {
        character.is_whitespace() || matches!(character, '\'' | '"' | '[' | ']' | ',' | ';')
    };
    let mut words = message.split(ends);
    words.any(|word| word.trim_end_matches(['.', ':']) == stack)
}

/// A call as its service takes it: each of Image Builder's has a path of its own.
fn request(call: Call<'_>, url: &ServiceUrl) -> Request {
    let path = match call.operation {
        Operation::GetImage => "/GetImage",
        Operation::ListWorkflowExecutions => "/ListWorkflowExecutions",
        Operation::ListWorkflowStepExecutions => "/ListWorkflowStepExecutions",
        _ => "/",
    };
    let mut request = Request::new(call.operation, url.request(path, &encode(call.parameters)));
    let json = HeaderValue::from_static("application/json");
    if path != "/" {
        request.headers.insert(ACCEPT, json.clone());
    }
    if let Some(body) = call.json {
        request.body = body.as_bytes().to_vec();
        request.headers.insert(CONTENT_TYPE, json);
        add_target(&mut request);
    }
    request
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl<'c> Exchange<Call<'c>> for Client {
    type Refusal = Refusal;

    fn clock(&self) -> &ServerClock {
        &self.clock
    }

    fn identity(&mut self) -> &mut IdentityCache {
        &mut self.identity
    }

    fn context(&self, call: Call<'c>) -> RequestContext<'_> {
        let subject = match call.operation {
            Operation::GetCallerIdentity => "the credentials",
            _ => &self.subject,
        };
        RequestContext {
            operation: call.operation,
            subject,
            host: self.connection(call).url.authority(),
            signed: true,
        }
    }

    async fn prepare(&mut self, call: Call<'c>) -> Result<Request, Fault> {
        let identity = self.identity.get(self.clock.server_time()).await;
        let identity = identity.map_err(|fault| fault.to_fault(&self.context(call)))?;
        let request = request(call, &self.connection(call).url);
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

    async fn send(&mut self, call: Call<'c>, request: Request) -> Result<Response, TransportError> {
        let operation = request.operation;
        self.asked(call).requests += 1;
        let (began, sent) = (Instant::now(), self.clock.machine_time());
        let index = self.index(call);
        let outcome = self.connections[index].http.send(request).await;
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

    fn refusal(&self, call: Call<'c>, response: &Response) -> (Refusal, Cause) {
        let context = self.context(call);
        let error = ServiceError::read(response);
        let is_missing = match error.code.as_str() {
            // The message names the stack: a fault of something else must not look like this.
            "ValidationError" => {
                let message = error.message.as_deref().unwrap_or_default();
                error.mentions("does not exist") && names(message, call.about)
            }
            "ResourceNotFoundException" | "InvalidAMIID.NotFound" | "InvalidAMIID.Unavailable" => {
                true
            }
            _ => false,
        };
        if is_missing {
            return (Refusal::Absent, Cause::Other);
        }
        let has_token = call.parameters.iter().any(|(name, _)| *name == "NextToken");
        let has_token_in_body = call
            .json
            .is_some_and(|json| json.contains("\"nextToken\":"));
        let is_of_token = match error.code.as_str() {
            // CloudFormation's code, and those of EC2.
            "ValidationError" | "InvalidNextToken" | "InvalidPaginationToken" => has_token,
            "InvalidParameterException" => has_token_in_body,
            _ => false,
        };
        if is_of_token {
            let why = "the service rejected the page token";
            let fault = context.fault(FaultKind::Transient, why);
            return (Refusal::TokenRejected(fault), Cause::Other);
        }
        let (fault, cause) = error.to_fault(&context, response);
        if cause == Cause::Credentials {
            return (Refusal::Fault(self.identity.explain(fault)), cause);
        }
        if fault.kind == FaultKind::Misconfigured
            && cause == Cause::Other
            && rejects_parameter(&error.code)
        {
            return (Refusal::Rejected(fault), cause);
        }
        (Refusal::Fault(fault), cause)
    }
}

/// Whether a code is about what the request says, not about who sends it.
fn rejects_parameter(code: &str) -> bool {
    let codes = ["InvalidParameter", "InvalidRequest", "Validation"];
    codes.iter().any(|name| code.starts_with(name)) || code == "ClientException"
}

/// Names the operation of a request to CloudWatch Logs, whose requests all have the same path.
fn add_target(request: &mut Request) {
    let target = match request.operation {
        Operation::GetLogEvents => "Logs_20140328.GetLogEvents",
        Operation::FilterLogEvents => "Logs_20140328.FilterLogEvents",
        _ => return,
    };
    let json = HeaderValue::from_static("application/x-amz-json-1.1");
    request.headers.insert(CONTENT_TYPE, json);
    let target = HeaderValue::from_static(target);
    request.headers.insert("x-amz-target", target);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_about_another_stack_does_not_name_this_one() {
        for (message, is_named) in [
            ("Stack with id img does not exist", true),
            ("Stack [img] does not exist", true),
            ("Stack 'img' does not exist.", true),
            ("Stack with id img-2 does not exist", false),
            ("Stack with id img.1 does not exist", false),
            ("Stack with id my-img does not exist", false),
            (
                "Stack with id arn:aws:cloudformation:r:1:stack/img/2 does not exist",
                false,
            ),
        ] {
            assert_eq!(names(message, "img"), is_named, "{message}");
        }
    }
}
