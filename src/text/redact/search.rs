//! A search that finds nothing in most text, in a few instructions for each byte: what no secret's name, no key, no argument
//! with a secret and no encoding is without. A hit is only a reason to search with [`super::names`], [`super::keys`] and
//! [`super::arguments`].
//!
//! A pattern is three bytes long, and a bit of a table for each of the three says which bytes it may have there.

/// The bytes that are searched before a hit is looked for: there is no branch for each of them.
const LANES: usize = 32;

/// Three letters of each name, each kind of token and each command, which are rare in other words. Lower case.
const LETTERS: [&[u8; 3]; 21] = [
    b"gna", // signature
    b"ede", // credential
    b"tok", // token
    b"ecr", // secret
    b"riz", // authorization
    b"bea", // bearer
    b"ssw", // password
    b"ssp", // passphrase
    b"xox", b"iqo", b"fwo", b"eyj", // tokens
    b"url", // curl
    b"shp", // sshpass
    b"ysq", // mysql
    b"iad", // mariadb
    b"oki", // cookie
    b"dcl", // adcli
    b"udo", // sudo
    b"dpw", // bindpw
    b"pas", // -pass
];

/// The bits of the other patterns, behind those of the letters.
const LOGIN: u32 = 1 << 21;
const ADJACENT_KEY: u32 = 1 << 22;
const APART_KEY: u32 = 1 << 23;
const TOKEN_OF_GITHUB: u32 = 1 << 24;
const LONG_TOKEN_OF_GITHUB: u32 = 1 << 25;
const PARAMETER: u32 = 1 << 26;
const ESCAPE: u32 = 1 << 27;
const BYTE: u32 = 1 << 28;
const OPTION_OF_KEY: u32 = 1 << 29;
const KINIT: u32 = 1 << 30;
const PRIVATE_KEY: u32 = 1 << 31;

/// The patterns that are longer than three bytes.
const LONG: u32 = LOGIN | ADJACENT_KEY | APART_KEY | TOKEN_OF_GITHUB | OPTION_OF_KEY | KINIT;

/// For each byte the patterns that may have it in their first place, and above these 32 bits those that may have it in
/// their second place.
static BEGINNINGS: [u64; 256] = beginnings();
/// The same for the third place.
static ENDS: [u32; 256] = ends();

const fn beginnings() -> [u64; 256] {
    let mut places = [0; 256];
    let mut byte = 0_u8;
    loop {
        places[byte as usize] = first(byte) as u64 | (second(byte) as u64) << 32;
        if byte == u8::MAX {
            return places;
        }
        byte += 1;
    }
}

const fn ends() -> [u32; 256] {
    let mut places = [0; 256];
    let mut byte = 0_u8;
    loop {
        places[byte as usize] = third(byte);
        if byte == u8::MAX {
            return places;
        }
        byte += 1;
    }
}

/// The patterns of letters that have a byte in a place.
const fn of_letters(byte: u8, place: usize) -> u32 {
    let (mut found, mut at) = (0, 0);
    while at < LETTERS.len() {
        if LETTERS[at][place] == byte | 0x20 {
            found |= 1 << at;
        }
        at += 1;
    }
    found
}

const fn first(byte: u8) -> u32 {
    let of_others = match byte {
        // access.?key, api.?key, account.?key
        b's' | b'S' | b'i' | b'I' | b't' | b'T' => ADJACENT_KEY | APART_KEY,
        b'g' | b'G' => TOKEN_OF_GITHUB,
        b'b' | b'B' => LONG_TOKEN_OF_GITHUB,
        b'?' | b';' => PARAMETER,
        b'\\' => ESCAPE,
        // Percent and HTML encoding, further parameters, and the end of a URL's password.
        b'%' | b'&' | b'@' => BYTE,
        b'-' => OPTION_OF_KEY | PRIVATE_KEY,
        b'_' => OPTION_OF_KEY,
        b'k' | b'K' => KINIT,
        b'o' | b'O' => LOGIN,
        b'\t' | b'\n' | b'\r' | b' '..=b'~' => 0,
        _ => BYTE,
    };
    of_letters(byte, 0) | of_others
}

const fn second(byte: u8) -> u32 {
    let of_others = match byte {
        b'k' | b'K' => ADJACENT_KEY | OPTION_OF_KEY,
        b'h' | b'H' => TOKEN_OF_GITHUB,
        b'g' | b'G' => LOGIN,
        b'_' => LONG_TOKEN_OF_GITHUB,
        b's' | b'S' => PARAMETER,
        // Those of JSON for quotes and white space hide nothing.
        b'u' | b'U' | b'x' | b'X' | b'0'..=b'3' => ESCAPE,
        b'i' | b'I' => KINIT,
        b'B' => PRIVATE_KEY,
        _ => 0,
    };
    of_letters(byte, 1) | of_others | APART_KEY | BYTE
}

