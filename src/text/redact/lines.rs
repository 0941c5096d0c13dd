//! Finds what is a secret only because of the lines around it: the body of a private key, a value on the line behind its
//! name, and a presigned URL that is cut into several lines. The lines are those of a log, each redacted by itself.

use crate::text::redact::{REDACTED, keys, may_have_secret, redact_secrets};

/// The lengths of the lines of a key's body.
const WIDTHS: [usize; 3] = [64, 70, 76];
/// The most lines of a key.
const MOST_LINES: usize = 400;
/// How much of the line before is looked at.
const NEAR: usize = 256;
/// The length from which the rest of a secret is one by itself.
const REST: usize = 12;

/// What the lines so far say about the next one.
#[derive(Clone, Debug, Default)]
pub(crate) struct LineSecrets {
    /// The lines of the key in progress.
    in_key: Option<usize>,
    /// The end of the line before, where a secret may go on.
    before: String,
    /// The line before is not known yet: a secret may go on in the next one.
    is_cut: bool,
}

impl LineSecrets {
    /// For lines that follow others which are read later.
    pub(crate) fn after_a_cut() -> Self {
        Self {
            is_cut: true,
            ..Self::default()
        }
    }

    /// Redacts the next line, which is followed by another one. `None` where it stays.
    pub(crate) fn redact(&mut self, line: &str, following: Option<&str>) -> Option<String> {
        let (prefix, text) = split_prefix(line);
        let is_cut = std::mem::take(&mut self.is_cut);
        let of_key = self.redact_key(text, following);
        let redacted = match of_key {
            Some(redacted) => Some(redacted),
            None if is_cut => redact_first_word(text),
            None if self.in_key.is_none() => self.redact_rest(text, !prefix.is_empty()),
            None => None,
        };
        let kept = redacted.as_deref().unwrap_or(text);
        let near = kept.ceil_char_boundary(kept.len().saturating_sub(NEAR));
        self.before.clear();
        self.before.push_str(kept.get(near..).unwrap_or_default());
        redacted.map(|text| format!("{prefix}{text}"))
    }

    /// A line of a private key.
    fn redact_key(&mut self, text: &str, following: Option<&str>) -> Option<String> {
        if keys::open_end(text).is_some() {
            self.in_key = Some(0);
            return None;
        }
        let word = text.trim_matches(|letter: char| !is_base64(letter));
        let is_word = !word.is_empty()
            && word
                .chars()
                .all(|letter| is_base64(letter) || letter == '\\');
        if let Some(lines) = self.in_key {
            let is_header = ["Proc-Type:", "DEK-Info:", "Comment:", "Version:"];
            let is_header = is_header
                .iter()
                .any(|name| text.trim_start().starts_with(name));
            let goes_on = is_word || is_header || text.trim().is_empty() || text.trim() == REDACTED;
            self.in_key = Some(lines + 1).filter(|lines| goes_on && *lines < MOST_LINES);
            return (goes_on && is_word).then(|| text.replace(word, REDACTED));
        }
        let ends = following.is_some_and(|next| keys::is_end(next) && next.contains("PRIVATE"));
        (is_word && (ends || is_body(word))).then(|| text.replace(word, REDACTED))
    }

    /// A line that begins with the rest of a secret, or with the value of a name at the end of the line before.
    fn redact_rest(&self, text: &str, has_prefix: bool) -> Option<String> {
        if self.before.is_empty() || text.is_empty() {
            return None;
        }
        if self.before.ends_with(REDACTED) {
            let behind = behind_a_rest(text)?;
            return Some(format!("{REDACTED}{behind}"));
        }
        // The name is cut, or the value is on this line.
        let before = self.before.trim_end_matches('\\').trim_end();
        let cut = (!has_prefix).then_some((self.before.as_str(), ""));
        let is_broken = before.ends_with(['=', ':', '>', '|']);
        let broken = is_broken.then_some((before, "\n "));
        let mut joints = cut.into_iter().chain(broken);
        joints.find_map(|(before, joint)| redact_joined(before, joint, text))
    }
}

/// The text behind its beginning, where that looks like the rest of a secret.
fn behind_a_rest(text: &str) -> Option<&str> {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=%-_".contains(byte);
    let length = text.bytes().take_while(is_part).count();
    let (rest, behind) = text.split_at_checked(length)?;
    let is_random = rest.bytes().any(|byte| byte.is_ascii_digit())
        && rest.bytes().any(|byte| byte.is_ascii_alphabetic());
    (length >= REST && is_random).then_some(behind)
}

/// Redacts a first word that looks like the rest of a secret. A time, an address or a version is none: it continues with
/// another character.
fn redact_first_word(text: &str) -> Option<String> {
    let behind = behind_a_rest(text)?;
    let ends = |letter: char| letter.is_whitespace() || "&\"'`,;)<>\\".contains(letter);
    let is_word = behind.is_empty() || behind.starts_with(ends);
    is_word.then(|| format!("{REDACTED}{behind}"))
}

/// Redacts a line together with the end of the one before.
fn redact_joined(before: &str, joint: &str, text: &str) -> Option<String> {
    let end = text.floor_char_boundary(text.len().min(NEAR));
    let near = format!("{before}{joint}{}", text.get(..end)?);
    if !may_have_secret(&near) {
        return None;
    }
    let joined = format!("{before}{joint}{text}");
    let redacted = redact_secrets(&joined);
    let rest = redacted.strip_prefix(before)?;
    let rest = rest.strip_prefix(joint)?;
    (rest != redact_secrets(text)).then(|| rest.to_owned())
}

