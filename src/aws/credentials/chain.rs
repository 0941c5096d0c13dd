//! Resolves an identity through aws-config: environment, profiles (static keys, assumed roles, SSO, a process), web
//! identity, ECS and EC2 metadata, and then the role to assume.

use std::env;
use std::error::Error;
use std::iter;
use std::path::Path;

use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::imds::region::ImdsRegionProvider;
use aws_config::meta::region::RegionProviderChain;
#[expect(
    deprecated,
    reason = "the aliases spare a dependency on the crate that has the types"
)]
use aws_config::profile::profile_file::{ProfileFileKind, ProfileFiles};
use aws_config::profile::{
    ProfileFileCredentialsProvider, ProfileFileLoadError, ProfileFileRegionProvider, ProfileSet,
};
use aws_config::provider_config::ProviderConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::{BehaviorVersion, ConfigLoader, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext};
use aws_smithy_http_client::{Builder, Connector};

use crate::aws::credentials::fault::{IdentityFault, Login};
use crate::aws::credentials::identity::{Identity, Resolution, Resolve};
use crate::aws::signer::Signer;

/// This program's session name at STS.
const SESSION_NAME: &str = "bakewatch";
/// The limit of `source_profile` links to follow: they may form a ring.
const LONGEST_CHAIN: usize = 16;

/// The usual AWS chain, built again for each resolution: aws-config reads the profile files only once.
#[derive(Clone, Debug)]
pub(crate) struct AwsChain {
    /// The profile that the user selected by name.
    pub(crate) profile: Option<String>,
    /// The image's region where the user gave one: the chain need not find one.
    pub(crate) region: Option<String>,
    /// Absent where requests are not signed.
    pub(crate) signing: Option<SigningChain>,
}

/// The part of the chain that only signed requests need.
#[derive(Clone, Debug)]
pub(crate) struct SigningChain {
    /// The endpoint's region where it is known.
    pub(crate) region: Option<String>,
    /// The role to assume.
    pub(crate) role_arn: Option<String>,
    /// The certificates to trust where these are not just the platform's.
    pub(crate) tls: Option<TlsContext>,
}

/// The reason why a profile can't be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProfileError {
    #[error(
        "unknown AWS profile {name}: it is neither in the config file nor in the credentials file"
    )]
    Unknown { name: String },
    #[error("failed to read the AWS config and credentials files")]
    Unreadable(#[from] ProfileFileLoadError),
}

/// Checks that a profile exists. Reads the profile files and nothing else.
///
/// # Errors
/// Where no file has the profile, or the files can't be read.
pub(crate) async fn check_profile(name: &str) -> Result<(), ProfileError> {
    match load_profiles(Some(name)).await?.get_profile(name) {
        Some(_) => Ok(()),
        None => Err(ProfileError::Unknown {
            name: name.to_owned(),
        }),
    }
}

async fn load_profiles(selected: Option<&str>) -> Result<ProfileSet, ProfileFileLoadError> {
    // The defaults are the real file system and the real environment; their types are private to aws-config.
    let (files, environment, places) = (<_>::default(), <_>::default(), profile_files());
    let selected = selected.map(|name| name.to_owned().into());
    aws_config::profile::load(&files, &environment, &places, selected).await
}

/// The profile files: those in the home folder, or those that the environment names. Without an absolute home folder,
/// aws-config would take the current folder for it, and run a `credential_process` that somebody left there.
#[expect(
    deprecated,
    reason = "the aliases spare a dependency on the crate that has the types"
)]
#[expect(
    clippy::disallowed_methods,
    reason = "aws-config reads these variables itself; this decides whether it may"
)]
pub(crate) fn profile_files() -> ProfileFiles {
    if has_home() {
        return ProfileFiles::default();
    }
    let is_named =
        |variable| env::var(variable).is_ok_and(|path| !path.is_empty() && !path.starts_with('~'));
    let (config, credentials) = (
        is_named("AWS_CONFIG_FILE"),
        is_named("AWS_SHARED_CREDENTIALS_FILE"),
    );
    ProfileFiles::builder()
        .include_default_config_file(config)
        .include_default_credentials_file(credentials)
        // At least one file is required.
        .with_contents(ProfileFileKind::Config, "")
        .build()
}

/// Whether the home folder is the same wherever the program is started.
#[expect(
    clippy::disallowed_methods,
    reason = "aws-config takes its home folder from this variable"
)]
fn has_home() -> bool {
    cfg!(windows) || env::var_os("HOME").is_some_and(|home| Path::new(&home).is_absolute())
}

/// The region of the EC2 instance that this machine may be.
pub(crate) async fn region_of_machine() -> Option<String> {
    let metadata = ImdsRegionProvider::builder().build();
    Some(metadata.region().await?.to_string())
}

impl Resolve for AwsChain {
    fn resolve(&self) -> Resolution {
        let chain = self.clone();
        Box::pin(async move { chain.resolve_identity().await })
    }
}

