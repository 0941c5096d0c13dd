//! Builds a watch from the settings: backend, clock and the header of its recording. Sends no request yet.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use crate::app::msg::Remark;
use crate::app::session::Target;
use crate::app::status::playback::Playback;
use crate::aws::credentials::fixed::Fixed;
use crate::aws::credentials::settings::find_region;
use crate::aws::endpoints::{Endpoints, Service};
use crate::aws::shared::Shared;
use crate::backend::direct::{self, Direct};
use crate::backend::enriched::Enriched;
use crate::backend::parallelcluster::{ApiUrl, ImageId, MfaSessions, ParallelCluster, Signing};
use crate::backend::{Backend, parallelcluster};
use crate::cli::SimulatedService;
use crate::clock::Clock;
use crate::config::headers::ExtraHeader;
use crate::config::{ApiSettings, PlaybackSpeed, Recorded, SourceSettings};
use crate::demo::server::aws::{ACCESS_KEY_ID, SECRET_ACCESS_KEY, SESSION_TOKEN};
use crate::demo::{Scenario, Simulator};
use crate::domain::stack_event::StackId;
use crate::error::Error;
use crate::recording::{self, Header};
use crate::runtime::commands::history;
use crate::runtime::recorder;
use crate::runtime::sessions::{Origin, Prepared};
use crate::text::safe::SafeText;

/// The words of line 1 for the backends.
const PARALLELCLUSTER_API: &str = "API";
const AWS: &str = "AWS";

/// A watch that is ready to start.
pub(super) struct Ready {
    pub prepared: Prepared,
    pub header: Header,
    pub remarks: Vec<Remark>,
}

impl Ready {
    fn new(target: Target, clock: Clock, origin: Origin, header: Header) -> Self {
        Self {
            prepared: Prepared {
                target,
                clock,
                origin,
                playback: None,
            },
            header,
            remarks: Vec::new(),
        }
    }

    /// Whether both are watches of the same build. A region that is not known yet is another one.
    fn is_same_build(&self, other: &Self) -> bool {
        let (one, other) = (&self.header, &other.header);
        let place = |header: &Header| {
            let Header {
                backend,
                api,
                image_id,
                stack,
                region,
                ..
            } = header.clone();
            (backend, api, image_id, stack, region)
        };
        place(one) == place(other)
    }
}

/// What the watches of a program have in common.
#[derive(Clone, Debug)]
pub(super) struct Common {
    pub clock: Clock,
    pub mfa: MfaSessions,
    pub shared: Shared,
}

impl Common {
    pub(super) fn new(mfa: MfaSessions) -> Self {
        Self {
            clock: Clock::wall(),
            mfa,
            shared: Shared::default(),
        }
    }
}

/// Prepares the watches of a source: at least one, and each build once.
pub(super) async fn prepare(
    settings: SourceSettings,
    waits: bool,
    common: &Common,
) -> Result<Vec<Ready>, Error> {
    match settings {
        SourceSettings::Api(builds) => {
            let mut all: Vec<Ready> = Vec::new();
            for api in builds {
                let ready = prepare_api(api, waits, common).await?;
                if all.iter().all(|other| !other.is_same_build(&ready)) {
                    all.push(ready);
                }
            }
            Ok(all)
        }
        SourceSettings::Demo {
            scenario,
            speed,
            service,
        } => Ok(vec![prepare_demo(&scenario, speed, service).await?]),
        SourceSettings::Replay { which, speed } => Ok(vec![prepare_replay(&which, speed)?]),
    }
}

pub(super) async fn prepare_api(
    api: ApiSettings,
    waits: bool,
    common: &Common,
) -> Result<Ready, Error> {
    let image_id: ImageId = api
        .image_id
        .parse()
        .map_err(|error| usage(&format!("invalid image id {}", api.image_id), &error))?;
    if let Some(profile) = &api.profile_to_check {
        let checked = parallelcluster::check_profile(&profile.name).await;
        let what = format!("invalid value for {}", profile.named_by);
        checked.map_err(|error| usage(&what, &error))?;
    }
    let Some(api_url) = &api.api_url else {
        return prepare_direct(api, waits, common).await;
    };
    let api_url: ApiUrl = api_url
        .parse()
        .map_err(|error| usage("invalid value for --api-url", &error))?;
    let aws = beside_api(&api, &api_url, common).await;
    let signing = if api.unsigned {
        Signing::Unsigned
    } else {
        Signing::SigV4 {
            region: api.signing_region,
            role_arn: api.role_arn,
            external_id: api.external_id,
            mfa: common.mfa.clone(),
        }
    };
    let headers = extra_headers(&api.headers)?;
    let target = Target {
        image_id: image_id.as_str().to_owned(),
        region: api.region.as_deref().map(SafeText::new),
        backend: Some(PARALLELCLUSTER_API),
        note: None,
    };
    let clock = common.clock.clone();
    let backend = recording::parallelcluster();
    let header = Header {
        profile: api
            .requested_profile
            .filter(|_| api.requested_region.is_none()),
        region: api.requested_region,
        api: Some(api_url.without_scheme()),
        ..Header::new(&target.image_id, backend, clock.now())
    };
    let endpoint = api_url.without_scheme();
    let settings = parallelcluster::Settings {
        api_url,
        image_id,
        region: api.region,
        profile: api.profile,
        signing,
        headers,
        ca_bundle: api.ca_bundle,
    };
    let source = ParallelCluster::sharing(settings, &common.shared, clock.clone())
        .map_err(|error| usage("failed to set up TLS", &error))?;
    let backend = match aws {
        Some(aws) => Backend::Enriched(Box::new(Enriched { api: source, aws })),
        None => Backend::ParallelCluster(Box::new(source)),
    };
    let origin = Origin::Api {
        backend,
        endpoint,
        interval: api.interval,
        simulator: None,
    };
    Ok(Ready::new(target, clock, origin, header))
}

