//! What was recorded, without a watch: the list of recordings, and a report of one.

use std::fmt::Display;
use std::io::{self, Write};
use std::path::PathBuf;

use crate::config::{History, Recorded};
use crate::domain::build::Build;
use crate::error::Error;
use crate::output;
use crate::output::Subject;
use crate::recording::{Folder, Recording};
use crate::runtime::{print, recorder};
use crate::text::safe::{SafeText, one_line};

/// Lists what was recorded. The result is the exit code.
///
/// # Errors
/// Where nothing tells where recordings are, where their folder can't be read, or the list can't be written.
pub(crate) fn history(History { recordings, form }: History) -> Result<u8, Error> {
    let Some(path) = recordings else {
        return Err(Error::Usage(
            "failed to find the recordings: there is no home folder and XDG_STATE_HOME names none"
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
        say(&format!(
            "there are no recordings in {path}; every watch makes one"
        ));
    }
    print(&output::history(&watches, &form))
}

/// Prints a report of a recording. The result is the exit code.
///
/// # Errors
/// Where the recording can't be read, or the report can't be written.
pub(crate) fn report(which: &Recorded) -> Result<u8, Error> {
    let (file, recording) = open(which, "report on")?;
    for remark in recorder::remarks_on(&file, &recording) {
        say(remark.text.as_str());
    }
    let header = &recording.header;
    let region = header.region.as_deref().map(SafeText::new);
    let subject = Subject {
        image_id: &header.image_id,
        region: region.as_ref(),
        note: (!header.is_of_an_api()).then_some("a simulated API"),
        recorded_by: Some(&header.program),
        now: recording.span().1,
    };
    print(&output::report(&Build::of(&recording.reports), &subject))
}

/// Reads the recording that a person means, to do this with it.
pub(crate) fn open(which: &Recorded, to: &str) -> Result<(PathBuf, Recording), Error> {
    let name = which.name.display();
    let failed = |why: &dyn Display| Error::Usage(format!("failed to {to} {name}: {why}"));
    let mut file = which.name.clone();
    if file.is_dir() || !file.exists() {
        let folder = which.recordings.clone().map(Folder::new);
        let found = folder.and_then(|folder| folder.find(&file));
        file = found.ok_or_else(|| {
            failed(&"there is no such file, recording or recorded image; `bakewatch history` lists them")
        })?;
    }
    match Recording::open(&file) {
        Ok(recording) => Ok((file, recording)),
        Err(error) => Err(failed(&error)),
    }
}

fn say(text: &str) {
    let text = one_line(SafeText::new(text).as_str());
    let _ = writeln!(io::stderr(), "note: {text}");
}
