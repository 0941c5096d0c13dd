//! An answer as bytes on the wire, and the ways in which it does not arrive.

use std::convert::Infallible;
use std::error::Error;
use std::fmt;

use chrono::{DateTime, Utc};
use futures_util::stream;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Bytes, Frame};
use hyper::http::response::Builder;
use hyper::{Response, http};

use crate::demo::identifier::uuid;
use crate::demo::server::answer::Answer;

/// A response that hyper can send.
pub(crate) type Reply = Response<UnsyncBoxBody<Bytes, Cut>>;

/// How the connection is cut, on purpose, instead of a whole answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    Reset,
    /// It is closed.
    Close,
}

impl Cut {
    /// The cut that hyper ended a connection for, if it was one.
    pub(crate) fn of(error: &hyper::Error) -> Option<Self> {
        error.source()?.downcast_ref().copied()
    }
}

/// Only a planned answer can be one that HTTP does not know, such as a status of 42.
impl From<http::Error> for Cut {
    fn from(_: http::Error) -> Self {
        Self::Close
    }
}

impl fmt::Display for Cut {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the connection is cut on purpose")
    }
}

impl Error for Cut {}

/// What every response has in its head, besides its answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stamp {
    /// The server's time.
    pub now: DateTime<Utc>,
    /// The request's number, which its id is made from.
    pub number: u64,
}

pub(crate) fn whole(answer: Answer, stamp: Stamp) -> http::Result<Reply> {
    let head = head(&answer, stamp);
    let body = Full::new(Bytes::from(answer.body)).map_err(|never: Infallible| match never {});
    head.body(body.boxed_unsync())
}

/// The head of the answer, which promises the whole body, and the first half of it.
pub(crate) fn truncated(answer: Answer, stamp: Stamp) -> http::Result<Reply> {
    let head = head(&answer, stamp);
    let length = answer.body.len();
    let half = Bytes::from(answer.body).slice(..length / 2);
    let frames = stream::unfold(Some(half), |half| async {
        if let Some(half) = half {
            return Some((Ok(Frame::data(half)), None));
        }
        // hyper sends what it has when it has to wait, and forgets it at an error.
        tokio::task::yield_now().await;
        Some((Err(Cut::Close), None))
    });
    head.header("content-length", length)
        .body(StreamBody::new(frames).boxed_unsync())
}

fn head(answer: &Answer, stamp: Stamp) -> Builder {
    let date = stamp.now.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let head = Response::builder()
        .status(answer.status)
        .header("content-type", answer.content_type)
        .header("date", date)
        .header(
            "x-amzn-requestid",
            uuid(&format!("request {}", stamp.number)),
        );
    match &answer.error_type {
        Some(error_type) => head.header("x-amzn-errortype", error_type),
        None => head,
    }
}
