//! A history of 51 pages from an API that delays each of them: bakewatch beside a loop that
//! only requests them over one connection.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::measure::{RUNS, exact_cpu_time, median, millis};
use crate::support::program::fresh_folder;
use crate::support::server::STACK;

const PAGES: usize = 51;
/// As many as the API returns; the last page has one event.
const EVENTS_OF_PAGE: usize = 100;
const EVENTS: usize = (PAGES - 1) * EVENTS_OF_PAGE + 1;
/// How long the server takes for a page.
const DELAY: Duration = Duration::from_millis(20);
const PATH: &str = "/v3/images/custom/img/stackevents";

/// Prints the times of both, and the processor time of bakewatch.
pub(crate) fn compare() {
    let (mut bare, mut answered, mut printed, mut used) = (vec![], vec![], vec![], vec![]);
    for _ in 0..RUNS {
        let api = Api::start();
        request_all(&api);
        bare.push(api.answered());
        let api = Api::start();
        let run = watch(&api);
        answered.push(run.answered);
        printed.push(run.printed);
        used.push(run.used);
    }
    let (bare, answered, printed) = (median(bare), median(answered), median(printed));
    let ratio = |time: Duration| time.as_secs_f64() / bare.as_secs_f64();
    println!("{EVENTS} events in {PAGES} pages, each after {DELAY:?}:");
    println!(
        "  from the first request to the last response {:.0} ms, a bare loop {:.0} ms: {:.3} x",
        millis(answered),
        millis(bare),
        ratio(answered)
    );
    println!(
        "  to the last line of JSON {:.0} ms: {:.3} x; {:.0} ms of processor time from the start of the program",
        millis(printed),
        ratio(printed),
        millis(median(used))
    );
}

/// The pages as whole responses, newest first: indented, and with sorted names, as the API writes them.
fn responses() -> Vec<Vec<u8>> {
    let event = |number: usize| {
        let (resource, seconds) = (number % 90, number / 4);
        let (hour, minute, second) = (10 + seconds / 3_600, seconds / 60 % 60, seconds % 60);
        let status = ["CREATE_IN_PROGRESS", "CREATE_COMPLETE"][number % 2];
        let logical_id = format!("Resource{resource}");
        let tag = r#"{"Value":"img","Key":"parallelcluster:image_name"}"#;
        json!({
            "eventId": format!("{logical_id}-{status}-2026-{number}"),
            "logicalResourceId": logical_id,
            "physicalResourceId": format!("img-{logical_id}-1A2B3C"),
            "resourceProperties": format!(r#"{{"TopicName":"topic-{resource}","Tags":[{tag}]}}"#),
            "resourceStatus": status,
            "resourceType": "AWS::SNS::Topic",
            "stackId": STACK,
            "stackName": "img",
            "timestamp": format!("2026-01-01T{hour}:{minute:02}:{second:02}.123Z"),
        })
    };
    let newest_first: Vec<_> = (0..EVENTS).rev().map(event).collect();
    let pages = newest_first.chunks(EVENTS_OF_PAGE).enumerate();
    let page = |(number, events): (usize, &[Value])| {
        let mut page = json!({ "events": events });
        if number + 1 < PAGES {
            page["nextToken"] = json!((number + 1).to_string());
        }
        response(&format!("{page:#}\n"))
    };
    pages.map(page).collect()
}

fn response(body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}")
        .into_bytes()
}

/// A server for one run. It ends with the process.
struct Api {
    address: String,
    times: Arc<Mutex<Times>>,
}

#[derive(Default)]
struct Times {
    first: Option<Instant>,
    last: Option<Instant>,
}

impl Api {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let times = Arc::<Mutex<Times>>::default();
        let shared = Arc::clone(&times);
        let pages = Arc::new(responses());
        thread::spawn(move || {
            for connection in listener.incoming() {
                let (pages, times) = (Arc::clone(&pages), Arc::clone(&shared));
                thread::spawn(move || serve(connection.unwrap(), &pages, &times));
            }
        });
        Self { address, times }
    }

    /// From the first request to the last response.
    fn answered(&self) -> Duration {
        let times = self.times.lock().unwrap();
        times.last.unwrap() - times.first.unwrap()
    }
}

