//! The chain as aws-config resolves it, from real files and a real environment.
//!
//! Each test runs one of the ignored tests at the end in a process of its own.

mod codes;
mod login;

use std::fs;
use std::path::Path;

use crate::aws::credentials::chain::*;
use crate::aws::credentials::profile_files::check_profile;
use crate::aws::testing::home::Home;
use crate::aws::testing::server::{Server, Step, response};
use crate::text::secret::Secret;

const STATIC_KEYS: &str = "aws_access_key_id = FROMPROFILE\naws_secret_access_key = s\n";

/// STS's response where the role may be assumed.
const ASSUMED: &str = "<AssumeRoleResponse><AssumeRoleResult><Credentials>\
         <AccessKeyId>FROMROLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey>\
         <SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>\
         <AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/r/s</Arn>\
         <AssumedRoleId>i</AssumedRoleId></AssumedRoleUser></AssumeRoleResult></AssumeRoleResponse>";

/// The output of an ignored test of this file, in this home and environment.
async fn run(home: &Home, test: &str, variables: &[(&str, &str)]) -> String {
    home.run(&format!("{}::{test}", module_path!()), variables)
        .await
}

#[tokio::test]
async fn the_default_chain_takes_the_environment_first() {
    let home = Home::new(
        "environment",
        &format!("[default]\n{STATIC_KEYS}region = eu-west-1\n"),
    );
    assert_eq!(
        run(&home, "default_chain", &[]).await,
        "FROMPROFILE in eu-west-1, signed for eu-west-1"
    );
    let environment = [
        ("AWS_ACCESS_KEY_ID", "FROMENV"),
        ("AWS_SECRET_ACCESS_KEY", "s"),
        ("AWS_REGION", "us-west-2"),
    ];
    assert_eq!(
        run(&home, "default_chain", &environment).await,
        "FROMENV in us-west-2, signed for us-west-2"
    );
}

#[tokio::test]
async fn a_profile_selected_by_name_comes_before_the_environments_keys() {
    let config = format!("[profile work]\n{STATIC_KEYS}region = eu-west-1\n");
    let home = Home::new("named", &config);
    let environment = [
        ("AWS_ACCESS_KEY_ID", "FROMENV"),
        ("AWS_SECRET_ACCESS_KEY", "s"),
    ];
    assert_eq!(
        run(&home, "profile_work", &environment).await,
        "FROMPROFILE in eu-west-1, signed for eu-west-1"
    );
}

#[tokio::test]
async fn a_credential_process_is_run_and_its_error_is_reported() {
    let json = r#"{"Version":1,"AccessKeyId":"FROMPROCESS","SecretAccessKey":"s"}"#;
    let config = format!("[profile work]\nregion = x\ncredential_process = echo '{json}'\n");
    let home = Home::new("process", &config);
    assert_eq!(
        run(&home, "profile_work", &[]).await,
        "FROMPROCESS in x, signed for x"
    );

    let config = "[profile work]\nregion = x\ncredential_process = echo locked >&2; exit 3\n";
    let home = Home::new("failing-process", config);
    let found = run(&home, "profile_work", &[]).await;
    assert!(
        found.starts_with("Failed(") && found.contains("locked"),
        "{found}"
    );
}

/// A user who can write into the current folder must not be able to have a command run.
#[tokio::test]
async fn without_a_home_folder_the_files_of_the_current_folder_are_not_read() {
    let home = Home::new("no-home", "");
    let config = "[default]\nregion = x\ncredential_process = touch run\n\
         [profile work]\nregion = x\ncredential_process = touch run\n";
    for folder in [".aws", "~/.aws"] {
        fs::create_dir_all(home.path().join(folder)).unwrap();
        fs::write(home.path().join(folder).join("config"), config).unwrap();
    }
    for value in ["", ".", "relative/..", "~"] {
        let environment = [
            ("HOME", value),
            ("AWS_CONFIG_FILE", ""),
            ("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/config"),
        ];
        assert_eq!(run(&home, "default_chain", &environment).await, "NoRegion");
        let with_region = [&environment[..], &[("AWS_REGION", "y")]].concat();
        assert_eq!(run(&home, "default_chain", &with_region).await, "Missing");
        let found = run(&home, "checked_profile", &environment).await;
        assert!(found.starts_with("unknown AWS profile work"), "{found}");
        let _missing = run(&home, "profile_work", &with_region).await;
        assert!(!home.path().join("run").exists(), "HOME={value}");
    }
    let home = Home::new(
        "no-home-but-files",
        &format!("[default]\n{STATIC_KEYS}region = x\n"),
    );
    let found = run(&home, "default_chain", &[("HOME", "")]).await;
    assert_eq!(found, "FROMPROFILE in x, signed for x");
}

