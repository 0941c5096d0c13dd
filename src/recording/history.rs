//! What all recordings say in a few words each. A recording that ended in good order says it in its last line,
//! so that a list of them is quick to make, however long they are.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use crate::domain::build::Build;
use crate::domain::estimate::{TypicalDuration, typical};
use crate::domain::summary::{RecordedBuild, RecordedWatch, Summary};
use crate::domain::verdict::Outcome;
use crate::recording::folder::{header_of, modified};
use crate::recording::format::{Line, kind};
use crate::recording::{Folder, Header, ReadError, Recording};
use crate::text::safe::SafeText;

/// Bytes of a file's end that hold its last line, nearly always; a longer line is looked for in more of them.
const END: u64 = 8 * 1024;
/// No summary is longer, in bytes.
const LONGEST: u64 = 1024 * 1024;
/// How many builds tell how long builds usually take.
const TYPICAL_OF: usize = 5;

impl Folder {
    /// Every recording, that of the newest build first.
    ///
    /// # Errors
    /// Where the folder is there and can't be read. Recordings that can't be read are in the list.
    pub fn history(&self) -> io::Result<Vec<RecordedWatch>> {
        let mut watches: Vec<_> = self.files()?.into_iter().map(recorded_watch).collect();
        watches.sort_by(|one, other| other.began.cmp(&one.began).then(one.file.cmp(&other.file)));
        Ok(watches)
    }

    /// How long the person's last successful builds took. Only last lines are read: this is asked for when a
    /// watch begins.
    pub fn typical(&self) -> Option<TypicalDuration> {
        let files = self.files().unwrap_or_default();
        let mut builds: Vec<_> = files
            .iter()
            .filter_map(|file| {
                let summary = last_summary(file)?;
                let took = summary
                    .took()
                    .filter(|_| summary.outcome == Outcome::Succeeded)?;
                let header = header_of(file).filter(Header::is_of_an_api)?;
                Some((
                    summary.ended_at?,
                    header.image_id,
                    summary.started_at?,
                    took,
                ))
            })
            .collect();
        builds.sort_unstable_by(|one, other| other.cmp(one));
        // Two watches of one build have a recording each.
        builds.dedup_by(|one, other| (&one.1, one.2) == (&other.1, other.2));
        let newest = builds.into_iter().take(TYPICAL_OF);
        typical(newest.map(|(.., took)| took).collect())
    }
}

fn recorded_watch(file: PathBuf) -> RecordedWatch {
    match told(&file) {
        Ok((header, summary)) => RecordedWatch {
            file,
            began: summary.started_at.unwrap_or(header.started_at),
            build: Ok(RecordedBuild {
                image_id: SafeText::new(&header.image_id),
                region: header.region.as_deref().map(SafeText::new),
                summary,
            }),
        },
        Err(error) => RecordedWatch {
            began: modified(&file).unwrap_or(DateTime::<Utc>::UNIX_EPOCH),
            file,
            build: Err(SafeText::new(&error.to_string())),
        },
    }
}

fn told(file: &Path) -> Result<(Header, Summary), ReadError> {
    if let (Some(header), Some(summary)) = (header_of(file), last_summary(file)) {
        return Ok((header, summary));
    }
    let recording = Recording::open(file)?;
    let summary = Summary::of(&Build::of(&recording.reports));
    Ok((recording.header, summary))
}

/// The summary in a recording's last line; nothing where a watch goes on with it, or was killed.
fn last_summary(file: &Path) -> Option<Summary> {
    let line = last_line(&mut File::open(file).ok()?).ok()??;
    let line: Line<'_> = serde_json::from_slice(&line).ok()?;
    let summary = line.summary.filter(|_| line.kind == kind::ENDED)?;
    Some(Summary::from(&summary))
}

/// The last line of a file, without its line break; nothing where it has none, or is too long.
fn last_line(file: &mut File) -> io::Result<Option<Vec<u8>>> {
    let length = file.metadata()?.len();
    let mut size = END;
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
        if begin == 0 || size >= LONGEST {
            return Ok(None);
        }
        size *= 4;
    }
}
