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
mod task;
mod terminfo;
pub(crate) mod themes;

use std::path::PathBuf;
use std::time::Duration;

use crate::cli;
use crate::cli::{
    ApiArgs, BackendChoice, CheckArgs, Cli, Command, ConfigArgs, DemoArgs, DiffArgs, ListArgs,
    ListOutput, ListStatus, LogArgs, LookArgs, Output, OutputArgs, RecordingArg, ReplayArgs,
};
use crate::domain::listing::ListedStatus;
use crate::error::Error;
use crate::text::safe::{SafeText, one_line};

pub(crate) use capabilities::{Multiplexer, NotifySupport, TerminalCapabilities};
pub use environment::Environment;
pub(crate) use layers::Setting;
pub use task::Task;
pub(crate) use task::{
    ApiSettings, Check, DemoSettings, Diff, History, HistoryFormat, List, Log, NamedProfile,
    OutputFormat, OutputMode, PlaybackSpeed, Record, Recorded, Settings, ShowLog, SourceSettings,
};
pub(crate) use themes::ByBackground;

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
            Command::List(args) => return list(args, environment),
            Command::Diff(args) => return diff(args, recordings, environment),
            Command::Log(args) => return log(args, environment),
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
    let (mut builds, ..) = connections(&given, args.api, LookArgs::default(), environment)?;
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

fn diff(
    args: DiffArgs,
    recordings: Option<PathBuf>,
    environment: &Environment,
) -> Result<Task, Error> {
    let (_, account, preferences) = connections(&[], args.api, LookArgs::default(), environment)?;
    let settings = |name: String| {
        // A recording's name need not be a target.
        let api = Target::parse(&name).ok().map(|target| {
            let api = account.for_image(&target.image_id, target.region.as_deref());
            Box::new(ApiSettings {
                api_url: api.api_url.clone().filter(|_| target.stack.is_none()),
                stack: target.stack,
                ..api
            })
        });
        (name, api)
    };
    let builds = [args.before, args.after].map(settings);
    let format = list_format(args.output, preferences);
    Ok(Task::Diff(Box::new(Diff {
        builds,
        recordings,
        format,
    })))
}

/// The format of a list that is read from a service.
fn list_format(output: ListOutput, preferences: Preferences) -> HistoryFormat {
    match output {
        ListOutput::Text => HistoryFormat::Table {
            theme: Box::new(preferences.theme),
            utc: preferences.utc,
        },
        ListOutput::Json => HistoryFormat::Json,
    }
}

fn list(args: ListArgs, environment: &Environment) -> Result<Task, Error> {
    let (_, account, preferences) = connections(&[], args.api, LookArgs::default(), environment)?;
    let format = list_format(args.output, preferences);
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