const SESSION: &str =
    "[sso-session s]\nsso_region = eu-west-1\nsso_start_url = https://x.awsapps.com/start\n";
const BY_SESSION: &str =
    "region = eu-west-1\nsso_session = s\nsso_account_id = 123456789012\nsso_role_name = r\n";

#[tokio::test]
async fn an_sso_session_that_needs_a_login_is_named() {
    let home = Home::new("sso", &format!("[profile work]\n{BY_SESSION}{SESSION}"));
    let sign_in = r#"SignIn(Session("s"))"#;
    assert_eq!(run(&home, "profile_work", &[]).await, sign_in);
    let by_environment = [("AWS_PROFILE", "work")];
    assert_eq!(run(&home, "default_chain", &by_environment).await, sign_in);

    let config = "[profile work]\nregion = eu-west-1\nsso_account_id = 123456789012\nsso_role_name = r\n\
         sso_region = eu-west-1\nsso_start_url = https://x.awsapps.com/start\n";
    let home = Home::new("sso-of-profile", config);
    let found = run(&home, "profile_work", &[]).await;
    assert_eq!(found, r#"SignIn(Profile("work"))"#);
}

#[tokio::test]
async fn an_sso_session_whose_login_can_not_be_found_by_its_name_is_to_be_renamed() {
    for name in ["my login", "caf\u{e9}"] {
        let section = SESSION.replace("sso-session s", &format!("sso-session '{name}'"));
        let profile = BY_SESSION.replace("sso_session = s", &format!("sso_session = {name}"));
        let role = "[profile role]\nregion = eu-west-1\nrole_arn = arn:aws:iam::123456789012:role/r\n\
                    source_profile = work\n";
        let config = format!("[profile work]\n{profile}{section}{role}");
        let home = Home::new("sso-renamed", &config);
        let expected = format!("the login of the SSO session {name} can't be found by such a name");
        let found = run(&home, "profile_work", &[]).await;
        assert!(found.contains(&expected), "{found}");
        let by_role = [("AWS_PROFILE", "role")];
        let found = run(&home, "default_chain", &by_role).await;
        assert!(found.contains(&expected), "{found}");
    }
}

#[tokio::test]
async fn a_console_login_is_used_and_its_command_is_named() {
    let config = "[profile work]\nregion = us-east-1\nlogin_session = arn:aws:iam::123456789012:user/ci-user\n";
    let home = Home::new("console", config);
    let sign_in = r#"SignIn(Console("work"))"#;
    assert_eq!(run(&home, "profile_work", &[]).await, sign_in);
    let without_home = [("HOME", "")];
    let found = run(&home, "profile_work", &without_home).await;
    assert!(found.starts_with("Misconfigured(\"HOME is not"), "{found}");
}

#[tokio::test]
async fn a_source_profile_that_leads_nowhere_is_named() {
    let role = "[profile work]\nregion = x\nrole_arn = arn:aws:iam::123456789012:role/r\n";
    for (source, why) in [
        (
            "nope",
            "the source_profile nope of profile work does not exist",
        ),
        (
            "work",
            "profile work is its own source_profile and has no keys",
        ),
    ] {
        let home = Home::new("source", &format!("{role}source_profile = {source}\n"));
        let found = run(&home, "profile_work", &[]).await;
        assert_eq!(found, format!("Misconfigured({why:?})"));
    }
}

#[tokio::test]
async fn overridden_addresses_of_the_credentials_are_https_or_on_this_machine() {
    let role = "[profile work]\nregion = x\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = base\n";
    let config = format!("{role}[profile base]\n{STATIC_KEYS}");
    let home = Home::new("overrides", &config);
    for (variable, url) in [
        ("AWS_ENDPOINT_URL_STS", "http://sts.example"),
        ("AWS_ENDPOINT_URL", "http://192.0.2.1"),
        ("AWS_ENDPOINT_URL_SSO_OIDC", "http://user:s3cr3t@localhost"),
    ] {
        for test in ["profile_work", "with_role"] {
            let keys = [
                ("AWS_ACCESS_KEY_ID", "FROMENV"),
                ("AWS_SECRET_ACCESS_KEY", "s"),
                ("AWS_REGION", "x"),
            ];
            let found = run(&home, test, &[&keys[..], &[(variable, url)]].concat()).await;
            assert!(
                found.starts_with("Misconfigured(\"the endpoint URL of"),
                "{found}"
            );
            assert!(!found.contains("s3cr3t"), "{found}");
        }
    }
}

#[tokio::test]
async fn a_variable_that_is_empty_or_foreign_is_one_that_is_not_set() {
    let config = format!("[default]\n{STATIC_KEYS}region = eu-west-1\n");
    let home = Home::new("empty-variables", &config);
    let empty = [
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "AWS_PROFILE",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_ROLE_ARN",
        "AWS_ENDPOINT_URL",
    ];
    let found = run(
        &home,
        "default_chain",
        &empty.map(|variable| (variable, "")),
    )
    .await;
    assert_eq!(found, "FROMPROFILE in eu-west-1, signed for eu-west-1");
    // Of the AWS CLI, and of nobody.
    for (variable, value) in [
        ("AWS_RETRY_MODE", "legacy"),
        ("AWS_RETRY_MODE", ""),
        ("AWS_MAX_ATTEMPTS", "x"),
    ] {
        let found = run(&home, "default_chain", &[(variable, value)]).await;
        assert_eq!(
            found, "FROMPROFILE in eu-west-1, signed for eu-west-1",
            "{variable}"
        );
    }
    let other = [("AWS_REGION", ""), ("AWS_DEFAULT_REGION", "us-west-2")];
    let found = run(&home, "default_chain", &other).await;
    assert_eq!(found, "FROMPROFILE in us-west-2, signed for us-west-2");
    // aws-config does not take it for one: the reason is named instead of a panic.
    for variable in ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS"] {
        let found = run(&home, "with_role", &[(variable, "")]).await;
        assert!(
            found.contains("the endpoint URL of STS is empty"),
            "{found}"
        );
    }
}

