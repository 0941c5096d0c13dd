//! The AWS configuration besides the credentials: the region, and the addresses that override those of AWS.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, ConfigLoader, Region, SdkConfig};

use crate::aws::credentials::chain::{AwsChain, region_of_machine};
use crate::aws::credentials::fault::IdentityFault;
use crate::aws::credentials::profile_files::AwsFiles;
use crate::aws::endpoints::ServiceUrl;

/// How long the instance metadata service has to name the region.
const METADATA_LIMIT: Duration = Duration::from_secs(1);

/// The services that aws-config sends requests to for credentials, by the names of their overrides.
const OF_CREDENTIALS: [&str; 4] = ["STS", "SSO", "SSO OIDC", "Signin"];

/// The region of AWS requests and the AWS configuration for it; `None` without a region. The region is the first that is
/// known: the requested one, the environment's, the profile's, the fallback, the machine's.
pub(crate) async fn find_region(
    profile: Option<&str>,
    requested: Option<String>,
    fallback: Option<String>,
) -> Option<(String, SdkConfig)> {
    let files = AwsFiles::read().await;
    let chain = AwsChain {
        profile: profile.map(str::to_owned),
        region: requested,
        signing: None,
    };
    let region = match chain.region_in(&files).await.or(fallback) {
        Some(region) => region,
        None => tokio::time::timeout(METADATA_LIMIT, region_of_machine())
            .await
            .ok()??,
    };
    let config = sdk_config(&files, profile, &region).await;
    Some((region, config))
}

/// Loads the AWS configuration of these files.
pub(super) fn loader(files: &AwsFiles, profile: Option<&str>) -> ConfigLoader {
    aws_config::defaults(BehaviorVersion::latest())
        // Else aws-config panics at a mode of retries that it does not know, such as `legacy` of the AWS CLI.
        .retry_config(RetryConfig::standard())
        .profile_files(files.for_sdk())
        .profile_name(files.selected_for_sdk(profile))
}

/// The region that is set somewhere. Sends no request.
pub(crate) async fn configured_region(
    profile: Option<&str>,
    requested: Option<String>,
    fallback: Option<String>,
) -> Option<String> {
    let chain = AwsChain {
        profile: profile.map(str::to_owned),
        region: requested,
        signing: None,
    };
    chain.region_in(&AwsFiles::read().await).await.or(fallback)
}

/// The AWS configuration of these files. Sends no request.
async fn sdk_config(files: &AwsFiles, profile: Option<&str>, region: &str) -> SdkConfig {
    let loader = loader(files, profile)
        .no_credentials()
        .region(Region::new(region.to_owned()));
    loader.load().await
}

/// Checks the overridden addresses that aws-config sends requests to: as for this program's own requests, plain http is
/// for this machine only.
pub(super) async fn check_overrides(config: &SdkConfig) -> Result<(), IdentityFault> {
    for id in OF_CREDENTIALS {
        if ServiceUrl::is_emptied(config, id) {
            // The AWS CLI takes it for none; aws-config would panic.
            let why = format!("the endpoint URL of {id} is empty; unset its variable");
            return Err(IdentityFault::Misconfigured(why));
        }
        let url = ServiceUrl::override_of(config, id)
            .map_err(|error| IdentityFault::Misconfigured(error.to_string()))?;
        // aws-config asks a resolver, also for `localhost`.
        if let Some(name) = url.as_ref().and_then(ServiceUrl::resolved_http)
            && let Ok(mut addresses) = tokio::net::lookup_host(name).await
            && !addresses.all(|address| address.ip().to_canonical().is_loopback())
        {
            let why = format!("the endpoint URL of {id} is plain http to another machine");
            return Err(IdentityFault::Misconfigured(why));
        }
    }
    Ok(())
}
