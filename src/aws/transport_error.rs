//! Explains why there is no whole response: name resolution, connection, TLS, proxy, deadline.

use std::error::Error;
use std::io;
use std::iter;

use crate::aws::context::RequestContext;
use crate::aws::excerpt::quote;
use crate::aws::http::{CONNECT_TIMEOUT, TransportError};
use crate::domain::fault::{Fault, FaultKind};

const ADDRESS_HINT: &str = "check the scheme, the host and the port of the URL";
const ROUTE_HINT: &str = "check the network and the host of the URL; if the network requires a proxy, set HTTPS_PROXY to its URL";
const CA_HINT: &str = "if a private CA or an inspecting proxy issues certificates, pass that CA's PEM file with \
     --ca-bundle";

const REISSUE_HINT: &str = "the server needs another certificate; if a private CA issues it, pass that CA's PEM file with \
     --ca-bundle";
const NOT_FOR_SERVERS: &str = "it is not meant for servers";
const UNSUPPORTED: &str = "its form or its signature is not supported";
/// Why the verifier rejects a certificate, by its names, in words, and a hint.
const REJECTIONS: &[(&str, &str, &str)] = &[
    (
        "CaUsedAsEndEntity",
        "it is a CA's own certificate, as self-signed ones often are, not a server's",
        "let a CA issue one for the server (basicConstraints CA:FALSE), and pass that CA's PEM file with --ca-bundle",
    ),
    (
        "EndEntityUsedAsCa",
        "its issuer is not a CA",
        "pass the PEM file of the CA that issued it with --ca-bundle, not a server's certificate",
    ),
    (
        "NameConstraintViolation",
        "its CA may not issue certificates for this host",
        REISSUE_HINT,
    ),
    (
        "PathLenConstraintViolated",
        "it has more CAs above it than one of them permits",
        REISSUE_HINT,
    ),
    (
        "UnsupportedCertVersion",
        "it is not an X.509 certificate of version 3",
        REISSUE_HINT,
    ),
    ("UnsupportedCriticalExtension", UNSUPPORTED, REISSUE_HINT),
    ("UnsupportedSignatureAlgorithm", UNSUPPORTED, REISSUE_HINT),
    (
        "UnsupportedSignatureAlgorithmContext",
        UNSUPPORTED,
        REISSUE_HINT,
    ),
    (
        "UnsupportedSignatureAlgorithmForPublicKeyContext",
        UNSUPPORTED,
        REISSUE_HINT,
    ),
    ("UnhandledCriticalExtension", UNSUPPORTED, REISSUE_HINT),
    ("BadEncoding", "it is malformed", REISSUE_HINT),
    ("ExtensionValueInvalid", "it is malformed", REISSUE_HINT),
    ("MalformedExtensions", "it is malformed", REISSUE_HINT),
    ("MalformedDnsIdentifier", "it is malformed", REISSUE_HINT),
    ("InvalidSerialNumber", "it is malformed", REISSUE_HINT),
    ("InvalidPurpose", NOT_FOR_SERVERS, REISSUE_HINT),
    ("Revoked", "it has been revoked", REISSUE_HINT),
    ("Expired", "its dates contradict each other", REISSUE_HINT),
];

/// The fault for the user.
pub(crate) fn to_fault(context: &RequestContext<'_>, error: &TransportError) -> Fault {
    let host = context.host;
    match error {
        TransportError::Deadline(limit) => context.fault(
            FaultKind::Transient,
            format_args!("{host} did not respond within {} s", limit.as_secs()),
        ),
        TransportError::TooLarge { limit } => context.fault(
            FaultKind::Malformed,
            format_args!(
                "the response from {host} is larger than {} MiB",
                limit / (1024 * 1024)
            ),
        ),
        TransportError::Body => context.fault(
            FaultKind::Malformed,
            format_args!("the response from {host} was cut short"),
        ),
        TransportError::Send { error, .. } => unsent(context, error),
    }
}

fn unsent(context: &RequestContext<'_>, error: &reqwest::Error) -> Fault {
    let host = context.host;
    let causes = causes(error);
    if let Some(fault) = tls(context, error, &causes).or_else(|| proxy(context, &causes)) {
        return fault;
    }
    if error.is_builder() {
        return context.fault(FaultKind::Misconfigured, quote(&causes));
    }
    if is_not_http(error) {
        return context.fault_with_hint(
            FaultKind::Malformed,
            format_args!("{host} does not speak HTTP"),
            ADDRESS_HINT,
        );
    }
    let why = if error.is_dns() {
        let why = format!("could not resolve host {host}");
        return context.fault_with_hint(FaultKind::Transient, why, ROUTE_HINT);
    } else if error.is_connect() && error.is_timeout() {
        let limit = CONNECT_TIMEOUT.as_secs();
        let why = format!("could not connect to {host} within {limit} s");
        return context.fault_with_hint(FaultKind::Transient, why, ROUTE_HINT);
    } else {
        match io_kind(error) {
            Some(io::ErrorKind::ConnectionRefused) => format!("connection refused by {host}"),
            Some(io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe) => {
                format!("connection reset by {host}")
            }
            Some(io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable) => {
                format!("no route to host {host}")
            }
            _ if error.is_connect() => format!("could not connect to {host}: {}", quote(&causes)),
            _ => format!("the connection to {host} was closed before a response came"),
        }
    };
    context.fault(FaultKind::Transient, why)
}

