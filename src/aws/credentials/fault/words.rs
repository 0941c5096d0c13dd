//! The causes of an error of aws-config in words for the user, and names as words for the shell.

use crate::text::redact::redact_words;

/// How much of what a credential process printed is quoted, in characters.
const LONGEST_CAUSE: usize = 200;

/// The causes without the AWS SDK's own words, without secrets, and without the full stop that the hint would follow.
pub(super) fn in_plain_words(causes: &str) -> String {
    let mut text = without_container_address(&redact_words(causes)).replace(['\n', '\r'], " ");
    for (jargon, plain) in [
        ("dispatch failure: ", ""),
        ("dispatch failure", "the connection failed"),
        ("unhandled error: ", ""),
        ("unhandled error", "it responded with an error"),
        ("service error: ", ""),
        ("service error", "it responded with an error"),
        ("response error: ", ""),
        ("response error", "the response was not understood"),
        ("construction failure: ", ""),
        ("io error: ", ""),
        ("client error (Connect): ", ""),
        ("client error (Connect)", "could not connect"),
        ("client error (SendRequest): ", ""),
        ("other: ", ""),
        ("provider error: ", ""),
    ] {
        text = text.replace(jargon, plain);
    }
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = line.trim_end_matches(['.', ':', ';', ',', ' ']);
    match line.char_indices().nth(LONGEST_CAUSE) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line.to_owned(),
    }
}

/// The causes without the address of a container's credentials, whose query or user name may be secret.
fn without_container_address(causes: &str) -> String {
    let named = [
        (
            "invalid full URI for ECS provider",
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        ),
        (
            "invalid relative URI for ECS provider",
            "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        ),
    ];
    for (words, variable) in named {
        if let Some((_, rest)) = causes.split_once(words) {
            let why = rest
                .trim_start()
                .strip_prefix('(')
                .and_then(|rest| rest.split_once("):"));
            return match why {
                Some((why, _address)) => format!("{variable} is not allowed: {why}"),
                None => format!("{variable} is not allowed"),
            };
        }
    }
    causes.to_owned()
}

/// A name as a word of a shell command: some names have spaces.
pub(crate) fn shell_word(name: &str) -> String {
    let plain = |character: char| character.is_ascii_alphanumeric() || "-_.@+/".contains(character);
    if name.chars().all(plain) {
        name.to_owned()
    } else {
        format!("'{}'", name.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_put_in_plain_words_without_secrets() {
        for (causes, shown) in [
            ("dispatch failure", "the connection failed"),
            (
                "unhandled error: service error.",
                "it responded with an error",
            ),
            ("the process failed:\n ;", "the process failed"),
            (
                "Error retrieving credentials: External process exited with code 1. Stderr: aws_secret_access_key = c4n4ry",
                "Error retrieving credentials: External process exited with code 1. Stderr: aws_secret_access_key = [redacted]",
            ),
            (
                "External process exited with code 1. Stderr: no profile /opt/python3/creds, wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
                "External process exited with code 1. Stderr: no profile /opt/python3/creds, [redacted]",
            ),
            (
                "invalid full URI for ECS provider (URI did not refer to an allowed IP address): http://c4n4ry:x@h/?y=c4n4ry: more",
                "AWS_CONTAINER_CREDENTIALS_FULL_URI is not allowed: URI did not refer to an allowed IP address",
            ),
        ] {
            assert_eq!(in_plain_words(causes), shown);
        }
        let long = in_plain_words(&"word ".repeat(10_000));
        assert!(
            long.ends_with('…') && long.chars().count() == LONGEST_CAUSE + 1,
            "{long}"
        );
    }
}
