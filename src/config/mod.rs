//! Combines the command line, the environment and the user's files into a [`Task`]: flags take precedence over the
//! environment, that over files, and those over defaults.
//!
//! The first step of every run, before the runtime starts anything. The environment is read here and nowhere else
//! (except for the AWS configuration, which the AWS crates read). Tests: `tests/it/config/settings.rs`,
//! `tests/it/config/keys.rs`.

pub(crate) mod background;
pub(crate) mod capabilities;
pub(crate) mod environment;
pub(crate) mod file;
pub(crate) mod headers;
pub(crate) mod keys;
pub(crate) mod layers;
pub(crate) mod preferences;
mod target;
mod terminfo;
pub(crate) mod themes;

use std::path::PathBuf;
use std::time::Duration;

use crate::app::keys::keymap::KeyMap;
use crate::cli;
use crate::cli::{
    ApiArgs, BackendChoice, CheckArgs, Cli, Command, ConfigArgs, DemoArgs, ListArgs, ListOutput,
    ListStatus, LogArgs, LookArgs, Output, OutputArgs, RecordingArg, ReplayArgs, ReplaySpeed,
    SimulatedService,
};
use crate::domain::listing::ListedStatus;
use crate::error::Error;
use crate::style::Theme;
use crate::text::safe::{SafeText, one_line};

pub(crate) use capabilities::{Multiplexer, NotifySupport, TerminalCapabilities};
pub use environment::Environment;
pub(crate) use layers::Setting;
pub(crate) use themes::ByBackground;

use headers::ExtraHeader;
use keys::Keys;
use layers::Origin;
use preferences::Preferences;
use target::Target;

/// The command that prints the API's URL, an output of the stack of every deployment.
const FIND_API_URL: &str = "aws cloudformation describe-stacks --stack-name STACK \
    --query \"Stacks[0].Outputs[?OutputKey=='ParallelClusterApiInvokeUrl'].OutputValue\" --output text";

/// The longest silence in text: CI systems end a job that prints nothing for ten minutes.
const DEFAULT_HEARTBEAT: Duration = Duration::from_mins(3);

/// The folder of recordings in the state folder.
const RECORDINGS: &str = "bakewatch/recordings";

/// The task of this run.
#[derive(Debug)]
pub enum Task {
    Watch(Box<Settings>),
    Check(Box<Check>),
    ShowLog(Box<ShowLog>),
    List(Box<List>),
    History(History),
    Report(Recorded),
    PrintKeys(Keys),
    /// Print the effective settings, and the path of the file that changes them, if the API's URL is one.
    PrintSettings(Vec<Setting>, Option<PathBuf>, Option<String>),
    /// Print the completions or a manual page.
    Print(String),
}

/// Everything that a watch needs to start.
#[derive(Debug)]
pub struct Settings {
    pub source: SourceSettings,
    pub output: OutputMode,
    pub theme: Theme,
    /// The themes to choose from once the terminal has told its background, if it is to be asked.
    pub by_background: Option<Box<ByBackground>>,
    /// Whether bakewatch captures the mouse at the start.
    pub mouse: bool,
    /// Whether the screen's times are in UTC.
    pub utc: bool,
    pub capabilities: TerminalCapabilities,
    /// The command to run on the outcome.
    pub on_outcome: Option<String>,
    /// The longest silence of a headless watch, if there is a limit.
    pub heartbeat: Option<Duration>,
    /// `--timeout` (headless only).
    pub timeout: Option<Duration>,
    /// `--wait` (headless only).
    pub waits: bool,
    /// The folder of all recordings; `None` without a home folder.
    pub recordings: Option<PathBuf>,
    pub record: Record,
    pub log: Log,
}

/// The `log` command.
#[derive(Debug)]
pub struct ShowLog {
    pub api: ApiSettings,
    /// Until the build has ended.
    pub follows: bool,
    /// The number of lines of those that are there already.
    pub tail: Option<usize>,
    /// The step whose lines are wanted.
    pub step: Option<String>,
    pub json: bool,
}

/// The `check` command.
#[derive(Debug)]
pub struct Check {
    pub api: ApiSettings,
    /// Print the policy, and send no request.
    pub policy: bool,
}

