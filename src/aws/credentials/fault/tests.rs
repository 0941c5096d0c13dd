//! The class and the hint of each fault.

use super::*;
use crate::aws::operation::Operation;

#[test]
fn errors_of_the_chain_are_classified_by_their_remedy() {
    let provider = || CredentialsError::provider_error("x");
    for (error, causes, expected) in [
        (
            CredentialsError::not_loaded_no_source(),
            "x",
            IdentityFault::Missing,
        ),
        (
            CredentialsError::invalid_configuration("x"),
            "a loop",
            IdentityFault::Misconfigured("a loop".into()),
        ),
        (
            provider(),
            "the SSO token has expired and cannot be refreshed",
            IdentityFault::SignIn(Login::Profile("p".into())),
        ),
        (
            provider(),
            "service error: UnauthorizedException: Session token not found or invalid",
            IdentityFault::SignIn(Login::Profile("p".into())),
        ),
        (
            provider(),
            "service error: AccessDenied: not you",
            IdentityFault::RoleDenied("AccessDenied: not you".into()),
        ),
        (
            provider(),
            "dispatch failure: invalid peer certificate: UnknownIssuer",
            IdentityFault::Untrusted("invalid peer certificate: UnknownIssuer".into()),
        ),
        (
            provider(),
            "dispatch failure: io error: client error (Connect)",
            IdentityFault::Unreachable("could not connect".into()),
        ),
        (
            provider(),
            "SignatureDoesNotMatch: The Canonical String is 'x-amz-security-token:canary'",
            IdentityFault::Failed("SignatureDoesNotMatch: The [redacted]".into()),
        ),
        (
            provider(),
            "odd\nlines",
            IdentityFault::Failed("odd lines".into()),
        ),
    ] {
        let login = Login::Profile("p".into());
        assert_eq!(
            IdentityFault::new(&error, causes, None, login),
            expected,
            "{causes}"
        );
    }
}

#[test]
fn each_fault_has_a_hint() {
    let context = RequestContext {
        operation: Operation::DescribeImage,
        subject: "img-1",
        host: "h",
        signed: true,
    };
    let took = Duration::from_secs(12);
    let session = IdentityFault::SignIn(Login::Session("my org".into()));
    let profile = "p".to_owned();
    let gone = IdentityFault::MissingIn { profile };
    let sign_in = |profile: &str| IdentityFault::SignIn(Login::Profile(profile.into()));
    for (fault, kind, hint) in [
        (
            IdentityFault::Slow(took),
            FaultKind::Transient,
            "credential process",
        ),
        (
            IdentityFault::TimedOut(took),
            FaultKind::Expired,
            "credential process",
        ),
        (IdentityFault::Missing, FaultKind::Expired, "--profile"),
        (gone, FaultKind::Expired, "config"),
        (
            IdentityFault::NoRegion,
            FaultKind::Misconfigured,
            "--signing-region",
        ),
        (
            sign_in("dev"),
            FaultKind::Expired,
            "aws sso login --profile dev",
        ),
        (
            sign_in("my dev"),
            FaultKind::Expired,
            "aws sso login --profile 'my dev'",
        ),
        (
            sign_in("a'b"),
            FaultKind::Expired,
            r"aws sso login --profile 'a'\''b'",
        ),
        (
            session,
            FaultKind::Expired,
            "aws sso login --sso-session 'my org'",
        ),
        (
            IdentityFault::RoleDenied("x".into()),
            FaultKind::Denied,
            "trust policy",
        ),
        (
            IdentityFault::Misconfigured("x".into()),
            FaultKind::Misconfigured,
            "config",
        ),
        (
            IdentityFault::Untrusted("x".into()),
            FaultKind::Misconfigured,
            "--ca-bundle",
        ),
        (
            IdentityFault::Failed("x".into()),
            FaultKind::Expired,
            "renew",
        ),
    ] {
        let shown = fault.to_fault(&context);
        assert_eq!(shown.kind, kind, "{shown}");
        let found = shown
            .hint
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default();
        assert!(found.contains(hint), "{shown}");
    }
}
