//! How the build of a target is reached: from the target, the flags and the settings together.

use crate::cli::{ApiArgs, BackendChoice, LookArgs};
use crate::config::environment::Environment;
use crate::config::layers::Origin;
use crate::config::preferences::Preferences;
use crate::config::target::Target;
use crate::config::{ApiSettings, NamedProfile};
use crate::error::Error;
use crate::text::safe::{SafeText, one_line};

/// The command that prints the API's URL, an output of the stack of every deployment.
const FIND_API_URL: &str = "aws cloudformation describe-stacks --stack-name STACK \
    --query \"Stacks[0].Outputs[?OutputKey=='ParallelClusterApiInvokeUrl'].OutputValue\" --output text";

/// An image id that needs no image, for calls whose answer does not matter.
pub(crate) const ANY_IMAGE: &str = "bakewatch-check";

/// The connection of each target, that of any image, and the settings around them.
pub(super) fn connections(
    targets: &[String],
    flags: ApiArgs,
    look: LookArgs,
    environment: &Environment,
) -> Result<(Vec<ApiSettings>, ApiSettings, Preferences), Error> {
    let unsigned = flags.no_sign_request;
    let targets: Result<Vec<_>, _> = targets.iter().map(|text| Target::parse(text)).collect();
    let targets = targets?;
    for target in targets.iter().filter(|target| target.stack.is_some()) {
        check_flags_of_stack(&flags, target)?;
    }
    let preferences = Preferences::load(flags, look, environment)?;
    let builds = targets
        .into_iter()
        .map(|target| api(target, unsigned, &preferences));
    let builds = builds.collect::<Result<_, _>>()?;
    let account = api(Target::parse(ANY_IMAGE)?, unsigned, &preferences)?;
    Ok((builds, account, preferences))
}

/// A stack is where its ARN says, and the API has nothing but images.
fn check_flags_of_stack(flags: &ApiArgs, target: &Target) -> Result<(), Error> {
    if flags.backend == Some(BackendChoice::Api) {
        return Err(Error::Usage(
            "a stack's ARN is watched over AWS directly: leave out --backend api, or pass an image id".to_owned(),
        ));
    }
    let here = target.region.as_deref().unwrap_or_default();
    match &flags.region {
        Some(region) if !region.is_empty() && region != here => Err(Error::Usage(format!(
            "the stack is in {here}, and --region names {}; leave out --region",
            one_line(SafeText::new(region).as_str())
        ))),
        _ => Ok(()),
    }
}

/// The connection to the API, or to AWS. Unsigned requests need no credentials.
fn api(target: Target, unsigned: bool, preferences: &Preferences) -> Result<ApiSettings, Error> {
    let file = preferences.file.as_deref();
    let preferences = &preferences.api;
    let api_url = preferences.url.clone();
    let api_url = match preferences.backend {
        // The API has nothing but images.
        _ if target.stack.is_some() => None,
        BackendChoice::Auto => api_url,
        BackendChoice::Aws => None,
        BackendChoice::Api => Some(api_url.ok_or_else(|| {
            Error::Usage(format!(
                "no API URL: pass --api-url, or set BAKEWATCH_API_URL or api-url in config.toml; the URL is an output of the API's stack: {FIND_API_URL}"
            ))
        })?),
    };
    if api_url.is_none() && unsigned {
        return Err(Error::Usage(format!(
            "--no-sign-request needs an API: AWS answers signed requests only; pass --api-url; the URL is an output of the API's stack: {FIND_API_URL}"
        )));
    }
    if api_url.is_none() && preferences.headers.origin == Origin::Flag {
        return Err(Error::Usage(
            "--header needs an API: it goes with requests to the ParallelCluster API only; pass --api-url".to_owned(),
        ));
    }
    let signed = |text: &Option<String>| text.clone().filter(|_| !unsigned);
    let named_by = || preferences.profile.origin.of_setting("profile", file);
    let to_check = signed(&preferences.profile.value).map(|name| NamedProfile {
        name,
        named_by: named_by(),
    });
    // Where an API is configured, the role is the API's.
    let has_own_role = target.stack.is_some()
        && preferences.url.is_some()
        && preferences.backend != BackendChoice::Aws;
    let own_region = target.region;
    let region = |other: Option<String>| own_region.clone().or(other);
    Ok(ApiSettings {
        image_id: target.image_id,
        stack: target.stack,
        api_url,
        region_before_profile: region(preferences.region.unless_file()),
        requested_region: region(preferences.region.value.clone()),
        requested_profile: preferences.profile.value.clone(),
        region: region(preferences.region.unless_environment()),
        signing_region: signed(&preferences.signing_region),
        profile_to_check: to_check,
        profile: signed(&preferences.profile.unless_environment()),
        role_arn: signed(&preferences.role_arn).filter(|_| !has_own_role),
        external_id: signed(&preferences.external_id),
        headers: preferences.headers.value.clone().unwrap_or_default(),
        unsigned,
        ca_bundle: preferences.ca_bundle.clone(),
        interval: preferences.interval,
    })
}
