//! What the clients of several builds have in common: the connections to an address, an identity, and the trusted
//! certificates. A program has one of these, so that a login, a code or a connection serves every build that it watches.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::aws::credentials::identity::IdentityCache;
use crate::aws::http::{Endpoint, HttpClient, LazyClient, Limits};
use crate::aws::tls::CaBundle;

/// The clients that were made so far. Its clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shared(Arc<Mutex<Made>>);

#[derive(Debug, Default)]
struct Made {
    /// By the host and port.
    connections: Vec<(String, HttpClient)>,
    clients: Vec<(Endpoint, LazyClient)>,
    identities: Vec<(IdentityOf, IdentityCache)>,
    bundles: Vec<CaBundle>,
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

    /// A bundle of certificates, which is read once, unless it is forgotten.
    pub(crate) fn bundle(&self, path: &Path) -> CaBundle {
        let mut made = self.made();
        if let Some(known) = made.bundles.iter().find(|known| known.path() == path) {
            return known.clone();
        }
        let bundle = CaBundle::read(path);
        made.bundles.push(bundle.clone());
        bundle
    }

    /// The bundles of certificates so far.
    pub(crate) fn bundles(&self) -> Vec<CaBundle> {
        self.made().bundles.clone()
    }

    /// Forgets the bundles, since one can't be used, and the clients that have them: the user may repair it, and try again.
    pub(crate) fn forget_bundles(&self) {
        let mut made = self.made();
        made.bundles.clear();
        made.connections.clear();
        made.clients.clear();
        made.identities.clear();
    }

    /// The client of an address. A program has one bundle of certificates.
    pub(crate) fn http(
        &self,
        authority: &str,
        endpoint: Endpoint,
        bundle: Option<&CaBundle>,
        limits: Limits,
    ) -> HttpClient {
        let mut made = self.made();
        let known = made.connections.iter().find(|(of, _)| of == authority);
        if let Some((_, client)) = known {
            return client.clone();
        }
        let lazy = made.clients.iter().find(|(of, _)| *of == endpoint);
        let lazy = lazy.map(|(_, lazy)| LazyClient::clone(lazy));
        let lazy = lazy.unwrap_or_else(|| {
            let new = LazyClient::default();
            made.clients.push((endpoint, LazyClient::clone(&new)));
            new
        });
        let client = HttpClient::sharing(lazy, endpoint, bundle, limits);
        made.connections
            .push((authority.to_owned(), client.clone()));
        client
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The first frame must not wait for it: that reads the certificates of the platform.
    #[test]
    fn no_client_is_built_before_a_request_and_one_serves_all_hosts_of_a_kind() {
        let shared = Shared::default();
        let https = |loopback| Endpoint {
            https: true,
            loopback,
        };
        let client = |host, endpoint| shared.http(host, endpoint, None, Limits::default());
        let one = client("a.example", https(false));
        assert!(one.lazy().get().is_none(), "built too early");
        let other = client("b.example", https(false));
        assert!(LazyClient::ptr_eq(&one.lazy(), &other.lazy()));
        let local = client("localhost", https(true));
        assert!(!LazyClient::ptr_eq(&one.lazy(), &local.lazy()));
    }
}
