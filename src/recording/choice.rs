//! Chooses the recording that a watch resumes, among those of its target: that of the newest build. Tests:
//! `tests/it/recording/choice.rs`.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use crate::domain::image::ImageAnswer;
use crate::domain::observation::Seen;
use crate::file;
use crate::recording::folder::{Found, header_of, is_still_at};
use crate::recording::history::{Content, read_outcome};
use crate::recording::{Header, Recording};
use crate::text::safe::SafeText;

/// A recording that may be resumed.
pub(crate) struct Candidate {
    pub(crate) path: PathBuf,
    /// The recording, if it had to be read to compare it with others.
    recording: Option<Recording>,
}

/// One of several candidates.
struct Ranked {
    candidate: Candidate,
    rank: Rank,
    has_stack: bool,
    ami_id: Option<SafeText>,
}

/// The order of recordings to resume: by the beginning of their build, then by the number of its events. The copy of a
/// recording of an older format comes after it.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    began: DateTime<Utc>,
    events: usize,
    version: u32,
}

impl Ranked {
    fn read(path: PathBuf) -> Option<Self> {
        let Content {
            header,
            outcome,
            recording,
        } = read_outcome(&path).ok()?;
        // Only the AMI of a build may be recorded: its time is close enough to compare builds.
        let began = outcome.started_at.or(outcome.ended_at);
        let rank = Rank {
            began: began.unwrap_or(header.started_at),
            events: outcome.events,
            version: header.version,
        };
        let described = recording.as_ref().and_then(last_ami);
        Some(Self {
            candidate: Candidate { path, recording },
            rank,
            has_stack: outcome.started_at.is_some(),
            ami_id: outcome.ami_id.or(described),
        })
    }
}

impl Candidate {
    /// Locks and reads the recording; `None` if another watch is writing to it.
    pub(crate) fn lock(self) -> Option<Found> {
        let file = file::append_to(&self.path).ok()?;
        file.try_lock().ok()?;
        if !is_still_at(&file, &self.path) {
            return None;
        }
        let length = file.metadata().ok()?.len();
        let is_whole = |read: &Recording| !read.torn && read.valid_bytes == length;
        let recording = match self.recording.filter(is_whole) {
            Some(recording) => recording,
            // Another watch may have written to it since.
            None => Recording::open_short(&self.path).ok()?,
        };
        Some(Found {
            file,
            path: self.path,
            recording,
        })
    }

    /// The recording, if it was read: the caller has locked it since before that.
    pub(crate) fn into_recording(self) -> Option<Recording> {
        self.recording
    }
}

/// The recording of the newest build among files; those of other targets are no candidates.
pub(crate) fn newest(paths: Vec<PathBuf>, wanted: &Header) -> Option<Candidate> {
    let is_of_target =
        |path: &Path| header_of(path).is_some_and(|header| header.has_same_target(wanted));
    let mut paths: Vec<_> = paths
        .into_iter()
        .filter(|path| is_of_target(path))
        .collect();
    if paths.len() == 1 {
        // It is read once it is locked; its rank would have to be derived from its events.
        let (path, recording) = (paths.remove(0), None);
        return Some(Candidate { path, recording });
    }
    let mut ranked: Vec<_> = paths.into_iter().filter_map(Ranked::read).collect();
    ranked.sort_by(|one, other| {
        let by_rank = one.rank.cmp(&other.rank);
        by_rank.then_with(|| one.candidate.path.cmp(&other.candidate.path))
    });
    let newest = ranked.pop()?;
    if newest.has_stack || newest.ami_id.is_none() {
        return Some(newest.candidate);
    }
    // A recording of the same build with its events.
    let has_more = |one: &Ranked| one.has_stack && one.ami_id == newest.ami_id;
    let fuller = ranked.iter().rposition(has_more);
    Some(fuller.map_or(newest, |at| ranked.swap_remove(at)).candidate)
}

/// The AMI that a recording describes, whether or not it decided the verdict.
fn last_ami(recording: &Recording) -> Option<SafeText> {
    let mut observations = recording.observations.iter().rev();
    observations.find_map(|observation| match &observation.seen {
        Seen::Image(ImageAnswer::Described(image)) => Some(image.ami.as_ref()?.id.clone()),
        _ => None,
    })
}