/// Answers the requests of one connection until it is closed.
fn serve(mut connection: TcpStream, pages: &[Vec<u8>], times: &Mutex<Times>) {
    connection.set_nodelay(true).unwrap();
    let mut requests = BufReader::new(connection.try_clone().unwrap());
    while let Some(target) = read_head(&mut requests) {
        let Some(query) = target.strip_prefix(PATH) else {
            let description = json!({
                "cloudformationStackArn": STACK,
                "cloudformationStackStatus": "CREATE_IN_PROGRESS",
                "imageBuildStatus": "BUILD_IN_PROGRESS",
                "imageId": "img",
                "region": "us-east-1",
                "version": "3.16.1",
            });
            let sent = response(&format!("{description:#}\n"));
            connection.write_all(&sent).unwrap();
            continue;
        };
        times.lock().unwrap().first.get_or_insert_with(Instant::now);
        let token = query.split_once("nextToken=").map(|(_, token)| token);
        let number = token.map_or(0, |token| token.parse().unwrap());
        thread::sleep(DELAY);
        let sent = connection.write_all(&pages[number]);
        if sent.is_err() {
            return;
        }
        if number + 1 == PAGES {
            times.lock().unwrap().last.get_or_insert_with(Instant::now);
        }
    }
}

/// The target of the next request, which has no body.
fn read_head(requests: &mut impl BufRead) -> Option<String> {
    let mut first = String::new();
    requests
        .read_line(&mut first)
        .ok()
        .filter(|&length| length > 0)?;
    let mut line = String::new();
    while requests.read_line(&mut line).ok()? > 2 {
        line.clear();
    }
    first.split(' ').nth(1).map(str::to_owned)
}

/// Requests all pages one after another, and looks at nothing but the length of each.
fn request_all(api: &Api) {
    let mut connection = TcpStream::connect(&api.address).unwrap();
    connection.set_nodelay(true).unwrap();
    let mut responses = BufReader::new(connection.try_clone().unwrap());
    let mut body = Vec::new();
    for number in 0..PAGES {
        let query = if number == 0 {
            String::new()
        } else {
            format!("?nextToken={number}")
        };
        let request = format!(
            "GET {PATH}{query} HTTP/1.1\r\nhost: {}\r\n\r\n",
            api.address
        );
        connection.write_all(request.as_bytes()).unwrap();
        let (mut length, mut line) = (0, String::new());
        while responses.read_line(&mut line).unwrap() > 2 {
            if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.trim().parse().unwrap();
            }
            line.clear();
        }
        body.resize(length, 0);
        responses.read_exact(&mut body).unwrap();
    }
}

struct Run {
    answered: Duration,
    printed: Duration,
    used: Duration,
}

/// Watches the build, without a screen, until all its events are printed.
fn watch(api: &Api) -> Run {
    let state = fresh_folder();
    let mut program = start(&api.address, &state);
    let output = BufReader::new(program.stdout.take().unwrap());
    let is_event = |line: &String| line.starts_with(r#"{"kind":"event""#);
    let last = output
        .lines()
        .map(Result::unwrap)
        .filter(is_event)
        .nth(EVENTS - 1);
    let printed = last.map(|_line| Instant::now()).expect("all events");
    let used = exact_cpu_time(program.id());
    program.kill().unwrap();
    program.wait().unwrap();
    let first = api.times.lock().unwrap().first.unwrap();
    Run {
        answered: api.answered(),
        printed: printed - first,
        used,
    }
}

fn start(address: &str, state: &std::path::Path) -> Child {
    let url = format!("http://{address}");
    Command::new(env!("CARGO_BIN_EXE_bakewatch"))
        .args([
            "watch",
            "img",
            "--api-url",
            &url,
            "--no-sign-request",
            "-o",
            "json",
        ])
        .env("XDG_STATE_HOME", state)
        .env("XDG_CONFIG_HOME", state)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}
