//! The cache, with scripted resolutions and paused time.

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
    for (seconds, key, resolutions) in [(0, "a", 1), (3299, "a", 1), (3300, "b", 2), (6000, "b", 2)]
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
