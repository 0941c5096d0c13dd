//! The permits to make requests, shared by all sessions: for each service of a region one request at a time, a budget of
//! requests, and a common back-off after throttling. The poller asks for one before each request. A session that is not
//! shown has fewer streams, and comes last.

mod budget;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use crate::backend::{Asked, Endpoint, Source};
use crate::clock::Clock;
use crate::domain::observation::Stream;
use crate::poll::permit::budget::Budget;
use crate::poll::schedule::Attention;

/// The ranks of what the user waits for beside a session, such as the list of images, and of the first stream of a session
/// that is not shown.
const LIST: usize = 3;
const OTHERS: usize = 4;

/// The permits of all endpoints. Its clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Budgets {
    clock: Clock,
    permits: Arc<Mutex<Vec<(Endpoint, Permit)>>>,
}

impl Budgets {
    /// Budgets that refill by this clock.
    pub(crate) fn new(clock: Clock) -> Self {
        Self {
            clock,
            permits: Arc::default(),
        }
    }

    /// What another session needs: it shares the budgets.
    pub(crate) fn session(&self) -> Permits {
        Permits {
            budgets: self.clone(),
            shown: Shown::default(),
            otherwise: Attention::Whole,
            is_beside: false,
            asked: std::array::from_fn(|_| vec![Endpoint::default()]),
        }
    }

    /// How long an endpoint takes no request for the list of images.
    pub(crate) fn before_list(&self, endpoint: &Endpoint) -> Duration {
        let ready = self.of(endpoint).ready_at(LIST);
        let wait = ready.saturating_sub(self.clock.elapsed());
        self.clock.to_wall_time(wait)
    }

    /// Waits until the list of images may make a request to an endpoint.
    pub(crate) async fn list(&self, endpoint: &Endpoint) -> InFlight {
        let permit = self.of(endpoint);
        loop {
            let wait = permit.ready_at(LIST).saturating_sub(self.clock.elapsed());
            self.clock.sleep(wait).await;
            if let Some(in_flight) = permit.acquire(LIST).await {
                return in_flight;
            }
        }
    }

    /// Counts the requests that the list of images has made, and begins the back-off of its endpoint if that asks for one.
    pub(crate) fn note_list(
        &self,
        endpoint: &Endpoint,
        asked: Vec<Asked>,
        back_off: Option<Duration>,
    ) {
        if let Some(back_off) = back_off {
            self.of(endpoint).hold_back(self.clock.elapsed() + back_off);
        }
        for asked in asked {
            let permitted = u32::from(asked.endpoint == *endpoint);
            let more = asked.requests.saturating_sub(permitted);
            self.of(&asked.endpoint).count(more);
        }
    }

    fn of(&self, endpoint: &Endpoint) -> Permit {
        let mut permits = self.permits.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, permit)) = permits.iter().find(|(of, _)| of == endpoint) {
            return permit.clone();
        }
        let permit = Permit::new(self.clock.clone());
        permits.push((endpoint.clone(), permit.clone()));
        permit
    }
}

/// Whether a session is the one on the screen. Its clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shown(Arc<IsShown>);

#[derive(Debug, Default)]
struct IsShown {
    now: AtomicBool,
    changed: Notify,
}

impl Shown {
    pub(crate) fn set(&self, is_shown: bool) {
        if self.0.now.swap(is_shown, Ordering::Relaxed) != is_shown {
            self.0.changed.notify_one();
        }
    }

    fn get(&self) -> bool {
        self.0.now.load(Ordering::Relaxed)
    }

    /// Waits until it changes, or returns at once if it has changed since the last call.
    pub(crate) async fn changed(&self) {
        self.0.changed.notified().await;
    }
}

/// The permits of one session: those of the endpoints that its streams use.
#[derive(Debug)]
pub struct Permits {
    budgets: Budgets,
    shown: Shown,
    /// How much is fetched while the session is not the one on the screen.
    otherwise: Attention,
    /// Whether the requests come after those of the session on the screen, as those of the list of images do.
    is_beside: bool,
    /// For each stream its endpoint, then the others that its last request was sent to.
    asked: [Vec<Endpoint>; Stream::COUNT],
}

impl Permits {
    /// The permits of a session that shares nothing.
    pub fn new(clock: Clock) -> Self {
        Budgets::new(clock).session()
    }

    pub(crate) fn shown(&self) -> Shown {
        self.shown.clone()
    }

    /// Fetches only so much while the session is not the one on the screen.
    #[must_use]
    pub(crate) fn otherwise(mut self, attention: Attention) -> Self {
        self.otherwise = attention;
        self
    }

    /// Makes requests after those of the session on the screen, and before those of the others: for what the user waits
    /// for beside it.
    #[must_use]
    pub(crate) fn beside(mut self) -> Self {
        self.is_beside = true;
        self
    }

