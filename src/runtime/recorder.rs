//! Opens the recording of a watch, and tells the user what is wrong with it. Earlier recordings are read on a thread of
//! their own, for which the poller waits a little. Tests: `tests/it/recording/background.rs`.

use std::path::Path;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use crate::app::msg::{Msg, Remark};
use crate::config::Record;
use crate::domain::observation::Observation;
use crate::error::Error;
use crate::recording::named::NamedFile;
use crate::recording::recorder::Place;
use crate::recording::{Folder, Header, Recorder, Recording, WriteNote, Writing};
use crate::runtime::inbox::RemarkSender;
use crate::runtime::process::tasks::Tasks;

/// The longest time that the first request waits for the recordings of earlier watches.
const READ_TIMEOUT: Duration = Duration::from_secs(2);

/// A recording that is ready to be written.
#[derive(Debug)]
pub(super) struct Opened {
    pub recorder: Recorder,
    pub remarks: Vec<Remark>,
    /// The observations of the recording that is resumed.
    pub resumed: Vec<Observation>,
}

/// Where to record: what can be known before the first frame.
#[derive(Debug)]
pub(super) struct Destination {
    header: Header,
    /// Whether a recording of an earlier watch may be resumed.
    resumes: bool,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Folder(Folder),
    File(NamedFile),
}

/// A recording that is being opened.
#[derive(Debug)]
pub(super) enum Opening {
    /// There was nothing to read.
    Ready(Box<Opened>),
    Reading {
        opened: oneshot::Receiver<Opened>,
        /// The recording of a watch that can't wait for the earlier ones.
        apart: Box<Recorder>,
    },
}

/// Where a watch is recorded, if it is, and what to tell the user about that.
///
/// # Errors
/// If the user has named a file that can't be recorded to.
pub(super) fn destination(
    record: Record,
    recordings: Option<&Folder>,
    header: Header,
    resumes: bool,
) -> Result<(Option<Destination>, Option<Remark>), Error> {
    let kind = match (record, recordings) {
        (Record::No, _) => return Ok((None, None)),
        (Record::InFolder, None) => {
            let text = "this watch is not recorded: there is no home folder, and XDG_STATE_HOME is not set; pass \
                        --record FILE or --no-record";
            return Ok((None, Some(Remark::passing(text))));
        }
        (Record::InFolder, Some(folder)) => Kind::Folder(folder.clone()),
        (Record::InFile(path), _) => {
            let named = NamedFile::open(&path, &header, resumes);
            Kind::File(named.map_err(|error| {
                Error::Usage(format!("failed to record to {}: {error}", path.display()))
            })?)
        }
    };
    let destination = Destination {
        header,
        resumes,
        kind,
    };
    Ok((Some(destination), None))
}

impl Destination {
    /// Begins to read the recordings of earlier watches.
    pub(super) fn open(self, tasks: &mut Tasks) -> Opening {
        let has_recording = match &self.kind {
            Kind::Folder(_) => self.resumes,
            Kind::File(named) => named.has_recording(),
        };
        let apart = self.apart();
        if !has_recording {
            return Opening::Ready(Box::new(self.read()));
        }
        let (done, opened) = oneshot::channel();
        tasks.spawn_blocking("recordings", move || {
            // Fails if the watch no longer waits: then nothing was written.
            let _ = done.send(self.read());
        });
        let apart = Box::new(apart);
        Opening::Reading { opened, apart }
    }

    /// The recording of this watch if no earlier one is resumed.
    fn apart(&self) -> Recorder {
        let place = match &self.kind {
            Kind::Folder(folder) => Place::Folder(folder.clone()),
            Kind::File(named) => Place::Beside {
                file: named.path.clone(),
                why: format!("failed to resume the recording {}", named.path.display()),
            },
        };
        Recorder::in_place(place, self.header.clone())
    }

    /// Reads the recordings of earlier watches. Writes nothing.
    fn read(self) -> Opened {
        let apart = self.apart();
        let Self {
            header,
            resumes,
            kind,
        } = self;
        let now = header.started_at;
        let (recorder, earlier) = match kind {
            Kind::Folder(folder) => Recorder::in_folder(folder, header, resumes),
            Kind::File(named) => {
                let path = named.path.clone();
                match Recorder::in_named(named, &header) {
                    Ok(opened) => opened,
                    Err(error) => {
                        let path = path.display();
                        let text = format!("failed to resume the recording {path}: {error}");
                        return Opened::new(apart, &text);
                    }
                }
            }
        };
        let remarks = earlier.iter();
        Opened {
            remarks: remarks
                .flat_map(|earlier| remarks_on(recorder.path(), earlier))
                .collect(),
            recorder,
            resumed: earlier.map_or_else(Vec::new, |earlier| earlier.resume(now)),
        }
    }
}

