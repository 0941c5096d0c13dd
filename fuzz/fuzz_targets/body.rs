//! Any response of the API, the gateway or another host: read as a page, a description or a refusal.
//! A fixture gives its own status and body; other bytes are a body that comes with every status.
#![no_main]

use bakewatch::testing::backend::{AnyResponse, EventsError, EventsResponse};
use bakewatch::testing::domain::{Fault, ImageAnswer, StackEvent};
use bakewatch::testing::text::{SafeText, one_line};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

const IMAGE: &str = "img";
const ERROR_TYPES: [&str; 4] = [
    "",
    "ThrottlingException",
    "ExpiredTokenException",
    "AccessDeniedException",
];

fuzz_target!(|data: &[u8]| {
    let fixture = serde_json::from_slice::<Value>(data).ok();
    let inside = fixture.as_ref().and_then(|fixture| {
        let status = u16::try_from(fixture.get("status")?.as_u64()?).ok()?;
        Some((status, fixture.get("body")?.as_str()?.as_bytes()))
    });
    if let Some((status, body)) = inside {
        check(&AnyResponse {
            status,
            error_type: "",
            body,
        });
        return;
    }
    let error_type = ERROR_TYPES[data.len() % ERROR_TYPES.len()];
    for status in [200, 302, 400, 403, 404, 407, 429, 500, 504] {
        check(&AnyResponse {
            status,
            error_type,
            body: data,
        });
    }
});

fn check(answer: &AnyResponse<'_>) {
    let image = IMAGE.parse().unwrap();
    let success = (200..300).contains(&answer.status);
    let names_image = String::from_utf8_lossy(answer.body).contains(IMAGE);
    for with_token in [false, true] {
        match answer.events(&image, with_token) {
            Ok(EventsResponse::Page(page)) => {
                assert!(success);
                let elements = elements(answer.body).unwrap_or(page.events.len());
                assert_eq!(page.events.len(), elements, "an element is lost or made up");
                page.events.iter().for_each(|event| read_again(event));
            }
            // "Gone" counts only if the response names the image. In JSON its name may be written with escapes.
            Ok(EventsResponse::Gone) => {
                assert!(!success && (names_image || answer.body.contains(&b'\\')))
            }
            Err(EventsError::TokenRejected(fault)) => {
                assert!(with_token);
                shown(&fault);
            }
            Err(EventsError::Fault(fault)) => shown(&fault),
        }
    }
    match answer.image(&image) {
        Ok(ImageAnswer::Described(_)) => assert!(success),
        Ok(ImageAnswer::Absent | ImageAnswer::Foreign) => assert!(!success),
        Ok(ImageAnswer::Gone | ImageAnswer::NotYet) => panic!("not of this API"),
        Err(fault) => shown(&fault),
    }
}

/// How many events a page has, by another parser's word. It refuses some numbers and escapes that the client
/// keeps as they came.
fn elements(body: &[u8]) -> Option<usize> {
    let text = std::str::from_utf8(body)
        .ok()?
        .trim_start_matches('\u{feff}');
    let page: Value = serde_json::from_str(text).ok()?;
    Some(
        page.get("events")
            .and_then(Value::as_array)
            .map_or(0, Vec::len),
    )
}

/// The kept part of an event is one line, and the same event when it is read again, as a recording does.
fn read_again(event: &StackEvent) {
    assert!(!event.raw().contains('\n'));
    let again = StackEvent::from_json(&event.raw(), Some(&event.stack_id));
    assert_eq!(again.key(), event.key());
    assert_eq!(again.raw(), event.raw());
    assert_eq!(
        (again.timestamp, again.is_root),
        (event.timestamp, event.is_root)
    );
    let _ = (
        event.properties(),
        event.every_field(),
        event.client_request_token(),
    );
}

/// A fault is one line without anything that acts on a terminal.
fn shown(fault: &Fault) {
    let text = fault.to_string();
    assert_eq!(SafeText::new(&text).as_str(), text);
    assert_eq!(one_line(&text), text.trim());
}
