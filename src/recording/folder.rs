//! The folder of all recordings: `IMAGE_ID/BEGUN-RANDOM.jsonl`, one file a watched build, under a lock while
//! a watch writes to it.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::outcome::RecordedWatch;
use crate::recording::reader::header;
use crate::recording::{Header, Recording};

/// How many recordings are kept.
const KEPT: usize = 50;
/// A file that has been without a first line for so long will never get one: its writer was killed.
const UNBORN: TimeDelta = TimeDelta::minutes(10);
/// How a recording begins.
const HEADER_BEGIN: &[u8] = b"{\"bakewatchRecording\":";
/// The longest first line, in bytes, that is read.
pub(crate) const LONGEST_HEADER: u64 = 64 * 1024;
/// What ends the name of a recording.
const EXTENSION: &str = "jsonl";

/// Where recordings are, unless a person says otherwise.
#[derive(Clone, Debug)]
pub struct Folder {
    root: PathBuf,
}

/// A file that is there already, locked, and what is in it.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) file: File,
    pub(crate) path: PathBuf,
    pub(crate) recording: Recording,
}

impl Folder {
    /// The folder at a path; it need not exist.
    pub fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.root
    }

    /// The recording to go on with: of the same question, and of the latest stack that any of them knows.
    /// None where another watch is writing to it: that watch and this one then have a recording each.
    pub(crate) fn resumable(&self, wanted: &Header) -> Option<Found> {
        let paths = recordings_in(&self.of_image(wanted)).into_iter();
        let (_, path) = paths
            .filter(|path| header_of(path).is_some_and(|header| header.asks_the_same_as(wanted)))
            .filter_map(|path| Some((Rank::of(&Recording::open(&path).ok()?), path)))
            .max()?;
        let file = append_to(&path).ok()?;
        file.try_lock().ok()?;
        if !is_still_at(&file, &path) {
            return None;
        }
        let recording = Recording::open(&path).ok()?;
        Some(Found {
            file,
            path,
            recording,
        })
    }

    /// The recording of a name, with or without its ending; else that of the newest build of an image. A watch
    /// that has heard of no build is one of none.
    pub fn find(&self, name: &Path) -> Option<PathBuf> {
        let name_of = |path: &Path| {
            path.file_name() == Some(name.as_os_str()) || path.file_stem() == Some(name.as_os_str())
        };
        let named = self.files().ok()?.into_iter().find(|path| name_of(path));
        named.or_else(|| {
            let of_image = self.root.join(name);
            let mut watches = self.history().ok()?;
            watches.retain(|watch| watch.outcome.is_ok() && watch.file.parent() == Some(&of_image));
            let has_build = |watch: &RecordedWatch| {
                let outcome = watch.outcome.as_ref();
                outcome.is_ok_and(|outcome| outcome.events > 0)
            };
            let newest = watches.iter().find(|watch| has_build(watch));
            newest.or(watches.first()).map(|watch| watch.file.clone())
        })
    }

    /// Makes the file for a new recording, and removes the oldest of those that are too many.
    pub(crate) fn create(&self, header: &Header) -> io::Result<(File, PathBuf)> {
        let folder = self.of_image(header);
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&folder)?;
        let begun = header.started_at.format("%Y%m%dT%H%M%SZ");
        let name = format!("{begun}-{:06x}.{EXTENSION}", fastrand::u32(..1 << 24));
        let path = folder.join(name);
        let file = create(&path)?;
        self.prune(header.started_at);
        Ok((file, path))
    }

    fn of_image(&self, header: &Header) -> PathBuf {
        self.root.join(&header.image_id)
    }

    /// Every file that is named like a recording; none where there is no folder.
    pub(crate) fn files(&self) -> io::Result<Vec<PathBuf>> {
        let images = match fs::read_dir(&self.root) {
            Ok(images) => images,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let files = images
            .flatten()
            .flat_map(|image| recordings_in(&image.path()));
        Ok(files.collect())
    }

    /// Removes all but the newest recordings, and what was left of some that were never begun. What is no
    /// recording, or is being written to, stays.
    fn prune(&self, now: DateTime<Utc>) {
        let (unborn, mut begun): (Vec<_>, Vec<_>) = self
            .files()
            .unwrap_or_default()
            .into_iter()
            .filter_map(|path| Some((modified(&path)?, path)))
            .partition(|(last, path)| now - *last > UNBORN && is_unborn(path));
        for (_, path) in unborn {
            remove(&path);
        }
        begun.sort_unstable_by(|one, other| other.cmp(one));
        for (_, path) in begun.into_iter().skip(KEPT) {
            if header_of(&path).is_some() {
                remove(&path);
            }
        }
    }
}

/// Removes a file that nobody writes to. Whoever waits for its lock looks again whether it is still there.
fn remove(path: &Path) {
    if let Ok(file) = File::open(path)
        && file.try_lock().is_ok()
    {
        let _ = fs::remove_file(path);
    }
}

/// When something was last written to a file.
pub(crate) fn modified(path: &Path) -> Option<DateTime<Utc>> {
    Some(fs::metadata(path).ok()?.modified().ok()?.into())
}

/// Whether a file has no more in it than the beginning of a recording's first line.
fn is_unborn(path: &Path) -> bool {
    first_line(path).is_some_and(|line| {
        let begin = line.get(..HEADER_BEGIN.len()).unwrap_or(&line);
        HEADER_BEGIN.starts_with(begin) && !line.ends_with(b"\n") && header(&line).is_err()
    })
}

/// How well a recording serves to be gone on with: by the age of its last stack, then by what it knows of it.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    stack_begun: Option<DateTime<Utc>>,
    events: usize,
}

impl Rank {
    fn of(recording: &Recording) -> Self {
        let last = recording.events().last();
        let of_stack = || {
            let stack = last.map(|event| &event.stack_id);
            recording
                .events()
                .filter(move |event| Some(&event.stack_id) == stack)
        };
        Self {
            stack_begun: of_stack().filter_map(|event| event.timestamp).min(),
            events: of_stack().count(),
        }
    }
}

/// Opens a file to add to it.
pub(crate) fn append_to(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).open(path)
}

/// Makes a file that only its owner can read, and locks it where the file system knows locks.
pub(crate) fn create(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new()
        .append(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    let _ = file.try_lock();
    Ok(file)
}

/// Whether a file is still the one at a path: it may have been removed before it could be locked.
fn is_still_at(file: &File, path: &Path) -> bool {
    let identity = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
    let here = file.metadata().map(identity).ok();
    here.is_some() && here == fs::metadata(path).map(identity).ok()
}

/// The files of a folder that are named like recordings.
fn recordings_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let files = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()));
    files
        .map(|entry| entry.path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == EXTENSION)
        })
        .collect()
}

/// The header of a file; nothing where it is no recording that this program can read.
pub(crate) fn header_of(path: &Path) -> Option<Header> {
    header(&first_line(path)?).ok()
}

fn first_line(path: &Path) -> Option<Vec<u8>> {
    let mut line = Vec::new();
    let mut bytes = BufReader::new(File::open(path).ok()?.take(LONGEST_HEADER));
    bytes.read_until(b'\n', &mut line).ok()?;
    Some(line)
}
