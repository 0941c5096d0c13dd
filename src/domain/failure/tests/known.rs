//! Tests of `assets/remedies.toml`, and of what it makes of reasons.

use std::collections::BTreeMap;

use regex::Regex;

use serde::Deserialize;

use crate::domain::failure::{Diagnosis, diagnose, remedy_for_log_line, summary};
use crate::domain::reason::known::{DATA, File, compiled, find, find_in_log, find_in_reverse};
use crate::domain::reason::parts::Reason;
use crate::domain::reason::remedy::{PLACEHOLDERS, RemedyContext};
use crate::text::safe::SafeText;
use crate::text::width::width;

fn file() -> File {
    toml::from_str(DATA).unwrap()
}

fn class(text: &str) -> Option<&'static str> {
    let found = find(&Reason::parse(&SafeText::new(text)))?;
    Some(found.entry.class.as_str())
}

fn diagnosed(text: &str) -> Diagnosis {
    let context = RemedyContext {
        image_id: "demo",
        region: Some("us-east-1"),
        image_arn: None,
    };
    diagnose(&Reason::parse(&SafeText::new(text)), None, &context)
}

#[test]
fn every_entry_of_the_file_is_complete_and_its_patterns_compile() {
    for entry in file().remedy {
        let class = &entry.class;
        assert!(!entry.matches.is_empty(), "{class}");
        assert!(!entry.source.is_empty(), "{class}");
        assert!(!entry.examples.is_empty(), "{class}");
        assert!(entry.log || !entry.meaning.is_empty(), "{class}");
        for pattern in entry.matches.iter().chain(&entry.unless) {
            if let Err(why) = compiled(pattern) {
                panic!("{class}: {why}");
            }
        }
    }
}

