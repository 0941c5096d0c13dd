//! Finds the secrets that are arguments of commands, such as `curl -u user:password` and `--password secret`: a log has the
//! commands of a script that runs with `set -x`. What has a name and `=` or `:` is found by [`super::find`].

use std::cell::OnceCell;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;
use serde::de::IgnoredAny;

use crate::text::redact::REDACTED;

/// What may open a quoted value, and a value. It ends at a quote or an escape, so JSON stays JSON.
macro_rules! value {
    () => {
        r#"(?<open>\\{0,3}["'])?(?<value>[^\s"'\\|;&<>`]+)"#
    };
}

/// A part of each pattern: without them there is no such argument in a text.
static ANY: LazyLock<Option<Regex>> = LazyLock::new(|| {
    regex(
        "passw|-pass|passphrase|curl|-token|-secret|[-_]key|login|sshpass|mysql|mariadb|cookie|kinit|adcli|sudo|bindpw",
    )
});

/// The group `value` is the secret.
static PATTERNS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let patterns = [
        // --password secret, --http-password=secret, -passphrase secret
        concat!(
            r#"(?:^|[\s"'(=,\[])--?(?:[a-z0-9]+[-_])*"#,
            "(?:password|passwd|passphrase|pass|secret|bindpw|token|api-?key|(?:(?:secret|private|access|account)[-_])+key)",
            r"(?:[ \t]+|=)",
            value!()
        ),
        // curl -u user:secret, -fsSu user:secret, --proxy-user user:secret
        concat!(
            r"\bcurl\b[^|;\n]*?[ \t](?:-[a-z]*u|--(?:proxy-)?user)(?:[ \t]*|=)",
            r#"(?<open>\\{0,3}["'])?[^\s"'\\:|;&]+:(?<value>[^\s"'\\|;&<>`]+)"#
        ),
        // docker login -p secret
        concat!(
            r"\b(?:docker|podman|buildah|skopeo|nerdctl|helm|oras|oc|az)\b[^|;\n]*?\blogin\b[^|;\n]*?[ \t]-p(?:[ \t]*|=)",
            value!()
        ),
        concat!(r"\bsshpass[ \t]+-p[ \t]*", value!()),
        concat!(
            r"\b(?:mysql|mysqldump|mysqladmin|mariadb)\b[^|;\n]*?[ \t]-p",
            value!()
        ),
        // echo secret | passwd --stdin
        concat!(
            r"\b(?:echo|printf)[ \t]+(?:-[a-z]+[ \t]+)*",
            value!(),
            r#"\\{0,3}["']?[ \t]*\|[ \t]*"#,
            r"(?:sudo[ \t]+-S|(?:sudo[ \t]+)?(?:passwd|chpasswd|kinit|adcli|(?:docker|podman|helm|az)\b[^|;\n]*\blogin))\b"
        ),
        concat!(r"[ \t]-pass(?:in|out)?[ \t]+pass:", value!()),
        // .netrc
        concat!(r"\blogin[ \t]+\S+[ \t]+password[ \t]+", value!()),
        r#"\b(?:set-)?cookie:[ \t]*(?<value>[^\s"'\\][^\n"'\\]*)"#,
    ];
    patterns.into_iter().filter_map(regex).collect()
});

/// Words of a sentence about an option.
const WORDS: [&str; 30] = [
    "a", "access", "an", "and", "are", "as", "can", "cannot", "flag", "for", "from", "has", "if",
    "in", "instead", "is", "it", "key", "must", "not", "on", "option", "or", "should", "the", "to",
    "via", "was", "when", "with",
];

fn regex(pattern: &str) -> Option<Regex> {
    let made = Regex::new(&format!("(?i){pattern}"));
    debug_assert!(made.is_ok(), "{made:?}");
    made.ok()
}

/// Whether a text may have a secret as an argument. Most text has none.
pub(super) fn may_be_in(text: &str) -> bool {
    ANY.as_ref().is_some_and(|any| any.is_match(text))
}

