//! The command line, as clap sees it: names, help texts and value formats. What values mean is in `config`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

/// Watch AWS ParallelCluster image builds live in the terminal.
#[derive(Debug, Parser)]
#[command(version = env!("BAKEWATCH_VERSION"), about, long_about = None, propagate_version = true, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Watch one image build until it has succeeded or failed
    Watch(WatchArgs),
    /// Watch a simulated build: no AWS account, no credentials, the whole hour in a minute
    Demo(DemoArgs),
    /// Play a recording of a watch back
    Replay(ReplayArgs),
    /// List the recorded watches, the newest build first
    History(HistoryArgs),
    /// Print a report of a recorded build as Markdown, to share with whoever can help
    Report(RecordingArg),
    /// Print which keys do what, in the form of the file that changes them
    Keys,
    /// Print the settings in force and where each comes from, in the form of their file
    Config(ConfigArgs),
    /// Print the completions for a shell
    Completions {
        /// The shell
        #[arg(value_enum)]
        shell: Shell,
    },
    /// Print the manual page of the program, or of one of its commands
    Man {
        /// The command
        command: Option<String>,
    },
}

/// The arguments of `watch`.
#[derive(Debug, Args)]
pub struct WatchArgs {
    /// The image's id, as given to `pcluster build-image`
    #[arg(value_name = "IMAGE_ID", required_unless_present = "image_id_flag")]
    pub image_id: Option<String>,
    /// The same, spelled as pcluster has it
    #[arg(
        short = 'i',
        long = "image-id",
        value_name = "IMAGE_ID",
        conflicts_with = "image_id"
    )]
    pub image_id_flag: Option<String>,
    /// How to reach the API.
    #[command(flatten)]
    pub api: ApiArgs,
    /// The image need not exist yet: wait for it (text and json)
    #[arg(long)]
    pub wait: bool,
    /// Give up after this long, such as 90m (text and json)
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub timeout: Option<Duration>,
    /// Do not record this watch, and do not go on with the recording of an earlier one
    #[arg(long, conflicts_with = "record")]
    pub no_record: bool,
    /// How to show it.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// How to reach the ParallelCluster API.
#[derive(Debug, Default, Args)]
pub struct ApiArgs {
    /// The ParallelCluster API's invoke URL with its stage, or its custom domain [env:
    /// BAKEWATCH_API_URL]
    #[arg(long, value_name = "URL")]
    pub api_url: Option<String>,
    /// The region that the image is built in [default: that of the AWS configuration]
    #[arg(short, long)]
    pub region: Option<String>,
    /// The region that the API is deployed in [default: that of the API's URL, else --region]
    #[arg(long, value_name = "REGION")]
    pub signing_region: Option<String>,
    /// The profile of the AWS configuration to use
    #[arg(long)]
    pub profile: Option<String>,
    /// Assume this role first: the stack output ParallelClusterApiUserRole of a default deployment
    #[arg(long, value_name = "ARN")]
    pub role_arn: Option<String>,
    /// Send unsigned requests, to a server that does not check them
    #[arg(long, conflicts_with_all = ["profile", "role_arn", "signing_region"])]
    pub no_sign_request: bool,
    /// Trust the certificates in this PEM file too [env: AWS_CA_BUNDLE]
    #[arg(long, value_name = "FILE")]
    pub ca_bundle: Option<PathBuf>,
    /// Poll at this fixed interval, such as 10s [default: adaptive, 2s to 15s]
    #[arg(long, value_name = "DURATION", value_parser = interval)]
    pub interval: Option<Duration>,
}

/// The arguments of `demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Which build to simulate
    #[arg(long, value_name = "NAME", default_value = "success")]
    pub scenario: String,
    /// How many times as fast as in life
    #[arg(long, value_name = "N", default_value = "60", value_parser = speed)]
    pub speed: f64,
    /// How to show it.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// The arguments of `replay`.
#[derive(Debug, Args)]
pub struct ReplayArgs {
    /// What to play.
    #[command(flatten)]
    pub which: RecordingArg,
    /// How many times as fast as in life, or max: without any pause
    #[arg(long, value_name = "N|max", default_value = "60", value_parser = pace)]
    pub speed: Pace,
    /// How to show it.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Which recording is meant.
#[derive(Debug, Args)]
pub struct RecordingArg {
    /// A file, the name that `history` gives a recording, or an image's id: the newest recording of it
    #[arg(value_name = "RECORDING")]
    pub recording: PathBuf,
}

/// The arguments of `history`.
#[derive(Debug, Args)]
pub struct HistoryArgs {
    /// How to list them: text is one aligned line each, json one object each
    #[arg(short, long, value_name = "FORM", value_enum, default_value_t)]
    pub output: ListOutput,
}

/// The forms of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ListOutput {
    /// One aligned line each.
    #[default]
    Text,
    /// One JSON object each.
    Json,
}

