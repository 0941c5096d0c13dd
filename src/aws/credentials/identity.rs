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

use crate::aws::credentials::fault::IdentityFault;
use crate::aws::signer::Signer;

/// Credentials are renewed this long before they expire…
const RENEW_BEFORE_EXPIRY: TimeDelta = TimeDelta::minutes(5);
/// …but while that fails they are used until this short before it.
const LAST_USE_BEFORE_EXPIRY: TimeDelta = TimeDelta::seconds(10);
/// How long credentials without an expiry are kept, so that a changed file is noticed.
const WITHOUT_EXPIRY: TimeDelta = TimeDelta::minutes(15);
/// How long one question waits for a resolution.
const PATIENCE: Duration = Duration::from_secs(10);
/// The same while the old credentials still serve.
const PATIENCE_WITH_OLD: Duration = Duration::from_secs(1);
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
pub(crate) struct Identity {
    /// The image's region; absent where nothing names one.
    pub(crate) region: Option<String>,
    /// What requests are signed with; absent where they are not.
    pub(crate) signer: Option<Signer>,
}

/// A resolution under way.
pub(crate) type Resolution = Pin<Box<dyn Future<Output = Result<Identity, IdentityFault>> + Send>>;

/// Where an identity comes from. Every resolution starts from nothing, so that a login or an edited file
/// heals the watch.
pub(crate) trait Resolve: Send {
    /// Begins a resolution.
    fn resolve(&self) -> Resolution;
}

/// The identity in use.
pub(crate) struct IdentityCache {
    resolver: Box<dyn Resolve>,
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

impl IdentityCache {
    pub(crate) fn new(resolver: impl Resolve + 'static) -> Self {
        Self {
            resolver: Box::new(resolver),
            held: None,
            pending: None,
            failed: None,
            discarded: None,
        }
    }

