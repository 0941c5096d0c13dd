//! The API's address and the image's id, checked as the user typed them, and the URLs of the two requests.

use std::fmt;
use std::str::FromStr;

use reqwest::Url;

use crate::aws::http::Endpoint;
use crate::aws::query::encode;
use crate::backend::NextToken;
use crate::domain::listing::ListedStatus;

/// The parts after the region in the host names of API Gateway.
const GATEWAY_SUFFIXES: [&str; 5] = [
    "amazonaws.com",
    "amazonaws.com.cn",
    "amazonaws.eu",
    "api.aws",
    "vpce.amazonaws.com",
];

/// The address of a ParallelCluster API: its invoke URL with the stage, or a custom domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiUrl(Url);

/// The reason why a text is no address of an API. The text itself is left out: it may hold a password.
#[derive(Debug, thiserror::Error)]
pub enum ApiUrlError {
    /// `example.com/prod`
    #[error("the API's URL has no scheme; begin it with https://")]
    NoScheme,
    #[error("invalid API URL: {0}")]
    Invalid(#[source] <Url as FromStr>::Err),
    /// `http://example.com`
    #[error("the API's URL must be https (http is only for loopback addresses)")]
    Insecure,
    /// `https://user:password@example.com`
    #[error("the API's URL must not contain a user name or a password")]
    Credentials,
    /// `https://example.com/prod?x=1#y`
    #[error("the API's URL must not have a query or a fragment")]
    QueryOrFragment,
}

impl FromStr for ApiUrl {
    type Err = ApiUrlError;

    fn from_str(text: &str) -> Result<Self, ApiUrlError> {
        if !text.contains("://") {
            return Err(ApiUrlError::NoScheme);
        }
        let url = Url::parse(text).map_err(ApiUrlError::Invalid)?;
        if !(url.username().is_empty() && url.password().is_none()) {
            return Err(ApiUrlError::Credentials);
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(ApiUrlError::QueryOrFragment);
        }
        let api = Self(url);
        match api.0.scheme() {
            "https" => Ok(api),
            "http" if api.endpoint().loopback => Ok(api),
            _ => Err(ApiUrlError::Insecure),
        }
    }
}

impl ApiUrl {
    /// The host, with a port that is not the usual one, for messages.
    pub(crate) fn authority(&self) -> &str {
        self.0.authority()
    }

    /// The URL without the scheme, which distinguishes one deployment of the API from another.
    pub fn without_scheme(&self) -> String {
        format!(
            "{}{}",
            self.authority(),
            self.0.path().trim_end_matches('/')
        )
    }

    fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// How the API is reached. It may be on this machine, as the demo's is.
    pub(crate) fn endpoint(&self) -> Endpoint {
        Endpoint::of(&self.0)
    }

    /// The API's region, where its host contains it: `ID.execute-api.REGION.amazonaws.com`.
    pub(crate) fn signing_region(&self) -> Option<&str> {
        let (_, after) = self.host().split_once(".execute-api.")?;
        let (region, suffix) = after.split_once('.')?;
        GATEWAY_SUFFIXES.contains(&suffix).then_some(region)
    }

    /// The URL of one page of the image's stack events.
    pub(crate) fn stack_events(
        &self,
        image: &ImageId,
        token: Option<&NextToken>,
        region: Option<&str>,
    ) -> Url {
        let query = [
            ("nextToken", token.map(NextToken::as_str)),
            ("region", region),
        ];
        self.request(&format!("{image}/stackevents"), &query)
    }

    /// The URL of the image's description.
    pub(crate) fn image(&self, image: &ImageId, region: Option<&str>) -> Url {
        self.request(image.as_str(), &[("region", region)])
    }

    /// The URL of a page of the images with a status.
    pub(crate) fn images(
        &self,
        status: ListedStatus,
        token: Option<&NextToken>,
        region: Option<&str>,
    ) -> Url {
        let status = match status {
            ListedStatus::Building => "PENDING",
            ListedStatus::Failed => "FAILED",
            ListedStatus::Available => "AVAILABLE",
        };
        let query = [
            ("imageStatus", Some(status)),
            ("nextToken", token.map(NextToken::as_str)),
            ("region", region),
        ];
        self.request("", &query)
    }

    fn request(&self, resource: &str, query: &[(&str, Option<&str>)]) -> Url {
        let mut url = self.0.clone();
        let stage = self.0.path().trim_end_matches('/');
        let separator = if resource.is_empty() { "" } else { "/" };
        url.set_path(&format!("{stage}/v3/images/custom{separator}{resource}"));
        let given = query
            .iter()
            .filter_map(|(name, value)| Some((*name, (*value)?)));
        let given: Vec<_> = given.collect();
        if !given.is_empty() {
            url.set_query(Some(&encode(&given)));
        }
        url
    }
}

/// The id of an image, in the form that the API accepts: `^[a-zA-Z][a-zA-Z0-9-]+$`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageId(String);

#[derive(Debug, thiserror::Error)]
#[error(
    "an image id is a letter followed by at least one letter, digit or hyphen (^[a-zA-Z][a-zA-Z0-9-]+$)"
)]
pub struct ImageIdError;

