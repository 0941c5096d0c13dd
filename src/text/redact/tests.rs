use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde::de::IgnoredAny;

use super::*;

#[test]
fn both_forms_of_presigned_urls_lose_their_secrets() {
    for (text, kept) in [
        (
            "https://b.s3.amazonaws.com/k?X-Amz-Credential=AKIA%2F1&X-Amz-Date=1&X-Amz-Security-Token=t%2B/=&X-Amz-Signature=0f",
            "https://b.s3.amazonaws.com/k?X-Amz-Credential=[redacted]&X-Amz-Date=1&X-Amz-Security-Token=[redacted]&X-Amz-Signature=[redacted]",
        ),
        (
            "see https://b/k?AWSAccessKeyId=AKIA&Signature=a/b%3D&x-amz-security-token=t== now",
            "see https://b/k?AWSAccessKeyId=[redacted]&Signature=[redacted]&x-amz-security-token=[redacted] now",
        ),
        (
            r#"{"p":"{\"url\":\"https://b/k?AWSAccessKeyId\u003dAKIA\u0026Signature=s\\u0026x=1\"}"}"#,
            r#"{"p":"{\"url\":\"https://b/k?AWSAccessKeyId\u003d[redacted]\u0026Signature=[redacted]\\u0026x=1\"}"}"#,
        ),
        (
            r#"{\"X-Amz-Signature\": \"0f\", \"n\": 1}"#,
            r#"{\"X-Amz-Signature\": \"[redacted]\", \"n\": 1}"#,
        ),
        (
            r#"{"url":"https:\/\/b\/k?Signature=a\/b\u002Bc%3D\u0026x=1","n":"\\/"}"#,
            r#"{"url":"https:\/\/b\/k?Signature=[redacted]\u0026x=1","n":"\\/"}"#,
        ),
        (
            "go?to=https%3A%2F%2Fb%3FX-Amz-Signature%3D0f%26a%3D1&b=2",
            "go?to=https%3A%2F%2Fb%3FX-Amz-Signature%3D[redacted]%26a%3D1&b=2",
        ),
    ] {
        assert_eq!(redact_secrets(text), kept);
    }
}

proptest! {
    #[test]
    fn redacted_json_stays_json(parts in vec(select(&PARTS[..]), 0..8), number in any::<u8>()) {
        let text = parts.concat();
        let inner = serde_json::json!({ &text: number, "signature": number, "x": [&text] });
        let outer = serde_json::json!({ "a": inner.to_string(), &text: &inner, "Signature": &text });
        let redacted = redact_secrets(&outer.to_string()).into_owned();
        prop_assert!(serde_json::from_str::<serde_json::Value>(&redacted).is_ok(), "{redacted}");
        prop_assert_eq!(redact_secrets(&redacted).into_owned(), redacted.clone());
    }
}

/// The texts of real builds have no secrets: none of their lines changes.
#[test]
fn the_texts_of_real_builds_stay_unchanged() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut folders = vec![folder];
    let mut count = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.ends_with("signatures.json") {
                // Requests that are signed with example keys.
            } else if let Ok(text) = std::fs::read_to_string(&path) {
                let signed = |line: &&str| !line.contains("AWSAccessKeyId");
                for line in text.lines().filter(signed) {
                    count += 1;
                    assert_eq!(redact_secrets(line), line, "{}", path.display());
                }
            }
        }
    }
    assert!(count > 100, "{count}");
}

/// Pieces that could mislead a careless search for parameters.
const PARTS: [&str; 17] = [
    "Signature",
    "X-Amz-Signature=",
    "=",
    ":",
    "\"",
    "\\",
    "u003d",
    "\\u003d",
    "\\/",
    "/",
    "u002b",
    "%3D",
    "%26",
    "&",
    " ",
    "ä",
    "v",
];

/// This would take minutes if each name were searched for again from every other one.
#[test]
fn redaction_takes_linear_time() {
    for name in [
        "signature:",
        "signature=",
        "authorization: ",
        "bearer ",
        "\"secretkey\":",
        "a\\",
    ] {
        let _done = redact_secrets(&name.repeat(30_000));
    }
    let names = "signature; ".repeat(30_000);
    assert!(matches!(redact_secrets(&names), Cow::Borrowed(_)));
    let values = "x-amz-signature=1 ".repeat(30_000);
    assert_eq!(redact_secrets(&values).matches(REDACTED).count(), 30_000);
    let escapes = format!("signature={}", "\\/".repeat(30_000));
    assert_eq!(redact_secrets(&escapes), "signature=[redacted]");
}

const SECRET: &str = "wJalr7XUtnFEMI2K7MDENG3bPxRfiCYEXAMPLE9KEY";

