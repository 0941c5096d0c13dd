//! From a request to its response: the routes, the faults that are planned for it, and the world's state.

use http_body_util::{BodyExt, Collected, Limited};
use hyper::Request;
use hyper::body::Body;

use crate::clock::Clock;
use crate::demo::faults::{Count, FaultPlan, InjectedFault, Route};
use crate::demo::playback::Playback;
use crate::demo::server::aws;
use crate::demo::server::http::{Cut, HttpResponse, Stamp, truncated, whole};
use crate::demo::server::images;
use crate::demo::server::requests::{Counter, LoggedRequest, RequestLog};
use crate::demo::server::response::Response;
use crate::demo::world::{Page, World};

/// The number of events on a page of the real API.
const PAGE_SIZE: usize = 100;

/// The longest body of a request.
const LARGEST_BODY: usize = 64 * 1024;

/// The API of one image: the state that its responses are made from, and the faults.
#[derive(Debug)]
pub(crate) struct Api {
    pub world: World,
    pub faults: FaultPlan,
    pub page_size: usize,
    /// For tests; absent in the demo, since it only grows.
    pub log: Option<RequestLog>,
    counter: Counter,
    playback: Playback,
    /// The other images of the account.
    pub others: Vec<(World, Playback)>,
    clock: Clock,
}

impl Api {
    /// An API that never fails.
    pub(crate) fn new(world: World, playback: Playback, clock: Clock) -> Self {
        Self {
            world,
            faults: FaultPlan::default(),
            page_size: PAGE_SIZE,
            log: None,
            counter: Counter::default(),
            playback,
            others: Vec::new(),
            clock,
        }
    }

    /// The world of every image.
    fn worlds(&self) -> Vec<&World> {
        let others = self.others.iter().map(|(world, _)| world);
        std::iter::once(&self.world).chain(others).collect()
    }

    /// The world of the image that a request is about, else the first one.
    fn world_of(&self, is_it: impl Fn(&World) -> bool) -> &World {
        let mut worlds = self.worlds().into_iter();
        worlds.find(|world| is_it(world)).unwrap_or(&self.world)
    }

    /// Responds to one request, or fails as planned.
    pub(crate) async fn respond<B>(&self, request: Request<B>) -> Result<HttpResponse, Cut>
    where
        B: Body,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let logged = LoggedRequest::new(&request);
        // A longer body, or one that breaks off, fits no signature.
        let body = Limited::new(request.into_body(), LARGEST_BODY).collect();
        let body = body.await.map(Collected::to_bytes).unwrap_or_default();
        let request = logged.with_body(body.to_vec());
        let action = aws::action(&request);
        let count = self.counter.count(request.route);
        if let Some(log) = &self.log {
            log.push(request.clone());
        }
        let fault = self.faults.fault(request.route, count);
        if let Some(InjectedFault::Slow(delay)) = fault {
            self.clock.sleep(*delay).await;
        }
        let response = match fault {
            Some(InjectedFault::Reset) => return Err(Cut::Reset),
            Some(InjectedFault::Truncated) => truncated(self.response(&request), self.stamp(count)),
            fault => {
                let planned = fault
                    .filter(|fault| fits(fault, &request))
                    .and_then(|fault| match action {
                        Some(action) => aws::of_fault(action, fault),
                        None => Response::of_fault(fault),
                    });
                let response = planned.unwrap_or_else(|| self.response(&request));
                whole(response, self.stamp(count))
            }
        };
        Ok(response?)
    }

    /// The correct response at the clock's time.
    fn response(&self, request: &LoggedRequest) -> Response {
        let elapsed = self.clock.elapsed();
        self.playback.advance(elapsed, &self.world);
        for (world, playback) in &self.others {
            playback.advance(elapsed, world);
        }
        if let Some(action) = aws::action(request) {
            let worlds = self.worlds();
            let world = self.world_of(|world| aws::is_about(world, request));
            return aws::response((&worlds, world), action, request, self.page_size);
        }
        if request.is_list() {
            return images::list(&self.worlds(), request);
        }
        let image_id = request.image_id();
        if request.route != Route::Unknown && !is_image_id(image_id) {
            return Response::bad_image_id(image_id);
        }
        let is_named = |world: &World| world.image_id() == image_id;
        match request.route {
            Route::Unknown | Route::Steps => Response::wrong_path(),
            Route::Image => match self.world_of(is_named).image(image_id) {
                Some(body) => Response::ok(body),
                None => Response::no_image(image_id),
            },
            Route::StackEvents => {
                let token = request.parameter("nextToken");
                match self
                    .world_of(is_named)
                    .page(image_id, token, self.page_size)
                {
                    Page::Events(page) => Response::events(&page),
                    Page::NoStack => Response::no_stack(image_id),
                    Page::BadToken => Response::bad_token(),
                }
            }
        }
    }

    fn stamp(&self, count: Count) -> Stamp {
        Stamp {
            now: self.clock.now(),
            number: count.of_all,
        }
    }
}

