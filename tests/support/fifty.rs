//! A simulated account with many builds in real time, served by this process, and the program that watches them.

use std::collections::HashSet;
use std::thread;
use std::time::{Duration, Instant};

use bakewatch::testing::Clock;
use bakewatch::testing::demo::{RequestLog, Scenario, Simulator};
use tokio::runtime::Runtime;

use super::program::DEADLINE;
use super::terminal::Terminal;

pub(crate) const BUILDS: usize = 50;

pub(crate) struct Fifty {
    ids: Vec<String>,
    environment: [(&'static str, String); 5],
    pub(crate) requests: RequestLog,
    _runtime: Runtime,
}

impl Fifty {
    pub(crate) fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let scenarios = Scenario::several("success", BUILDS).unwrap();
        let clock = Clock::scenario(Clock::wall().now(), 1.0);
        let simulator = runtime.block_on(Simulator::bind_all(&scenarios, clock));
        let requests = RequestLog::default();
        let simulator = simulator.unwrap().with_log(&requests);
        let environment = simulator.environment();
        runtime.spawn(simulator.serve());
        let ids = scenarios.iter().map(Scenario::image_id);
        Self {
            ids: ids.map(str::to_owned).collect(),
            environment,
            requests,
            _runtime: runtime,
        }
    }

    /// Watches so many of the builds on a screen, and waits until the stack of each was asked for.
    pub(crate) fn watch(&self, builds: usize) -> Terminal {
        let ids = self.ids.iter().take(builds).map(String::as_str);
        let arguments: Vec<_> = ["watch"].into_iter().chain(ids).collect();
        let environment = self.environment.iter();
        let environment: Vec<_> = environment
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let terminal = Terminal::start(120, 30, &arguments, &environment);
        let end = Instant::now() + 5 * DEADLINE;
        while self.polled() < builds {
            assert!(Instant::now() < end, "{} of {builds}", self.polled());
            thread::sleep(Duration::from_millis(50));
        }
        terminal
    }

    /// How many images' stacks were asked for.
    fn polled(&self) -> usize {
        let requests = self.requests.all().into_iter();
        // A name, or an ARN that has it: `…:stack/NAME/ID`.
        let name = |stack: &str| stack.split('/').nth(1).unwrap_or(stack).to_owned();
        let stacks = requests.filter_map(|one| one.parameter("StackName").map(name));
        stacks.collect::<HashSet<_>>().len()
    }
}
