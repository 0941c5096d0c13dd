//! Combines the command line, the environment and the user's files into a [`Task`]: flags take precedence over the
//! environment, that over files, and those over defaults.
//!
//! The first step of every run, before the runtime starts anything. The environment is read here and nowhere else
//! (except for the AWS configuration, which the AWS crates read). Tests: `tests/it/config/settings.rs`,
//! `tests/it/config/keys.rs`.

mod background;
pub(crate) mod capabilities;
mod connection;
pub(crate) mod environment;
pub(crate) mod file;
pub(crate) mod headers;
pub(crate) mod keys;
pub(crate) mod layers;
mod lists;
pub(crate) mod preferences;
mod target;
mod task;
mod terminfo;
pub(crate) mod themes;

use std::path::PathBuf;
use std::time::Duration;

use crate::cli;
use crate::cli::{
    ApiArgs, CheckArgs, Cli, Command, ConfigArgs, DemoArgs, HistoryOutput, ListOutput, LogArgs,
    LookArgs, Output, OutputArgs, RecordingArg, ReplayArgs, WatchArgs,
};
use crate::error::Error;
use crate::text::safe::SafeText;

pub(crate) use background::Background;
pub(crate) use capabilities::{Multiplexer, NotifySupport, TerminalCapabilities};
pub(crate) use connection::ANY_IMAGE;
pub use environment::Environment;
pub(crate) use layers::Setting;
pub use task::Task;
pub(crate) use task::{
    ApiSettings, Check, DemoSettings, Diff, History, List, Log, NamedProfile, OutputFormat,
    OutputMode, PlaybackSpeed, Record, Recorded, Settings, ShowLog, SourceSettings, TableFormat,
};
pub(crate) use themes::ByBackground;

use connection::connections;
use keys::Keys;
use preferences::Preferences;

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
                return Ok(Self::Report(reported(name, recordings, environment)));
            }
            Command::History(args) => {
                let Some(format) = history_format(args.output, environment)? else {
                    return Ok(Self::RecordedIds(recordings));
                };
                return Ok(Self::History(History { recordings, format }));
            }
            Command::Check(args) => return check(args, environment),
            Command::List(args) => return lists::list(args, environment),
            Command::Diff(args) => return lists::diff(args, recordings, environment),
            Command::Log(args) => return log(args, environment),
            Command::Watch(args) => {
                (timeout, waits) = (args.timeout, args.wait);
                if !args.no_record {
                    record = Record::InFolder;
                }
                watch(args, environment)?
            }
            Command::Demo(args) => demo(args, environment)?,
            Command::Replay(args) => {
                let preferences = load(ApiArgs::default(), &args.output.look)?;
                let region = preferences.api.region.value.clone();
                let (source, output) = replay(args, recordings.clone(), region);
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

/// Simulated builds.
fn demo(
    args: DemoArgs,
    environment: &Environment,
) -> Result<(SourceSettings, OutputArgs, Preferences), Error> {
    let look = args.output.look.clone();
    let preferences = Preferences::load(ApiArgs::default(), look, environment)?;
    let demo = DemoSettings {
        scenario: args.scenario,
        speed: args.speed,
        service: args.backend,
        builds: usize::from(args.builds),
    };
    Ok((SourceSettings::Demo(demo), args.output, preferences))
}

/// The builds of the targets, or those that the user picks on the screen.
fn watch(
    args: WatchArgs,
    environment: &Environment,
) -> Result<(SourceSettings, OutputArgs, Preferences), Error> {
    let given: Vec<_> = args.targets.into_iter().chain(args.image_id_flag).collect();
    if (given.len() > 1 || args.all_building) && args.output.record.is_some() {
        return Err(Error::Usage(
            "--record names the file of one build; leave it out, and each build is recorded in a file of its own".to_owned(),
        ));
    }
    let look = args.output.look.clone();
    let (builds, account, preferences) = connections(&given, args.api, look, environment)?;
    let account = Box::new(account);
    let source = SourceSettings::Api {
        builds,
        account,
        all_building: args.all_building,
    };
    let has_target = args.all_building || !given.is_empty();
    let on_screen = matches!(args.output.output, Output::Auto | Output::Tui);
    let picks = on_screen && environment.has_screen();
    if !(has_target || picks) {
        return Err(Error::Usage(
            "no target: pass IMAGE_ID, REGION/IMAGE_ID, the ARN of a stack, or --all-building; `bakewatch list` lists the images".to_owned(),
        ));
    }
    Ok((source, args.output, preferences))
}

/// A report needs no settings: where they are invalid, they choose no region.
fn reported(name: PathBuf, recordings: Option<PathBuf>, environment: &Environment) -> Recorded {
    let loaded = Preferences::load(ApiArgs::default(), LookArgs::default(), environment).ok();
    Recorded {
        name,
        recordings,
        region: loaded.and_then(|loaded| loaded.api.region.value),
    }
}

fn replay(
    args: ReplayArgs,
    recordings: Option<PathBuf>,
    region: Option<String>,
) -> (SourceSettings, OutputArgs) {
    let which = Recorded {
        name: args.which.recording,
        recordings,
        region,
    };
    let speed = args.speed.into();
    (SourceSettings::Replay { which, speed }, args.output)
}

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

/// The longest silence of a headless watch. A program that reads JSON may not know progress lines, so it has to ask for
/// them.
fn heartbeat(given: Option<Duration>, output: &OutputMode) -> Option<Duration> {
    let is_text = matches!(output, OutputMode::Headless(OutputFormat::Text));
    let every = given.or(is_text.then_some(DEFAULT_HEARTBEAT))?;
    (!every.is_zero()).then_some(every)
}

/// The format of the history; `None` for the ids alone. Only the table needs settings: the others work with an invalid
/// config.toml.
fn history_format(
    output: HistoryOutput,
    environment: &Environment,
) -> Result<Option<TableFormat>, Error> {
    Ok(match output {
        HistoryOutput::Text => {
            let preferences =
                Preferences::load(ApiArgs::default(), LookArgs::default(), environment)?;
            let text = ListOutput::Text;
            Some(lists::table_format(text, preferences, environment))
        }
        HistoryOutput::Json => Some(TableFormat::Json),
        HistoryOutput::Ids => None,
    })
}

fn manual(command: Option<&str>) -> Result<String, Error> {
    cli::manual(command).ok_or_else(|| {
        let name = SafeText::new(command.unwrap_or_default());
        Error::Usage(format!(
            "no manual page: unknown command {name}; `bakewatch help` lists the commands"
        ))
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
