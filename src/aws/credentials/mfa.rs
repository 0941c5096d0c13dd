//! The roles that need an MFA code: aws-config assumes none of these, so this does it, with a request of its own.
//!
//! A code is good for one request, so the session that it gives is kept here for all watches of the program, until it
//! expires. Then another code is needed, which the user enters on the screen.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use chrono::{DateTime, TimeDelta, Utc};
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use serde::Deserialize;

use crate::aws::context::RequestContext;
use crate::aws::credentials::fault::{IdentityFault, Login};
use crate::aws::credentials::profile_chain::Role;
use crate::aws::endpoints::{Service, ServiceUrl};
use crate::aws::errors::ServiceError;
use crate::aws::http::{HttpClient, Limits, Response};
use crate::aws::operation::{Operation, Request};
use crate::aws::query::encode;
use crate::aws::signer::Signer;
use crate::aws::skew::ServerClock;
use crate::aws::tls::CaBundle;
use crate::aws::transport_error;
use crate::clock::Clock;
use crate::text::secret::Secret;

/// A session is used until this long before it expires: then there is time to enter the next code.
const RENEW_BEFORE_EXPIRY: TimeDelta = TimeDelta::minutes(5);
/// The entered code and the sessions of all watches.
#[derive(Clone, Default)]
pub struct MfaSessions {
    state: Arc<Mutex<State>>,
    /// Whether the user can enter a code.
    can_ask: bool,
}

#[derive(Default)]
struct State {
    code: Option<Secret>,
    /// By the profile of the role.
    sessions: HashMap<String, Credentials>,
}

impl MfaSessions {
    /// With a screen, on which the user can enter codes.
    pub(crate) fn on_screen() -> Self {
        Self {
            can_ask: true,
            ..Self::default()
        }
    }

    /// Uses a code for the next role that needs one.
    pub(crate) fn enter(&self, code: Secret) {
        self.lock().code = Some(code);
    }

    /// Drops every session: the service refused one.
    pub(crate) fn forget(&self) {
        self.lock().sessions.clear();
    }

    /// The session of a role, unless it is about to expire.
    pub(crate) fn session(&self, role: &Role) -> Option<Credentials> {
        let enough = Clock::wall().now() + RENEW_BEFORE_EXPIRY;
        let state = self.lock();
        let session = state.sessions.get(&role.profile)?;
        let expiry = session.expiry().map(DateTime::<Utc>::from);
        expiry
            .is_none_or(|expiry| expiry > enough)
            .then(|| session.clone())
    }

    fn keep(&self, role: &Role, session: &Credentials) {
        let mut state = self.lock();
        state.sessions.insert(role.profile.clone(), session.clone());
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Each change is one assignment, so a panic leaves nothing half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Assumes a role of a profile, with the entered code if it needs one.
    pub(crate) async fn assume(
        &self,
        role: &Role,
        credentials: Credentials,
        config: &SdkConfig,
        bundle: Option<&CaBundle>,
    ) -> Result<Credentials, IdentityFault> {
        let needs = |refused| IdentityFault::CodeNeeded {
            profile: role.profile.clone(),
            serial: role.serial.clone().unwrap_or_default(),
            refused,
            can_ask: self.can_ask,
        };
        let code = match &role.serial {
            Some(_) => Some(self.lock().code.take().ok_or_else(|| needs(false))?),
            None => None,
        };
        let sts = Sts::new(config, credentials, bundle)?;
        let session = sts.assume(role, code.as_ref()).await;
        let session = session.map_err(|refusal| match refusal {
            Refusal::Code => needs(true),
            Refusal::Other(fault) => fault,
        })?;
        self.keep(role, &session);
        Ok(session)
    }
}

impl fmt::Debug for MfaSessions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("MfaSessions")
            .field("can_ask", &self.can_ask)
            .finish_non_exhaustive()
    }
}

/// The reason why a role was not assumed.
enum Refusal {
    /// The code was wrong, or had been used already.
    Code,
    Other(IdentityFault),
}

/// A client of STS for one request.
struct Sts {
    url: ServiceUrl,
    http: HttpClient,
    clock: ServerClock,
    signer: Signer,
}

