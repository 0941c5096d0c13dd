//! The client's reading of any response, without a server: only tests and the fuzz targets use this.
//!
//! `cargo fuzz` sets `cfg(fuzzing)`.

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use crate::aws::context::RequestContext;
use crate::aws::http::Response;
use crate::backend::parallelcluster::ApiCall;
use crate::backend::parallelcluster::endpoint::ImageId;
use crate::backend::parallelcluster::refusal::{Refusal, classify};
use crate::backend::parallelcluster::response;
use crate::backend::{EventsError, EventsResponse, NextToken};
use crate::domain::fault::Fault;
use crate::domain::image::ImageAnswer;
use crate::domain::stack_event::EventReader;

/// A response of any sender.
#[derive(Clone, Copy, Debug)]
pub struct AnyResponse<'a> {
    /// The HTTP status; an invalid one counts as 500.
    pub status: u16,
    /// The header `x-amzn-ErrorType`; left out where a header can't hold the text.
    pub error_type: &'a str,
    pub body: &'a [u8],
}

impl AnyResponse<'_> {
    /// Reads it as the response of GetImageStackEvents for an image, with a page token or without.
    ///
    /// # Errors
    /// As [`EventSource::events`](crate::backend::EventSource::events).
    pub fn events(&self, image: &ImageId, with_token: bool) -> Result<EventsResponse, EventsError> {
        let token = with_token.then(|| NextToken::new("token"));
        let call = ApiCall::StackEvents(token.as_ref());
        let context = context(image, call);
        let result = self.to_result(call, &context);
        response::events(&context, result, &mut EventReader::default())
    }

    /// Reads it as the response of DescribeImage for an image.
    ///
    /// # Errors
    /// As [`ImageSource::image`](crate::backend::ImageSource::image).
    pub fn image(&self, image: &ImageId) -> Result<ImageAnswer, Fault> {
        let call = ApiCall::Description;
        let context = context(image, call);
        response::image(&context, self.to_result(call, &context))
    }

    fn to_result(
        self,
        call: ApiCall<'_>,
        context: &RequestContext<'_>,
    ) -> Result<Response, Refusal> {
        let name = HeaderName::from_static("x-amzn-errortype");
        let value = HeaderValue::from_str(self.error_type).ok();
        let response = Response {
            status: StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            headers: value
                .map(|value| (name, value))
                .into_iter()
                .collect::<HeaderMap>(),
            body: self.body.to_vec().into(),
        };
        if response.status.is_success() {
            return Ok(response);
        }
        Err(classify(call, context, &response))
    }
}

fn context<'a>(image: &'a ImageId, call: ApiCall<'_>) -> RequestContext<'a> {
    RequestContext {
        operation: call.operation(),
        subject: image.as_str(),
        host: "api.example",
        signed: true,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::safe::{SafeText, one_line};

    /// Bodies of the API, of a gateway and of others, and any bytes.
    fn body() -> impl Strategy<Value = Vec<u8>> {
        let word = prop::sample::select(vec![
            "Stack [img] does not exist",
            "Stack [other] does not exist",
            "img is throttled",
            "No image or stack associated with ParallelCluster image id: other.",
            "No image or stack associated with ParallelCluster image id: img.",
            "Rate exceeded",
            "the security token has expired",
            "no artifact directory found",
            "\u{1b}]0;x\u{7}\u{202e}",
        ]);
        prop_oneof![
            prop::collection::vec(any::<u8>(), 0..200),
            (word, any::<String>()).prop_map(|(word, more)| {
                serde_json::json!({"message": format!("{word} {more}")})
                    .to_string()
                    .into_bytes()
            }),
            any::<String>().prop_map(|text| format!(r#"{{"events":[{text}]}}"#).into_bytes()),
            (any::<String>(), any::<u64>()).prop_map(|(text, number)| {
                let event =
                    serde_json::json!({"eventId": text, "timestamp": number, "stackId": [text]});
                serde_json::json!({"events": [event, text, number], "imageId": text})
                    .to_string()
                    .into_bytes()
            }),
        ]
    }

    fn assert_one_safe_line(fault: &Fault) {
        let text = fault.to_string();
        assert_eq!(SafeText::new(&text).as_str(), text);
        assert_eq!(one_line(&text), text.trim(), "a fault is one line");
    }

    proptest! {
        /// Every response is a page, a refusal or a fault in one safe line; a page comes with success only, and
        /// "gone" only with a message about this very image.
        #[test]
        fn any_response_is_read_or_refused(
            status in prop_oneof![100_u16..600, Just(200), Just(404), Just(500)],
            error_type in "[A-Za-z#:]{0,30}",
            body in body(),
            with_token: bool,
        ) {
            let image: ImageId = "img".parse().unwrap();
            let response = AnyResponse { status, error_type: &error_type, body: &body };
            let success = (200..300).contains(&status);
            let text = String::from_utf8_lossy(&body).to_lowercase();
            let reports = |words: &str| text.contains("img") && text.contains(words);
            match response.events(&image, with_token) {
                Ok(EventsResponse::Page(page)) => {
                    prop_assert!(success);
                    for event in page.events {
                        prop_assert!(!event.raw().contains('\n'));
                    }
                }
                Ok(EventsResponse::Gone) => prop_assert!(!success && reports("does not exist")),
                Err(EventsError::TokenRejected(fault)) => {
                    prop_assert!(with_token);
                    assert_one_safe_line(&fault);
                }
                Err(EventsError::Fault(fault)) => assert_one_safe_line(&fault),
            }
            match response.image(&image) {
                Ok(ImageAnswer::Described(_)) => prop_assert!(success),
                Ok(ImageAnswer::Absent) => prop_assert!(!success && reports("no image or stack")),
                Ok(ImageAnswer::Foreign) => prop_assert!(!success),
                Ok(ImageAnswer::Gone | ImageAnswer::NotYet) => prop_assert!(false, "not of this API"),
                Err(fault) => assert_one_safe_line(&fault),
            }
        }
    }
}