/// A token can only be rejected where there is one.
fn fits(fault: &InjectedFault, request: &LoggedRequest) -> bool {
    *fault != InjectedFault::TokenRejected
        || request.parameter("nextToken").is_some()
        || request.parameter("NextToken").is_some()
}

/// The API's own rule: `^[a-zA-Z][a-zA-Z0-9-]+$`.
fn is_image_id(text: &str) -> bool {
    let mut characters = text.chars();
    characters
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic())
        && text.len() > 1
        && characters.all(|it| it.is_ascii_alphanumeric() || it == '-')
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use chrono::{DateTime, Utc};
    use serde_json::{Value, json};

    use super::*;
    use crate::demo::faults::FaultRule;
    use crate::demo::scenario::Scenario;

    const EVENTS: &str = "/prod/v3/images/custom/alinux2-image/stackevents";
    const IMAGE: &str = "/prod/v3/images/custom/alinux2-image";

    fn epoch() -> DateTime<Utc> {
        "2026-05-04T08:30:00Z".parse().unwrap()
    }

    /// An API without a scenario, whose stack has this many events.
    fn with_events(count: usize) -> Api {
        let world = World::new("alinux2-image");
        world.replace_stack("arn:stack/1");
        world.push_events((0..count).map(|id| json!({ "eventId": id })));
        let playback = Playback::new(Vec::new(), Duration::ZERO);
        Api::new(world, playback, Clock::scenario(epoch(), 1.0))
    }

    async fn get(api: &Api, uri: &str) -> (u16, Value) {
        let response = api
            .respond(Request::builder().uri(uri).body(String::new()).unwrap())
            .await
            .unwrap();
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&body).unwrap())
    }

    /// A page's event ids, newest first, and the query for the next page.
    async fn page(api: &Api, query: &str) -> (Vec<u64>, Option<String>) {
        let (status, body) = get(api, &format!("{EVENTS}{query}")).await;
        assert_eq!(status, 200, "{body}");
        let events = body["events"].as_array().unwrap().iter();
        let next = body
            .get("nextToken")
            .map(|token| encoded(token.as_str().unwrap()));
        (
            events
                .map(|event| event["eventId"].as_u64().unwrap())
                .collect(),
            next,
        )
    }

    fn encoded(token: &str) -> String {
        let everything = percent_encoding::NON_ALPHANUMERIC;
        format!(
            "?nextToken={}",
            percent_encoding::utf8_percent_encode(token, everything)
        )
    }

    #[tokio::test]
    async fn pages_hold_every_event_once_newest_first_while_more_arrive() {
        let mut api = with_events(10);
        api.page_size = 4;
        let mut seen = Vec::new();
        let mut query = Some(String::new());
        let mut pages = 0;
        while let Some(present) = query {
            let (ids, next) = page(&api, &present).await;
            seen.extend(ids);
            api.world.push_events([json!({ "eventId": 100 + pages })]);
            (query, pages) = (next, pages + 1);
        }
        assert_eq!(seen, (0..10).rev().collect::<Vec<_>>());
        assert_eq!(pages, 3);
        assert_eq!(page(&api, "").await.0, [102, 101, 100, 9]);
    }

    #[tokio::test]
    async fn a_foreign_token_fails_as_on_the_real_server() {
        let mut api = with_events(3);
        api.page_size = 1;
        let (_, next) = page(&api, "").await;
        let next = next.unwrap();
        api.world.replace_stack("arn:stack/2");
        api.world.push_events([json!({ "eventId": 1 })]);
        for query in [next.as_str(), "?nextToken=nonsense"] {
            let (status, body) = get(&api, &format!("{EVENTS}{query}")).await;
            assert_eq!(status, 500);
            assert!(
                body["message"].as_str().unwrap().contains("Token"),
                "{body}"
            );
        }
        assert_eq!(page(&api, "?nextToken=&region=us-east-1").await.0, [1]);
    }

    #[tokio::test]
    async fn missing_things_are_refused_in_the_real_apis_words() {
        let api = with_events(1);
        let message = async |uri: &str| {
            let (status, body) = get(&api, uri).await;
            (status, body["message"].as_str().unwrap().to_owned())
        };
        let other = "/prod/v3/images/custom/other";
        let expected = "CloudFormation Stack for Image other does not exist.";
        assert_eq!(
            message(&format!("{other}/stackevents")).await,
            (404, expected.into())
        );
        let expected = "No image or stack associated with ParallelCluster image id: other.";
        assert_eq!(message(other).await, (404, expected.into()));
        let expected = "Bad Request: '1img' does not match '^[a-zA-Z][a-zA-Z0-9-]+$'";
        assert_eq!(
            message("/prod/v3/images/custom/1img").await,
            (400, expected.into())
        );
        let expected = "Missing Authentication Token";
        assert_eq!(
            message("/v3/images/custom/other").await,
            (403, expected.into())
        );
    }

    #[tokio::test]
    async fn a_test_changes_the_world_between_two_requests() {
        let api = with_events(1);
        assert_eq!(get(&api, IMAGE).await.0, 404);
        api.world
            .set_image(Some(json!({ "imageBuildStatus": "BUILD_COMPLETE" })));
        assert_eq!(
            get(&api, IMAGE).await.1["imageBuildStatus"],
            "BUILD_COMPLETE"
        );
        api.world.remove_stack();
        assert_eq!(get(&api, EVENTS).await.0, 404);
        api.world.replace_stack("arn:stack/2");
        assert_eq!(get(&api, EVENTS).await, (200, json!({ "events": [] })));
    }

    #[tokio::test]
    async fn faults_come_as_planned_and_each_request_is_logged() {
        let mut api = with_events(1);
        let log = RequestLog::default();
        api.log = Some(log.clone());
        let once = |number, fault| FaultRule::requests(number..=number, fault);
        api.faults = FaultPlan::new(vec![
            once(1, InjectedFault::Status(504)).of(Route::StackEvents),
            once(2, InjectedFault::TokenRejected).of(Route::StackEvents),
            once(3, InjectedFault::TokenRejected).of(Route::StackEvents),
            once(1, InjectedFault::ExpiredToken).of(Route::Image),
        ]);
        let (status, body) = get(&api, EVENTS).await;
        assert_eq!(
            (status, &body["message"]),
            (504, &json!("Endpoint request timed out"))
        );
        assert_eq!(
            get(&api, EVENTS).await.0,
            200,
            "there is no token to reject"
        );
        assert_eq!(get(&api, &format!("{EVENTS}?nextToken=t")).await.0, 500);
        assert_eq!(get(&api, IMAGE).await.0, 403);
        let routes: Vec<Route> = log.all().iter().map(|request| request.route).collect();
        assert_eq!(routes.len(), 4);
        assert_eq!(routes.last(), Some(&Route::Image));
        assert_eq!(
            log.of(Route::StackEvents)[2].parameter("nextToken"),
            Some("t")
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_answer_takes_the_clocks_time_and_is_right() {
        let mut api = with_events(1);
        let slow = InjectedFault::Slow(Duration::from_secs(28));
        api.faults = FaultPlan::new(vec![FaultRule::requests(1..=1, slow)]);
        assert_eq!(page(&api, "").await.0, [0]);
        assert_eq!(api.clock.elapsed(), Duration::from_secs(28));
    }

    #[tokio::test(start_paused = true)]
    async fn the_head_has_the_clocks_date_and_a_request_id() {
        let api = with_events(1);
        tokio::time::advance(Duration::from_secs(90)).await;
        let response = api
            .respond(Request::builder().uri(EVENTS).body(String::new()).unwrap())
            .await
            .unwrap();
        assert_eq!(response.headers()["date"], "Mon, 04 May 2026 08:31:30 GMT");
        assert_eq!(response.headers()["content-type"], "application/json");
        assert_eq!(response.headers()["x-amzn-requestid"].len(), 36);
    }

    /// The responses of both routes after each change of a scenario, each pair once.
    async fn watch(name: &str) -> Vec<String> {
        let scenario = Scenario::named(name).unwrap();
        let clock = Clock::scenario(epoch(), 1.0);
        let script = scenario.script(clock.now());
        let times: Vec<Duration> = script.iter().map(|timed| timed.at).collect();
        let playback = Playback::new(script, clock.elapsed());
        let api = Api::new(World::new(scenario.image_id()), playback, clock);
        let image = format!("/prod/v3/images/custom/{}", scenario.image_id());
        let mut seen = Vec::new();
        for time in times {
            tokio::time::advance(time.saturating_sub(api.clock.elapsed())).await;
            let (status, body) = get(&api, &format!("{image}/stackevents")).await;
            let stack = match status {
                200 => newest_root_status(&body).to_owned(),
                status => status.to_string(),
            };
            let (status, body) = get(&api, &image).await;
            let described = body["imageBuildStatus"].as_str().map(str::to_owned);
            let pair = format!(
                "{stack} {}",
                described.unwrap_or_else(|| status.to_string())
            );
            if seen.last() != Some(&pair) {
                seen.push(pair);
            }
        }
        seen
    }

    fn newest_root_status(body: &Value) -> &str {
        let events = body["events"].as_array().unwrap();
        let mut root = events
            .iter()
            .filter(|it| it["physicalResourceId"] == it["stackId"]);
        root.next().unwrap()["resourceStatus"].as_str().unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn success_flips_the_image_before_the_stack_begins_to_delete_itself() {
        assert_eq!(
            watch("success").await,
            [
                "CREATE_IN_PROGRESS BUILD_IN_PROGRESS",
                "CREATE_IN_PROGRESS BUILD_COMPLETE",
                "DELETE_IN_PROGRESS BUILD_COMPLETE",
                "404 BUILD_COMPLETE"
            ]
        );
    }

    #[tokio::test(start_paused = true)]
    async fn rebuild_has_no_stack_and_no_image_between_its_two_stacks() {
        assert_eq!(
            watch("rebuild").await,
            [
                "CREATE_IN_PROGRESS BUILD_IN_PROGRESS",
                "CREATE_FAILED BUILD_FAILED",
                "DELETE_IN_PROGRESS DELETE_IN_PROGRESS",
                "404 404",
                "CREATE_IN_PROGRESS BUILD_IN_PROGRESS",
                "CREATE_IN_PROGRESS BUILD_COMPLETE",
                "DELETE_IN_PROGRESS BUILD_COMPLETE",
                "404 BUILD_COMPLETE"
            ]
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_build_that_did_not_succeed_never_has_an_image() {
        for name in ["failure", "rollback", "deleted"] {
            let seen = watch(name).await;
            assert!(
                !seen.iter().any(|pair| pair.contains("BUILD_COMPLETE")),
                "{name}: {seen:?}"
            );
        }
        assert_eq!(
            watch("leftover").await.last().unwrap(),
            "DELETE_FAILED BUILD_COMPLETE"
        );
    }

    /// A request to AWS at this path and query, signed right.
    async fn ask_aws(api: &Api, target: &str) -> (u16, String) {
        let request = aws::signed(target).body(String::new()).unwrap();
        let response = api.respond(request).await.unwrap();
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    const EVENTS_OF_STACK: &str =
        "/?Action=DescribeStackEvents&Version=2010-05-15&StackName=arn%3Astack%2F1";

    #[tokio::test]
    async fn aws_has_the_events_of_a_deleted_stack_by_its_arn() {
        let api = with_events(3);
        api.world.remove_stack();
        let by_name = EVENTS_OF_STACK.replace("arn%3Astack%2F1", "alinux2-image");
        let (status, body) = ask_aws(&api, &by_name).await;
        assert_eq!(status, 400, "{body}");
        let (status, body) = ask_aws(&api, EVENTS_OF_STACK).await;
        assert_eq!(status, 200, "{body}");
        assert_eq!(body.matches("<EventId>").count(), 3);
    }

    #[tokio::test]
    async fn aws_refuses_an_unsigned_request() {
        let request = Request::builder()
            .uri(EVENTS_OF_STACK)
            .body(String::new())
            .unwrap();
        let response = with_events(1).respond(request).await.unwrap();
        assert_eq!(response.status().as_u16(), 403);
    }
}
