//! Continues a found recording, once an answer shows that its build is the present one; else begins another one.
//!
//! Tests: `tests/it/recording/resume.rs`, `tests/it/recording/format_1.rs`.

use std::fs;
use std::io;
use std::path::PathBuf;

use chrono::{DateTime, Utc};

use crate::domain::build::Build;
use crate::domain::observation::Observation;
use crate::domain::resume::{Identity, Standing};
use crate::recording::folder::{self, Found};
use crate::recording::format::{Line, kind};
use crate::recording::lines::Lines;
use crate::recording::named::MAX_COPIES;
use crate::recording::recorder::{Destination, Place, Recorder};
use crate::recording::transcript::Transcript;
use crate::recording::{Header, Recording, VERSION};

/// The maximum number of observations to keep until it is known which build they are about.
const MAX_HELD: usize = 10_000;

/// A found recording. Nothing is written to it before an answer shows that its build is the present one.
#[derive(Debug)]
pub(super) struct Earlier {
    found: Found,
    header: Header,
    /// Where another recording would be.
    place: Place,
    /// `None` if nothing of a build is recorded.
    pub(super) identity: Option<Identity>,
    pub(super) has_ended: bool,
    /// The observations of this watch so far.
    held: Vec<Observation>,
}

impl Recorder {
    /// Waits for the answer whether the build of a recording is the present one. A recording without a build is continued
    /// with the first observation.
    pub(super) fn compare(found: Found, header: &Header, place: Place) -> io::Result<Self> {
        let observations = found.recording.clone().resume(header.started_at);
        let mut build = Build::requested(&header.image_id, false);
        for observation in &observations {
            build.apply(observation);
        }
        let destination = Destination::File {
            file: found.file.try_clone()?,
            path: found.path.clone(),
        };
        let mut recorder = Self::new(destination, None);
        recorder.earlier = Some(Box::new(Earlier {
            found,
            header: header.clone(),
            place,
            identity: build.identity(),
            has_ended: build.verdict().is_final(),
            held: Vec::new(),
        }));
        Ok(recorder)
    }

    /// Continues a recording: in its file, or in one of the present format that begins with its observations.
    pub(super) fn continue_in(found: Found, header: &Header, place: Place) -> io::Result<Self> {
        if found.recording.header.version >= VERSION {
            return Self::resume(found, header.started_at);
        }
        if matches!(place, Place::Beside { .. }) {
            return Self::replace(found, header);
        }
        let mut recorder = Self::in_place(place, header.clone());
        recorder.begin_with(&found.recording, header.started_at);
        recorder.older = Some(found.file);
        Ok(recorder)
    }

    /// Begins the recording of another build than that of a found one.
    fn begin_another(found: Found, header: &Header, place: Place) -> Self {
        let mut recorder = Self::in_place(place, header.clone());
        recorder.has_content = true;
        recorder.older = Some(found.file);
        recorder
    }

    /// Takes an observation into account while it is not known whether the recorded build is the present one. True once
    /// it is written.
    pub(super) fn decide(&mut self, observation: &Observation) -> io::Result<bool> {
        let Some(earlier) = &mut self.earlier else {
            return Ok(false);
        };
        earlier.held.push(observation.clone());
        let identity = earlier.identity.as_mut();
        match identity.map(|identity| identity.observe(observation)) {
            None | Some(Standing::Same { .. }) => self.leave_open(Self::continue_in),
            Some(Standing::Another) => self
                .leave_open(|found, header, place| Ok(Self::begin_another(found, header, place))),
            Some(Standing::Open | Standing::Gone) => {
                // A watch of nothing can last for days.
                let over = earlier.held.len().saturating_sub(MAX_HELD);
                earlier.held.drain(..over);
                return Ok(true);
            }
        }?;
        Ok(true)
    }

    /// Writes what was held, to the recording that `open` opens.
    pub(super) fn leave_open(
        &mut self,
        open: impl FnOnce(Found, &Header, Place) -> io::Result<Self>,
    ) -> io::Result<()> {
        let Some(earlier) = &self.earlier else {
            return Ok(());
        };
        let found = Found {
            file: earlier.found.file.try_clone()?,
            path: earlier.found.path.clone(),
            recording: earlier.found.recording.clone(),
        };
        let mut recorder = open(found, &earlier.header, earlier.place.clone())?;
        for observation in &earlier.held {
            let (transcript, mut lines) = recorder.writing();
            transcript.add(observation, &mut lines);
        }
        *self = recorder;
        self.flush()
    }

    /// Appends to an existing recording, on a new line.
    fn resume(found: Found, at: DateTime<Utc>) -> io::Result<Self> {
        let Found {
            file,
            path,
            recording,
        } = found;
        if recording.torn {
            file.set_len(recording.valid_bytes)?;
        }
        let mut recorder = Self::new(Destination::File { file, path }, None);
        if !recording.ends_with_newline {
            recorder.backlog.push(b'\n');
        }
        recorder.has_content = true;
        recorder.note_resumption(at);
        Ok(recorder)
    }

    /// Replaces a file of an older format by one that begins with its content. The old file stays, under another name. At
    /// any moment there is a whole recording at the path.
    fn replace(found: Found, header: &Header) -> io::Result<Self> {
        // A link stays a link: the file that it leads to is replaced.
        let path = fs::canonicalize(&found.path)?;
        let with_ending = |ending: String| {
            let mut path = path.clone().into_os_string();
            path.push(ending);
            PathBuf::from(path)
        };
        let version = found.recording.header.version;
        let kept = (1..=MAX_COPIES)
            .map(|copy| match copy {
                1 => with_ending(format!(".format-{version}")),
                copy => with_ending(format!(".format-{version}.{copy}")),
            })
            .find(|kept| !kept.exists() || folder::is_still_at(&found.file, kept))
            .ok_or(io::ErrorKind::AlreadyExists)?;
        let temporary = with_ending(format!(".{}.new", std::process::id()));
        let file = folder::create(&temporary)?;
        let destination = Destination::File {
            file,
            path: temporary.clone(),
        };
        let mut recorder = Self::new(destination, Some(header.clone()));
        recorder.begin_with(&found.recording, header.started_at);
        let replaced = recorder
            .flush()
            .and_then(|()| match fs::hard_link(&path, &kept) {
                Err(_) if folder::is_still_at(&found.file, &kept) => Ok(()),
                // Some file systems have no hard links.
                Err(_) => fs::copy(&path, &kept).map(drop),
                Ok(()) => Ok(()),
            })
            .and_then(|()| fs::rename(&temporary, &path));
        if let Err(error) = replaced {
            let _ = fs::remove_file(temporary);
            return Err(error);
        }
        if let Destination::File { path, .. } = &mut recorder.destination {
            path.clone_from(&found.path);
        }
        recorder.older = Some(found.file);
        Ok(recorder)
    }

    /// Begins with the observations of a recording of an older format.
    fn begin_with(&mut self, older: &Recording, at: DateTime<Utc>) {
        let mut transcript = Transcript::default();
        for observation in &older.observations {
            let (unwritten, file) = (&mut self.backlog, None);
            transcript.add(&observation, &mut Lines { unwritten, file });
        }
        if let (Some(header), Some(stack_id)) = (&mut self.header, transcript.stack_id()) {
            header.locate(stack_id);
        }
        self.has_content = true;
        self.note_resumption(at);
    }

    fn note_resumption(&mut self, at: DateTime<Utc>) {
        let resumed = Line {
            program: Some(env!("CARGO_PKG_VERSION").into()),
            ..Line::new(kind::RESUMED, at)
        };
        resumed.write(&mut self.backlog);
    }
}
