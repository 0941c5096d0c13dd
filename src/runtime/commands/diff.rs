//! `bakewatch diff`: two builds side by side, each recorded or read from its service. Tests: `tests/it/recording/diff.rs`.

use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::mpsc;

use crate::aws::credentials::settings::configured_region;
use crate::backend::parallelcluster::MfaSessions;
use crate::config::{ApiSettings, Diff, Recorded, TableFormat};
use crate::domain::build::Build;
use crate::domain::comparison::{Difference, Side, compare};
use crate::domain::observation::{Observation, Stream};
use crate::domain::timeline::Timeline;
use crate::error::Error;
use crate::output;
use crate::poll::permit::Permits;
use crate::poll::poller::Poller;
use crate::poll::schedules::Schedules;
use crate::runtime::commands::history::{Opened, columns, open, print_note};
use crate::runtime::prepare::{Common, Ready, prepare_api};
use crate::runtime::process::streams::print_diagnostic;
use crate::runtime::sessions::Origin;
use crate::runtime::{print, run_async};
use crate::text::safe::{SafeText, one_line};

/// The longest time to read a build that is not recorded.
const READ_TIMEOUT: Duration = Duration::from_mins(1);
/// How long the version and the steps are waited for once all else is known: a build need not have them.
const REST_TIMEOUT: Duration = Duration::from_secs(5);

/// A build of the two.
pub(in crate::runtime) struct Read {
    build: Build,
    image_id: String,
    pub name: String,
    /// Up to when it is known.
    now: DateTime<Utc>,
}

impl Read {
    /// Reads a recording by its file, its name or its image's id.
    pub(in crate::runtime) fn recorded(
        name: &str,
        recordings: Option<PathBuf>,
    ) -> Result<Self, Error> {
        Ok(Self::of(find(name, recordings, None)?))
    }

    fn of(opened: Opened) -> Self {
        let Opened {
            file, recording, ..
        } = opened;
        let build = Build::of(&recording.observations);
        let now = recording.span().1;
        let region = recording.header.region.as_deref().map(SafeText::new);
        let image_id = recording.header.image_id;
        let time = now.format("on %Y-%m-%d at %H:%M UTC");
        let known = if build.verdict().is_final() {
            String::new()
        } else {
            format!(" {time}")
        };
        let name = label(&build, &image_id, region);
        Self {
            name: format!("{name}{known}; recorded in {})", file.display()),
            build,
            image_id,
            now,
        }
    }

    /// Reads a build from its service.
    pub(in crate::runtime) async fn live(
        name: &str,
        ready: Ready,
        permits: Permits,
    ) -> Result<Self, Error> {
        let failed = |why: String| Error::Requests(format!("failed to compare {name}: {why}"));
        let prepared = ready.prepared;
        let Origin::Api { backend, .. } = prepared.origin else {
            return Err(failed("it is a recording".to_owned()));
        };
        let image_id = prepared.target.image_id;
        let region = prepared.target.region;
        let clock = prepared.clock;
        let (observations, seen) = mpsc::channel::<Observation>(64);
        let (_commands, commands) = mpsc::channel(1);
        let poller = Poller {
            source: backend,
            permits,
            clock: clock.clone(),
            schedules: Schedules::new(None, fastrand::Rng::new()),
            observations,
            commands,
        };
        let mut build = Build::requested(&image_id, false);
        let reading = read_whole(&mut build, seen);
        let fault = tokio::select! {
            () = poller.run() => None,
            fault = reading => fault,
            () = tokio::time::sleep(READ_TIMEOUT) => {
                Some("the service took more than a minute; try again".to_owned())
            }
        };
        if let Some(fault) = fault {
            return Err(failed(fault));
        }
        if build.current().is_none() {
            let why = "it is not recorded, and its stack is gone; `bakewatch history` lists the recordings";
            return Err(failed(why.to_owned()));
        }
        Ok(Self {
            name: label(&build, &image_id, region) + "; read now)",
            build,
            image_id,
            now: clock.now(),
        })
    }

    pub(in crate::runtime) fn compare(&self, after: &Self) -> Vec<Difference> {
        compare(&self.side(), &after.side())
    }

    fn side(&self) -> Side<'_> {
        Side {
            build: &self.build,
            image_id: &self.image_id,
            now: self.now,
        }
    }
}

