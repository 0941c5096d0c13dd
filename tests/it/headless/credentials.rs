//! The headless program and the credentials that it can not get, or can not renew.

use crate::support::aws::Aws;
use crate::support::folder::Folder;

const WATCH: [&str; 6] = ["watch", "img", "--interval", "200ms", "-o", "json"];

#[test]
fn a_role_that_needs_a_code_ends_at_once_with_the_line_that_helps() {
    let aws = Aws::start();
    let config = "[default]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = example\n\
        [profile dev]\nrole_arn = arn:aws:iam::123456789012:role/DevRole\nsource_profile = default\n\
        mfa_serial = arn:aws:iam::123456789012:mfa/ci-user\nregion = us-east-1\n";
    let folder = Folder::new("mfa", &[("aws", config)]);
    let file = folder.file("aws");
    let environment = [
        ("AWS_ENDPOINT_URL", aws.url.as_str()),
        ("AWS_CONFIG_FILE", file.to_str().unwrap()),
    ];
    let ended = folder.run_with(&[&WATCH[..], &["--profile", "dev"]].concat(), &environment);
    assert_eq!(ended.code(), Some(1), "{}", ended.diagnostics);
    let reason = ended.outcome()["reason"].to_string();
    for part in [
        "the role of profile dev needs an MFA code of arn:aws:iam::123456789012:mfa/ci-user",
        "`credential_process = aws configure export-credentials --profile dev`",
    ] {
        assert!(reason.contains(part), "{reason}");
    }
    assert!(aws.account().calls.is_empty(), "no request is sent");
}
