//! Caches the resolved identity, and decides when to resolve it again.
//!
//! The AWS SDK's own providers cache nothing and have no deadline: each call of them may read files, run a program or
//! wait for a metadata service. Here at most one resolution is under way; it continues where it was when a caller stops
//! waiting for it.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::{Instant, timeout};

use crate::aws::credentials::fault::{FixedKeys, IdentityFault};
use crate::aws::signer::Signer;
use crate::domain::fault::Fault;

/// Credentials are renewed this long before they expire…
const RENEW_BEFORE_EXPIRY: TimeDelta = TimeDelta::minutes(5);
/// …but while that fails they are used until this short before it.
const LAST_USE_BEFORE_EXPIRY: TimeDelta = TimeDelta::seconds(10);
/// How long credentials without an expiry are cached, so that a changed file is noticed.
const WITHOUT_EXPIRY: TimeDelta = TimeDelta::minutes(15);
/// How long one request waits for a resolution.
const WAIT: Duration = Duration::from_secs(10);
/// The same while the old credentials are still valid.
const WAIT_WITH_OLD: Duration = Duration::from_secs(1);
/// How long a resolution may take in all.
const DEADLINE: Duration = Duration::from_mins(1);
/// How long a failure is cached, so that a failing program is not run for every request.
const FAILURE_CACHED: Duration = Duration::from_secs(5);
/// The least time between two discards of refused credentials.
const BETWEEN_DISCARDS: Duration = Duration::from_secs(30);
/// Credentials that arrive expired are no reason to resolve again for every request.
const CACHED_AT_LEAST: TimeDelta = TimeDelta::seconds(5);

/// The region and the signer of requests.
#[derive(Clone, Debug, Default)]
pub(crate) struct Identity {
    /// The image's region; absent where it is not configured anywhere.
    pub(crate) region: Option<String>,
    /// Absent where requests are not signed.
    pub(crate) signer: Option<Signer>,
    /// The keys that the credentials come from, where this process can't get others.
    pub(crate) fixed_keys: Option<FixedKeys>,
}

/// A resolution under way.
pub(crate) type Resolution = Pin<Box<dyn Future<Output = Result<Identity, IdentityFault>> + Send>>;

/// The origin of an identity. Every resolution starts from scratch, so that the watch recovers after a login or an edit
/// of the profile files.
pub(crate) trait Resolve: Send + Sync {
    /// Resolves at `now`, the server's time: expiries are stated in it.
    fn resolve(&self, now: DateTime<Utc>) -> Resolution;

    /// Forgets what earlier resolutions have kept: the service refused it.
    fn forget(&self) {}

    /// Another value means that a failure may be out of date.
    fn version(&self) -> u64 {
        0
    }
}

/// The identity in use, and the resolution of the next one. Its clones share both.
#[derive(Clone)]
pub(crate) struct IdentityCache {
    shared: Arc<Shared>,
    /// The image's and the endpoint's region, where these are not those of the resolution.
    regions: (Option<String>, Option<String>),
    /// The number of the identity that was used last.
    used: u64,
}

struct Shared {
    resolver: Box<dyn Resolve>,
    state: Mutex<State>,
    /// One clone waits for the resolution; the others wait for that one.
    pending: tokio::sync::Mutex<Option<Pending>>,
}

#[derive(Default)]
struct State {
    held: Option<Held>,
    /// How many identities there were.
    number: u64,
    failed: Option<Failed>,
    /// A code is needed soon, and a request has failed to say so.
    asked_early: bool,
    discarded: Option<Instant>,
}

struct Held {
    identity: Identity,
    renew_at: DateTime<Utc>,
    last_use: Option<DateTime<Utc>>,
}

struct Failed {
    at: Instant,
    /// The resolver's when it began.
    version: u64,
    fault: IdentityFault,
}

struct Pending {
    version: u64,
    began: Instant,
    resolution: Resolution,
}

impl IdentityCache {
    pub(crate) fn new(resolver: impl Resolve + 'static) -> Self {
        let shared = Shared {
            resolver: Box::new(resolver),
            state: Mutex::default(),
            pending: tokio::sync::Mutex::default(),
        };
        Self {
            shared: Arc::new(shared),
            regions: (None, None),
            used: 0,
        }
    }