const fn third(byte: u8) -> u32 {
    let of_others = match byte {
        b'e' => ADJACENT_KEY | OPTION_OF_KEY,
        b'E' => ADJACENT_KEY | OPTION_OF_KEY | PRIVATE_KEY,
        b'k' | b'K' => APART_KEY,
        b'p' | b'P' => LONG_TOKEN_OF_GITHUB,
        b'i' | b'I' => PARAMETER | LOGIN,
        b'n' | b'N' => KINIT,
        _ => 0,
    };
    of_letters(byte, 2) | of_others | TOKEN_OF_GITHUB | ESCAPE | BYTE
}

/// Whether a text may have a name of a secret, a key, an argument with a secret, or an encoding that may hide one.
pub(crate) fn has_a_trace(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (mut before, mut last) = (0, 0);
    let mut begin = 0;
    for part in bytes.chunks(LANES) {
        let mut hits = 0;
        for byte in part {
            let place = usize::from(*byte);
            hits |= before & (last >> 32) & u64::from(ENDS[place]);
            (before, last) = (last, BEGINNINGS[place]);
        }
        if hits != 0 && is_hit(bytes, begin, hits) {
            return true;
        }
        begin += LANES;
    }
    // A pattern that begins in the last two bytes has spaces in its other places.
    let (space, end) = (BEGINNINGS[usize::from(b' ')], ENDS[usize::from(b' ')]);
    let hits = (before & (last >> 32) | last & (space >> 32)) & u64::from(end);
    hits & !u64::from(LONG) != 0
}

/// Whether a hit in the part from `begin` on is one: of the longer patterns, the rest is compared.
#[cold]
fn is_hit(bytes: &[u8], begin: usize, hits: u64) -> bool {
    if hits & !u64::from(LONG) != 0 {
        return true;
    }
    // The first two bytes of a pattern may be in the part before.
    let part = bytes.get(begin.saturating_sub(2)..).unwrap_or_default();
    let lower = |at: usize| part.get(at).map_or(b' ', |byte| byte | 0x20);
    let has = |at: usize, word: &[u8]| (at..).zip(word).all(|(at, letter)| lower(at) == *letter);
    (0..part.len().min(LANES + 2)).any(|at| {
        let is_adjacent = matches!(lower(at), b's' | b'i' | b't') && has(at + 1, b"key");
        let is_apart = matches!(lower(at), b's' | b'i' | b't') && has(at + 2, b"key");
        let is_option = matches!(part.get(at), Some(b'-' | b'_')) && has(at + 1, b"key");
        let is_token = has(at, b"gh") && part.get(at + 3) == Some(&b'_');
        is_adjacent || is_apart || is_option || is_token || has(at, b"kinit") || has(at, b"ogin")
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::redact::names::ANY;
    use crate::text::redact::{arguments, keys};

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
            "curl",
            "-pass",
            "-key",
            "_KEY",
            "login",
            "sshPass",
            "mysql",
            "MariaDB",
            "Cookie",
            "kinit",
            "making",
            "adcli",
            "sudo",
            "bindpw",
            "-----BEGIN ",
            "\u{17f}udo",
            "\u{212a}init",
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
            || (b"-_".contains(&raw(0)) && has(1, b"key"))
            || (raw(0), raw(1), raw(2)) == (b'-', b'B', b'E')
            || has(0, b"kinit")
            || has(0, b"ogin")
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

        /// Nothing that the searches for names, keys and arguments find is missed.
        #[test]
        fn no_name_is_missed(text in any_text(), before in 0usize..70) {
            let text = format!("{}{text}", "x".repeat(before));
            let is_found = ANY.as_ref().unwrap().is_match(text.as_bytes())
                || keys::may_be_in(&text)
                || arguments::may_be_in(&text);
            prop_assert!(has_a_trace(&text) || !is_found, "{text:?}");
        }
    }

    #[test]
    fn usual_text_has_no_trace() {
        for text in [
            r#"{"eventId":"R-CREATE_COMPLETE-1","logicalResourceId":"R","physicalResourceId":"phys-1","resourceStatus":"CREATE_IN_PROGRESS","resourceStatusReason":"User Initiated"}"#,
            r#""{\"Tags\": [{\"Key\": \"parallelcluster:image_id\", \"Value\": \"x\"}]}""#,
            "Stage 3 of 4: ran /usr/bin/dnf -y install kernel-devel (exit code 0)",
            "remote_file[/opt/parallelcluster/sources/x.tgz] /var/chef/cache/cookbooks/aws-parallelcluster-install/common.rb",
            "./configure --prefix=/opt/slurm --enable-shared: checking for gcc... making all in src",
        ] {
            assert!(!has_a_trace(text), "{text}");
        }
    }
}
