//! The build log's requests, by the client of the other services.

use crate::aws::operation::Operation;
use crate::backend::cloudwatch_logs::{batch, body};
use crate::backend::direct::Direct;
use crate::backend::direct::client::{Call, Refusal};
use crate::backend::direct::query::ForeignBody;
use crate::backend::{LogError, LogRead, LogRequest, LogResponse, LogSource};

impl LogSource for Direct {
    async fn log(&mut self, request: &LogRequest) -> Result<LogResponse, LogError> {
        let json = body(request);
        let call = Call {
            operation: match request.read {
                LogRead::Forward | LogRead::Backward => Operation::GetLogEvents,
                LogRead::Search => Operation::FilterLogEvents,
            },
            json: Some(&json),
            region: None,
            about: &request.path.group,
            parameters: &[],
        };
        let read = |body: &[u8]| batch(request, body).ok_or(ForeignBody::BrokenJson);
        match self.client.call(call, read).await {
            Ok(batch) => Ok(LogResponse::Page(batch)),
            Err(Refusal::Absent) => Ok(LogResponse::Absent),
            Err(Refusal::TokenRejected(fault)) => Err(LogError::TokenRejected(fault)),
            Err(Refusal::Fault(fault) | Refusal::Rejected(fault)) => Err(LogError::Fault(fault)),
        }
    }
}
