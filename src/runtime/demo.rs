//! The watches of a simulated account: one build, or several with different outcomes.

use std::sync::Arc;

use reqwest::header::HeaderMap;

use crate::app::session::Target;
use crate::aws::credentials::fixed::Fixed;
use crate::aws::endpoints::Endpoints;
use crate::aws::shared::Shared;
use crate::backend::direct::Direct;
use crate::backend::direct::images::DirectImages;
use crate::backend::parallelcluster::images::ApiImages;
use crate::backend::parallelcluster::{ApiUrl, ImageId, ParallelCluster, Signing};
use crate::backend::{Backend, Images, parallelcluster};
use crate::cli::SimulatedService;
use crate::clock::Clock;
use crate::config::DemoSettings;
use crate::demo::server::aws::{ACCESS_KEY_ID, SECRET_ACCESS_KEY, SESSION_TOKEN};
use crate::demo::{Scenario, Simulator};
use crate::error::Error;
use crate::recording::{self, Header};
use crate::runtime::prepare::{AWS, PARALLELCLUSTER_API, Ready, bug, usage};
use crate::runtime::sessions::Origin;
use crate::text::safe::SafeText;

/// The simulated service while it runs.
#[derive(Clone, Debug)]
pub(super) struct SimulatedAccount {
    service: SimulatedService,
    url: Arc<str>,
    aws_url: Arc<str>,
    region: Arc<str>,
    speed: f64,
    clock: Clock,
    shared: Shared,
}

/// Prepares the watches of a simulated account. The first one runs the simulator.
pub(super) async fn prepare(demo: &DemoSettings) -> Result<(Vec<Ready>, SimulatedAccount), Error> {
    let scenarios = Scenario::several(&demo.scenario, demo.builds)
        .map_err(|error| usage("invalid value for --scenario", &error))?;
    let clock = Clock::scenario(Clock::wall().now(), demo.speed);
    let simulator = Simulator::bind_all(&scenarios, clock.clone())
        .await
        .map_err(|source| Error::System {
            action: "open a loopback port for the simulated service",
            source,
        })?;
    let region = scenarios.first().map_or("", Scenario::region);
    let account = SimulatedAccount {
        service: demo.service,
        url: simulator.url().into(),
        aws_url: simulator.aws_url().into(),
        region: region.into(),
        speed: demo.speed,
        clock,
        shared: Shared::default(),
    };
    let mut all = Vec::new();
    for scenario in &scenarios {
        all.push(account.watch(scenario.image_id())?);
    }
    if let Some(Origin::Api { simulator: of, .. }) =
        all.first_mut().map(|ready| &mut ready.prepared.origin)
    {
        *of = Some(Box::new(simulator));
    }
    Ok((all, account))
}

impl SimulatedAccount {
    pub(super) fn watch(&self, image_id: &str) -> Result<Ready, Error> {
        let target = Target {
            image_id: image_id.to_owned(),
            region: Some(SafeText::new(&self.region)),
            backend: Some(match self.service {
                SimulatedService::Aws => AWS,
                SimulatedService::Api => PARALLELCLUSTER_API,
            }),
            note: Some(format!("demo x{}", self.speed)),
        };
        let (backend, recorded_backend) = match self.service {
            SimulatedService::Aws => {
                let (endpoints, fixed) = self.aws()?;
                let (shared, clock) = (self.shared.clone(), self.clock.clone());
                let source = Direct::with_signer(image_id, endpoints, fixed, shared, clock);
                (Backend::Direct(Box::new(source)), recording::aws())
            }
            SimulatedService::Api => {
                let backend = Backend::ParallelCluster(Box::new(self.api(image_id)?));
                (backend, recording::parallelcluster())
            }
        };
        let header = Header {
            region: Some(self.region.to_string()),
            simulated: true,
            ..Header::new(&target.image_id, recorded_backend, self.clock.now())
        };
        let origin = Origin::Api {
            backend,
            interval: None,
            simulator: None,
        };
        Ok(Ready::new(target, self.clock.clone(), origin, header))
    }

    pub(super) fn images(&self) -> Result<Images, Error> {
        Ok(match self.service {
            SimulatedService::Aws => {
                let (endpoints, fixed) = self.aws()?;
                let (shared, clock) = (self.shared.clone(), self.clock.clone());
                let images = DirectImages::with_signer(endpoints, fixed, shared, clock);
                Images::Direct(Box::new(images))
            }
            SimulatedService::Api => {
                let api = self.api("any-image")?;
                Images::ParallelCluster(Box::new(ApiImages::new(api)))
            }
        })
    }

    fn aws(&self) -> Result<(Endpoints, Fixed), Error> {
        let endpoints = Endpoints::at(&self.aws_url).map_err(|error| bug(&error))?;
        let keys = (ACCESS_KEY_ID, SECRET_ACCESS_KEY, SESSION_TOKEN);
        Ok((endpoints, Fixed::new(keys, &self.region)))
    }

