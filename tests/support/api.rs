//! The API's responses, built by hand: events, pages of them, descriptions of the image and failures of a request,
//! as the poller hands them on. Every test that builds one builds it here.

use std::sync::Arc;
use std::time::Duration;

use bakewatch::testing::domain::{
    Ami, Fault, FaultKind, ImageDescription, Observation, Seen, StackEvent, StackId, Stream,
    WalkStep,
};
use bakewatch::testing::text::SafeText;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

/// An event, parsed as one of a page.
pub(crate) fn event(json: &Value) -> Arc<StackEvent> {
    Arc::new(StackEvent::from_json(&json.to_string(), None))
}

/// A page of a stack's events, newest first. `whole`: it completes its walk.
pub(crate) fn page(stack: &str, fresh: Vec<Arc<StackEvent>>, whole: bool) -> WalkStep {
    WalkStep {
        stack_id: Some(StackId::from(stack)),
        fresh,
        commit: whole.then(Vec::new),
        ..WalkStep::default()
    }
}

/// A description of an image with this build status, and with an AMI if its id is given.
pub(crate) fn image(build_status: &str, ami: Option<&str>) -> ImageDescription {
    ImageDescription {
        build_status: Some(SafeText::new(build_status)),
        ami: ami.map(Ami::new),
        ..ImageDescription::default()
    }
}

/// A failed request, with a hint unless the hint is empty.
pub(crate) fn failed_request(kind: FaultKind, message: &str, hint: &str) -> Fault {
    Fault {
        kind,
        message: SafeText::new(message),
        hint: (!hint.is_empty()).then(|| SafeText::new(hint)),
        request_id: None,
    }
}

/// A failed request whose message does not matter.
pub(crate) fn fault(kind: FaultKind) -> Fault {
    failed_request(kind, "it failed", "")
}

/// An observation of the poller, which polls again in 5 s. A failure is one of the events' stream.
pub(crate) fn observation(at: DateTime<Utc>, elapsed: Duration, seen: Seen) -> Observation {
    let stream = match &seen {
        Seen::Image(_) => Stream::Image,
        _ => Stream::Events,
    };
    observation_of(stream, at, elapsed, seen)
}

/// The same, of a stream.
pub(crate) fn observation_of(
    stream: Stream,
    at: DateTime<Utc>,
    elapsed: Duration,
    seen: Seen,
) -> Observation {
    Observation {
        at,
        elapsed,
        stream,
        next_try: at + TimeDelta::seconds(5),
        seen,
    }
}