impl AwsChain {
    async fn resolve_identity(&self) -> Result<Identity, IdentityFault> {
        let Some(signing) = &self.signing else {
            return Ok(Identity {
                region: self.configured_region().await,
                signer: None,
            });
        };
        let region = self.region_chain().await;
        let Some(signing_region) = signing.region.clone().or_else(|| region.clone()) else {
            return Err(IdentityFault::NoRegion);
        };
        let config = self.sdk_config(signing, &signing_region).await;
        let credentials = match signing.credentials(&config).await {
            Ok(credentials) => credentials,
            Err(error) => {
                let login = self.login().await;
                let profile = self.profile.as_deref();
                return Err(IdentityFault::new(&error, &causes(&error), profile, login));
            }
        };
        Ok(Identity {
            region,
            signer: Some(Signer {
                credentials,
                region: signing_region,
            }),
        })
    }

    /// The region without any request: an unsigned watch does not contact AWS itself.
    pub(crate) async fn configured_region(&self) -> Option<String> {
        if self.region.is_some() {
            return self.region.clone();
        }
        let mut profile = ProfileFileRegionProvider::builder().profile_files(profile_files());
        if let Some(name) = &self.profile {
            profile = profile.profile_name(name);
        }
        let region = RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new())
            .or_else(profile.build())
            .region()
            .await?;
        Some(region.to_string())
    }

    /// The requested region, or that of the environment, the profile or the machine.
    async fn region_chain(&self) -> Option<String> {
        match self.configured_region().await {
            Some(region) => Some(region),
            None => region_of_machine().await,
        }
    }

    /// Credentials are fetched in the endpoint's region, which exists and belongs to the same partition.
    async fn sdk_config(&self, signing: &SigningChain, region: &str) -> SdkConfig {
        let version = BehaviorVersion::latest();
        let region = Region::new(region.to_owned());
        let mut loader = aws_config::defaults(version)
            .region(region.clone())
            .profile_files(profile_files());
        let mut providers = ProviderConfig::without_region()
            .with_behavior_version(Some(version))
            .with_region(Some(region));
        if let Some(tls) = &signing.tls {
            (loader, providers) = trusting(tls.clone(), loader, providers);
        }
        if let Some(name) = &self.profile {
            // The default chain prefers the environment's keys to any profile. A profile that the user selected by
            // name comes before them, as it does for the AWS CLI.
            let provider = ProfileFileCredentialsProvider::builder()
                .configure(&providers)
                .profile_files(profile_files())
                .profile_name(name);
            loader = loader
                .profile_name(name)
                .credentials_provider(provider.build());
        }
        loader.load().await
    }

    /// The session or profile that the user would log in to.
    async fn login(&self) -> Login {
        let named = self.profile.as_deref();
        match load_profiles(named).await {
            Ok(set) => login_of(&set, named.unwrap_or_else(|| set.selected_profile())),
            Err(_unreadable) => Login::Profile(named.unwrap_or("default").to_owned()),
        }
    }
}

/// The login for a profile, which may take its credentials from another one.
fn login_of(set: &ProfileSet, selected: &str) -> Login {
    let mut name = selected;
    for _ in 0..LONGEST_CHAIN {
        let Some(profile) = set.get_profile(name) else {
            break;
        };
        if let Some(session) = profile.get("sso_session") {
            return Login::Session(session.to_owned());
        }
        if profile.get("sso_start_url").is_some() {
            return Login::Profile(name.to_owned());
        }
        match profile.get("source_profile") {
            Some(source) => name = source,
            None => break,
        }
    }
    Login::Profile(selected.to_owned())
}

impl SigningChain {
    async fn credentials(&self, config: &SdkConfig) -> Result<Credentials, CredentialsError> {
        let Some(arn) = &self.role_arn else {
            return match config.credentials_provider() {
                Some(provider) => provider.provide_credentials().await,
                None => Err(CredentialsError::not_loaded_no_source()),
            };
        };
        let role = AssumeRoleProvider::builder(arn)
            .session_name(SESSION_NAME)
            .configure(config);
        role.build().await.provide_credentials().await
    }
}

/// Makes aws-config trust a CA bundle: its own client trusts the platform's certificates only. This client uses the
/// environment's proxies as that one does.
fn trusting(
    tls: TlsContext,
    loader: ConfigLoader,
    providers: ProviderConfig,
) -> (ConfigLoader, ProviderConfig) {
    let client = Builder::new().build_with_connector_fn(move |settings, _components| {
        let mut connector = Connector::builder()
            .proxy_config(ProxyConfig::from_env())
            .tls_provider(Provider::Rustls(CryptoMode::AwsLc));
        connector.set_connector_settings(settings.cloned());
        connector.tls_context(tls.clone()).build()
    });
    (
        loader.http_client(client.clone()),
        providers.with_http_client(client),
    )
}

/// The texts of an error's causes. The error's own text only states that there was one, so it is used only where there
/// are no causes.
fn causes(error: &CredentialsError) -> String {
    let texts: Vec<_> = iter::successors(error.source(), |cause| (*cause).source())
        .map(ToString::to_string)
        .collect();
    if texts.is_empty() {
        error.to_string()
    } else {
        texts.join(": ")
    }
}

#[cfg(test)]
mod tests;
