//! The settings: one row for each, in the order in which `bakewatch config` prints them.
//!
//! To add one, pick it here: config.toml then accepts it, and `bakewatch config` prints it. Tests:
//! `tests/it/config/settings.rs`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::ValueEnum;

use crate::cli::{ApiArgs, BackendChoice, Color, LookArgs};
use crate::config::background::Background;
use crate::config::headers::ExtraHeader;
use crate::config::layers::{
    Layers, Origin, Picked, Setting, choice, header_table, heartbeat, interval, path, quoted,
    switch, text,
};
use crate::config::themes::ByBackground;
use crate::config::{Environment, headers, themes};
use crate::error::Error;
use crate::style::{Depth, Glyphs, Scheme, Theme};

/// The effective values of all settings.
#[derive(Debug)]
pub(super) struct Preferences {
    pub(super) api: ApiPreferences,
    pub(super) theme: Theme,
    /// The themes of `auto`, if the terminal is to be asked for its background.
    pub(super) by_background: Option<Box<ByBackground>>,
    /// Whether bakewatch captures the mouse at the start.
    pub(super) mouse: bool,
    /// Whether the screen's times are in UTC.
    pub(super) utc: bool,
    /// Whether a verdict rings the bell and sends a notification.
    pub(super) notify: bool,
    /// The longest silence of a headless watch; zero for any.
    pub(super) heartbeat: Option<Duration>,
    /// The command to run on the outcome.
    pub(super) on_outcome: Option<String>,
    /// The path of the user's file, even if it does not exist; `None` without a home folder.
    pub(super) file: Option<PathBuf>,
    pub(super) settings: Vec<Setting>,
}