/// The headers for the HTTP client, whose own debug output leaves out values that are marked as sensitive.
fn extra_headers(headers: &[ExtraHeader]) -> Result<HeaderMap, Error> {
    let mut map = HeaderMap::new();
    for header in headers {
        let name = HeaderName::try_from(&header.name);
        let name = name.map_err(|error| usage("invalid value for --header", &error))?;
        let value = HeaderValue::try_from(header.value.expose());
        let mut value = value.map_err(|error| usage("invalid value for --header", &error))?;
        value.set_sensitive(true);
        map.insert(name, value);
    }
    Ok(map)
}

/// What AWS tells beside an API, with the identity before the role. Nothing is asked where requests are unsigned; an API on
/// this machine is no reason to ask the real AWS.
async fn beside_api(api: &ApiSettings, url: &ApiUrl, common: &Common) -> Option<Direct> {
    if api.unsigned {
        return None;
    }
    let profile = api.profile.as_deref();
    let is_local = url.endpoint().loopback;
    let of_api = url.signing_region().map(str::to_owned);
    let fallback = api.requested_region.clone().or(of_api);
    let found = find_region(profile, api.region_before_profile.clone(), fallback);
    let (region, config) = found.await?;
    let endpoints = Endpoints::of_config(config, &region).ok()?;
    let may_ask = |service| !is_local || endpoints.is_configured(service);
    let reads_log = may_ask(Service::Logs);
    if !may_ask(Service::ImageBuilder) {
        return None;
    }
    let settings = direct::Settings {
        image_id: api.image_id.clone(),
        waits: false,
        stack: None,
        region,
        endpoints,
        profile: api.profile.clone(),
        role_arn: None,
        external_id: None,
        mfa: common.mfa.clone(),
        shared: common.shared.clone(),
        ca_bundle: api.ca_bundle.clone(),
    };
    let mut aws = Direct::new(settings, common.clock.clone()).ok()?;
    aws.reads_log = reads_log;
    Some(aws)
}

pub(super) async fn prepare_direct(
    api: ApiSettings,
    waits: bool,
    common: &Common,
) -> Result<Ready, Error> {
    let profile = api.profile.as_deref();
    let found = find_region(profile, api.region_before_profile, api.requested_region);
    let (region, config) = found.await.ok_or_else(|| {
        Error::Usage(
            "no AWS region: pass --region, set AWS_REGION, or set region in config.toml or in the AWS profile"
                .to_owned(),
        )
    })?;
    let endpoints = Endpoints::of_config(config, &region);
    let endpoints = endpoints.map_err(|error| usage("invalid AWS configuration", &error))?;
    let clock = common.clock.clone();
    let target = Target {
        image_id: api.image_id.clone(),
        region: Some(SafeText::new(&region)),
        backend: Some(AWS),
        note: None,
    };
    let header = Header {
        profile: api.requested_profile,
        region: Some(region.clone()),
        stack: api.stack.clone(),
        ..Header::new(&target.image_id, recording::aws(), clock.now())
    };
    let endpoint = region.clone();
    let settings = direct::Settings {
        image_id: api.image_id,
        waits,
        stack: api.stack.as_deref().map(StackId::from),
        region,
        endpoints,
        profile: api.profile,
        role_arn: api.role_arn,
        external_id: api.external_id,
        mfa: common.mfa.clone(),
        shared: common.shared.clone(),
        ca_bundle: api.ca_bundle,
    };
    let source = Direct::new(settings, clock.clone())
        .map_err(|error| usage("failed to set up TLS", &error))?;
    let origin = Origin::Api {
        backend: Backend::Direct(Box::new(source)),
        endpoint,
        interval: api.interval,
        simulator: None,
    };
    Ok(Ready::new(target, clock, origin, header))
}