/// The places of the secrets, in order, apart from each other.
fn places(text: &str) -> Vec<Range<usize>> {
    let is_json = OnceCell::new();
    let is_json = || {
        *is_json.get_or_init(|| {
            text.trim_start().starts_with(['{', '[', '"'])
                && serde_json::from_str::<IgnoredAny>(text).is_ok()
        })
    };
    let mut places = Vec::new();
    for pattern in PATTERNS.iter() {
        for found in pattern.captures_iter(text) {
            let Some(value) = found.name("value") else {
                continue;
            };
            // In JSON a bare quote ends the string that has the option.
            let opens_json =
                found.name("open").is_some_and(|open| open.as_str() == "\"") && is_json();
            let word = value.as_str();
            let is_variable = word.starts_with('$');
            let is_word = WORDS.iter().any(|known| known.eq_ignore_ascii_case(word));
            let is_other = word.starts_with(REDACTED) || word.starts_with("//");
            if !(opens_json || is_variable || is_word || is_other) {
                places.push(value.range());
            }
        }
    }
    places.sort_by_key(|place: &Range<usize>| place.start);
    let mut apart: Vec<Range<usize>> = Vec::with_capacity(places.len());
    for place in places {
        match apart.last_mut() {
            Some(last) if place.start < last.end => last.end = last.end.max(place.end),
            _ => apart.push(place),
        }
    }
    apart
}

/// The text without these secrets; `None` where it has none.
pub(super) fn redact(text: &str) -> Option<String> {
    if !may_be_in(text) {
        return None;
    }
    let mut out = String::new();
    let mut copied = 0;
    for place in places(text) {
        out.push_str(text.get(copied..place.start).unwrap_or_default());
        out.push_str(REDACTED);
        copied = place.end;
    }
    if copied == 0 {
        return None;
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secrets_of_commands_are_redacted() {
        for (text, kept) in [
            (
                "+ curl -u admin:hunter2 https://x/y",
                "+ curl -u admin:[redacted] https://x/y",
            ),
            (
                "curl -fsSu 'admin:hunter2' https://x",
                "curl -fsSu 'admin:[redacted]' https://x",
            ),
            (
                "curl https://x --proxy-user a:hunter2",
                "curl https://x --proxy-user a:[redacted]",
            ),
            (
                "curl -sL --user=a:hunter2 https://x",
                "curl -sL --user=a:[redacted] https://x",
            ),
            (
                "tool --password hunter2 -v",
                "tool --password [redacted] -v",
            ),
            (
                "tool --password \"hunter2\" -v",
                "tool --password \"[redacted]\" -v",
            ),
            (
                "wget --http-password=hunter2 https://x",
                "wget --http-password=[redacted] https://x",
            ),
            (
                "docker login -u bot -p hunter2 registry",
                "docker login -u bot -p [redacted] registry",
            ),
            (
                "podman login --username bot --password hunter2",
                "podman login --username bot --password [redacted]",
            ),
            ("sshpass -p hunter2 ssh x", "sshpass -p [redacted] ssh x"),
            (
                "mysql -h db -uroot -phunter2 x",
                "mysql -h db -uroot -p[redacted] x",
            ),
            (
                "echo 'root:hunter2' | chpasswd",
                "echo '[redacted]' | chpasswd",
            ),
            (
                "echo hunter2 | sudo -S dnf -y update",
                "echo [redacted] | sudo -S dnf -y update",
            ),
            (
                "echo hunter2 | docker login --password-stdin",
                "echo [redacted] | docker login --password-stdin",
            ),
            (
                "openssl rsa -in k -passin pass:hunter2",
                "openssl rsa -in k -passin pass:[redacted]",
            ),
            (
                "machine x login bot password hunter2",
                "machine x login bot password [redacted]",
            ),
            (
                "< Set-Cookie: session=hunter2; Path=/",
                "< Set-Cookie: [redacted]",
            ),
            (
                "vault login --token hunter2",
                "vault login --token [redacted]",
            ),
            (
                r#"{"c":"curl -u a:hunter2 x"}"#,
                r#"{"c":"curl -u a:[redacted] x"}"#,
            ),
            (
                r#"{"c":"x --password \"hunter2\""}"#,
                r#"{"c":"x --password \"[redacted]\""}"#,
            ),
        ] {
            assert_eq!(redact(text).as_deref(), Some(kept));
            assert_eq!(redact(kept), None, "{kept}");
        }
    }

    #[test]
    fn other_commands_stay() {
        for text in [
            "docker run -u 1000:1000 -p 8080:80 x",
            "tool --password-stdin < file",
            "tool --password \"$PASSWORD\"",
            "the option --token is deprecated",
            "curl -sS --user-agent x https://a.b/c:d",
            "curl -u https://x",
            "mysql -p",
            "rpm --import https://x/RPM-GPG-KEY-x",
            "apt-key add x.gpg",
            r#"["--password ", "b"]"#,
        ] {
            assert_eq!(redact(text), None);
        }
    }
}
