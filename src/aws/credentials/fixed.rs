//! Credentials that are known beforehand: those of the simulated AWS.

use std::future;

use aws_credential_types::Credentials;
use chrono::{DateTime, Utc};

use crate::aws::credentials::identity::{Identity, Resolution, Resolve};
use crate::aws::signer::Signer;

/// One signer, for as long as the program runs.
pub(crate) struct Fixed(pub(crate) Signer);

impl Fixed {
    pub(crate) fn new(keys: (&str, &str, &str), region: &str) -> Self {
        let (access_key_id, secret_access_key, session_token) = keys;
        let token = Some(session_token.to_owned());
        Self(Signer {
            credentials: Credentials::new(access_key_id, secret_access_key, token, None, "demo"),
            region: region.to_owned(),
        })
    }
}

impl Resolve for Fixed {
    fn resolve(&self, _now: DateTime<Utc>) -> Resolution {
        Box::pin(future::ready(Ok(Identity {
            region: Some(self.0.region.clone()),
            signer: Some(self.0.clone()),
            fixed_keys: None,
        })))
    }
}
