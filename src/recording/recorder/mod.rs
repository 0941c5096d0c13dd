//! Writes a recording: appends the lines of each observation.
//!
//! Lines that can't be written stay in a backlog and are retried with the next observation, so that a temporarily full
//! disk leaves no gap.

mod earlier;

use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use crate::domain::observation::Observation;
use crate::domain::outcome::Outcome;
use crate::domain::resume::Standing;
use crate::file;
use crate::recording::choice::{self, Candidate};
use crate::recording::format::{Line, append, kind};
use crate::recording::lines::{self, Lines};
use crate::recording::log_file::LogFile;
use crate::recording::named::{NamedFile, OpenError};
use crate::recording::recorder::earlier::Earlier;
use crate::recording::transcript::Transcript;
use crate::recording::{Folder, Header, Recording, VERSION, named};

/// The maximum backlog of a watch that has not found an image yet.
const MAX_BACKLOG_WITHOUT_IMAGE: usize = 64 * 1024;
/// A recording in progress.
#[derive(Debug)]
pub struct Recorder {
    destination: Destination,
    /// The header, until it is written.
    header: Option<Header>,
    transcript: Transcript,
    /// The build log.
    log: LogFile,
    /// The lines that are not written yet.
    backlog: Vec<u8>,
    /// Whether there is something to record: a watch that never finds an image leaves no file.
    has_content: bool,
    /// The file of an older format that this recording begins with, or of another build: locked, so that no other watch
    /// resumes it.
    older: Option<File>,
    /// What to tell the user about the file.
    note: Option<String>,
    /// The recording of an earlier watch, until it is known whether its build is the present one.
    earlier: Option<Box<Earlier>>,
}

#[derive(Debug)]
enum Destination {
    /// The file is not created yet.
    New(Place),
    File {
        file: File,
        path: PathBuf,
    },
}

/// Where a new recording is.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    Folder(Folder),
    /// In a file with a number, beside the one that the user has named, and why.
    Beside {
        file: PathBuf,
        why: String,
    },
}

impl Place {
    fn path(&self) -> &Path {
        match self {
            Self::Folder(folder) => folder.path(),
            Self::Beside { file, .. } => file,
        }
    }
}

impl Recorder {
    /// Records in the folder of all recordings. With `resumes`, resumes and returns the recording of an earlier watch, if
    /// there is one. Writes nothing.
    pub fn in_folder(folder: Folder, header: Header, resumes: bool) -> (Self, Option<Recording>) {
        // Another watch may be writing to it: then each of the two has its own recording.
        let newest = resumes.then(|| choice::newest(folder.of(&header), &header));
        let found = newest.flatten().and_then(Candidate::lock);
        let place = Place::Folder(folder);
        let opened = found.and_then(|found| {
            let recording = found.recording.clone();
            let recorder = Self::compare(found, &header, place.clone()).ok()?;
            Some((recorder, Some(recording)))
        });
        opened.unwrap_or_else(|| (Self::in_place(place, header), None))
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
        Self::in_named(NamedFile::open(path, header, resumes)?, header)
    }

    /// Records in an open file, or resumes and returns its recording. Writes nothing.
    pub(crate) fn in_named(
        named: NamedFile,
        header: &Header,
    ) -> Result<(Self, Option<Recording>), OpenError> {
        let path = named.path.clone();
        if !named.has_recording() {
            return Ok((Self::in_empty_file(named.file, path, header), None));
        }
        let found = named.find(header)?;
        let recording = found.recording.clone();
        let earlier = found.path.display();
        let why = format!("{earlier} is the recording of an earlier build of this image");
        let place = Place::Beside { file: path, why };
        Ok((Self::compare(found, header, place)?, Some(recording)))
    }

    /// A new recording.
    pub(crate) fn in_place(place: Place, header: Header) -> Self {
        let has_content = matches!(place, Place::Beside { .. });
        let mut recorder = Self::new(Destination::New(place), Some(header));
        recorder.has_content = has_content;
        recorder
    }

    fn new(destination: Destination, header: Option<Header>) -> Self {
        Self {
            destination,
            header,
            transcript: Transcript::default(),
            log: LogFile::default(),
            backlog: Vec::new(),
            has_content: false,
            older: None,
            note: None,
            earlier: None,
        }
    }

    /// A recording in an empty file, or in something that is not a regular file.
    fn in_empty_file(file: File, path: PathBuf, header: &Header) -> Self {
        file::keep_private(&file);
        let mut recorder = Self::new(Destination::File { file, path }, Some(header.clone()));
        recorder.has_content = true;
        recorder
    }

    /// The path of the file, or of the folder if there is no file yet.
    pub fn path(&self) -> &Path {
        match &self.destination {
            Destination::New(place) => place.path(),
            Destination::File { path, .. } => path,
        }
    }

    /// What to tell the user about the file, once.
    pub(crate) fn take_note(&mut self) -> Option<String> {
        self.note.take()
    }

