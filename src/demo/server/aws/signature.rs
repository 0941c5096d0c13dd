//! Checks the signature of a request (SigV4): signs it again with the one secret that is known, and compares.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use chrono::{DateTime, NaiveDateTime, Utc};

use crate::demo::server::requests::LoggedRequest;

pub(crate) const ACCESS_KEY_ID: &str = "AKIDEMOEXAMPLE";
pub(crate) const SECRET_ACCESS_KEY: &str = "demo-secret-access-key";
pub(crate) const SESSION_TOKEN: &str = "demo-session-token";

/// The part of a signature that is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The access key, or the session's token.
    Key,
    Signature,
}

/// Checks that the request has the signature that its service, method, URL, signed headers and body must have.
pub(super) fn verify(request: &LoggedRequest, service: &str) -> Result<(), Refusal> {
    let authorization = request.header("authorization").unwrap_or_default();
    let scope = field(authorization, "Credential=").ok_or(Refusal::Signature)?;
    let scope: Vec<_> = scope.split('/').collect();
    let token = request.header("x-amz-security-token");
    if scope.first() != Some(&ACCESS_KEY_ID) || token != Some(SESSION_TOKEN) {
        return Err(Refusal::Key);
    }
    let is_expected = || expected(request, authorization).as_deref() == Some(authorization);
    if scope.get(3) == Some(&service) && is_expected() {
        Ok(())
    } else {
        Err(Refusal::Signature)
    }
}

/// The `Authorization` header that this request must have.
fn expected(request: &LoggedRequest, authorization: &str) -> Option<String> {
    let scope = field(authorization, "Credential=")?;
    let mut scope = scope.split('/').skip(2);
    let (region, service) = (scope.next()?, scope.next()?);
    let date = request.header("x-amz-date")?;
    let date = NaiveDateTime::parse_from_str(date, "%Y%m%dT%H%M%SZ").ok()?;
    let date: DateTime<Utc> = date.and_utc();
    let url = format!("http://{}{}", request.header("host")?, request.target);
    let signed = field(authorization, "SignedHeaders=")?;
    let added = ["host", "x-amz-date", "x-amz-security-token"];
    let signed = signed
        .split(';')
        .filter(|name| !added.contains(name))
        .map(|name| Some((name, request.header(name)?)))
        .collect::<Option<Vec<_>>>()?;
    let token = Some(SESSION_TOKEN.to_owned());
    let identity = Credentials::new(ACCESS_KEY_ID, SECRET_ACCESS_KEY, token, None, "demo").into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(service)
        .time(SystemTime::from(date))
        .settings(SigningSettings::default())
        .build()
        .ok()?
        .into();
    let body = SignableBody::Bytes(&request.body);
    let signable = SignableRequest::new(&request.method, &url, signed.into_iter(), body).ok()?;
    let (instructions, _) = sign(signable, &params).ok()?.into_parts();
    instructions
        .headers()
        .find(|(name, _)| name.eq_ignore_ascii_case("authorization"))
        .map(|(_, value)| value.to_owned())
}

fn field<'a>(authorization: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = authorization.split_once(name)?;
    rest.split(',').next()
}

#[cfg(test)]
pub(crate) mod tests {
    use hyper::Request;
    use hyper::http::request::Builder;

    use super::*;
    use crate::demo::server::aws::{action, service};

    const UNSIGNED: &str = "AWS4-HMAC-SHA256 Credential=AKIDEMOEXAMPLE/20260504/us-east-1/cloudformation/aws4_request, \
         SignedHeaders=host;x-amz-date;x-amz-security-token, Signature=0";

    fn request(target: &str, authorization: &str) -> Builder {
        Request::builder()
            .uri(target)
            .header("host", "localhost:4566")
            .header("x-amz-date", "20260504T083000Z")
            .header("x-amz-security-token", SESSION_TOKEN)
            .header("authorization", authorization)
    }

    fn logged(builder: Builder) -> LoggedRequest {
        LoggedRequest::new(&builder.body(()).unwrap())
    }

    /// A request with the right signature.
    pub(crate) fn signed(target: &str) -> Builder {
        let unsigned = logged(request(target, UNSIGNED));
        let action = action(&unsigned).unwrap_or_default();
        let scope = UNSIGNED.replace("cloudformation", service(action));
        let expected = expected(&logged(request(target, &scope)), &scope).unwrap();
        request(target, &expected)
    }

    #[test]
    fn a_signature_is_of_one_request_only() {
        let good = logged(signed("/?Action=ListStacks"));
        let verify = |request: &LoggedRequest| verify(request, "cloudformation");
        assert_eq!(verify(&good), Ok(()));
        assert_eq!(super::verify(&good, "ec2"), Err(Refusal::Signature));
        let authorization = good.header("authorization").unwrap();
        let other = logged(request("/?Action=DescribeStacks", authorization));
        assert_eq!(verify(&other), Err(Refusal::Signature));
        let unsigned = logged(request("/?Action=ListStacks", UNSIGNED));
        assert_eq!(verify(&unsigned), Err(Refusal::Signature));
        let stranger = UNSIGNED.replace(ACCESS_KEY_ID, "AKIDSTRANGER");
        let stranger = logged(request("/?Action=ListStacks", &stranger));
        assert_eq!(verify(&stranger), Err(Refusal::Key));
    }
}