    /// The identity to use at `now`, the server's time: expiries are stated in it.
    pub(crate) async fn get(&mut self, now: DateTime<Utc>) -> Result<Identity, IdentityFault> {
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
    pub(crate) fn discard(&mut self) -> bool {
        let recently = |at: Instant| at.elapsed() < BETWEEN_DISCARDS;
        if self.discarded.is_some_and(recently) {
            return false;
        }
        self.discarded = Some(Instant::now());
        self.held = None;
        self.failed = None;
        true
    }

    /// Resolves again at the next request, although it has just failed.
    pub(crate) fn forget_failure(&mut self) {
        self.failed = None;
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
        let patience = match &self.held {
            Some(held) if held.is_usable(now) => PATIENCE_WITH_OLD,
            _ => PATIENCE,
        };
        let answer = timeout(patience.min(left), &mut pending.resolution).await;
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

impl fmt::Debug for IdentityCache {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("IdentityCache")
            .field("held", &self.held.is_some())
            .field("pending", &self.pending.is_some())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::future;
    use std::sync::{Arc, Mutex};

    use aws_credential_types::Credentials;
    use proptest::prelude::*;
    use tokio::time::{advance, sleep};

    use super::*;

    type Answer = Result<Identity, IdentityFault>;

    /// Gives the scripted answers in order, each after its time; then never one.
    #[derive(Clone, Default)]
    struct Script {
        answers: Arc<Mutex<VecDeque<(u64, Answer)>>>,
        asked: Arc<Mutex<usize>>,
    }

    impl Script {
        fn then(self, after: u64, answer: Answer) -> Self {
            self.answers.lock().unwrap().push_back((after, answer));
            self
        }

        fn gives(self, after: u64, identity: Identity) -> Self {
            self.then(after, Ok(identity))
        }

        fn fails(self) -> Self {
            self.then(0, Err(IdentityFault::Failed("no".to_owned())))
        }

        fn asked(&self) -> usize {
            *self.asked.lock().unwrap()
        }
    }

    impl Resolve for Script {
        fn resolve(&self) -> Resolution {
            *self.asked.lock().unwrap() += 1;
            let Some((after, answer)) = self.answers.lock().unwrap().pop_front() else {
                return Box::pin(future::pending());
            };
            Box::pin(async move {
                sleep(Duration::from_secs(after)).await;
                answer
            })
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
        }
    }

    async fn key_at(cache: &mut IdentityCache, seconds: i64) -> Result<String, IdentityFault> {
        let identity = cache.get(at(seconds)).await?;
        let signer = identity.signer.unwrap();
        Ok(signer.credentials.access_key_id().to_owned())
    }

    #[tokio::test(start_paused = true)]
    async fn credentials_are_kept_until_five_minutes_before_they_expire() {
        let script = Script::default()
            .gives(0, keys("a", Some(3600)))
            .gives(0, keys("b", Some(7200)));
        let mut cache = IdentityCache::new(script.clone());
        for (seconds, key, asked) in [(0, "a", 1), (3299, "a", 1), (3300, "b", 2), (6000, "b", 2)] {
            assert_eq!(key_at(&mut cache, seconds).await.unwrap(), key, "{seconds}");
            assert_eq!(script.asked(), asked, "{seconds}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn old_credentials_serve_until_ten_seconds_before_expiry_while_renewing_fails() {
        let script = Script::default()
            .gives(0, keys("a", Some(3600)))
            .fails()
            .fails()
            .gives(0, keys("b", Some(7200)));
        let mut cache = IdentityCache::new(script.clone());
        assert_eq!(key_at(&mut cache, 0).await.unwrap(), "a");
        assert_eq!(key_at(&mut cache, 3400).await.unwrap(), "a");
        assert_eq!(key_at(&mut cache, 3401).await.unwrap(), "a");
        assert_eq!(script.asked(), 2, "a failure is kept for a while");
        advance(FAILURE_KEPT).await;
        assert_eq!(
            key_at(&mut cache, 3590).await,
            Err(IdentityFault::Failed("no".to_owned()))
        );
        advance(FAILURE_KEPT).await;
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
    async fn short_lived_credentials_are_not_renewed_at_every_request() {
        let script = Script::default()
            .gives(0, keys("a", Some(120)))
            .gives(0, keys("b", Some(40)))
            .gives(0, keys("c", Some(7200)));
        let mut cache = IdentityCache::new(script.clone());
        assert_eq!(key_at(&mut cache, 0).await.unwrap(), "a");
        assert_eq!(key_at(&mut cache, 59).await.unwrap(), "a");
        assert_eq!(key_at(&mut cache, 60).await.unwrap(), "b", "came expired");
        assert_eq!(key_at(&mut cache, 64).await.unwrap(), "b");
        assert_eq!(key_at(&mut cache, 65).await.unwrap(), "c");
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_is_kept_for_a_while_but_not_for_a_person_who_asks() {
        let script = Script::default().fails().gives(0, keys("a", None));
        let mut cache = IdentityCache::new(script.clone());
        for _ in 0..3 {
            assert!(key_at(&mut cache, 0).await.is_err());
        }
        assert_eq!(script.asked(), 1);
        cache.forget_failure();
        assert_eq!(key_at(&mut cache, 0).await.unwrap(), "a");
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_resolution_is_reported_and_goes_on_where_it_was() {
        let script = Script::default().gives(25, keys("a", None));
        let mut cache = IdentityCache::new(script.clone());
        for seconds in [10, 20] {
            let slow = IdentityFault::Slow(Duration::from_secs(seconds));
            assert_eq!(key_at(&mut cache, 0).await, Err(slow));
        }
        assert_eq!(key_at(&mut cache, 0).await.unwrap(), "a");
        assert_eq!(script.asked(), 1, "one resolution, not three");
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_renewal_hardly_delays_requests_that_the_old_credentials_can_sign() {
        let script = Script::default()
            .gives(0, keys("a", Some(3600)))
            .gives(3, keys("b", Some(7200)));
        let mut cache = IdentityCache::new(script.clone());
        assert_eq!(key_at(&mut cache, 0).await.unwrap(), "a");
        let began = Instant::now();
        assert_eq!(key_at(&mut cache, 3301).await.unwrap(), "a");
        assert_eq!(key_at(&mut cache, 3302).await.unwrap(), "a");
        assert_eq!(began.elapsed(), 2 * PATIENCE_WITH_OLD);
        assert_eq!(key_at(&mut cache, 3303).await.unwrap(), "b");
    }

    #[tokio::test(start_paused = true)]
    async fn a_resolution_is_given_up_after_a_minute() {
        let script = Script::default();
        let mut cache = IdentityCache::new(script.clone());
        for _ in 0..5 {
            let fault = key_at(&mut cache, 0).await.unwrap_err();
            assert!(matches!(fault, IdentityFault::Slow(_)), "{fault:?}");
        }
        let given_up = IdentityFault::TimedOut(Duration::from_mins(1));
        assert_eq!(key_at(&mut cache, 0).await, Err(given_up.clone()));
        assert_eq!(key_at(&mut cache, 0).await, Err(given_up));
        assert_eq!(script.asked(), 1);
        advance(FAILURE_KEPT).await;
        assert!(key_at(&mut cache, 0).await.is_err());
        assert_eq!(script.asked(), 2, "then it begins anew");
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_that_stops_waiting_does_not_stop_the_resolution() {
        let script = Script::default().gives(5, keys("a", None));
        let mut cache = IdentityCache::new(script.clone());
        let impatient = timeout(Duration::from_secs(3), cache.get(at(0))).await;
        assert!(impatient.is_err());
        assert_eq!(key_at(&mut cache, 0).await.unwrap(), "a");
        assert_eq!(script.asked(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn refused_credentials_are_thrown_away_at_most_every_thirty_seconds() {
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

    /// After how many seconds a resolution ends, and for how many the credentials are good then; it fails where
    /// nothing says so.
    type Plan = (u64, Option<i64>);

    /// Resolves by plan. Whoever holds `one` is a resolver, or a resolution that is under way.
    struct Planned {
        plans: Arc<Mutex<VecDeque<Plan>>>,
        began: Instant,
        one: Arc<()>,
    }

    impl Resolve for Planned {
        fn resolve(&self) -> Resolution {
            assert_eq!(Arc::strong_count(&self.one), 1, "two resolutions at a time");
            let plan = self.plans.lock().unwrap().pop_front();
            let (began, one) = (self.began, Arc::clone(&self.one));
            Box::pin(async move {
                let (after, good_for) = plan.unwrap_or_default();
                sleep(Duration::from_secs(after)).await;
                drop(one);
                let good_for = good_for.ok_or_else(|| IdentityFault::Failed("no".to_owned()))?;
                Ok(keys("a", Some(seconds_since(began) + good_for)))
            })
        }
    }

    fn seconds_since(began: Instant) -> i64 {
        i64::try_from(began.elapsed().as_secs()).unwrap()
    }

    proptest! {
        /// Whatever the resolutions come to, and whoever stops waiting for them: there is one at a time, credentials
        /// are not used in the last ten seconds of a life that was twenty seconds long or more, and they are not
        /// thrown away twice in thirty seconds.
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
                for (pause, is_refused, patience) in steps {
                    sleep(Duration::from_secs(pause)).await;
                    if is_refused && cache.discard() {
                        let before = discarded.replace(Instant::now());
                        assert!(before.is_none_or(|before| before.elapsed() >= Duration::from_secs(30)));
                    }
                    let now = seconds_since(began);
                    let got = timeout(Duration::from_secs(patience), cache.get(at(now))).await;
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