    fn api(&self, image_id: &str) -> Result<ParallelCluster, Error> {
        let api_url = self.url.parse::<ApiUrl>();
        let image_id = image_id.parse::<ImageId>();
        let settings = parallelcluster::Settings {
            api_url: api_url.map_err(|error| bug(&error))?,
            image_id: image_id.map_err(|error| bug(&error))?,
            region: Some(self.region.to_string()),
            profile: None,
            signing: Signing::Unsigned,
            headers: HeaderMap::new(),
            ca_bundle: None,
        };
        let clock = self.clock.clone();
        Ok(ParallelCluster::sharing(settings, &self.shared, clock))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::sync::mpsc;

    use super::*;
    use crate::demo::RequestLog;
    use crate::demo::server::aws::action;
    use crate::domain::build::Build;
    use crate::domain::fault::FaultKind;
    use crate::domain::observation::{Observation, Seen};
    use crate::domain::verdict::OutcomeKind;
    use crate::poll::log::LogStart;
    use crate::poll::permit::Permits;
    use crate::poll::poller::Poller;
    use crate::poll::schedules::Schedules;

    /// The calls that a watch over AWS may make, with their services.
    const ALLOWED: [(&str, &str); 9] = [
        ("DescribeStackEvents", "cloudformation"),
        ("DescribeStacks", "cloudformation"),
        ("ListStacks", "cloudformation"),
        ("DescribeImages", "ec2"),
        ("GetImage", "imagebuilder"),
        ("ListWorkflowExecutions", "imagebuilder"),
        ("ListWorkflowStepExecutions", "imagebuilder"),
        ("GetLogEvents", "logs"),
        ("FilterLogEvents", "logs"),
    ];

    const SPEED: f64 = 300.0;

    /// Watches a scenario until this time of its own, or until it has ended, on a machine that is slow. The build, and the
    /// requests as the server saw them.
    async fn watch(name: &'static str, until: Duration) -> (Build, RequestLog) {
        let scenario = Scenario::named(name).unwrap();
        let clock = Clock::scenario(Clock::wall().now(), SPEED);
        let log = RequestLog::default();
        let simulator = Simulator::bind(&scenario, clock.clone()).await.unwrap();
        let simulator = simulator.with_log(&log);
        let account = SimulatedAccount {
            service: SimulatedService::Aws,
            url: simulator.url().into(),
            aws_url: simulator.aws_url().into(),
            region: scenario.region().into(),
            speed: SPEED,
            clock: clock.clone(),
            shared: Shared::default(),
        };
        let ready = account.watch(scenario.image_id()).unwrap();
        let Origin::Api { backend, .. } = ready.prepared.origin else {
            unreachable!("a demo is no recording");
        };
        let (sender, mut observations) = mpsc::channel::<Observation>(64);
        let (_commands, command_receiver) = mpsc::channel(1);
        let poller = Poller {
            source: backend,
            permits: Permits::new(clock.clone()),
            clock: clock.clone(),
            schedules: Schedules::new(None, fastrand::Rng::with_seed(1)).with_log(LogStart::First),
            observations: sender,
            commands: command_receiver,
        };
        let mut build = Build::requested(scenario.image_id(), false);
        let listen = async {
            let is_open = |build: &Build| {
                let outcome = build.verdict().outcome();
                matches!(outcome, OutcomeKind::Building | OutcomeKind::Unknown)
            };
            while clock.elapsed() < until || (is_open(&build) && clock.elapsed() < until * 5) {
                let observation = observations.recv().await.unwrap();
                if let Seen::Failed(fault) | Seen::Refused(fault) = &observation.seen {
                    let kinds = [
                        FaultKind::Throttled,
                        FaultKind::Transient,
                        FaultKind::Malformed,
                    ];
                    assert!(kinds.contains(&fault.kind), "{name}: {fault}");
                }
                build.apply(&observation);
            }
        };
        tokio::select! {
            () = simulator.serve() => unreachable!("it is served until it is dropped"),
            () = poller.run() => unreachable!("it polls until nobody listens"),
            () = listen => {}
        }
        (build, log)
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_whole_build_of_every_scenario_makes_only_calls_of_the_allow_list() {
        let until = Duration::from_mins(80);
        let mut watched = tokio::task::JoinSet::new();
        for name in Scenario::NAMES {
            watched.spawn(async move { (name, Box::pin(watch(name, until)).await) });
        }
        let mut seen = Vec::new();
        while let Some(ended) = watched.join_next().await {
            let (name, (build, log)) = ended.unwrap();
            for request in log.all() {
                let made = action(&request).unwrap_or_default();
                let service = ALLOWED.iter().find(|(action, _)| *action == made);
                let (action, service) = service.unwrap_or_else(|| panic!("{name}: {request:?}"));
                let scope = format!("/{service}/aws4_request,");
                let signed = request.header("authorization").unwrap_or_default();
                assert!(signed.contains(&scope), "{name}: {made} {signed}");
                seen.push(*action);
            }
            let outcome = build.verdict().outcome();
            match name {
                "success" | "leftover" | "flaky" => {
                    assert_eq!(outcome, OutcomeKind::Succeeded, "{name}");
                }
                "failure" | "rollback" => assert_eq!(outcome, OutcomeKind::Failed, "{name}"),
                "deleted" => assert_eq!(outcome, OutcomeKind::Deleted, "{name}"),
                // Its second build may still be going on.
                _ => assert_ne!(outcome, OutcomeKind::Unknown, "{name}"),
            }
        }
        for needed in [
            "DescribeStackEvents",
            "GetImage",
            "ListWorkflowExecutions",
            "GetLogEvents",
        ] {
            assert!(seen.contains(&needed), "no {needed}");
        }
    }
}
