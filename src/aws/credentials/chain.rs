//! Resolves an identity through aws-config: environment, profiles (static keys, assumed roles, SSO, a process), web
//! identity, ECS and EC2 metadata, and then the role to assume.

use std::error::Error;
use std::iter;

use aws_config::meta::region::ProvideRegion;
use aws_config::profile::{ProfileFileCredentialsProvider, ProfileFileRegionProvider};
use aws_config::provider_config::ProviderConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::{Builder, Connector};
use aws_types::sdk_config::SharedHttpClient;
use chrono::{DateTime, Utc};

use crate::aws::credentials::fault::{FixedKeys, IdentityFault, Login};
use crate::aws::credentials::identity::{Identity, Resolution, Resolve};
use crate::aws::credentials::mfa::MfaSessions;
use crate::aws::credentials::profile_chain::{ProfileChain, Role, Source};
use crate::aws::credentials::profile_files::AwsFiles;
use crate::aws::credentials::profile_text::{DEFAULT, encode};
use crate::aws::credentials::settings::{check_overrides, loader};
use crate::aws::signer::Signer;
use crate::aws::tls::CaBundle;

/// This program's session name at STS.
pub(super) const SESSION_NAME: &str = "bakewatch";

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
    /// The external id that the role asks for.
    pub(crate) external_id: Option<String>,
    /// The roles of profiles that need a code.
    pub(crate) mfa: MfaSessions,
    /// The certificates to trust where these are not just the platform's.
    pub(crate) bundle: Option<CaBundle>,
}

/// The region of the EC2 instance that this machine may be, where nothing else names one.
pub(crate) async fn region_of_machine() -> Option<String> {
    // The metadata service's address may be in the profile files.
    let files = AwsFiles::read().await;
    let loader = loader(&files, None).no_credentials();
    Some(loader.load().await.region()?.to_string())
}

impl Resolve for AwsChain {
    fn resolve(&self, now: DateTime<Utc>) -> Resolution {
        let chain = self.clone();
        Box::pin(async move { chain.resolve_identity(now).await })
    }

    fn version(&self) -> u64 {
        let signing = self.signing.as_ref();
        signing.map_or(0, |signing| signing.mfa.version())
    }

    fn forget(&self) {
        if let Some(signing) = &self.signing {
            signing.mfa.forget();
        }
    }
}

impl AwsChain {
    async fn resolve_identity(&self, now: DateTime<Utc>) -> Result<Identity, IdentityFault> {
        let files = AwsFiles::read().await;
        let Some(signing) = &self.signing else {
            return Ok(Identity {
                region: self.region_in(&files).await,
                ..Identity::default()
            });
        };
        let region = self.region_chain(&files).await;
        let Some(signing_region) = signing.region.clone().or_else(|| region.clone()) else {
            return Err(IdentityFault::NoRegion);
        };
        let mut config = self.sdk_config(&files, signing, &signing_region).await;
        let chain = self.profile_chain(&files).await;
        if signing.role_arn.is_some()
            || files.has_web_identity
            || chain.as_ref().is_some_and(ProfileChain::sends_requests)
        {
            check_overrides(&config).await?;
        }
        let has_login = chain.as_ref().is_some_and(ProfileChain::has_login);
        if has_login && !files.has_home {
            // aws-config would read the logins of the current folder.
            return Err(IdentityFault::Misconfigured(
                "HOME is not an absolute path, and logins are kept below it".to_owned(),
            ));
        }
        if let Some(chain) = chain.as_ref().filter(|chain| chain.with_codes().is_some()) {
            let session = self
                .with_codes(&files, signing, &config, chain, now)
                .await?;
            let session = SharedCredentialsProvider::new(session);
            config = config.into_builder().credentials_provider(session).build();
        }
        let credentials = match signing.credentials(&config).await {
            Ok(credentials) => credentials,
            Err(error) => {
                return Err(self.fault(&files, chain.as_ref(), &error));
            }
        };
        Ok(Identity {
            region,
            signer: Some(Signer {
                credentials,
                region: signing_region,
            }),
            fixed_keys: Self::fixed_keys(&files, chain.as_ref()),
        })
    }

