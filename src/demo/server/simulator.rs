//! The simulated API itself: HTTP/1.1 on a loopback port, at the clock's time.

use std::future::poll_fn;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use chrono::TimeDelta;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

use crate::clock::Clock;
use crate::demo::faults::FaultPlan;
use crate::demo::playback::Playback;
use crate::demo::scenario::Scenario;
use crate::demo::server::api::Api;
use crate::demo::server::aws::{ACCESS_KEY_ID, SECRET_ACCESS_KEY, SESSION_TOKEN};
use crate::demo::server::http::Cut;
use crate::demo::server::requests::RequestLog;
use crate::demo::world::World;

/// The time between the begins of two builds.
const BETWEEN_BUILDS: Duration = Duration::from_mins(7);

/// A ParallelCluster API on a loopback port, for one image or several. It responds while [`Simulator::serve`] is awaited;
/// dropping that future closes the port and every connection.
#[derive(Debug)]
pub struct Simulator {
    listener: TcpListener,
    address: SocketAddr,
    api: Api,
}

impl Simulator {
    /// An API in which a scenario begins now, by the clock.
    ///
    /// # Errors
    /// Where no port is free.
    pub async fn bind(scenario: &Scenario, clock: Clock) -> io::Result<Self> {
        Self::bind_all(std::slice::from_ref(scenario), clock).await
    }

    /// The same with several images. All but the first have begun before, at different times; only the first has its
    /// faults.
    ///
    /// # Errors
    /// Where no port is free.
    pub async fn bind_all(scenarios: &[Scenario], clock: Clock) -> io::Result<Self> {
        let play = |(place, scenario): (u32, &Scenario)| {
            let before = BETWEEN_BUILDS * place;
            let began = clock.now() - TimeDelta::from_std(before).unwrap_or_default();
            let playback = Playback::new(scenario.script(began), clock.elapsed());
            (World::new(scenario.image_id()), playback.ahead_by(before))
        };
        let mut played = (0..).zip(scenarios).map(play);
        let first = played
            .next()
            .unwrap_or_else(|| (World::new(""), Playback::new(Vec::new(), Duration::ZERO)));
        let others = played.collect();
        let mut api = Api::new(first.0, first.1, clock);
        api.others = others;
        let simulator = Self::listen(api).await?;
        let faults = scenarios.first().map(|scenario| scenario.faults().clone());
        Ok(simulator.with_faults(faults.unwrap_or_default()))
    }

    /// For tests: an API whose world only the caller changes.
    ///
    /// # Errors
    /// Where no port is free.
    pub async fn bind_world(world: World, clock: Clock) -> io::Result<Self> {
        let playback = Playback::new(Vec::new(), clock.elapsed());
        Self::listen(Api::new(world, playback, clock)).await
    }

    async fn listen(api: Api) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        Ok(Self {
            address: listener.local_addr()?,
            listener,
            api,
        })
    }

    /// For tests: fails by this plan instead of the scenario's.
    #[must_use]
    pub fn with_faults(mut self, faults: FaultPlan) -> Self {
        self.api.faults = faults;
        self
    }

    /// For tests: has another image, too, whose world only the caller changes.
    #[must_use]
    pub fn with_world(mut self, world: World) -> Self {
        let playback = Playback::new(Vec::new(), Duration::ZERO);
        self.api.others.push((world, playback));
        self
    }

    /// For tests: puts this many events on a page, at least one, instead of 100.
    #[must_use]
    pub fn with_page_size(mut self, events: usize) -> Self {
        self.api.page_size = events.max(1);
        self
    }

    /// For tests: logs every request from now on.
    #[must_use]
    pub fn with_log(mut self, log: &RequestLog) -> Self {
        self.api.log = Some(log.clone());
        self
    }

    /// The invoke URL, which ParallelCluster's API stack calls `ParallelClusterApiInvokeUrl`.
    pub fn url(&self) -> String {
        format!("http://{}/prod", self.address)
    }

    /// The endpoint URL of each simulated AWS service.
    pub(crate) fn aws_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// For tests: the environment in which a program makes its AWS calls to it.
    pub fn environment(&self) -> [(&'static str, String); 5] {
        let region = "us-east-1".to_owned();
        [
            ("AWS_ENDPOINT_URL", self.aws_url()),
            ("AWS_ACCESS_KEY_ID", ACCESS_KEY_ID.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY.to_owned()),
            ("AWS_SESSION_TOKEN", SESSION_TOKEN.to_owned()),
            ("AWS_REGION", region),
        ]
    }

    /// The world that the responses are made from.
    pub fn world(&self) -> World {
        self.api.world.clone()
    }

    /// Responds to requests for as long as it is awaited.
    pub async fn serve(self) {
        let Self { listener, api, .. } = self;
        let mut connections = FuturesUnordered::new();
        loop {
            tokio::select! {
                // A connection that was gone before it could be accepted does not end the others.
                accepted = listener.accept() => if let Ok((stream, _)) = accepted {
                    connections.push(serve_connection(stream, &api));
                },
                Some(()) = connections.next() => {}
            }
        }
    }
}