/// The names of secrets, and the forms that a name `<n>` and its value `<v>` have in texts.
const NAMES: [&str; 13] = [
    "X-Amz-Signature",
    "x-amz-security-token",
    "X-Amz-Credential",
    "AWSAccessKeyId",
    "Signature",
    "aws_secret_access_key",
    "SecretAccessKey",
    "AWS_SESSION_TOKEN",
    "SessionToken",
    "aws_access_key_id",
    "HTTP_X_AMZ_SECURITY_TOKEN",
    "client_secret",
    "secret access key",
];
const FORMS: [&str; 66] = [
    "https://b/k?a=1&<n>=<v>&b=2",
    "<n>=<v>",
    "<n> = <v>",
    "<n>\t=\t<v>",
    "<n>: <v>",
    "<n> : <v>",
    "<n>:<v>",
    "<n>=\"<v>\"",
    "export <n>='<v>'",
    "export <n>=<v>;",
    "$env:<n> = \"<v>\"",
    "set <n>=<v>",
    "{\"<n>\":\"<v>\"}",
    "{\"<n>\" : \"<v>\", \"n\": 1}",
    r#"{\"<n>\": \"<v>\"}"#,
    r#"{\\\"<n>\\\": \\\"<v>\\\"}"#,
    r"<n>\u003d<v>\u0026x=1",
    r"<n>\\u003d<v>",
    "{'<n>': '<v>'}",
    "{'<n>': b'<v>'}",
    "('<n>', '<v>')",
    "<n> => <v>",
    "<n>:\n    <v>",
    "<n>:\n<v>",
    "<n>=\n<v>",
    "<n>=\r\n  <v>",
    "<n>: |\n    <v>",
    "<n>: >-\r\n  <v>",
    "<n>: \"<v>\"",
    "\"<n>\": <v>",
    "<<n>><v></<n>>",
    "&lt;<n>&gt;<v>&lt;/<n>&gt;",
    "<n>%3D<v>%26x",
    "<n>%25253D<v>%252526x",
    "<n>&#61;<v>&amp;x",
    "<n>&amp;amp;amp;amp;amp;amp;amp;#61;<v>",
    "<n>=&quot;<v>&quot;",
    "<n>=\\\n  <v>",
    r"<n>\075<v>",
    r"<n>\U0000003d<v>",
    "<n>\u{ff1d}<v>",
    "<n>\u{ff1a} \u{201c}<v>\u{201d}",
    "<n>\u{1b}[0m=\u{1b}[1;31m<v>\u{1b}[0m",
    "<n>\0=\0<v>",
    "<n>: Some(\"<v>\")",
    "{ <n>: Secret { inner: \"<v>\" } }",
    "<n>:(*string)(0xc00011a2b0)\"<v>\"",
    "<n>: (*string)(0xc00011a2b0)((len=40) \"<v>\")",
    "<n>:&aws.String(\"<v>\"),",
    "map[<n>:[<v>] Host:[h]]",
    "{\"<n>\": {\"S\": \"<v>\"}}",
    "{\"<n>\": [\"<v>\"]}",
    "{\"<n>\": {\"SS\": [\"<v>\"]}}",
    "{\"Name\":\"<n>\",\"Value\":\"<v>\"}",
    "{\"Key\": \"<n>\", \"Type\": \"String\", \"Value\": \"<v>\"}",
    "{\"Value\": \"<v>\", \"Key\": \"<n>\"}",
    r#"{\"Value\": \"<v>\", \"Key\": \"<n>\"}"#,
    "[{\"Value\":\"1\",\"Name\":\"a\"},{\"Value\":\"<v>\",\"Name\":\"<n>\"}]",
    "- name: <n>\n  value: <v>\n",
    "- name: \"<n>\"\n  value: \"<v>\"\n",
    "- value: <v>\n  name: <n>\n",
    "ParameterKey=<n>,ParameterValue=<v>",
    "<Name><n></Name><Value><v></Value>",
    "name = \"<n>\"\nvalue = \"<v>\"\n",
    "aws configure set <n> <v>",
    "--<n> <v>",
];

/// Whether the form has this name at all: a command's word is the name of a key, and no tag has blanks.
fn has_form(form: &str, name: &str) -> bool {
    let is_word = form.contains("configure") || form.starts_with("--");
    !(is_word && name == "Signature")
}

/// The text before the value and behind it.
fn around(form: &str, name: &str) -> (String, String) {
    let (before, after) = form.split_once("<v>").unwrap();
    (before.replace("<n>", name), after.replace("<n>", name))
}

