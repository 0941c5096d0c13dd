//! The screen while requests fail, and how it recovers: the program in a real terminal, against a simulated API.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use bakewatch::testing::Clock;
use bakewatch::testing::demo::{FaultPlan, FaultRule, InjectedFault, Route};
use chrono::TimeDelta;
use serde_json::json;

use crate::support::program::{DEADLINE, Scratch, fresh_folder};
use crate::support::server::{STACK, Server};
use crate::support::terminal::Terminal;

/// The SSO portal of an organisation, which gives credentials to a logged-in user.
struct Portal {
    url: String,
    open: Arc<AtomicBool>,
}

impl Portal {
    /// An open portal. Its credentials are valid for this time.
    fn open(life: TimeDelta) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let open = Arc::new(AtomicBool::new(true));
        let is_open = Arc::clone(&open);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let response = if is_open.load(Ordering::SeqCst) {
                    ("200 OK", credentials(life))
                } else {
                    let body = json!({"message": "Session token not found or invalid"});
                    (
                        "401 Unauthorized\r\nx-amzn-errortype: UnauthorizedException",
                        body.to_string(),
                    )
                };
                let _ = respond(stream, response);
            }
        });
        Self { url, open }
    }

    /// Ends the session, or begins another.
    fn set_open(&self, open: bool) {
        self.open.store(open, Ordering::SeqCst);
    }

    fn home(&self) -> Home {
        let folder = fresh_folder();
        let config = "[profile work]\nregion = us-east-1\nsso_session = s\nsso_account_id = 123456789012\n\
             sso_role_name = r\n\
             [sso-session s]\nsso_region = us-east-1\nsso_start_url = https://x.awsapps.com/start\n";
        fs::write(folder.join("config"), config).unwrap();
        let cache = folder.join(".aws/sso/cache");
        fs::create_dir_all(&cache).unwrap();
        // The AWS CLI names the file by the SHA-1 of the session's name.
        let file = cache.join("a0f1490a20d0211c997b44bc357e1972deab8ae3.json");
        let token = json!({"accessToken": "canary", "expiresAt": "2099-01-01T00:00:00Z"});
        fs::write(file, token.to_string()).unwrap();
        Home {
            portal: self.url.clone(),
            config: folder.join("config").to_str().unwrap().to_owned(),
            folder,
        }
    }
}

fn credentials(life: TimeDelta) -> String {
    let expires = Clock::wall().now() + life;
    json!({"roleCredentials": {
        "accessKeyId": "FROMSSO", "secretAccessKey": "s", "sessionToken": "canary",
        "expiration": expires.timestamp_millis(),
    }})
    .to_string()
}

fn respond(mut stream: TcpStream, (status, body): (&str, String)) -> std::io::Result<()> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        head.extend(byte);
    }
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
}

/// The home directory of a user who is logged in to the portal.
struct Home {
    folder: Scratch,
    config: String,
    portal: String,
}

