//! Opens the files that a user or a folder names, and only regular ones: opening a FIFO waits for its other end, and a
//! device may never end. The kind is checked before the file is opened.

use std::fs::{self, File, FileType, Metadata, OpenOptions, Permissions};
use std::io::{self, Read};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::Path;

/// Opens a regular file for reading.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    check_regular(path)?;
    File::open(path)
}

/// The content of a regular file.
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Opens a regular file for appending.
pub(crate) fn append_to(path: &Path) -> io::Result<File> {
    check_regular(path)?;
    OpenOptions::new().append(true).open(path)
}

/// # Errors
/// If there is no file at a path, or one that is not regular.
pub(crate) fn check_regular(path: &Path) -> io::Result<()> {
    let kind = fs::metadata(path)?.file_type();
    if kind.is_file() {
        return Ok(());
    }
    Err(not_regular(kind))
}

/// # Errors
/// If there is something at a path that is not written like a file. A character device is: `/dev/null`.
pub(crate) fn check_writable_kind(path: &Path) -> io::Result<()> {
    match fs::metadata(path).map(|metadata| metadata.file_type()) {
        Ok(kind) if !kind.is_file() && !kind.is_char_device() => Err(not_regular(kind)),
        _ => Ok(()),
    }
}

/// Lets only the owner read an empty file, which other people may read as long as it says nothing. A failure means that
/// it is somebody else's, who decides.
pub(crate) fn keep_private(file: &File) {
    let is_empty = file
        .metadata()
        .is_ok_and(|metadata| metadata.is_file() && metadata.len() == 0);
    if is_empty {
        let _ = file.set_permissions(Permissions::from_mode(0o600));
    }
}

/// Whether two paths lead to one regular file.
pub(crate) fn is_same(one: &Path, other: &Path) -> bool {
    let identity = |path| {
        let metadata = fs::metadata(path).ok().filter(Metadata::is_file)?;
        Some((metadata.dev(), metadata.ino()))
    };
    identity(one).is_some_and(|one| identity(other) == Some(one))
}

fn not_regular(kind: FileType) -> io::Error {
    let what = if kind.is_dir() {
        "a folder"
    } else if kind.is_fifo() {
        "a FIFO"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    };
    let why = format!("it is {what}; choose a regular file");
    io::Error::new(io::ErrorKind::InvalidInput, why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixListener;

    #[test]
    fn only_regular_files_are_opened() {
        let folder = std::env::temp_dir().join(format!("bakewatch-kinds-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let (socket, fifo, file) = (folder.join("s"), folder.join("p"), folder.join("f"));
        let _listener = UnixListener::bind(&socket).unwrap();
        let made = std::process::Command::new("mkfifo").arg(&fifo).status();
        assert!(made.unwrap().success());
        fs::write(&file, "text").unwrap();
        let device = Path::new("/dev/zero");
        for (path, what) in [
            (&*folder, "a folder"),
            (&*fifo, "a FIFO"),
            (&*socket, "a socket"),
            (device, "a device"),
        ] {
            for refused in [open(path).map(drop), append_to(path).map(drop)] {
                let why = refused.unwrap_err().to_string();
                assert_eq!(why, format!("it is {what}; choose a regular file"));
            }
            assert_eq!(check_writable_kind(path).is_err(), path != device);
        }
        assert_eq!(read(&file).unwrap(), b"text");
        assert!(check_writable_kind(&file).is_ok() && append_to(&file).is_ok());
        assert!(check_writable_kind(&folder.join("absent")).is_ok());
        fs::remove_dir_all(folder).unwrap();
    }
}