/// A rejected certificate, or a server that does not speak TLS. It is never retried without the check.
fn tls(context: &RequestContext<'_>, error: &reqwest::Error, causes: &str) -> Option<Fault> {
    let host = context.host;
    if let Some((_, reason)) = causes.split_once("invalid peer certificate: ") {
        let (why, hint) = explain_certificate(reason);
        let why = format!("the certificate of {host} was rejected: {why}");
        return Some(context.fault_with_hint(FaultKind::Misconfigured, why, hint));
    }
    // rustls reports violations of the protocol as invalid data.
    let broken = error.is_connect() && io_kind(error) == Some(io::ErrorKind::InvalidData);
    broken.then(|| {
        let why = format!("TLS handshake with {host} failed: {}", quote(causes));
        context.fault_with_hint(FaultKind::Misconfigured, why, ADDRESS_HINT)
    })
}

/// The reason why a certificate was rejected, in words, and a hint. `reason` is rustls's.
fn explain_certificate(reason: &str) -> (String, &'static str) {
    // Another issuer may have the name of a trusted one: a CA that was created again.
    if ["UnknownIssuer", "BadSignature"].contains(&reason) {
        return (
            "its issuer is not trusted on this machine".to_owned(),
            CA_HINT,
        );
    }
    let clock = "check this machine's clock; else the certificate must be renewed";
    if reason.starts_with("certificate expired") {
        return ("it has expired".to_owned(), clock);
    }
    if reason.starts_with("certificate not valid yet") {
        return ("it is not valid yet".to_owned(), clock);
    }
    if let Some((_, why, hint)) = REJECTIONS.iter().find(|(name, ..)| *name == kind(reason)) {
        return ((*why).to_owned(), hint);
    }
    if reason.starts_with("certificate does not allow extended key usage") {
        return (NOT_FOR_SERVERS.to_owned(), REISSUE_HINT);
    }
    (
        quote(reason),
        "check the host of the URL; if an inspecting proxy is in between, pass its CA's PEM file with \
         --ca-bundle",
    )
}

/// The name of an error, without its data: those that rustls has no words for are in the notation of Rust, and those of
/// the verifier behind it in two more words.
fn kind(reason: &str) -> &str {
    let reason = reason.strip_prefix("Other(OtherError(").unwrap_or(reason);
    reason
        .split_once(|character: char| !character.is_ascii_alphanumeric())
        .map_or(reason, |(name, _)| name)
}

fn proxy(context: &RequestContext<'_>, causes: &str) -> Option<Fault> {
    let (_, reason) = causes.split_once("tunnel error: ")?;
    if reason.starts_with("proxy authorization required") {
        return Some(proxy_authorization(context));
    }
    let host = context.host;
    let why = match reason.split_once("failed to create underlying connection: ") {
        Some((_, reason)) => format!("could not connect to the proxy: {}", quote(reason)),
        None => format!("the proxy did not connect to {host}"),
    };
    let hint = format!("check HTTPS_PROXY, or add {host} to NO_PROXY");
    Some(context.fault_with_hint(FaultKind::Transient, why, hint))
}

/// The proxy wants a password: it refused a tunnel, or responded with status 407.
pub(crate) fn proxy_authorization(context: &RequestContext<'_>) -> Fault {
    context.fault_with_hint(
        FaultKind::Misconfigured,
        "the proxy requires a user name and a password (407)",
        format!(
            "put them into HTTPS_PROXY, or add {} to NO_PROXY",
            context.host
        ),
    )
}

fn chain<'a>(error: &'a reqwest::Error) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    iter::successors(error.source(), |cause| (*cause).source())
}

/// The texts of the causes, without the outermost: reqwest's own names the URL, and so the page token. Without the
/// HTTP client's words for "not connected" too, since each message has its own.
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
    fn rejected_certificates_are_explained() {
        let wrong_name =
            "certificate not valid for name \"a\"; certificate is only valid for DnsName(\"b\")";
        for (reason, why, hint) in [
            (
                "UnknownIssuer",
                "its issuer is not trusted on this machine",
                "--ca-bundle",
            ),
            (
                "BadSignature",
                "its issuer is not trusted on this machine",
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
            (wrong_name, wrong_name, "host of the URL"),
            ("Revoked", "it has been revoked", "another certificate"),
            (
                "Other(OtherError(CaUsedAsEndEntity))",
                "it is a CA's own certificate, as self-signed ones often are, not a server's",
                "--ca-bundle",
            ),
            (
                "Other(OtherError(UnsupportedCriticalExtension))",
                UNSUPPORTED,
                "another certificate",
            ),
            (
                "UnsupportedSignatureAlgorithmContext { signature_algorithm_id: [1], supported_algorithms: [] }",
                UNSUPPORTED,
                "another certificate",
            ),
            (
                "certificate does not allow extended key usage for server authentication",
                NOT_FOR_SERVERS,
                "another certificate",
            ),
            ("SomethingNew", "SomethingNew", "host of the URL"),
        ] {
            let (found, help) = explain_certificate(reason);
            assert_eq!(found, why);
            assert!(help.contains(hint), "{reason}: {help}");
        }
    }
}
