//! What a person can set, and what is in force: one row for each setting, in the order in which they are told.
//!
//! To add one, pick it here; it is then known in the file, and printed by `bakewatch config`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::ValueEnum;

use crate::cli::{ApiArgs, Color, LookArgs};
use crate::config::layers::{Layers, Origin, Picked, interval, path, quoted, switch, text, word};
use crate::config::{Environment, themes};
use crate::error::Error;
use crate::output;
use crate::output::ConfigLine;
use crate::style::{Glyphs, Scheme, Theme};

/// What is in force of what a person can set.
#[derive(Debug)]
pub(super) struct Preferences {
    pub(super) api: ApiPreferences,
    /// How the screen and the text look.
    pub(super) theme: Theme,
    /// Whether the mouse is taken at the start.
    pub(super) mouse: bool,
    /// Whether the screen's times are in UTC.
    pub(super) utc: bool,
    /// Whether the terminal may ring and notify.
    pub(super) notify: bool,
    /// The command to run when the outcome is known.
    pub(super) on_outcome: Option<String>,
    /// The person's file, whether or not it is there; none where the person has no home.
    file: Option<PathBuf>,
    /// What was picked, and where it comes from.
    lines: Vec<ConfigLine>,
}

/// What is in force of how to reach the API.
#[derive(Debug)]
pub(super) struct ApiPreferences {
    pub(super) url: Option<String>,
    pub(super) region: Picked<String>,
    pub(super) signing_region: Option<String>,
    pub(super) profile: Picked<String>,
    pub(super) role_arn: Option<String>,
    pub(super) ca_bundle: Option<PathBuf>,
    pub(super) interval: Option<Duration>,
}

/// Which signs to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum GlyphSetting {
    /// What the locale can write.
    Auto,
    Unicode,
    Ascii,
}

/// By which clock times are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum TimesSetting {
    Local,
    Utc,
}

impl Preferences {
    /// Works out what is in force.
    ///
    /// # Errors
    /// [`Error::Usage`] where a file or a value is not as it must be.
    pub(super) fn load(
        api: ApiArgs,
        look: LookArgs,
        environment: &Environment,
    ) -> Result<Self, Error> {
        let mut layers = Layers::read(environment)?;
        let api = api_preferences(&mut layers, api, environment)?;
        let theme = theme(&mut layers, &look, environment)?;
        let mouse = switch("mouse", "take the mouse at the start");
        let mouse = layers.pick(mouse, None, None, Some(true))?;
        let times = word("times", "the clock of the times on the screen");
        let times = layers.pick(times, None, None, Some(TimesSetting::Local))?;
        let notify = switch("notify", "bell and notification when the verdict falls");
        let notify = layers.pick(notify, look.no_notify.then_some(false), None, Some(true))?;
        let on_outcome = text("on-outcome", "run this once the outcome is known");
        let on_outcome = layers.pick(on_outcome, given(look.on_outcome), None, None)?;
        let (file, lines) = layers.finish()?;
        Ok(Self {
            api,
            theme,
            mouse: mouse.value != Some(false),
            utc: times.value == Some(TimesSetting::Utc),
            notify: notify.value != Some(false),
            on_outcome: on_outcome.value,
            file,
            lines,
        })
    }

    /// What is in force, as text.
    pub(super) fn told(&self) -> String {
        output::config(&self.lines, self.file.as_deref())
    }
}

fn api_preferences(
    layers: &mut Layers,
    args: ApiArgs,
    environment: &Environment,
) -> Result<ApiPreferences, Error> {
    let of = |name, value: &Option<String>| value.clone().map(|value| (name, Some(value)));
    let url =
        text("api-url", "the ParallelCluster API's invoke URL").written(|url| without_secrets(url));
    let env = of("BAKEWATCH_API_URL", &environment.api_url);
    let url = layers.pick(url, given(args.api_url), env, None)?.value;
    let region = text("region", "the image's region; else the AWS configuration's");
    let env = environment.aws_region.clone();
    let env = env.map(|(name, region)| (name, Some(region)));
    let region = layers.pick(region, given(args.region), env, None)?;
    let signing = text("signing-region", "the API's region; else as its URL says");
    let signing = layers.pick(signing, given(args.signing_region), None, None)?;
    let profile = text("profile", "the profile of the AWS configuration");
    // Keys in the environment are somebody's choice for this shell; a file's profile must not undo it.
    let keys = environment.aws_keys.map(|name| (name, None));
    let env = of("AWS_PROFILE", &environment.aws_profile).or(keys);
    let profile = layers.pick(profile, given(args.profile), env, None)?;
    let role = text("role-arn", "assume this role first");
    let role = layers.pick(role, given(args.role_arn), None, None)?;
    let bundle = path("ca-bundle", "trust the certificates in this file too");
    let env = environment.ca_bundle.clone();
    let env = env.map(|path| ("AWS_CA_BUNDLE", Some(path)));
    let bundle = layers.pick(bundle, args.ca_bundle, env, None)?;
    let every = interval(
        "interval",
        "poll at this interval; else 2s to 15s, as it helps",
    );
    let every = layers.pick(every, args.interval, None, None)?;
    Ok(ApiPreferences {
        url,
        region,
        signing_region: signing.value,
        profile,
        role_arn: role.value,
        ca_bundle: located(bundle, environment),
        interval: every.value,
    })
}

