//! Writes a recording: appends the lines of each observation.
//!
//! Lines that can't be written stay in a backlog and are retried with the next observation, so that a temporarily full
//! disk leaves no gap.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use crate::domain::observation::Observation;
use crate::domain::outcome::Outcome;
use crate::recording::folder::Found;
use crate::recording::format::{Line, append, kind};
use crate::recording::transcript::Transcript;
use crate::recording::{Folder, Header, ReadError, Recording, folder};

/// The maximum backlog of a watch that has not found an image yet.
const MAX_BACKLOG_WITHOUT_IMAGE: usize = 64 * 1024;

/// The reason that a file can't be recorded to.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("{0}")]
    Io(#[from] io::Error),
    /// The file has other content.
    #[error("the file exists already: {0}")]
    OtherContent(#[from] ReadError),
    /// The file has content, and this watch resumes no recording.
    #[error("the file exists already; choose another file")]
    Exists,
    /// The file is the recording of another target.
    #[error("the file is the recording of {0}; choose another file")]
    OtherTarget(String),
    #[error("another watch is writing to it; choose another file")]
    InUse,
}

/// A recording in progress.
#[derive(Debug)]
pub struct Recorder {
    destination: Destination,
    transcript: Transcript,
    /// The lines that are not written yet.
    backlog: Vec<u8>,
    /// Whether there is something to record: a watch that never finds an image leaves no file.
    has_content: bool,
}

#[derive(Debug)]
enum Destination {
    /// The file is not created yet.
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
    /// Records in the folder of all recordings. With `resumes`, resumes and returns the recording of an earlier watch, if
    /// there is one.
    pub fn in_folder(folder: Folder, header: Header, resumes: bool) -> (Self, Option<Recording>) {
        let found = resumes.then(|| folder.resumable(&header)).flatten();
        let at = header.started_at;
        match found.and_then(|found| Self::resume(found, at).ok()) {
            Some((recorder, recording)) => (recorder, Some(recording)),
            None => (Self::new(Destination::Folder { folder, header }), None),
        }
    }

    /// Records in a file. With `resumes`, resumes and returns its recording of the same target.
    ///
    /// # Errors
    /// If the file can't be opened, or has other content.
    pub fn in_file(
        path: &Path,
        header: &Header,
        resumes: bool,
    ) -> Result<(Self, Option<Recording>), OpenError> {
        let metadata = match fs::metadata(path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let file = folder::create(path)?;
                return Ok((Self::in_empty_file(file, path, header), None));
            }
            Err(error) => return Err(error.into()),
        };
        let file = folder::append_to(path)?;
        if !metadata.is_file() {
            return Ok((Self::in_empty_file(file, path, header), None));
        }
        if matches!(file.try_lock(), Err(fs::TryLockError::WouldBlock)) {
            return Err(OpenError::InUse);
        }
        let recording = match Recording::open(path) {
            Err(ReadError::Empty) => return Ok((Self::in_empty_file(file, path, header), None)),
            recording => recording?,
        };
        if !resumes {
            return Err(OpenError::Exists);
        }
        if !recording.header.has_same_target(header) {
            return Err(OpenError::OtherTarget(recording.header.image_id));
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

    fn new(destination: Destination) -> Self {
        Self {
            destination,
            transcript: Transcript::default(),
            backlog: Vec::new(),
            has_content: false,
        }
    }

    /// A recording in an empty file, or in something that is not a regular file.
    fn in_empty_file(file: File, path: &Path, header: &Header) -> Self {
        let path = path.to_owned();
        let mut recorder = Self::new(Destination::File { file, path });
        append(header, &mut recorder.backlog);
        recorder.has_content = true;
        recorder
    }

    /// Appends to an existing recording, on a new line.
    fn resume(found: Found, at: DateTime<Utc>) -> io::Result<(Self, Recording)> {
        let Found {
            file,
            path,
            recording,
        } = found;
        if recording.torn {
            file.set_len(recording.valid_bytes)?;
        }
        let mut recorder = Self::new(Destination::File { file, path });
        if !recording.ends_with_newline {
            recorder.backlog.push(b'\n');
        }
        let resumed = Line {
            program: Some(env!("CARGO_PKG_VERSION").into()),
            ..Line::new(kind::RESUMED, at)
        };
        resumed.write(&mut recorder.backlog);
        Ok((recorder, recording))
    }

    /// The path of the file, or of the folder if there is no file yet.
    pub fn path(&self) -> &Path {
        match &self.destination {
            Destination::Folder { folder, .. } => folder.path(),
            Destination::File { path, .. } => path,
        }
    }

    /// Writes the lines of an observation.
    ///
    /// # Errors
    /// If a write fails. Nothing is lost: the next call retries.
    pub fn record(&mut self, observation: &Observation) -> io::Result<()> {
        self.backlog.append(&mut self.transcript.add(observation));
        self.has_content |= self.transcript.has_found_image();
        if !self.has_content {
            if self.backlog.len() > MAX_BACKLOG_WITHOUT_IMAGE
                && matches!(self.destination, Destination::Folder { .. })
            {
                self.backlog.clear();
            }
            return Ok(());
        }
        self.flush()
    }

    /// Writes the outcome.
    ///
    /// # Errors
    /// If a write fails.
    pub fn end(&mut self, outcome: &Outcome, at: DateTime<Utc>) -> io::Result<()> {
        if !self.has_content {
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
        if let Destination::File { file, .. } = &self.destination
            && file.metadata()?.nlink() == 0
        {
            let why = "the file was removed";
            return Err(io::Error::new(io::ErrorKind::NotFound, why));
        }
        if self.backlog.is_empty() {
            return Ok(());
        }
        let file = match &mut self.destination {
            Destination::File { file, .. } => file,
            Destination::Folder { folder, header } => {
                let (file, path) = folder.create(header)?;
                let mut begin = Vec::new();
                append(header, &mut begin);
                self.backlog.splice(0..0, begin);
                self.destination = Destination::File { file, path };
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
