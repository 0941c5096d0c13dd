//! Whose AMI a description names: that of the watched build, of an earlier or later one, or not known yet.
//!
//! EC2 is eventually consistent and image ids are used again, so an AMI is compared with the known facts of the stack.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::image::{Ami, ImageDescription};
use crate::domain::timeline::Timeline;
use crate::text::safe::SafeText;

/// An AMI that was created longer before the stack is an older build's. The two times are of different clocks.
pub(crate) const BEFORE_STACK: TimeDelta = TimeDelta::minutes(5);
/// An AMI that was created longer after the beginning of the stack is a later build's: Image Builder gives up earlier.
pub(crate) const AFTER_STACK: TimeDelta = TimeDelta::hours(13);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    ThisBuild,
    AnotherBuild,
    /// The beginning of the stack is not known yet.
    Unknown,
}

/// Whether a description is about another image. One that names none is about the requested one.
pub(crate) fn names_another(image: &ImageDescription, image_id: Option<&SafeText>) -> bool {
    let named = image.image_id.as_ref();
    named.is_some_and(|named| image_id.is_some_and(|wanted| wanted != named))
}

/// Whose AMI it is, given the events of the watched stack.
pub(crate) fn owner(ami: &Ami, image: &ImageDescription, stack: &Timeline) -> Owner {
    let facts = stack.facts();
    let made_elsewhere = ami.is_of_another_image(facts.image_arn().map(SafeText::as_str));
    if facts.failed_build().is_some() || made_elsewhere {
        return Owner::AnotherBuild;
    }
    let Some(created) = image.creation_time else {
        return Owner::ThisBuild;
    };
    // An unfinished first walk has not reached the stack's first event.
    if stack.walks() == 0 && image.stack_created.is_none() {
        return Owner::Unknown;
    }
    let first = || facts.began().and_then(|event| event.timestamp);
    match began_before(image.stack_created.or_else(first), Some(created)) {
        Some(false) => Owner::AnotherBuild,
        _ => Owner::ThisBuild,
    }
}

/// Whether a stack that began then may have made an AMI of this time. `None` where either time is unknown.
pub(crate) fn began_before(
    began: Option<DateTime<Utc>>,
    created: Option<DateTime<Utc>>,
) -> Option<bool> {
    Some((-BEFORE_STACK..=AFTER_STACK).contains(&(created? - began?)))
}
