//! The headers of `--header`, or of `[headers]` in config.toml, that every request to the API carries. Their values are
//! secrets: no error, output or debug text has them.

use toml::Value;

use crate::config::file::clean;
use crate::text::secret::Secret;

/// The headers that the signature or the HTTP client makes.
const OWN: [&str; 12] = [
    "host",
    "authorization",
    "accept-encoding",
    "connection",
    "content-length",
    "expect",
    "keep-alive",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// A header that the user adds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtraHeader {
    /// In lower case.
    pub name: String,
    pub value: Secret,
}

impl ExtraHeader {
    fn new(name: &str, value: &str) -> Result<Self, String> {
        let (name, value) = (name.trim().to_ascii_lowercase(), value.trim());
        let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        // An invalid name is not repeated: it may have a part of the value.
        if name.is_empty() || !name.chars().all(is_token) {
            return Err(
                "the name of a header has letters, digits and hyphens; example: x-api-key=VALUE"
                    .to_owned(),
            );
        }
        let name_for_messages = clean(&name);
        if OWN.contains(&name.as_str()) || name.starts_with("x-amz-") {
            return Err(format!("{name_for_messages} can't be set"));
        }
        if value.is_empty() || !value.chars().all(|c| matches!(c, ' '..='~')) {
            return Err(format!(
                "the value of {name_for_messages} must have visible ASCII characters only, and at least one"
            ));
        }
        Ok(Self {
            name,
            value: Secret::new(value),
        })
    }
}

/// The headers of the flags; none if there is no flag.
pub(super) fn of_flags(flags: &[Secret]) -> Result<Option<Vec<ExtraHeader>>, String> {
    let parse = |flag: &Secret| match flag.expose().split_once('=') {
        Some((name, value)) => ExtraHeader::new(name, value),
        None => Err("must be NAME=VALUE".to_owned()),
    };
    let headers: Vec<_> = flags.iter().map(parse).collect::<Result<_, _>>()?;
    unique(&headers)?;
    Ok(Some(headers).filter(|headers| !headers.is_empty()))
}

/// The headers of the table in the file.
pub(super) fn of_table(value: &Value) -> Result<Vec<ExtraHeader>, String> {
    const FORM: &str = "must be a table of strings in quotation marks";
    let table = value.as_table().ok_or(FORM)?;
    let parse =
        |(name, value): (&String, &Value)| ExtraHeader::new(name, value.as_str().ok_or(FORM)?);
    let headers: Vec<_> = table.iter().map(parse).collect::<Result<_, _>>()?;
    unique(&headers)?;
    Ok(headers)
}

fn unique(headers: &[ExtraHeader]) -> Result<(), String> {
    let mut names: Vec<_> = headers.iter().map(|header| header.name.as_str()).collect();
    names.sort_unstable();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(format!("{} is set twice", clean(pair[0]))),
        None => Ok(()),
    }
}

/// The headers as TOML, without their values.
pub(super) fn names(headers: &[ExtraHeader]) -> String {
    let each = headers
        .iter()
        .map(|header| format!("\"{}\" = \"***\"", clean(&header.name)));
    format!("{{ {} }}", each.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flag(text: &str) -> Result<Option<Vec<ExtraHeader>>, String> {
        of_flags(&[Secret::new(text)])
    }

    #[test]
    fn headers_of_the_user_are_parsed() {
        let header = flag(" X-Api-Key = a=b ").unwrap().unwrap().remove(0);
        assert_eq!(
            (header.name.as_str(), header.value.expose()),
            ("x-api-key", "a=b")
        );
        assert_eq!(of_flags(&[]), Ok(None));
    }

    #[test]
    fn refused_headers_are_named_without_their_values() {
        for (text, part) in [
            ("c4n4ry", "NAME=VALUE"),
            ("Authorization=c4n4ry", "authorization can't be set"),
            ("HOST=c4n4ry", "host can't be set"),
            ("X-Amz-Date=c4n4ry", "x-amz-date can't be set"),
            ("transfer-encoding=c4n4ry", "can't be set"),
            ("x-api-key: c4n4ry=", "letters, digits and hyphens"),
            ("=c4n4ry", "letters, digits and hyphens"),
            ("x=c4n4ry\n", ""),
            ("x=c4n4ry\ny", "visible ASCII"),
            ("x=c4n4ryé", "visible ASCII"),
            ("x=", "at least one"),
        ] {
            let result = format!("{:?}", flag(text));
            assert!(result.contains(part), "{result}");
            assert!(!result.contains("c4n4ry"), "{result}");
        }
        let twice = of_flags(&[Secret::new("a=1"), Secret::new("A=2")]);
        assert_eq!(twice, Err("a is set twice".to_owned()));
    }
}