impl Sts {
    fn new(
        config: &SdkConfig,
        credentials: Credentials,
        bundle: Option<&CaBundle>,
    ) -> Result<Self, IdentityFault> {
        let misconfigured = |why: String| IdentityFault::Misconfigured(why);
        let region = config.region().ok_or(IdentityFault::NoRegion)?.to_string();
        let url = ServiceUrl::of(config, Service::Sts, &region);
        let url = url.map_err(|error| misconfigured(error.to_string()))?;
        let http = HttpClient::new(url.endpoint(), bundle, Limits::default());
        Ok(Self {
            http: http.map_err(|error| misconfigured(error.to_string()))?,
            url,
            clock: ServerClock::new(Clock::wall()),
            signer: Signer {
                credentials,
                region,
            },
        })
    }

    async fn assume(mut self, role: &Role, code: Option<&Secret>) -> Result<Credentials, Refusal> {
        let other = |why: String| Refusal::Other(IdentityFault::Failed(why));
        let mut attempts = 0;
        loop {
            let skew = self.clock.skew();
            let response = self.send(role, code).await.map_err(Refusal::Other)?;
            if response.status.is_success() {
                return read(&response).ok_or_else(|| {
                    let host = self.url.authority();
                    other(format!("{host} responded with a body that is not of STS"))
                });
            }
            let error = ServiceError::read(&response);
            attempts += 1;
            let is_date = matches!(
                error.code.as_str(),
                "SignatureDoesNotMatch" | "RequestExpired"
            );
            if is_date && attempts == 1 && self.clock.skew().explains_refusal_of(skew) {
                continue;
            }
            let message = error.message.unwrap_or_default();
            let lower = message.to_lowercase();
            if lower.contains("multifactorauthentication failed") || lower.contains("tokencode") {
                return Err(Refusal::Code);
            }
            let causes = format!("{}: {message}", error.code);
            return Err(Refusal::Other(IdentityFault::new(
                &CredentialsError::provider_error("STS refused the request"),
                &causes,
                None,
                Login::Profile(role.profile.clone()),
            )));
        }
    }

    async fn send(
        &mut self,
        role: &Role,
        code: Option<&Secret>,
    ) -> Result<Response, IdentityFault> {
        let mut request = Request::new(Operation::AssumeRole, self.url.request("/", ""));
        request.body = form(role, code).into_bytes();
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        request.headers.insert(CONTENT_TYPE, form);
        let sent = self.clock.machine_time();
        let request = self.signer.sign(request, self.clock.server_time());
        let request = request.map_err(|error| IdentityFault::Misconfigured(error.to_string()))?;
        let host = self.url.authority().to_owned();
        let response = self.http.send(request).await.map_err(|error| {
            let context = RequestContext {
                operation: Operation::AssumeRole,
                subject: &role.arn,
                host: &host,
                signed: true,
            };
            IdentityFault::Request(Box::new(transport_error::to_fault(&context, &error)))
        })?;
        self.clock.observe(sent, &response);
        Ok(response)
    }
}

/// The parameters of a request, which has them in its body: the code is in no URL.
fn form(role: &Role, code: Option<&Secret>) -> String {
    let mut parameters = vec![
        ("Action", "AssumeRole"),
        ("Version", "2011-06-15"),
        ("RoleArn", &role.arn),
        ("RoleSessionName", &role.session_name),
    ];
    let optional = [
        ("DurationSeconds", role.duration.as_deref()),
        ("ExternalId", role.external_id.as_deref()),
        ("SerialNumber", role.serial.as_deref()),
        ("TokenCode", code.map(Secret::expose)),
    ];
    parameters.extend(
        optional
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?))),
    );
    encode(&parameters)
}

#[derive(Deserialize)]
struct AssumeRoleResponse {
    #[serde(rename = "AssumeRoleResult")]
    result: AssumeRoleResult,
}

#[derive(Deserialize)]
struct AssumeRoleResult {
    #[serde(rename = "Credentials")]
    credentials: SessionFields,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SessionFields {
    access_key_id: String,
    secret_access_key: String,
    session_token: String,
    expiration: String,
}

fn read(response: &Response) -> Option<Credentials> {
    let text = std::str::from_utf8(&response.body).ok()?;
    let read: AssumeRoleResponse = quick_xml::de::from_str(text).ok()?;
    let fields = read.result.credentials;
    let expiry = DateTime::parse_from_rfc3339(&fields.expiration).ok()?;
    Some(Credentials::new(
        fields.access_key_id,
        fields.secret_access_key,
        Some(fields.session_token),
        Some(SystemTime::from(expiry)),
        "MFA",
    ))
}