    /// The region without any request: an unsigned watch does not contact AWS itself.
    pub(super) async fn region_in(&self, files: &AwsFiles) -> Option<String> {
        if self.region.is_some() {
            return self.region.clone();
        }
        if files.region.is_some() {
            return files.region.clone();
        }
        let profile = ProfileFileRegionProvider::builder()
            .profile_files(files.for_sdk())
            .profile_name(files.selected_for_sdk(self.profile.as_deref()));
        let region = profile.build().region().await?;
        Some(region.to_string())
    }

    /// The requested region, or that of the environment, the profile or the machine.
    async fn region_chain(&self, files: &AwsFiles) -> Option<String> {
        match self.region_in(files).await {
            Some(region) => Some(region),
            None => region_of_machine().await,
        }
    }

    /// Credentials are fetched in the endpoint's region, which exists and belongs to the same partition.
    async fn sdk_config(
        &self,
        files: &AwsFiles,
        signing: &SigningChain,
        region: &str,
    ) -> SdkConfig {
        let region = Region::new(region.to_owned());
        let name = files.selected_for_sdk(self.profile.as_deref());
        let mut loader = loader(files, self.profile.as_deref()).region(region.clone());
        if let Some(client) = signing.http_client() {
            loader = loader.http_client(client);
        }
        if self.profile.is_some() {
            // The default chain prefers the environment's keys to any profile. A profile that the user selected by
            // name comes before them, as it does for the AWS CLI.
            let provider = ProfileFileCredentialsProvider::builder()
                .configure(&signing.providers(Some(region)))
                .profile_files(files.for_sdk())
                .profile_name(name);
            loader = loader.credentials_provider(provider.build());
        }
        loader.load().await
    }

    /// Assumes the roles of a profile from the first one that needs a code.
    async fn with_codes(
        &self,
        files: &AwsFiles,
        signing: &SigningChain,
        config: &SdkConfig,
        chain: &ProfileChain,
        now: DateTime<Utc>,
    ) -> Result<Credentials, IdentityFault> {
        let (roles, before) = chain.with_codes().unwrap_or_default();
        let (mfa, bundle) = (&signing.mfa, signing.bundle.as_ref());
        let _turn = mfa.turn().await;
        let up_to = |count: usize| roles.get(..count).unwrap_or(roles);
        let last = (1..=roles.len())
            .rev()
            .find_map(|count| Some((count, mfa.session(up_to(count), now)?)));
        let (done, mut credentials) = if let Some(last) = last {
            last
        } else {
            roles
                .first()
                .map_or(Ok(()), |first| mfa.check_code(first))?;
            let found = self
                .before_codes(files, signing, config, chain, before)
                .await;
            (0, found?)
        };
        for count in done + 1..=roles.len() {
            let assumed = mfa.assume(up_to(count), credentials, config, bundle).await;
            let fixed = || Self::fixed_keys(files, Some(chain));
            credentials = assumed.map_err(|fault| fault.with_fixed_keys(fixed()))?;
        }
        Ok(credentials)
    }

    /// The credentials with which the first role that needs a code is assumed: those of the role before it, else of the
    /// chain's source.
    async fn before_codes(
        &self,
        files: &AwsFiles,
        signing: &SigningChain,
        config: &SdkConfig,
        chain: &ProfileChain,
        before: Option<&Role>,
    ) -> Result<Credentials, IdentityFault> {
        let (profile, texts) = match before {
            Some(role) => (&role.profile, files.for_sdk()),
            None => (&chain.profile, files.for_sdk_without_role(&chain.profile)),
        };
        let provider = ProfileFileCredentialsProvider::builder()
            .configure(&signing.providers(config.region().cloned()))
            .profile_files(texts)
            .profile_name(encode(profile));
        let found = provider.build().provide_credentials().await;
        found.map_err(|error| self.fault(files, Some(chain), &error))
    }

