//! A simulated API over HTTP that a test changes while the program polls it.

use std::thread;
use std::time::Instant;

use bakewatch::testing::Clock;
use bakewatch::testing::demo::{FaultPlan, RequestLog, Route, Simulator, World};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::support::program::DEADLINE;

pub(crate) const STACK: &str =
    "arn:aws:cloudformation:us-east-1:123456789012:stack/img/6accc570-b080-11ec-845e-0e2dc6386985";

/// The API. It responds in the background until this is dropped.
pub(crate) struct Server {
    pub(crate) world: World,
    pub(crate) requests: RequestLog,
    pub(crate) url: String,
    image: &'static str,
    made: usize,
    _runtime: Option<Runtime>,
}

impl Server {
    pub(crate) fn start(faults: FaultPlan) -> Self {
        Self::several(&["img"], faults).swap_remove(0)
    }

    /// An API with several images: a server for each of them, all at one URL. The first one runs it.
    pub(crate) fn several(images: &[&'static str], faults: FaultPlan) -> Vec<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let worlds: Vec<_> = images.iter().map(|image| World::new(image)).collect();
        let first = worlds[0].clone();
        let simulator = runtime
            .block_on(Simulator::bind_world(first, Clock::wall()))
            .unwrap();
        let others = worlds.iter().skip(1).cloned();
        let simulator = others.fold(simulator, Simulator::with_world);
        let requests = RequestLog::default();
        let simulator = simulator.with_faults(faults).with_log(&requests);
        let url = simulator.url();
        runtime.spawn(simulator.serve());
        let mut runtime = Some(runtime);
        let of_image = |(image, world): (&&'static str, World)| Self {
            world,
            requests: requests.clone(),
            url: url.clone(),
            image,
            made: 0,
            _runtime: runtime.take(),
        };
        images.iter().zip(worlds).map(of_image).collect()
    }

    /// Begins a build: a stack with one event, and an image in progress.
    pub(crate) fn begin_build(&mut self, stack: &str) {
        self.world.replace_stack(stack);
        self.push_root(stack, "CREATE_IN_PROGRESS");
        self.world.set_image(Some(json!({
            "imageId": self.image, "region": "us-east-1", "version": "3.16.1", "imageBuildStatus": "BUILD_IN_PROGRESS",
            "cloudformationStackArn": stack, "cloudformationStackStatus": "CREATE_IN_PROGRESS",
        })));
    }

    /// DescribeImage says when the stack was created.
    pub(crate) fn set_created(&self, stack: &str, time: &str) {
        self.world.set_image(Some(json!({
            "imageId": self.image, "region": "us-east-1", "version": "3.16.1", "imageBuildStatus": "BUILD_IN_PROGRESS",
            "cloudformationStackArn": stack, "cloudformationStackStatus": "CREATE_IN_PROGRESS",
            "cloudformationStackCreationTime": time,
        })));
    }

    pub(crate) fn push_root(&mut self, stack: &str, status: &str) {
        let event = self.event(stack, self.image, status, stack);
        self.world.push_events([event]);
    }

    pub(crate) fn push(&mut self, stack: &str, count: usize) {
        let events: Vec<_> = (0..count)
            .map(|_| self.event(stack, "Thing", "CREATE_COMPLETE", "thing"))
            .collect();
        self.world.push_events(events);
    }

    /// Adds an event with other or additional fields.
    pub(crate) fn push_with(&mut self, stack: &str, fields: Value) {
        let mut event = self.event(stack, "Thing", "CREATE_COMPLETE", "thing");
        let Value::Object(fields) = fields else {
            panic!("fields are an object");
        };
        event.as_object_mut().unwrap().extend(fields);
        self.world.push_events([event]);
    }

    fn event(&mut self, stack: &str, logical: &str, status: &str, physical: &str) -> Value {
        self.made += 1;
        json!({
            "stackId": stack, "eventId": format!("e{}", self.made), "stackName": self.image,
            "logicalResourceId": logical, "physicalResourceId": physical, "resourceType": "AWS::Made::Up",
            "timestamp": "2026-01-01T10:00:00.000Z", "resourceStatus": status, "hookType": {"unknown": [1.50, null]},
        })
    }

    /// Completes the build: DescribeImage returns an AMI.
    pub(crate) fn succeed(&mut self) {
        self.world.set_image(Some(json!({
            "imageId": self.image, "region": "us-east-1", "version": "3.16.1", "imageBuildStatus": "BUILD_COMPLETE",
            "creationTime": "2026-01-01T11:00:00.000Z", "ec2AmiInfo": {"amiId": "ami-0abc"},
        })));
    }

    /// The ids of all events so far, oldest first.
    pub(crate) fn all_ids(&self) -> Vec<String> {
        (1..=self.made).map(|number| format!("e{number}")).collect()
    }

    pub(crate) fn count(&self, route: Route) -> usize {
        self.requests.of(route).len()
    }

    /// Waits until there are more requests of this kind than so many.
    pub(crate) fn wait_for_more(&self, route: Route, before: usize) {
        let end = Instant::now() + DEADLINE;
        while self.count(route) <= before {
            assert!(Instant::now() < end, "no other request");
            thread::yield_now();
        }
    }

    /// The arguments that watch the image without signing.
    pub(crate) fn watch<'a>(&'a self, more: &[&'a str]) -> Vec<&'a str> {
        [&self.watch_slowly()[..], &["--interval", "200ms"], more].concat()
    }

    /// The same at the interval that a user has.
    pub(crate) fn watch_slowly(&self) -> [&str; 5] {
        ["watch", "img", "--api-url", &self.url, "--no-sign-request"]
    }
}
