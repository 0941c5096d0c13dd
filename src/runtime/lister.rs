//! Lists the images of an account, for `bakewatch list`, for `--all-building` and for the picker. Each kind of request has
//! a turn and a back-off of its own: while one fails, the others are made, and their rows are known.

use std::time::Duration;

use tokio::time::Instant;

use crate::backend::images::ImagesSource;
use crate::backend::{Endpoint, Images};
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::listing::ListedImage;
use crate::poll::permit::Budgets;
use crate::text::safe::SafeText;

/// The longest time that is waited for at once.
const LONGEST_WAIT: Duration = Duration::from_hours(1);

/// How a list is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace<'a> {
    /// The first and the longest wait before a failed request is made again.
    pub back_off: (Duration, Duration),
    /// How often it is made again. `None`: until it succeeds.
    pub retries: Option<u32>,
    /// The time until what was read is read again. `None`: it is read once.
    pub again: Option<Duration>,
    /// What limits the requests.
    pub budgets: Option<&'a Budgets>,
}

impl Pace<'_> {
    fn wait(&self, failures: u32) -> Duration {
        let (first, longest) = self.back_off;
        let factor = 2_u32.saturating_pow(failures);
        first.saturating_mul(factor).min(longest)
    }
}

#[derive(Debug)]
pub(super) struct Lister {
    images: Images,
    /// Those of the kinds of request.
    turns: Vec<Turn>,
}

#[derive(Clone, Debug, Default)]
struct Turn {
    /// The failures since the last success, and the last one's reason.
    failures: u32,
    fault: Option<Fault>,
    /// When the back-off ends.
    not_before: Option<Instant>,
    /// When what was read to its end is read again.
    again_at: Option<Instant>,
}

impl Lister {
    pub(super) fn new(images: Images) -> Self {
        let turns = vec![Turn::default(); images.kinds()];
        let mut lister = Self { images, turns };
        lister.restart();
        lister
    }

    /// Reads all from the beginning, now. What is known stays known.
    pub(super) fn restart(&mut self) {
        for (kind, turn) in self.turns.iter_mut().enumerate() {
            *turn = Turn::default();
            self.images.begin(kind);
        }
    }

    pub(super) fn rows(&self) -> Vec<ListedImage> {
        self.images.rows()
    }

    /// The region whose images are listed, if that is known without them.
    pub(super) fn region(&self) -> Option<SafeText> {
        self.images.region()
    }

    /// Why rows may be missing, each reason once.
    pub(super) fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::<Fault>::new();
        for fault in self.turns.iter().filter_map(|turn| turn.fault.as_ref()) {
            let is_same =
                |known: &Fault| (&known.message, &known.hint) == (&fault.message, &fault.hint);
            if !faults.iter().any(is_same) {
                faults.push(fault.clone());
            }
        }
        faults
    }

    /// Whether there is nothing more to read at present.
    pub(super) fn is_whole(&self) -> bool {
        (0..self.turns.len()).all(|kind| self.images.upcoming(kind).is_none())
    }

    /// How many stacks have been looked at, and of how many.
    pub(super) fn looked_at(&self) -> Option<(usize, usize)> {
        self.images.looked_at()
    }

    /// Makes the request whose turn it is, once it may be made. `None` if there is none.
    pub(super) async fn step(&mut self, pace: &Pace<'_>) -> Option<Result<(), Fault>> {
        loop {
            let now = Instant::now();
            if let Some(again) = pace.again {
                self.begin_again(now, again);
            }
            match self.next(now, pace)? {
                (due, _) if due > now => tokio::time::sleep_until(due).await,
                (_, Some((kind, endpoint))) => {
                    return Some(self.request(kind, &endpoint, pace).await);
                }
                (_, None) => {}
            }
        }
    }

    fn begin_again(&mut self, now: Instant, again: Duration) {
        for (kind, turn) in self.turns.iter_mut().enumerate() {
            if self.images.upcoming(kind).is_some() {
                turn.again_at = None;
            } else if turn.again_at.is_some_and(|at| at <= now) {
                turn.again_at = None;
                turn.not_before = None;
                self.images.begin(kind);
            }
            if self.images.upcoming(kind).is_none() && turn.again_at.is_none() {
                turn.again_at = Some(now + again);
            }
        }
    }

    /// When something is to be done, and the request, if it is one.
    fn next(&self, now: Instant, pace: &Pace<'_>) -> Option<(Instant, Option<(usize, Endpoint)>)> {
        let due = self.turns.iter().enumerate().filter_map(|(kind, turn)| {
            let Some(upcoming) = self.images.upcoming(kind) else {
                return Some((turn.again_at?, None));
            };
            if pace.retries.is_some_and(|retries| turn.failures > retries) {
                return None;
            }
            let wait = pace.budgets.map_or(Duration::ZERO, |budgets| {
                budgets.before_list(&upcoming.endpoint).min(LONGEST_WAIT)
            });
            let times = [Some(now + wait), turn.not_before, upcoming.not_before];
            let due = times.into_iter().flatten().max().unwrap_or(now);
            Some((due, Some((kind, upcoming.endpoint))))
        });
        // Of those that are due, the first one is the most urgent.
        due.min_by_key(|(at, _)| *at)
    }

    async fn request(
        &mut self,
        kind: usize,
        endpoint: &Endpoint,
        pace: &Pace<'_>,
    ) -> Result<(), Fault> {
        let in_flight = match pace.budgets {
            Some(budgets) => Some(budgets.list(endpoint).await),
            None => None,
        };
        let result = self.images.next(kind).await;
        drop(in_flight);
        let asked = self.images.take_requests();
        let turn = &mut self.turns[kind];
        let wait = pace.wait(turn.failures);
        match &result {
            Ok(()) => *turn = Turn::default(),
            Err(fault) => {
                let may_pass = fault.kind.may_pass();
                turn.not_before = may_pass.then(|| Instant::now() + wait);
                turn.failures = turn.failures.saturating_add(1);
                turn.fault = Some(fault.clone());
            }
        }
        if let Some(budgets) = pace.budgets {
            let is_throttled = matches!(&result, Err(fault) if fault.kind == FaultKind::Throttled);
            budgets.note_list(endpoint, asked, is_throttled.then_some(wait));
        }
        result
    }
}
