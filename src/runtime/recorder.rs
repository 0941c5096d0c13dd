//! Opens the recording of a watch, and tells the user what is wrong with it. Tests:
//! `tests/it/recording/record_and_replay.rs`.

use std::path::Path;

use crate::app::msg::Remark;
use crate::config::Record;
use crate::domain::observation::Observation;
use crate::error::Error;
use crate::recording::{Folder, Header, Recorder, Recording, WriteNote, Writer};
use crate::runtime::inbox::RemarkSender;
use crate::runtime::process::tasks::Tasks;

/// A recording that is ready to be written, if there is to be one.
#[derive(Debug, Default)]
pub(super) struct Opened {
    pub recorder: Option<Recorder>,
    pub remarks: Vec<Remark>,
    /// The observations of the recording that is resumed.
    pub resumed: Vec<Observation>,
}

/// Opens the recording, if there is to be one.
pub(super) fn open(
    record: Record,
    recordings: Option<&Folder>,
    header: Header,
    resumes: bool,
) -> Result<Opened, Error> {
    let now = header.started_at;
    let (recorder, earlier) = match (record, recordings) {
        (Record::No, _) => return Ok(Opened::default()),
        (Record::InFolder, None) => {
            let text = "this watch is not recorded: there is no home folder, and XDG_STATE_HOME is not set; pass \
                        --record FILE or --no-record";
            return Ok(Opened {
                remarks: vec![Remark::passing(text)],
                ..Opened::default()
            });
        }
        (Record::InFolder, Some(folder)) => Recorder::in_folder(folder.clone(), header, resumes),
        (Record::InFile(path), _) => {
            Recorder::in_file(&path, &header, resumes).map_err(|error| {
                Error::Usage(format!("failed to record to {}: {error}", path.display()))
            })?
        }
    };
    let mut opened = Opened::default();
    if let Some(earlier) = earlier {
        opened.remarks = remarks_on(recorder.path(), &earlier);
        opened.resumed = earlier.resume(now);
    }
    opened.recorder = Some(recorder);
    Ok(opened)
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

/// Starts the thread that writes a recording. It sends remarks on write errors.
pub(super) fn start(recorder: Recorder, remarks: RemarkSender, tasks: &mut Tasks) -> Writer {
    let (writer, thread) = Writer::new(recorder);
    tasks.spawn_blocking("recorder", move || {
        thread.run(|note| remarks.send(remark(note)));
    });
    writer
}

/// A note about the recording as a remark.
pub(super) fn remark(note: WriteNote) -> Remark {
    match note {
        WriteNote::Failed(text) => Remark::lasting(&text),
        WriteNote::Passing(text) => Remark::passing(&text),
    }
}
