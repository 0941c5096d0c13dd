//! The addresses of AWS's own services in one region: by partition, FIPS and dual stack, or as the AWS configuration
//! overrides them. aws-config reads the configuration ([`settings`](crate::aws::credentials::settings)); this knows the
//! host names.

use std::str::FromStr;

use aws_config::SdkConfig;
use aws_types::service_config::ServiceConfigKey;
use reqwest::Url;

use crate::aws::http::Endpoint;

/// A service of AWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    CloudFormation,
    Ec2,
    ImageBuilder,
    Sts,
    Logs,
}

impl Service {
    pub(crate) const ALL: [Self; 5] = [
        Self::CloudFormation,
        Self::Ec2,
        Self::ImageBuilder,
        Self::Sts,
        Self::Logs,
    ];

    /// The name in host names and signatures.
    const fn name(self) -> &'static str {
        match self {
            Self::CloudFormation => "cloudformation",
            Self::Ec2 => "ec2",
            Self::ImageBuilder => "imagebuilder",
            Self::Sts => "sts",
            Self::Logs => "logs",
        }
    }

    /// The name that `AWS_ENDPOINT_URL_<NAME>` and the sections of the profile file use.
    const fn id(self) -> &'static str {
        match self {
            Self::CloudFormation => "CloudFormation",
            Self::Ec2 => "EC2",
            Self::ImageBuilder => "imagebuilder",
            Self::Sts => "STS",
            Self::Logs => "CloudWatch Logs",
        }
    }
}

/// The reason why an address can't be used. The address itself is left out: it may hold a password.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EndpointError {
    #[error("the endpoint URL of {service} is invalid: {source}")]
    Invalid {
        service: &'static str,
        source: <Url as FromStr>::Err,
    },
    #[error("the endpoint URL of {0} must be https (http is only for loopback addresses)")]
    Insecure(&'static str),
    #[error(
        "the endpoint URL of {0} must not contain a user name, a password, a query or a fragment"
    )]
    Extra(&'static str),
}

/// The address of one service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ServiceUrl(Url);

impl ServiceUrl {
    /// The address of a service in a region.
    pub(crate) fn of(
        config: &SdkConfig,
        service: Service,
        region: &str,
    ) -> Result<Self, EndpointError> {
        let own = || own_address(config, service, region);
        Self::parse(service, &configured(config, service).unwrap_or_else(own))
    }

    fn parse(service: Service, text: &str) -> Result<Self, EndpointError> {
        Self::parse_of(service.name(), text)
    }

    /// The override of a service that aws-config itself sends requests to, if there is one.
    pub(crate) fn override_of(
        config: &SdkConfig,
        id: &'static str,
    ) -> Result<Option<Self>, EndpointError> {
        let url = override_of(config, id);
        url.map(|url| Self::parse_of(id, &url)).transpose()
    }

    /// Whether the override of such a service is set but empty.
    pub(crate) fn is_emptied(config: &SdkConfig, id: &str) -> bool {
        raw_override(config, id).is_some_and(|url| url.is_empty())
    }

    /// The host name and the port, where a resolver decides whether plain http stays on this machine.
    pub(crate) fn resolved_http(&self) -> Option<(&str, u16)> {
        let name = self.0.domain().filter(|_| self.0.scheme() == "http")?;
        Some((name, self.0.port_or_known_default()?))
    }

    fn parse_of(name: &'static str, text: &str) -> Result<Self, EndpointError> {
        let url = Url::parse(text).map_err(|source| EndpointError::Invalid {
            service: name,
            source,
        })?;
        let has_user = !url.username().is_empty() || url.password().is_some();
        if has_user || url.query().is_some() || url.fragment().is_some() {
            return Err(EndpointError::Extra(name));
        }
        let address = Self(url);
        match address.0.scheme() {
            "https" => Ok(address),
            "http" if address.endpoint().loopback => Ok(address),
            _ => Err(EndpointError::Insecure(name)),
        }
    }

