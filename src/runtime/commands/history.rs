//! The `history` and `report` commands, and opening a recording by its name.

use std::fmt::Display;
use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};

use chrono::{Offset, Utc};

use crate::aws::credentials::settings::configured_region;
use crate::config::{History, Recorded, TableFormat};
use crate::domain::build::Build;
use crate::error::Error;
use crate::file;
use crate::output;
use crate::output::{Look, Subject};
use crate::recording::folder::Named;
use crate::recording::{Folder, ReadError, Recording, saved_events};
use crate::runtime::ticks::local_offset;
use crate::runtime::{print, print_diagnostic, recorder, run_async};
use crate::style::Theme;
use crate::text::safe::{SafeText, one_line};

/// The least width of a table in a terminal.
const LEAST_COLUMNS: usize = 80;
/// The longest file of saved stack events, in bytes: 100,000 events have less than half.
const LONGEST_SAVED: u64 = 128 << 20;

/// Prints the history and returns the exit code.
pub(crate) fn history(History { recordings, format }: History) -> Result<u8, Error> {
    let Some(path) = recordings else {
        return Err(Error::Usage(
            "failed to find the recordings: there is no home folder, and XDG_STATE_HOME is not set; \
             set XDG_STATE_HOME"
                .to_owned(),
        ));
    };
    let watches = Folder::new(path.clone()).history();
    let watches = watches.map_err(|source| Error::Recordings {
        path: path.clone(),
        source,
    })?;
    if watches.is_empty() {
        let path = path.display();
        print_note(&format!(
            "there are no recordings in {path} yet; `bakewatch watch` creates them"
        ));
    }
    print(&match format {
        TableFormat::Text {
            theme,
            utc,
            columns,
        } => output::history_table(&watches, look(&theme, utc, columns)),
        TableFormat::Json => output::history_json(&watches),
    })
}

/// Prints the ids of recorded images, for a shell that completes them, and returns the exit code.
pub(crate) fn recorded_ids(recordings: Option<PathBuf>) -> Result<u8, Error> {
    let ids = recordings.map(|path| Folder::new(path).image_ids());
    let lines = ids.unwrap_or_default().into_iter().map(|id| id + "\n");
    print(&lines.collect::<String>())
}

/// How a table is shown in this terminal and time zone.
pub(super) fn look(theme: &Theme, utc: bool, wanted: Option<usize>) -> Look<'_> {
    Look {
        theme,
        columns: columns(wanted),
        utc,
        offset: if utc { |_| Utc.fix() } else { local_offset },
    }
}

/// The width of a table: that of `COLUMNS`, else that of the terminal. In a file or a pipe nothing is cut. A narrow
/// terminal shows no table well.
pub(super) fn columns(wanted: Option<usize>) -> Option<usize> {
    let terminal = || {
        let size = io::stdout().is_terminal().then(crossterm::terminal::size);
        let (columns, _) = size?.unwrap_or_default();
        Some(usize::from(columns))
    };
    let columns = wanted.or_else(terminal)?;
    Some(columns.max(LEAST_COLUMNS))
}

/// Prints a report of a recording and returns the exit code.
pub(crate) fn report(which: &Recorded) -> Result<u8, Error> {
    let region = run_async(async { Ok(preferred_region(which).await) })?;
    let Opened {
        file,
        recording,
        note,
        ..
    } = open(which, region.as_deref(), "report on")?;
    if let Some(note) = note {
        print_note(&note);
    }
    for remark in recorder::remarks_on(&file, &recording) {
        print_note(remark.text.as_str());
    }
    let header = &recording.header;
    let region = header.region.as_deref().map(SafeText::new);
    let subject = Subject {
        image_id: &header.image_id,
        region: region.as_ref(),
        note: header.is_simulated().then_some("a simulated service"),
        recorded_by: (!header.is_of_saved_events()).then_some(&*header.program),
        now: recording.span().1,
    };
    print(&output::report(
        &Build::of(&recording.observations),
        &subject,
    ))
}

/// A recording that was opened by a name.
pub(crate) struct Opened {
    pub file: PathBuf,
    pub recording: Recording,
    /// The region of a recording that was found by its image's id.
    pub region: Option<SafeText>,
    /// What the user must know where the name has several recordings.
    pub note: Option<String>,
}

/// The region that chooses between recordings of one image ID, as for a watch without a flag. Sends no request.
pub(crate) async fn preferred_region(which: &Recorded) -> Option<String> {
    configured_region(None, None, which.region.clone()).await
}

/// Opens a recording by file, name or image ID. `action` completes "failed to …" in errors.
pub(crate) fn open(
    which: &Recorded,
    preferred: Option<&str>,
    action: &str,
) -> Result<Opened, Error> {
    let name = which.name.display();
    let failed = |why: &dyn Display| Error::Usage(format!("failed to {action} {name}: {why}"));
    let mut file = which.name.clone();
    let (mut region, mut note) = (None, None);
    if file.is_dir() || !file.exists() {
        let folder = which.recordings.clone().map(Folder::new);
        let found = folder.and_then(|folder| folder.find(&file, preferred));
        let found = found.ok_or_else(|| {
            failed(&"there is no such file, recording or recorded image; `bakewatch history` lists the recordings")
        })?;
        note = note_on(&found, &which.name);
        (file, region) = (found.path, found.region);
    }
    let recording = match Recording::open(&file) {
        Ok(mut recording) => {
            recording.add_log(&file);
            recording
        }
        Err(ReadError::Foreign) => {
            let bytes = read_saved(&file).map_err(|error| failed(&error))?;
            saved_events::read(&bytes).map_err(|error| failed(&error))?
        }
        Err(error) => return Err(failed(&error)),
    };
    Ok(Opened {
        file,
        recording,
        region,
        note,
    })
}

/// Of the region that was taken where the id is recorded in several and none was preferred.
fn note_on(found: &Named, name: &Path) -> Option<String> {
    if found.is_preferred || found.others.is_empty() {
        return None;
    }
    let name = name.display();
    let taken = found
        .region
        .as_ref()
        .map_or("an unknown region", SafeText::as_str);
    let others = found.others.iter().map(|region| format!("{region}/{name}"));
    let others = others.collect::<Vec<_>>().join(" or ");
    Some(format!(
        "{name} is recorded in several regions; took the newest build, of {taken}; pass {others} for another one"
    ))
}

/// The bytes of a file that may hold saved stack events. A device never ends.
fn read_saved(file: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = file::open(file)?
        .take(LONGEST_SAVED + 1)
        .read_to_end(&mut bytes)?;
    if read as u64 > LONGEST_SAVED {
        return Err(io::Error::other(
            "neither a bakewatch recording nor stack events as JSON: it has more than 128 MiB; pass a recording",
        ));
    }
    Ok(bytes)
}

pub(super) fn print_note(text: &str) {
    let text = one_line(SafeText::new(text).as_str());
    print_diagnostic(&format!("note: {text}"));
}