    /// The same identity for a build in this region; `signing` is the region that its requests are signed for.
    pub(crate) fn in_region(&self, region: Option<String>, signing: Option<String>) -> Self {
        Self {
            regions: (region, signing),
            ..self.clone()
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        let state = self.shared.state.lock();
        state.unwrap_or_else(PoisonError::into_inner)
    }

    /// The identity to use at `now`, the server's time: expiries are stated in it.
    pub(crate) async fn get(&mut self, now: DateTime<Utc>) -> Result<Identity, IdentityFault> {
        if let Some(identity) = self.current(now) {
            return Ok(identity);
        }
        let fault = match self.renew(now).await {
            Ok(identity) => {
                self.state().asked_early = false;
                return Ok(identity);
            }
            Err(fault) => fault,
        };
        // One request fails, so that the user is asked for the code while the old credentials are still valid.
        let asks = matches!(fault, IdentityFault::CodeNeeded { .. })
            && !std::mem::replace(&mut self.state().asked_early, true);
        match self.usable(now) {
            Some(identity) if !asks => Ok(identity),
            _ => Err(fault),
        }
    }

    /// The held identity, unless it is to be renewed.
    fn current(&mut self, now: DateTime<Utc>) -> Option<Identity> {
        self.held(|held| now < held.renew_at)
    }

    /// The held identity, while it can be used at all.
    fn usable(&mut self, now: DateTime<Utc>) -> Option<Identity> {
        self.held(|held| held.is_usable(now))
    }

    fn held(&mut self, is_so: impl Fn(&Held) -> bool) -> Option<Identity> {
        let state = self.state();
        let held = state.held.as_ref().filter(|held| is_so(held));
        let identity = held.map(|held| held.identity.clone());
        let number = state.number;
        drop(state);
        identity.map(|identity| self.take(identity, number))
    }

    fn take(&mut self, mut identity: Identity, number: u64) -> Identity {
        self.used = number;
        let (region, signing) = &self.regions;
        if region.is_some() {
            identity.region.clone_from(region);
        }
        if let (Some(signer), Some(region)) = (&mut identity.signer, signing) {
            signer.region.clone_from(region);
        }
        identity
    }

    /// Discards credentials that the service refused, unless that was just done. Returns whether a retry is
    /// worthwhile.
    pub(crate) fn discard(&mut self) -> bool {
        let mut state = self.state();
        if state.held.is_some() && state.number != self.used {
            // Another client was refused first, and there are other credentials now.
            return true;
        }
        let recently = |at: Instant| at.elapsed() < BETWEEN_DISCARDS;
        if state.discarded.is_some_and(recently) {
            return false;
        }
        state.discarded = Some(Instant::now());
        state.held = None;
        state.failed = None;
        drop(state);
        self.shared.resolver.forget();
        true
    }

    /// The fault of a request whose credentials were refused.
    pub(crate) fn explain(&self, refused: Fault) -> Fault {
        let state = self.state();
        let held = state.held.as_ref();
        match held.and_then(|held| held.identity.fixed_keys.as_ref()) {
            Some(keys) => keys.lost(refused),
            None => refused,
        }
    }

    /// Resolves again for the next request, although it has just failed.
    pub(crate) fn forget_failure(&mut self) {
        let mut state = self.state();
        state.failed = None;
        state.asked_early = false;
    }

    async fn renew(&mut self, now: DateTime<Utc>) -> Result<Identity, IdentityFault> {
        let shared = Arc::clone(&self.shared);
        let wait = match self.usable(now) {
            Some(_) => WAIT_WITH_OLD,
            None => WAIT,
        };
        let Ok(mut pending) = timeout(wait, shared.pending.lock()).await else {
            return Err(IdentityFault::Slow(wait));
        };
        // Another clone may have waited for it.
        if let Some(identity) = self.current(now) {
            return Ok(identity);
        }
        let version = shared.resolver.version();
        {
            let mut state = self.state();
            if let Some(failed) = &state.failed {
                if failed.at.elapsed() < FAILURE_CACHED && failed.version == version {
                    return Err(failed.fault.clone());
                }
                state.failed = None;
            }
        }
        let resolving = pending.get_or_insert_with(|| Pending {
            version,
            began: Instant::now(),
            resolution: shared.resolver.resolve(now),
        });
        let version = resolving.version;
        let left = DEADLINE.saturating_sub(resolving.began.elapsed());
        let outcome = timeout(wait.min(left), &mut resolving.resolution).await;
        let took = resolving.began.elapsed();
        let result = match outcome {
            Err(_elapsed) if took < DEADLINE => return Err(IdentityFault::Slow(took)),
            Err(_elapsed) => Err(IdentityFault::TimedOut(took)),
            Ok(result) => result,
        };
        *pending = None;
        let mut state = self.state();
        match result {
            Ok(identity) => {
                state.held = Some(Held::new(identity.clone(), now));
                state.number += 1;
                let number = state.number;
                drop(state);
                Ok(self.take(identity, number))
            }
            Err(fault) => {
                state.failed = Some(Failed {
                    at: Instant::now(),
                    version,
                    fault: fault.clone(),
                });
                Err(fault)
            }
        }
    }
}

impl Held {
    fn new(identity: Identity, now: DateTime<Utc>) -> Self {
        let expiry = identity
            .signer
            .as_ref()
            .and_then(|signer| signer.credentials.expiry())
            .map(DateTime::<Utc>::from);
        let renew_in = expiry.map_or(WITHOUT_EXPIRY, |expiry| {
            // Short-lived credentials are renewed in the middle of their life, not for every request.
            let left = expiry - now;
            (left - RENEW_BEFORE_EXPIRY).max(left / 2)
        });
        Self {
            identity,
            renew_at: now + renew_in.max(CACHED_AT_LEAST),
            last_use: expiry.map(|expiry| expiry - LAST_USE_BEFORE_EXPIRY),
        }
    }

    fn is_usable(&self, now: DateTime<Utc>) -> bool {
        self.last_use.is_none_or(|last| now < last)
    }
}

impl fmt::Debug for IdentityCache {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("IdentityCache")
            .field("held", &self.state().held.is_some())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