#[test]
fn every_example_of_the_file_has_its_class() {
    let mut wrong = BTreeMap::new();
    for entry in file().remedy {
        for example in &entry.examples {
            let found = class(example).unwrap_or("none");
            if found != entry.class {
                wrong.insert(example.clone(), format!("{found}, not {}", entry.class));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_placeholder_of_the_file_is_known() {
    let placeholder = Regex::new(r"<([A-Za-z_]+)").unwrap();
    for entry in file().remedy {
        let prose = [&entry.meaning, &entry.fix];
        let texts = prose
            .into_iter()
            .chain(&entry.summary)
            .chain(&entry.commands);
        for text in texts {
            for name in placeholder.captures_iter(text) {
                let known = PLACEHOLDERS.iter().any(|(known, _)| *known == &name[1]);
                assert!(known, "{}: {text}", entry.class);
            }
        }
    }
}

#[test]
fn every_example_of_the_file_has_a_short_summary_and_a_command_of_one_line() {
    for entry in file().remedy {
        for example in &entry.examples {
            let Diagnosis {
                summary, remedy, ..
            } = diagnosed(example);
            let columns = width(summary.unwrap().as_str());
            assert!(columns <= summary::SUMMARY_COLUMNS, "{}", entry.class);
            let remedy = remedy.unwrap();
            let advice = remedy.advice.as_str();
            assert!(!advice.contains(['<', '\n']), "{}: {advice}", entry.class);
            assert!(!advice.contains("  "), "{}: {advice}", entry.class);
            assert!(width(advice) < 400, "{}: {advice}", entry.class);
            if let Some(command) = remedy.command {
                let command = command.as_str();
                let words = command.matches('\'').count();
                assert!(words % 2 == 0, "{}: {command}", entry.class);
                assert!(!command.contains('\n'), "{}: {command}", entry.class);
                assert!(
                    command.starts_with("aws ") || command.starts_with("pcluster "),
                    "{}: {command}",
                    entry.class
                );
            }
        }
    }
}

include!("known/sample_reasons.rs");

#[test]
fn every_sample_reason_has_the_right_class_and_summary() {
    let mut wrong = Vec::new();
    for (text, expected, words) in REPORTED.into_iter().chain(MADE) {
        let found = class(text).unwrap_or("none");
        let summary = diagnosed(text).summary.unwrap();
        let summary = summary.as_str();
        if found != expected || !summary.contains(words) || width(summary) > 90 {
            wrong.push(format!("{expected} {words:?}: is {found} {summary:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sample {
    r#in: String,
    text: String,
    class: String,
    summary: String,
    #[serde(default)]
    remedy: String,
}

#[derive(Deserialize)]
struct Samples {
    reason: Vec<Sample>,
}

fn samples() -> Vec<Sample> {
    let samples: Samples = toml::from_str(include_str!("known/reasons.toml")).unwrap();
    samples.reason
}

const ID: &str = "11111111-2222-3333-4444-555555555555";
const IMAGE: &str =
    "arn:aws:imagebuilder:us-east-1:123456789012:image/parallelclusterimage-demo/3.16.1/3";
const COMPONENT: &str =
    "arn:aws:imagebuilder:us-east-1:123456789012:component/parallelclusterimage-script-0/3.16.1/1";

/// The reason of an event: the text in the wrapping of the service.
fn wrapped(sample: &Sample) -> String {
    let Sample { r#in, text, .. } = sample;
    let operation = |text: &str| {
        format!(
            "Resource handler returned message: \"Error occurred during operation '{text}'.\" \
             (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)"
        )
    };
    let ssm = |status: &str, state: &str, text: &str| {
        operation(&format!(
            "SSM execution '{ID}' failed for image arn: '{IMAGE}' with status = '{status}' in state = '{state}' \
             and failure message = '{text}'"
        ))
    };
    match r#in.split(' ').collect::<Vec<_>>()[..] {
        ["plain"] => text.clone(),
        ["handler", service, status, code] => format!(
            "Resource handler returned message: \"{text} (Service: {service}, Status Code: {status}, Request ID: \
             1111)\" (RequestToken: 1111, HandlerErrorCode: {code})"
        ),
        ["operation"] => operation(text),
        ["workflow"] => operation(&format!(
            "Workflow Execution ID: 'wf-{ID}' failed with reason: {text}"
        )),
        ["ssm", status, state] => ssm(status, state, text),
        ["component"] => ssm(
            "Failed",
            "BUILDING",
            &format!("Document {COMPONENT} failed! {text}"),
        ),
        ["command", code] => ssm(
            "Failed",
            "BUILDING",
            &format!(
                "Step fails when it is verifying the command has completed. Command {ID} returns unexpected \
                 invocation result: \n{{Status=[Failed], ResponseCode=[{code}], Output=[\n----------ERROR-------\n\
                 {text}\nfailed to run commands: exit status {code}]}}. Please refer to Automation Service \
                 Troubleshooting Guide for more diagnosis details."
            ),
        ),
        ["distribution", ref regions @ ..] => {
            let regions = regions.iter().filter(|word| **word != "and");
            let errors = regions.enumerate().map(|(at, region)| {
                format!(
                    "{}) EC2 Client Error: '{text}' when distributing the image from the source account (ID: \
                     123456789012) to the destination account (ID: 123456789012) in Region {region}.",
                    at + 1
                )
            });
            let errors = errors.collect::<Vec<_>>().join(" ");
            operation(&format!(
                "Distribution failed with JobId '{ID}', status = 'Failed' for ARN '{IMAGE}'. Error:'Not all \
                 distribution jobs are completed. {errors}'"
            ))
        }
        _ => panic!("a wrapping is unknown: {}", sample.r#in),
    }
}

#[test]
fn each_reason_has_its_class_whatever_wraps_it() {
    let mut wrong = Vec::new();
    for sample in samples() {
        let text = wrapped(&sample);
        let found = class(&text).unwrap_or("none");
        let Diagnosis {
            summary, remedy, ..
        } = diagnosed(&text);
        let summary = summary.unwrap();
        let summary = summary.as_str();
        let advice = remedy.map_or_else(String::new, |remedy| remedy.advice.to_string());
        let is_right = found == sample.class
            && summary.contains(&sample.summary)
            && advice.contains(&sample.remedy)
            && width(summary) <= summary::SUMMARY_COLUMNS;
        if !is_right {
            let expected = (&sample.class, &sample.summary, &sample.remedy);
            wrong.push(format!("{expected:?}: is {found} {summary:?} {advice:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_order_of_the_entries_does_not_matter() {
    let examples = file().remedy.into_iter().flat_map(|entry| entry.examples);
    let samples = samples().iter().map(wrapped).collect::<Vec<_>>();
    let reported = REPORTED.into_iter().chain(MADE);
    let reported = reported.map(|(text, ..)| text.to_owned());
    for text in examples.chain(samples).chain(reported) {
        let reason = Reason::parse(&SafeText::new(&text));
        let name = |found: Option<crate::domain::reason::known::Match>| {
            found.map(|found| found.entry.class.as_str())
        };
        assert_eq!(
            name(find(&reason)),
            name(find_in_reverse(&reason)),
            "{text}"
        );
    }
}

/// Lines of a log, and the classes of the failures that they are about.
const LOG_LINES: &[(&str, &str)] = &[
    (
        "CmdExecution: Stderr: Error: Unable to find a match: kernel-devel-5.14.0-362.el9.x86_64",
        "no-kernel-package",
    ),
    (
        "Stderr: tar: x: Cannot write: No space left on device",
        "disk-full",
    ),
    (
        "Stderr: curl: (6) Could not resolve host: packages.example.com",
        "no-network",
    ),
    ("Stderr: Temporary failure in name resolution", "no-network"),
    (
        "CmdExecution: Stderr: Public key for x.rpm is not installed",
        "gpg-key",
    ),
    (
        "RuntimeError: This AMI was created with aws-parallelcluster-cookbook-3.1.3, but is trying to be used with \
             aws-parallelcluster-cookbook-3.2.0.",
        "other-version",
    ),
    ("CmdExecution: ExitCode 126", "not-executable"),
    ("ExitCode 127", "command-not-found"),
    (
        "setup.sh: line 3: nvcc: command not found",
        "command-not-found",
    ),
    ("CmdExecution: ExitCode 194", "reboot-loop"),
    (
        "CmdExecution: Stderr: E: Unable to locate package linux-headers-6.8.0-1021-aws",
        "no-kernel-package",
    ),
    (
        "Stderr: Error: No match for argument: kernel-headers-4.18.0-513.el8.x86_64",
        "no-kernel-package",
    ),
    (
        "Stdout: Error: At least 312MB more space needed on the / filesystem.",
        "disk-full",
    ),
    (
        "Stdout: OSError: [Errno 28] No space left on device: '/opt/parallelcluster/x'",
        "disk-full",
    ),
    (
        "Stderr: ping: example.com: Name or service not known",
        "no-network",
    ),
    (
        "Stdout: * Failure in name resolution for packages.example.com",
        "no-network",
    ),
    (
        "Stderr: W: GPG error: https://x jammy InRelease: The following signatures couldn't be verified because the \
             public key is not available: NO_PUBKEY 7FCC7D46ACCC4CF8",
        "gpg-key",
    ),
    ("Stderr: Error: GPG check FAILED", "gpg-key"),
    (
        "Stdout: RuntimeError: This AMI was created with aws-parallelcluster-cookbook-3.9.0, but is trying to be used \
             with aws-parallelcluster-cookbook-3.16.1.",
        "other-version",
    ),
    (
        "Stderr: my-script.sh: exited with code 126",
        "not-executable",
    ),
    (
        "Stderr: /tmp/script.sh: 4: nvcc: not found",
        "command-not-found",
    ),
    ("Step InstallKernel: reboot limit exceeded", "reboot-loop"),
];

#[test]
fn lines_of_the_build_log_have_remedies() {
    for &(line, class) in LOG_LINES {
        let found = find_in_log(line).map(|found| found.entry.class.as_str());
        assert_eq!(found, Some(class), "{line}");
        let remedy = remedy_for_log_line(line).unwrap();
        let advice = remedy.advice.as_str();
        // The line is in the log already.
        assert!(!advice.contains("build log:"), "{advice}");
    }
}

#[test]
fn lines_that_only_sound_like_a_known_failure_have_no_remedy() {
    for line in [
        "Stdout: package kernel-devel-5.14.0-362.el9 is not installed",
        "Stdout: Installing kernel-devel-5.14.0-362.el9.x86_64",
        "Stdout: df: 20G of space on the device, 3G left",
        "Stdout: systemd-resolved: name resolution is set up by /etc/resolv.conf",
        "Stdout: Setting the order of name resolution: files dns",
        "Stderr: warning: /var/cache/x.rpm: Header V3 RSA/SHA256 Signature, key ID 352c64e5: NOKEY",
        "Stdout: Importing GPG key 0x352C64E5:",
        "Stdout: this AMI was created on Monday and is often used",
        "CmdExecution: ExitCode 1260",
        "Stdout: took 127 seconds",
        "Stdout: port 126 is open",
        "Stdout: checking for gawk: not found",
        "Stdout: HTTP/1.1 404: Not Found",
        "Stdout: the reboot is not needed; rate limit 5",
        "CmdExecution: ExitCode 19",
        "",
        "CmdExecution: ExitCode 0",
        "Phase build",
        "Stdout: Complete!",
        "Started step InstallPackages with action ExecuteBash",
    ] {
        assert!(find_in_log(line).is_none(), "{line}");
    }
}
