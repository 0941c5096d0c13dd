//! Keeps the resolved identity, and decides when to resolve it anew.
//!
//! The AWS SDK's own providers keep nothing and know no deadline: each question to them may read files, run
//! a program or wait for a metadata service. Here at most one resolution is under way; it goes on where it
//! was when a caller stops waiting for it.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::{Instant, timeout};

use super::identity_fault::IdentityFault;
use super::sign::Signer;

/// Credentials are renewed this long before they expire…
const RENEW_BEFORE_EXPIRY: TimeDelta = TimeDelta::minutes(5);
/// …but while that fails they are used until this short before it.
const LAST_USE_BEFORE_EXPIRY: TimeDelta = TimeDelta::seconds(10);
/// How long credentials without an expiry are kept, so that a changed file is noticed.
const WITHOUT_EXPIRY: TimeDelta = TimeDelta::minutes(15);
/// How long one question waits for a resolution.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a resolution may take in all.
const DEADLINE: Duration = Duration::from_mins(1);
/// How long a failure is kept, so that a failing program is not run at every request.
const FAILURE_KEPT: Duration = Duration::from_secs(5);
/// How often refused credentials may be thrown away.
const BETWEEN_DISCARDS: Duration = Duration::from_secs(30);
/// Credentials that come expired are no reason to resolve again at every request.
const KEPT_AT_LEAST: TimeDelta = TimeDelta::seconds(5);

/// Who asks, and from where.
#[derive(Clone, Debug, Default)]
pub(super) struct Identity {
    /// The image's region; absent where nothing names one.
    pub(super) region: Option<String>,
    /// What requests are signed with; absent where they are not.
    pub(super) signer: Option<Signer>,
}

/// A resolution under way.
pub(super) type Resolution = Pin<Box<dyn Future<Output = Result<Identity, IdentityFault>> + Send>>;

/// Where an identity comes from. Every resolution starts from nothing, so that a login or an edited file
/// heals the watch.
pub(super) trait Resolve: Send {
    /// Begins a resolution.
    fn resolve(&self) -> Resolution;
}

/// The identity in use.
pub(super) struct IdentityCache<R> {
    resolver: R,
    held: Option<Held>,
    pending: Option<Pending>,
    failed: Option<(Instant, IdentityFault)>,
    discarded: Option<Instant>,
}

struct Held {
    identity: Identity,
    renew_at: DateTime<Utc>,
    last_use: Option<DateTime<Utc>>,
}

struct Pending {
    began: Instant,
    resolution: Resolution,
}

impl<R: Resolve> IdentityCache<R> {
    pub(super) const fn new(resolver: R) -> Self {
        Self {
            resolver,
            held: None,
            pending: None,
            failed: None,
            discarded: None,
        }
    }

    /// The identity to use at `now`, the server's time: expiries are stated in it.
    pub(super) async fn get(&mut self, now: DateTime<Utc>) -> Result<Identity, IdentityFault> {
        if let Some(held) = self.held.as_ref().filter(|held| now < held.renew_at) {
            return Ok(held.identity.clone());
        }
        match self.renew(now).await {
            Ok(identity) => Ok(identity),
            Err(fault) => match &self.held {
                Some(held) if held.is_usable(now) => Ok(held.identity.clone()),
                _ => Err(fault),
            },
        }
    }

    /// Throws away credentials that the service refuses, unless that was just done. Tells whether it is
    /// worth asking again.
    pub(super) fn discard(&mut self) -> bool {
        let recently = |at: Instant| at.elapsed() < BETWEEN_DISCARDS;
        if self.discarded.is_some_and(recently) {
            return false;
        }
        self.discarded = Some(Instant::now());
        self.held = None;
        self.failed = None;
        true
    }

    async fn renew(&mut self, now: DateTime<Utc>) -> Result<Identity, IdentityFault> {
        if let Some((at, fault)) = &self.failed {
            if at.elapsed() < FAILURE_KEPT {
                return Err(fault.clone());
            }
            self.failed = None;
        }
        let pending = self.pending.get_or_insert_with(|| Pending {
            began: Instant::now(),
            resolution: self.resolver.resolve(),
        });
        let left = DEADLINE.saturating_sub(pending.began.elapsed());
        let answer = timeout(PATIENCE.min(left), &mut pending.resolution).await;
        let took = pending.began.elapsed();
        let result = match answer {
            Err(_elapsed) if took < DEADLINE => return Err(IdentityFault::Slow(took)),
            Err(_elapsed) => Err(IdentityFault::TimedOut(took)),
            Ok(result) => result,
        };
        self.pending = None;
        match result {
            Ok(identity) => {
                self.held = Some(Held::new(identity.clone(), now));
                Ok(identity)
            }
            Err(fault) => {
                self.failed = Some((Instant::now(), fault.clone()));
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
            // Short-lived credentials are renewed in the middle of their life, not at every request.
            let left = expiry - now;
            (left - RENEW_BEFORE_EXPIRY).max(left / 2)
        });
        Self {
            identity,
            renew_at: now + renew_in.max(KEPT_AT_LEAST),
            last_use: expiry.map(|expiry| expiry - LAST_USE_BEFORE_EXPIRY),
        }
    }

    fn is_usable(&self, now: DateTime<Utc>) -> bool {
        self.last_use.is_none_or(|last| now < last)
    }
}

impl<R> fmt::Debug for IdentityCache<R> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("IdentityCache")
            .field("held", &self.held.is_some())
            .field("pending", &self.pending.is_some())
            .finish_non_exhaustive()
    }
}