/// Ways to encode a text that keep its letters and digits.
const NESTINGS: [fn(char) -> String; 10] = [
    |sign| {
        sign.to_string()
            .bytes()
            .fold(String::new(), |text, byte| format!("{text}%{byte:02X}"))
    },
    |sign| format!("\\u{:04x}", u32::from(sign)),
    |sign| format!("\\U{:08x}", u32::from(sign)),
    |sign| format!("\\u{{{:x}}}", u32::from(sign)),
    |sign| format!("&#{};", u32::from(sign)),
    |sign| format!("&#x{:X};", u32::from(sign)),
    |sign| {
        sign.to_string()
            .bytes()
            .fold(String::new(), |text, byte| format!("{text}\\{byte:03o}"))
    },
    |sign| {
        sign.to_string()
            .bytes()
            .fold(String::new(), |text, byte| format!("{text}\\x{byte:02x}"))
    },
    |sign| match sign {
        '!'..='~' => char::from_u32(u32::from(sign) + 0xfee0)
            .unwrap()
            .to_string(),
        _ => sign.to_string(),
    },
    |sign| match sign {
        '&' => "&amp;".to_owned(),
        '"' => "\\\"".to_owned(),
        '\\' => "\\\\".to_owned(),
        '\n' => "\\n".to_owned(),
        _ if sign.is_ascii_control() => sign.to_string(),
        _ => format!("\u{1b}[1m{sign}\u{200b}"),
    },
];

fn nested(text: &str, nestings: &[fn(char) -> String]) -> String {
    nestings.iter().fold(text.to_owned(), |text, nesting| {
        let encode = |letter: char| match letter {
            _ if letter.is_ascii_alphanumeric() => letter.to_string(),
            _ => nesting(letter),
        };
        text.chars().map(encode).collect()
    })
}

fn form() -> impl Strategy<Value = String> {
    let nestings = vec(select(&NESTINGS[..]), 0..4);
    (select(&NAMES[..]), select(&FORMS[..]), 0..6_u8, nestings).prop_map(
        |(name, form, disguise, nestings)| {
            let name = if has_form(form, name) {
                name
            } else {
                "SecretAccessKey"
            };
            let every = |encode: fn(char) -> String| name.chars().map(encode).collect();
            let name = match disguise {
                0 => name.to_ascii_uppercase(),
                1 => name.to_ascii_lowercase(),
                2 => every(NESTINGS[0]),
                3 => every(NESTINGS[1]),
                4 => name.replace('i', "\u{200b}i"),
                _ => name.to_owned(),
            };
            let (before, after) = around(form, &name);
            format!(
                "{}{SECRET}{}",
                nested(&before, &nestings),
                nested(&after, &nestings)
            )
        },
    )
}

#[test]
fn a_secret_is_redacted_in_every_form_and_nesting() {
    let once = NESTINGS.iter().map(std::slice::from_ref);
    for nestings in once.chain([&NESTINGS[..0], &[NESTINGS[9], NESTINGS[0], NESTINGS[4]]]) {
        for form in FORMS {
            for name in NAMES.iter().filter(|name| has_form(form, name)) {
                let (before, after) = around(form, name);
                let text = format!(
                    "{}{SECRET}{}",
                    nested(&before, nestings),
                    nested(&after, nestings)
                );
                let redacted = redact_secrets(&text);
                assert!(
                    redacted.contains(REDACTED) && !redacted.contains(SECRET),
                    "{text:?}: {redacted:?}"
                );
                let is_json = |text: &str| serde_json::from_str::<IgnoredAny>(text).is_ok();
                assert_eq!(is_json(&redacted), is_json(&text), "{text}: {redacted}");
            }
        }
    }
}

#[test]
fn passwords_in_urls_and_signatures_of_other_services_are_redacted() {
    for (text, kept) in [
        (
            "clone https://user:p4ss@host/x failed",
            "clone https://user:[redacted]@host/x failed",
        ),
        (
            "https://user:p%40s%2Fs@host:80",
            "https://user:[redacted]@host:80",
        ),
        (
            "postgres://u:a:b@c@db/x?y=z@1",
            "postgres://u:[redacted]@db/x?y=z@1",
        ),
        (
            "https://0123456789abcdef0123@github.com/o/r",
            "https://[redacted]@github.com/o/r",
        ),
        (
            "https%3A%2F%2Fuser%3Ap4ss%40host",
            "https%3A%2F%2Fuser%3A[redacted]%40host",
        ),
        (
            r#"{"url":"https:\/\/user:p4ss@host"}"#,
            r#"{"url":"https:\/\/user:[redacted]@host"}"#,
        ),
        (
            "https://a.blob/c?sv=1&sig=ab%2Bc%3D&se=2",
            "https://a.blob/c?sv=1&sig=[redacted]&se=2",
        ),
        ("AccountKey=a1/b==;x", "AccountKey=[redacted];x"),
        (
            "password=hunter2 PASSWD: 'x y' ok",
            "password=[redacted] PASSWD: '[redacted]' ok",
        ),
    ] {
        assert_eq!(redact_secrets(text), kept);
    }
}