#[tokio::test]
async fn a_role_behind_another_profiles_sso_names_the_login_of_that_profile() {
    let role = "[profile work]\nregion = eu-west-1\nrole_arn = arn:aws:iam::123456789012:role/r\n\
         source_profile = base\n";
    let config = format!("{role}[profile base]\n{BY_SESSION}{SESSION}");
    let home = Home::new("sso-behind-a-role", &config);
    let found = run(&home, "profile_work", &[]).await;
    assert_eq!(found, r#"SignIn(Session("s"))"#);
}

#[tokio::test]
async fn an_empty_home_has_no_credentials_and_without_a_region_nothing_is_signed() {
    let home = Home::new("nothing", "");
    assert_eq!(
        run(&home, "default_chain", &[("AWS_REGION", "x")]).await,
        "Missing"
    );
    assert_eq!(run(&home, "default_chain", &[]).await, "NoRegion");
}

#[tokio::test]
async fn credentials_that_appear_later_are_found_by_the_next_resolution() {
    let home = Home::new("appearing-later", "");
    let found = run(&home, "appearing_later", &[("AWS_REGION", "x")]).await;
    assert_eq!(found, "Missing; LATER in x, signed for x");
}

#[tokio::test]
async fn container_credentials_are_fetched_with_and_without_a_ca_bundle() {
    let body = r#"{"AccessKeyId":"FROMECS","SecretAccessKey":"s","Token":"t","Expiration":"2099-01-01T00:00:00Z"}"#;
    for test in ["default_chain", "with_ca_bundle"] {
        let server = Server::start([response(200, "", body)]).await;
        let address = format!("http://{}/", server.address);
        let home = Home::new(test, "");
        let environment = [
            ("AWS_REGION", "x"),
            ("AWS_CONTAINER_CREDENTIALS_FULL_URI", address.as_str()),
        ];
        assert_eq!(
            run(&home, test, &environment).await,
            "FROMECS in x, signed for x"
        );
    }
}

#[tokio::test]
async fn the_role_is_assumed_with_the_credentials_of_the_chain() {
    let denied = "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>\
         <Message>User: me is not authorized to perform: sts:AssumeRole</Message></Error></ErrorResponse>";
    let server = Server::start([
        Step::WriteAndClose(with_length("200 OK", ASSUMED)),
        Step::WriteAndClose(with_length("403 Forbidden", denied)),
    ])
    .await;
    let endpoint = format!("http://{}", server.address);
    let home = Home::new("role", &format!("[default]\n{STATIC_KEYS}"));
    let environment = [
        ("AWS_REGION", "x"),
        ("AWS_ENDPOINT_URL_STS", endpoint.as_str()),
    ];
    assert_eq!(
        run(&home, "with_role", &environment).await,
        "FROMROLE in x, signed for us-east-2"
    );
    let request = &server.requests()[0];
    assert!(request.contains("Credential=FROMPROFILE/"), "{request}");
    assert!(request.contains("/us-east-2/sts/"), "{request}");

    let found = run(&home, "with_role", &environment).await;
    assert!(
        found.starts_with("RoleDenied(") && found.contains("sts:AssumeRole"),
        "{found}"
    );
}

#[tokio::test]
async fn a_profiles_role_is_assumed_in_the_profiles_region() {
    let server = Server::start([Step::WriteAndClose(with_length("200 OK", ASSUMED))]).await;
    let endpoint = format!("http://{}", server.address);
    let config = format!(
        "[profile work]\nregion = eu-west-3\nrole_arn = arn:aws:iam::123456789012:role/r\n\
         source_profile = base\n[profile base]\n{STATIC_KEYS}"
    );
    let home = Home::new("profile-role", &config);
    let environment = [("AWS_ENDPOINT_URL_STS", endpoint.as_str())];
    assert_eq!(
        run(&home, "profile_work", &environment).await,
        "FROMROLE in eu-west-3, signed for eu-west-3"
    );
    let request = &server.requests()[0];
    assert!(request.contains("/eu-west-3/sts/"), "{request}");
}

#[tokio::test]
async fn without_signing_no_request_is_sent() {
    let server = Server::start([]).await;
    let endpoint = format!("http://{}", server.address);
    let environment = [
        ("AWS_EC2_METADATA_DISABLED", "false"),
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", endpoint.as_str()),
    ];
    let home = Home::new("unsigned", "");
    assert_eq!(
        run(&home, "unsigned", &environment).await,
        "unsigned in no region"
    );
    assert_eq!(server.connections(), 0);
    let home = Home::new("unsigned-profile", "[default]\nregion = eu-west-1\n");
    assert_eq!(
        run(&home, "unsigned", &environment).await,
        "unsigned in eu-west-1"
    );
}

#[tokio::test]
async fn the_region_comes_from_the_metadata_service_last() {
    let token = "x-aws-ec2-metadata-token-ttl-seconds: 21600\r\n";
    let server = Server::start([response(200, token, "t"), response(200, "", "ap-south-1")]).await;
    let endpoint = format!("http://{}", server.address);
    let environment = [
        ("AWS_EC2_METADATA_DISABLED", "false"),
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", endpoint.as_str()),
        ("AWS_ACCESS_KEY_ID", "FROMENV"),
        ("AWS_SECRET_ACCESS_KEY", "s"),
    ];
    let home = Home::new("metadata", "");
    assert_eq!(
        run(&home, "default_chain", &environment).await,
        "FROMENV in ap-south-1, signed for ap-south-1"
    );
}

#[tokio::test]
async fn an_unknown_profile_is_recognised_from_the_files() {
    let known = Home::new("known", "[profile work]\nregion = x\n");
    assert_eq!(run(&known, "checked_profile", &[]).await, "known");
    let unknown = Home::new("unknown", "[profile other]\nregion = x\n");
    assert_eq!(
        run(&unknown, "checked_profile", &[]).await,
        "unknown AWS profile work: it is neither in the config file nor in the credentials file"
    );
    fs::write(
        unknown.path().join("credentials"),
        format!("[work]\n{STATIC_KEYS}"),
    )
    .unwrap();
    assert_eq!(run(&unknown, "checked_profile", &[]).await, "known");
}

#[tokio::test]
async fn files_that_the_aws_cli_reads_are_read() {
    const KEYS: &str = "aws_access_key_id = FROMPROFILE\naws_secret_access_key = s\nregion = x\n";
    let indented = KEYS
        .replace("aws_", "\t# note\n  aws_")
        .replace("region", "  region");
    for (index, config) in [
        format!("[profile other]\n region = us-east-1\n output = json\n[profile work]\n{KEYS}"),
        format!("[profile work]\n{indented}"),
        format!("\u{feff}[profile work]\n{KEYS}"),
        format!("[profile work] # the team's\n{KEYS}"),
        format!("[profile \"work\"]\n{KEYS}").replace('\n', "\r\n"),
        format!("[profile other]\noops\n[profile work]\n{KEYS}"),
        format!("[profile work]\nregion = y\n[profile work]\n{KEYS}"),
        format!(
            "oops\n[plugins]\noops\n[profile work]\n{}",
            KEYS.replace(" =", ":")
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let home = Home::new(&format!("forms-{index}"), &config);
        let found = run(&home, "profile_work", &[]).await;
        assert_eq!(found, "FROMPROFILE in x, signed for x", "{config}");
        let found = run(&home, "checked_profile", &[]).await;
        assert_eq!(found, "known", "{config}");
        let selected = [("AWS_PROFILE", "work")];
        let found = run(&home, "default_chain", &selected).await;
        assert_eq!(found, "FROMPROFILE in x, signed for x", "{config}");
    }
}

#[tokio::test]
async fn a_profile_whose_name_has_a_space_is_found_wherever_it_is_named() {
    let config = "[profile 'My Mac']\nregion = x\n[profile work]\nregion = y\n\
         role_arn = arn:aws:iam::123456789012:role/r\nsource_profile = My Mac\n";
    let home = Home::new("space", config);
    fs::write(
        home.path().join("credentials"),
        format!("[My Mac]\n{STATIC_KEYS}"),
    )
    .unwrap();
    let expected = "FROMPROFILE in x, signed for x";
    assert_eq!(run(&home, "profile_my_mac", &[]).await, expected);
    for variable in ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"] {
        let environment = [(variable, "My Mac")];
        assert_eq!(run(&home, "default_chain", &environment).await, expected);
    }
    let server = Server::start([Step::WriteAndClose(with_length("200 OK", ASSUMED))]).await;
    let endpoint = format!("http://{}", server.address);
    let environment = [("AWS_ENDPOINT_URL_STS", endpoint.as_str())];
    let found = run(&home, "profile_work", &environment).await;
    assert_eq!(found, "FROMROLE in y, signed for y");
}

#[tokio::test]
async fn a_line_of_the_profile_that_is_nothing_is_named() {
    let config = format!("[profile work]\nregion = x\naws_access_key_id\n{STATIC_KEYS}");
    let home = Home::new("bad-line", &config);
    assert_eq!(
        run(&home, "checked_profile", &[]).await,
        "line 3 of config is neither a section nor a property"
    );
    let home = Home::new("bad-line-of-default", "[default]\nregion = x\nrole_arn\n");
    let found = run(&home, "default_chain", &[]).await;
    let expected = "line 3 of config is neither a section nor a property";
    assert_eq!(found, format!("Misconfigured({expected:?})"));
}

#[tokio::test]
async fn similar_profiles_are_suggested() {
    let config =
        "[profile Work]\nregion = x\n[profile my-work]\n[profile production]\n[profile wrok]\n";
    let home = Home::new("similar", config);
    let found = run(&home, "checked_profile", &[]).await;
    assert!(found.ends_with("; did you mean Work or wrok?"), "{found}");
}

/// A pipe or a folder in a file's place is no file, and does not hold the watch up.
#[tokio::test]
async fn a_file_that_is_none_is_empty_and_one_that_is_not_readable_is_named() {
    let home = Home::new("no-file", "");
    let folder = [("AWS_CONFIG_FILE", "."), ("AWS_REGION", "x")];
    assert_eq!(run(&home, "default_chain", &folder).await, "Missing");
    let below_a_file = [("AWS_CONFIG_FILE", "config/x")];
    let found = run(&home, "checked_profile", &below_a_file).await;
    assert_eq!(found, "failed to read config/x");
}

#[tokio::test]
async fn keys_that_this_process_can_not_renew_are_recognised() {
    let token = format!("{STATIC_KEYS}aws_session_token = t\nregion = x\n");
    let role = "region = x\nrole_arn = arn:aws:iam::123456789012:role/r\n";
    let of_environment = "Some(OfEnvironment { expire: Some(2026-01-01T10:00:00Z) })";
    let of_profile = |name: &str| format!("Some(OfProfile({name:?}))");
    for (index, (config, expected)) in [
        (format!("[profile work]\n{token}"), of_profile("work")),
        (format!("[profile work]\n{STATIC_KEYS}region = x\n"), "None".to_owned()),
        (
            format!("[profile work]\n{role}source_profile = a b\n[profile 'a b']\n{role}{token}"),
            of_profile("a b"),
        ),
        (
            format!("[profile work]\n{role}credential_source = Environment\n"),
            of_environment.to_owned(),
        ),
        (
            format!("[profile work]\n{role}source_profile = work\n{token}"),
            of_profile("work"),
        ),
        (
            format!("[profile work]\n{role}source_profile = a\n[profile a]\n{BY_SESSION}{SESSION}"),
            "None".to_owned(),
        ),
        (
            format!("[profile work]\n{role}source_profile = a\n[profile a]\n{role}source_profile = work\n"),
            "None".to_owned(),
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let home = Home::new(&format!("fixed-{index}"), &config);
        let environment = [
            ("AWS_ACCESS_KEY_ID", "FROMENV"),
            ("AWS_SECRET_ACCESS_KEY", "s"),
            ("AWS_CREDENTIAL_EXPIRATION", "2026-01-01T12:00:00+02:00"),
        ];
        let found = run(&home, "fixed_keys_of_work", &environment).await;
        assert_eq!(found, expected, "{config}");
        // The environment's keys come before a profile that only the environment selects.
        let selected = [&environment[..], &[("AWS_PROFILE", "work")]].concat();
        let found = run(&home, "fixed_keys", &selected).await;
        assert_eq!(found, of_environment, "{config}");
    }
}

#[tokio::test]
async fn a_role_that_expired_keys_can_not_assume_is_lost() {
    let expired = "<ErrorResponse><Error><Type>Sender</Type><Code>ExpiredToken</Code>\
         <Message>The security token included in the request is expired</Message></Error></ErrorResponse>";
    let server = Server::start([Step::WriteAndClose(with_length("403 Forbidden", expired))]).await;
    let endpoint = format!("http://{}", server.address);
    let home = Home::new("lost", "");
    let environment = [
        ("AWS_REGION", "x"),
        ("AWS_ENDPOINT_URL_STS", endpoint.as_str()),
        ("AWS_ACCESS_KEY_ID", "FROMENV"),
        ("AWS_SECRET_ACCESS_KEY", "s"),
        ("AWS_SESSION_TOKEN", "t"),
    ];
    let found = run(&home, "with_role", &environment).await;
    assert!(
        found.starts_with("Lost { keys: OfEnvironment { expire: None }"),
        "{found}"
    );
}

fn with_length(status: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn chain() -> AwsChain {
    AwsChain {
        profile: None,
        region: None,
        signing: Some(SigningChain {
            region: None,
            role_arn: None,
            external_id: None,
            mfa: MfaSessions::default(),
            bundle: None,
        }),
    }
}

async fn print(chain: AwsChain) {
    match chain.resolve(DateTime::UNIX_EPOCH).await {
        Ok(identity) => {
            let region = identity.region.as_deref().unwrap_or("no region");
            match identity.signer {
                Some(signer) => println!(
                    "found: {} in {region}, signed for {}",
                    signer.credentials.access_key_id(),
                    signer.region
                ),
                None => println!("found: unsigned in {region}"),
            }
        }
        Err(fault) => println!("found: {fault:?}"),
    }
}

#[tokio::test]
#[ignore = "run by other tests, in an environment of its own"]
async fn default_chain() {
    print(chain()).await;
}

#[tokio::test]
#[ignore = "run by other tests, in an environment of its own"]
async fn profile_work() {
    print(AwsChain {
        profile: Some("work".to_owned()),
        ..chain()
    })
    .await;
}

#[tokio::test]
#[ignore = "run by other tests, in an environment of its own"]
async fn profile_my_mac() {
    print(AwsChain {
        profile: Some("My Mac".to_owned()),
        ..chain()
    })
    .await;
}

async fn print_fixed_keys(chain: AwsChain) {
    let files = AwsFiles::read().await;
    let way = chain.profile_chain(&files).await;
    let keys = AwsChain::fixed_keys(&files, way.as_ref());
    println!("found: {keys:?}");
}

#[tokio::test]
#[ignore = "run by other tests, in an environment of its own"]
async fn fixed_keys() {
    print_fixed_keys(chain()).await;
}

#[tokio::test]
#[ignore = "run by other tests, in an environment of its own"]
async fn fixed_keys_of_work() {
    print_fixed_keys(AwsChain {
        profile: Some("work".to_owned()),
        ..chain()
    })
    .await;
}

#[tokio::test]
#[ignore = "run by other tests, in an environment of its own"]
async fn work_with_code() {
    let mfa = MfaSessions::on_screen();
    mfa.enter(Secret::new("987654"));
    for _ in 0..2 {
        let mut chain = chain();
        chain.profile = Some("work".to_owned());
        chain.signing.as_mut().unwrap().mfa = mfa.clone();
        print(chain).await;
    }
    assert!(!format!("{mfa:?}").contains("987654"));
}

#[tokio::test]
#[ignore = "run by other tests, in an environment of its own"]
async fn with_role() {
    let mut chain = chain();
    let signing = chain.signing.as_mut().unwrap();
    signing.role_arn = Some("arn:aws:iam::123456789012:role/r".to_owned());
    signing.region = Some("us-east-2".to_owned());
    print(chain).await;
}

#[tokio::test]
#[ignore = "run by other tests, in an environment of its own"]
async fn with_ca_bundle() {
    let mut chain = chain();
    let bundle = concat!(env!("CARGO_MANIFEST_DIR"), "/src/aws/testing/ca.pem");
    let bundle = CaBundle::read(Path::new(bundle));
    bundle.check().unwrap();
    chain.signing.as_mut().unwrap().bundle = Some(bundle);
    print(chain).await;
}

#[tokio::test]
#[ignore = "run by other tests, in an environment of its own"]
async fn unsigned() {
    print(AwsChain {
        signing: None,
        ..chain()
    })
    .await;
}

#[tokio::test]
#[ignore = "run by other tests, in an environment of its own"]
async fn appearing_later() {
    print(chain()).await;
    let later = "[default]\naws_access_key_id = LATER\naws_secret_access_key = s\n";
    fs::write("credentials", later).unwrap();
    print(chain()).await;
}

#[tokio::test]
#[ignore = "run by other tests, in an environment of its own"]
async fn checked_profile() {
    match check_profile("work").await {
        Ok(()) => println!("found: known"),
        Err(error) => println!("found: {error}"),
    }
}