/// Responds to the requests of one connection until either side ends it.
async fn serve_connection(stream: TcpStream, api: &Api) {
    let service = service_fn(|request| Box::pin(api.respond(request)));
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let ended = poll_fn(|context| connection.poll_without_shutdown(context)).await;
    if ended.is_err_and(|error| Cut::of(&error) == Some(Cut::Reset)) {
        // With a linger time of zero, closing resets the connection.
        let stream = connection.into_parts().io.into_inner();
        drop(stream.set_zero_linger());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;
    use crate::demo::faults::{FaultRule, InjectedFault};

    /// A simulator with one event, whose nth request meets the nth fault.
    async fn with_faults(faults: impl IntoIterator<Item = InjectedFault>) -> Simulator {
        let world = World::new("alinux2-image");
        world.replace_stack("arn:stack/1");
        world.push_events([json!({ "eventId": "1" })]);
        let rules = (1..).zip(faults);
        let rules = rules.map(|(number, fault)| FaultRule::requests(number..=number, fault));
        let simulator = Simulator::bind_world(world, Clock::wall()).await.unwrap();
        simulator.with_faults(FaultPlan::new(rules.collect()))
    }

    /// The output of the client's future while the API is served.
    async fn served<T>(simulator: Simulator, client: impl Future<Output = T>) -> T {
        tokio::select! {
            () = simulator.serve() => unreachable!("it is served until it is dropped"),
            output = client => output,
        }
    }

    fn client() -> reqwest::Client {
        reqwest::Client::builder().no_proxy().build().unwrap()
    }

    fn events_of(simulator: &Simulator) -> String {
        format!(
            "{}/v3/images/custom/alinux2-image/stackevents",
            simulator.url()
        )
    }

    #[expect(clippy::disallowed_methods, reason = "a test is the client here")]
    fn get(client: &reqwest::Client, url: &str) -> reqwest::RequestBuilder {
        client.get(url)
    }

    async fn body_of(client: &reqwest::Client, url: &str) -> reqwest::Result<String> {
        get(client, url).send().await?.text().await
    }

    #[tokio::test]
    async fn responds_over_http_and_logs_requests() {
        let log = RequestLog::default();
        let simulator = with_faults([]).await.with_log(&log);
        let url = events_of(&simulator);
        let client = client();
        let request = get(&client, &format!("{url}?region=us-east-1")).header("x-canary", "1");
        let response = served(simulator, request.send()).await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["x-amzn-requestid"].len(), 36);
        let logged = log.all().remove(0);
        assert_eq!(
            (logged.method.as_str(), logged.parameter("region")),
            ("GET", Some("us-east-1"))
        );
        assert_eq!(
            (logged.header("x-canary"), logged.header("authorization")),
            (Some("1"), None)
        );
    }

    #[tokio::test]
    async fn one_connection_carries_many_requests() {
        let simulator = with_faults([]).await;
        let address = simulator.address;
        let requests = async {
            let mut stream = TcpStream::connect(address).await.unwrap();
            let request = "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";
            let last = "GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
            stream
                .write_all(format!("{request}{request}{last}").as_bytes())
                .await
                .unwrap();
            let mut responses = String::new();
            stream.read_to_string(&mut responses).await.unwrap();
            responses
        };
        let responses = served(simulator, requests).await;
        assert_eq!(responses.matches("HTTP/1.1 403 Forbidden").count(), 3);
    }

    #[tokio::test]
    async fn a_slow_response_does_not_delay_other_requests() {
        let log = RequestLog::default();
        let simulator = with_faults([InjectedFault::Slow(Duration::from_hours(1))]).await;
        let simulator = simulator.with_log(&log);
        let url = events_of(&simulator);
        let client = client();
        let requests = async {
            tokio::select! {
                biased;
                slow = body_of(&client, &url) => panic!("the slow request got a response: {slow:?}"),
                quick = async {
                    // Only once the slow request is there is the quick one the second.
                    while log.all().is_empty() {
                        tokio::task::yield_now().await;
                    }
                    body_of(&client, &url).await
                } => quick,
            }
        };
        assert!(
            served(simulator, requests)
                .await
                .unwrap()
                .contains("events")
        );
    }

    #[tokio::test]
    async fn a_reset_is_a_reset_and_the_next_request_gets_a_response() {
        let simulator = with_faults([InjectedFault::Reset]).await;
        let url = events_of(&simulator);
        let client = client();
        let requests = async { (body_of(&client, &url).await, body_of(&client, &url).await) };
        let (first, second) = served(simulator, requests).await;
        let mut cause: &dyn std::error::Error = &first.unwrap_err();
        while let Some(deeper) = cause.source() {
            cause = deeper;
        }
        let cause = cause.downcast_ref::<io::Error>().map(io::Error::kind);
        assert_eq!(cause, Some(io::ErrorKind::ConnectionReset));
        assert!(second.unwrap().contains("events"));
    }

    #[tokio::test]
    async fn a_truncated_response_has_a_correct_head_and_half_a_body() {
        let simulator = with_faults([InjectedFault::Truncated]).await;
        let url = events_of(&simulator);
        let client = client();
        let requests = async {
            let mut response = get(&client, &url).send().await.unwrap();
            assert_eq!(response.status(), 200);
            assert_eq!(response.content_length(), Some(28));
            let first = response.chunk().await.unwrap().unwrap();
            (first, response.chunk().await)
        };
        let (first, rest) = served(simulator, requests).await;
        assert_eq!(&first[..], br#"{"events":[{"e"#);
        assert!(rest.is_err());
    }

    #[tokio::test]
    async fn garbled_responses_are_a_web_page_and_half_a_document() {
        let simulator = with_faults([InjectedFault::Html, InjectedFault::HalfJson]).await;
        let url = events_of(&simulator);
        let client = client();
        let requests = async { (body_of(&client, &url).await, body_of(&client, &url).await) };
        let (html, half) = served(simulator, requests).await;
        assert!(html.unwrap().starts_with("<!DOCTYPE html>"));
        assert!(serde_json::from_str::<serde_json::Value>(&half.unwrap()).is_err());
    }

    #[tokio::test]
    async fn dropping_the_simulator_closes_its_port() {
        let simulator = with_faults([]).await;
        let url = events_of(&simulator);
        let client = client();
        served(simulator, body_of(&client, &url)).await.unwrap();
        assert!(body_of(&client, &url).await.is_err());
    }

    #[tokio::test]
    async fn a_scenario_is_served_from_its_beginning_and_can_be_spawned() {
        let scenario = Scenario::named("success").unwrap();
        let clock = Clock::scenario("2026-05-04T08:30:00Z".parse().unwrap(), 60.0);
        let simulator = Simulator::bind(&scenario, clock).await.unwrap();
        let url = format!(
            "{}/v3/images/custom/{}",
            simulator.url(),
            scenario.image_id()
        );
        let mut tasks = tokio::task::JoinSet::new();
        tasks.spawn(simulator.serve());
        let description = body_of(&client(), &url).await.unwrap();
        assert!(description.contains("BUILD_IN_PROGRESS"), "{description}");
        assert!(description.contains("2026-05-04T08:30:0"), "{description}");
    }
}
