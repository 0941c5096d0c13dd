//! Queries and forms, in the one form that is both signed and sent: everything but RFC 3986's unreserved characters is
//! percent-encoded. In another form (`+` for a space, `%7E` for `~`) a request would be signed differently from how it
//! is sent.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The parameters as a query.
pub(crate) fn encode(parameters: &[(&str, &str)]) -> String {
    let pairs = parameters
        .iter()
        .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, RESERVED)));
    pairs.collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns_and_tokens_are_encoded_down_to_the_unreserved_characters() {
        let query = encode(&[("A", "arn:aws:x/y"), ("B", "a+b= ~é")]);
        assert_eq!(query, "A=arn%3Aaws%3Ax%2Fy&B=a%2Bb%3D%20~%C3%A9");
    }
}