    /// Writes the lines of an observation.
    ///
    /// # Errors
    /// If a write fails. Nothing is lost: the next call retries.
    pub fn record(&mut self, observation: &Observation) -> io::Result<()> {
        self.log.add(observation);
        if self.decide(observation)? {
            return Ok(());
        }
        let (transcript, mut lines) = self.writing();
        transcript.add(observation, &mut lines);
        self.has_content |= self.transcript.has_found_image();
        if !self.has_content {
            if self.backlog.len() > MAX_BACKLOG_WITHOUT_IMAGE
                && matches!(self.destination, Destination::New(_))
            {
                self.backlog.clear();
            }
            return Ok(());
        }
        self.flush()
    }

    /// Writes the outcome. A recording that this watch has learned nothing new about stays as it is.
    ///
    /// # Errors
    /// If a write fails.
    pub fn end(&mut self, outcome: &Outcome, at: DateTime<Utc>) -> io::Result<()> {
        let written = self.write_end(outcome, at);
        if let Destination::File { file, .. } = &self.destination {
            // A process that is being started may still have the file, and with it the lock.
            let _ = file.unlock();
        }
        written
    }

    fn write_end(&mut self, outcome: &Outcome, at: DateTime<Utc>) -> io::Result<()> {
        let unfinished = self.earlier.as_ref().filter(|earlier| !earlier.has_ended);
        let identity = unfinished.and_then(|earlier| earlier.identity.as_ref());
        if identity.is_some_and(|identity| identity.standing() == Standing::Gone) {
            self.leave_open(Self::continue_in)?;
        }
        if !self.has_content {
            return Ok(());
        }
        let (transcript, mut lines) = self.writing();
        transcript.end(at, &mut lines);
        let stack_id = outcome.stack_id.as_ref();
        let ended = Line {
            stack_id: stack_id.map(|stack_id| stack_id.as_str().into()),
            summary: Some(outcome.into()),
            ..Line::new(kind::ENDED, at)
        };
        ended.write(&mut self.backlog);
        self.flush()
    }

    /// The transcript, and where its lines go.
    fn writing(&mut self) -> (&mut Transcript, Lines<'_>) {
        let file = match &mut self.destination {
            Destination::File { file, .. } if self.header.is_none() => Some(file),
            _ => None,
        };
        let unwritten = &mut self.backlog;
        (&mut self.transcript, Lines { unwritten, file })
    }

    fn flush(&mut self) -> io::Result<()> {
        if let Destination::File { file, .. } = &self.destination
            && file.metadata()?.nlink() == 0
        {
            let why = "the file was removed";
            return Err(io::Error::new(io::ErrorKind::NotFound, why));
        }
        if let (Destination::File { path, .. }, None) = (&self.destination, &self.earlier) {
            self.log.flush(path)?;
        }
        if self.backlog.is_empty() && self.header.is_none() {
            return Ok(());
        }
        if let (Destination::New(place), Some(header)) = (&self.destination, &self.header) {
            let (file, path) = match place {
                Place::Folder(folder) => folder.create(header)?,
                Place::Beside { file, why } => {
                    let created = named::create_beside(file)?;
                    let path = created.1.display();
                    self.note = Some(format!("{why}; this watch is recorded in {path}"));
                    created
                }
            };
            self.destination = Destination::File { file, path };
        }
        if let Some(mut header) = self.header.take() {
            header.version = VERSION;
            if let Some(stack_id) = self.transcript.stack_id() {
                header.locate(stack_id);
            }
            let mut begin = Vec::new();
            append(&header, &mut begin);
            self.backlog.splice(0..0, begin);
        }
        let Destination::File { file, .. } = &mut self.destination else {
            return Ok(());
        };
        lines::write(file, &mut self.backlog)?;
        // A long page leaves no room behind: there may be a recording for each of many builds.
        self.backlog = Vec::new();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_file_that_was_cut_inside_its_first_line_is_used_again() {
        let path = std::env::temp_dir().join(format!("bakewatch-cut-{}", std::process::id()));
        let header: Header = serde_json::from_str(
            r#"{"bakewatchRecording":2,"program":"0","imageId":"i","startedAt":"2022-04-05T21:36:02.125Z"}"#,
        )
        .unwrap();
        let mut line = Vec::new();
        append(&header, &mut line);
        for cut in [1, 20, 40, line.len() - 2] {
            fs::write(&path, line.get(..cut).unwrap()).unwrap();
            let (recorder, earlier) = Recorder::in_file(&path, &header, true).unwrap();
            assert!(earlier.is_none() && recorder.has_content, "{cut}");
            assert_eq!(fs::metadata(&path).unwrap().len(), 0, "{cut}");
        }
        fs::write(&path, "{\"other\":1").unwrap();
        let refused = Recorder::in_file(&path, &header, true);
        assert!(matches!(refused, Err(OpenError::OtherContent(_))));
        fs::remove_file(path).unwrap();
    }

    #[test]
    fn a_socket_is_refused_without_opening_it() {
        let path = std::env::temp_dir().join(format!("bakewatch-socket-{}", std::process::id()));
        let _listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
        let header: Header = serde_json::from_str(
            r#"{"bakewatchRecording":2,"program":"0","imageId":"i","startedAt":"2022-04-05T21:36:02.125Z"}"#,
        )
        .unwrap();
        let refused = Recorder::in_file(&path, &header, true);
        fs::remove_file(path).unwrap();
        let why = refused.unwrap_err().to_string();
        assert_eq!(why, "it is a socket; choose a regular file");
    }
}
