//! What the command line, the environment and a person's files mean together: flags before environment before
//! files before defaults.
//!
//! The environment is read here and nowhere else (the AWS configuration apart, which the AWS crates read).

pub(crate) mod background;
pub(crate) mod capabilities;
pub(crate) mod environment;
pub(crate) mod file;
pub(crate) mod keys;
pub(crate) mod layers;
pub(crate) mod preferences;
pub(crate) mod themes;

use std::path::PathBuf;
use std::time::Duration;

use crate::app::keys::keymap::KeyMap;
use crate::cli::{
    ApiArgs, Cli, Command, ConfigArgs, DemoArgs, ListOutput, LookArgs, Output, OutputArgs, Pace,
    RecordingArg, ReplayArgs,
};
use crate::error::Error;
use crate::style::Theme;
use crate::text::safe::SafeText;
use crate::{cli, output};

pub(crate) use capabilities::{NotifySupport, TerminalCapabilities};
pub use environment::Environment;

use keys::Keys;
use preferences::{ApiPreferences, Preferences};

/// How to find the API's URL: the stack output that every deployment has.
const FIND_API_URL: &str = "aws cloudformation describe-stacks --stack-name STACK \
    --query \"Stacks[0].Outputs[?OutputKey=='ParallelClusterApiInvokeUrl'].OutputValue\" --output text";

/// Where recordings are in the folder of what programs note down.
const RECORDINGS: &str = "bakewatch/recordings";

/// What the program was asked to do.
#[derive(Debug)]
pub enum Task {
    /// To watch something.
    Watch(Box<Settings>),
    /// To list what was recorded.
    History(History),
    /// To print a report of a recording.
    Report(Recorded),
    /// To print the key map in force.
    PrintKeys(Keys),
    /// To print a text that says something about the program.
    Print(String),
}

/// Everything that a watch needs to know to begin.
#[derive(Debug)]
pub struct Settings {
    /// What to watch.
    pub source: SourceSettings,
    /// How to show it.
    pub form: OutputMode,
    /// How the screen looks.
    pub theme: Theme,
    /// Whether the mouse is the program's at the start.
    pub mouse: bool,
    /// Whether the screen's times are in UTC.
    pub utc: bool,
    /// How to speak to the terminal beside frames.
    pub capabilities: TerminalCapabilities,
    /// The command to run when the outcome is known.
    pub on_outcome: Option<String>,
    /// When to give up (text and JSON).
    pub timeout: Option<Duration>,
    /// Whether to wait for an image that does not exist yet (text and JSON).
    pub waits: bool,
    /// The folder of all recordings; absent where nothing tells where a person keeps such things.
    pub recordings: Option<PathBuf>,
    /// Where the watch is recorded.
    pub record: Record,
    pub log: Log,
}

/// A list of what was recorded.
#[derive(Debug)]
pub struct History {
    /// The folder of all recordings; absent where nothing tells where a person keeps such things.
    pub recordings: Option<PathBuf>,
    /// How it is listed.
    pub form: output::OutputFormat,
}

/// A recording that a person means.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// A file, or what a recording is known by in the folder of all recordings.
    pub name: PathBuf,
    /// The folder of all recordings; absent where nothing tells where a person keeps such things.
    pub recordings: Option<PathBuf>,
}

/// Where a watch is recorded.
#[derive(Clone, Debug)]
pub enum Record {
    No,
    /// In the folder of all recordings.
    InFolder,
    InFile(PathBuf),
}

/// How a watch is shown.
#[derive(Debug)]
pub enum OutputMode {
    /// The screen, with these keys.
    Screen(KeyMap),
    /// Lines of text or JSON.
    Headless(output::OutputFormat),
}

/// Where to log, and how much.
#[derive(Clone, Debug, Default)]
pub struct Log {
    /// The file; no log without one.
    pub file: Option<PathBuf>,
    /// Every request too.
    pub debug: bool,
}

/// What to watch.
#[derive(Clone, Debug)]
pub enum SourceSettings {
    /// An image, by the ParallelCluster API.
    Api(Box<ApiSettings>),
    /// A simulated build.
    Demo {
        /// The scenario's name.
        scenario: String,
        /// How many times as fast as in life.
        speed: f64,
    },
    Replay {
        which: Recorded,
        pace: Pace,
    },
}

/// How to reach the ParallelCluster API.
#[derive(Clone, Debug)]
pub struct ApiSettings {
    /// The image's id.
    pub image_id: String,
    /// The API's URL, with its stage.
    pub api_url: String,
    /// The image's region, where it is not the usual one.
    pub region: Option<String>,
    /// The region by flag, environment or settings.
    pub asked_region: Option<String>,
    /// The profile by flag, environment or settings.
    pub asked_profile: Option<String>,
    /// The API's region, where its URL does not tell.
    pub signing_region: Option<String>,
    /// The profile to use.
    pub profile: Option<String>,
    /// The profile that must exist: the one above, or the environment's.
    pub profile_to_check: Option<String>,
    /// The role to assume.
    pub role_arn: Option<String>,
    /// Send unsigned requests.
    pub unsigned: bool,
    /// Certificates to trust in addition.
    pub ca_bundle: Option<PathBuf>,
    /// A fixed polling interval.
    pub interval: Option<Duration>,
}

