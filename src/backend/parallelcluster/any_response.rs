//! What the client makes of any answer at all, without a server: only tests and the fuzz targets see this.
//!
//! `cargo fuzz` sets `cfg(fuzzing)`.

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use crate::aws::http::Reply;
use crate::aws::operation::{Asked, Question};
use crate::aws::refusal::{Refusal, classify};
use crate::backend::parallelcluster::endpoint::ImageId;
use crate::backend::parallelcluster::response;
use crate::backend::{EventsAnswer, EventsError, NextToken};
use crate::domain::fault::Fault;
use crate::domain::image::ImageAnswer;

/// An answer, whoever gave it.
#[derive(Clone, Copy, Debug)]
pub struct AnyAnswer<'a> {
    /// The HTTP status; what is none counts as 500.
    pub status: u16,
    /// The header `x-amzn-ErrorType`; what no header can hold is left out.
    pub error_type: &'a str,
    pub body: &'a [u8],
}

impl AnyAnswer<'_> {
    /// Read as the answer to GetImageStackEvents for an image, with a page token or without.
    ///
    /// # Errors
    /// As [`Source::events`](crate::backend::Source::events).
    pub fn events(&self, image: &ImageId, with_token: bool) -> Result<EventsAnswer, EventsError> {
        let token = with_token.then(|| NextToken::new("token"));
        let asked = asked(image, Question::StackEvents(token.as_ref()));
        response::events(&asked, self.judge(&asked))
    }

    /// Read as the answer to DescribeImage for an image.
    ///
    /// # Errors
    /// As [`Source::image`](crate::backend::Source::image).
    pub fn image(&self, image: &ImageId) -> Result<ImageAnswer, Fault> {
        let asked = asked(image, Question::Description);
        response::image(&asked, self.judge(&asked))
    }

    fn judge(&self, asked: &Asked<'_>) -> Result<Reply, Refusal> {
        let name = HeaderName::from_static("x-amzn-errortype");
        let value = HeaderValue::from_str(self.error_type).ok();
        let reply = Reply {
            status: StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            headers: value
                .map(|value| (name, value))
                .into_iter()
                .collect::<HeaderMap>(),
            body: self.body.to_vec(),
        };
        if reply.status.is_success() {
            return Ok(reply);
        }
        Err(classify(asked, &reply))
    }
}

fn asked<'a>(image: &'a ImageId, question: Question<'a>) -> Asked<'a> {
    Asked {
        question,
        image,
        host: "api.example",
        signed: true,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::safe::{SafeText, one_line};

    /// Bodies as the API, a gateway or a stranger write them, and any bytes.
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

    fn shown(fault: &Fault) {
        let text = fault.to_string();
        assert_eq!(SafeText::new(&text).as_str(), text);
        assert_eq!(one_line(&text), text.trim(), "a fault is one line");
    }

    proptest! {
        /// Whatever comes is a page, a refusal or a fault in one clean line; a page comes with success only, and
        /// "gone" only where somebody says so of this very image.
        #[test]
        fn any_answer_is_understood_or_refused(
            status in prop_oneof![100_u16..600, Just(200), Just(404), Just(500)],
            error_type in "[A-Za-z#:]{0,30}",
            body in body(),
            with_token: bool,
        ) {
            let image: ImageId = "img".parse().unwrap();
            let answer = AnyAnswer { status, error_type: &error_type, body: &body };
            let success = (200..300).contains(&status);
            let text = String::from_utf8_lossy(&body).to_lowercase();
            let says = |words: &str| text.contains("img") && text.contains(words);
            match answer.events(&image, with_token) {
                Ok(EventsAnswer::Page(page)) => {
                    prop_assert!(success);
                    for event in page.events {
                        prop_assert!(!event.raw().contains('\n'));
                    }
                }
                Ok(EventsAnswer::Gone) => prop_assert!(!success && says("does not exist")),
                Err(EventsError::TokenRejected(fault)) => {
                    prop_assert!(with_token);
                    shown(&fault);
                }
                Err(EventsError::Fault(fault)) => shown(&fault),
            }
            match answer.image(&image) {
                Ok(ImageAnswer::Described(_)) => prop_assert!(success),
                Ok(ImageAnswer::Absent) => prop_assert!(!success && says("no image or stack")),
                Ok(ImageAnswer::Foreign) => prop_assert!(!success),
                Err(fault) => shown(&fault),
            }
        }
    }
}
