//! The requests to the simulated API: their routes, their numbers, and a log for tests.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hyper::Request;
use percent_encoding::percent_decode_str;

use crate::demo::faults::{Count, Route};

/// One request as it came in.
#[derive(Clone, Debug)]
pub struct LoggedRequest {
    pub route: Route,
    /// The method, such as `GET`.
    pub method: String,
    /// The path, still percent-encoded.
    pub path: String,
    /// The path and the query as they came.
    pub(crate) target: String,
    /// The query's names and values, decoded, in the order in which they came.
    pub query: Vec<(String, String)>,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body; empty for a GET.
    pub(crate) body: Vec<u8>,
}

impl LoggedRequest {
    /// Reads a request's head.
    pub(crate) fn new<B>(request: &Request<B>) -> Self {
        let path = request.uri().path();
        let headers = request.headers().iter();
        let headers = headers.map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.as_str().to_owned(), value)
        });
        let query = request.uri().query().map(query).unwrap_or_default();
        Self {
            route: route(request.method().as_str(), path, &query),
            method: request.method().to_string(),
            path: path.to_owned(),
            target: request
                .uri()
                .path_and_query()
                .map(ToString::to_string)
                .unwrap_or_default(),
            query,
            headers: headers.collect(),
            body: Vec::new(),
        }
    }

    /// Adds the body. The text fields of a JSON object count as parameters, and so do those of a form: AWS's own clients
    /// send their queries like that.
    #[must_use]
    pub(crate) fn with_body(mut self, body: Vec<u8>) -> Self {
        let content = self.header("content-type").unwrap_or_default();
        if content.starts_with("application/x-www-form-urlencoded") {
            self.query.extend(query(&String::from_utf8_lossy(&body)));
            self.route = route(&self.method, &self.path, &self.query);
        }
        let json = serde_json::from_slice::<serde_json::Map<_, _>>(&body);
        for (name, value) in json.unwrap_or_default() {
            if let serde_json::Value::String(value) = value {
                self.query.push((name, value));
            }
        }
        self.body = body;
        self
    }

    /// The value of a query parameter. An empty one counts as absent, as it does for the API.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        value_of(&self.query, name).filter(|value| !value.is_empty())
    }

    /// The value of a header, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        value_of(&self.headers, name)
    }

    /// Whether the request is for the list of images.
    pub(crate) fn is_list(&self) -> bool {
        self.method == "GET" && self.path == IMAGES.trim_end_matches('/')
    }

    /// The id of the image in the path.
    pub(crate) fn image_id(&self) -> &str {
        let rest = self.path.strip_prefix(IMAGES).unwrap_or_default();
        rest.strip_suffix(STACK_EVENTS).unwrap_or(rest)
    }
}

/// The path of the images, with the gateway's stage.
const IMAGES: &str = "/prod/v3/images/custom/";
const STACK_EVENTS: &str = "/stackevents";

/// The route of a request. Those to AWS count as the ParallelCluster API's that make the same requests.
fn route(method: &str, path: &str, query: &[(String, String)]) -> Route {
    if method == "POST"
        && matches!(
            path,
            "/ListWorkflowExecutions" | "/ListWorkflowStepExecutions"
        )
    {
        return Route::Steps;
    }
    if matches!((method, path), ("GET" | "POST", "/") | ("GET", "/GetImage")) {
        return match value_of(query, "Action") {
            Some("DescribeStackEvents") => Route::StackEvents,
            None if path == "/" => Route::Unknown,
            _ => Route::Image,
        };
    }
    let image = path.strip_prefix(IMAGES).filter(|_| method == "GET");
    match image.map(|image| (image, image.strip_suffix(STACK_EVENTS))) {
        Some((_, Some(image))) if is_one_segment(image) => Route::StackEvents,
        Some((image, None)) if is_one_segment(image) => Route::Image,
        _ => Route::Unknown,
    }
}

fn is_one_segment(path: &str) -> bool {
    !path.is_empty() && !path.contains('/')
}

fn query(query: &str) -> Vec<(String, String)> {
    let pairs = query
        .split('&')
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

/// Decodes as a form is decoded: a `+` that was not encoded is a space.
fn decode(text: &str) -> String {
    let text = text.replace('+', " ");
    percent_decode_str(&text).decode_utf8_lossy().into_owned()
}

fn value_of<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let pair = pairs.iter().find(|(known, _)| known == name);
    pair.map(|(_, value)| value.as_str())
}

/// Every request that came in, oldest first; for tests. Clones are handles on the same log.
#[derive(Clone, Debug, Default)]
pub struct RequestLog(Arc<Mutex<Vec<LoggedRequest>>>);

impl RequestLog {
    /// The requests up to now.
    pub fn all(&self) -> Vec<LoggedRequest> {
        self.lock().clone()
    }

    /// The requests of this route up to now.
    pub fn of(&self, route: Route) -> Vec<LoggedRequest> {
        let log = self.lock();
        log.iter().filter(|it| it.route == route).cloned().collect()
    }

    pub(crate) fn push(&self, request: LoggedRequest) {
        self.lock().push(request);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<LoggedRequest>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts requests, all of them and each route's own.
#[derive(Debug, Default)]
pub(crate) struct Counter(Mutex<HashMap<Route, u64>>);

impl Counter {
    /// Counts one more.
    pub(crate) fn count(&self, route: Route) -> Count {
        let mut routes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let own = routes.entry(route).or_default();
        *own += 1;
        Count {
            of_route: *own,
            of_all: routes.values().sum(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logged(method: &str, uri: &str) -> LoggedRequest {
        let request = Request::builder().method(method).uri(uri).body(()).unwrap();
        LoggedRequest::new(&request)
    }

    #[test]
    fn only_the_two_routes_with_their_stage_are_known() {
        let route = |method, uri| logged(method, uri).route;
        assert_eq!(
            route("GET", "/prod/v3/images/custom/a/stackevents"),
            Route::StackEvents
        );
        assert_eq!(
            route("GET", "/prod/v3/images/custom/a?region=r"),
            Route::Image
        );
        assert_eq!(route("GET", "/v3/images/custom/a"), Route::Unknown);
        assert_eq!(route("GET", "/prod/v3/images/custom"), Route::Unknown);
        assert_eq!(
            route("GET", "/prod/v3/images/custom/a/logstreams"),
            Route::Unknown
        );
        assert_eq!(route("DELETE", "/prod/v3/images/custom/a"), Route::Unknown);
    }

    #[test]
    fn the_query_is_decoded_and_the_empty_parameter_is_absent() {
        let request = logged(
            "GET",
            "/prod/v3/images/custom/a/stackevents?nextToken=a%2B%2F%3D+b&region=",
        );
        assert_eq!(request.parameter("nextToken"), Some("a+/= b"));
        assert_eq!(request.parameter("region"), None);
        assert_eq!(request.image_id(), "a");
    }

    #[test]
    fn a_form_is_a_query() {
        let request = Request::builder().method("POST").uri("/");
        let request = request.header(
            "content-type",
            "application/x-www-form-urlencoded; charset=utf-8",
        );
        let request = LoggedRequest::new(&request.body(()).unwrap());
        assert_eq!(request.route, Route::Unknown);
        let body = b"Action=DescribeStackEvents&StackName=a%2Fb+c".to_vec();
        let request = request.with_body(body);
        assert_eq!(request.route, Route::StackEvents);
        assert_eq!(request.parameter("StackName"), Some("a/b c"));
    }
}
