//! The recording in a file that the user has named. What is wrong with the file is known before the screen is drawn; its
//! content is read later. Tests: `tests/it/recording/choice.rs`, `tests/it/recording/places.rs`.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use crate::file;
use crate::recording::folder::{self, Found};
use crate::recording::{Header, ReadError, Recording, choice};

/// The maximum number of files of one name.
pub(crate) const MAX_COPIES: u16 = 1_000;

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

/// A file that the user has named, open and locked.
#[derive(Debug)]
pub(crate) struct NamedFile {
    pub(crate) path: PathBuf,
    pub(crate) file: File,
    has_recording: bool,
}

impl NamedFile {
    /// Opens or creates a file, and reads only its first line. `resumes`: it may be a recording of the same target.
    pub(crate) fn open(path: &Path, header: &Header, resumes: bool) -> Result<Self, OpenError> {
        let named = |file, has_recording| Self {
            path: path.to_owned(),
            file,
            has_recording,
        };
        let metadata = match fs::metadata(path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(named(folder::create(path)?, false));
            }
            Err(error) => return Err(error.into()),
        };
        file::check_writable_kind(path)?;
        let file = OpenOptions::new().append(true).open(path)?;
        if !metadata.is_file() {
            return Ok(named(file, false));
        }
        if matches!(file.try_lock(), Err(fs::TryLockError::WouldBlock)) {
            return Err(OpenError::InUse);
        }
        // Another watch may have replaced the file before it was locked here.
        if !folder::is_still_at(&file, path) {
            return Err(OpenError::InUse);
        }
        let found = match folder::read_header(path) {
            Err(ReadError::Empty) => return Ok(named(file, false)),
            // Cut inside its first line: it has no observation that could be lost.
            Err(ReadError::Foreign) if folder::may_lack_header(path) => {
                file.set_len(0)?;
                return Ok(named(file, false));
            }
            found => found?,
        };
        if !resumes {
            return Err(OpenError::Exists);
        }
        if !found.has_same_target(header) {
            return Err(OpenError::OtherTarget(found.image_id));
        }
        Ok(named(file, true))
    }

    /// Whether there is something to read before the file can be recorded to.
    pub(crate) fn has_recording(&self) -> bool {
        self.has_recording
    }

    /// The recording to resume: that of the newest build, in this file or in one with a number.
    pub(crate) fn find(self, header: &Header) -> Result<Found, OpenError> {
        let numbered = names(&self.path).take_while(|path| path.exists());
        let paths = std::iter::once(self.path.clone()).chain(numbered);
        let own = match choice::newest(paths.collect(), header) {
            Some(newest) if newest.path != self.path => {
                return newest.lock().ok_or(OpenError::InUse);
            }
            own => own.and_then(choice::Candidate::into_recording),
        };
        let recording = own.map_or_else(|| Recording::open(&self.path), Ok)?;
        Ok(Found {
            file: self.file,
            path: self.path,
            recording,
        })
    }
}

/// The names with a number that belong to a file.
fn names(file: &Path) -> impl Iterator<Item = PathBuf> {
    (2..=MAX_COPIES).map(|number| {
        let mut path = file.as_os_str().to_owned();
        path.push(format!(".{number}"));
        PathBuf::from(path)
    })
}

/// Creates the file with the next free number.
pub(crate) fn create_beside(file: &Path) -> io::Result<(File, PathBuf)> {
    for path in names(file) {
        match folder::create(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            created => return Ok((created?, path)),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}