impl Opened {
    /// A recording that resumes no other one, and why.
    fn new(recorder: Recorder, why: &str) -> Self {
        Self {
            recorder,
            remarks: vec![Remark::passing(why)],
            resumed: Vec::new(),
        }
    }
}

impl Opening {
    /// Waits for the recording, but not for long. What is read later is dropped.
    pub(super) async fn wait(self) -> Opened {
        let (opened, apart) = match self {
            Self::Ready(opened) => return *opened,
            Self::Reading { opened, apart } => (opened, apart),
        };
        // A panic of the thread ends the program.
        if let Ok(Ok(opened)) = timeout(READ_TIMEOUT, opened).await {
            return opened;
        }
        let text = "reading the recordings of earlier watches takes more than 2 s; this watch starts without them, in a \
                    recording of its own";
        Opened::new(*apart, text)
    }
}

/// The remarks on a recording that could not be read in full.
pub(super) fn remarks_on(path: &Path, recording: &Recording) -> Vec<Remark> {
    let path = path.display();
    let torn = recording
        .torn
        .then(|| format!("the last line of the recording {path} is truncated; skipped it"));
    let unreadable = (recording.unreadable > 0).then(|| {
        let count = recording.unreadable;
        format!("skipped unreadable lines of the recording {path}: {count}")
    });
    [torn, unreadable]
        .into_iter()
        .flatten()
        .map(|text| Remark::passing(&text))
        .collect()
}

/// Starts the thread that writes the recordings. It sends remarks on write errors.
pub(super) fn start(remarks: RemarkSender, tasks: &mut Tasks) -> Writing {
    let (writing, thread) = Writing::new();
    tasks.spawn_blocking("recorder", move || {
        thread.run(|note| remarks.send(remark(note)));
    });
    writing
}

/// A note about the recording as a remark.
pub(super) fn remark(note: WriteNote) -> Remark {
    match note {
        WriteNote::Failed(text) => Remark::lasting(&text),
        WriteNote::Passing(text) => Remark::passing(&text),
    }
}

/// Reads the typical duration of the user's builds on a thread of its own.
pub(super) fn estimate(folder: Folder, messages: mpsc::Sender<Msg>, tasks: &mut Tasks) {
    tasks.spawn_blocking("estimate", move || {
        if let Some((typical, times)) = folder.expectation() {
            // Fails if the loop has ended.
            let _ = messages.blocking_send(Msg::Typical(typical, times));
        }
    });
}

#[cfg(test)]
mod tests {
    use std::fs;

    use chrono::DateTime;
    use tokio::time::Instant;

    use super::*;

    /// A paused clock advances only when nothing else is left to do.
    #[tokio::test(start_paused = true)]
    async fn a_recording_that_is_read_too_late_is_dropped_unwritten() {
        let folder = std::env::temp_dir().join(format!("bakewatch-late-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("build");
        let header = Header::new("img", "aws".to_owned(), DateTime::UNIX_EPOCH);
        // Cut in its last line, which a watch that resumes it removes.
        let text = serde_json::to_string(&header).unwrap() + "\n{\"kind\":\"wal";
        fs::write(&path, &text).unwrap();
        let record = Record::InFile(path.clone());
        let destination = destination(record, None, header, true).unwrap().0.unwrap();
        let apart = Box::new(destination.apart());
        let opened = destination.read();
        assert_eq!(opened.recorder.path(), path);

        let (done, receiver) = oneshot::channel();
        let opening = Opening::Reading {
            opened: receiver,
            apart,
        };
        let began = Instant::now();
        let ready = opening.wait().await;
        assert_eq!(began.elapsed(), READ_TIMEOUT);
        let said = ready.remarks[0].text.as_str();
        assert!(said.contains("in a recording of its own"), "{said}");
        assert!(ready.resumed.is_empty());
        assert!(done.send(opened).is_err(), "nobody waits for it");
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        fs::remove_dir_all(folder).unwrap();
    }
}