/// How fast a recording is played.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pace {
    /// So many times as fast as in life.
    Times(f64),
    /// Without any pause.
    Max,
}

/// How to show a watch.
#[derive(Clone, Debug, Args)]
pub struct OutputArgs {
    /// How to show the build: auto is tui on a terminal, else text
    #[arg(short, long, value_name = "FORM", value_enum, default_value_t)]
    pub output: Output,
    /// How it looks, and what it tells.
    #[command(flatten)]
    pub look: LookArgs,
    /// Record to this file
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// Write a log to this file
    #[arg(long, value_name = "FILE")]
    pub log_file: Option<PathBuf>,
    /// Log every request too
    #[arg(long, requires = "log_file")]
    pub debug: bool,
}

/// How a watch looks, and what it tells when the verdict falls.
#[derive(Clone, Debug, Default, Args)]
pub struct LookArgs {
    /// When to use colours; NO_COLOR is respected [default: auto]
    #[arg(long, value_name = "WHEN", value_enum)]
    pub color: Option<Color>,
    /// The colours: auto, neutral, dark, light, high-contrast, colour-blind, or a theme of your own
    /// [env: BAKEWATCH_THEME] [default: auto]
    #[arg(long, value_name = "NAME")]
    pub theme: Option<String>,
    /// Run this with `sh -c` once the outcome is known; the variables BAKEWATCH_* tell it
    #[arg(long, value_name = "COMMAND")]
    pub on_outcome: Option<String>,
    /// No bell and no desktop notification when the verdict falls (tui)
    #[arg(long)]
    pub no_notify: bool,
}

/// The arguments of `config`: those that a person can set in their file too.
#[derive(Debug, Args)]
pub struct ConfigArgs {
    /// How to reach the API.
    #[command(flatten)]
    pub api: ApiArgs,
    /// How it looks, and what it tells.
    #[command(flatten)]
    pub look: LookArgs,
}

/// The forms of output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// The screen where there is a terminal, else text.
    #[default]
    Auto,
    Tui,
    /// One aligned line an event.
    Text,
    /// One JSON object a line.
    Json,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// Where there is a terminal that can show them.
    #[default]
    Auto,
    Always,
    Never,
}

/// The script that lets a shell complete this command line.
pub(crate) fn completions(shell: Shell) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "bakewatch", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

/// The manual page of the program, or of one of its commands; nothing where there is no such command.
pub(crate) fn manual(command: Option<&str>) -> Option<String> {
    let mut described = Cli::command();
    // Gives each command what it takes over from the program: the version, and its full name.
    described.build();
    if let Some(name) = command {
        described = described.find_subcommand(name)?.clone();
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(described).render(&mut page).ok()?;
    Some(String::from_utf8_lossy(&page).into_owned())
}

fn duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text)
        .map_err(|error| format!("{error}; write it like 5s, 2m or 500ms"))
}

/// Reads a polling interval.
pub(crate) fn interval(text: &str) -> Result<Duration, String> {
    let interval = duration(text)?;
    if interval < Duration::from_millis(200) {
        return Err("the least interval is 200ms".to_owned());
    }
    if interval > Duration::from_hours(24) {
        return Err("the longest interval is 24h".to_owned());
    }
    Ok(interval)
}

fn speed(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(speed) if (0.1..=10_000.0).contains(&speed) => Ok(speed),
        _ => Err("the speed is a number from 0.1 to 10000".to_owned()),
    }
}

fn pace(text: &str) -> Result<Pace, String> {
    if text == "max" {
        return Ok(Pace::Max);
    }
    let times = speed(text).map_err(|error| format!("{error}, or max"))?;
    Ok(Pace::Times(times))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn durations_read_as_documented() {
        assert_eq!(duration("5s"), Ok(Duration::from_secs(5)));
        assert_eq!(duration("2m"), Ok(Duration::from_mins(2)));
        assert_eq!(interval("500ms"), Ok(Duration::from_millis(500)));
        assert!(interval("100ms").is_err());
        assert!(interval("300000years").is_err());
        assert!(duration("5 parsecs").is_err());
        assert!(speed("NaN").is_err());
    }
}
