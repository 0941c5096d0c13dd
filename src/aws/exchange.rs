//! One call of a service: signed, sent, and made once more where the first attempt itself showed how to do better: on a
//! connection that was dead already, with a corrected date, with other credentials.

use crate::aws::context::RequestContext;
use crate::aws::credentials::identity::IdentityCache;
use crate::aws::http::{Response, TransportError};
use crate::aws::operation::Request;
use crate::aws::refusal::Cause;
use crate::aws::skew::ServerClock;
use crate::aws::transport_error;
use crate::domain::fault::Fault;

/// A client that makes calls of the kind `C`.
pub(crate) trait Exchange<C: Copy + Send>: Send {
    /// An unsuccessful call, in the words of its API.
    type Refusal: From<Fault> + Send;

    fn clock(&self) -> &ServerClock;

    fn identity(&mut self) -> &mut IdentityCache;

    fn context(&self, call: C) -> RequestContext<'_>;

    /// Makes the request of one attempt, signed at the present time.
    fn prepare(&mut self, call: C) -> impl Future<Output = Result<Request, Fault>> + Send;

    /// Sends the request, and measures the server's time from the response.
    fn send(
        &mut self,
        call: C,
        request: Request,
    ) -> impl Future<Output = Result<Response, TransportError>> + Send;

    /// The meaning of a response without a status of success, and what another try could change.
    fn refusal(&self, call: C, response: &Response) -> (Self::Refusal, Cause);

    /// Makes the call. The response has a status of success.
    fn exchange(
        &mut self,
        call: C,
    ) -> impl Future<Output = Result<Response, Self::Refusal>> + Send {
        async move {
            let mut signed_twice = false;
            loop {
                let skew = self.clock().skew();
                let request = self.prepare(call).await?;
                let (refusal, cause) = match self.send(call, request).await {
                    Ok(response) if response.status.is_success() => return Ok(response),
                    Ok(response) => self.refusal(call, &response),
                    // The next connection is a new one, so this happens once.
                    Err(error) if error.is_stale_connection() => continue,
                    Err(error) => {
                        return Err(transport_error::to_fault(&self.context(call), &error).into());
                    }
                };
                let retry = match cause {
                    Cause::Date => self.clock().skew().explains_refusal_of(skew),
                    Cause::Credentials => self.identity().discard(),
                    Cause::Other => false,
                };
                if signed_twice || !retry {
                    return Err(refusal);
                }
                signed_twice = true;
            }
        }
    }
}
