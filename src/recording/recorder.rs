//! Writes a watch's recording: after each report what it adds, as far as the disk takes it.
//!
//! What can't be written is kept and tried again with the next report, so that a disk that is full for a
//! while leaves no hole.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use crate::domain::image::ImageAnswer;
use crate::domain::observation::{Observation, Seen};
use crate::domain::outcome::Outcome;
use crate::recording::folder::Found;
use crate::recording::format::{Line, append, kind};
use crate::recording::transcript::Transcript;
use crate::recording::{Folder, Header, ReadError, Recording, folder};

/// How much is kept of a watch that has heard nothing yet but that there is nothing.
const MOST_OF_NOTHING: usize = 64 * 1024;

/// Why a file can't take a recording.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It can't be opened or made.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// Something else is in it.
    #[error("it is there already, and {0}")]
    Taken(#[from] ReadError),
    /// Something is in it, and this watch goes on with none.
    #[error("it is there already; name another file")]
    Exists,
    /// It is the recording of something else.
    #[error("it is the recording of {0} already; name another file")]
    OfAnother(String),
    /// Another watch writes to it.
    #[error("another watch is writing to it; name another file")]
    InUse,
}

/// A recording that is being written.
#[derive(Debug)]
pub struct Recorder {
    place: Place,
    transcript: Transcript,
    /// What has not been written yet.
    backlog: Vec<u8>,
    /// Whether there is something to record: a watch that never hears of an image leaves no file behind.
    begun: bool,
}

#[derive(Debug)]
enum Place {
    /// No file has been made yet.
    Folder {
        folder: Folder,
        header: Header,
    },
    File {
        file: File,
        path: PathBuf,
    },
}

impl Recorder {
    /// Records in the folder of all recordings. Goes on with the recording of an earlier watch where there is
    /// one, which is returned; unless that is not wanted.
    pub fn in_folder(folder: Folder, header: Header, resumes: bool) -> (Self, Option<Recording>) {
        let found = resumes.then(|| folder.resumable(&header)).flatten();
        let at = header.started_at;
        match found.and_then(|found| Self::resume(found, at).ok()) {
            Some((recorder, recording)) => (recorder, Some(recording)),
            None => (Self::new(Place::Folder { folder, header }), None),
        }
    }

    /// Records in a file. Goes on with what is in it where that is a recording of the same, and is wanted.
    ///
    /// # Errors
    /// Where the file can't be opened, or something else is in it.
    pub fn in_file(
        path: &Path,
        header: &Header,
        resumes: bool,
    ) -> Result<(Self, Option<Recording>), OpenError> {
        let metadata = match fs::metadata(path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let file = folder::create(path)?;
                return Ok((Self::afresh(file, path, header), None));
            }
            Err(error) => return Err(error.into()),
        };
        let file = folder::append_to(path)?;
        if !metadata.is_file() {
            return Ok((Self::afresh(file, path, header), None));
        }
        if matches!(file.try_lock(), Err(fs::TryLockError::WouldBlock)) {
            return Err(OpenError::InUse);
        }
        let recording = match Recording::open(path) {
            Err(ReadError::Empty) => return Ok((Self::afresh(file, path, header), None)),
            recording => recording?,
        };
        if !resumes {
            return Err(OpenError::Exists);
        }
        if !recording.header.asks_the_same_as(header) {
            return Err(OpenError::OfAnother(recording.header.image_id));
        }
        let path = path.to_owned();
        let found = Found {
            file,
            path,
            recording,
        };
        let (recorder, recording) = Self::resume(found, header.started_at)?;
        Ok((recorder, Some(recording)))
    }

    fn new(place: Place) -> Self {
        Self {
            place,
            transcript: Transcript::default(),
            backlog: Vec::new(),
            begun: false,
        }
    }

    /// A recording in a file that is empty, or no file at all.
    fn afresh(file: File, path: &Path, header: &Header) -> Self {
        let path = path.to_owned();
        let mut recorder = Self::new(Place::File { file, path });
        append(header, &mut recorder.backlog);
        recorder.begun = true;
        recorder
    }

    /// Goes on where an earlier watch ended, on a line of its own.
    fn resume(found: Found, at: DateTime<Utc>) -> io::Result<(Self, Recording)> {
        let Found {
            file,
            path,
            recording,
        } = found;
        if recording.torn {
            file.set_len(recording.whole)?;
        }
        let mut recorder = Self::new(Place::File { file, path });
        if !recording.closed {
            recorder.backlog.push(b'\n');
        }
        let resumed = Line {
            program: Some(env!("CARGO_PKG_VERSION").into()),
            ..Line::new(kind::RESUMED, at)
        };
        resumed.write(&mut recorder.backlog);
        Ok((recorder, recording))
    }

    /// Where the recording is: the file, or the folder where there is no file yet.
    pub fn path(&self) -> &Path {
        match &self.place {
            Place::Folder { folder, .. } => folder.path(),
            Place::File { path, .. } => path,
        }
    }

    /// Writes what a report adds.
    ///
    /// # Errors
    /// Where it can't be written yet. Nothing is lost: the next call tries again.
    pub fn record(&mut self, report: &Observation) -> io::Result<()> {
        self.backlog.append(&mut self.transcript.add(report));
        self.begun |= match &report.news {
            Seen::Page(_) => true,
            Seen::Image(answer) => *answer != ImageAnswer::Absent,
            _ => false,
        };
        if !self.begun {
            if self.backlog.len() > MOST_OF_NOTHING && matches!(self.place, Place::Folder { .. }) {
                self.backlog.clear();
            }
            return Ok(());
        }
        self.flush()
    }

    /// Writes how the watch ended.
    ///
    /// # Errors
    /// Where it can't be written.
    pub fn end(&mut self, outcome: &Outcome, at: DateTime<Utc>) -> io::Result<()> {
        if !self.begun {
            return Ok(());
        }
        let ended = Line {
            summary: Some(outcome.into()),
            ..Line::new(kind::ENDED, at)
        };
        ended.write(&mut self.backlog);
        self.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        if let Place::File { file, .. } = &self.place
            && file.metadata()?.nlink() == 0
        {
            let why = "the file was removed";
            return Err(io::Error::new(io::ErrorKind::NotFound, why));
        }
        if self.backlog.is_empty() {
            return Ok(());
        }
        let file = match &mut self.place {
            Place::File { file, .. } => file,
            Place::Folder { folder, header } => {
                let (file, path) = folder.create(header)?;
                let mut begin = Vec::new();
                append(header, &mut begin);
                self.backlog.splice(0..0, begin);
                self.place = Place::File { file, path };
                return self.flush();
            }
        };
        while !self.backlog.is_empty() {
            match file.write(&self.backlog) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => drop(self.backlog.drain(..written)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