/// The `list` command.
#[derive(Debug)]
pub struct List {
    /// The settings of any image.
    pub account: ApiSettings,
    /// `None`: all.
    pub status: Option<ListedStatus>,
    pub format: HistoryFormat,
}

/// The `history` command.
#[derive(Debug)]
pub struct History {
    /// The folder of all recordings; `None` without a home folder.
    pub recordings: Option<PathBuf>,
    pub format: HistoryFormat,
}

/// The format of the history.
#[derive(Debug)]
pub enum HistoryFormat {
    Table {
        theme: Box<Theme>,
        /// Whether to show times in UTC.
        utc: bool,
    },
    Json,
}

/// A recording by its name.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// A file, or the name or image ID of a recording in the folder.
    pub name: PathBuf,
    /// The folder of all recordings; `None` without a home folder.
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

/// The interface of a watch.
#[derive(Debug)]
pub enum OutputMode {
    /// The screen, with these keys.
    Screen(KeyMap),
    /// Printed lines.
    Headless(OutputFormat),
}

/// The format of a headless watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputFormat {
    Text,
    Json,
}

/// The speed of a replay.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PlaybackSpeed {
    /// A multiple of real time.
    Times(f64),
    /// Without pauses.
    Max,
}

impl From<ReplaySpeed> for PlaybackSpeed {
    fn from(speed: ReplaySpeed) -> Self {
        match speed {
            ReplaySpeed::Times(factor) => Self::Times(factor),
            ReplaySpeed::Max => Self::Max,
        }
    }
}

/// The `--log-file` and `--debug` flags.
#[derive(Clone, Debug, Default)]
pub struct Log {
    pub file: Option<PathBuf>,
    /// Log requests too.
    pub debug: bool,
}

/// The source of a watch.
#[derive(Clone, Debug)]
pub enum SourceSettings {
    /// Images, and the settings of any other one in their account.
    Api {
        builds: Vec<ApiSettings>,
        account: Box<ApiSettings>,
        /// `--all-building`: every image that is being built at the start, too.
        all_building: bool,
    },
    Demo(DemoSettings),
    Replay {
        which: Recorded,
        speed: PlaybackSpeed,
    },
}

/// The simulated builds.
#[derive(Clone, Debug)]
pub struct DemoSettings {
    /// The scenario of the first one.
    pub scenario: String,
    /// A multiple of real time.
    pub speed: f64,
    pub service: SimulatedService,
    /// The number of builds.
    pub builds: usize,
}

impl ApiSettings {
    /// The same for another image, in the same region where none is named.
    pub(crate) fn for_image(&self, image_id: &str, region: Option<&str>) -> Self {
        let region = |own: &Option<String>| region.map(str::to_owned).or_else(|| own.clone());
        Self {
            image_id: image_id.to_owned(),
            stack: None,
            region: region(&self.region),
            region_before_profile: region(&self.region_before_profile),
            requested_region: region(&self.requested_region),
            ..self.clone()
        }
    }
}

/// The connection to the ParallelCluster API.
#[derive(Clone, Debug)]
pub struct ApiSettings {
    pub image_id: String,
    /// The ARN of the one stack to watch.
    pub stack: Option<String>,
    /// The API's URL, with its stage; `None` to read AWS directly.
    pub api_url: Option<String>,
    /// The image's region, unless the AWS crates find it themselves.
    pub region: Option<String>,
    /// The region by flag or environment, which precedes the profile's.
    pub region_before_profile: Option<String>,
    /// The region by flag, environment or settings.
    pub requested_region: Option<String>,
    /// The profile by flag, environment or settings.
    pub requested_profile: Option<String>,
    /// The API's region, if not from its URL.
    pub signing_region: Option<String>,
    /// The profile, unless the AWS crates find it themselves.
    pub profile: Option<String>,
    /// The profile that must exist, wherever it comes from.
    pub profile_to_check: Option<NamedProfile>,
    pub role_arn: Option<String>,
    /// The external ID that the role asks for.
    pub external_id: Option<String>,
    /// The headers that go with every request to the API.
    pub headers: Vec<ExtraHeader>,
    /// `--no-sign-request`.
    pub unsigned: bool,
    /// The file of additional certificates to trust.
    pub ca_bundle: Option<PathBuf>,
    /// The fixed polling interval.
    pub interval: Option<Duration>,
}

