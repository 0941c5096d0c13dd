//! The names of secrets, and what stands between a name and its value: a query, a header, JSON, YAML, XML, a shell's
//! assignment, a program's debug output. All are in lower case, for [decoded](crate::text::decode) text.

use std::sync::LazyLock;

use regex::bytes::Regex;

use crate::text::redact::search::has_a_trace;

type Expression = LazyLock<Option<Regex>>;

/// A part of a name, or an encoding that may hide one: without them there is no secret in a text.
pub(super) static ANY: Expression = LazyLock::new(|| {
    regex(concat!(
        r"(?i)signature|credential|token|secret|authorization|bearer|access.?key|api.?key|account.?key|passw|passphrase",
        r"|gh[pousr]_|github_pat_|xox[a-z]-|iqojb3jpz2lu|fwogzxivyxdz|eyj[a-z0-9]|[?&;]sig\b|:(?:\\{0,8}/){2}[^\s/?#]*@",
        r"|\\[ux0-3]|%[2-7e]|&#|&[a-z]{2,7};|[^\t\n\r\x20-\x7e]",
    ))
});

/// Whether a text may have a secret. Most text has none.
pub(super) fn may_be_in(text: &str) -> bool {
    has_a_trace(text) && ANY.as_ref().is_none_or(|any| any.is_match(text.as_bytes()))
}

/// The names. The group `strong` needs no more evidence; the others are words too.
pub(super) static NAMES: Expression = LazyLock::new(|| {
    regex(concat!(
        r"(?<strong>(?:x[-_]?amz[-_]?(?:security[-_]?token|signature|credential|s3session[-_]?token)",
        r"|(?:aws[-_. ]?)?(?:secret[-_. ]?access[-_. ]?key|secret[-_. ]?key|session[-_. ]?token|security[-_. ]?token|access[-_. ]?key[-_. ]?id)",
        r"|shared[-_ ]?access[-_ ]?key|account[-_]?key",
        r"|client[-_ ]?secret|(?:access|refresh|id|auth|oauth|bearer|github|gitlab|private)[-_ ]?token|x[-_]?api[-_]?key))",
        r"|(?<authorization>(?:proxy[-_])?authorization)",
        r"|(?<weak>signature|credential|api[-_]?key|passw(?:or)?d|passphrase)",
        r"|(?<token>\btoken)",
        r"|(?<sig>[?&;]sig\b)",
        r"|(?<userinfo>://)",
        r"|(?<value>(?:\b|parameter|string)value)",
        r"|(?<bare>\bbearer[ \t]+|\bgh[pousr]_|\bgithub_pat_|\bxox[abeprs]-|\biqojb3jpz2lu|\bfwogzxivyxdz|\beyj[a-z0-9_-]{9})",
    ))
});

/// What stands between a name and its value. A quote before it closes the name.
pub(super) static SEPARATOR: Expression = LazyLock::new(|| {
    regex(concat!(
        r#"^(?<close>["'`\\)\]]{0,8})"#,
        r"(?:(?<equals>[ \t]*(?:={1,2}>?|:=)[ \t]*(?<line>\r?\n[ \t]*)?)",
        r"|(?<colon>[ \t\r\n]*:[ \t]*(?:[|>][-+]?[ \t]*)?(?:\r?\n[ \t]+|(?<flush>\r?\n))?)",
        r"|(?<tag>>\s*)",
        r"|(?<comma>\s*,\s*)",
        r"|(?<space>[ \t]+(?:(?:is|was)[ \t]*[ \t:=][ \t]*)?))",
    ))
});

/// What languages and services put around a value: `Some("`, `(*string)(0xc000012345)"`, `{"S": "`, `["`.
pub(super) static WRAPPER: Expression = LazyLock::new(|| {
    regex(concat!(
        r"^(?:\s+|&",
        r"|[a-z_][a-z0-9_.:*]{0,32}[ \t]*[({]",
        r"|\(\*{0,3}[a-z_][a-z0-9_.]{0,32}\)|\(0x[0-9a-f]{1,16}\)|\((?:len|cap)=[0-9]{1,9}(?: cap=[0-9]{1,9})?\)",
        r"|[({\[]",
        r#"|["']?\b(?:s|ss|b|v|0|value|string|str|text|inner|secret|plaintext|stringvalue)["']?[ \t]*:"#,
        r"){1,12}",
    ))
});

/// What opens a quoted value.
pub(super) static QUOTE: Expression = LazyLock::new(|| regex(r#"^[brfu]{0,2}["'`]"#));

/// The end of the text before a name that is itself the value of a field, which another field's value belongs to.
pub(super) static KEY_FIELD: Expression = LazyLock::new(|| {
    regex(
        r#"(?:key|name|variable|parameter|param|env|id|header|field)["'`]?\s*(?:[:=]>?|>)\s*["'`]?[a-z0-9_/.-]{0,64}$"#,
    )
});

/// A scheme of the Authorization header: the rest of the line is secret.
pub(super) static SCHEME: Expression = LazyLock::new(|| {
    regex(r"^(?:aws4-[a-z0-9-]+|aws|bearer|basic|digest|negotiate|ntlm|token|apikey|hawk)[ \t]+")
});

fn regex(expression: &str) -> Option<Regex> {
    let made = Regex::new(&format!("(?-u){expression}"));
    debug_assert!(made.is_ok(), "{made:?}");
    made.ok()
}
