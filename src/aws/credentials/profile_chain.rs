//! The way from a profile to its credentials: where the first ones come from, and which roles are assumed with them.
//! aws-config goes the same way, but does not tell which it is.

use crate::aws::credentials::chain::SESSION_NAME;
use crate::aws::credentials::fault::Login;
use crate::aws::credentials::profile_files::Profiles;

/// The limit of `source_profile` links to follow: they may form a ring.
const LONGEST: usize = 16;

/// The chain of a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ProfileChain {
    /// The profile with the first credentials.
    pub(crate) profile: String,
    pub(crate) source: Source,
    /// The roles that are assumed one after the other, the first with the source's credentials.
    pub(crate) roles: Vec<Role>,
    /// Why it leads nowhere, where aws-config only says that there are no credentials.
    pub(crate) broken: Option<String>,
}

/// A role of a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Role {
    pub(crate) profile: String,
    pub(crate) arn: String,
    pub(crate) session_name: String,
    pub(crate) external_id: Option<String>,
    /// In seconds.
    pub(crate) duration: Option<String>,
    /// The MFA device whose code is needed.
    pub(crate) serial: Option<String>,
}

impl Role {
    fn of(profiles: &Profiles, profile: &str) -> Option<Self> {
        let get = |property| profiles.get(profile, property).map(str::to_owned);
        // Without a source, the profile is an error that aws-config explains.
        let has_source = get("source_profile").or_else(|| get("credential_source"));
        Some(Self {
            profile: profile.to_owned(),
            arn: get("role_arn")?,
            session_name: get("role_session_name").unwrap_or_else(|| SESSION_NAME.to_owned()),
            external_id: get("external_id"),
            duration: get("duration_seconds"),
            serial: get("mfa_serial").filter(|_| has_source.is_some()),
        })
    }
}

/// The origin of a profile's own credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// The keys of this process's environment.
    Environment,
    /// The keys in the profile, with a session token that expires.
    SessionKeys,
    /// A login that only the user can renew.
    Login(Login),
    /// Other keys in the profile.
    Keys,
    /// Something that renews itself.
    Other,
}

impl ProfileChain {
    pub(crate) fn of(profiles: &Profiles, selected: &str) -> Self {
        let mut profile = selected.to_owned();
        let (mut roles, mut broken) = (Vec::new(), None);
        for depth in 0..LONGEST {
            let has = |property| profiles.get(&profile, property).is_some();
            // A source's own keys come before its role.
            let has_keys = depth > 0 && has("aws_access_key_id") && has("aws_secret_access_key");
            let assumes = has("role_arn") && !has("web_identity_token_file") && !has_keys;
            if assumes {
                roles.splice(0..0, Role::of(profiles, &profile));
            }
            match profiles
                .name(&profile, "source_profile")
                .filter(|_| assumes)
            {
                Some(next) if next != profile => {
                    if !profiles.has(&next) {
                        broken = Some(format!(
                            "the source_profile {next} of profile {profile} does not exist"
                        ));
                    }
                    profile = next;
                }
                source => {
                    let has_keys_of_its_own = has("aws_access_key_id");
                    if source.is_some() && !has_keys_of_its_own {
                        broken = Some(format!(
                            "profile {profile} is its own source_profile and has no keys"
                        ));
                    }
                    let source = if has_keys {
                        keys_of(profiles, &profile)
                    } else {
                        source_of(profiles, &profile)
                    };
                    return Self {
                        profile,
                        source,
                        roles,
                        broken,
                    };
                }
            }
        }
        Self {
            profile: selected.to_owned(),
            source: Source::Other,
            roles: Vec::new(),
            broken: None,
        }
    }

    /// Whether its credentials come from a login, which is kept in the home folder.
    pub(crate) fn has_login(&self) -> bool {
        matches!(self.source, Source::Login(_))
    }

    /// Whether a service of AWS is asked for the credentials.
    pub(crate) fn sends_requests(&self) -> bool {
        let has_keys = matches!(
            self.source,
            Source::Environment | Source::SessionKeys | Source::Keys
        );
        !has_keys || !self.roles.is_empty()
    }

    /// The roles from the first one that needs a code, and the role before them, if there is one. `None` where no role
    /// needs a code.
    pub(crate) fn with_codes(&self) -> Option<(&[Role], Option<&Role>)> {
        let first = self.roles.iter().position(|role| role.serial.is_some())?;
        let (before, roles) = self.roles.split_at_checked(first)?;
        Some((roles, before.last()))
    }
}

fn source_of(profiles: &Profiles, profile: &str) -> Source {
    let has = |property| profiles.get(profile, property).is_some();
    if let Some(source) = profiles.get(profile, "credential_source") {
        return if source.eq_ignore_ascii_case("environment") {
            Source::Environment
        } else {
            Source::Other
        };
    }
    if has("web_identity_token_file") {
        return Source::Other;
    }
    if let Some(session) = profiles.name(profile, "sso_session") {
        return Source::Login(Login::Session(session));
    }
    if has("sso_start_url") {
        return Source::Login(Login::Profile(profile.to_owned()));
    }
    if has("login_session") {
        return Source::Login(Login::Console(profile.to_owned()));
    }
    if has("credential_process") {
        return Source::Other;
    }
    keys_of(profiles, profile)
}

fn keys_of(profiles: &Profiles, profile: &str) -> Source {
    match profiles.get(profile, "aws_session_token") {
        Some(_) => Source::SessionKeys,
        None => Source::Keys,
    }
}