fn theme(layers: &mut Layers, look: &LookArgs, environment: &Environment) -> Result<Theme, Error> {
    let color = word("color", "when to use colours");
    let color = layers.pick(color, look.color, None, Some(Color::Auto))?;
    let here = themes::automatic(environment.background);
    let help = format!("the colours; auto is {here} here");
    let env = environment.theme.clone();
    let env = env.map(|name| ("BAKEWATCH_THEME", Some(name)));
    let usual = Some(themes::AUTO.to_owned());
    let theme = layers.pick(text("theme", help), given(look.theme.clone()), env, usual)?;
    let scheme = scheme(layers, &theme, environment)?;
    let glyphs = word("glyphs", "the signs");
    let glyphs = layers.pick(glyphs, None, None, Some(GlyphSetting::Auto))?;
    let glyphs = match glyphs.value {
        Some(GlyphSetting::Unicode) => Glyphs::Unicode,
        Some(GlyphSetting::Ascii) => Glyphs::Ascii,
        Some(GlyphSetting::Auto) | None => environment.glyphs(),
    };
    let depth = environment.depth(color.value.unwrap_or_default());
    Ok(Theme::new(&scheme, depth, glyphs))
}

/// The colours of a theme. Where there is no such theme, whoever named it is told so.
fn scheme(
    layers: &Layers,
    theme: &Picked<String>,
    environment: &Environment,
) -> Result<Scheme, Error> {
    let name = theme.value.as_deref().unwrap_or(themes::AUTO);
    themes::load(name, environment).map_err(|error| match error {
        themes::ThemeError::Unknown(why) => layers.wrong("theme", theme.origin, &why),
        themes::ThemeError::Wrong(error) => error,
    })
}

fn given(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

/// A file's path: one that the settings name goes from their own folder, or from home where it begins with ~.
fn located(path: Picked<PathBuf>, environment: &Environment) -> Option<PathBuf> {
    let named = path.value?;
    if !matches!(path.origin, Origin::File(_)) {
        return Some(named);
    }
    let (folder, rest): (_, &Path) = match named.strip_prefix("~") {
        Ok(rest) => (&environment.home, rest),
        Err(_) => (&environment.config_folder, &named),
    };
    let located = folder.as_ref().map(|folder| folder.join(rest));
    Some(located.unwrap_or(named))
}

/// A URL without what may be secret: a user name, a password, a query.
fn without_secrets(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let user = rest.rfind('@').map(|_| "***@").unwrap_or_default();
    let place = rest.rsplit('@').next().unwrap_or_default();
    let (place, query) = match place.split_once(['?', '#']) {
        Some((place, _)) => (place, "?***"),
        None => (place, ""),
    };
    let scheme = if scheme.is_empty() {
        String::new()
    } else {
        format!("{scheme}://")
    };
    quoted(&format!("{scheme}{user}{place}{query}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_told_without_secrets() {
        for (url, told) in [
            ("https://a.example/prod", "\"https://a.example/prod\""),
            (
                "https://user:pa@ss/word@a.example/prod",
                "\"https://***@a.example/prod\"",
            ),
            ("user:password@a.example", "\"***@a.example\""),
            (
                "https://a.example/prod?token=secret",
                "\"https://a.example/prod?***\"",
            ),
            ("https://a.example/#secret", "\"https://a.example/?***\""),
            ("\u{1b}\"", "\"␛\\\"\""),
        ] {
            assert_eq!(without_secrets(url), told, "{url}");
        }
    }
}
