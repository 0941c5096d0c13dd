//! What a watch costs while nothing happens: the share of a core of the built program in a terminal, and its
//! memory over a day.
//!
//! `cargo bench --bench idle`, on Linux. The first part watches over HTTP for a minute in each view; the second
//! part is a day in virtual time, through the poller, the application and the view, in this process.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::panic,
    reason = "a measurement that can't go on has failed, and says its figures"
)]

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use bakewatch::app::model::{Mode, Model, Target};
use bakewatch::app::msg::Msg;
use bakewatch::app::update::update;
use bakewatch::config::keys::built_in;
use bakewatch::domain::event::StackEvent;
use bakewatch::domain::fault::Fault;
use bakewatch::domain::image::ImageAnswer;
use bakewatch::source::clock::Clock;
use bakewatch::source::poller::Poller;
use bakewatch::source::simulator::FaultPlan;
use bakewatch::source::tail::Tail;
use bakewatch::source::{EventsAnswer, EventsError, EventsPage, NextToken, Source};
use bakewatch::style::Theme;
use bakewatch::view::view;
use chrono::{DateTime, Offset, Utc};
use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};
use support::server::{STACK, Server};
use support::terminal::Terminal;
use tokio::sync::mpsc;

/// The server and the terminal of the tests; they have more than is needed here.
#[expect(dead_code, reason = "shared with the tests, which use all of it")]
#[path = "../tests/it/support"]
mod support {
    pub(crate) mod program;
    pub(crate) mod server;
    pub(crate) mod terminal;
}

const MINUTE: Duration = Duration::from_mins(1);
const DAY: u32 = 24 * 3_600;
/// When the day's memory is told, in seconds.
const MARKS: [u32; 4] = [60, DAY / 24, DAY / 2, DAY];
const SIZE: Size = Size {
    width: 200,
    height: 60,
};

fn main() {
    println!(
        "an idle watch at {}x{}, a minute each:",
        SIZE.width, SIZE.height
    );
    for events in [40, 5_000] {
        for view in ["1", "2", "3"] {
            idle(events, view);
        }
    }
    println!("a day in virtual time, a frame a second:");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build();
    runtime.unwrap().block_on(day());
}

/// Watches a build that is waiting for Image Builder.
fn idle(events: usize, view: &str) {
    let mut server = Server::start(FaultPlan::default());
    server.begin_build(STACK);
    server.push(STACK, events - 1);
    // As a person watches: at the usual pace.
    let arguments = [
        "watch",
        "img",
        "--api-url",
        &server.url,
        "--no-sign-request",
    ];
    let mut terminal = Terminal::start(SIZE.width, SIZE.height, &arguments, &[]);
    terminal.wait_for(&format!("Events {events} ")).press(view);
    let process = format!("/proc/{}", terminal.process());
    // What comes with the first events is not idle.
    thread::sleep(Duration::from_secs(25));
    let (cpu, memory, began) = (cpu(&process), memory(&process), Instant::now());
    thread::sleep(MINUTE);
    let share =
        self::cpu(&process).saturating_sub(cpu).as_secs_f64() / began.elapsed().as_secs_f64();
    println!(
        "  {events} events, view {view}: {:.2} % of a core, {memory} KiB, then {} KiB",
        share * 100.0,
        self::memory(&process)
    );
    terminal.press("q");
    terminal.end();
}

/// The time that all threads of a process have run.
fn cpu(process: &str) -> Duration {
    let threads = fs::read_dir(format!("{process}/task")).unwrap().flatten();
    let run = threads.map(|thread| {
        let times = fs::read_to_string(thread.path().join("schedstat")).unwrap();
        times.split(' ').next().unwrap().parse::<u64>().unwrap()
    });
    Duration::from_nanos(run.sum())
}

/// The memory of a process that is not on disk, in KiB.
fn memory(process: &str) -> u64 {
    let status = fs::read_to_string(format!("{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    line.unwrap()
        .split_whitespace()
        .nth(1)
        .unwrap()
        .parse()
        .unwrap()
}

/// An API with one page of events, which it tells anew each time.
struct OnePage;

impl Source for OnePage {
    async fn events(&mut self, _: Option<&NextToken>) -> Result<EventsAnswer, EventsError> {
        let event = |number: usize| {
            let json = format!(
                r#"{{"stackId":"s","eventId":"e{number}","logicalResourceId":"R{number}","resourceType":"AWS::Made::Up",
                   "timestamp":"2026-01-01T10:00:00.000Z","resourceStatus":"CREATE_IN_PROGRESS"}}"#
            );
            StackEvent::from_json(&json, None).into()
        };
        Ok(EventsAnswer::Page(EventsPage {
            events: (0..40).rev().map(event).collect(),
            next: None,
        }))
    }

    async fn image(&mut self) -> Result<ImageAnswer, Fault> {
        Ok(ImageAnswer::Described(Box::default()))
    }
}

async fn day() {
    let clock = Clock::scenario(DateTime::UNIX_EPOCH, 1.0);
    let (reports, mut heard) = mpsc::channel(64);
    let (_requests, asked) = mpsc::channel(4);
    let poller = Poller {
        source: OnePage,
        clock: clock.clone(),
        tail: Tail::new(None, fastrand::Rng::with_seed(1)),
        reports,
        requests: asked,
    };
    let watch = async {
        let target = Target {
            image_id: "img".to_owned(),
            region: None,
            note: None,
        };
        let mut model = Model::new(target, Mode::Screen, built_in().unwrap(), clock.now());
        let _ = update(&mut model, Msg::Resized(SIZE));
        let area = Rect::from((ratatui::layout::Position::ORIGIN, SIZE));
        let mut buffer = Buffer::empty(area);
        let mut seconds = tokio::time::interval(Duration::from_secs(1));
        let (mut second, mut polls) = (0_u32, 0_u32);
        while second < DAY {
            let mut is_mark = false;
            let msg = tokio::select! {
                Some(report) = heard.recv() => {
                    polls += 1;
                    Msg::Report(report)
                }
                _ = seconds.tick() => {
                    second += 1;
                    is_mark = MARKS.contains(&second);
                    Msg::Tick {
                        now: clock.now(),
                        offset: Utc.fix(),
                        elapsed: clock.elapsed(),
                        slept: false,
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
                    memory("/proc/self")
                );
            }
        }
        drop(heard);
    };
    tokio::join!(poller.run(), watch);
}
