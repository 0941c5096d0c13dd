//! Responses in hyper's form, and the ways in which they do not arrive.

use std::convert::Infallible;
use std::error::Error;
use std::fmt;

use chrono::{DateTime, Utc};
use futures_util::stream;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Bytes, Frame};
use hyper::http;
use hyper::http::response::Builder;

use crate::demo::identifier::uuid;
use crate::demo::server::response::Response;

/// A response that hyper can send.
pub(crate) type HttpResponse = hyper::Response<UnsyncBoxBody<Bytes, Cut>>;

/// The way in which the connection is cut, on purpose, instead of a whole response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    Reset,
    Close,
}

impl Cut {
    /// The cut for which hyper ended a connection, if it was one.
    pub(crate) fn of(error: &hyper::Error) -> Option<Self> {
        error.source()?.downcast_ref().copied()
    }
}

/// Only a planned response can be invalid in HTTP, such as one with a status of 42.
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

/// The parts of a response's head that do not depend on the response.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stamp {
    /// The server's time.
    pub now: DateTime<Utc>,
    /// The request's number, from which its id is made.
    pub number: u64,
}

pub(crate) fn whole(response: Response, stamp: Stamp) -> http::Result<HttpResponse> {
    let head = head(&response, stamp);
    let body = Full::new(Bytes::from(response.body)).map_err(|never: Infallible| match never {});
    head.body(body.boxed_unsync())
}

/// The head of the response, which promises the whole body, and the first half of it.
pub(crate) fn truncated(response: Response, stamp: Stamp) -> http::Result<HttpResponse> {
    let head = head(&response, stamp);
    let length = response.body.len();
    let half = Bytes::from(response.body).slice(..length / 2);
    let frames = stream::unfold(Some(half), |half| async {
        if let Some(half) = half {
            return Some((Ok(Frame::data(half)), None));
        }
        // hyper sends its buffer when it has to wait, and drops it on an error.
        tokio::task::yield_now().await;
        Some((Err(Cut::Close), None))
    });
    head.header("content-length", length)
        .body(StreamBody::new(frames).boxed_unsync())
}

fn head(response: &Response, stamp: Stamp) -> Builder {
    let date = stamp.now.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let head = hyper::Response::builder()
        .status(response.status)
        .header("content-type", response.content_type)
        .header("date", date)
        .header(
            "x-amzn-requestid",
            uuid(&format!("request {}", stamp.number)),
        );
    match &response.error_type {
        Some(error_type) => head.header("x-amzn-errortype", error_type),
        None => head,
    }
}
