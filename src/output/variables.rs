//! Serialises an outcome as environment variables for the `--on-outcome` command (docs/scripting.md). Tests:
//! `tests/it/headless/on_outcome.rs`.

use crate::app::effect::FinalOutcome;
use crate::domain::stack_event::StackId;
use crate::text::safe::SafeText;

/// The maximum bytes of a value. Linux allows 128 KiB per variable, and does not start a command with a longer one.
const MAX_BYTES: usize = 32 * 1024;

/// All variables. Absent values are empty, so that no variable of a parent process is inherited.
///
/// A program reads the values, so they are those of the service, except for the signature of a presigned URL, which only
/// the JSON output has.
pub fn variables(ended: &FinalOutcome) -> [(&'static str, String); 14] {
    let record = &ended.record;
    let failure = record.first_failure.as_ref();
    let remedy = record.remedy.as_ref();
    let failure_event = failure.and_then(|failure| failure.event.as_ref());
    let span = record.started_at.zip(record.ended_at);
    let seconds = span.map(|(start, end)| (end - start).num_seconds().max(0).to_string());
    let stack_id = record.stack_id.as_ref().map(StackId::as_str);
    let ami_id = record.ami_id.as_ref().map(SafeText::as_str);
    let variables = [
        ("BAKEWATCH_OUTCOME", Some(record.kind.as_str().to_owned())),
        ("BAKEWATCH_EXIT_CODE", Some(ended.code.to_string())),
        ("BAKEWATCH_IMAGE_ID", Some(record.image_id.to_string())),
        (
            "BAKEWATCH_REGION",
            record.region.as_ref().map(ToString::to_string),
        ),
        ("BAKEWATCH_STACK_ID", stack_id.map(str::to_owned)),
        ("BAKEWATCH_AMI_ID", ami_id.map(str::to_owned)),
        ("BAKEWATCH_REASON", record.reason.clone()),
        (
            "BAKEWATCH_FIRST_FAILURE",
            failure.map(|failure| failure.logical_id.to_string()),
        ),
        (
            "BAKEWATCH_FIRST_FAILURE_REASON",
            failure_event.and_then(|event| event.verbatim_reason.clone()),
        ),
        (
            "BAKEWATCH_SUMMARY",
            record.summary.as_ref().map(ToString::to_string),
        ),
        (
            "BAKEWATCH_REMEDY",
            remedy.map(|remedy| remedy.advice.to_string()),
        ),
        (
            "BAKEWATCH_REMEDY_COMMAND",
            remedy.and_then(|remedy| Some(remedy.command.as_ref()?.to_string())),
        ),
        ("BAKEWATCH_DURATION_SECONDS", seconds),
        (
            "BAKEWATCH_LEFTOVER_STACK",
            Some(record.leftover_stack.to_string()),
        ),
    ];
    variables.map(|(name, value)| (name, sanitize(&value.unwrap_or_default())))
}

/// A value that is valid in an environment.
fn sanitize(value: &str) -> String {
    let mut value = value.replace('\0', "");
    value.truncate(value.floor_char_boundary(MAX_BYTES));
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_has_no_nul_and_a_maximum_length() {
        assert_eq!(sanitize("a\0b\n\u{1b}"), "ab\n\u{1b}");
        let long = "ä".repeat(MAX_BYTES);
        assert_eq!(sanitize(&long).len(), MAX_BYTES);
    }
}
