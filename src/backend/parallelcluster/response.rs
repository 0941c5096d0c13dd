//! Turns a response or a refusal into the domain's types. It is pure and uses no connection, so that tests and fuzz
//! targets can feed it any response.

use crate::aws::context::RequestContext;
use crate::aws::http::Response;
use crate::aws::refusal::request_id;
use crate::backend::parallelcluster::page;
use crate::backend::parallelcluster::refusal::Refusal;
use crate::backend::parallelcluster::wire;
use crate::backend::parallelcluster::wire::ForeignBody;
use crate::backend::{EventsError, EventsResponse};
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::image::ImageAnswer;

/// The result of GetImageStackEvents.
pub(crate) fn events(
    context: &RequestContext<'_>,
    result: Result<Response, Refusal>,
) -> Result<EventsResponse, EventsError> {
    match result {
        Ok(response) => page::page(&response.body)
            .map(EventsResponse::Page)
            .map_err(|body| EventsError::Fault(malformed(context, &response, &body))),
        Err(Refusal::Absent) => Ok(EventsResponse::Gone),
        Err(Refusal::TokenRejected(fault)) => Err(EventsError::TokenRejected(fault)),
        Err(Refusal::Foreign(fault) | Refusal::Fault(fault, _)) => Err(EventsError::Fault(fault)),
    }
}

/// The result of DescribeImage.
pub(crate) fn image(
    context: &RequestContext<'_>,
    result: Result<Response, Refusal>,
) -> Result<ImageAnswer, Fault> {
    match result {
        Ok(response) => wire::description(&response.body)
            .map(|description| ImageAnswer::Described(Box::new(description)))
            .map_err(|body| malformed(context, &response, &body)),
        Err(Refusal::Absent) => Ok(ImageAnswer::Absent),
        Err(Refusal::Foreign(_)) => Ok(ImageAnswer::Foreign),
        Err(Refusal::TokenRejected(fault) | Refusal::Fault(fault, _)) => Err(fault),
    }
}

/// A successful status with a body that is not the API's.
fn malformed(context: &RequestContext<'_>, response: &Response, body: &ForeignBody) -> Fault {
    let host = context.host;
    let status = response.status.as_u16();
    let why = format!("{host} responded with status {status} and {body}");
    Fault {
        request_id: request_id(response),
        ..context.fault(FaultKind::Malformed, why)
    }
}
