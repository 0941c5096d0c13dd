//! The HTTP client: sends one request at a time, with a deadline, a limit on the response's size, and no redirects.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{CONNECTION, HeaderMap};
use reqwest::{Client, RequestBuilder, StatusCode, Url};
use tokio::time::Instant;

use crate::aws::operation::Request;
use crate::aws::tls::CaBundle;

/// How long it may take to connect.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// API Gateway sends its own response (504) after 29 s; giving up before would hide it.
const ATTEMPT_DEADLINE: Duration = Duration::from_secs(32);
/// A page of events or of a log is hardly larger. Memory for a longer body comes with the body.
const USUAL_BODY: usize = 1024 * 1024;
/// API Gateway's limit is 10 MB.
const LARGEST_BODY: usize = 16 * 1024 * 1024;
/// Below the minute after which load balancers drop an idle connection.
const POOL_IDLE: Duration = Duration::from_secs(50);
const USER_AGENT: &str = concat!("bakewatch/", env!("CARGO_PKG_VERSION"));

/// Within this time, the clients of one endpoint reconnect once: they all notice a sleep.
const ONE_SLEEP: Duration = Duration::from_secs(1);

/// A client for one endpoint. Its clones share the connections.
#[derive(Clone, Debug)]
pub(crate) struct HttpClient {
    pool: Arc<Mutex<Pool>>,
    config: Arc<ClientConfig>,
    limits: Limits,
}

/// A client that is built for its first request: that reads the certificates of the platform, often hundreds of files.
pub(crate) type LazyClient = Arc<OnceLock<Client>>;

#[derive(Debug)]
struct Pool {
    client: LazyClient,
    /// Since when a connection has been waiting for its next request.
    idle_since: Option<Instant>,
    reconnected: Option<Instant>,
}

/// The facts about an endpoint that decide how it is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    pub(crate) https: bool,
    /// Loopback is never reached through a proxy, and no resolver decides where it is.
    pub(crate) loopback: bool,
}

impl Endpoint {
    pub(crate) fn of(url: &Url) -> Self {
        let host = url.host_str().unwrap_or_default();
        let name = host.strip_suffix('.').unwrap_or(host);
        let address = host.trim_start_matches('[').trim_end_matches(']');
        let is_loopback = |address: IpAddr| address.to_canonical().is_loopback();
        Self {
            https: url.scheme() == "https",
            loopback: name == "localhost"
                || name.ends_with(".localhost")
                || address.parse().is_ok_and(is_loopback),
        }
    }
}

#[derive(Debug)]
struct ClientConfig {
    endpoint: Endpoint,
    /// Certificates to trust besides the platform's.
    bundle: Option<CaBundle>,
}

/// The limits of one attempt.
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

/// A whole response with any status.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// The reason why there is no whole response.
#[derive(Debug)]
pub(crate) enum TransportError {
    /// The request could not be sent, or no response began. `reused` if the connection had served before: it may
    /// have been dead already, which is no evidence about the server.
    Send { error: reqwest::Error, reused: bool },
    /// The response broke off.
    Body,
    /// The response is larger than any that a service sends.
    TooLarge { limit: usize },
    /// The deadline has passed.
    Deadline(Duration),
}

impl Response {
    /// A header's value where it is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

impl HttpClient {
    /// A client that trusts the bundle besides the platform's own certificates.
    pub(crate) fn new(endpoint: Endpoint, bundle: Option<&CaBundle>, limits: Limits) -> Self {
        Self::sharing(LazyClient::default(), endpoint, bundle, limits)
    }

    /// The same with a client that others of its kind of endpoint have too.
    pub(crate) fn sharing(
        client: LazyClient,
        endpoint: Endpoint,
        bundle: Option<&CaBundle>,
        limits: Limits,
    ) -> Self {
        let config = ClientConfig {
            endpoint,
            bundle: bundle.cloned(),
        };
        let pool = Pool {
            client,
            idle_since: None,
            reconnected: None,
        };
        Self {
            pool: Arc::new(Mutex::new(pool)),
            config: Arc::new(config),
            limits,
        }
    }

    fn pool(&self) -> MutexGuard<'_, Pool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stops using the present connections. One that died while the machine slept does not show it, and the pool
    /// does not drop it as idle either: its clock stands still during a sleep.
    pub(crate) fn reconnect(&mut self) {
        let mut pool = self.pool();
        let recently = |at: Instant| at.elapsed() < ONE_SLEEP;
        if pool.reconnected.is_some_and(recently) {
            return;
        }
        *pool = Pool {
            client: LazyClient::default(),
            idle_since: None,
            reconnected: Some(Instant::now()),
        };
    }

