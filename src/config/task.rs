//! The task of a run, with all that it needs: made from the settings, carried out by the runtime.

use std::path::PathBuf;
use std::time::Duration;

use crate::app::keys::keymap::KeyMap;
use crate::cli::{ReplaySpeed, SimulatedService};
use crate::config::capabilities::TerminalCapabilities;
use crate::config::headers::ExtraHeader;
use crate::config::keys::Keys;
use crate::config::layers::Setting;
use crate::config::themes::ByBackground;
use crate::domain::listing::ListedStatus;
use crate::style::Theme;

/// The task of this run.
#[derive(Debug)]
pub enum Task {
    Watch(Box<Settings>),
    Check(Box<Check>),
    List(Box<List>),
    Diff(Box<Diff>),
    ShowLog(Box<ShowLog>),
    History(History),
    /// Print the image ids of the recordings in a folder.
    RecordedIds(Option<PathBuf>),
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

/// The `diff` command.
#[derive(Debug)]
pub struct Diff {
    /// The two names, and the settings to read the build with if it is not recorded but a target.
    pub builds: [(String, Option<Box<ApiSettings>>); 2],
    /// The region of a build whose name has none: another one's recording is not of this build.
    pub region: Option<String>,
    /// The folder of all recordings; `None` without a home folder.
    pub recordings: Option<PathBuf>,
    pub format: TableFormat,
}

/// The `list` command.
#[derive(Debug)]
pub struct List {
    /// The settings of any image.
    pub account: ApiSettings,
    /// `None`: all.
    pub status: Option<ListedStatus>,
    pub format: TableFormat,
}

/// The `history` command.
#[derive(Debug)]
pub struct History {
    /// The folder of all recordings; `None` without a home folder.
    pub recordings: Option<PathBuf>,
    pub format: TableFormat,
}

/// The format of lists and of differences.
#[derive(Debug)]
pub enum TableFormat {
    Text {
        theme: Box<Theme>,
        /// Whether to show times in UTC.
        utc: bool,
        /// The width that the environment asks for.
        columns: Option<usize>,
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
    /// The region of the settings, which chooses between recordings of one image ID after that of AWS.
    pub region: Option<String>,
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
