//! The cost of a watch while nothing happens: the share of a core of the built program in a terminal, and its
//! memory over a day.
//!
//! `cargo bench --bench idle`, on Linux. The first part watches over HTTP for a minute, in all views at once; the
//! second part is a day in virtual time, through the poller, the application and the view, in this process.
//! `cargo bench --bench idle -- log` measures one view by itself: programs that run at once slow each other down.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::panic,
    reason = "a measurement that can't go on has failed, and says its figures"
)]

use std::thread;
use std::time::{Duration, Instant};

use bakewatch::testing::Clock;
use bakewatch::testing::app::{Mode, Model, Msg, Preferences, Session, SessionId, Target, update};
use bakewatch::testing::backend::{
    EventSource, EventsError, EventsPage, EventsResponse, ImageSource, NextToken, NoLog, Source,
};
use bakewatch::testing::config::built_in_keys as built_in;
use bakewatch::testing::demo::FaultPlan;
use bakewatch::testing::domain::{Fault, ImageAnswer, StackEvent};
use bakewatch::testing::poll::{Permits, Poller, Schedules};
use bakewatch::testing::style::Theme;
use bakewatch::testing::view::view;
use chrono::{DateTime, Offset, Utc};
use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};
use support::aws::Aws;
use support::process::{cpu_time, memory};
use support::server::{STACK, Server};
use support::terminal::Terminal;
use tokio::sync::mpsc;

/// The server and the terminal of the tests; they can do more than is needed here.
#[expect(dead_code, reason = "shared with the tests, which use all of it")]
#[path = "../tests/support"]
mod support {
    pub(crate) mod aws;
    pub(crate) mod process;
    pub(crate) mod program;
    pub(crate) mod sequences;
    pub(crate) mod server;
    pub(crate) mod terminal;
}

/// Every view, and the keys that open it.
const VIEWS: [(&str, &str); 6] = [
    ("events", "1"),
    ("detail", "1\r"),
    ("resources", "2"),
    ("failure", "3"),
    ("filter", "f"),
    ("help", "?"),
];
/// The lines of the build log of a watch over AWS, and the milliseconds between two of them: 40 minutes of a build.
const LINES: usize = 10_000;
const BETWEEN_LINES: i64 = 240;
/// The step in which a build waits for the instance.
const STEPS: [(&str, &str); 3] = [
    ("LaunchBuildInstance", "COMPLETED"),
    ("ApplyBuildComponents", "RUNNING"),
    ("InventoryCollection", "PENDING"),
];
/// The interval is shorter for this long after a new event; with a small margin.
const SETTLING: Duration = Duration::from_secs(25);
const MINUTE: Duration = Duration::from_mins(1);
const DAY: u32 = 24 * 3_600;
/// When the day's memory is printed, in seconds.
const MARKS: [u32; 4] = [60, DAY / 24, DAY / 2, DAY];
const SIZE: Size = Size {
    width: 200,
    height: 60,
};

fn main() {
    println!(
        "an idle watch at the usual interval, {}x{}, for a minute:",
        SIZE.width, SIZE.height
    );
    let names: Vec<_> = std::env::args().skip(1).collect();
    let names: Vec<_> = names.iter().filter(|name| !name.starts_with('-')).collect();
    let is_wanted = |name: &str| names.is_empty() || names.iter().any(|wanted| *wanted == name);
    let over_api = [40, 5_000].into_iter().flat_map(|events| {
        let views = VIEWS.into_iter().filter(|(view, _)| is_wanted(view));
        views.map(move |(view, keys)| Idle::begin(events, view, keys))
    });
    let over_aws = [("log", "4"), ("steps", "2")].into_iter();
    let over_aws = over_aws.filter(|(view, _)| is_wanted(view));
    let over_aws = over_aws.map(|(view, keys)| Idle::over_aws(view, keys));
    let mut watches: Vec<_> = over_api.chain(over_aws).collect();
    // The work of the first events is not idle time.
    thread::sleep(SETTLING);
    let before: Vec<_> = watches.iter().map(Idle::costs).collect();
    let began = Instant::now();
    thread::sleep(MINUTE);
    for (watch, (cpu, memory)) in watches.iter_mut().zip(before) {
        let (cpu_then, memory_then) = watch.costs();
        let share = cpu_then.saturating_sub(cpu).as_secs_f64() / began.elapsed().as_secs_f64();
        println!(
            "  {:>4} events, {:9}: {:.2} % of a core, {memory} KiB, then {memory_then} KiB",
            watch.events,
            watch.view,
            share * 100.0,
        );
        watch.terminal.press("\u{3}");
        watch.terminal.end();
    }
    if !is_wanted("day") {
        return;
    }
    println!("a day in virtual time, a frame a second:");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build();
    runtime.unwrap().block_on(day());
}

/// A watch of a build that is waiting for Image Builder.
struct Idle {
    events: usize,
    view: &'static str,
    terminal: Terminal,
    /// A server ends when it is dropped.
    _service: Service,
}