    /// Sends one request. Nothing is retried here: each attempt needs a signature of its own.
    pub(crate) async fn send(&mut self, request: Request) -> Result<Response, TransportError> {
        let idle_since = self.pool().idle_since.take();
        let reused = idle_since.is_some_and(|since| since.elapsed() < POOL_IDLE);
        let limits = self.limits;
        let unbuilt = |error| TransportError::Send {
            error,
            reused: false,
        };
        let request = self.prepare(request).map_err(unbuilt)?;
        let attempt = async {
            match request.send().await {
                Ok(response) => read(response, limits.body).await,
                Err(error) => Err(TransportError::Send { error, reused }),
            }
        };
        let response = tokio::time::timeout(limits.deadline, attempt)
            .await
            .map_err(|_elapsed| TransportError::Deadline(limits.deadline))??;
        let closes = response
            .header(CONNECTION.as_str())
            .is_some_and(|value| value.eq_ignore_ascii_case("close"));
        self.pool().idle_since = (!closes).then(Instant::now);
        Ok(response)
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that makes a request, and its method is an operation's"
    )]
    fn prepare(&self, request: Request) -> reqwest::Result<RequestBuilder> {
        let method = request.operation.method();
        let client = self.client()?;
        let builder = client.request(method, request.url).headers(request.headers);
        Ok(if request.body.is_empty() {
            builder
        } else {
            builder.body(request.body)
        })
    }

    pub(crate) fn lazy(&self) -> LazyClient {
        Arc::clone(&self.pool().client)
    }

    fn client(&self) -> reqwest::Result<Client> {
        let lazy = self.lazy();
        if let Some(client) = lazy.get() {
            return Ok(client.clone());
        }
        let built = self.config.build()?;
        Ok(lazy.get_or_init(|| built).clone())
    }
}

impl ClientConfig {
    fn build(&self) -> reqwest::Result<Client> {
        let Endpoint { https, loopback } = self.endpoint;
        let mut builder = Client::builder()
            .user_agent(USER_AGENT)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_idle_timeout(POOL_IDLE)
            .http1_only()
            .https_only(https);
        if loopback {
            builder = builder.no_proxy().dns_resolver(Loopback);
        }
        // Without TLS no certificates are needed, and a bare container has none.
        builder = match &self.bundle {
            Some(bundle) if https => builder.tls_certs_merge(bundle.certificates()),
            _ if https => builder,
            _ => builder.tls_certs_only([]),
        };
        builder.build()
    }
}

impl TransportError {
    /// Whether a dead connection that was left from an earlier request explains it, so that a new connection is
    /// worth an immediate retry.
    pub(crate) fn is_stale_connection(&self) -> bool {
        matches!(self, Self::Send { error, reused: true } if !error.is_connect() && !error.is_timeout())
    }
}

/// Resolves every name to this machine (RFC 6761, 6.3): what a resolver or `/etc/hosts` says about `localhost` must not
/// send a signed request elsewhere in plain text.
struct Loopback;

impl Resolve for Loopback {
    fn resolve(&self, _name: Name) -> Resolving {
        // The client replaces port 0 by the URL's.
        let addresses: [SocketAddr; 2] = [
            (Ipv4Addr::LOCALHOST, 0).into(),
            (Ipv6Addr::LOCALHOST, 0).into(),
        ];
        let addresses: Addrs = Box::new(addresses.into_iter());
        Box::pin(std::future::ready(Ok(addresses)))
    }
}

async fn read(mut response: reqwest::Response, limit: usize) -> Result<Response, TransportError> {
    let promised = response.content_length().unwrap_or_default();
    let promised = usize::try_from(promised).unwrap_or(usize::MAX);
    // A body that comes at once is not copied.
    let (mut whole, mut parts) = (Bytes::new(), Vec::new());
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|_broken| TransportError::Body)?
    {
        if whole.len() + parts.len() + chunk.len() > limit {
            return Err(TransportError::TooLarge { limit });
        }
        if whole.is_empty() && parts.is_empty() {
            whole = chunk;
            continue;
        }
        if parts.is_empty() {
            parts.reserve(promised.min(USUAL_BODY));
            parts.extend_from_slice(&std::mem::take(&mut whole));
        }
        parts.extend_from_slice(&chunk);
    }
    let body = if parts.is_empty() {
        whole
    } else {
        parts.into()
    };
    Ok(Response {
        status: response.status(),
        headers: std::mem::take(response.headers_mut()),
        body,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::operation::Operation;
    use crate::aws::testing::server::{Server, response};

    /// No resolver knows the last of these names, and none is asked.
    #[tokio::test]
    async fn names_of_loopback_lead_to_this_machine_whatever_a_resolver_says() {
        for host in [
            "localhost",
            "LOCALHOST.",
            "api.localhost",
            "no-such-host.invalid",
        ] {
            let server = Server::start([response(200, "", "here")]).await;
            let endpoint = Endpoint {
                https: false,
                loopback: true,
            };
            let mut client = HttpClient::new(endpoint, None, Limits::default());
            let url = format!("http://{host}:{}/", server.address.port());
            let request = Request {
                operation: Operation::DescribeImage,
                url: url.parse().unwrap(),
                headers: HeaderMap::new(),
                body: Vec::new(),
            };
            let response = client.send(request).await.unwrap();
            assert_eq!(response.body, "here", "{host}");
        }
    }
}
