//! What was recorded, without a watch: the list of recordings, and a report of one.

use std::io::{self, Write};
use std::path::Path;

use crate::config::History;
use crate::domain::build::Build;
use crate::domain::text::{Clean, one_line};
use crate::error::Error;
use crate::output::{self, Subject};
use crate::source::recording::{Folder, Recording};

use super::{print, tape};

/// Lists what was recorded. The result is the exit code.
///
/// # Errors
/// Where nothing tells where recordings are, where their folder can't be read, or the list can't be written.
pub fn history(History { recordings, form }: History) -> Result<u8, Error> {
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
pub fn report(file: &Path) -> Result<u8, Error> {
    let recording = Recording::open(file).map_err(|error| {
        Error::Usage(format!("failed to report on {}: {error}", file.display()))
    })?;
    for remark in tape::remarks_on(file, &recording) {
        say(&remark.text);
    }
    let header = &recording.header;
    let region = header.region.as_deref().map(Clean::new);
    let subject = Subject {
        image_id: &header.image_id,
        region: region.as_ref(),
        note: (!header.is_of_an_api()).then_some("a simulated API"),
        recorded_by: Some(&header.program),
        now: recording.span().1,
    };
    print(&output::report(&Build::of(&recording.reports), &subject))
}

/// A diagnostic.
fn say(text: &str) {
    let text = one_line(Clean::new(text).as_str());
    let _ = writeln!(io::stderr(), "note: {text}");
}