/// Which build it is and what became of it, in an open parenthesis. An id alone may be that of two builds.
fn label(build: &Build, image_id: &str, region: Option<SafeText>) -> String {
    let region = region.or_else(|| build.region());
    let region = region.map_or_else(String::new, |region| format!("{region}/"));
    let outcome = build.verdict().outcome().as_str();
    format!("{region}{image_id} ({outcome}")
}

/// Applies observations until a build is known. Returns why it can't be.
async fn read_whole(build: &mut Build, mut seen: mpsc::Receiver<Observation>) -> Option<String> {
    let (mut events, mut image) = (false, false);
    while !(events && image) {
        let observation = seen.recv().await?;
        let fault = observation.seen.fault();
        if let Some(fault) = fault.filter(|fault| !fault.kind.may_pass()) {
            return Some(fault.to_string());
        }
        build.apply(&observation);
        image |= observation.stream == Stream::Image;
        events |= build.is_gone() || build.current().is_some_and(Timeline::is_whole);
    }
    let rest = async {
        while build.version().is_none() || build.steps().is_empty() {
            let Some(observation) = seen.recv().await else {
                return;
            };
            build.apply(&observation);
        }
    };
    // Without them, the comparison has fewer rows.
    let _ = tokio::time::timeout(REST_TIMEOUT, rest).await;
    None
}

/// Opens the recording of this name; of several regions' recordings that of the preferred one.
fn find(name: &str, recordings: Option<PathBuf>, preferred: Option<&str>) -> Result<Opened, Error> {
    let which = Recorded {
        name: PathBuf::from(name),
        recordings,
        // That of the settings is among the preferred one's sources.
        region: None,
    };
    open(&which, preferred, "compare")
}

/// Whether a recording that was found by an image's id alone is of another region than the one that a flag names.
fn is_elsewhere(opened: &Opened, flag: Option<&str>, name: &str) -> bool {
    let region = opened.region.as_ref().map(SafeText::as_str);
    let differs = region.zip(flag).is_some_and(|(one, other)| one != other);
    differs && !name.contains('/')
}

/// Prints the differences and returns the exit code.
pub(crate) fn diff(diff: Diff) -> Result<u8, Error> {
    let Diff {
        builds,
        region,
        recordings,
        format,
    } = diff;
    let common = Common::new(MfaSessions::default());
    let [before, after] = run_async(async move {
        let [first, second] = builds;
        let place = (region.as_deref(), recordings.as_ref());
        let first = Box::pin(read(first, place, &common));
        let second = Box::pin(read(second, place, &common));
        let (first, second) = tokio::try_join!(first, second)?;
        Ok([first, second])
    })?;
    let differences = before.compare(&after);
    print(&match format {
        TableFormat::Text {
            theme,
            columns: wanted,
            ..
        } => {
            let columns = columns(wanted).unwrap_or(usize::MAX);
            let names = [before.name.as_str(), after.name.as_str()];
            output::diff_text(&differences, names, &theme, columns)
        }
        TableFormat::Json => output::diff_json(&differences),
    })
}

/// Reads a build: its recording where there is one of this name, else its service. A region that a flag names is that of
/// both.
async fn read(
    (name, api): (String, Option<Box<ApiSettings>>),
    (flag, recordings): (Option<&str>, Option<&PathBuf>),
    common: &Common,
) -> Result<Read, Error> {
    let preferred = match &api {
        Some(api) => {
            let (first, last) = (
                api.region_before_profile.clone(),
                api.requested_region.clone(),
            );
            configured_region(api.profile.as_deref(), first, last).await
        }
        None => None,
    };
    let opened = find(&name, recordings.cloned(), preferred.as_deref());
    let not_recorded = match opened {
        Ok(opened) if is_elsewhere(&opened, flag, &name) => {
            let region = flag.unwrap_or_default();
            Error::Usage(format!(
                "failed to compare {name}: it is not recorded in {region}"
            ))
        }
        Ok(mut opened) => {
            if let Some(note) = opened.note.take() {
                print_note(&note);
            }
            return Ok(Read::of(opened));
        }
        Err(error) => error,
    };
    let Some(api) = api else {
        return Err(not_recorded);
    };
    print_diagnostic(&format!(
        "note: reading {} from its service",
        one_line(SafeText::new(&name).as_str())
    ));
    let ready = prepare_api(*api, false, common).await?;
    let permits = Permits::new(ready.prepared.clock.clone());
    Box::pin(Read::live(&name, ready, permits)).await
}
