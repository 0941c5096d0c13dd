//! The title of the terminal's window and its progress bar (OSC 9;4): what the build is doing, for a user who looks at
//! another window. Only on terminals that are known to take them; `terminal` restores both.

use std::time::Duration;

use tokio::time::Instant;

use crate::app::model::Model;
use crate::config::TerminalCapabilities;
use crate::domain::verdict::Verdict;
use crate::text::safe::{SafeText, one_line};
use crate::text::width::truncate;

/// The shortest time between two changes.
const EVERY: Duration = Duration::from_secs(1);
/// The columns of a title.
const LONGEST: usize = 60;

/// No progress bar, as a terminal begins.
const NO_PROGRESS: &str = "0;0";

/// The state of the window.
#[derive(Debug)]
pub(crate) struct Window {
    capabilities: TerminalCapabilities,
    title: String,
    progress: String,
    next: Instant,
}

impl Window {
    pub(crate) fn new(capabilities: TerminalCapabilities) -> Self {
        Self {
            capabilities,
            title: String::new(),
            progress: NO_PROGRESS.to_owned(),
            next: Instant::now(),
        }
    }

    /// The sequences that show the state of the build, if they change anything and are due.
    pub(crate) fn show(&mut self, model: &Model) -> String {
        let now = Instant::now();
        if now < self.next {
            return String::new();
        }
        let mut sequences = String::new();
        let title = title(model);
        if self.capabilities.title && title != self.title {
            sequences = format!("\x1b]2;{title}\x1b\\");
            self.title = title;
        }
        let progress = progress(model);
        if self.capabilities.progress && progress != self.progress {
            sequences += &["\x1b]9;4;", &progress, "\x1b\\"].concat();
            self.progress = progress;
        }
        if !sequences.is_empty() {
            self.next = now + EVERY;
        }
        sequences
    }

    /// The terminal has been restored, or another program has used it: everything is to be shown again.
    pub(crate) fn forget(&mut self) {
        *self = Self::new(self.capabilities);
    }
}

/// The image id and the verdict, without anything that changes every second.
fn title(model: &Model) -> String {
    let session = &model.shown;
    let label = model.label(session.id).map(|label| label.text);
    let image = label.unwrap_or_else(|| one_line(SafeText::new(&session.target.image_id).as_str()));
    let verdict = session.verdict().label();
    format!("{verdict} {}", truncate(&image, LONGEST, "..."))
}

/// The state and the percentage, in the numbers of the sequence.
fn progress(model: &Model) -> String {
    const FAILED: &str = "2;100";
    const UNKNOWN: &str = "3;0";
    match model.shown.build.verdict() {
        Verdict::Failed | Verdict::Failing | Verdict::RollingBack => FAILED.to_owned(),
        Verdict::Building | Verdict::Finishing => {
            percent(model).map_or_else(|| UNKNOWN.to_owned(), |percent| format!("1;{percent}"))
        }
        _ => NO_PROGRESS.to_owned(),
    }
}

/// How much of the estimated time has passed. It is never all of it: the build is not at its end.
fn percent(model: &Model) -> Option<i64> {
    let left = model.estimate()?.left.num_seconds().max(0);
    let elapsed = model.shown.build.elapsed(model.now)?.num_seconds().max(0);
    let whole = (elapsed + left).max(1);
    Some((elapsed * 100 / whole).clamp(1, 99))
}
