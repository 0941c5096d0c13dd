//! What the command line and the environment mean together: flags before environment before defaults.
//!
//! The environment is read here and nowhere else (the AWS configuration apart, which the AWS crates read).

mod environment;
pub mod keys;
mod speech;

use std::path::PathBuf;
use std::time::Duration;

use crate::app::keymap::KeyMap;
use crate::cli::{
    self, Cli, Color, Command, DemoArgs, Output, OutputArgs, Pace, ReplayArgs, WatchArgs,
};
use crate::domain::text::Clean;
use crate::error::Error;
use crate::output;
use crate::style::Theme;

pub use environment::Environment;
pub use speech::{Notifications, Speech};

use keys::Keys;

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
    pub form: Form,
    /// How the screen looks.
    pub theme: Theme,
    /// How to speak to the terminal beside frames.
    pub speech: Speech,
    /// The command to run when the outcome is known.
    pub on_outcome: Option<String>,
    /// When to give up (text and JSON).
    pub timeout: Option<Duration>,
    /// Whether to wait for an image that does not exist yet (text and JSON).
    pub waits: bool,
    /// Where the watch is recorded.
    pub record: Record,
    /// The log.
    pub log: Log,
}

/// Where a watch is recorded.
#[derive(Clone, Debug)]
pub enum Record {
    /// Nowhere.
    No,
    /// In the folder of all recordings; absent where nothing tells where a person keeps such things.
    InFolder(Option<PathBuf>),
    /// In a file.
    InFile(PathBuf),
}

/// How a watch is shown.
#[derive(Debug)]
pub enum Form {
    /// The screen, with these keys.
    Screen(KeyMap),
    /// Lines of text or JSON.
    Lines(output::Form),
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
    /// A recording.
    Replay {
        /// The file.
        file: PathBuf,
        /// How fast.
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
    /// The region by flag or environment.
    pub asked_region: Option<String>,
    /// The profile by flag or environment.
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
        let mut record = Record::No;
        let (mut timeout, mut waits) = (None, false);
        let (source, output) = match cli.command {
            Command::Keys => return Ok(Self::PrintKeys(Keys::load(environment)?)),
            Command::Completions { shell } => return Ok(Self::Print(cli::completions(shell))),
            Command::Man { command } => return Ok(Self::Print(manual(command.as_deref())?)),
            Command::Watch(args) => {
                (timeout, waits) = (args.timeout, args.wait);
                if !args.no_record {
                    let folder = environment.state_folder.as_ref();
                    record = Record::InFolder(folder.map(|folder| folder.join(RECORDINGS)));
                }
                let output = args.output.clone();
                (
                    SourceSettings::Api(Box::new(api(args, environment)?)),
                    output,
                )
            }
            Command::Demo(DemoArgs {
                scenario,
                speed,
                output,
            }) => (SourceSettings::Demo { scenario, speed }, output),
            Command::Replay(ReplayArgs {
                file,
                speed: pace,
                output,
            }) => (SourceSettings::Replay { file, pace }, output),
        };
        if let Some(file) = output.record.clone() {
            record = Record::InFile(file);
        }
        let theme = environment.theme(output.color);
        Ok(Self::Watch(Box::new(Settings {
            source,
            form: form(&output, environment)?,
            theme,
            speech: environment.speech(!output.no_notify),
            on_outcome: output.on_outcome,
            timeout,
            waits,
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
        let name = Clean::new(command.unwrap_or_default());
        Error::Usage(format!(
            "no manual page: there is no command {name}; `bakewatch help` lists them"
        ))
    })
}

fn api(args: WatchArgs, environment: &Environment) -> Result<ApiSettings, Error> {
    let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let api_url = given(&args.api_url).ok_or_else(|| {
        Error::Usage(format!(
            "no API URL: pass --api-url or set BAKEWATCH_API_URL; the stack that deployed the API tells it: {FIND_API_URL}"
        ))
    })?;
    Ok(ApiSettings {
        image_id: args.image_id.or(args.image_id_flag).unwrap_or_default(),
        api_url,
        asked_region: given(&args.region).or_else(|| environment.aws_region.clone()),
        asked_profile: given(&args.profile).or_else(|| environment.aws_profile.clone()),
        region: given(&args.region),
        signing_region: given(&args.signing_region),
        profile_to_check: given(&args.profile)
            .or_else(|| environment.aws_profile.clone())
            .filter(|_| !args.no_sign_request),
        profile: given(&args.profile),
        role_arn: given(&args.role_arn),
        unsigned: args.no_sign_request,
        ca_bundle: args.ca_bundle.or_else(|| environment.ca_bundle.clone()),
        interval: args.interval,
    })
}

fn form(args: &OutputArgs, environment: &Environment) -> Result<Form, Error> {
    match args.output {
        Output::Json => Ok(Form::Lines(output::Form::Json)),
        Output::Text => Ok(text(args.color, environment)),
        Output::Tui if !environment.has_screen() => Err(Error::Usage(
            "--output tui needs a terminal: standard output is none, or TERM is dumb; try --output text".to_owned(),
        )),
        Output::Auto if !environment.has_screen() => Ok(text(args.color, environment)),
        Output::Tui | Output::Auto => Ok(Form::Screen(Keys::load(environment)?.map)),
    }
}

fn text(color: Color, environment: &Environment) -> Form {
    Form::Lines(output::Form::Text(environment.theme(color)))
}
