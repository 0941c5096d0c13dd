//! A search that finds nothing in most text, many bytes at a time: what no secret's name and no encoding is without. A hit
//! is only a reason to search with [`super::names`].

/// The bytes that are searched at a time: the compiler makes vector instructions of the loops over them.
const LANES: usize = 32;
/// The bytes behind them that a pattern may reach.
const AHEAD: usize = 4;
const WINDOW: usize = LANES + AHEAD;

/// Three letters of each name and each kind of token, which are rare in other words. Lower case.
const LETTERS: [&[u8; 3]; 12] = [
    b"gna", // signature
    b"ede", // credential
    b"tok", // token
    b"ecr", // secret
    b"riz", // authorization
    b"bea", // bearer
    b"ssw", // password
    b"ssp", // passphrase
    b"xox", b"iqo", b"fwo", b"eyj", // tokens
];

/// Whether a text may have a name of a secret, or an encoding that may hide one.
pub(super) fn has_a_trace(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(window) = bytes.get(at..).and_then(<[u8]>::first_chunk) {
        if has_hit(window) {
            return true;
        }
        at += LANES;
    }
    let rest = bytes.get(at..).unwrap_or_default();
    let mut window = [b' '; WINDOW];
    for (place, byte) in window.iter_mut().zip(rest) {
        *place = *byte;
    }
    has_hit(&window) || rest.len() > LANES && has_hit(&tail(&window))
}

/// The window's bytes behind its lanes.
fn tail(window: &[u8; WINDOW]) -> [u8; WINDOW] {
    let mut tail = [b' '; WINDOW];
    for (place, byte) in tail.iter_mut().zip(window.iter().skip(LANES)) {
        *place = *byte;
    }
    tail
}

/// Whether a pattern begins in the lanes. Without branches.
fn has_hit(window: &[u8; WINDOW]) -> bool {
    let lower = window.map(|byte| byte | 0x20);
    let mut hits = [false; LANES];
    for [first, second, third] in LETTERS {
        for at in 0..LANES {
            hits[at] |=
                (lower[at] == *first) & (lower[at + 1] == *second) & (lower[at + 2] == *third);
        }
    }
    for at in 0..LANES {
        // access.?key, api.?key, account.?key
        let before_key = (lower[at] == b's') | (lower[at] == b'i') | (lower[at] == b't');
        let key =
            |at: usize| (lower[at] == b'k') & (lower[at + 1] == b'e') & (lower[at + 2] == b'y');
        hits[at] |= before_key & (key(at + 1) | key(at + 2));
    }
    for at in 0..LANES {
        let (byte, next) = (window[at], window[at + 1]);
        // Tokens of GitHub.
        hits[at] |= (lower[at] == b'g') & (lower[at + 1] == b'h') & (window[at + 3] == b'_');
        hits[at] |= (lower[at] == b'b') & (next == b'_') & (lower[at + 2] == b'p');
        // A query parameter.
        let begins_parameter = (byte == b'?') | (byte == b';');
        hits[at] |= begins_parameter & (lower[at + 1] == b's') & (lower[at + 2] == b'i');
        // Escapes, other than those of JSON for quotes and white space.
        let begins_escape =
            (lower[at + 1] == b'u') | (lower[at + 1] == b'x') | (next & 0xfc == b'0');
        hits[at] |= (byte == b'\\') & begins_escape;
        // Percent and HTML encoding, further parameters, and the end of a URL's password.
        hits[at] |= (byte == b'%') | (byte == b'&') | (byte == b'@');
        let is_space = (byte == b'\t') | (byte == b'\n') | (byte == b'\r');
        hits[at] |= (byte > b'~') | (byte < b' ') & !is_space;
    }
    hits.iter().fold(false, |any, hit| any | *hit)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::redact::names::ANY;

    /// Texts of the parts of names, in any case, with anything around them.
    fn any_text() -> impl Strategy<Value = String> {
        let parts = vec![
            "signature",
            "CREDENTIAL",
            "Token",
            "seCret",
            "Authorization",
            "bearer",
            "access",
            "api",
            "account",
            "key",
            "Key",
            "passw",
            "passphrase",
            "gho_",
            "github_pat_",
            "xoxb-",
            "iqojb3jpz2lu",
            "FwoGZXIvYXdz",
            "eyJh",
            "?sig",
            "&sig",
            ";sig=",
            "://user:x@h",
            ":\\/\\/u@",
            "\\u0041",
            "\\x41",
            "\\101",
            "%41",
            "&#65;",
            "&amp;",
            "\u{7f}",
            "\u{1}",
            "é",
            "\\n",
            "\\\"",
            "\"",
            " ",
            "_",
            ".",
            "abcdefghijklmnopqrstuvw",
            "CREATE_COMPLETE",
            "{\"Key\": \"a\"}",
        ];
        let part = prop::sample::select(parts).prop_map(str::to_owned);
        let text = prop_oneof![part, "[ -~]{0,40}"];
        prop::collection::vec(text, 0..8).prop_map(|parts| parts.concat())
    }

    proptest! {
        /// Nothing that the search for names finds is missed.
        #[test]
        fn no_name_is_missed(text in any_text(), before in 0usize..70) {
            let text = format!("{}{text}", "x".repeat(before));
            let is_found = ANY.as_ref().unwrap().is_match(text.as_bytes());
            prop_assert!(has_a_trace(&text) || !is_found, "{text:?}");
        }
    }

    #[test]
    fn usual_text_has_no_trace() {
        for text in [
            r#"{"eventId":"R-CREATE_COMPLETE-1","resourceStatus":"CREATE_IN_PROGRESS","resourceStatusReason":"User Initiated"}"#,
            r#""{\"Tags\": [{\"Key\": \"parallelcluster:image_id\", \"Value\": \"x\"}]}""#,
            "Stage 3 of 4: ran /usr/bin/dnf -y install kernel-devel (exit code 0)",
        ] {
            assert!(!has_a_trace(text), "{text}");
        }
    }
}