impl FromStr for ImageId {
    type Err = ImageIdError;

    fn from_str(text: &str) -> Result<Self, ImageIdError> {
        let begins_with_letter = text.starts_with(|first: char| first.is_ascii_alphabetic());
        let plain = text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if begins_with_letter && plain && text.len() > 1 {
            Ok(Self(text.to_owned()))
        } else {
            Err(ImageIdError)
        }
    }
}

impl ImageId {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ImageId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn api(text: &str) -> ApiUrl {
        text.parse().unwrap()
    }

    fn image() -> ImageId {
        "alinux2-image".parse().unwrap()
    }

    #[test]
    fn the_stage_is_kept_and_a_trailing_slash_is_accepted() {
        for base in ["https://h.example/prod", "https://h.example/prod/"] {
            assert_eq!(
                api(base).image(&image(), None).as_str(),
                "https://h.example/prod/v3/images/custom/alinux2-image"
            );
        }
        for base in ["https://h.example", "https://h.example/"] {
            assert_eq!(
                api(base).stack_events(&image(), None, None).as_str(),
                "https://h.example/v3/images/custom/alinux2-image/stackevents"
            );
        }
    }

    #[test]
    fn query_values_are_encoded_down_to_the_unreserved_characters() {
        let token = NextToken::new("a/b+c== d~e.f_g-h%é'");
        let url = api("https://h.example:8443/prod").stack_events(
            &image(),
            Some(&token),
            Some("us-east-1"),
        );
        assert_eq!(
            url.as_str(),
            "https://h.example:8443/prod/v3/images/custom/alinux2-image/stackevents\
             ?nextToken=a%2Fb%2Bc%3D%3D%20d~e.f_g-h%25%C3%A9%27&region=us-east-1"
        );
    }

    #[test]
    fn http_is_for_loopback_only() {
        for good in [
            "http://localhost:8080",
            "http://127.0.0.1:1/prod",
            "http://127.9.8.7",
            "http://[::1]:80/",
            "http://LocalHost",
            "http://localhost.:1",
            "http://api.localhost",
            "http://[::ffff:127.0.0.1]",
            "http://[0:0::1]",
            "http://2130706433",
            "http://0x7f.1",
            "http://0177.0.0.1",
            "http://127.1.",
            "https://api.example.com",
        ] {
            assert!(good.parse::<ApiUrl>().is_ok(), "{good}");
        }
        for bad in [
            "http://example.com",
            "http://localhost.example.com",
            "http://128.0.0.1",
            "http://0.0.0.0",
            "http://localhost..",
            "http://notlocalhost",
            "http://localhost@example.com",
            "http://2147483649",
            "http://0x80.1",
            "http://[::ffff:128.0.0.1]",
            "http://[::127.0.0.1]",
            "http://[::2]",
            "ftp://localhost",
        ] {
            let refused = bad.parse::<ApiUrl>();
            assert!(refused.is_err(), "{bad}");
        }
    }

    #[test]
    fn an_invalid_address_is_rejected_and_not_repeated() {
        let canary = "s3cr3t";
        for bad in [
            "https://user:s3cr3t@example.com",
            "https://s3cr3t@example.com",
            "https://example.com/?s3cr3t",
            "https://example.com/#s3cr3t",
            "s3cr3t.example.com/prod",
            "localhost:80",
            "https://",
            "https://s3cr3t:port/",
        ] {
            let error = bad.parse::<ApiUrl>().unwrap_err();
            assert!(!error.to_string().contains(canary), "{bad}: {error}");
        }
    }

    #[test]
    fn the_signing_region_is_read_from_gateway_hosts_only() {
        for (host, region) in [
            (
                "abc123.execute-api.us-east-1.amazonaws.com",
                Some("us-east-1"),
            ),
            (
                "abc123.execute-api.cn-north-1.amazonaws.com.cn",
                Some("cn-north-1"),
            ),
            (
                "abc123-vpce-0a1b.execute-api.eu-west-1.amazonaws.com",
                Some("eu-west-1"),
            ),
            (
                "vpce-0a1b-xyz.execute-api.us-gov-west-1.vpce.amazonaws.com",
                Some("us-gov-west-1"),
            ),
            ("pcluster.example.com", None),
            ("x.execute-api.us-east-1.example.com", None),
            ("execute-api.us-east-1.amazonaws.com", None),
            ("localhost", None),
        ] {
            let url = api(&format!("https://{host}/prod"));
            assert_eq!(url.signing_region(), region, "{host}");
        }
    }

    #[test]
    fn image_ids_follow_the_apis_pattern() {
        for good in ["ab", "alinux2-image", "A-", "z9"] {
            assert!(good.parse::<ImageId>().is_ok(), "{good}");
        }
        for bad in ["", "a", "1a", "-a", "a_b", "a/b", "ab\n", "é1", "a b"] {
            assert!(bad.parse::<ImageId>().is_err(), "{bad:?}");
        }
    }
}
