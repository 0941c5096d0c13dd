//! Takes out of a service's message what it repeats of the request.

use crate::aws::operation::quote;
use crate::text::redact as secret;

/// The words that secrets follow: services quote the signed request, its headers or its query.
const SECRETS_FOLLOW: [&str; 3] = ["canonical string", "string-to-sign", "authorization"];

/// The message up to where it may hold secrets, on one line.
pub(crate) fn redact(message: &str) -> String {
    let lower = message.to_ascii_lowercase();
    let secret = SECRETS_FOLLOW
        .iter()
        .chain(&secret::QUERY_KEYS)
        .filter_map(|words| lower.find(words))
        .min();
    match secret.and_then(|begin| message.get(..begin)) {
        Some(harmless) => format!("{} [redacted]", quote(harmless))
            .trim_start()
            .to_owned(),
        None => quote(message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_the_request_is_left_out() {
        for (message, shown) in [
            (
                "It does not match. The Canonical String should have been 'GET\nx-amz-security-token:canary'",
                "It does not match. The [redacted]",
            ),
            ("X-AMZ-SECURITY-TOKEN: canary", "[redacted]"),
            (
                "no 'Signature' in Authorization=canary",
                "no 'Signature' in [redacted]",
            ),
            ("größer: x-amz-signature=canary", "größer: [redacted]"),
        ] {
            assert_eq!(redact(message), shown);
        }
    }

    #[test]
    fn an_ordinary_message_is_kept() {
        let message =
            "User: arn:aws:iam::1:user/me is not authorized to perform: execute-api:Invoke";
        assert_eq!(redact(message), message);
    }
}
