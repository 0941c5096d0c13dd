//! The folder of all recordings: `IMAGE_ID/TIME-RANDOM.jsonl`, one file per watched build, locked while a watch writes to
//! it. Finds, creates and prunes files.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};

use crate::domain::outcome::RecordedWatch;
use crate::file;
use crate::recording::log_file::path_of;
use crate::recording::reader::header;
use crate::recording::{Header, ReadError, Recording};
use crate::text::safe::SafeText;

/// The number of recordings to keep.
const MAX_RECORDINGS: usize = 200;
/// The bytes of all recordings to keep.
const MAX_BYTES: u64 = 1 << 30;
/// The age at which a file without a whole first line is abandoned: its writer was killed.
const ABANDONED_AFTER: TimeDelta = TimeDelta::minutes(10);
/// The first bytes of every recording.
const HEADER_PREFIX: &[u8] = b"{\"bakewatchRecording\":";
/// The maximum bytes of the first line.
pub(crate) const MAX_HEADER: u64 = 64 * 1024;
const EXTENSION: &str = "jsonl";
/// The time in a file name.
const TIME: &str = "%Y%m%dT%H%M%SZ";

/// The default place of recordings.
#[derive(Clone, Debug)]
pub struct Folder {
    root: PathBuf,
}

/// A recording that was found by a name.
#[derive(Debug)]
pub struct Named {
    pub path: PathBuf,
    /// Its region, if it was found by the image's id and the region is known.
    pub region: Option<SafeText>,
    /// Whether that is the preferred region.
    pub is_preferred: bool,
    /// The other regions in which an image of this id is recorded.
    pub others: Vec<SafeText>,
}

impl Named {
    fn only(path: PathBuf) -> Self {
        Self {
            path,
            region: None,
            is_preferred: false,
            others: Vec::new(),
        }
    }
}

fn region_of(watch: &RecordedWatch) -> Option<&str> {
    let outcome = watch.outcome.as_ref().ok()?;
    outcome.region.as_ref().map(SafeText::as_str)
}

/// An existing recording, locked.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) file: File,
    pub(crate) path: PathBuf,
    pub(crate) recording: Recording,
}

impl Folder {
    /// The folder at a path, which need not exist.
    pub fn new(root: PathBuf) -> Self {
        Self { root }
    }

    pub fn path(&self) -> &Path {
        &self.root
    }

    /// The recordings of an image.
    pub(crate) fn of(&self, header: &Header) -> Vec<PathBuf> {
        recordings_in(&self.of_image(header))
    }

    /// The recording with this file name, with or without its extension, or with this short name; else that of the newest
    /// build of the image with this ID, in the preferred region where it is recorded there. Recordings without events come
    /// last.
    pub fn find(&self, name: &Path, preferred: Option<&str>) -> Option<Named> {
        let is_named = |path: &Path| {
            path.file_name() == Some(name.as_os_str()) || path.file_stem() == Some(name.as_os_str())
        };
        let files = self.files().ok()?;
        let is_short =
            |path: &&PathBuf| short_name(path).is_some_and(|short| Some(short) == name.to_str());
        let named = files.iter().find(|path| is_named(path));
        // `REGION/IMAGE_ID`: another region may have the same id.
        let text = name.to_str().unwrap_or_default();
        let (region, image) = match text.split_once('/') {
            Some((region, image)) => (Some(region), Path::new(image)),
            None => (None, name),
        };
        if let Some(path) = named.or_else(|| files.iter().find(is_short)) {
            return Some(Named::only(path.clone()));
        }
        let of_image = self.root.join(image);
        let mut watches = self.history().ok()?;
        watches.retain(|watch| {
            let is_there = watch.outcome.is_ok() && watch.file.parent() == Some(&of_image);
            is_there && region.is_none_or(|region| region_of(watch) == Some(region))
        });
        let mut regions: Vec<_> = watches
            .iter()
            .filter_map(region_of)
            .map(SafeText::new)
            .collect();
        regions.sort_unstable();
        regions.dedup();
        let has_build = |watch: &RecordedWatch| {
            let outcome = watch.outcome.as_ref();
            outcome.is_ok_and(|outcome| outcome.events > 0)
        };
        let is_preferred =
            preferred.is_some_and(|region| regions.iter().any(|one| one.as_str() == region));
        let preferred = preferred.filter(|_| is_preferred);
        let is_there = |watch: &&RecordedWatch| {
            preferred.is_none_or(|region| region_of(watch) == Some(region))
        };
        let there: Vec<_> = watches.iter().filter(is_there).collect();
        let newest = there
            .iter()
            .find(|watch| has_build(watch))
            .or(there.first())?;
        let taken = region_of(newest);
        regions.retain(|region| Some(region.as_str()) != taken);
        Some(Named {
            path: newest.file.clone(),
            region: taken.map(SafeText::new),
            is_preferred,
            others: regions,
        })
    }