/// A profile, and the flag, variable or setting that names it.
#[derive(Clone, Debug)]
pub struct NamedProfile {
    pub name: String,
    pub named_by: String,
}

impl Task {
    /// The task that the command line asks for.
    ///
    /// # Errors
    /// [`Error::Usage`] if an argument, a variable or a file is invalid.
    pub fn new(cli: Cli, environment: &Environment) -> Result<Self, Error> {
        let load = |api, look: &LookArgs| Preferences::load(api, look.clone(), environment);
        let state_folder = environment.state_folder.as_ref();
        let recordings = state_folder.map(|folder| folder.join(RECORDINGS));
        let mut record = Record::No;
        let (mut timeout, mut waits) = (None, false);
        let (source, output, preferences) = match cli.command_or_picker() {
            Command::Keys => return Ok(Self::PrintKeys(Keys::load(environment)?)),
            Command::Config(ConfigArgs { api, look }) => {
                let loaded = load(api, &look)?;
                let (settings, url) = (loaded.settings, loaded.api.url);
                return Ok(Self::PrintSettings(settings, loaded.file, url));
            }
            Command::Completions { shell } => return Ok(Self::Print(cli::completions(shell))),
            Command::Man { command } => return Ok(Self::Print(manual(command.as_deref())?)),
            Command::Report(RecordingArg { recording: name }) => {
                return Ok(Self::Report(Recorded { name, recordings }));
            }
            Command::History(args) => {
                let format = history_format(args.output, environment)?;
                return Ok(Self::History(History { recordings, format }));
            }
            Command::Check(args) => return check(args, environment),
            Command::Log(args) => return log(args, environment),
            Command::List(args) => return list(args, environment),
            Command::Watch(args) => {
                (timeout, waits) = (args.timeout, args.wait);
                if !args.no_record {
                    record = Record::InFolder;
                }
                let given: Vec<_> = args.targets.into_iter().chain(args.image_id_flag).collect();
                if given.len() > 1 && args.output.record.is_some() {
                    return Err(Error::Usage(
                        "--record names the file of one build; leave it out, and each build is recorded in a file of its own".to_owned(),
                    ));
                }
                let look = args.output.look.clone();
                let (builds, account, preferences) =
                    connections(&given, args.api, look, environment)?;
                let account = Box::new(account);
                let source = SourceSettings::Api {
                    builds,
                    account,
                    all_building: args.all_building,
                };
                let has_target = args.all_building || !given.is_empty();
                let on_screen = matches!(args.output.output, Output::Auto | Output::Tui);
                if !has_target && !(on_screen && environment.has_screen()) {
                    return Err(Error::Usage(
                        "no target: pass IMAGE_ID, REGION/IMAGE_ID, the ARN of a stack, or --all-building; `bakewatch list` lists the images".to_owned(),
                    ));
                }
                (source, args.output, preferences)
            }
            Command::Demo(DemoArgs {
                scenario,
                speed,
                backend: service,
                builds,
                output,
            }) => {
                let preferences = load(ApiArgs::default(), &output.look)?;
                let demo = DemoSettings {
                    scenario,
                    speed,
                    service,
                    builds: usize::from(builds),
                };
                (SourceSettings::Demo(demo), output, preferences)
            }
            Command::Replay(args) => {
                let preferences = load(ApiArgs::default(), &args.output.look)?;
                let (source, output) = replay(args, recordings.clone());
                (source, output, preferences)
            }
        };
        if let Some(file) = output.record.clone() {
            record = Record::InFile(file);
        }
        let mode = output_mode(&output, environment)?;
        Ok(Self::Watch(Box::new(Settings {
            source,
            heartbeat: heartbeat(preferences.heartbeat, &mode),
            output: mode,
            theme: preferences.theme,
            by_background: preferences.by_background,
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

fn replay(args: ReplayArgs, recordings: Option<PathBuf>) -> (SourceSettings, OutputArgs) {
    let which = Recorded {
        name: args.which.recording,
        recordings,
    };
    let speed = args.speed.into();
    (SourceSettings::Replay { which, speed }, args.output)
}

/// An image id that needs no image, for calls whose answer does not matter.
pub(crate) const ANY_IMAGE: &str = "bakewatch-check";

fn log(args: LogArgs, environment: &Environment) -> Result<Task, Error> {
    let given = [args.image_id];
    let (mut builds, _, _) = connections(&given, args.api, LookArgs::default(), environment)?;
    let api = builds.remove(0);
    if api.api_url.is_some() && api.unsigned {
        return Err(Error::Usage(
            "the build log is read from AWS, which answers signed requests only: leave out --no-sign-request".to_owned(),
        ));
    }
    Ok(Task::ShowLog(Box::new(ShowLog {
        api,
        follows: args.follow,
        tail: args.tail,
        step: args.step,
        json: args.output == ListOutput::Json,
    })))
}

fn check(args: CheckArgs, environment: &Environment) -> Result<Task, Error> {
    let given = args.image_id.as_deref().unwrap_or(ANY_IMAGE);
    let given = [given.to_owned()];
    let (builds, ..) = connections(&given, args.api, LookArgs::default(), environment)?;
    let policy = args.policy;
    let api = builds.into_iter().next();
    let api = api.ok_or_else(|| Error::Bug("a check of no image".to_owned()))?;
    Ok(Task::Check(Box::new(Check { api, policy })))
}

fn list(args: ListArgs, environment: &Environment) -> Result<Task, Error> {
    let (_, account, preferences) = connections(&[], args.api, LookArgs::default(), environment)?;
    let format = match args.output {
        ListOutput::Text => HistoryFormat::Table {
            theme: Box::new(preferences.theme),
            utc: preferences.utc,
        },
        ListOutput::Json => HistoryFormat::Json,
    };
    let status = match args.status {
        ListStatus::Building => Some(ListedStatus::Building),
        ListStatus::Failed => Some(ListedStatus::Failed),
        ListStatus::Available => Some(ListedStatus::Available),
        ListStatus::All => None,
    };
    Ok(Task::List(Box::new(List {
        account,
        status,
        format,
    })))
}

/// The longest silence of a headless watch. A program that reads JSON may not know progress lines, so it has to ask for
/// them.
fn heartbeat(given: Option<Duration>, output: &OutputMode) -> Option<Duration> {
    let is_text = matches!(output, OutputMode::Headless(OutputFormat::Text));
    let every = given.or(is_text.then_some(DEFAULT_HEARTBEAT))?;
    (!every.is_zero()).then_some(every)
}

/// The format of the history. JSON needs no settings, so it works with an invalid config.toml.
fn history_format(output: ListOutput, environment: &Environment) -> Result<HistoryFormat, Error> {
    match output {
        ListOutput::Text => {
            let preferences =
                Preferences::load(ApiArgs::default(), LookArgs::default(), environment)?;
            Ok(HistoryFormat::Table {
                theme: Box::new(preferences.theme),
                utc: preferences.utc,
            })
        }
        ListOutput::Json => Ok(HistoryFormat::Json),
    }
}

fn manual(command: Option<&str>) -> Result<String, Error> {
    cli::manual(command).ok_or_else(|| {
        let name = SafeText::new(command.unwrap_or_default());
        Error::Usage(format!(
            "no manual page: unknown command {name}; `bakewatch help` lists the commands"
        ))
    })
}

/// The connection of each target, that of any image, and the settings around them.
fn connections(
    targets: &[String],
    flags: ApiArgs,
    look: LookArgs,
    environment: &Environment,
) -> Result<(Vec<ApiSettings>, ApiSettings, Preferences), Error> {
    let unsigned = flags.no_sign_request;
    let targets: Result<Vec<_>, _> = targets.iter().map(|text| Target::parse(text)).collect();
    let targets = targets?;
    for target in targets.iter().filter(|target| target.stack.is_some()) {
        check_flags_of_stack(&flags, target)?;
    }
    let preferences = Preferences::load(flags, look, environment)?;
    let builds = targets
        .into_iter()
        .map(|target| api(target, unsigned, &preferences));
    let builds = builds.collect::<Result<_, _>>()?;
    let account = api(Target::parse(ANY_IMAGE)?, unsigned, &preferences)?;
    Ok((builds, account, preferences))
}

/// A stack is where its ARN says, and the API has nothing but images.
fn check_flags_of_stack(flags: &ApiArgs, target: &Target) -> Result<(), Error> {
    if flags.backend == Some(BackendChoice::Api) {
        return Err(Error::Usage(
            "a stack's ARN is watched over AWS directly: leave out --backend api, or pass an image id".to_owned(),
        ));
    }
    let here = target.region.as_deref().unwrap_or_default();
    match &flags.region {
        Some(region) if !region.is_empty() && region != here => Err(Error::Usage(format!(
            "the stack is in {here}, and --region names {}; leave out --region",
            one_line(SafeText::new(region).as_str())
        ))),
        _ => Ok(()),
    }
}

/// The connection to the API, or to AWS. Unsigned requests need no credentials.
fn api(target: Target, unsigned: bool, preferences: &Preferences) -> Result<ApiSettings, Error> {
    let file = preferences.file.as_deref();
    let preferences = &preferences.api;
    let api_url = preferences.url.clone();
    let api_url = match preferences.backend {
        // The API has nothing but images.
        _ if target.stack.is_some() => None,
        BackendChoice::Auto => api_url,
        BackendChoice::Aws => None,
        BackendChoice::Api => Some(api_url.ok_or_else(|| {
            Error::Usage(format!(
                "no API URL: pass --api-url, or set BAKEWATCH_API_URL or api-url in config.toml; the URL is an output of the API's stack: {FIND_API_URL}"
            ))
        })?),
    };
    if api_url.is_none() && unsigned {
        return Err(Error::Usage(format!(
            "--no-sign-request needs an API: AWS answers signed requests only; pass --api-url; the URL is an output of the API's stack: {FIND_API_URL}"
        )));
    }
    if api_url.is_none() && preferences.headers.origin == Origin::Flag {
        return Err(Error::Usage(
            "--header needs an API: it goes with requests to the ParallelCluster API only; pass --api-url".to_owned(),
        ));
    }
    let signed = |text: &Option<String>| text.clone().filter(|_| !unsigned);
    let named_by = || preferences.profile.origin.of_setting("profile", file);
    let to_check = signed(&preferences.profile.value).map(|name| NamedProfile {
        name,
        named_by: named_by(),
    });
    // Where an API is configured, the role is the API's.
    let has_own_role = target.stack.is_some()
        && preferences.url.is_some()
        && preferences.backend != BackendChoice::Aws;
    let own_region = target.region;
    let region = |other: Option<String>| own_region.clone().or(other);
    Ok(ApiSettings {
        image_id: target.image_id,
        stack: target.stack,
        api_url,
        region_before_profile: region(preferences.region.unless_file()),
        requested_region: region(preferences.region.value.clone()),
        requested_profile: preferences.profile.value.clone(),
        region: region(preferences.region.unless_environment()),
        signing_region: signed(&preferences.signing_region),
        profile_to_check: to_check,
        profile: signed(&preferences.profile.unless_environment()),
        role_arn: signed(&preferences.role_arn).filter(|_| !has_own_role),
        external_id: signed(&preferences.external_id),
        headers: preferences.headers.value.clone().unwrap_or_default(),
        unsigned,
        ca_bundle: preferences.ca_bundle.clone(),
        interval: preferences.interval,
    })
}

fn output_mode(args: &OutputArgs, environment: &Environment) -> Result<OutputMode, Error> {
    let text = OutputMode::Headless(OutputFormat::Text);
    match args.output {
        Output::Json => Ok(OutputMode::Headless(OutputFormat::Json)),
        Output::Text => Ok(text),
        Output::Tui if !environment.has_screen() => Err(Error::Usage(
            "--output tui needs a terminal: standard output is not a terminal, or TERM is dumb; try --output text".to_owned(),
        )),
        Output::Auto if !environment.has_screen() => Ok(text),
        Output::Tui | Output::Auto => Ok(OutputMode::Screen(Keys::load(environment)?.map)),
    }
}