    /// The host, with a port that is not the usual one, for messages.
    pub(crate) fn authority(&self) -> &str {
        self.0.authority()
    }

    pub(crate) fn endpoint(&self) -> Endpoint {
        Endpoint::of(&self.0)
    }

    /// The URL of a request. The query is signed as it is written here.
    pub(crate) fn request(&self, path: &str, query: &str) -> Url {
        let mut url = self.0.clone();
        let prefix = self.0.path().trim_end_matches('/');
        url.set_path(&format!("{prefix}{path}"));
        url.set_query(Some(query).filter(|query| !query.is_empty()));
        url
    }
}

/// The addresses of the services that a watch uses.
#[derive(Clone, Debug)]
pub(crate) struct Endpoints {
    urls: [ServiceUrl; Service::ALL.len()],
    /// `None` where every service of every region has the same address.
    config: Option<SdkConfig>,
}

impl Endpoints {
    /// The addresses in a region.
    ///
    /// # Errors
    /// Where an override is no URL that requests may go to.
    pub(crate) fn of_config(config: SdkConfig, region: &str) -> Result<Self, EndpointError> {
        let url = |service| ServiceUrl::of(&config, service, region);
        let [first, second, third, fourth, fifth] = Service::ALL;
        let urls = [
            url(first)?,
            url(second)?,
            url(third)?,
            url(fourth)?,
            url(fifth)?,
        ];
        let config = Some(config);
        Ok(Self { urls, config })
    }

    /// Whether the AWS configuration names the address of a service.
    pub(crate) fn is_configured(&self, service: Service) -> bool {
        let config = self.config.as_ref();
        config.is_some_and(|config| configured(config, service).is_some())
    }

    /// The address of a service in another region.
    pub(crate) fn elsewhere(
        &self,
        service: Service,
        region: &str,
    ) -> Result<ServiceUrl, EndpointError> {
        match &self.config {
            Some(config) => ServiceUrl::of(config, service, region),
            None => Ok(self.of(service).clone()),
        }
    }

    /// One address for every service.
    pub(crate) fn at(url: &str) -> Result<Self, EndpointError> {
        let [first, second, third, fourth, fifth] = Service::ALL;
        let url = |service| ServiceUrl::parse(service, url);
        let urls = [
            url(first)?,
            url(second)?,
            url(third)?,
            url(fourth)?,
            url(fifth)?,
        ];
        Ok(Self { urls, config: None })
    }

    pub(crate) fn of(&self, service: Service) -> &ServiceUrl {
        match service {
            Service::CloudFormation => &self.urls[0],
            Service::Ec2 => &self.urls[1],
            Service::ImageBuilder => &self.urls[2],
            Service::Sts => &self.urls[3],
            Service::Logs => &self.urls[4],
        }
    }
}

/// The override of the environment or of the profile. `aws-config` honours `ignore_configured_endpoint_urls`.
fn configured(config: &SdkConfig, service: Service) -> Option<String> {
    override_of(config, service.id())
}

fn override_of(config: &SdkConfig, id: &str) -> Option<String> {
    raw_override(config, id).filter(|url| !url.is_empty())
}

/// The same, also where it is empty.
fn raw_override(config: &SdkConfig, id: &str) -> Option<String> {
    let key = ServiceConfigKey::builder()
        .service_id(id)
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build()
        .ok()?;
    config.service_config()?.load_config(key)
}

fn own_address(config: &SdkConfig, service: Service, region: &str) -> String {
    let fips = config.use_fips().unwrap_or_default();
    let dual_stack = config.use_dual_stack().unwrap_or_default();
    format!("https://{}", host(service, region, fips, dual_stack))
}

/// The partition of a region, as ARNs name it.
pub(crate) fn partition(region: &str) -> &'static str {
    match region {
        _ if region.starts_with("cn-") => "aws-cn",
        _ if region.starts_with("us-gov-") => "aws-us-gov",
        _ if region.starts_with("us-isob-") => "aws-iso-b",
        _ if region.starts_with("us-iso-") => "aws-iso",
        _ if region.starts_with("eusc-") => "aws-eusc",
        _ => "aws",
    }
}

