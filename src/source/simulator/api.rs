//! From a request to its answer: the routes, the faults that are planned for it, and the world's state.

use hyper::Request;

use super::answer::Answer;
use super::faults::{FaultPlan, InjectedFault};
use super::playback::Playback;
use super::reply::{Cut, Reply, Stamp, truncated, whole};
use super::requests::{Count, LoggedRequest, RequestLog, Route};
use super::world::{Page, World};
use crate::source::clock::Clock;

/// How many events the real API puts on a page.
const PAGE_SIZE: usize = 100;

/// What the answers are made from.
#[derive(Debug)]
pub(super) struct Api {
    pub world: World,
    pub faults: FaultPlan,
    pub page_size: usize,
    pub log: RequestLog,
    playback: Playback,
    clock: Clock,
}

impl Api {
    /// An API that never fails.
    pub(super) fn new(world: World, playback: Playback, clock: Clock) -> Self {
        Self {
            world,
            faults: FaultPlan::default(),
            page_size: PAGE_SIZE,
            log: RequestLog::default(),
            playback,
            clock,
        }
    }

    /// Answers one request, or fails as planned.
    pub(super) async fn reply<B>(&self, request: Request<B>) -> Result<Reply, Cut> {
        let request = LoggedRequest::new(&request);
        let count = self.log.record(request.clone());
        let fault = self.faults.fault(request.route, count);
        if let Some(InjectedFault::Slow(delay)) = fault {
            self.clock.sleep(*delay).await;
        }
        let reply = match fault {
            Some(InjectedFault::Reset) => return Err(Cut::Reset),
            Some(InjectedFault::Truncated) => truncated(self.answer(&request), self.stamp(count)),
            fault => {
                let planned = fault
                    .filter(|fault| fits(fault, &request))
                    .and_then(Answer::of_fault);
                let answer = planned.unwrap_or_else(|| self.answer(&request));
                whole(answer, self.stamp(count))
            }
        };
        Ok(reply?)
    }

    /// The right answer at the clock's time.
    fn answer(&self, request: &LoggedRequest) -> Answer {
        self.playback.advance(self.clock.elapsed(), &self.world);
        let image_id = request.image_id();
        if request.route != Route::Unknown && !is_image_id(image_id) {
            return Answer::bad_image_id(image_id);
        }
        match request.route {
            Route::Unknown => Answer::wrong_path(),
            Route::Image => match self.world.image(image_id) {
                Some(body) => Answer::ok(body),
                None => Answer::no_image(image_id),
            },
            Route::StackEvents => {
                let token = request.parameter("nextToken");
                match self.world.page(image_id, token, self.page_size) {
                    Page::Events(body) => Answer::ok(body),
                    Page::NoStack => Answer::no_stack(image_id),
                    Page::BadToken => Answer::bad_token(),
                }
            }
        }
    }

    fn stamp(&self, count: Count) -> Stamp {
        Stamp {
            now: self.clock.now(),
            number: count.of_all,
        }
    }
}

/// A token can only be rejected where there is one.
fn fits(fault: &InjectedFault, request: &LoggedRequest) -> bool {
    *fault != InjectedFault::TokenRejected || request.parameter("nextToken").is_some()
}

/// The API's own rule: `^[a-zA-Z][a-zA-Z0-9-]+$`.
fn is_image_id(text: &str) -> bool {
    let mut characters = text.chars();
    characters
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic())
        && text.len() > 1
        && characters.all(|it| it.is_ascii_alphanumeric() || it == '-')
}
