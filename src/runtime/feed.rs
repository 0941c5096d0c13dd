//! What is watched, from settings to a running poller: the real API, or a simulated one.

use std::time::Duration;

use tokio::sync::mpsc;

use crate::app::model::Target;
use crate::config::{ApiSettings, SourceSettings};
use crate::domain::news::Report;
use crate::domain::text::Clean;
use crate::error::Error;
use crate::source::clock::Clock;
use crate::source::parallelcluster::{self, ApiUrl, ImageId, ParallelCluster, Signing};
use crate::source::poller::{Poller, Request};
use crate::source::simulator::{Scenario, Simulator};
use crate::source::tail::Tail;

use super::tasks::Tasks;

/// How many reports may wait. A page is one report; a reader that is slower than that slows the poller.
const REPORTS: usize = 64;
/// How many requests may wait: one of each kind, and one more.
const REQUESTS: usize = 4;

/// A running poller, from the application's side.
#[derive(Debug)]
pub(super) struct Feed {
    /// The watch's time.
    pub clock: Clock,
    /// What the API says.
    pub reports: mpsc::Receiver<Report>,
    /// What the application asks for in between.
    pub requests: mpsc::Sender<Request>,
}

/// Everything that a feed needs, checked, with nothing asked of any network yet.
#[derive(Debug)]
pub(super) struct Prepared {
    target: Target,
    clock: Clock,
    source: ParallelCluster,
    interval: Option<Duration>,
    simulator: Option<Simulator>,
}

/// Checks the settings and makes ready what they ask for.
pub(super) async fn prepare(settings: SourceSettings) -> Result<Prepared, Error> {
    match settings {
        SourceSettings::Api(api) => prepare_api(api).await,
        SourceSettings::Demo { scenario, speed } => prepare_demo(&scenario, speed).await,
    }
}

async fn prepare_api(api: ApiSettings) -> Result<Prepared, Error> {
    let image_id: ImageId = api
        .image_id
        .parse()
        .map_err(|error| usage("wrong image id", &error))?;
    let api_url: ApiUrl = api
        .api_url
        .parse()
        .map_err(|error| usage("wrong --api-url", &error))?;
    if let Some(profile) = &api.profile_to_check {
        let checked = parallelcluster::check_profile(profile).await;
        checked.map_err(|error| usage("wrong --profile", &error))?;
    }
    let signing = if api.unsigned {
        Signing::Unsigned
    } else {
        Signing::SigV4 {
            region: api.signing_region,
            role_arn: api.role_arn,
        }
    };
    let target = Target {
        image_id: image_id.as_str().to_owned(),
        region: api.region.as_deref().map(Clean::new),
        note: None,
    };
    let settings = parallelcluster::Settings {
        api_url,
        image_id,
        region: api.region,
        profile: api.profile,
        signing,
        ca_bundle: api.ca_bundle,
    };
    let clock = Clock::wall();
    let source = ParallelCluster::new(settings, clock.clone())
        .map_err(|error| usage("wrong TLS set-up", &error))?;
    Ok(Prepared {
        target,
        clock,
        source,
        interval: api.interval,
        simulator: None,
    })
}

async fn prepare_demo(name: &str, speed: f64) -> Result<Prepared, Error> {
    let bug = |error: &dyn std::error::Error| Error::Bug(error.to_string());
    let scenario = Scenario::named(name).map_err(|error| usage("wrong --scenario", &error))?;
    let clock = Clock::scenario(Clock::wall().now(), speed);
    let simulator = Simulator::bind(&scenario, clock.clone())
        .await
        .map_err(|source| Error::System {
            action: "open a loopback port for the simulated API",
            source,
        })?;
    let settings = parallelcluster::Settings {
        api_url: simulator
            .url()
            .parse::<ApiUrl>()
            .map_err(|error| bug(&error))?,
        image_id: scenario
            .image_id()
            .parse::<ImageId>()
            .map_err(|error| bug(&error))?,
        region: Some(scenario.region().to_owned()),
        profile: None,
        signing: Signing::Unsigned,
        ca_bundle: None,
    };
    Ok(Prepared {
        target: Target {
            image_id: scenario.image_id().to_owned(),
            region: Some(Clean::new(scenario.region())),
            note: Some(format!("demo x{speed}")),
        },
        source: ParallelCluster::new(settings, clock.clone()).map_err(|error| bug(&error))?,
        clock,
        interval: None,
        simulator: Some(simulator),
    })
}

/// A configuration error, with every cause that it has.
fn usage(what: &str, error: &dyn std::error::Error) -> Error {
    let mut message = format!("{what}: {error}");
    for cause in std::iter::successors(error.source(), |cause| cause.source()) {
        message.push_str(": ");
        message.push_str(&cause.to_string());
    }
    Error::Usage(message)
}

impl Prepared {
    /// What is watched.
    pub(super) fn target(&self) -> &Target {
        &self.target
    }

    /// The watch's time.
    pub(super) fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Begins to ask.
    pub(super) fn start(self, tasks: &mut Tasks) -> Feed {
        if let Some(simulator) = self.simulator {
            tasks.spawn("simulator", simulator.serve());
        }
        let (report_sender, reports) = mpsc::channel(REPORTS);
        let (requests, request_receiver) = mpsc::channel(REQUESTS);
        let poller = Poller {
            source: self.source,
            clock: self.clock.clone(),
            tail: Tail::new(self.interval, fastrand::Rng::new()),
            reports: report_sender,
            requests: request_receiver,
        };
        tasks.spawn("poller", poller.run());
        Feed {
            clock: self.clock,
            reports,
            requests,
        }
    }
}