    pub(crate) fn attention(&self) -> Attention {
        if self.shown.get() {
            Attention::Whole
        } else {
            self.otherwise
        }
    }

    /// A session that is fetched whole counts as shown.
    fn rank(&self, stream: Stream) -> usize {
        let rank = match stream {
            Stream::Steps => 1,
            Stream::Log => 2,
            Stream::Events | Stream::Image | Stream::Images => 0,
        };
        if self.is_beside {
            return LIST;
        }
        let is_shown = self.attention() == Attention::Whole;
        rank + if is_shown { 0 } else { OTHERS }
    }

    /// Takes note of the endpoints of a source. Whether its events and its image have different ones.
    pub(crate) fn begin(&mut self, source: &impl Source) -> bool {
        for (stream, asked) in Stream::ALL.into_iter().zip(&mut self.asked) {
            *asked = vec![source.endpoint(stream)];
        }
        self.asked[Stream::Events.index()] != self.asked[Stream::Image.index()]
    }

    /// When the stream may make its next request, by the clock's running time.
    pub(crate) fn ready_at(&self, stream: Stream) -> Duration {
        let rank = self.rank(stream);
        let endpoints = self.asked[stream.index()].iter();
        let ready = endpoints.map(|endpoint| self.budgets.of(endpoint).ready_at(rank));
        ready.max().unwrap_or_default()
    }

    /// The permit for a stream's next request, and the rank to ask with.
    pub(crate) fn of(&self, stream: Stream) -> (Permit, usize) {
        let endpoint = &self.asked[stream.index()][0];
        (self.budgets.of(endpoint), self.rank(stream))
    }

    /// Counts the requests that were made under a stream's permit, and begins the back-off of the endpoints that ask for
    /// one, until the stream's next request.
    pub(crate) fn note(
        &mut self,
        stream: Stream,
        asked: Vec<Asked>,
        is_throttled: bool,
        next: Duration,
    ) {
        let known = &mut self.asked[stream.index()];
        let none_says = !asked.iter().any(|asked| asked.is_throttled);
        if is_throttled && none_says {
            self.budgets.of(&known[0]).hold_back(next);
        }
        if asked.is_empty() {
            return;
        }
        known.truncate(1);
        for asked in asked {
            let permit = self.budgets.of(&asked.endpoint);
            let is_permitted = known[0] == asked.endpoint;
            permit.count(asked.requests.saturating_sub(u32::from(is_permitted)));
            if asked.is_throttled {
                permit.hold_back(next);
            }
            if !is_permitted {
                known.push(asked.endpoint);
            }
        }
    }

    /// Ends the back-offs of the session's endpoints, because the user asked for a request.
    pub(crate) fn end_back_off(&self) {
        for endpoint in self.asked.iter().flatten() {
            self.budgets.of(endpoint).end_back_off();
        }
    }
}

/// The permit of one endpoint. Its clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Permit {
    in_flight: Arc<tokio::sync::Mutex<()>>,
    budget: Arc<Mutex<Budget>>,
    clock: Clock,
}

/// The request in flight; the next one may begin when it is dropped.
#[derive(Debug)]
pub(crate) struct InFlight {
    _guard: tokio::sync::OwnedMutexGuard<()>,
}

/// A place among those that wait for the request in flight.
#[derive(Debug)]
struct Place<'a>(&'a Permit, usize);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.budget().waiting[self.1] -= 1;
    }
}

impl Permit {
    fn new(clock: Clock) -> Self {
        let budget = Budget::new(clock.elapsed());
        Self {
            in_flight: Arc::default(),
            budget: Arc::new(Mutex::new(budget)),
            clock,
        }
    }

    fn ready_at(&self, rank: usize) -> Duration {
        self.budget().ready_at(rank)
    }

    /// Waits for the request in flight, and for those of a better rank. `None` if the endpoint must not get another one
    /// yet: a response in the meantime may have begun a back-off.
    pub(crate) async fn acquire(&self, rank: usize) -> Option<InFlight> {
        self.budget().waiting[rank] += 1;
        let place = Place(self, rank);
        loop {
            let guard = Arc::clone(&self.in_flight).lock_owned().await;
            let mut budget = self.budget();
            if budget.waiting[..rank].iter().any(|waiting| *waiting > 0) {
                // The lock is fair: it goes to the one that waits longest, and at last to a better rank.
                continue;
            }
            let is_taken = budget.take(rank, self.clock.elapsed());
            drop(budget);
            drop(place);
            return is_taken.then_some(InFlight { _guard: guard });
        }
    }

    /// Counts requests that were made besides a permitted one: the next ones wait for them.
    fn count(&self, more: u32) {
        self.budget().count(more, self.clock.elapsed());
    }

    /// Begins a back-off: no session makes a request before this time.
    fn hold_back(&self, until: Duration) {
        let mut budget = self.budget();
        budget.not_before = budget.not_before.max(until);
    }