    /// The chain of the profile that the credentials come from; `None` where they come from somewhere else.
    async fn profile_chain(&self, files: &AwsFiles) -> Option<ProfileChain> {
        let given = self.profile.as_deref();
        if given.is_none() && files.environment.is_some() {
            return None;
        }
        let profiles = files.profiles(given).await.ok()?;
        let selected = files.selected(given).unwrap_or(DEFAULT);
        Some(ProfileChain::of(&profiles, selected))
    }

    /// The keys that the credentials come from, where this process can't get others.
    fn fixed_keys(files: &AwsFiles, chain: Option<&ProfileChain>) -> Option<FixedKeys> {
        match chain.map(|chain| (&chain.source, &chain.profile)) {
            None | Some((Source::Environment, _)) => files.environment.clone(),
            Some((Source::SessionKeys, profile)) => Some(FixedKeys::OfProfile(profile.clone())),
            Some(_) => None,
        }
    }

    /// The fault for an error of the chain.
    fn fault(
        &self,
        files: &AwsFiles,
        chain: Option<&ProfileChain>,
        error: &CredentialsError,
    ) -> IdentityFault {
        let selected = files.selected(self.profile.as_deref());
        let name = selected.unwrap_or(DEFAULT);
        if let Some((path, line)) = files.bad_line(name).filter(|_| chain.is_some()) {
            let path = path.display();
            let why = format!("line {line} of {path} is neither a section nor a property");
            return IdentityFault::Misconfigured(why);
        }
        if let Some(why) = chain.and_then(|chain| chain.broken.clone()) {
            return IdentityFault::Misconfigured(why);
        }
        let fixed = Self::fixed_keys(files, chain);
        let login = match chain.map(|chain| &chain.source) {
            // A login would not help: aws-config looks for its token under the name that it permits.
            Some(Source::Login(Login::Session(session))) if encode(session) != *session => {
                return IdentityFault::Misconfigured(format!(
                    "the login of the SSO session {session} can't be found by such a name; rename the session, with \
                     letters, digits and hyphens only"
                ));
            }
            Some(Source::Login(login)) => login.clone(),
            _ => Login::Profile(name.to_owned()),
        };
        IdentityFault::new(error, &causes(error), selected, login).with_fixed_keys(fixed)
    }
}

impl SigningChain {
    /// The settings of a provider of credentials.
    fn providers(&self, region: Option<Region>) -> ProviderConfig {
        let providers = ProviderConfig::without_region()
            .with_behavior_version(Some(BehaviorVersion::latest()))
            .with_region(region);
        match self.http_client() {
            Some(client) => providers.with_http_client(client),
            None => providers,
        }
    }

    /// A client that trusts the CA bundle, if there is one: aws-config's own client trusts the platform's certificates
    /// only. This client uses the environment's proxies as that one does.
    fn http_client(&self) -> Option<SharedHttpClient> {
        let tls = self.bundle.as_ref()?.sdk_context()?;
        Some(
            Builder::new().build_with_connector_fn(move |settings, _components| {
                let mut connector = Connector::builder()
                    .proxy_config(ProxyConfig::from_env())
                    .tls_provider(Provider::Rustls(CryptoMode::AwsLc));
                connector.set_connector_settings(settings.cloned());
                connector.tls_context(tls.clone()).build()
            }),
        )
    }

    async fn credentials(&self, config: &SdkConfig) -> Result<Credentials, CredentialsError> {
        let Some(arn) = &self.role_arn else {
            return match config.credentials_provider() {
                Some(provider) => provider.provide_credentials().await,
                None => Err(CredentialsError::not_loaded_no_source()),
            };
        };
        let mut role = AssumeRoleProvider::builder(arn)
            .session_name(SESSION_NAME)
            .configure(config);
        if let Some(id) = &self.external_id {
            role = role.external_id(id);
        }
        role.build().await.provide_credentials().await
    }
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