/// What the agent writes before the output of a command.
fn split_prefix(line: &str) -> (&str, &str) {
    for name in ["Stdout: ", "Stderr: ", "Stdout:", "Stderr:"] {
        if let Some(at) = line.find(name).filter(|at| *at <= 24) {
            return line.split_at(at + name.len());
        }
    }
    ("", line)
}

/// Whether a word has the length and the letters of a line of a key.
fn is_body(word: &str) -> bool {
    let has = |kind: fn(&u8) -> bool| word.as_bytes().iter().any(kind);
    WIDTHS.contains(&word.len())
        && has(u8::is_ascii_digit)
        && has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_lowercase)
}

const fn is_base64(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '+' | '/' | '=')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redact(lines: &[&str]) -> Vec<String> {
        let mut secrets = LineSecrets::default();
        let following = |at: usize| lines.get(at + 1).copied();
        let lines = lines.iter().enumerate().map(|(at, line)| {
            let line = redact_secrets(line);
            let redacted = secrets.redact(&line, following(at));
            redacted.unwrap_or_else(|| line.into_owned())
        });
        lines.collect()
    }

    const FULL: &str = "MIIEowIBAAKCAQEA7ZqXk0pX9v3n5WbJq1uQkq0b2mVvYw1x8m2Zz7xw0QWc4RtY";

    #[test]
    fn the_lines_of_a_key_are_redacted_as_a_block() {
        for prefix in ["", "Stdout: ", "CmdExecution: Stderr: "] {
            let lines: Vec<_> = [
                "-----BEGIN RSA PRIVATE KEY-----",
                "Proc-Type: 4,ENCRYPTED",
                "",
                FULL,
                "  AbCd0123 ",
                "x0=",
                "-----END RSA PRIVATE KEY-----",
                "word",
            ]
            .into_iter()
            .map(|line| format!("{prefix}{line}"))
            .collect();
            let borrowed: Vec<_> = lines.iter().map(String::as_str).collect();
            let redacted = redact(&borrowed);
            assert_eq!(redacted[3], format!("{prefix}[redacted]"));
            assert_eq!(redacted[4], format!("{prefix}  [redacted] "));
            assert_eq!(redacted[5], format!("{prefix}[redacted]"));
            for kept in [0, 1, 2, 6, 7] {
                assert_eq!(redacted[kept], lines[kept]);
            }
            // From any line on, as a search or a page may begin.
            for begin in 1..5 {
                let redacted = redact(&borrowed[begin..]);
                assert!(!redacted.concat().contains(FULL), "{redacted:?}");
                assert!(!redacted.concat().contains("x0="), "{redacted:?}");
            }
        }
    }

    #[test]
    fn a_secret_that_is_cut_into_lines_is_redacted() {
        for lines in [
            &[
                "export AWS_SECRET_ACCESS_KEY=",
                "wJalrXUtnFEMIK7MDENGbPxRfiCY0123",
            ][..],
            &[
                "https://b/k?X-Amz-Signature=fe5f80f77d5fa3be",
                "fe5f80f77d5fa3beca038a248 x",
            ],
            &[
                "https://b/k?X-Amz-Signa",
                "ture=fe5f80f77d5fa3beca038a248 x",
            ],
            &[
                "Stdout: password: \\",
                "Stdout:   fe5f80f77d5fa3beca038a248",
            ],
        ] {
            let redacted = redact(lines);
            for secret in ["wJalrXUtn", "fe5f80f77d5f"] {
                assert!(!redacted.concat().contains(secret), "{redacted:?}");
            }
        }
    }

    #[test]
    fn the_rest_of_a_secret_is_redacted_where_the_line_before_is_not_known() {
        for (line, redacted) in [
            ("fe5f80f77d5fa3beca03 x", Some("[redacted] x")),
            ("ture=fe5f80f77d5fa3be&x=1", Some("[redacted]&x=1")),
            ("Stdout: fe5f80f77d5fa3be", Some("Stdout: [redacted]")),
            ("2026-11-29T10:00:00Z begins", None),
            ("kernel-devel-5.14.0-570", None),
            ("Step RunScript1", None),
            ("ExitCode 0", None),
        ] {
            let redacted = redacted.map(|text| text.replace("[redacted]", REDACTED));
            let mut secrets = LineSecrets::after_a_cut();
            assert_eq!(secrets.redact(line, None), redacted, "{line}");
        }
        let mut secrets = LineSecrets::after_a_cut();
        assert_eq!(secrets.redact("done", None), None);
        assert_eq!(secrets.redact("fe5f80f77d5fa3beca03 x", None), None);
    }

    #[test]
    fn other_lines_stay() {
        let lines = [
            "Stdout: Complete!",
            "Stdout: /usr/lib64/python3.9/site-packages/x",
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "token",
            "Stdout: Installed:",
            "Stdout:   kernel-devel-5.14.0",
            "-----BEGIN CERTIFICATE-----",
            "word",
            "-----END CERTIFICATE-----",
        ];
        assert_eq!(redact(&lines), lines);
    }
}
