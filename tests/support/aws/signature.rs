//! Verifies the signature of a request as it came over the wire.

use std::collections::HashMap;
use std::fmt::Display;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use chrono::NaiveDateTime;

pub(super) const ACCESS_KEY: &str = "AKIDEXAMPLE";
pub(super) const SECRET_KEY: &str = "secret";
pub(super) const SESSION_TOKEN: &str = "session+token/==";

/// Why a request is refused.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// The service does not know the key, or the session.
    Key,
    Signature(String),
}

impl<E: Display> From<E> for Refused {
    fn from(why: E) -> Self {
        Self::Signature(why.to_string())
    }
}

/// The region and the service that a request is signed for, if its signature is right.
pub(super) fn verify(
    method: &str,
    target: &str,
    headers: &HashMap<String, String>,
    body: &[u8],
) -> Result<(String, String), Refused> {
    let header = |name: &str| headers.get(name).map_or("", String::as_str);
    let authorization = header("authorization");
    let part = |name: &str| {
        let (_, rest) = authorization.split_once(name)?;
        rest.split([',', ' ']).next()
    };
    let scope = part("Credential=").ok_or("no signature")?;
    let [key, _, region, service, "aws4_request"] = scope.split('/').collect::<Vec<_>>()[..] else {
        return Err(format!("scope {scope}").into());
    };
    if key != ACCESS_KEY || header("x-amz-security-token") != SESSION_TOKEN {
        return Err(Refused::Key);
    }
    let signed: Vec<_> = part("SignedHeaders=")
        .unwrap_or_default()
        .split(';')
        .collect();
    for name in ["host", "x-amz-date", "x-amz-security-token"] {
        if !signed.contains(&name) {
            return Err(format!("{name} is not signed").into());
        }
    }
    let date = NaiveDateTime::parse_from_str(header("x-amz-date"), "%Y%m%dT%H%M%SZ");
    let date = date?.and_utc();
    let credentials = Credentials::new(
        ACCESS_KEY,
        SECRET_KEY,
        Some(SESSION_TOKEN.to_owned()),
        None,
        "test",
    );
    let identity = credentials.into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(service)
        .time(date.into())
        .settings(SigningSettings::default())
        .build()?
        .into();
    // The signer adds these by itself.
    let own = ["host", "x-amz-date", "x-amz-security-token"];
    let others = signed.iter().filter(|name| !own.contains(name));
    let others = others.map(|name| (*name, header(name)));
    let url = format!("http://{}{target}", header("host"));
    let request = SignableRequest::new(method, url, others, SignableBody::Bytes(body));
    let (_, signature) = sign(request?, &params)?.into_parts();
    if part("Signature=") == Some(&signature) {
        Ok((region.to_owned(), service.to_owned()))
    } else {
        Err(format!("the signature of {method} {target} does not match").into())
    }
}