async fn prepare_demo(name: &str, speed: f64, service: SimulatedService) -> Result<Ready, Error> {
    let scenario =
        Scenario::named(name).map_err(|error| usage("invalid value for --scenario", &error))?;
    let clock = Clock::scenario(Clock::wall().now(), speed);
    let simulator = Simulator::bind(&scenario, clock.clone())
        .await
        .map_err(|source| Error::System {
            action: "open a loopback port for the simulated service",
            source,
        })?;
    let target = Target {
        image_id: scenario.image_id().to_owned(),
        region: Some(SafeText::new(scenario.region())),
        backend: Some(match service {
            SimulatedService::Aws => AWS,
            SimulatedService::Api => PARALLELCLUSTER_API,
        }),
        note: Some(format!("demo x{speed}")),
    };
    let (backend, recorded_backend) = match service {
        SimulatedService::Aws => {
            let source = simulated_aws(&scenario, &simulator, &clock)?;
            (Backend::Direct(Box::new(source)), recording::aws())
        }
        SimulatedService::Api => {
            let source = simulated_api(&scenario, &simulator, &clock)?;
            let backend = Backend::ParallelCluster(Box::new(source));
            (backend, recording::parallelcluster())
        }
    };
    let header = Header {
        region: Some(scenario.region().to_owned()),
        ..Header::new(&target.image_id, recorded_backend, clock.now())
    };
    let origin = Origin::Api {
        backend,
        endpoint: simulator.url(),
        interval: None,
        simulator: Some(Box::new(simulator)),
    };
    Ok(Ready::new(target, clock, origin, header))
}

fn simulated_aws(
    scenario: &Scenario,
    simulator: &Simulator,
    clock: &Clock,
) -> Result<Direct, Error> {
    let endpoints = Endpoints::at(&simulator.aws_url()).map_err(|error| bug(&error))?;
    let keys = (ACCESS_KEY_ID, SECRET_ACCESS_KEY, SESSION_TOKEN);
    let fixed = Fixed::new(keys, scenario.region());
    Direct::with_signer(
        scenario.image_id(),
        endpoints,
        fixed,
        Shared::default(),
        clock.clone(),
    )
    .map_err(|error| bug(&error))
}

fn simulated_api(
    scenario: &Scenario,
    simulator: &Simulator,
    clock: &Clock,
) -> Result<ParallelCluster, Error> {
    let api_url = simulator.url().parse::<ApiUrl>();
    let image_id = scenario.image_id().parse::<ImageId>();
    let settings = parallelcluster::Settings {
        api_url: api_url.map_err(|error| bug(&error))?,
        image_id: image_id.map_err(|error| bug(&error))?,
        region: Some(scenario.region().to_owned()),
        profile: None,
        signing: Signing::Unsigned,
        headers: HeaderMap::new(),
        ca_bundle: None,
    };
    ParallelCluster::new(settings, clock.clone()).map_err(|error| bug(&error))
}

fn bug(error: &dyn std::error::Error) -> Error {
    Error::Bug(error.to_string())
}

/// The speed of a replay that was played without pauses, once the user has gone back in it.
const USUAL: f64 = 60.0;

fn prepare_replay(which: &Recorded, speed: PlaybackSpeed) -> Result<Ready, Error> {
    let (file, recording) = history::open(which, "replay")?;
    let (begin, end) = recording.span();
    let (clock, factor) = match speed {
        PlaybackSpeed::Times(factor) => (Clock::scenario(begin, factor), factor),
        PlaybackSpeed::Max => (Clock::scenario(end, USUAL), USUAL),
    };
    let remarks = recorder::remarks_on(&file, &recording);
    let header = recording.header;
    let target = Target {
        image_id: SafeText::new(&header.image_id).as_str().to_owned(),
        region: header.region.as_deref().map(SafeText::new),
        backend: None,
        note: Some("replay".to_owned()),
    };
    let origin = Origin::Recording(recording.observations);
    let mut ready = Ready::new(target, clock.until(end), origin, header);
    ready.prepared.playback = Some(Playback::new((begin, end), factor));
    ready.remarks = remarks;
    Ok(ready)
}

/// Checks the URL of the settings, which `watch` would refuse. `origin` is where it is set.
pub(crate) fn check_api_url(url: &str, origin: &str) -> Result<(), Error> {
    let parsed = url.parse::<ApiUrl>().map(|_| ());
    parsed.map_err(|error| usage(&format!("invalid value for api-url ({origin})"), &error))
}

/// A usage error with its chain of causes.
fn usage(what: &str, error: &dyn std::error::Error) -> Error {
    let mut message = format!("{what}: {error}");
    for cause in std::iter::successors(error.source(), |cause| cause.source()) {
        message.push_str(": ");
        message.push_str(&cause.to_string());
    }
    Error::Usage(message)
}
