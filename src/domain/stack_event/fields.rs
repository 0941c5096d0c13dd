//! The fields of an event in the API's JSON, each by itself: the service sends absent, empty and undocumented ones.
//! [`super::reader`] reads them once, and the event's less common questions read them again.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

/// The API's fields (`StackEvent` of the ParallelCluster API), each still as JSON text.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Fields<'a> {
    #[serde(borrow)]
    pub stack_id: Option<&'a RawValue>,
    pub event_id: Option<&'a RawValue>,
    pub stack_name: Option<&'a RawValue>,
    pub logical_resource_id: Option<&'a RawValue>,
    pub physical_resource_id: Option<&'a RawValue>,
    pub resource_type: Option<&'a RawValue>,
    pub timestamp: Option<&'a RawValue>,
    pub resource_status: Option<&'a RawValue>,
    pub resource_status_reason: Option<&'a RawValue>,
    pub resource_properties: Option<&'a RawValue>,
    pub client_request_token: Option<&'a RawValue>,
    detailed_status: Option<&'a RawValue>,
    hook_type: Option<&'a RawValue>,
    hook_status: Option<&'a RawValue>,
    hook_status_reason: Option<&'a RawValue>,
    hook_failure_mode: Option<&'a RawValue>,
}

impl<'a> Fields<'a> {
    /// The fields of an event's JSON; none if it is no event.
    pub(super) fn of(json: &'a str) -> Option<Self> {
        serde_json::from_str(json).ok()
    }

    /// The reason of an event in words: CloudFormation's, with what its other fields say of a hook or of the moment.
    pub(super) fn explanation(&self) -> Option<Cow<'a, str>> {
        let of_service = text(self.resource_status_reason);
        match (self.hook(), of_service) {
            (Some(hook), Some(reason)) => Some(format!("{hook}; {reason}").into()),
            (Some(hook), None) => Some(hook.into()),
            (None, Some(reason)) => Some(reason),
            (None, None) => match self.detailed_status.and_then(string).as_deref() {
                Some("CONFIGURATION_COMPLETE") => {
                    Some("configured; its consistency is being checked".into())
                }
                Some("VALIDATION_FAILED") => Some("the validation failed".into()),
                _ => None,
            },
        }
    }

    fn hook(&self) -> Option<String> {
        let hook = self.hook_type.and_then(string)?;
        let status = self.hook_status.and_then(string).unwrap_or_default();
        let mode = self.hook_failure_mode.and_then(string);
        let blocks = mode.as_deref() != Some("WARN");
        let how = match (status.ends_with("FAILED"), blocks) {
            (true, true) => "blocked by hook",
            (true, false) => "warning by hook",
            (false, _) if status.ends_with("SUCCEEDED") => "passed hook",
            (false, _) => "checked by hook",
        };
        Some(match self.hook_status_reason.and_then(string) {
            Some(why) => format!("{how} {hook}: {why}"),
            None => format!("{how} {hook}"),
        })
    }
}

/// The text of a field: a string's content, any other value's JSON, none for an absent or empty one.
pub(super) fn text(field: Option<&RawValue>) -> Option<Cow<'_, str>> {
    let field = field?;
    let json = || Some(field.get()).filter(|json| !matches!(*json, "null" | "\"\""));
    string(field).or_else(|| json().map(Cow::Borrowed))
}

/// The content of a field that is a string and not empty.
pub(super) fn string(field: &RawValue) -> Option<Cow<'_, str>> {
    if let Some(plain) = plain(field) {
        return Some(Cow::Borrowed(plain)).filter(|text| !text.is_empty());
    }
    let text = serde_json::from_str::<String>(field.get()).ok()?;
    (!text.is_empty()).then_some(Cow::Owned(text))
}

/// The content of a string without escapes.
pub(super) fn plain(field: &RawValue) -> Option<&str> {
    let content = field.get().strip_prefix('"')?.strip_suffix('"')?;
    (!content.contains('\\')).then_some(content)
}
