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
mod tests {
    use std::collections::VecDeque;
    use std::future;
    use std::sync::atomic::{AtomicU64, Ordering};

    use aws_credential_types::Credentials;
    use proptest::prelude::*;
    use tokio::time::{advance, sleep};

    use super::*;

    type Outcome = Result<Identity, IdentityFault>;

    /// Returns the scripted outcomes in order, each after its time; then it never ends.
    #[derive(Clone, Default)]
    struct Script {
        outcomes: Arc<Mutex<VecDeque<(u64, Outcome)>>>,
        resolutions: Arc<Mutex<usize>>,
        versions: Arc<AtomicU64>,
    }

    impl Script {
        fn then(self, after: u64, outcome: Outcome) -> Self {
            self.outcomes.lock().unwrap().push_back((after, outcome));
            self
        }

        fn gives(self, after: u64, identity: Identity) -> Self {
            self.then(after, Ok(identity))
        }

        fn fails(self) -> Self {
            self.then(0, Err(IdentityFault::Failed("no".to_owned())))
        }

        fn resolutions(&self) -> usize {
            *self.resolutions.lock().unwrap()
        }
    }

    impl Resolve for Script {
        fn resolve(&self, _now: DateTime<Utc>) -> Resolution {
            *self.resolutions.lock().unwrap() += 1;
            let Some((after, outcome)) = self.outcomes.lock().unwrap().pop_front() else {
                return Box::pin(future::pending());
            };
            Box::pin(async move {
                sleep(Duration::from_secs(after)).await;
                outcome
            })
        }

        fn version(&self) -> u64 {
            self.versions.load(Ordering::Relaxed)
        }
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    fn keys(name: &str, expiry: Option<i64>) -> Identity {
        let expiry = expiry.map(|seconds| at(seconds).into());
        Identity {
            region: None,
            signer: Some(Signer {
                credentials: Credentials::new(name, "secret", None, expiry, "test"),
                region: "us-east-1".to_owned(),
            }),
            fixed_keys: None,
        }
    }

    async fn key_at(cache: &mut IdentityCache, seconds: i64) -> Result<String, IdentityFault> {
        let identity = cache.get(at(seconds)).await?;
        let signer = identity.signer.unwrap();
        Ok(signer.credentials.access_key_id().to_owned())
    }