    fn end_back_off(&self) {
        self.budget().not_before = Duration::ZERO;
    }

    fn budget(&self) -> MutexGuard<'_, Budget> {
        self.budget.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::poll::permit::budget::{RANKS, RATE};
    use chrono::DateTime;
    use futures_util::FutureExt;

    #[tokio::test(start_paused = true)]
    async fn requests_beside_the_permitted_one_take_their_part_of_the_budget() {
        let permit = Permit::new(Clock::scenario(DateTime::UNIX_EPOCH, 1.0));
        permit.count(108);
        let ready = permit.ready_at(0);
        assert_eq!(ready, Duration::from_secs_f64(9.0 / RATE));
    }

    #[tokio::test(start_paused = true)]
    async fn sessions_share_one_request_at_a_time_and_the_back_off() {
        let clock = Clock::scenario(DateTime::UNIX_EPOCH, 1.0);
        let one = Permit::new(clock.clone());
        let other = one.clone();
        let second = Duration::from_secs(1);
        let in_flight = one.acquire(0).await;
        assert!(in_flight.is_some());
        assert!(
            tokio::time::timeout(second, other.acquire(0))
                .await
                .is_err()
        );
        one.hold_back(clock.elapsed() + second);
        drop(in_flight);
        assert!(other.acquire(0).await.is_none(), "throttled");
        assert!(other.ready_at(0) > clock.elapsed());
        other.end_back_off();
        assert!(one.acquire(0).await.is_some());
        one.hold_back(clock.elapsed() + second);
        tokio::time::advance(second).await;
        assert!(other.acquire(0).await.is_some(), "the back-off is over");
    }

    /// The list of images has no budget of its own: it waits for the sessions' requests and for their back-off.
    #[tokio::test(start_paused = true)]
    async fn the_list_of_images_shares_the_budget_of_the_sessions() {
        let clock = Clock::scenario(DateTime::UNIX_EPOCH, 1.0);
        let budgets = Budgets::new(clock.clone());
        let endpoint = Endpoint::default();
        let permit = budgets.of(&endpoint);
        permit.count(100);
        drop(budgets.list(&endpoint).await);
        assert!(clock.elapsed() >= Duration::from_secs_f64(87.0 / RATE));
        let back_off = Duration::from_secs(30);
        budgets.note_list(&endpoint, Vec::new(), Some(back_off));
        assert!(
            permit.ready_at(0) >= clock.elapsed() + back_off,
            "of the sessions, too"
        );
        let before = clock.elapsed();
        drop(budgets.list(&endpoint).await);
        assert!(clock.elapsed() >= before + back_off);
    }

    #[tokio::test(start_paused = true)]
    async fn a_short_budget_is_for_the_first_rank() {
        let permit = Permit::new(Clock::scenario(DateTime::UNIX_EPOCH, 1.0));
        permit.count(100);
        let ready = (0..RANKS).map(|rank| permit.ready_at(rank));
        assert!(ready.is_sorted_by(|one, next| one < next));
        tokio::time::advance(permit.ready_at(0)).await;
        assert!(permit.acquire(1).await.is_none());
        assert!(permit.acquire(0).await.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_rank_does_not_wait_for_those_that_came_before_it() {
        let permit = Permit::new(Clock::scenario(DateTime::UNIX_EPOCH, 1.0));
        let in_flight = permit.acquire(0).await;
        let order = Mutex::new(Vec::new());
        let request = async |rank| {
            let _in_flight = permit.acquire(rank).await;
            order.lock().unwrap().push(rank);
            tokio::task::yield_now().await;
        };
        let release = async { drop(in_flight) };
        tokio::join!(
            request(5),
            request(3),
            request(5),
            request(0),
            request(2),
            release
        );
        assert_eq!(*order.lock().unwrap(), [0, 2, 3, 5, 5]);
    }

    #[test]
    fn the_shown_session_is_first_then_the_events_then_the_steps_then_the_log() {
        let budgets = Budgets::new(Clock::scenario(DateTime::UNIX_EPOCH, 1.0));
        let (shown, other) = (budgets.session(), budgets.session());
        let (shown, other) = (
            shown.otherwise(Attention::Outline),
            other.otherwise(Attention::Outline),
        );
        for is_news in [true, false] {
            shown.shown.set(true);
            assert_eq!(shown.shown.changed().now_or_never().is_some(), is_news);
        }
        let streams = [Stream::Events, Stream::Steps, Stream::Log];
        let compared = budgets.session().beside();
        let all = [shown, compared, other];
        let ranks = all.map(|session| streams.map(|stream| session.rank(stream)));
        assert_eq!(ranks, [[0, 1, 2], [3, 3, 3], [4, 5, 6]]);
    }
}

#[cfg(test)]
mod sessions;