impl Task {
    /// Works out what was asked for.
    ///
    /// # Errors
    /// [`Error::Usage`] where it can't be done as asked.
    pub fn new(cli: Cli, environment: &Environment) -> Result<Self, Error> {
        let load = |api, look: &LookArgs| Preferences::load(api, look.clone(), environment);
        let state_folder = environment.state_folder.as_ref();
        let recordings = state_folder.map(|folder| folder.join(RECORDINGS));
        let mut record = Record::No;
        let (mut timeout, mut waits) = (None, false);
        let (source, output, preferences) = match cli.command {
            Command::Keys => return Ok(Self::PrintKeys(Keys::load(environment)?)),
            Command::Config(ConfigArgs { api, look }) => {
                return Ok(Self::Print(load(api, &look)?.told()));
            }
            Command::Completions { shell } => return Ok(Self::Print(cli::completions(shell))),
            Command::Man { command } => return Ok(Self::Print(manual(command.as_deref())?)),
            Command::Report(RecordingArg { recording: name }) => {
                return Ok(Self::Report(Recorded { name, recordings }));
            }
            Command::History(args) => {
                let form = match args.output {
                    ListOutput::Text => {
                        let look = load(ApiArgs::default(), &LookArgs::default())?;
                        output::OutputFormat::Text(Box::new(look.theme))
                    }
                    ListOutput::Json => output::OutputFormat::Json,
                };
                return Ok(Self::History(History { recordings, form }));
            }
            Command::Watch(args) => {
                (timeout, waits) = (args.timeout, args.wait);
                if !args.no_record {
                    record = Record::InFolder;
                }
                let unsigned = args.api.no_sign_request;
                let preferences = load(args.api, &args.output.look)?;
                let image_id = args.image_id.or(args.image_id_flag).unwrap_or_default();
                let api = Box::new(api(image_id, unsigned, &preferences.api)?);
                (SourceSettings::Api(api), args.output, preferences)
            }
            Command::Demo(DemoArgs {
                scenario,
                speed,
                output,
            }) => {
                let preferences = load(ApiArgs::default(), &output.look)?;
                let source = SourceSettings::Demo { scenario, speed };
                (source, output, preferences)
            }
            Command::Replay(ReplayArgs {
                which: RecordingArg { recording: name },
                speed: pace,
                output,
            }) => {
                let preferences = load(ApiArgs::default(), &output.look)?;
                let which = Recorded {
                    name,
                    recordings: recordings.clone(),
                };
                let source = SourceSettings::Replay { which, pace };
                (source, output, preferences)
            }
        };
        if let Some(file) = output.record.clone() {
            record = Record::InFile(file);
        }
        Ok(Self::Watch(Box::new(Settings {
            source,
            form: form(&output, &preferences.theme, environment)?,
            theme: preferences.theme,
            mouse: preferences.mouse,
            utc: preferences.utc,
            capabilities: environment.capabilities(preferences.notify),
            on_outcome: preferences.on_outcome,
            timeout,
            waits,
            recordings,
            record,
            log: Log {
                file: output.log_file,
                debug: output.debug,
            },
        })))
    }
}

fn manual(command: Option<&str>) -> Result<String, Error> {
    cli::manual(command).ok_or_else(|| {
        let name = SafeText::new(command.unwrap_or_default());
        Error::Usage(format!(
            "no manual page: there is no command {name}; `bakewatch help` lists them"
        ))
    })
}

/// How to reach the API. Unsigned requests need nobody who signs them.
fn api(
    image_id: String,
    unsigned: bool,
    preferences: &ApiPreferences,
) -> Result<ApiSettings, Error> {
    let api_url = preferences.url.clone().ok_or_else(|| {
        Error::Usage(format!(
            "no API URL: pass --api-url, set BAKEWATCH_API_URL or api-url in the settings; the stack that deployed the API tells it: {FIND_API_URL}"
        ))
    })?;
    let signed = |text: &Option<String>| text.clone().filter(|_| !unsigned);
    Ok(ApiSettings {
        image_id,
        api_url,
        asked_region: preferences.region.value.clone(),
        asked_profile: preferences.profile.value.clone(),
        region: preferences.region.unless_environment(),
        signing_region: signed(&preferences.signing_region),
        profile_to_check: signed(&preferences.profile.value),
        profile: signed(&preferences.profile.unless_environment()),
        role_arn: signed(&preferences.role_arn),
        unsigned,
        ca_bundle: preferences.ca_bundle.clone(),
        interval: preferences.interval,
    })
}

fn form(args: &OutputArgs, theme: &Theme, environment: &Environment) -> Result<OutputMode, Error> {
    let text = || OutputMode::Headless(output::OutputFormat::Text(Box::new(theme.clone())));
    match args.output {
        Output::Json => Ok(OutputMode::Headless(output::OutputFormat::Json)),
        Output::Text => Ok(text()),
        Output::Tui if !environment.has_screen() => Err(Error::Usage(
            "--output tui needs a terminal: standard output is none, or TERM is dumb; try --output text".to_owned(),
        )),
        Output::Auto if !environment.has_screen() => Ok(text()),
        Output::Tui | Output::Auto => Ok(OutputMode::Screen(Keys::load(environment)?.map)),
    }
}