    /// Creates the file of a new recording, and removes the oldest recordings beyond the limit.
    pub(crate) fn create(&self, header: &Header) -> io::Result<(File, PathBuf)> {
        let folder = self.of_image(header);
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&folder)?;
        let started_at = header.started_at.format(TIME);
        let name = format!("{started_at}-{:06x}.{EXTENSION}", fastrand::u32(..1 << 24));
        let path = folder.join(name);
        let file = create(&path)?;
        self.prune(header.started_at);
        Ok((file, path))
    }

    fn of_image(&self, header: &Header) -> PathBuf {
        self.root.join(&header.image_id)
    }

    /// The ids of the images that have recordings, in order. Each is inert in any shell.
    pub(crate) fn image_ids(&self) -> Vec<String> {
        let folders = fs::read_dir(&self.root).into_iter().flatten().flatten();
        let folders = folders.filter(|folder| !recordings_in(&folder.path()).is_empty());
        let is_id = |id: &String| {
            let mut bytes = id.bytes();
            !id.starts_with('-') && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        let ids = folders.filter_map(|folder| folder.file_name().into_string().ok());
        let mut ids: Vec<_> = ids.filter(is_id).collect();
        ids.sort_unstable();
        ids
    }

    /// Every file that is named like a recording; none without a folder.
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

    /// Removes all but the newest recordings, and abandoned files. Files in use, and those that are not recordings, stay.
    fn prune(&self, now: DateTime<Utc>) {
        let (abandoned, mut others): (Vec<_>, Vec<_>) = self
            .files()
            .unwrap_or_default()
            .into_iter()
            .filter_map(|path| Some((modified(&path)?, path)))
            .partition(|(last, path)| now - *last > ABANDONED_AFTER && lacks_header(path));
        for (_, path) in abandoned {
            let _ = remove(&path);
        }
        others.sort_unstable_by(|one, other| other.cmp(one));
        let (mut kept, mut bytes) = (0, 0_u64);
        for (_, path) in others {
            let bytes_of = |path: &Path| fs::metadata(path).map_or(0, |metadata| metadata.len());
            let size = bytes_of(&path).saturating_add(bytes_of(&path_of(&path)));
            let is_over = kept >= MAX_RECORDINGS || bytes.saturating_add(size) > MAX_BYTES;
            if is_over && header_of(&path).is_some() && remove(&path) {
                continue;
            }
            (kept, bytes) = (kept + 1, bytes.saturating_add(size));
        }
    }
}

/// The last part of a name that [`Folder::create`] has made, which is enough to find the file.
pub(crate) fn short_name(path: &Path) -> Option<&str> {
    let (time, random) = path.file_stem()?.to_str()?.rsplit_once('-')?;
    let is_time = NaiveDateTime::parse_from_str(time, TIME).is_ok();
    let is_hex = random.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_time && random.len() == 6 && is_hex).then_some(random)
}

/// Removes a file unless it is in use. A process that waits for its lock checks again whether it still exists.
/// True if it is gone.
fn remove(path: &Path) -> bool {
    let unused = file::open(path).is_ok_and(|file| file.try_lock().is_ok());
    let is_gone = unused && fs::remove_file(path).is_ok();
    if is_gone {
        // The build log of a recording is of no use without it.
        let _ = fs::remove_file(path_of(path));
    }
    is_gone
}

/// The time of the last write to a file.
pub(crate) fn modified(path: &Path) -> Option<DateTime<Utc>> {
    Some(fs::metadata(path).ok()?.modified().ok()?.into())
}

/// Whether a file contains only a part of a recording's first line, and enough of it to tell it from other files.
fn lacks_header(path: &Path) -> bool {
    first_line(path).is_ok_and(|line| line.starts_with(HEADER_PREFIX) && is_cut_header(&line))
}

/// Whether a file that the user has named as a recording contains only a part of a first line, or nothing.
pub(crate) fn may_lack_header(path: &Path) -> bool {
    first_line(path).is_ok_and(|line| {
        let prefix = line.get(..HEADER_PREFIX.len()).unwrap_or(&line);
        HEADER_PREFIX.starts_with(prefix) && is_cut_header(&line)
    })
}

fn is_cut_header(line: &[u8]) -> bool {
    !line.ends_with(b"\n") && header(line).is_err()
}

/// Creates a file that only its owner can read, and locks it if the file system supports locks.
pub(crate) fn create(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new()
        .append(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    let _ = file.try_lock();
    Ok(file)
}

/// Whether a file is still the one at a path: it may have been removed before it was locked.
pub(crate) fn is_still_at(file: &File, path: &Path) -> bool {
    let identity = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
    let open = file.metadata().map(identity).ok();
    open.is_some() && open == fs::metadata(path).map(identity).ok()
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

/// The header of a file; `None` if it is not a readable recording.
pub(crate) fn header_of(path: &Path) -> Option<Header> {
    read_header(path).ok()
}

/// The header of a file.
pub(crate) fn read_header(path: &Path) -> Result<Header, ReadError> {
    header(&first_line(path)?)
}

fn first_line(path: &Path) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    let mut bytes = BufReader::new(file::open(path)?.take(MAX_HEADER));
    bytes.read_until(b'\n', &mut line)?;
    Ok(line)
}
