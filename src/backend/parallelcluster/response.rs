//! What an answer says: from a good reply, or a refusal, to the domain's types. It is pure, and knows no
//! connection, so that any answer can be tried on it.

use crate::aws::http::Reply;
use crate::aws::operation::Asked;
use crate::aws::refusal::{Cause, Refusal, request_id};
use crate::backend::parallelcluster::wire;
use crate::backend::parallelcluster::wire::ForeignBody;
use crate::backend::{EventsAnswer, EventsError};
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::image::ImageAnswer;
use crate::text::safe::SafeText;

/// What GetImageStackEvents said.
pub(crate) fn events(
    asked: &Asked<'_>,
    answer: Result<Reply, Refusal>,
) -> Result<EventsAnswer, EventsError> {
    match answer {
        Ok(reply) => wire::page(&reply.body)
            .map(EventsAnswer::Page)
            .map_err(|body| EventsError::Fault(malformed(asked, &reply, &body))),
        Err(Refusal::Absent) => Ok(EventsAnswer::Gone),
        Err(Refusal::Fault(fault, Cause::PageToken)) => Err(EventsError::TokenRejected(fault)),
        Err(Refusal::Foreign(fault) | Refusal::Fault(fault, _)) => Err(EventsError::Fault(fault)),
    }
}

/// What DescribeImage said.
pub(crate) fn image(
    asked: &Asked<'_>,
    answer: Result<Reply, Refusal>,
) -> Result<ImageAnswer, Fault> {
    match answer {
        Ok(reply) => wire::description(&reply.body)
            .map(|description| ImageAnswer::Described(Box::new(description)))
            .map_err(|body| malformed(asked, &reply, &body)),
        Err(Refusal::Absent) => Ok(ImageAnswer::Absent),
        Err(Refusal::Foreign(_)) => Ok(ImageAnswer::Foreign),
        Err(Refusal::Fault(fault, _)) => Err(fault),
    }
}

/// A success by its status whose body is not the API's.
fn malformed(asked: &Asked<'_>, reply: &Reply, body: &ForeignBody) -> Fault {
    let host = asked.host;
    let status = reply.status.as_u16();
    let why = format!("{host} answered {status} with {body}");
    Fault {
        request_id: request_id(reply).map(SafeText::new),
        ..asked.fault(FaultKind::Malformed, why)
    }
}
