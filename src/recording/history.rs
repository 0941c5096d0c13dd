//! The outcomes of all recordings, for the history and the typical duration. A watch that ended normally has written
//! its outcome to the last line, so that listing is fast, however long the recordings are. Tests:
//! `tests/it/recording/history.rs`.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use crate::domain::build::Build;
use crate::domain::estimate::{TypicalDuration, TypicalTimes, typical};
use crate::domain::outcome::{Outcome, RecordedWatch};
use crate::domain::verdict::OutcomeKind;
use crate::file;
use crate::recording::folder::{header_of, modified, short_name};
use crate::recording::format::{Line, kind};
use crate::recording::{Folder, Header, ReadError, Recording, VERSION};
use crate::text::safe::SafeText;

/// The bytes at the end of a file that nearly always contain its last line; a longer line needs more of them.
const TAIL: u64 = 8 * 1024;
/// The maximum bytes of a summary.
const MAX_SUMMARY: u64 = 1024 * 1024;
/// The number of builds that determine the typical duration.
const TYPICAL_BUILDS: usize = 5;

impl Folder {
    /// Every recording, that of the newest build first.
    ///
    /// # Errors
    /// If the folder exists and can't be read. Unreadable recordings are in the list.
    pub fn history(&self) -> io::Result<Vec<RecordedWatch>> {
        let files = self.files()?.into_iter();
        let mut watches: Vec<_> = files.map(listed).collect();
        let order = |one: &Listed| (one.watch.began, one.events(), one.watch.file.clone());
        watches.sort_by_cached_key(|one| std::cmp::Reverse(order(one)));
        let watches = without_copied(watches).into_iter();
        Ok(watches.map(|listed| listed.watch).collect())
    }

    /// The typical duration of the user's last successful builds. Only first and last lines are read, because every watch
    /// calls this at its start.
    pub fn typical(&self) -> Option<TypicalDuration> {
        self.expectation().map(|(duration, _)| duration)
    }

    /// The same, and the usual durations of the steps and the resources.
    pub fn expectation(&self) -> Option<(TypicalDuration, TypicalTimes)> {
        let files = self.files().unwrap_or_default();
        let mut builds: Vec<_> = files
            .iter()
            .filter_map(|file| {
                let header = header_of(file).filter(|header| !header.is_simulated())?;
                let outcome = summarised_outcome(file, &header)?;
                let took = outcome
                    .took()
                    .filter(|_| outcome.kind == OutcomeKind::Succeeded)?;
                Some((
                    outcome.ended_at?,
                    header.image_id,
                    outcome.started_at?,
                    took,
                    (outcome.steps, outcome.resources),
                ))
            })
            .collect();
        builds.sort_by_key(|(ended, image, began, took, _)| {
            std::cmp::Reverse((*ended, image.clone(), *began, *took))
        });
        // Two watches of one build have one recording each.
        builds.dedup_by(|one, other| (&one.1, one.2) == (&other.1, other.2));
        builds.truncate(TYPICAL_BUILDS);
        let duration = typical(builds.iter().map(|build| build.3).collect())?;
        let (steps, resources): (Vec<_>, Vec<_>) = builds.into_iter().map(|build| build.4).unzip();
        let (steps, resources) = (steps.into_iter(), resources.into_iter());
        Some((
            duration,
            TypicalTimes::of(steps.flatten(), resources.flatten()),
        ))
    }
}

/// A recording in the list, with its header if it is readable.
struct Listed {
    watch: RecordedWatch,
    header: Option<Header>,
}

impl Listed {
    fn events(&self) -> usize {
        self.watch.outcome.as_ref().map_or(0, |end| end.events)
    }

    /// Whether this begins with the events of another recording, which is of an older format.
    fn is_copy_of(&self, other: &Self) -> bool {
        let began = |listed: &Self| listed.watch.outcome.as_ref().ok()?.started_at;
        let (Some(own), Some(older)) = (&self.header, &other.header) else {
            return false;
        };
        older.version < VERSION
            && own.version >= VERSION
            && own.has_same_target(older)
            && began(self).is_some()
            && began(self) == began(other)
            && self.events() >= other.events()
    }
}