/// The effective settings of the connection to the API.
#[derive(Debug)]
pub(super) struct ApiPreferences {
    pub(super) backend: BackendChoice,
    pub(super) url: Option<String>,
    pub(super) region: Picked<String>,
    pub(super) signing_region: Option<String>,
    pub(super) profile: Picked<String>,
    pub(super) role_arn: Option<String>,
    pub(super) external_id: Option<String>,
    pub(super) headers: Picked<Vec<ExtraHeader>>,
    pub(super) ca_bundle: Option<PathBuf>,
    pub(super) interval: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum GlyphSetting {
    /// The glyphs that the locale supports.
    Auto,
    Unicode,
    Ascii,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum TimesSetting {
    Local,
    Utc,
}

impl Preferences {
    /// Picks every setting.
    ///
    /// # Errors
    /// [`Error::Usage`] if a file or a value is invalid.
    pub(super) fn load(
        api: ApiArgs,
        look: LookArgs,
        environment: &Environment,
    ) -> Result<Self, Error> {
        let mut layers = Layers::read(environment)?;
        let api = api_preferences(&mut layers, api, environment)?;
        let (theme, by_background) = theme(&mut layers, &look, environment)?;
        let mouse = switch("mouse", "capture the mouse at the start");
        let mouse = layers.pick(mouse, None, None, Some(true))?;
        let times = choice("times", "time zone of the screen");
        let times = layers.pick(times, None, None, Some(TimesSetting::Local))?;
        let notify = switch("notify", "bell and desktop notification on a verdict");
        let notify = layers.pick(notify, look.no_notify.then_some(false), None, Some(true))?;
        let heartbeat = heartbeat_preference(&mut layers, look.heartbeat, environment)?;
        let on_outcome = text("on-outcome", "command to run on the outcome");
        let on_outcome = layers.pick(on_outcome, non_empty(look.on_outcome), None, None)?;
        let (file, settings) = layers.finish()?;
        Ok(Self {
            api,
            theme,
            by_background,
            mouse: mouse.value != Some(false),
            utc: times.value == Some(TimesSetting::Utc),
            notify: notify.value != Some(false),
            heartbeat,
            on_outcome: on_outcome.value,
            file,
            settings,
        })
    }
}

fn api_preferences(
    layers: &mut Layers,
    args: ApiArgs,
    environment: &Environment,
) -> Result<ApiPreferences, Error> {
    let variable = |name, value: &Option<String>| value.clone().map(|value| (name, Some(value)));
    let backend = choice("backend", "service to read the build from");
    let backend = layers.pick(backend, args.backend, None, Some(BackendChoice::Auto))?;
    let url = text("api-url", "invoke URL of the ParallelCluster API")
        .with_format(|url| without_secrets(url));
    let env = variable("BAKEWATCH_API_URL", &environment.api_url);
    let url = layers.pick(url, non_empty(args.api_url), env, None)?.value;
    let region = text(
        "region",
        "AWS region of the image build; default: from the AWS configuration",
    );
    let env = environment.aws_region.clone();
    let env = env.map(|(name, region)| (name, Some(region)));
    let region = layers.pick(region, non_empty(args.region), env, None)?;
    let signing = text(
        "signing-region",
        "AWS region of the API; default: from its URL",
    );
    let signing = layers.pick(signing, non_empty(args.signing_region), None, None)?;
    let profile = text("profile", "AWS profile to use");
    // Keys in the environment are the choice for this shell; the file's profile must not override them.
    let keys = environment.aws_keys.map(|name| (name, None));
    let env = environment.aws_profile.clone();
    let env = env.map(|(name, profile)| (name, Some(profile))).or(keys);
    let profile = layers.pick(profile, non_empty(args.profile), env, None)?;
    let role = text("role-arn", "IAM role to assume");
    let role = layers.pick(role, non_empty(args.role_arn), None, None)?;
    let external_id = text("external-id", "external ID that the role asks for");
    let external_id = layers.pick(external_id, non_empty(args.external_id), None, None)?;
    let given = headers::of_flags(&args.headers);
    let given = given.map_err(|why| layers.invalid_value("header", Origin::Flag, &why))?;
    let extra = header_table("headers", "headers to send to the API with every request");
    let extra = layers.pick(extra, given, None, None)?;
    let bundle = path(
        "ca-bundle",
        "PEM file of additional CA certificates to trust",
    );
    let env = environment.ca_bundle.clone();
    let env = env.map(|path| ("AWS_CA_BUNDLE", Some(path)));
    let bundle = layers.pick(bundle, args.ca_bundle, env, None)?;
    let every = interval(
        "interval",
        "fixed polling interval; default: adaptive, 2s to 15s",
    );
    let every = layers.pick(every, args.interval, None, None)?;
    Ok(ApiPreferences {
        backend: backend.value.unwrap_or(BackendChoice::Auto),
        url,
        region,
        signing_region: signing.value,
        profile,
        role_arn: role.value,
        external_id: external_id.value,
        headers: extra,
        ca_bundle: resolve_path(bundle, environment),
        interval: every.value,
    })
}

fn heartbeat_preference(
    layers: &mut Layers,
    flag: Option<Duration>,
    environment: &Environment,
) -> Result<Option<Duration>, Error> {
    const VARIABLE: &str = "BAKEWATCH_HEARTBEAT";
    let row = heartbeat(
        "heartbeat",
        "silence before a progress line; default: 3m in text",
    );
    let given = environment.heartbeat.as_deref().map(crate::cli::heartbeat);
    let given = given.transpose();
    let given = given
        .map_err(|why| layers.invalid_value("heartbeat", Origin::Environment(VARIABLE), &why))?;
    let env = given.map(|every| (VARIABLE, Some(every)));
    Ok(layers.pick(row, flag, env, None)?.value)
}

/// The theme, and those to choose from later.
fn theme(
    layers: &mut Layers,
    look: &LookArgs,
    environment: &Environment,
) -> Result<(Theme, Option<Box<ByBackground>>), Error> {
    let color = choice("color", "when to use colours");
    let color = layers.pick(color, look.color, None, Some(Color::Auto))?;
    let here = themes::automatic(environment.background);
    let help = format!("colour theme; auto is {here} in this terminal");
    let env = environment.theme.clone();
    let env = env.map(|name| ("BAKEWATCH_THEME", Some(name)));
    let default = Some(themes::AUTO.to_owned());
    let theme = layers.pick(
        text("theme", help),
        non_empty(look.theme.clone()),
        env,
        default,
    )?;
    let scheme = scheme(layers, &theme, environment)?;
    let glyphs = choice("glyphs", "characters for symbols");
    let glyphs_setting = layers
        .pick(glyphs, None, None, Some(GlyphSetting::Auto))?
        .value;
    let glyphs = match glyphs_setting {
        Some(GlyphSetting::Unicode) => Glyphs::Unicode,
        Some(GlyphSetting::Ascii) => Glyphs::Ascii,
        Some(GlyphSetting::Auto) | None => environment.glyphs(),
    };
    let depth = environment.depth(color.value.unwrap_or_default());
    let asks = theme.value.as_deref() == Some(themes::AUTO)
        && environment.background == Background::Unknown
        && environment.can_be_asked()
        && depth != Depth::None;
    // A log that is written in such a locale is read elsewhere.
    let is_ascii = environment.stdout_is_terminal
        && glyphs_setting != Some(GlyphSetting::Unicode)
        && environment.glyphs() == Glyphs::Ascii;
    let by_background =
        asks.then(|| Box::new(ByBackground::new(environment, depth, glyphs, is_ascii)));
    let theme = Theme::new(&scheme, depth, glyphs).in_ascii(is_ascii);
    Ok((theme, by_background))
}

/// The colours of a theme. The error for an unknown theme names the layer that set it.
fn scheme(
    layers: &Layers,
    theme: &Picked<String>,
    environment: &Environment,
) -> Result<Scheme, Error> {
    let name = theme.value.as_deref().unwrap_or(themes::AUTO);
    themes::load(name, environment).map_err(|error| match error {
        themes::ThemeError::Unknown(why) => layers.invalid_value("theme", theme.origin, &why),
        themes::ThemeError::Wrong(error) => error,
    })
}

fn non_empty(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

/// The path of a file. A path in config.toml is relative to its folder, or to home if it begins with ~.
fn resolve_path(path: Picked<PathBuf>, environment: &Environment) -> Option<PathBuf> {
    let named = path.value?;
    if !matches!(path.origin, Origin::File(_)) {
        return Some(named);
    }
    let (folder, rest): (_, &Path) = match named.strip_prefix("~") {
        Ok(rest) => (&environment.home, rest),
        Err(_) => (&environment.config_folder, &named),
    };
    let resolved = folder.as_ref().map(|folder| folder.join(rest));
    Some(resolved.unwrap_or(named))
}

/// A URL as TOML without its possible secrets: user name, password, query.
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
    fn a_url_is_printed_without_secrets() {
        for (url, printed) in [
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
            assert_eq!(without_secrets(url), printed, "{url}");
        }
    }
}
