//! Explains why no whole answer came: name resolution, connection, TLS, proxy, deadline.

use std::error::Error;
use std::io;
use std::iter;

use crate::aws::http::{CONNECT_TIMEOUT, Failure};
use crate::aws::operation::{Asked, quote};
use crate::domain::fault::{Fault, FaultKind};

const ADDRESS_HINT: &str = "check the scheme, the host and the port of the API's URL";
const ROUTE_HINT: &str = "check the network and the host of the API's URL; where a proxy leads out, set HTTPS_PROXY to its URL";
const PROXY_HINT: &str = "check HTTPS_PROXY, or name the API's host in NO_PROXY";

/// The fault that a person is shown.
pub(crate) fn explain(asked: &Asked<'_>, failure: &Failure) -> Fault {
    let host = asked.host;
    match failure {
        Failure::Deadline(limit) => asked.fault(
            FaultKind::Transient,
            format_args!("no whole answer from {host} within {} s", limit.as_secs()),
        ),
        Failure::TooLarge { limit } => asked.fault(
            FaultKind::Malformed,
            format_args!(
                "the answer from {host} is larger than {} MiB",
                limit / (1024 * 1024)
            ),
        ),
        Failure::Body => asked.fault(
            FaultKind::Malformed,
            format_args!("the answer from {host} was cut short"),
        ),
        Failure::Send { error, .. } => unsent(asked, error),
    }
}

fn unsent(asked: &Asked<'_>, error: &reqwest::Error) -> Fault {
    let host = asked.host;
    let causes = causes(error);
    if let Some(fault) = tls(asked, error, &causes).or_else(|| proxy(asked, &causes)) {
        return fault;
    }
    if error.is_builder() {
        return asked.fault(FaultKind::Misconfigured, quote(&causes));
    }
    if is_not_http(error) {
        return asked.hinted(
            FaultKind::Malformed,
            format_args!("{host} does not answer in HTTP"),
            ADDRESS_HINT,
        );
    }
    let why = if error.is_dns() {
        let why = format!("the name {host} can't be resolved");
        return asked.hinted(FaultKind::Transient, why, ROUTE_HINT);
    } else if error.is_connect() && error.is_timeout() {
        let limit = CONNECT_TIMEOUT.as_secs();
        let why = format!("no connection to {host} within {limit} s");
        return asked.hinted(FaultKind::Transient, why, ROUTE_HINT);
    } else {
        match io_kind(error) {
            Some(io::ErrorKind::ConnectionRefused) => format!("{host} refuses connections"),
            Some(io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe) => {
                format!("the connection to {host} was reset")
            }
            Some(io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable) => {
                format!("there is no route to {host}")
            }
            _ if error.is_connect() => format!("no connection to {host}: {}", quote(&causes)),
            _ => format!("the connection to {host} was closed before an answer came"),
        }
    };
    asked.fault(FaultKind::Transient, why)
}

/// A refused certificate, or something that is not TLS. Never tried again without the check.
fn tls(asked: &Asked<'_>, error: &reqwest::Error, causes: &str) -> Option<Fault> {
    let host = asked.host;
    if let Some((_, reason)) = causes.split_once("invalid peer certificate: ") {
        let (why, hint) = certificate(reason);
        let why = format!("the certificate of {host} is refused: {why}");
        return Some(asked.hinted(FaultKind::Misconfigured, why, hint));
    }
    // rustls reports what is against the protocol as invalid data.
    let broken = error.is_connect() && io_kind(error) == Some(io::ErrorKind::InvalidData);
    broken.then(|| {
        let why = format!("no TLS connection to {host}: {}", quote(causes));
        asked.hinted(FaultKind::Misconfigured, why, ADDRESS_HINT)
    })
}

/// Why a certificate is refused, in words, and what would help. `reason` is rustls's.
fn certificate(reason: &str) -> (String, &'static str) {
    // Another issuer may have the name of one that is trusted: a CA that was made anew.
    if ["UnknownIssuer", "BadSignature"].contains(&reason) {
        return (
            "its issuer is not trusted here".to_owned(),
            "where a private CA or an inspecting proxy issues certificates, pass that CA's PEM file with \
             --ca-bundle",
        );
    }
    let clock = "check this machine's clock; else the certificate must be renewed";
    if reason.starts_with("certificate expired") {
        return ("it has expired".to_owned(), clock);
    }
    if reason.starts_with("certificate not valid yet") {
        return ("it is not valid yet".to_owned(), clock);
    }
    (
        quote(reason),
        "check the host of the API's URL; where an inspecting proxy answers, pass its CA's PEM file with \
         --ca-bundle",
    )
}

fn proxy(asked: &Asked<'_>, causes: &str) -> Option<Fault> {
    let (_, reason) = causes.split_once("tunnel error: ")?;
    if reason.starts_with("proxy authorization required") {
        return Some(proxy_authorization(asked));
    }
    let host = asked.host;
    let why = match reason.split_once("failed to create underlying connection: ") {
        Some((_, reason)) => format!("the proxy can't be reached: {}", quote(reason)),
        None => format!("the proxy gives no connection to {host}"),
    };
    Some(asked.hinted(FaultKind::Transient, why, PROXY_HINT))
}

/// A proxy wants a password, by a refused tunnel or by status 407.
pub(crate) fn proxy_authorization(asked: &Asked<'_>) -> Fault {
    asked.hinted(
        FaultKind::Misconfigured,
        "the proxy wants a user name and a password (407)",
        "put them into HTTPS_PROXY, or name the API's host in NO_PROXY",
    )
}

fn chain<'a>(error: &'a reqwest::Error) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    iter::successors(error.source(), |cause| (*cause).source())
}

/// The texts of the causes, without the outermost: reqwest's own names the URL, and so the page token.
/// Without the HTTP client's word for "not connected" too, which each message says in its own way.
fn causes(error: &reqwest::Error) -> String {
    let texts: Vec<_> = chain(error)
        .map(ToString::to_string)
        .filter(|text| text != "client error (Connect)")
        .collect();
    texts.join(": ")
}

/// The kind of the I/O error at the bottom. One I/O error may hold another, which is not among its causes.
fn io_kind(error: &reqwest::Error) -> Option<io::ErrorKind> {
    let outer = chain(error)
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .last()?;
    iter::successors(Some(outer), |error| error.get_ref()?.downcast_ref())
        .last()
        .map(io::Error::kind)
}

fn is_not_http(error: &reqwest::Error) -> bool {
    chain(error)
        .filter_map(|cause| cause.downcast_ref::<hyper::Error>())
        .any(hyper::Error::is_parse)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refused_certificates_are_explained() {
        let wrong_name =
            "certificate not valid for name \"a\"; certificate is only valid for DnsName(\"b\")";
        for (reason, why, hint) in [
            (
                "UnknownIssuer",
                "its issuer is not trusted here",
                "--ca-bundle",
            ),
            (
                "BadSignature",
                "its issuer is not trusted here",
                "--ca-bundle",
            ),
            (
                "certificate expired: verification time 1795461126 (UNIX)",
                "it has expired",
                "clock",
            ),
            (
                "certificate not valid yet: x",
                "it is not valid yet",
                "clock",
            ),
            (wrong_name, wrong_name, "host of the API's URL"),
            ("Revoked", "Revoked", "--ca-bundle"),
        ] {
            let (found, help) = certificate(reason);
            assert_eq!(found, why);
            assert!(help.contains(hint), "{reason}: {help}");
        }
    }
}
