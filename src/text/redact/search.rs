//! A search that finds nothing in most text, in a few instructions for each byte: what no secret's name and no encoding is
//! without. A hit is only a reason to search with [`super::names`].
//!
//! A pattern is three bytes long, and a bit of a table for each of the three says which bytes it may have there.

/// The bytes that are searched before a hit is looked for: there is no branch for each of them.
const LANES: usize = 32;

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

/// The bits of the other patterns, behind those of the letters.
const ADJACENT_KEY: u32 = 12;
const APART_KEY: u32 = 13;
const TOKEN_OF_GITHUB: u32 = 14;
const LONG_TOKEN_OF_GITHUB: u32 = 15;
const PARAMETER: u32 = 16;
const ESCAPE: u32 = 17;
const BYTE: u32 = 18;
const PATTERNS: u32 = 19;

/// The patterns that are longer than three bytes.
const LONG: u64 = 1 << ADJACENT_KEY | 1 << APART_KEY | 1 << TOKEN_OF_GITHUB;

/// For each byte the patterns that may have it in their first, second and third place, [`PATTERNS`] bits each.
static PLACES: [u64; 256] = places();

const fn places() -> [u64; 256] {
    let mut places = [0; 256];
    let mut byte = 0_u8;
    loop {
        places[byte as usize] =
            first(byte) | second(byte) << PATTERNS | third(byte) << (2 * PATTERNS);
        if byte == u8::MAX {
            return places;
        }
        byte += 1;
    }
}

/// The patterns of letters that have a byte in a place.
const fn of_letters(byte: u8, place: usize) -> u64 {
    let (mut found, mut at) = (0, 0);
    while at < LETTERS.len() {
        if LETTERS[at][place] == byte | 0x20 {
            found |= 1 << at;
        }
        at += 1;
    }
    found
}

const fn first(byte: u8) -> u64 {
    let of_others = match byte {
        // access.?key, api.?key, account.?key
        b's' | b'S' | b'i' | b'I' | b't' | b'T' => 1 << ADJACENT_KEY | 1 << APART_KEY,
        b'g' | b'G' => 1 << TOKEN_OF_GITHUB,
        b'b' | b'B' => 1 << LONG_TOKEN_OF_GITHUB,
        b'?' | b';' => 1 << PARAMETER,
        b'\\' => 1 << ESCAPE,
        // Percent and HTML encoding, further parameters, and the end of a URL's password.
        b'%' | b'&' | b'@' => 1 << BYTE,
        b'\t' | b'\n' | b'\r' | b' '..=b'~' => 0,
        _ => 1 << BYTE,
    };
    of_letters(byte, 0) | of_others
}

const fn second(byte: u8) -> u64 {
    let of_others = match byte {
        b'k' | b'K' => 1 << ADJACENT_KEY,
        b'h' | b'H' => 1 << TOKEN_OF_GITHUB,
        b'_' => 1 << LONG_TOKEN_OF_GITHUB,
        b's' | b'S' => 1 << PARAMETER,
        // Those of JSON for quotes and white space hide nothing.
        b'u' | b'U' | b'x' | b'X' | b'0'..=b'3' => 1 << ESCAPE,
        _ => 0,
    };
    of_letters(byte, 1) | of_others | 1 << APART_KEY | 1 << BYTE
}

const fn third(byte: u8) -> u64 {
    let of_others = match byte {
        b'e' | b'E' => 1 << ADJACENT_KEY,
        b'k' | b'K' => 1 << APART_KEY,
        b'p' | b'P' => 1 << LONG_TOKEN_OF_GITHUB,
        b'i' | b'I' => 1 << PARAMETER,
        _ => 0,
    };
    of_letters(byte, 2) | of_others | 1 << TOKEN_OF_GITHUB | 1 << ESCAPE | 1 << BYTE
}

/// Whether a text may have a name of a secret, or an encoding that may hide one.
pub(super) fn has_a_trace(text: &str) -> bool {
    let bytes = text.as_bytes();
    // A pattern that begins in the last two bytes has spaces in its other places.
    let (mut before, mut last) = (0, 0);
    let mut begin = 0;
    for part in bytes.chunks(LANES) {
        let mut hits = 0;
        for byte in part {
            let places = PLACES[usize::from(*byte)];
            hits |= before & last >> PATTERNS & places >> (2 * PATTERNS);
            (before, last) = (last, places);
        }
        if hits & ALL != 0 && is_hit(bytes, begin, hits) {
            return true;
        }
        begin += LANES;
    }
    let space = PLACES[usize::from(b' ')];
    let behind = before & last >> PATTERNS & space >> (2 * PATTERNS);
    let hits = behind | last & space >> PATTERNS & space >> (2 * PATTERNS);
    hits & ALL & !LONG != 0
}

const ALL: u64 = (1 << PATTERNS) - 1;

/// Whether a hit in the part from `begin` on is one: of the longer patterns, the rest is compared.
#[cold]
fn is_hit(bytes: &[u8], begin: usize, hits: u64) -> bool {
    if hits & ALL & !LONG != 0 {
        return true;
    }
    // The first two bytes of a pattern may be in the part before.
    let part = bytes.get(begin.saturating_sub(2)..).unwrap_or_default();
    let lower = |at: usize| part.get(at).map_or(b' ', |byte| byte | 0x20);
    let is_key = |at: usize| lower(at) == b'k' && lower(at + 1) == b'e' && lower(at + 2) == b'y';
    (0..part.len().min(LANES + 2)).any(|at| {
        let before_key = matches!(lower(at), b's' | b'i' | b't');
        before_key && (is_key(at + 1) || is_key(at + 2))
            || lower(at) == b'g' && lower(at + 1) == b'h' && part.get(at + 3) == Some(&b'_')
    })
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

    /// The definition of a trace, byte by byte.
    fn is_at(bytes: &[u8], at: usize) -> bool {
        let raw = |ahead: usize| bytes.get(at + ahead).copied().unwrap_or(b' ');
        let lower = |ahead: usize| raw(ahead) | 0x20;
        let has = |ahead: usize, letters: &[u8]| {
            (0..)
                .zip(letters)
                .all(|(place, letter)| lower(ahead + place) == *letter)
        };
        LETTERS.iter().any(|letters| has(0, *letters))
            || (b"sit".contains(&lower(0)) && (has(1, b"key") || has(2, b"key")))
            || (has(0, b"gh") && raw(3) == b'_')
            || (lower(0) == b'b' && raw(1) == b'_' && lower(2) == b'p')
            || (b"?;".contains(&raw(0)) && has(1, b"si"))
            || (raw(0) == b'\\' && (b"ux".contains(&lower(1)) || (b'0'..=b'3').contains(&raw(1))))
            || b"%&@".contains(&raw(0))
            || raw(0) > b'~'
            || (raw(0) < b' ' && !b"\t\n\r".contains(&raw(0)))
    }

    proptest! {
        /// A trace is found wherever it is, at the ends of parts and of the text too, and nothing else is.
        #[test]
        fn a_trace_is_what_is_defined_as_one(text in any_text(), before in 0usize..70) {
            let text = format!("{}{text}", "x".repeat(before));
            let bytes = text.as_bytes();
            let expected = (0..bytes.len()).any(|at| is_at(bytes, at));
            prop_assert_eq!(has_a_trace(&text), expected, "{:?}", text);
        }

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
