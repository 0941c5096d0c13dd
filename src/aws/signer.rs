//! Signs a request with AWS Signature Version 4, for the service of its operation.

use std::fmt;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use chrono::{DateTime, Utc};
use reqwest::header::{HeaderName, HeaderValue};

use crate::aws::operation::Request;

/// The request could not be signed. The cause is left out: it may name the credentials.
#[derive(Debug, thiserror::Error)]
#[error(
    "failed to sign the request; the credentials contain characters that are not allowed in an HTTP header"
)]
pub(crate) struct Unsignable;

/// Signs requests in one region.
#[derive(Clone)]
pub(crate) struct Signer {
    pub(crate) credentials: Credentials,
    pub(crate) region: String,
}

impl Signer {
    /// Adds the headers that sign the request, with its headers and body, at `date`. A `host` header is left to the
    /// HTTP client: aws-sigv4 knows when a port belongs into it.
    pub(crate) fn sign(
        &self,
        mut request: Request,
        date: DateTime<Utc>,
    ) -> Result<Request, Unsignable> {
        let identity = self.credentials.clone().into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(request.operation.service())
            .time(date.into())
            .settings(SigningSettings::default())
            .build()
            .map_err(|_incomplete| Unsignable)?
            .into();
        let method = request.operation.method();
        let headers = text_headers(&request)?;
        let body = SignableBody::Bytes(&request.body);
        let signable = SignableRequest::new(
            method.as_str(),
            request.url.as_str(),
            headers.into_iter(),
            body,
        )
        .map_err(|_unreadable| Unsignable)?;
        let (instructions, _signature) = sign(signable, &params)
            .map_err(|_refused| Unsignable)?
            .into_parts();
        for (name, value) in instructions.headers() {
            let name = HeaderName::try_from(name).map_err(|_invalid| Unsignable)?;
            let mut value = HeaderValue::try_from(value).map_err(|_invalid| Unsignable)?;
            value.set_sensitive(true);
            request.headers.insert(name, value);
        }
        Ok(request)
    }
}

fn text_headers(request: &Request) -> Result<Vec<(&str, &str)>, Unsignable> {
    let headers = request.headers.iter();
    headers
        .map(|(name, value)| {
            let value = value.to_str().map_err(|_not_text| Unsignable)?;
            Ok((name.as_str(), value))
        })
        .collect()
}

