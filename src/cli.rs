//! The command line as clap parses it: names, help texts and value formats.
//!
//! `config` combines the result with the environment and the files.

mod completions;
mod values;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::cli::values::{SCENARIOS, Suggested, THEMES, duration, replay_speed, secret, speed};
use crate::text::secret::Secret;

pub(crate) use self::completions::completions;
pub(crate) use self::values::{heartbeat, interval};

/// Watch AWS ParallelCluster image builds live in the terminal.
#[derive(Debug, Parser)]
#[command(version = env!("BAKEWATCH_VERSION"), about, long_about = None, propagate_version = true, max_term_width = 100,
    after_help = "New here? `bakewatch demo` shows a simulated build, without an AWS account.")]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,
}

impl Cli {
    /// Without a command, it is a watch of what the user picks.
    pub(crate) fn command_or_picker(self) -> Command {
        let watch = || Self::try_parse_from(["bakewatch", "watch"]).ok()?.command;
        let command = self.command.or_else(watch);
        command.unwrap_or(Command::Keys)
    }
}

/// What is printed without a command where there is no screen.
pub(crate) fn usage() -> String {
    Cli::command()
        .render_help()
        .to_string()
        .trim_end()
        .to_owned()
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Watch an image build until it succeeds or fails
    Watch(WatchArgs),
    /// Watch a simulated build, without an AWS account: one hour in one minute
    Demo(DemoArgs),
    /// Play back a recorded watch
    Replay(ReplayArgs),
    /// Print the build log of an image
    Log(LogArgs),
    /// Check who you are, which calls a watch makes, and which of them are permitted
    Check(CheckArgs),
    /// List the images that are being built, that failed, and that are available
    List(ListArgs),
    /// Compare two builds, recorded or not: what changed, and what took longer
    Diff(DiffArgs),
    /// List recorded watches, newest build first
    History(HistoryArgs),
    /// Print a Markdown report of a recorded build, for an issue or a support case
    Report(RecordingArg),
    /// Print the key bindings in the format of keys.toml
    Keys,
    /// Print the effective settings and their sources in the format of config.toml
    Config(ConfigArgs),
    /// Generate shell completions
    Completions {
        /// Shell to generate completions for
        #[arg(value_enum)]
        shell: Shell,
    },
    /// Print the manual page of bakewatch or of a command
    Man {
        /// Command to print the page of
        command: Option<String>,
    },
}

/// The arguments of `watch`.
#[derive(Debug, Args)]
pub struct WatchArgs {
    /// Image ID, as passed to `pcluster build-image`, or `REGION/IMAGE_ID`, or the ARN of a
    /// CloudFormation stack, also of a deleted one; several targets are watched together
    #[arg(value_name = "TARGET")]
    pub targets: Vec<String>,
    /// Same as the argument, for compatibility with pcluster
    #[arg(
        short = 'i',
        long = "image-id",
        value_name = "IMAGE_ID",
        conflicts_with = "targets"
    )]
    pub image_id_flag: Option<String>,
    /// Watch every image that is being built at the start
    #[arg(long)]
    pub all_building: bool,
    #[command(flatten)]
    pub api: ApiArgs,
    /// Wait for the image if it does not exist yet (text and json)
    #[arg(long)]
    pub wait: bool,
    /// Give up after this time, for example 90m (text and json)
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub timeout: Option<Duration>,
    /// Do not record, and do not resume an earlier recording
    #[arg(long, conflicts_with = "record")]
    pub no_record: bool,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// The service that a build is read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum BackendChoice {
    /// The ParallelCluster API where its URL is known, else AWS
    Auto,
    /// The ParallelCluster API
    Api,
    /// AWS directly
    Aws,
}