/// Without the recordings of an older format that were resumed by a copy: a copy resumes the longest of them.
fn without_copied(watches: Vec<Listed>) -> Vec<Listed> {
    let mut copied = BTreeSet::new();
    for copy in &watches {
        let mut others = watches.iter().enumerate();
        let older = others.find(|(at, other)| !copied.contains(at) && copy.is_copy_of(other));
        copied.extend(older.map(|(at, _)| at));
    }
    let all = watches.into_iter().enumerate();
    all.filter(|(at, _)| !copied.contains(at))
        .map(|(_, listed)| listed)
        .collect()
}

fn listed(file: PathBuf) -> Listed {
    let name = match short_name(&file) {
        Some(short) => SafeText::new(short),
        None => SafeText::new(&file.file_stem().unwrap_or_default().to_string_lossy()),
    };
    match read_outcome(&file) {
        Ok(Content {
            header, outcome, ..
        }) => Listed {
            watch: RecordedWatch {
                name,
                file,
                began: outcome.started_at.unwrap_or(header.started_at),
                outcome: Ok(outcome),
            },
            header: Some(header),
        },
        Err(error) => Listed {
            watch: RecordedWatch {
                name,
                began: modified(&file).unwrap_or(DateTime::<Utc>::UNIX_EPOCH),
                file,
                outcome: Err(SafeText::new(&error.to_string())),
            },
            header: None,
        },
    }
}

/// What a list of recordings needs of one.
pub(crate) struct Content {
    pub(crate) header: Header,
    pub(crate) outcome: Outcome,
    /// The recording, if it had to be read for the outcome.
    pub(crate) recording: Option<Recording>,
}

/// The header and the outcome of a recording. Where the API has not reported a region, it is the requested one.
pub(crate) fn read_outcome(file: &Path) -> Result<Content, ReadError> {
    let header = header_of(file);
    let summarised = header.and_then(|header| {
        let outcome = summarised_outcome(file, &header)?;
        Some((header, outcome, None))
    });
    let (header, mut outcome, recording) = match summarised {
        Some((header, outcome, none)) if !is_outdated(&outcome) => (header, outcome, none),
        summarised => {
            let recording = Recording::open_short(file)?;
            let build = Build::of(&recording.observations);
            let outcome = Outcome::of(&build, &recording.header.image_id);
            let has_events = build.current().is_some();
            let summarised = summarised.filter(|_| !has_events);
            summarised.unwrap_or_else(|| (recording.header.clone(), outcome, Some(recording)))
        }
    };
    let requested = || header.region.as_deref().map(SafeText::new);
    outcome.region = outcome.region.or_else(requested);
    Ok(Content {
        header,
        outcome,
        recording,
    })
}

/// Whether an older version may have written the summary, which knew fewer verdicts and did not say why a build failed.
fn is_outdated(outcome: &Outcome) -> bool {
    let is_failure = matches!(outcome.kind, OutcomeKind::Failed | OutcomeKind::Deleted);
    is_failure && outcome.summary.is_none()
}

/// The outcome by the summary in a recording's last line; `None` while a watch writes to it, or if it was killed.
fn summarised_outcome(file: &Path, header: &Header) -> Option<Outcome> {
    let line = last_line(&mut file::open(file).ok()?).ok()??;
    let line: Line<'_> = serde_json::from_slice(&line).ok()?;
    let summary = line.summary.filter(|_| line.kind == kind::ENDED)?;
    Some(summary.outcome(header))
}

/// The last line of a file, without its line break; `None` if it is incomplete or too long.
fn last_line(file: &mut File) -> io::Result<Option<Vec<u8>>> {
    let length = file.metadata()?.len();
    let mut size = TAIL;
    loop {
        let begin = length.saturating_sub(size);
        file.seek(SeekFrom::Start(begin))?;
        let mut end = Vec::new();
        Read::by_ref(file).take(size).read_to_end(&mut end)?;
        if end.pop() != Some(b'\n') {
            return Ok(None);
        }
        if let Some(line_break) = end.iter().rposition(|byte| *byte == b'\n') {
            return Ok(Some(end.split_off(line_break + 1)));
        }
        if begin == 0 || size >= MAX_SUMMARY {
            return Ok(None);
        }
        size *= 4;
    }
}