impl fmt::Debug for Signer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Signer")
            .field("region", &self.region)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use reqwest::Url;
    use reqwest::header::{CONTENT_TYPE, HeaderMap};

    use super::*;
    use crate::aws::operation::Operation;

    /// One signature made with botocore 1.44.5 (`SigV4Auth`), which the deployed API's own client uses.
    struct Golden {
        url: &'static str,
        session_token: Option<&'static str>,
        signed_headers: &'static str,
        signature: &'static str,
    }

    const GOLDEN: [Golden; 7] = [
        Golden {
            url: "https://abc123.execute-api.us-east-1.amazonaws.com/v3/images/custom/alinux2-image",
            session_token: None,
            signed_headers: "host;x-amz-date",
            signature: "6648a17722498e6cbe87cb9bbb0f3addbcb611798d507c3ff15d60af15ed8763",
        },
        Golden {
            url: "https://abc123.execute-api.us-east-1.amazonaws.com/v3/images/custom/alinux2-image/stackevents?region=us-east-1",
            session_token: Some("FwoGZXIvYXdzEXAMPLE//token=="),
            signed_headers: "host;x-amz-date;x-amz-security-token",
            signature: "08ef41234f094a931c69154772c5f01ef7b1f25137aae9ec1f99ec0d67bd006c",
        },
        Golden {
            url: "https://abc123.execute-api.us-east-1.amazonaws.com/prod/v3/images/custom/alinux2-image/stackevents?nextToken=a%2Fb%2Bc%3D%3D%20d~e&region=eu-west-1",
            session_token: None,
            signed_headers: "host;x-amz-date",
            signature: "643b258c323d51c45ec0caaf4f86cede3a8007edd399265eb46f0c725bba47a4",
        },
        Golden {
            url: "https://abc123.execute-api.us-east-1.amazonaws.com/prod/v3/images/custom/alinux2-image?region=us-east-1",
            session_token: None,
            signed_headers: "host;x-amz-date",
            signature: "7a920e82c9b4aace8e2cd47b7b23c1c7547f675ba482babe23d01d6295e5096a",
        },
        Golden {
            url: "http://localhost:8080/prod/v3/images/custom/alinux2-image/stackevents",
            session_token: None,
            signed_headers: "host;x-amz-date",
            signature: "c9f8867c55d29864a7129726d3ee2ed47cafe0ab3773a778c4819cd167a31d70",
        },
        Golden {
            url: "https://pcluster.example.com:8443/v3/images/custom/alinux2-image",
            session_token: None,
            signed_headers: "host;x-amz-date",
            signature: "2a9adac883b492373d5c1b452675876481fcb97085f5f294c5ed4f3d763b6de3",
        },
        Golden {
            url: "https://abc123.execute-api.us-east-1.amazonaws.com/prod/a%20b/v3/images/custom/alinux2-image",
            session_token: None,
            signed_headers: "host;x-amz-date",
            signature: "1ad33f74e369a1458f00b3224c46d12ff5e3f5c4914049b3f1fbae378060bbf7",
        },
    ];

    fn signer(secret: &str, session_token: Option<&str>) -> Signer {
        let credentials = Credentials::new(
            "AKIDEXAMPLE",
            secret,
            session_token.map(str::to_owned),
            None,
            "test",
        );
        Signer {
            credentials,
            region: "us-east-1".to_owned(),
        }
    }

    fn request(url: &str) -> Request {
        Request::new(Operation::DescribeImage, Url::parse(url).unwrap())
    }

    fn sign_at_the_golden_time(request: Request, session_token: Option<&str>) -> HeaderMap {
        let signer = signer("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", session_token);
        let date = DateTime::parse_from_rfc3339("2022-03-30T23:26:33Z").unwrap();
        signer.sign(request, date.to_utc()).unwrap().headers
    }

    fn authorization(signed_headers: &str, signature: &str) -> String {
        format!(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20220330/us-east-1/execute-api/aws4_request, \
             SignedHeaders={signed_headers}, Signature={signature}"
        )
    }

    #[test]
    fn signatures_equal_botocores() {
        for golden in &GOLDEN {
            let headers = sign_at_the_golden_time(request(golden.url), golden.session_token);
            let expected = authorization(golden.signed_headers, golden.signature);
            assert_eq!(headers["authorization"], expected, "{}", golden.url);
            assert_eq!(headers["x-amz-date"], "20220330T232633Z");
            let token = headers.get("x-amz-security-token");
            assert_eq!(
                token.and_then(|value| value.to_str().ok()),
                golden.session_token
            );
            assert!(
                !headers.contains_key("host"),
                "the host header is the client's own"
            );
        }
    }

    /// A request of the fixture, which `tests/contract/signatures.py` has made with botocore.
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Signed {
        operation: String,
        method: String,
        service: String,
        region: String,
        url: String,
        headers: std::collections::BTreeMap<String, String>,
        body: String,
        session_token: Option<String>,
        canonical_request: String,
        string_to_sign: String,
        authorization: String,
    }

    /// Every operation on AWS's own services, with and without a session, with and without a body.
    #[test]
    fn requests_to_every_service_are_signed_as_botocore_signs_them() {
        let signed = std::fs::read_to_string("tests/fixtures/signatures.json").unwrap();
        let signed: Vec<Signed> = serde_json::from_str(&signed).unwrap();
        for operation in crate::aws::operation::tests::all() {
            let name = format!("{operation:?}");
            let golden = signed.iter().filter(|golden| golden.operation == name);
            let is_of_api = operation.service() == "execute-api";
            assert_eq!(golden.count(), if is_of_api { 0 } else { 2 }, "{name}");
        }
        for golden in signed {
            let operation = crate::aws::operation::tests::all()
                .find(|operation| format!("{operation:?}") == golden.operation);
            let operation = operation.unwrap();
            assert_eq!(operation.service(), golden.service);
            assert_eq!(operation.method().as_str(), golden.method);
            let mut request = Request::new(operation, Url::parse(&golden.url).unwrap());
            request.body = golden.body.clone().into_bytes();
            for (name, value) in &golden.headers {
                let name = HeaderName::try_from(name).unwrap();
                request.headers.insert(name, value.parse().unwrap());
            }
            let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
            let signer = Signer {
                region: golden.region.clone(),
                ..signer(secret, golden.session_token.as_deref())
            };
            let date = DateTime::parse_from_rfc3339("2022-03-30T23:26:33Z").unwrap();
            let headers = signer.sign(request, date.to_utc()).unwrap().headers;
            // The signature is of the string to sign, and that is of the canonical request.
            assert_eq!(
                headers["authorization"], golden.authorization,
                "{} should be signed as\n{}\nof\n{}",
                golden.operation, golden.string_to_sign, golden.canonical_request
            );
        }
    }

    const BODY_SIGNATURE: &str = "17e1132e120cc7e4403f68c6b321a6f263416ebd7707d7bb1ee2a4cc3e75c308";

    #[test]
    fn headers_and_body_are_signed_too() {
        let mut request = request(GOLDEN[0].url);
        let json = HeaderValue::from_static("application/json");
        request.headers.insert(CONTENT_TYPE, json);
        request.body = br#"{"a":1}"#.to_vec();
        let headers = sign_at_the_golden_time(request, None);
        let expected = authorization("content-type;host;x-amz-date", BODY_SIGNATURE);
        assert_eq!(headers["authorization"], expected);
        assert_eq!(headers["content-type"], "application/json");
    }

    #[test]
    fn neither_headers_nor_signer_show_secrets_in_debug_output() {
        let signer = format!("{:?}", signer("canary-secret", Some("canary-token")));
        assert!(
            !signer.contains("canary") && !signer.contains("AKID"),
            "{signer}"
        );
        let headers = sign_at_the_golden_time(request(GOLDEN[0].url), Some("canary-token"));
        let shown = format!("{headers:?}");
        assert!(
            !shown.contains("canary-token") && !shown.contains("Signature="),
            "{shown}"
        );
    }

    #[test]
    fn a_session_token_that_no_header_can_carry_is_rejected_and_not_repeated() {
        let signer = signer("secret", Some("cana\nry"));
        let request = request(GOLDEN[0].url);
        let error = signer
            .sign(request, DateTime::<Utc>::UNIX_EPOCH)
            .unwrap_err();
        assert!(!error.to_string().contains("cana"), "{error}");
    }
}
