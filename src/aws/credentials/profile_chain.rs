//! The way from a profile to its credentials: where the first ones come from, and which roles are assumed with them.
//! aws-config goes the same way, but does not tell which it is.

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
    /// Something that renews itself, or that never expires.
    Other,
}

impl ProfileChain {
    pub(crate) fn of(profiles: &Profiles, selected: &str) -> Self {
        let mut profile = selected.to_owned();
        for depth in 0..LONGEST {
            let has = |property| profiles.get(&profile, property).is_some();
            // A source's own keys come before its role.
            let has_keys = depth > 0 && has("aws_access_key_id") && has("aws_secret_access_key");
            let assumes = has("role_arn") && !has("web_identity_token_file") && !has_keys;
            match profiles
                .name(&profile, "source_profile")
                .filter(|_| assumes)
            {
                Some(next) if next != profile => profile = next,
                _ => {
                    let source = if has_keys {
                        keys_of(profiles, &profile)
                    } else {
                        source_of(profiles, &profile)
                    };
                    return Self { profile, source };
                }
            }
        }
        Self {
            profile: selected.to_owned(),
            source: Source::Other,
        }
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
    if has("credential_process") {
        return Source::Other;
    }
    keys_of(profiles, profile)
}

fn keys_of(profiles: &Profiles, profile: &str) -> Source {
    match profiles.get(profile, "aws_session_token") {
        Some(_) => Source::SessionKeys,
        None => Source::Other,
    }
}