/// How to reach AWS or the ParallelCluster API.
#[derive(Debug, Default, Args)]
pub struct ApiArgs {
    /// Service to read the build from [default: auto]
    #[arg(long, value_enum, value_name = "BACKEND")]
    pub backend: Option<BackendChoice>,
    /// Invoke URL of the ParallelCluster API with its stage, or its custom domain [env:
    /// BAKEWATCH_API_URL]
    #[arg(long, value_name = "URL")]
    pub api_url: Option<String>,
    /// AWS region of the image build [default: from the AWS configuration]
    #[arg(short, long)]
    pub region: Option<String>,
    /// AWS region of the API [default: from the API URL, else --region]
    #[arg(long, value_name = "REGION")]
    pub signing_region: Option<String>,
    /// AWS profile to use
    #[arg(long)]
    pub profile: Option<String>,
    /// IAM role to assume (stack output ParallelClusterApiUserRole)
    #[arg(long, value_name = "ARN")]
    pub role_arn: Option<String>,
    /// External ID that the role of --role-arn asks for
    #[arg(long, value_name = "ID")]
    pub external_id: Option<String>,
    /// Header to send to the API with every request, for example x-api-key=VALUE; can be repeated
    #[arg(long = "header", value_name = "NAME=VALUE", value_parser = secret)]
    pub headers: Vec<Secret>,
    /// Do not sign requests; credentials are not loaded
    #[arg(long, conflicts_with_all = ["profile", "role_arn", "external_id", "signing_region"])]
    pub no_sign_request: bool,
    /// PEM file of additional CA certificates to trust [env: AWS_CA_BUNDLE]
    #[arg(long, value_name = "FILE")]
    pub ca_bundle: Option<PathBuf>,
    /// Fixed polling interval, for example 10s [default: adaptive, 2s to 15s]
    #[arg(long, value_name = "DURATION", value_parser = interval)]
    pub interval: Option<Duration>,
}

/// The service that `demo` simulates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SimulatedService {
    /// AWS: CloudFormation, EC2 and Image Builder
    Aws,
    /// The ParallelCluster API
    Api,
}

/// The arguments of `demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Build to simulate
    #[arg(long, value_name = "NAME", default_value = "success", value_parser = Suggested(&SCENARIOS), hide_possible_values = true)]
    pub scenario: String,
    /// Playback speed factor
    #[arg(long, value_name = "N", default_value = "60", value_parser = speed)]
    pub speed: f64,
    /// Number of builds to watch together, with different outcomes
    #[arg(long, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u8).range(1..=50))]
    pub builds: u8,
    /// Service to simulate
    #[arg(long, value_name = "SERVICE", default_value = "aws")]
    pub backend: SimulatedService,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// The arguments of `replay`.
#[derive(Debug, Args)]
pub struct ReplayArgs {
    #[command(flatten)]
    pub which: RecordingArg,
    /// Playback speed factor, or max to play without pauses
    #[arg(long, value_name = "N|max", default_value = "60", value_parser = replay_speed)]
    pub speed: ReplaySpeed,
    #[command(flatten)]
    pub output: OutputArgs,
}

#[derive(Debug, Args)]
pub struct RecordingArg {
    /// Recording: a file (also of events saved by pcluster or aws), a name from `bakewatch history`,
    /// or an image ID for its newest recording
    #[arg(value_name = "RECORDING")]
    pub recording: PathBuf,
}

/// The arguments of `log`.
#[derive(Debug, Args)]
pub struct LogArgs {
    /// Image ID, as passed to `pcluster build-image`, or `REGION/IMAGE_ID`, or the ARN of a
    /// CloudFormation stack, also of a deleted one
    #[arg(value_name = "IMAGE_ID")]
    pub image_id: String,
    /// Follow the log until the build has ended
    #[arg(short, long)]
    pub follow: bool,
    /// Print only the last N of the lines that are there already
    #[arg(long, value_name = "N")]
    pub tail: Option<usize>,
    /// Print only the lines of a step: of the workflow, or of a component
    #[arg(long, value_name = "STEP")]
    pub step: Option<String>,
    /// Output format
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value_t)]
    pub output: ListOutput,
    #[command(flatten)]
    pub api: ApiArgs,
}

/// The arguments of `check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Image ID to check with, where permissions depend on it; the image need not exist
    #[arg(value_name = "IMAGE_ID")]
    pub image_id: Option<String>,
    /// Print the smallest IAM policy that a watch needs, and send no request
    #[arg(long)]
    pub policy: bool,
    #[command(flatten)]
    pub api: ApiArgs,
}

/// The arguments of `list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Images to list
    #[arg(long, value_name = "STATUS", value_enum, default_value_t)]
    pub status: ListStatus,
    /// Output format
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value_t)]
    pub output: ListOutput,
    #[command(flatten)]
    pub api: ApiArgs,
}

/// The values of `--status`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ListStatus {
    /// Being built
    Building,
    /// Failed
    Failed,
    /// The newest 20 that are available
    Available,
    /// All of these
    #[default]
    All,
}

/// The arguments of `diff`.
#[derive(Debug, Args)]
pub struct DiffArgs {
    /// Earlier build: a recording as for `replay`, or a target as for `watch`
    #[arg(value_name = "A")]
    pub before: String,
    /// Later build
    #[arg(value_name = "B")]
    pub after: String,
    /// Output format
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value_t)]
    pub output: ListOutput,
    #[command(flatten)]
    pub api: ApiArgs,
}

