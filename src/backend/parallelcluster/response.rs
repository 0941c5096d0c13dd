//! Turns a response or a refusal into the domain's types. It is pure and uses no connection, so that tests and fuzz
//! targets can feed it any response.

use chrono::{DateTime, Utc};

use crate::aws::context::RequestContext;
use crate::aws::http::Response;
use crate::aws::refusal::request_id;
use crate::backend::pages::{Page, PageError};
use crate::backend::parallelcluster::page;
use crate::backend::parallelcluster::refusal::Refusal;
use crate::backend::parallelcluster::wire;
use crate::backend::parallelcluster::wire::ForeignBody;
use crate::backend::{EventsError, EventsResponse};
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::image::ImageAnswer;
use crate::domain::listing::{ListedImage, ListedStatus};
use crate::domain::stack_event::EventReader;

/// The result of GetImageStackEvents.
pub(crate) fn events(
    context: &RequestContext<'_>,
    result: Result<Response, Refusal>,
    parser: &mut EventReader,
) -> Result<EventsResponse, EventsError> {
    match result {
        Ok(response) => page::page(&response.body, parser)
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

/// The result of DescribeImage of a row of the list: when its stack was created, if the API knows it.
pub(crate) fn stack_created(
    context: &RequestContext<'_>,
    result: Result<Response, Refusal>,
) -> Result<Option<DateTime<Utc>>, Fault> {
    match result {
        Ok(response) => {
            wire::stack_created(&response.body).map_err(|body| malformed(context, &response, &body))
        }
        Err(Refusal::Absent | Refusal::Foreign(_)) => Ok(None),
        Err(Refusal::TokenRejected(fault) | Refusal::Fault(fault, _)) => Err(fault),
    }
}

/// The result of ListImages.
pub(crate) fn images(
    context: &RequestContext<'_>,
    status: ListedStatus,
    result: Result<Response, Refusal>,
) -> Result<Page<ListedImage>, PageError> {
    let fault = match result {
        Ok(response) => {
            return wire::images(&response.body, status)
                .map_err(|body| PageError::Fault(malformed(context, &response, &body)));
        }
        Err(Refusal::Absent) => {
            let why = format!("{} reports that there is no such list", context.host);
            context.fault(FaultKind::Misconfigured, why)
        }
        Err(Refusal::TokenRejected(fault)) => return Err(PageError::TokenRejected(fault)),
        Err(Refusal::Foreign(fault) | Refusal::Fault(fault, _)) => fault,
    };
    Err(PageError::Fault(fault))
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
