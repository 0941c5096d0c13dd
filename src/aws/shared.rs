//! What the clients of several builds have in common: the connections to an address, and an identity. A program has one of
//! these, so that a login, a code or a connection serves every build that it watches.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::aws::credentials::identity::IdentityCache;
use crate::aws::http::{Endpoint, HttpClient, Limits};
use crate::aws::tls::{CaBundle, TlsError};

/// The clients that were made so far. Its clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shared(Arc<Mutex<Made>>);

#[derive(Debug, Default)]
struct Made {
    /// By the host and port.
    connections: Vec<(String, HttpClient)>,
    identities: Vec<(IdentityOf, IdentityCache)>,
}

/// The settings that an identity comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IdentityOf {
    pub(crate) signed: bool,
    /// Whether the build's region is known, or the identity's own.
    pub(crate) in_region: bool,
    pub(crate) profile: Option<String>,
    pub(crate) role_arn: Option<String>,
    pub(crate) external_id: Option<String>,
}

impl Shared {
    fn made(&self) -> MutexGuard<'_, Made> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The client of an address. A program has one bundle of certificates.
    pub(crate) fn http(
        &self,
        authority: &str,
        endpoint: Endpoint,
        bundle: Option<&CaBundle>,
        limits: Limits,
    ) -> Result<HttpClient, TlsError> {
        let mut made = self.made();
        let known = made.connections.iter().find(|(of, _)| of == authority);
        if let Some((_, client)) = known {
            return Ok(client.clone());
        }
        let client = HttpClient::new(endpoint, bundle, limits)?;
        made.connections
            .push((authority.to_owned(), client.clone()));
        Ok(client)
    }

    /// The identity of these settings.
    pub(crate) fn identity(
        &self,
        of: IdentityOf,
        new: impl FnOnce() -> IdentityCache,
    ) -> IdentityCache {
        let mut made = self.made();
        if let Some((_, known)) = made.identities.iter().find(|(one, _)| *one == of) {
            return known.clone();
        }
        let identity = new();
        made.identities.push((of, identity.clone()));
        identity
    }
}
