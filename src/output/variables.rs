//! An outcome as environment variables, for the command that `--on-outcome` names; they are in the README,
//! "A command at the end".

use crate::app::effect::FinalOutcome;
use crate::domain::stack_event::StackId;
use crate::text::safe::SafeText;

/// Bytes of the longest value. Linux takes 128 KiB a variable, and starts no command with a longer one.
const LONGEST: usize = 32 * 1024;

/// The variables, all of them: what is absent is empty, so that no value of a parent process shows through.
///
/// Values are as the service gave them, since it is a program that reads them; but for what signs a presigned
/// URL, which is nobody's business but JSON output's.
pub fn variables(known: &FinalOutcome) -> [(&'static str, String); 10] {
    let record = &known.record;
    let failure = record.first_failure.as_ref();
    let failure_event = failure.and_then(|failure| failure.event.as_ref());
    let span = record.started_at.zip(record.ended_at);
    let seconds = span.map(|(start, end)| (end - start).num_seconds().max(0).to_string());
    let stack_id = record.stack_id.as_ref().map(StackId::as_str);
    let ami_id = record.ami_id.as_ref().map(SafeText::as_str);
    let variables = [
        ("BAKEWATCH_OUTCOME", Some(record.kind.word().to_owned())),
        ("BAKEWATCH_EXIT_CODE", Some(known.code.to_string())),
        ("BAKEWATCH_IMAGE_ID", Some(record.image_id.to_string())),
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
        ("BAKEWATCH_DURATION_SECONDS", seconds),
        (
            "BAKEWATCH_LEFTOVER_STACK",
            Some(record.leftover_stack.to_string()),
        ),
    ];
    variables.map(|(name, value)| (name, fit(&value.unwrap_or_default())))
}

/// A value that an environment can hold.
fn fit(value: &str) -> String {
    let mut value = value.replace('\0', "");
    value.truncate(value.floor_char_boundary(LONGEST));
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_has_no_nul_and_an_end() {
        assert_eq!(fit("a\0b\n\u{1b}"), "ab\n\u{1b}");
        let long = "ä".repeat(LONGEST);
        assert_eq!(fit(&long).len(), LONGEST);
    }
}