#[test]
fn headers_tokens_and_broken_lines_are_redacted() {
    for (text, kept) in [
        (
            "Authorization: AWS4-HMAC-SHA256 Credential=AKIA/1, SignedHeaders=host, Signature=0f\nHost: h",
            "Authorization: [redacted]\nHost: h",
        ),
        (
            "curl -H 'authorization: Bearer ab.c1' https://h",
            "curl -H 'authorization: [redacted]' https://h",
        ),
        (
            r#"{"Authorization":"Digest a=\"b\", response=\"c\"","n":1}"#,
            r#"{"Authorization":"[redacted]","n":1}"#,
        ),
        (
            "Authorization: denied by policy",
            "Authorization: denied by policy",
        ),
        (
            "got bearer abcdef0123456789 back",
            "got bearer [redacted] back",
        ),
        ("the bearer of this", "the bearer of this"),
        (
            "clone with ghp_0123456789abcdefghijABCDEFGHIJ012345 failed",
            "clone with [redacted] failed",
        ),
        (
            "X-Amz-Signature=0123456789abcdef\n    0123456789abcdef\nnext line",
            "X-Amz-Signature=[redacted]\nnext line",
        ),
        (
            "x-amz-signature=0123456789abcdef\\\n    0123456789abcdef next",
            "x-amz-signature=[redacted] next",
        ),
        (
            r#"{"Token":"0123456789abcdef0123456789abcdef0123456789abcdef"}"#,
            r#"{"Token":"[redacted]"}"#,
        ),
    ] {
        assert_eq!(redact_secrets(text), kept);
    }
}

proptest! {
    /// Whatever is around it, and wherever the text is cut within it (a few letters after a word are no secret): the
    /// secret is gone, and nothing more is redacted the second time.
    #[test]
    fn no_secret_survives_in_any_text(
        before in vec(select(&PARTS[..]), 0..6),
        form in form(),
        after in vec(select(&PARTS[..]), 0..6),
        cut in any::<prop::sample::Index>(),
    ) {
        let text = format!("{} {form} {}", before.concat(), after.concat());
        let redacted = redact_secrets(&text).into_owned();
        prop_assert!(!redacted.contains(SECRET), "{}: {}", text, redacted);
        prop_assert_eq!(redact_secrets(&redacted).into_owned(), redacted.clone());
        let place = text.find(SECRET).unwrap_or_default();
        let cut = place + 20 + cut.index(SECRET.len() - 20);
        let start = text.get(..cut).unwrap_or_default();
        let redacted = redact_secrets(start).into_owned();
        // The name may stand behind the value, where it is cut off.
        let is_named = !form.contains("alue") || form.find("ame").or(form.find("ey")) < form.find("alue");
        prop_assert!(!redacted.contains("wJalr7XUtnFEMI2K7MDE") || !is_named, "{}: {}", start, redacted);
    }

    #[test]
    fn redaction_is_idempotent(text in ".{0,80}", parts in vec(select(&PARTS[..]), 0..30)) {
        for text in [text, parts.concat()] {
            let redacted = redact_secrets(&text).into_owned();
            prop_assert_eq!(redact_secrets(&redacted).into_owned(), redacted.clone());
        }
    }
}

#[test]
fn other_text_stays_unchanged() {
    for text in [
        "Signature expired",
        "größer & Signature",
        "Signature=",
        "Invalid signature: check the clock",
        "Credential: missing. Token: expired",
        "SecretAccessKey is missing, session token too",
        "clientRequestToken=Console-CreateStack-0123 nextToken=0123456789",
        "access token expired; 100% of the secret key space",
        r#"["x-api-key","host","x-amz-content-sha256"] "x-api-key","host""#,
        "SignedHeaders=host;x-amz-date;x-amz-security-token, 'authorization', 'host'",
        "https://host:8080/a?b=c@d git@github.com:o/r ssh://git@host/x",
        "session token: expired. The secret access key is wrong",
        "value: 1, name: sign",
        r#"{"signature":1}"#,
        "",
    ] {
        let redacted = redact_secrets(text);
        assert!(
            matches!(redacted, Cow::Borrowed(same) if same == text),
            "{redacted}"
        );
    }
}
