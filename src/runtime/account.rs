//! The account that builds are watched in: it lists its images, and prepares the watch of another one.

use crate::backend::Images;
use crate::config::ApiSettings;
use crate::error::Error;
use crate::runtime::demo::SimulatedAccount;
use crate::runtime::prepare::{Common, Ready, prepare_api, prepare_images};

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

fn no_account() -> Error {
    Error::Usage("a replay has one build; `bakewatch watch` lists the others".to_owned())
}