#[expect(dead_code, reason = "they are kept until the end of the watch")]
enum Service {
    Api(Server),
    Aws(Aws),
}

impl Idle {
    fn begin(events: usize, view: &'static str, keys: &str) -> Self {
        let mut server = Server::start(FaultPlan::default());
        server.begin_build(STACK);
        server.push(STACK, events - 1);
        let arguments = server.watch_slowly();
        let mut terminal = Terminal::start(SIZE.width, SIZE.height, &arguments, &[]);
        terminal.wait_for(&format!("Events {events} ")).press(keys);
        Self {
            events,
            view,
            terminal,
            _service: Service::Api(server),
        }
    }

    /// A watch over AWS, with the steps and the build log, of which no more lines come.
    fn over_aws(view: &'static str, keys: &str) -> Self {
        let mut aws = Aws::start();
        aws.begin();
        aws.set_steps(&STEPS);
        let now = Clock::wall().now().timestamp_millis();
        let line = |number: usize| {
            let text = format!("Stdout: Installing package {number} of {LINES}");
            let before = i64::try_from(LINES - number).unwrap() * BETWEEN_LINES;
            (now - 60_000 - before, text)
        };
        aws.push_log((0..LINES).map(line));
        let environment = aws.environment();
        let mut terminal =
            Terminal::start(SIZE.width, SIZE.height, &["watch", "img"], &environment);
        terminal.wait_for(&format!("Log {LINES} ")).press(keys);
        Self {
            events: 3,
            view,
            terminal,
            _service: Service::Aws(aws),
        }
    }

    /// The processor time so far, and the current memory in KiB.
    fn costs(&self) -> (Duration, u64) {
        let process = self.terminal.process();
        (cpu_time(process).unwrap(), memory(process).unwrap())
    }
}

/// An API that returns the same page of events for every request.
struct OnePage;

impl EventSource for OnePage {
    async fn events(&mut self, _: Option<&NextToken>) -> Result<EventsResponse, EventsError> {
        let event = |number: usize| {
            let json = format!(
                r#"{{"stackId":"s","eventId":"e{number}","logicalResourceId":"R{number}","resourceType":"AWS::Made::Up",
                   "timestamp":"2026-01-01T10:00:00.000Z","resourceStatus":"CREATE_IN_PROGRESS"}}"#
            );
            StackEvent::from_json(&json, None).into()
        };
        Ok(EventsResponse::Page(EventsPage {
            events: (0..40).rev().map(event).collect(),
            next: None,
        }))
    }
}

impl ImageSource for OnePage {
    async fn image(&mut self) -> Result<ImageAnswer, Fault> {
        Ok(ImageAnswer::Described(Box::default()))
    }
}

impl Source for OnePage {
    type Image = Self;
    type Log = NoLog;
    type Steps = std::convert::Infallible;

    fn log_source(&mut self) -> Option<&mut NoLog> {
        None
    }

    fn image_source(&mut self) -> Option<&mut Self> {
        Some(self)
    }
}

async fn day() {
    let clock = Clock::scenario(DateTime::UNIX_EPOCH, 1.0);
    let (sender, mut observations) = mpsc::channel(64);
    let (_commands, commands) = mpsc::channel(4);
    let poller = Poller {
        source: OnePage,
        permits: Permits::new(clock.clone()),
        clock: clock.clone(),
        schedules: Schedules::new(None, fastrand::Rng::with_seed(1)),
        observations: sender,
        commands,
    };
    let watch = async {
        let target = Target {
            image_id: "img".to_owned(),
            region: None,
            backend: None,
            note: None,
        };
        let preferences = Preferences::new(Mode::Screen, built_in().unwrap());
        let session = Session::new(SessionId::default(), target, None);
        let mut model = Model::new(preferences, session, clock.now());
        let _ = update(&mut model, Msg::Resized(SIZE));
        let area = Rect::from((ratatui::layout::Position::ORIGIN, SIZE));
        let mut buffer = Buffer::empty(area);
        let mut seconds = tokio::time::interval(Duration::from_secs(1));
        let (mut second, mut polls) = (0_u32, 0_u32);
        while second < DAY {
            let mut is_mark = false;
            let msg = tokio::select! {
                Some(report) = observations.recv() => {
                    polls += 1;
                    Msg::Observed(SessionId::default(), vec![report].into())
                }
                _ = seconds.tick() => {
                    second += 1;
                    is_mark = MARKS.contains(&second);
                    Msg::Tick {
                        now: clock.now(),
                        offset: Utc.fix(),
                        elapsed: clock.elapsed(),
                        running: clock.elapsed(),
                        slept: false,
                        is_machine_time: false,
                    }
                }
            };
            let _ = update(&mut model, msg);
            buffer.reset();
            view(&model, &Theme::default(), area, &mut buffer);
            if is_mark {
                let minutes = second / 60;
                println!(
                    "  after {minutes:>4} minutes: {polls:>4} answers, {} KiB",
                    memory(std::process::id()).unwrap()
                );
            }
        }
        drop(observations);
    };
    tokio::join!(poller.run(), watch);
}