/// The arguments of `history`.
#[derive(Debug, Args)]
pub struct HistoryArgs {
    /// Output format
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value_t)]
    pub output: HistoryOutput,
}

/// The formats of the history.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum HistoryOutput {
    /// Text: a table
    #[default]
    Text,
    /// One JSON object per line
    Json,
    /// The image IDs of recorded builds, one per line
    Ids,
}

/// The formats of lists and differences.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ListOutput {
    /// Text: a table, or the lines
    #[default]
    Text,
    /// One JSON object per line
    Json,
}

/// The speed of a replay.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ReplaySpeed {
    /// A multiple of real time.
    Times(f64),
    /// Without pauses.
    Max,
}

/// The arguments that all watches share.
#[derive(Clone, Debug, Args)]
pub struct OutputArgs {
    /// Output format; auto is tui on a terminal, else text
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value_t)]
    pub output: Output,
    #[command(flatten)]
    pub look: LookArgs,
    /// File to record to
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// File to write a log to
    #[arg(long, value_name = "FILE")]
    pub log_file: Option<PathBuf>,
    /// Also log requests (requires --log-file)
    #[arg(long, requires = "log_file")]
    pub debug: bool,
}

/// The arguments for appearance and notifications.
#[derive(Clone, Debug, Default, Args)]
pub struct LookArgs {
    /// When to use colours [default: auto]
    #[arg(long, value_name = "WHEN", value_enum)]
    pub color: Option<Color>,
    /// Colour theme: auto, neutral, dark, light, high-contrast, colour-blind, or one of your own
    /// [env: BAKEWATCH_THEME] [default: auto]
    #[arg(long, value_name = "NAME", value_parser = Suggested(&THEMES), hide_possible_values = true)]
    pub theme: Option<String>,
    /// Command to run with `sh -c` on the outcome, passed in BAKEWATCH_* variables
    #[arg(long, value_name = "COMMAND")]
    pub on_outcome: Option<String>,
    /// Print the progress after this time without another line; 0 is never; text has 3m by default
    /// (text and json) [env: BAKEWATCH_HEARTBEAT]
    #[arg(long, value_name = "DURATION", value_parser = heartbeat)]
    pub heartbeat: Option<Duration>,
    /// Do not ring the bell or send a desktop notification (tui)
    #[arg(long)]
    pub no_notify: bool,
}

/// The arguments of `config`: those that config.toml can set too.
#[derive(Debug, Args)]
pub struct ConfigArgs {
    #[command(flatten)]
    pub api: ApiArgs,
    #[command(flatten)]
    pub look: LookArgs,
}

/// The values of `--output`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// tui on a terminal, else text
    #[default]
    Auto,
    /// Full-screen terminal interface
    Tui,
    /// One aligned line per event
    Text,
    /// One JSON object per line
    Json,
}

/// The values of `--color`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal that supports them, unless NO_COLOR is set
    #[default]
    Auto,
    /// Even if the output is no terminal or NO_COLOR is set
    Always,
    /// Without colours
    Never,
}

/// The manual page of the program or of a command; `None` if there is no such command.
pub(crate) fn manual(command: Option<&str>) -> Option<String> {
    let mut described = Cli::command();
    // Gives each command its inherited version and its full name.
    described.build();
    if let Some(name) = command {
        described = described.find_subcommand(name)?.clone();
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(described).render(&mut page).ok()?;
    Some(String::from_utf8_lossy(&page).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::values::LONGEST;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn durations_parse_as_documented() {
        assert_eq!(duration("5s"), Ok(Duration::from_secs(5)));
        assert_eq!(duration("2m"), Ok(Duration::from_mins(2)));
        assert_eq!(interval("500ms"), Ok(Duration::from_millis(500)));
        assert!(interval("100ms").is_err());
        assert!(interval("300000years").is_err());
        assert!(duration("5 parsecs").is_err());
        for never in ["0", "0s", "0m"] {
            assert_eq!(heartbeat(never), Ok(Duration::ZERO), "{never}");
        }
        assert_eq!(heartbeat("3m"), Ok(Duration::from_mins(3)));
        assert!(heartbeat("3").is_err() && heartbeat("1ms").is_err() && heartbeat("2d").is_err());
        assert!(duration("99999999999999999999s").is_err());
        assert_eq!(duration("18446744073709551615s"), Ok(LONGEST));
        assert!(speed("NaN").is_err());
    }
}
