//! Builds a watch from the settings: backend, clock and the header of its recording. Sends no request yet.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use crate::app::msg::Remark;
use crate::app::session::Target;
use crate::aws::credentials::settings::find_region;
use crate::aws::endpoints::{Endpoints, Service};
use crate::aws::shared::Shared;
use crate::aws::tls::{CaBundle, TlsError};
use crate::backend::direct::images::DirectImages;
use crate::backend::direct::{self, Direct};
use crate::backend::enriched::Enriched;
use crate::backend::parallelcluster::images::ApiImages;
use crate::backend::parallelcluster::{ApiUrl, ImageId, MfaSessions, ParallelCluster, Signing};
use crate::backend::{Backend, Images, parallelcluster};
use crate::clock::Clock;
use crate::config::headers::ExtraHeader;
use crate::config::{ANY_IMAGE, ApiSettings};
use crate::domain::stack_event::StackId;
use crate::error::Error;
use crate::recording::{self, Header};
use crate::runtime::sessions::{Origin, Prepared};
use crate::text::safe::SafeText;

/// The words of line 1 for the backends.
pub(super) const PARALLELCLUSTER_API: &str = "API";
pub(super) const AWS: &str = "AWS";

/// A watch that is ready to start.
pub(super) struct Ready {
    pub prepared: Prepared,
    pub header: Header,
    pub remarks: Vec<Remark>,
}

impl Ready {
    pub(super) fn new(target: Target, clock: Clock, origin: Origin, header: Header) -> Self {
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
    pub(super) fn is_same_build(&self, other: &Self) -> bool {
        let (one, other) = (&self.header, &other.header);
        let place = |header: &Header| {
            let Header {
                backend,
                api,
                image_id,
                stack,
                ..
            } = header.clone();
            (backend, api, image_id, stack, region(header))
        };
        place(one) == place(other)
    }

    /// Whether one watches an image by its id, and the other one a stack of this image, which may be the same build.
    pub(super) fn may_be_same_build(&self, other: &Self) -> bool {
        let (one, other) = (&self.header, &other.header);
        let regions = region(one).zip(region(other));
        one.image_id == other.image_id
            && one.stack.is_some() != other.stack.is_some()
            && regions.is_none_or(|(one, other)| one == other)
    }
}

/// The region of a build: an API builds in its own one where none is named.
fn region(header: &Header) -> Option<String> {
    let of_api = || {
        let url = format!("https://{}", header.api.as_ref()?);
        let url = url.parse::<ApiUrl>().ok()?;
        url.signing_region().map(str::to_owned)
    };
    header.region.clone().or_else(of_api)
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

    /// Checks the certificates of the CA bundle, if there is one.
    ///
    /// # Errors
    /// If it can't be used.
    pub(super) fn check_certificates(&self) -> Result<(), Error> {
        self.check_bundles(CaBundle::check)
    }

    /// Checks what can be said before the first frame: whether there is such a file.
    ///
    /// # Errors
    /// If there is not.
    pub(super) fn check_bundle_file(&self) -> Result<(), Error> {
        self.check_bundles(CaBundle::check_file)
    }

    fn check_bundles(&self, check: fn(&CaBundle) -> Result<(), &TlsError>) -> Result<(), Error> {
        let bundles = self.shared.bundles();
        let checked = bundles.iter().try_for_each(check);
        checked.map_err(|error| {
            self.shared.forget_bundles();
            let why = with_causes("failed to set up TLS", error);
            let advice = "name a PEM file of certificates with --ca-bundle or AWS_CA_BUNDLE";
            Error::Usage(format!("{why}; {advice}"))
        })
    }
}

pub(super) async fn prepare_api(
    api: ApiSettings,
    waits: bool,
    common: &Common,
) -> Result<Ready, Error> {
    let ready = prepare_api_unchecked(api, waits, common).await?;
    common.check_certificates()?;
    Ok(ready)
}

/// The same before the certificates of the CA bundle are checked, for which no first frame is to wait.
pub(super) async fn prepare_api_unchecked(
    api: ApiSettings,
    waits: bool,
    common: &Common,
) -> Result<Ready, Error> {
    let image_id: ImageId = api
        .image_id
        .parse()
        .map_err(|error| usage(&format!("invalid image id {}", api.image_id), &error))?;
    check_profile(&api).await?;
    let Some(api_url) = &api.api_url else {
        return prepare_direct(api, waits, common).await;
    };
    let api_url = parse_api_url(api_url)?;
    let aws = beside_api(&api, &api_url, common).await;
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
            .clone()
            .filter(|_| api.requested_region.is_none()),
        region: api.requested_region.clone(),
        api: Some(api_url.without_scheme()),
        ..Header::new(&target.image_id, backend, clock.now())
    };
    let interval = api.interval;
    let source = client_of_api(api, api_url, image_id, common)?;
    let backend = match aws {
        Some(aws) => Backend::Enriched(Box::new(Enriched { api: source, aws })),
        None => Backend::ParallelCluster(Box::new(source)),
    };
    let origin = Origin::Api {
        backend,
        interval,
        simulator: None,
    };
    Ok(Ready::new(target, clock, origin, header))
}

