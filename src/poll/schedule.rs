//! The schedule of one stream: which request is next and when, and what a response shows. Each stream has its own;
//! [`crate::poll::schedules`] puts them together.

use std::time::Duration;

use crate::backend::{LogRequest, NextToken};
use crate::domain::observation::{Seen, Stream};

/// A command of the app to a poller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PollCommand {
    /// Fetch events now.
    PollNow,
    /// Read the whole history again, now.
    Audit,
    /// Read the build log again: its lines were dropped.
    ReadLogAgain,
    /// Fetch everything now, over new connections: the machine slept, or the process was stopped. The response to the
    /// request in flight may never come.
    CatchUp,
}

/// How much of a build is fetched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Attention {
    #[default]
    Whole,
    /// The image less often, and no build log before the build has ended: then it tells why a build failed.
    WithoutLog,
    /// The same, without steps.
    Outline,
}

/// A request to the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApiRequest {
    /// A page of events: the one of the token, or the newest.
    Events(Option<NextToken>),
    /// DescribeImage.
    Image,
    /// Lines of the build log.
    Log(Box<LogRequest>),
    /// The workflows of the image.
    Steps,
}

impl ApiRequest {
    pub(crate) const fn stream(&self) -> Stream {
        match self {
            Self::Events(_) => Stream::Events,
            Self::Image => Stream::Image,
            Self::Log(_) => Stream::Log,
            Self::Steps => Stream::Steps,
        }
    }
}

/// When and how one stream is fetched.
pub(crate) trait Schedule {
    type Response;

    /// The next request and when it is due; `None` until something calls for one.
    fn next(&self) -> Option<(ApiRequest, Duration)>;

    /// Handles the response to the last request. `None` for one that shows nothing.
    fn on_response(&mut self, now: Duration, response: Self::Response) -> Option<Seen>;

    /// Takes note of the result of another stream, which makes its own next request at `next_try`.
    fn on_other(&mut self, now: Duration, seen: &Seen, next_try: Duration);

    fn command(&mut self, now: Duration, command: PollCommand);
}
