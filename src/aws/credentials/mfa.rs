//! The roles that need an MFA code: aws-config assumes none of these, so this does it, with a request of its own.
//!
//! A code is good for one request, so the session that it gives is kept here for all watches of the program, until
//! shortly before it expires. Then another code is needed, which the user enters on the screen.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use chrono::{DateTime, TimeDelta, Utc};
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use serde::Deserialize;
use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};
use tokio::time::Instant;

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
/// A device shows a code for this long, and AWS accepts it hardly longer.
const CODE_LASTS: Duration = Duration::from_secs(30);
/// A session that is younger than this is kept although a service refused it: the reason is hardly the session, which
/// services know only after a moment, and the user would have to enter another code.
const FRESH: Duration = Duration::from_mins(1);

/// The entered code and the sessions of all watches.
#[derive(Clone, Default)]
pub struct MfaSessions {
    state: Arc<Mutex<State>>,
    /// Held while roles are assumed.
    turn: Arc<AsyncMutex<()>>,
    /// Whether the user can enter a code.
    can_ask: bool,
}

#[derive(Default)]
struct State {
    code: Option<Code>,
    /// AWS refused the last code that was sent, and there is no other since.
    refused: bool,
    /// A request has failed for lack of a code, and no session has come since.
    needed: bool,
    sessions: HashMap<Path, Session>,
    /// How often a code or a session has come.
    version: u64,
}

struct Code {
    digits: Secret,
    entered: Instant,
}

struct Session {
    credentials: Credentials,
    began: Instant,
}

/// Identifies a session: the roles up to its own, from the first one that needs a code, each with its device. The device
/// is one user's, so the names of the profiles do not matter.
type Path = Vec<(String, Option<String>)>;

fn path_of(roles: &[Role]) -> Path {
    let path = roles
        .iter()
        .map(|role| (role.arn.clone(), role.serial.clone()));
    path.collect()
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
    pub(crate) fn enter(&self, digits: Secret) {
        let mut state = self.lock();
        state.version += 1;
        state.refused = false;
        state.code = Some(Code {
            digits,
            entered: Instant::now(),
        });
    }

    /// Changes with every code and every session: then a failure for lack of one is out of date.
    pub(crate) fn version(&self) -> u64 {
        self.lock().version
    }

    /// A service refused a session: drops all but fresh ones.
    pub(crate) fn forget(&self) {
        let mut state = self.lock();
        state
            .sessions
            .retain(|_, session| session.began.elapsed() < FRESH);
    }

    /// Waits until no other watch assumes a role: it may get the session that this one needs, with the only code.
    pub(crate) async fn turn(&self) -> OwnedMutexGuard<()> {
        Arc::clone(&self.turn).lock_owned().await
    }

    /// The session of the last of these roles, unless it is about to expire at `now`, the server's time.
    pub(crate) fn session(&self, roles: &[Role], now: DateTime<Utc>) -> Option<Credentials> {
        let state = self.lock();
        let session = &state.sessions.get(&path_of(roles))?.credentials;
        let expiry = session.expiry().map(DateTime::<Utc>::from);
        expiry
            .is_none_or(|expiry| expiry > now + RENEW_BEFORE_EXPIRY)
            .then(|| session.clone())
    }

    fn keep(&self, roles: &[Role], session: &Credentials) {
        let mut state = self.lock();
        state.version += 1;
        state.needed = false;
        state.sessions.insert(
            path_of(roles),
            Session {
                credentials: session.clone(),
                began: Instant::now(),
            },
        );
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Each change is a few assignments that can't fail, so a panic leaves nothing half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a code is still needed. A report of that may be out of date when it arrives.
    pub(crate) fn is_code_needed(&self) -> bool {
        self.lock().needed
    }

    fn needs_code(&self, role: &Role) -> IdentityFault {
        let mut state = self.lock();
        state.needed = true;
        IdentityFault::CodeNeeded {
            profile: role.profile.clone(),
            serial: role.serial.clone().unwrap_or_default(),
            refused: state.refused,
            can_ask: self.can_ask,
        }
    }

    /// Fails if a role needs a code and there is none, before requests are made for the credentials to send it with.
    pub(crate) fn check_code(&self, role: &Role) -> Result<(), IdentityFault> {
        let mut state = self.lock();
        state
            .code
            .take_if(|code| code.entered.elapsed() >= CODE_LASTS);
        let has_code = state.code.is_some();
        drop(state);
        if role.serial.is_none() || has_code {
            return Ok(());
        }
        Err(self.needs_code(role))
    }

    /// Assumes the last of these roles with the credentials of the one before, and with the entered code if it needs one.
    pub(crate) async fn assume(
        &self,
        roles: &[Role],
        credentials: Credentials,
        config: &SdkConfig,
        bundle: Option<&CaBundle>,
    ) -> Result<Credentials, IdentityFault> {
        let Some(role) = roles.last() else {
            return Ok(credentials);
        };
        self.check_code(role)?;
        let sts = Sts::new(config, credentials, bundle)?;
        let taken = match &role.serial {
            Some(_) => self.lock().code.take(),
            None => None,
        };
        if role.serial.is_some() && taken.is_none() {
            return Err(self.needs_code(role));
        }
        let digits = taken.as_ref().map(|code| &code.digits);
        let session = sts.assume(role, digits).await;
        let session = session.map_err(|refusal| match refusal {
            Refusal::Code => {
                self.lock().refused = true;
                self.needs_code(role)
            }
            Refusal::Other(fault) => fault,
        })?;
        self.keep(roles, &session);
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
        Ok(Self {
            http: HttpClient::new(url.endpoint(), bundle, Limits::default()),
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

#[cfg(test)]
mod tests;