impl Home {
    fn environment(&self) -> [(&str, &str); 5] {
        [
            ("HOME", self.folder.to_str().unwrap()),
            ("AWS_CONFIG_FILE", &self.config),
            ("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("AWS_ENDPOINT_URL_SSO", &self.portal),
        ]
    }
}

/// Waits until a condition holds.
fn until(mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + DEADLINE;
    while !is_so() {
        assert!(Instant::now() < end, "the condition never held");
        thread::sleep(Duration::from_millis(10));
    }
}

fn signed<'a>(server: &'a Server, interval: &'a str) -> Vec<&'a str> {
    let url = ["--api-url", &server.url, "--signing-region", "us-east-1"];
    let who = ["--profile", "work", "--interval", interval];
    [&["watch", "img"][..], &url, &who].concat()
}

#[test]
fn an_ended_session_shows_the_login_command_and_is_renewed_without_a_key() {
    // Credentials that are as good as expired are renewed every five seconds.
    let portal = Portal::open(TimeDelta::seconds(1));
    let home = portal.home();
    let mut server = Server::start(FaultPlan::default());
    server.begin_build(STACK);
    server.push(STACK, 3);
    let arguments = signed(&server, "200ms");
    let mut terminal = Terminal::start(100, 30, &arguments, &home.environment());
    terminal.wait_for("Events 4").wait_for("live");
    portal.set_open(false);
    terminal
        .wait_for("unauthorized")
        .wait_for("aws sso login --sso-session s");
    assert!(terminal.text().contains("Events 4"), "{}", terminal.text());
    server.push(STACK, 1);
    portal.set_open(true);
    terminal.wait_for("Events 5").wait_for("live");
    assert!(!terminal.written().contains("canary"));
    terminal.press("q");
    terminal.end();
}

#[test]
fn after_a_login_the_poll_key_requests_at_once() {
    let portal = Portal::open(TimeDelta::hours(1));
    let home = portal.home();
    let expired = FaultRule::requests(2..=2, InjectedFault::ExpiredToken).of(Route::StackEvents);
    let mut server = Server::start(FaultPlan::new(vec![expired]));
    server.begin_build(STACK);
    // Without the key, the next request would be after half a minute at the earliest.
    let arguments = signed(&server, "1m");
    let mut terminal = Terminal::start(100, 30, &arguments, &home.environment());
    terminal.wait_for("Events 1").wait_for("live");
    portal.set_open(false);
    terminal
        .press("r")
        .wait_for("aws sso login --sso-session s")
        .wait_for("next try in");
    server.push(STACK, 1);
    portal.set_open(true);
    // One press a second counts.
    until(|| {
        terminal.press("r");
        terminal.text().contains("Events 2")
    });
    terminal.wait_for("live").press("q");
    terminal.end();
    let count = server.count(Route::StackEvents);
    assert!((3..10).contains(&count), "{count} requests");
}

#[test]
fn throttling_shows_the_time_of_the_next_try_and_passes() {
    let throttled = FaultRule::requests(2..=4, InjectedFault::Throttled).of(Route::StackEvents);
    let mut server = Server::start(FaultPlan::new(vec![throttled]));
    server.begin_build(STACK);
    let mut terminal = Terminal::start(100, 30, &server.watch(&[]), &[]);
    terminal.wait("the next try", |screen| {
        let shown = screen.contents();
        let title = shown.lines().next().unwrap_or_default();
        title.contains("throttled") && title.contains("next try in") && shown.contains("Events 1")
    });
    server.push(STACK, 1);
    terminal.wait_for("Events 2").wait_for("live").press("q");
    terminal.end();
}

#[test]
fn a_refusal_shows_a_hint_and_is_retried() {
    let message = "User: arn:aws:iam::1:user/me is not authorized to perform: execute-api:Invoke on resource: x \
                   with an explicit deny";
    let denied = InjectedFault::Response {
        status: 403,
        error_type: Some("AccessDeniedException".to_owned()),
        body: json!({"Message": message}).to_string(),
    };
    let denied = FaultRule::requests(1..=2, denied).of(Route::StackEvents);
    let mut server = Server::start(FaultPlan::new(vec![denied]));
    server.begin_build(STACK);
    let mut terminal = Terminal::start(100, 30, &server.watch(&[]), &[]);
    terminal.wait_for("unauthorized").wait_for("--role-arn");
    terminal.wait_for("Events 1").wait_for("live").press("q");
    terminal.end();
}

#[test]
fn the_screen_waits_for_a_missing_image() {
    let mut server = Server::start(FaultPlan::default());
    let mut terminal = Terminal::start(100, 30, &server.watch(&[]), &[]);
    terminal.wait_for("no image and no stack is named");
    server.begin_build(STACK);
    terminal.wait_for("BUILDING").wait_for("live").press("q");
    terminal.end();
}

#[test]
fn keys_work_while_a_request_hangs() {
    let hour = Duration::from_hours(1);
    let hangs = FaultRule::requests(2..=2, InjectedFault::Slow(hour)).of(Route::StackEvents);
    let mut server = Server::start(FaultPlan::new(vec![hangs]));
    server.begin_build(STACK);
    let mut terminal = Terminal::start(100, 30, &server.watch(&[]), &[]);
    terminal.wait_for("Events 1").wait_for("live");
    until(|| server.count(Route::StackEvents) == 2);
    terminal.press("?").wait_for("Here, in the list");
    terminal.press("\u{1b}").wait_gone("Here, in the list");
    terminal.press("1\r").wait_for("event id");
    let shown = terminal.text();
    assert!(
        !shown.contains("unreachable"),
        "the request hangs:\n{shown}"
    );
    assert_eq!(server.count(Route::StackEvents), 2);
    terminal.press("qq");
    assert_eq!(terminal.end().exit_code(), 0);
}