/// The list of the account's images.
pub(super) async fn prepare_images(api: ApiSettings, common: &Common) -> Result<Images, Error> {
    let images = prepare_images_unchecked(api, common).await?;
    common.check_certificates()?;
    Ok(images)
}

/// The same before the certificates of the CA bundle are checked.
pub(super) async fn prepare_images_unchecked(
    api: ApiSettings,
    common: &Common,
) -> Result<Images, Error> {
    check_profile(&api).await?;
    let Some(api_url) = &api.api_url else {
        let settings = direct_settings(&api, false, common).await?;
        let images = DirectImages::new(settings, common.clock.clone());
        return Ok(Images::Direct(Box::new(images)));
    };
    let api_url = parse_api_url(api_url)?;
    let any = ANY_IMAGE.parse().map_err(|error| bug(&error))?;
    let source = client_of_api(api, api_url, any, common)?;
    Ok(Images::ParallelCluster(Box::new(ApiImages::new(source))))
}

async fn check_profile(api: &ApiSettings) -> Result<(), Error> {
    if let Some(profile) = &api.profile_to_check {
        let checked = parallelcluster::check_profile(&profile.name).await;
        let what = format!("invalid value for {}", profile.named_by);
        checked.map_err(|error| usage(&what, &error))?;
    }
    Ok(())
}

fn parse_api_url(url: &str) -> Result<ApiUrl, Error> {
    url.parse()
        .map_err(|error| usage("invalid value for --api-url", &error))
}

fn client_of_api(
    api: ApiSettings,
    api_url: ApiUrl,
    image_id: ImageId,
    common: &Common,
) -> Result<ParallelCluster, Error> {
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
    let settings = parallelcluster::Settings {
        api_url,
        image_id,
        region: api.region,
        profile: api.profile,
        signing,
        headers: extra_headers(&api.headers)?,
        ca_bundle: api.ca_bundle,
    };
    let clock = common.clock.clone();
    Ok(ParallelCluster::sharing(settings, &common.shared, clock))
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
    let mut aws = Direct::new(settings, common.clock.clone());
    aws.reads_log = reads_log;
    Some(aws)
}

async fn direct_settings(
    api: &ApiSettings,
    waits: bool,
    common: &Common,
) -> Result<direct::Settings, Error> {
    let profile = api.profile.as_deref();
    let (first, fallback) = (
        api.region_before_profile.clone(),
        api.requested_region.clone(),
    );
    let found = find_region(profile, first, fallback).await;
    let (region, config) = found.ok_or_else(|| {
        Error::Usage(
            "no AWS region: pass --region, set AWS_REGION, or set region in config.toml or in the AWS profile"
                .to_owned(),
        )
    })?;
    let endpoints = Endpoints::of_config(config, &region);
    let endpoints = endpoints.map_err(|error| usage("invalid AWS configuration", &error))?;
    Ok(direct::Settings {
        image_id: api.image_id.clone(),
        waits,
        stack: api.stack.as_deref().map(StackId::from),
        region,
        endpoints,
        profile: api.profile.clone(),
        role_arn: api.role_arn.clone(),
        external_id: api.external_id.clone(),
        mfa: common.mfa.clone(),
        shared: common.shared.clone(),
        ca_bundle: api.ca_bundle.clone(),
    })
}

async fn prepare_direct(api: ApiSettings, waits: bool, common: &Common) -> Result<Ready, Error> {
    let settings = direct_settings(&api, waits, common).await?;
    let region = settings.region.clone();
    let clock = common.clock.clone();
    let target = Target {
        image_id: api.image_id,
        region: Some(SafeText::new(&region)),
        backend: Some(AWS),
        note: None,
    };
    let header = Header {
        profile: api.requested_profile,
        region: Some(region.clone()),
        stack: api.stack,
        ..Header::new(&target.image_id, recording::aws(), clock.now())
    };
    let source = Direct::new(settings, clock.clone());
    let origin = Origin::Api {
        backend: Backend::Direct(Box::new(source)),
        interval: api.interval,
        simulator: None,
    };
    Ok(Ready::new(target, clock, origin, header))
}

pub(super) fn bug(error: &dyn std::error::Error) -> Error {
    Error::Bug(error.to_string())
}

/// Checks the URL of the settings, which `watch` would refuse. `origin` is where it is set.
pub(crate) fn check_api_url(url: &str, origin: &str) -> Result<(), Error> {
    let parsed = url.parse::<ApiUrl>().map(|_| ());
    parsed.map_err(|error| usage(&format!("invalid value for api-url ({origin})"), &error))
}

/// A usage error with its chain of causes.
pub(super) fn usage(what: &str, error: &dyn std::error::Error) -> Error {
    Error::Usage(with_causes(what, error))
}

fn with_causes(what: &str, error: &dyn std::error::Error) -> String {
    let mut message = format!("{what}: {error}");
    for cause in std::iter::successors(error.source(), |cause| cause.source()) {
        message.push_str(": ");
        message.push_str(&cause.to_string());
    }
    message
}
