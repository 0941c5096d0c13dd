//! Reads the AWS config and credentials files where the AWS CLI has them, and hands their text to aws-config: it reads
//! fewer forms of them, and takes the current folder for a home folder that is not set.
//!
//! A profile has two names: the user's, and the one that aws-config permits, which only this module and
//! `profile_text` use. Tests: `chain/tests.rs`.
#![expect(
    deprecated,
    reason = "the aliases spare a dependency on the crate that has the types"
)]

use std::env;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use aws_config::profile::profile_file::{ProfileFileKind, ProfileFiles};
use aws_config::profile::{ProfileFileLoadError, ProfileSet};
use chrono::{DateTime, Utc};

use crate::aws::credentials::fault::FixedKeys;
use crate::aws::credentials::profile_text::{
    DEFAULT, FileKind, decode, encode, rewrite, without_keys_of,
};

/// Far above any file of this kind.
const LARGEST: u64 = 4 * 1024 * 1024;

/// The reason why a profile can't be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProfileError {
    #[error("unknown AWS profile {name}: it is neither in the config file nor in the credentials file{}", similar(.near))]
    Unknown { name: String, near: Vec<String> },
    #[error("failed to read {}", .0.display())]
    Unreadable(PathBuf, #[source] io::Error),
    #[error("line {line} of {} is neither a section nor a property", path.display())]
    BadLine { path: PathBuf, line: usize },
    #[error("failed to read the AWS config and credentials files")]
    Refused(#[from] ProfileFileLoadError),
}

/// The end of a message about an unknown name.
fn similar(names: &[String]) -> String {
    match names {
        [] => String::new(),
        names => format!("; did you mean {}?", names.join(" or ")),
    }
}

/// The files as they are now.
pub(crate) struct AwsFiles {
    /// The texts for aws-config.
    config: String,
    credentials: String,
    /// Whether the home folder is the same wherever the program is started.
    pub(crate) has_home: bool,
    /// The profile that the environment selects.
    by_environment: Option<String>,
    /// The keys of the environment, where it has some.
    pub(crate) environment: Option<FixedKeys>,
    /// The region of the environment.
    pub(crate) region: Option<String>,
    /// Whether the environment names a token to exchange for credentials.
    pub(crate) has_web_identity: bool,
    /// The lines that could not be read, with their profile.
    bad_lines: Vec<(String, PathBuf, usize)>,
    unreadable: Vec<(PathBuf, io::Error)>,
}

impl AwsFiles {
    /// Reads both files. One that is missing is empty.
    pub(crate) async fn read() -> Self {
        let places = Places::of_environment();
        let read = tokio::task::spawn_blocking(move || Self::read_from(&places));
        read.await.unwrap_or_else(|_shutdown| Self::empty())
    }

    fn empty() -> Self {
        Self {
            config: String::new(),
            credentials: String::new(),
            has_home: false,
            by_environment: None,
            environment: None,
            region: None,
            has_web_identity: false,
            bad_lines: Vec::new(),
            unreadable: Vec::new(),
        }
    }

    fn read_from(places: &Places) -> Self {
        let mut read = Self::empty();
        read.config = read.file(places.config.as_deref(), FileKind::Config);
        read.credentials = read.file(places.credentials.as_deref(), FileKind::Credentials);
        read.config = without_keys_of(&read.config, &read.credentials);
        read.has_home = places.has_home;
        read.by_environment.clone_from(&places.profile);
        read.environment.clone_from(&places.keys);
        read.region.clone_from(&places.region);
        read.has_web_identity = places.has_web_identity;
        read
    }

    fn file(&mut self, path: Option<&Path>, kind: FileKind) -> String {
        let Some(path) = path else {
            return String::new();
        };
        let text = text_of(path).unwrap_or_else(|error| {
            self.unreadable.push((path.to_owned(), error));
            String::new()
        });
        let rewritten = rewrite(&text, kind);
        let bad_lines = rewritten.bad_lines.into_iter();
        self.bad_lines
            .extend(bad_lines.map(|bad| (bad.profile, path.to_owned(), bad.line)));
        rewritten.text
    }

    /// The files for aws-config.
    pub(crate) fn for_sdk(&self) -> ProfileFiles {
        of_texts(self.config.clone(), self.credentials.clone())
    }

    /// The same without the role of a profile, which then has its own credentials.
    pub(crate) fn for_sdk_without_role(&self, profile: &str) -> ProfileFiles {
        let without_role = |text: &str| {
            let name = encode(profile);
            let own = [format!("[{name}]"), format!("[profile {name}]")];
            let mut is_own = false;
            let kept = text.lines().filter(|line| {
                if line.starts_with('[') {
                    is_own = own.iter().any(|header| header == line);
                }
                !(is_own && line.starts_with("role_arn ="))
            });
            kept.flat_map(|line| [line, "\n"]).collect()
        };
        of_texts(without_role(&self.config), without_role(&self.credentials))
    }

    /// The name of the selected profile: the given one, else the environment's; `None` for the default one.
    pub(crate) fn selected<'a>(&'a self, given: Option<&'a str>) -> Option<&'a str> {
        given.or(self.by_environment.as_deref())
    }

    /// The same for aws-config, always by name: it would take an empty `AWS_PROFILE` for the name of a profile.
    pub(crate) fn selected_for_sdk(&self, given: Option<&str>) -> String {
        encode(self.selected(given).unwrap_or(DEFAULT))
    }

    /// All profiles.
    pub(crate) async fn profiles(&self, given: Option<&str>) -> Result<Profiles, ProfileError> {
        // The defaults are the real file system and the real environment, whose types are private to aws-config;
        // neither is read.
        let (files, environment) = (<_>::default(), <_>::default());
        let texts = self.for_sdk();
        let selected = self.selected_for_sdk(given);
        let set = aws_config::profile::load(&files, &environment, &texts, Some(selected.into()));
        Ok(Profiles(set.await?))
    }

    /// Whether a profile can be used.
    ///
    /// # Errors
    /// Where no file has it, or a file or a line of it can't be read.
    pub(crate) async fn check(mut self, name: &str) -> Result<(), ProfileError> {
        let profiles = self.profiles(Some(name)).await?;
        if profiles.has(name) {
            return match self.bad_line(name) {
                Some((path, line)) => Err(ProfileError::BadLine {
                    path: path.to_owned(),
                    line,
                }),
                None => Ok(()),
            };
        }
        if let Some((path, error)) = self.unreadable.pop() {
            return Err(ProfileError::Unreadable(path, error));
        }
        Err(ProfileError::Unknown {
            name: name.to_owned(),
            near: profiles.near(name),
        })
    }

    /// The first line of a profile that could not be read.
    pub(crate) fn bad_line(&self, profile: &str) -> Option<(&Path, usize)> {
        let mut bad_lines = self.bad_lines.iter();
        let (_, path, line) = bad_lines.find(|(name, ..)| name == profile)?;
        Some((path, *line))
    }
}

/// Checks that a profile exists. Reads the profile files and nothing else.
///
/// # Errors
/// Where no file has the profile, or the files can't be read.
pub(crate) async fn check_profile(name: &str) -> Result<(), ProfileError> {
    AwsFiles::read().await.check(name).await
}

/// The profiles of both files, by the names that the user knows.
#[derive(Debug)]
pub(crate) struct Profiles(ProfileSet);

impl Profiles {
    pub(crate) fn has(&self, profile: &str) -> bool {
        self.0.get_profile(&encode(profile)).is_some()
    }

    pub(crate) fn get(&self, profile: &str, property: &str) -> Option<&str> {
        self.0.get_profile(&encode(profile))?.get(property)
    }

    /// A property whose value is the name of another section.
    pub(crate) fn name(&self, profile: &str, property: &str) -> Option<String> {
        self.get(profile, property).map(decode)
    }

    /// The existing names that the user may have meant, the nearest first.
    fn near(&self, name: &str) -> Vec<String> {
        const MOST: usize = 3;
        const LIKE: f64 = 0.8;
        let wanted = name.to_lowercase();
        let mut names: Vec<_> = self
            .0
            .profiles()
            .map(decode)
            .map(|name| (strsim::jaro_winkler(&name.to_lowercase(), &wanted), name))
            .filter(|(likeness, _)| *likeness >= LIKE)
            .collect();
        names.sort_by(|(one, a), (other, b)| other.total_cmp(one).then_with(|| a.cmp(b)));
        names.truncate(MOST);
        names.into_iter().map(|(_, name)| name).collect()
    }
}

/// The credentials file comes last: it wins.
fn of_texts(config: String, credentials: String) -> ProfileFiles {
    ProfileFiles::builder()
        .with_contents(ProfileFileKind::Config, config)
        .with_contents(ProfileFileKind::Credentials, credentials)
        .build()
}

/// The paths of the files, from the environment.
#[derive(Debug)]
struct Places {
    config: Option<PathBuf>,
    credentials: Option<PathBuf>,
    has_home: bool,
    profile: Option<String>,
    keys: Option<FixedKeys>,
    region: Option<String>,
    has_web_identity: bool,
}

impl Places {
    #[expect(
        clippy::disallowed_methods,
        reason = "these variables belong to the AWS configuration, which this module reads"
    )]
    fn of_environment() -> Self {
        let home = env::var_os("HOME").or_else(|| {
            let windows = env::var_os("USERPROFILE");
            windows.filter(|_| cfg!(windows))
        });
        // Without an absolute home folder, the files would be those of the current folder, where others may write: a
        // `credential_process` in them would be run.
        let home = home.map(PathBuf::from).filter(|home| home.is_absolute());
        let place = |variable, usual: &str| match env::var_os(variable) {
            Some(named) => named_file(named, home.as_deref()),
            None => Some(home.as_ref()?.join(usual)),
        };
        let text = |variable| env::var(variable).ok().filter(|text| !text.is_empty());
        let has_keys = text("AWS_ACCESS_KEY_ID").is_some()
            && (text("AWS_SECRET_ACCESS_KEY").is_some() || text("SECRET_ACCESS_KEY").is_some());
        let keys = has_keys.then(|| FixedKeys::OfEnvironment {
            expire: text("AWS_CREDENTIAL_EXPIRATION")
                .and_then(|text| DateTime::parse_from_rfc3339(&text).ok())
                .map(|time| time.with_timezone(&Utc)),
        });
        Self {
            config: place("AWS_CONFIG_FILE", ".aws/config"),
            credentials: place("AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials"),
            has_home: home.is_some(),
            profile: text("AWS_PROFILE").or_else(|| text("AWS_DEFAULT_PROFILE")),
            keys,
            region: text("AWS_REGION").or_else(|| text("AWS_DEFAULT_REGION")),
            has_web_identity: text("AWS_WEB_IDENTITY_TOKEN_FILE").is_some(),
        }
    }
}

/// The path that a variable names. `~` is the home folder; without one it is no folder.
fn named_file(named: OsString, home: Option<&Path>) -> Option<PathBuf> {
    let named = PathBuf::from(named);
    match named.strip_prefix("~") {
        Ok(rest) => Some(home?.join(rest)),
        // Another user's home.
        Err(_other) if named.to_string_lossy().starts_with('~') => None,
        Err(_other) => Some(named),
    }
}

/// The text of a file; empty where it does not exist or is no file, as for the AWS CLI.
fn text_of(path: &Path) -> io::Result<String> {
    let is_file = match path.metadata() {
        Ok(metadata) => metadata.is_file(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => false,
        Err(error) => return Err(error),
    };
    if !is_file {
        return Ok(String::new());
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(LARGEST).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