fn host(service: Service, region: &str, fips: bool, dual_stack: bool) -> String {
    // The suffixes of each partition's hosts: plain, and of both IP versions where it has them.
    let (suffix, dual_suffix) = match region {
        _ if region.starts_with("cn-") => ("amazonaws.com.cn", "api.amazonwebservices.com.cn"),
        _ if region.starts_with("us-isob-") => ("sc2s.sgov.gov", "sc2s.sgov.gov"),
        _ if region.starts_with("us-iso-") => ("c2s.ic.gov", "c2s.ic.gov"),
        _ if region.starts_with("eusc-") => ("amazonaws.eu", "api.amazonwebservices.eu"),
        _ => ("amazonaws.com", "api.aws"),
    };
    let suffix = if dual_stack { dual_suffix } else { suffix };
    // In GovCloud the usual hosts are the FIPS ones.
    let has_own_host = dual_stack || !region.starts_with("us-gov-");
    let name = service.name();
    let fips = if fips && has_own_host { "-fips" } else { "" };
    format!("{name}{fips}.{region}.{suffix}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_follow_partition_fips_and_dual_stack() {
        let cfn = Service::CloudFormation;
        for (service, region, fips, dual, expected) in [
            (
                cfn,
                "us-east-1",
                false,
                false,
                "cloudformation.us-east-1.amazonaws.com",
            ),
            (
                cfn,
                "us-east-1",
                true,
                false,
                "cloudformation-fips.us-east-1.amazonaws.com",
            ),
            (
                Service::Ec2,
                "eu-west-1",
                false,
                true,
                "ec2.eu-west-1.api.aws",
            ),
            (
                cfn,
                "cn-north-1",
                false,
                false,
                "cloudformation.cn-north-1.amazonaws.com.cn",
            ),
            (
                Service::ImageBuilder,
                "us-gov-west-1",
                true,
                false,
                "imagebuilder.us-gov-west-1.amazonaws.com",
            ),
            (
                cfn,
                "us-gov-west-1",
                true,
                true,
                "cloudformation-fips.us-gov-west-1.api.aws",
            ),
            (
                cfn,
                "us-iso-east-1",
                false,
                false,
                "cloudformation.us-iso-east-1.c2s.ic.gov",
            ),
            (
                cfn,
                "us-isob-east-1",
                false,
                false,
                "cloudformation.us-isob-east-1.sc2s.sgov.gov",
            ),
            (
                cfn,
                "eusc-de-east-1",
                false,
                false,
                "cloudformation.eusc-de-east-1.amazonaws.eu",
            ),
        ] {
            assert_eq!(host(service, region, fips, dual), expected);
        }
    }

    #[test]
    fn plain_http_is_for_loopback_and_addresses_are_not_repeated() {
        let parse = |text| ServiceUrl::parse(Service::Ec2, text);
        for good in [
            "http://127.0.0.1:4566",
            "http://localhost:1/x",
            "http://[::1]:1",
            "https://a.b",
        ] {
            assert!(parse(good).is_ok(), "{good}");
        }
        for bad in [
            "http://s3cr3t.example",
            "https://user:s3cr3t@h",
            "https://h/?s3cr3t",
            "s3cr3t",
        ] {
            let error = parse(bad).unwrap_err().to_string();
            assert!(
                !error.contains("s3cr3t") && error.contains("ec2"),
                "{error}"
            );
        }
    }

    #[test]
    fn a_path_of_the_override_is_kept() {
        let url = ServiceUrl::parse(Service::Ec2, "http://localhost:1/aws/").unwrap();
        assert_eq!(
            url.request("/", "a=b").as_str(),
            "http://localhost:1/aws/?a=b"
        );
    }
}
