//! Roles that need an MFA code, with a scripted STS.

use super::{ASSUMED, Home, IdentityFault, STATIC_KEYS, Server, Step, run, with_length};

const DEVICE: &str = "arn:aws:iam::123456789012:mfa/ci-user";

/// A role that needs a code.
fn role_with_code(profile: &str, more: &str) -> String {
    format!(
        "[profile {profile}]\nregion = eu-west-3\nrole_arn = arn:aws:iam::123456789012:role/{profile}\n\
         mfa_serial = {DEVICE}\n{more}\n"
    )
}

#[tokio::test]
async fn a_role_that_needs_a_code_asks_for_it_and_sends_no_request_before() {
    let server = Server::start([]).await;
    let endpoint = format!("http://{}", server.address);
    let role = role_with_code("work", "source_profile = default");
    let home = Home::new("mfa-needed", &format!("{role}[default]\n{STATIC_KEYS}"));
    let environment = [("AWS_ENDPOINT_URL_STS", endpoint.as_str())];
    let found = run(&home, "profile_work", &environment).await;
    let expected = IdentityFault::CodeNeeded {
        profile: "work".to_owned(),
        serial: DEVICE.to_owned(),
        refused: false,
        can_ask: false,
    };
    assert_eq!(found, format!("{expected:?}"));
    let by_environment = [&environment[..], &[("AWS_PROFILE", "work")]].concat();
    let found = run(&home, "default_chain", &by_environment).await;
    assert_eq!(found, format!("{expected:?}"));
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_code_assumes_the_role_once_whatever_the_source() {
    let source = format!("[default]\n{STATIC_KEYS}");
    let own_role = "role_arn = arn:aws:iam::123456789012:role/never\nsource_profile = work\n";
    let options = "external_id = an id\nduration_seconds = 900\nrole_session_name = me\n";
    for (index, (config, key)) in [
        (
            role_with_code("work", "source_profile = default") + &source,
            "FROMPROFILE",
        ),
        // Its own keys.
        (
            role_with_code("work", &format!("source_profile = work\n{STATIC_KEYS}")),
            "FROMPROFILE",
        ),
        // A source with keys does not assume the role that it has too.
        (
            role_with_code("work", "source_profile = default")
                + &format!("[default]\n{own_role}{STATIC_KEYS}"),
            "FROMPROFILE",
        ),
        (
            role_with_code("work", "credential_source = Environment"),
            "FROMENV",
        ),
        // A role behind the one that needs the code.
        (
            "[profile work]\nregion = eu-west-3\nrole_arn = arn:aws:iam::123456789012:role/last\n\
             source_profile = a b\n"
                .to_owned()
                + &role_with_code("'a b'", "source_profile = default")
                + &source,
            "FROMPROFILE",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let ok = || Step::WriteAndClose(with_length("200 OK", ASSUMED));
        let server = Server::start([ok(), ok()]).await;
        let endpoint = format!("http://{}", server.address);
        let config = config.replace("mfa_serial", &format!("{options}mfa_serial"));
        let home = Home::new(&format!("mfa-{index}"), &config);
        let environment = [
            ("AWS_ENDPOINT_URL_STS", endpoint.as_str()),
            ("AWS_ACCESS_KEY_ID", "FROMENV"),
            ("AWS_SECRET_ACCESS_KEY", "s"),
        ];
        let found = run(&home, "work_with_code", &environment).await;
        let session = "FROMROLE in eu-west-3, signed for eu-west-3";
        assert_eq!(found, format!("{session}; {session}"), "{config}");
        let requests = server.requests();
        let request = &requests[0];
        assert!(request.starts_with("POST / HTTP/1.1\r\n"), "{request}");
        for part in [
            &format!("Credential={key}/"),
            "/eu-west-3/sts/",
            "Action=AssumeRole",
            "&TokenCode=987654",
            "&SerialNumber=arn%3Aaws%3Aiam%3A%3A123456789012%3Amfa%2Fci-user",
            "&ExternalId=an%20id",
            "&DurationSeconds=900",
            "&RoleSessionName=me",
        ] {
            assert!(request.contains(part), "{part} in {request}");
        }
        // One for each role: the second resolution uses the session of the first.
        let roles = config.matches("role_arn").count() - config.matches("role/never").count();
        assert_eq!(requests.len(), roles, "{config}");
    }
}

#[tokio::test]
async fn a_wrong_code_is_asked_for_again_and_other_refusals_are_told() {
    let error = |code: &str, message: &str| {
        let body = format!(
            "<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
        );
        Step::WriteAndClose(with_length("403 Forbidden", &body))
    };
    let wrong = "MultiFactorAuthentication failed with invalid MFA one time pass code.";
    let denied = "User: me is not authorized to perform: sts:AssumeRole";
    for (name, message, expected) in [
        ("AccessDenied", wrong, "CodeNeeded { "),
        ("AccessDenied", denied, "RoleDenied("),
        ("ExpiredToken", "it has expired", "Lost { keys: OfProfile("),
        ("Odd", "odd", "Failed(\"Odd: odd\")"),
    ] {
        let server = Server::start([error(name, message)]).await;
        let endpoint = format!("http://{}", server.address);
        let role = role_with_code("work", "source_profile = default");
        let token = "aws_session_token = t\n";
        let home = Home::new(
            "mfa-wrong",
            &format!("{role}[default]\n{STATIC_KEYS}{token}"),
        );
        let environment = [("AWS_ENDPOINT_URL_STS", endpoint.as_str())];
        let found = run(&home, "work_with_code", &environment).await;
        let (first, second) = found.split_once("; ").unwrap();
        assert!(first.starts_with(expected), "{found}");
        assert_eq!(first.contains("refused: true"), message == wrong, "{found}");
        assert!(
            second.starts_with("CodeNeeded {")
                && second.contains("refused: true") == (message == wrong),
            "a code works once, and its refusal is told until there is another: {found}"
        );
        assert!(!found.contains("987654"), "{found}");
    }
}
