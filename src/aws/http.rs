//! The HTTP client: one GET at a time, with a deadline, a limit on the answer's size, and no redirects.

use std::time::Duration;

use reqwest::header::{CONNECTION, HeaderMap};
use reqwest::{Certificate, Client, Response, StatusCode, Url};
use tokio::time::Instant;

use crate::aws::tls::{CaBundle, TlsError};
use crate::backend::parallelcluster::endpoint::ApiUrl;

/// How long a connection may take to come about.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// API Gateway gives its own answer (504) after 29 s; giving up before would hide it.
const ATTEMPT_DEADLINE: Duration = Duration::from_secs(32);
/// API Gateway's limit is 10 MB.
const LARGEST_BODY: usize = 16 * 1024 * 1024;
/// Below the minute after which load balancers drop an idle connection.
const POOL_IDLE: Duration = Duration::from_secs(50);
const USER_AGENT: &str = concat!("bakewatch/", env!("CARGO_PKG_VERSION"));

/// A client for one API.
#[derive(Debug)]
pub(crate) struct Http {
    client: Client,
    route: Route,
    limits: Limits,
    /// Since when a connection has been waiting for its next request.
    idle_since: Option<Instant>,
}

/// How the API is reached.
#[derive(Debug)]
struct Route {
    https: bool,
    loopback: bool,
    /// Certificates to trust besides the platform's.
    trusted: Vec<Certificate>,
}

/// What an attempt may cost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) deadline: Duration,
    pub(crate) body: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            deadline: ATTEMPT_DEADLINE,
            body: LARGEST_BODY,
        }
    }
}

/// A whole answer, whatever its status.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// Why there is no whole answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The request could not be sent, or no answer began. `reused` if the connection had served before:
    /// it may have been dead already, which says nothing about the server.
    Send { error: reqwest::Error, reused: bool },
    /// The answer broke off.
    Body,
    /// The answer is larger than any that the API gives.
    TooLarge { limit: usize },
    /// The deadline ran out.
    Deadline(Duration),
}

impl Reply {
    /// A header's value where it is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

impl Http {
    /// A client for the API, which trusts the bundle besides the platform's own certificates.
    pub(crate) fn new(
        api: &ApiUrl,
        bundle: Option<&CaBundle>,
        limits: Limits,
    ) -> Result<Self, TlsError> {
        let route = Route {
            https: api.is_https(),
            loopback: api.is_loopback(),
            trusted: bundle.map_or_else(Vec::new, CaBundle::certificates),
        };
        Ok(Self {
            client: route.client().map_err(TlsError::Client)?,
            route,
            limits,
            idle_since: None,
        })
    }

    /// Uses no connection any more that was there before. One that has died in a sleep of the machine does not
    /// say so, and does not count as idle either: the time that it slept does not pass for the pool.
    pub(crate) fn reconnect(&mut self) {
        // What has worked once can only fail for want of memory; then the old ones are tried.
        if let Ok(client) = self.route.client() {
            self.client = client;
            self.idle_since = None;
        }
    }

    /// Gets one URL. Nothing is tried again here: each try needs a signature of its own.
    pub(crate) async fn get(&mut self, url: Url, headers: HeaderMap) -> Result<Reply, Failure> {
        let reused = self
            .idle_since
            .take()
            .is_some_and(|since| since.elapsed() < POOL_IDLE);
        let limits = self.limits;
        let request = self.client.get(url).headers(headers);
        let attempt = async {
            match request.send().await {
                Ok(response) => read(response, limits.body).await,
                Err(error) => Err(Failure::Send { error, reused }),
            }
        };
        let reply = tokio::time::timeout(limits.deadline, attempt)
            .await
            .map_err(|_elapsed| Failure::Deadline(limits.deadline))??;
        let closes = reply
            .header(CONNECTION.as_str())
            .is_some_and(|value| value.eq_ignore_ascii_case("close"));
        self.idle_since = (!closes).then(Instant::now);
        Ok(reply)
    }
}

impl Route {
    fn client(&self) -> reqwest::Result<Client> {
        let mut builder = Client::builder()
            .user_agent(USER_AGENT)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_idle_timeout(POOL_IDLE)
            .http1_only()
            .https_only(self.https);
        if self.loopback {
            builder = builder.no_proxy();
        }
        // Without TLS the platform's certificates are not needed, and in a bare container not there.
        builder = if self.https {
            builder.tls_certs_merge(self.trusted.clone())
        } else {
            builder.tls_certs_only(self.trusted.clone())
        };
        builder.build()
    }
}

impl Failure {
    /// Whether a dead connection that was left from an earlier request explains it, so that a new
    /// connection is worth a try at once.
    pub(crate) fn is_of_a_stale_connection(&self) -> bool {
        matches!(self, Self::Send { error, reused: true } if !error.is_connect() && !error.is_timeout())
    }
}

async fn read(mut response: Response, limit: usize) -> Result<Reply, Failure> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_broken| Failure::Body)? {
        if body.len() + chunk.len() > limit {
            return Err(Failure::TooLarge { limit });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Reply {
        status: response.status(),
        headers: std::mem::take(response.headers_mut()),
        body,
    })
}
