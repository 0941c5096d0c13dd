//! What was recorded, without a watch: the list of recordings.

use std::io::{self, Write};

use crate::config::History;
use crate::error::Error;
use crate::output;
use crate::source::recording::Folder;

use super::print;

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
        let _ = writeln!(
            io::stderr(),
            "note: there are no recordings in {path}; every watch makes one"
        );
    }
    print(&output::history(&watches, &form))
}
