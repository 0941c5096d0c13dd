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
    let mut lower = *window;
    for byte in &mut lower {
        *byte |= 0x20;
    }
    let has = |at: usize, [first, second, third]: &[u8; 3]| {
        is(lower[at], *first) & is(lower[at + 1], *second) & is(lower[at + 2], *third)
    };
    let mut hits = [0; LANES];
    for letters in LETTERS {
        for (at, hit) in hits.iter_mut().enumerate() {
            *hit |= has(at, letters);
        }
    }
    for (at, hit) in hits.iter_mut().enumerate() {
        // access.?key, api.?key, account.?key
        let before_key = is(lower[at], b's') | is(lower[at], b'i') | is(lower[at], b't');
        *hit |= before_key & (has(at + 1, b"key") | has(at + 2, b"key"));
    }
    for (at, hit) in hits.iter_mut().enumerate() {
        let (byte, next) = (window[at], window[at + 1]);
        // Tokens of GitHub.
        *hit |= is(lower[at], b'g') & is(lower[at + 1], b'h') & is(window[at + 3], b'_');
        *hit |= is(lower[at], b'b') & is(next, b'_') & is(lower[at + 2], b'p');
        // A query parameter.
        let begins_parameter = is(byte, b'?') | is(byte, b';');
        *hit |= begins_parameter & is(lower[at + 1], b's') & is(lower[at + 2], b'i');
        // Escapes, other than those of JSON for quotes and white space.
        let of_code = is(lower[at + 1], b'u') | is(lower[at + 1], b'x') | is(next & 0xfc, b'0');
        *hit |= is(byte, b'\\') & of_code;
        // Percent and HTML encoding, further parameters, and the end of a URL's password.
        *hit |= is(byte, b'%') | is(byte, b'&') | is(byte, b'@');
        let is_space = is(byte, b'\t') | is(byte, b'\n') | is(byte, b'\r');
        *hit |= u8::from(byte > b'~') | u8::from(byte < b' ') & !is_space;
    }
    hits.iter().fold(0, |any, hit| any | hit) != 0
}

/// 1 or 0.
fn is(byte: u8, other: u8) -> u8 {
    u8::from(byte == other)
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
