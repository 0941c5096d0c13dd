//! `bakewatch diff`: two builds side by side, each recorded or read from its service. Tests: `tests/it/recording/diff.rs`.

use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::mpsc;

use crate::backend::parallelcluster::MfaSessions;
use crate::config::{ApiSettings, Diff, HistoryFormat, Recorded};
use crate::domain::build::Build;
use crate::domain::comparison::{Side, compare};
use crate::domain::observation::{Observation, Stream};
use crate::domain::timeline::Timeline;
use crate::error::Error;
use crate::output;
use crate::poll::permit::Permits;
use crate::poll::poller::Poller;
use crate::poll::schedules::Schedules;
use crate::runtime::commands::history::{columns, open};
use crate::runtime::prepare::{Common, prepare_api};
use crate::runtime::sessions::Origin;
use crate::runtime::{print, run_async};

/// The longest time to read a build that is not recorded.
const READ_TIMEOUT: Duration = Duration::from_mins(1);

/// A build of the two.
struct Read {
    build: Build,
    image_id: String,
    name: String,
}

impl Read {
    fn side(&self) -> Side<'_> {
        Side {
            build: &self.build,
            image_id: &self.image_id,
        }
    }
}

/// Prints the differences and returns the exit code.
pub(crate) fn diff(diff: Diff) -> Result<u8, Error> {
    let Diff {
        builds,
        recordings,
        format,
    } = diff;
    let common = Common::new(MfaSessions::default());
    let [before, after] = run_async(async move {
        let [first, second] = builds;
        Ok([
            Box::pin(read(first, recordings.as_ref(), &common)).await?,
            Box::pin(read(second, recordings.as_ref(), &common)).await?,
        ])
    })?;
    let differences = compare(&before.side(), &after.side());
    print(&match format {
        HistoryFormat::Table {
            theme,
            columns: wanted,
            ..
        } => {
            let columns = columns(wanted).unwrap_or(usize::MAX);
            let names = [before.name.as_str(), after.name.as_str()];
            output::diff_text(&differences, names, &theme, columns)
        }
        HistoryFormat::Json => output::diff_json(&differences),
    })
}

/// Reads a build: its recording where there is one of this name, else its service.
async fn read(
    (name, api): (String, Option<Box<ApiSettings>>),
    recordings: Option<&PathBuf>,
    common: &Common,
) -> Result<Read, Error> {
    let which = Recorded {
        name: PathBuf::from(&name),
        recordings: recordings.cloned(),
    };
    let recording = open(&which, "compare");
    let not_recorded = match recording {
        Ok((file, recording)) => {
            return Ok(Read {
                build: Build::of(&recording.observations),
                image_id: recording.header.image_id,
                name: format!("{name} (recorded in {})", file.display()),
            });
        }
        Err(error) => error,
    };
    let Some(api) = api else {
        return Err(not_recorded);
    };
    let image_id = api.image_id.clone();
    let ready = prepare_api(*api, false, common).await?;
    let Origin::Api { backend, .. } = ready.prepared.origin else {
        return Err(not_recorded);
    };
    let (observations, mut seen) = mpsc::channel::<Observation>(64);
    let (_commands, commands) = mpsc::channel(1);
    let clock = ready.prepared.clock;
    let poller = Poller {
        source: backend,
        permits: Permits::new(clock.clone()),
        clock,
        schedules: Schedules::new(None, fastrand::Rng::new()),
        observations,
        commands,
    };
    let mut build = Build::requested(&image_id, false);
    let reading = async {
        let (mut events, mut image) = (false, false);
        while !(events && image) {
            let observation = seen.recv().await?;
            if let Some(fault) = observation
                .seen
                .fault()
                .filter(|fault| !fault.kind.may_pass())
            {
                return Some(fault.to_string());
            }
            build.apply(&observation);
            image |= observation.stream == Stream::Image;
            events |= build.is_gone() || build.current().is_some_and(Timeline::is_whole);
        }
        None
    };
    let fault = tokio::select! {
        () = poller.run() => None,
        fault = reading => fault,
        () = tokio::time::sleep(READ_TIMEOUT) => Some("the service took more than a minute".to_owned()),
    };
    if let Some(fault) = fault {
        return Err(Error::Requests(format!(
            "failed to compare {name}: {fault}"
        )));
    }
    if build.current().is_none() {
        return Err(Error::Requests(format!(
            "failed to compare {name}: it is not recorded, and its stack is gone; `bakewatch history` lists the recordings"
        )));
    }
    Ok(Read {
        build,
        image_id,
        name: format!("{name} (read now)"),
    })
}