    #[tokio::test(start_paused = true)]
    async fn credentials_are_cached_until_five_minutes_before_they_expire() {
        let script = Script::default()
            .gives(0, keys("a", Some(3600)))
            .gives(0, keys("b", Some(7200)));
        let mut cache = IdentityCache::new(script.clone());
        for (seconds, key, resolutions) in
            [(0, "a", 1), (3299, "a", 1), (3300, "b", 2), (6000, "b", 2)]
        {
            assert_eq!(key_at(&mut cache, seconds).await.unwrap(), key, "{seconds}");
            assert_eq!(script.resolutions(), resolutions, "{seconds}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn old_credentials_are_used_until_ten_seconds_before_expiry_while_renewing_fails() {
        let script = Script::default()
            .gives(0, keys("a", Some(3600)))
            .fails()
            .fails()
            .gives(0, keys("b", Some(7200)));
        let mut cache = IdentityCache::new(script.clone());
        assert_eq!(key_at(&mut cache, 0).await.unwrap(), "a");
        assert_eq!(key_at(&mut cache, 3400).await.unwrap(), "a");
        assert_eq!(key_at(&mut cache, 3401).await.unwrap(), "a");
        assert_eq!(script.resolutions(), 2, "a failure is cached for a while");
        advance(FAILURE_CACHED).await;
        assert_eq!(
            key_at(&mut cache, 3590).await,
            Err(IdentityFault::Failed("no".to_owned()))
        );
        advance(FAILURE_CACHED).await;
        assert_eq!(key_at(&mut cache, 3590).await.unwrap(), "b");
    }

    #[tokio::test(start_paused = true)]
    async fn credentials_without_expiry_are_read_again_after_fifteen_minutes() {
        let script = Script::default()
            .gives(0, keys("a", None))
            .gives(0, keys("b", None));
        let mut cache = IdentityCache::new(script.clone());
        assert_eq!(key_at(&mut cache, 0).await.unwrap(), "a");
        assert_eq!(key_at(&mut cache, 899).await.unwrap(), "a");
        assert_eq!(key_at(&mut cache, 900).await.unwrap(), "b");
    }

    #[tokio::test(start_paused = true)]
    async fn short_lived_credentials_are_not_renewed_for_every_request() {
        let script = Script::default()
            .gives(0, keys("a", Some(120)))
            .gives(0, keys("b", Some(40)))
            .gives(0, keys("c", Some(7200)));
        let mut cache = IdentityCache::new(script.clone());
        assert_eq!(key_at(&mut cache, 0).await.unwrap(), "a");
        assert_eq!(key_at(&mut cache, 59).await.unwrap(), "a");
        assert_eq!(
            key_at(&mut cache, 60).await.unwrap(),
            "b",
            "arrived expired"
        );
        assert_eq!(key_at(&mut cache, 64).await.unwrap(), "b");
        assert_eq!(key_at(&mut cache, 65).await.unwrap(), "c");
    }

    fn needs_code() -> Outcome {
        Err(IdentityFault::CodeNeeded {
            profile: "p".to_owned(),
            serial: "s".to_owned(),
            refused: false,
            can_ask: true,
        })
    }

    #[tokio::test(start_paused = true)]
    async fn a_code_is_asked_for_five_minutes_before_the_expiry_by_one_request() {
        let script = Script::default()
            .gives(0, keys("a", Some(3600)))
            .then(0, needs_code())
            .then(0, needs_code())
            .gives(0, keys("b", Some(7200)));
        let mut cache = IdentityCache::new(script.clone());
        assert_eq!(key_at(&mut cache, 0).await.unwrap(), "a");
        assert_eq!(key_at(&mut cache, 3299).await.unwrap(), "a");
        assert_eq!(
            key_at(&mut cache, 3300).await,
            needs_code().map(|_| String::new())
        );
        assert_eq!(key_at(&mut cache, 3301).await.unwrap(), "a", "still valid");
        advance(FAILURE_CACHED).await;
        assert_eq!(
            key_at(&mut cache, 3310).await.unwrap(),
            "a",
            "asked already"
        );
        assert_eq!(
            key_at(&mut cache, 3590).await,
            needs_code().map(|_| String::new()),
            "no longer valid"
        );
        script.versions.fetch_add(1, Ordering::Relaxed);
        assert_eq!(
            key_at(&mut cache, 3590).await.unwrap(),
            "b",
            "a code has come"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_is_cached_until_the_user_retries() {
        let script = Script::default().fails().gives(0, keys("a", None));
        let mut cache = IdentityCache::new(script.clone());
        for _ in 0..3 {
            assert!(key_at(&mut cache, 0).await.is_err());
        }
        assert_eq!(script.resolutions(), 1);
        cache.forget_failure();
        assert_eq!(key_at(&mut cache, 0).await.unwrap(), "a");
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_resolution_is_reported_and_continues_where_it_was() {
        let script = Script::default().gives(25, keys("a", None));
        let mut cache = IdentityCache::new(script.clone());
        for seconds in [10, 20] {
            let slow = IdentityFault::Slow(Duration::from_secs(seconds));
            assert_eq!(key_at(&mut cache, 0).await, Err(slow));
        }
        assert_eq!(key_at(&mut cache, 0).await.unwrap(), "a");
        assert_eq!(script.resolutions(), 1, "one resolution, not three");
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_renewal_hardly_delays_requests_while_old_credentials_are_valid() {
        let script = Script::default()
            .gives(0, keys("a", Some(3600)))
            .gives(3, keys("b", Some(7200)));
        let mut cache = IdentityCache::new(script.clone());
        assert_eq!(key_at(&mut cache, 0).await.unwrap(), "a");
        let began = Instant::now();
        assert_eq!(key_at(&mut cache, 3301).await.unwrap(), "a");
        assert_eq!(key_at(&mut cache, 3302).await.unwrap(), "a");
        assert_eq!(began.elapsed(), 2 * WAIT_WITH_OLD);
        assert_eq!(key_at(&mut cache, 3303).await.unwrap(), "b");
    }

    #[tokio::test(start_paused = true)]
    async fn a_resolution_is_abandoned_after_a_minute() {
        let script = Script::default();
        let mut cache = IdentityCache::new(script.clone());
        for _ in 0..5 {
            let fault = key_at(&mut cache, 0).await.unwrap_err();
            assert!(matches!(fault, IdentityFault::Slow(_)), "{fault:?}");
        }
        let timed_out = IdentityFault::TimedOut(Duration::from_mins(1));
        assert_eq!(key_at(&mut cache, 0).await, Err(timed_out.clone()));
        assert_eq!(key_at(&mut cache, 0).await, Err(timed_out));
        assert_eq!(script.resolutions(), 1);
        advance(FAILURE_CACHED).await;
        assert!(key_at(&mut cache, 0).await.is_err());
        assert_eq!(script.resolutions(), 2, "then it starts again");
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_that_stops_waiting_does_not_stop_the_resolution() {
        let script = Script::default().gives(5, keys("a", None));
        let mut cache = IdentityCache::new(script.clone());
        let impatient = timeout(Duration::from_secs(3), cache.get(at(0))).await;
        assert!(impatient.is_err());
        assert_eq!(key_at(&mut cache, 0).await.unwrap(), "a");
        assert_eq!(script.resolutions(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn refused_credentials_are_discarded_at_most_every_thirty_seconds() {
        let script = Script::default()
            .gives(0, keys("a", Some(3600)))
            .gives(0, keys("b", Some(3600)))
            .gives(0, keys("c", Some(3600)));
        let mut cache = IdentityCache::new(script.clone());
        assert_eq!(key_at(&mut cache, 0).await.unwrap(), "a");
        assert!(cache.discard());
        assert_eq!(key_at(&mut cache, 0).await.unwrap(), "b");
        assert!(!cache.discard(), "just done");
        assert_eq!(key_at(&mut cache, 0).await.unwrap(), "b");
        advance(BETWEEN_DISCARDS).await;
        assert!(cache.discard());
        assert_eq!(key_at(&mut cache, 0).await.unwrap(), "c");
    }

    /// The seconds after which a resolution ends, and for which the credentials are valid then; without the latter it
    /// fails.
    type Plan = (u64, Option<i64>);

    /// Resolves by plan. `one` is held by the resolver and by each resolution that is under way.
    struct Planned {
        plans: Arc<Mutex<VecDeque<Plan>>>,
        began: Instant,
        one: Arc<()>,
    }

    impl Resolve for Planned {
        fn resolve(&self, _now: DateTime<Utc>) -> Resolution {
            assert_eq!(Arc::strong_count(&self.one), 1, "two resolutions at a time");
            let plan = self.plans.lock().unwrap().pop_front();
            let (began, one) = (self.began, Arc::clone(&self.one));
            Box::pin(async move {
                let (after, valid_for) = plan.unwrap_or_default();
                sleep(Duration::from_secs(after)).await;
                drop(one);
                let valid_for = valid_for.ok_or_else(|| IdentityFault::Failed("no".to_owned()))?;
                Ok(keys("a", Some(seconds_since(began) + valid_for)))
            })
        }
    }

    fn seconds_since(began: Instant) -> i64 {
        i64::try_from(began.elapsed().as_secs()).unwrap()
    }

    proptest! {
        /// However the resolutions end, and whichever callers stop waiting for them: there is one at a time, credentials
        /// are not used in the last ten seconds of a life that was twenty seconds long or more, and they are not
        /// discarded twice in thirty seconds.
        #[test]
        fn credentials_are_renewed_in_time_and_by_one_resolution_at_a_time(
            plans in prop::collection::vec((0_u64..80, prop::option::weighted(0.8, 20..900_i64)), 0..20),
            steps in prop::collection::vec((0_u64..90, any::<bool>(), 1_u64..20), 1..60),
        ) {
            let mut builder = tokio::runtime::Builder::new_current_thread();
            let runtime = builder.enable_time().start_paused(true).build().unwrap();
            runtime.block_on(async {
                let began = Instant::now();
                let plans = Arc::new(Mutex::new(plans.into()));
                let mut cache = IdentityCache::new(Planned { plans, began, one: Arc::default() });
                let mut discarded: Option<Instant> = None;
                for (pause, is_refused, wait) in steps {
                    sleep(Duration::from_secs(pause)).await;
                    if is_refused && cache.discard() {
                        let before = discarded.replace(Instant::now());
                        assert!(before.is_none_or(|before| before.elapsed() >= Duration::from_secs(30)));
                    }
                    let now = seconds_since(began);
                    let got = timeout(Duration::from_secs(wait), cache.get(at(now))).await;
                    if let Ok(Ok(identity)) = got {
                        let expiry = identity.signer.unwrap().credentials.expiry().unwrap();
                        let left = DateTime::<Utc>::from(expiry) - at(now);
                        assert!(left >= TimeDelta::seconds(10), "{left} left");
                    }
                }
            });
        }
    }
}
