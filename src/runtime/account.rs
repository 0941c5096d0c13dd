//! The account that builds are watched in: it lists its images, and prepares the watch of another one. Here begins every
//! watch, whatever its source is.

use crate::app::msg::Remark;
use crate::app::session::Target;
use crate::app::status::playback::Playback;
use crate::backend::Images;
use crate::clock::Clock;
use crate::config::{ApiSettings, PlaybackSpeed, Recorded, SourceSettings};
use crate::error::Error;
use crate::runtime::commands::history;
use crate::runtime::demo::{self, SimulatedAccount};
use crate::runtime::prepare::{
    Common, Ready, prepare_api, prepare_api_unchecked, prepare_images, prepare_images_unchecked,
};
use crate::runtime::recorder;
use crate::runtime::sessions::Origin;
use crate::text::safe::{SafeText, one_line};

#[derive(Clone, Debug)]
pub(super) enum Account {
    Live {
        /// The settings of any build in it.
        api: Box<ApiSettings>,
        waits: bool,
        common: Common,
    },
    Simulated(SimulatedAccount),
    /// A recording is of one build.
    Recording,
}

impl Account {
    pub(super) async fn images(&self) -> Result<Images, Error> {
        match self {
            Self::Live { api, common, .. } => prepare_images((**api).clone(), common).await,
            Self::Simulated(account) => account.images(),
            Self::Recording => Err(no_account()),
        }
    }

    /// Prepares the watch of an image, in the account's region where none is named.
    pub(super) async fn prepare(
        &self,
        image_id: &str,
        region: Option<&str>,
    ) -> Result<Ready, Error> {
        match self {
            Self::Live { api, waits, common } => {
                let api = api.for_image(image_id, region);
                prepare_api(api, *waits, common).await
            }
            Self::Simulated(account) => account.watch(image_id),
            Self::Recording => Err(no_account()),
        }
    }
}

/// What finds the images that are being built.
#[derive(Debug)]
pub(super) struct Searching {
    pub images: Images,
    /// The stacks that the user has named.
    pub stacks: Vec<String>,
}

/// The watches of a source, the account that they are in, and what finds others.
pub(super) type Prepared = (Vec<Ready>, Account, Option<Searching>);

/// Prepares the watches of a source, each build once. Whoever begins them checks the certificates before the first request.
pub(super) async fn prepare(
    settings: SourceSettings,
    waits: bool,
    common: &Common,
) -> Result<Prepared, Error> {
    match settings {
        SourceSettings::Api {
            builds,
            account,
            all_building,
        } => {
            let searching = if all_building {
                let stacks = builds.iter().filter_map(|one| one.stack.clone());
                let images = prepare_images_unchecked((*account).clone(), common).await?;
                common.check_bundle_file()?;
                Some(Searching {
                    stacks: stacks.collect(),
                    images,
                })
            } else {
                None
            };
            let account = Account::Live {
                api: account,
                waits,
                common: common.clone(),
            };
            let mut all: Vec<Ready> = Vec::new();
            for api in builds {
                let ready = prepare_api_unchecked(api, waits, common).await?;
                common.check_bundle_file()?;
                check_targets(&all, &ready)?;
                if all.iter().all(|other| !other.is_same_build(&ready)) {
                    all.push(ready);
                }
            }
            Ok((all, account, searching))
        }
        SourceSettings::Demo(demo) => {
            let (all, account) = demo::prepare(&demo).await?;
            Ok((all, Account::Simulated(account), None))
        }
        SourceSettings::Replay { which, speed } => {
            let replay = prepare_replay(&which, speed).await?;
            Ok((vec![replay], Account::Recording, None))
        }
    }
}

/// Checks that a target is not another form of one before it: which of the two is watched must be clear.
fn check_targets(before: &[Ready], ready: &Ready) -> Result<(), Error> {
    if before.iter().any(|other| other.may_be_same_build(ready)) {
        let id = one_line(SafeText::new(&ready.prepared.target.image_id).as_str());
        return Err(Error::Usage(format!(
            "the targets name {id} twice, by its id and by the ARN of a stack; pass the id to watch its newest build, or the \
             ARN to watch that stack alone; `bakewatch diff` compares two builds"
        )));
    }
    Ok(())
}

/// The speed of a replay that was played without pauses, once the user has gone back in it.
const USUAL: f64 = 60.0;

async fn prepare_replay(which: &Recorded, speed: PlaybackSpeed) -> Result<Ready, Error> {
    let region = history::preferred_region(which).await;
    let history::Opened {
        file,
        recording,
        note,
        ..
    } = history::open(which, region.as_deref(), "replay")?;
    let (begin, end) = recording.span();
    let (clock, factor) = match speed {
        PlaybackSpeed::Times(factor) => (Clock::scenario(begin, factor), factor),
        PlaybackSpeed::Max => (Clock::scenario(end, USUAL), USUAL),
    };
    let mut remarks = recorder::remarks_on(&file, &recording);
    remarks.extend(note.map(|note| Remark::passing(&note)));
    let header = recording.header;
    let target = Target {
        image_id: SafeText::new(&header.image_id).as_str().to_owned(),
        region: header.region.as_deref().map(SafeText::new),
        backend: None,
        note: Some("replay".to_owned()),
    };
    let origin = Origin::Recording(recording.observations);
    let mut ready = Ready::new(target, clock.until(end), origin, header);
    ready.prepared.playback = Some(Playback::new((begin, end), factor));
    ready.remarks = remarks;
    Ok(ready)
}

fn no_account() -> Error {
    Error::Usage("a replay has one build; `bakewatch watch` lists the others".to_owned())
}
