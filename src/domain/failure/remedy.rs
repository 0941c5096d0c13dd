//! Remedies for known failures: advice in plain words, and a command if one helps. An [`super::Explanation`] has at most one.
//!
//! A wrong remedy is worse than none, so each is bound to words that a service uses for that failure only. A command is made
//! to be pasted into a shell: it contains nothing that a shell could interpret.

use crate::domain::failure::reason::{Label, Reason, resource_of_arn};
use crate::text::safe::SafeText;
use crate::text::width::truncate;

/// The widest quoted words in advice, in columns.
const WORD_COLUMNS: usize = 64;

/// The image that a remedy is for, for its commands.
#[derive(Clone, Copy, Debug)]
pub struct RemedyContext<'a> {
    pub image_id: &'a str,
    pub region: Option<&'a str>,
    /// The ParallelCluster version that builds the image.
    pub version: Option<&'a str>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remedy {
    /// One or two sentences; the first one matters most.
    pub advice: SafeText,
    pub command: Option<SafeText>,
}

/// A failure that has a remedy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum KnownFailure {
    /// The build instance never reached Systems Manager.
    NoRoute,
    /// Image Builder could not start its task runner on the build instance.
    NoTaskRunner,
    /// Image Builder stopped waiting for a step.
    StepTimedOut,
    /// The installation of a package waits for an input.
    Debconf,
    /// The parent image is another ParallelCluster version's.
    OtherVersion,
    /// A step of a component failed.
    Component,
    /// A quota of the account is exhausted.
    Limit,
    /// A permission is missing.
    Denied,
    /// A resource of that name exists already.
    NameTaken,
}

impl KnownFailure {
    fn of(reason: &Reason) -> Option<Self> {
        if reason.is_too_long() {
            return None;
        }
        let message = reason.message();
        let contains = |words: &str| message.contains(words);
        let has = |label| reason.part(label).is_some();
        let ran = has(Label::SsmExecution) || has(Label::Workflow);
        if contains("SSM Agent verification failed") {
            Some(Self::NoRoute)
        } else if contains("bootstrap TOE") {
            Some(Self::NoTaskRunner)
        } else if waits_for_input(message) {
            Some(Self::Debconf)
        } else if is_of_another_version(message) {
            Some(Self::OtherVersion)
        } else if contains("Step timed out") {
            Some(Self::StepTimedOut)
        } else if has(Label::Action) {
            Some(Self::Denied)
        } else if has(Label::Component) && (ran || contains("failed")) {
            Some(Self::Component)
        } else if is_denied(reason) {
            Some(Self::Denied)
        } else if is_limited(reason) {
            Some(Self::Limit)
        } else if contains("already exists") || has_code(reason, &TAKEN) {
            Some(Self::NameTaken)
        } else {
            None
        }
    }
}

/// The ends of error codes for a name that exists already.
const TAKEN: [&str; 2] = ["AlreadyExists", "AlreadyExistsException"];

/// `AMI was created with … <version> …, but is … used with … <version>`, from ParallelCluster's cookbook.
fn is_of_another_version(message: &str) -> bool {
    let rest = message.split_once("AMI was created");
    let rest = rest.and_then(|(_, rest)| rest.split_once(" is "));
    rest.is_some_and(|(_, rest)| rest.contains("used"))
}

/// `debconf` also prints harmless warnings, in every installation without a terminal.
fn waits_for_input(message: &str) -> bool {
    let harmless = [
        "delaying package configuration",
        "falling back to frontend",
        "unable to initialize",
    ];
    message.contains("debconf") && !harmless.iter().any(|words| message.contains(words))
}

/// Whether one of the error codes ends like one of these.
fn has_code(reason: &Reason, ends: &[&str]) -> bool {
    let codes = [Label::ErrorCode, Label::HandlerCode];
    let mut codes = codes.iter().filter_map(|label| reason.part(*label));
    codes.any(|code| ends.iter().any(|end| code.as_str().ends_with(end)))
}

fn is_denied(reason: &Reason) -> bool {
    let codes = [
        "AccessDenied",
        "AccessDeniedException",
        "UnauthorizedOperation",
    ];
    let words = ["AccessDenied", "not authorized to perform", "Access Denied"];
    has_code(reason, &codes) || words.iter().any(|words| reason.message().contains(words))
}

/// Whether a quota is exhausted; an exceeded request rate passes by itself, and is none.
fn is_limited(reason: &Reason) -> bool {
    let message = reason.message();
    let rate = |text: &str| text.contains("RequestLimitExceeded") || text.contains("Rate exceeded");
    if rate(message) || has_code(reason, &["RequestLimitExceeded", "Throttling"]) {
        return false;
    }
    has_code(
        reason,
        &[
            "LimitExceeded",
            "LimitExceededException",
            "QuotaExceededException",
        ],
    ) || ["LimitExceeded", "maximum number of"]
        .iter()
        .any(|words| message.contains(words))
}

impl Remedy {
    /// The remedy for a failure; none if its reason is not known.
    pub fn for_reason(reason: &Reason, context: &RemedyContext<'_>) -> Option<Self> {
        let advice = |advice: &str| Self {
            advice: SafeText::new(advice),
            command: None,
        };
        Some(match KnownFailure::of(reason)? {
            KnownFailure::NoRoute => advice(
                "The build instance could not reach Systems Manager. Its subnet needs a public IP address with \
                 an internet gateway, a NAT gateway, or VPC endpoints (ssm, ssmmessages, ec2messages, s3).",
            ),
            KnownFailure::NoTaskRunner => advice(
                "Image Builder's task runner did not start on the build instance. Check that the subnet and \
                 the instance profile reach S3, and that /tmp of the parent image is not mounted noexec.",
            ),
            KnownFailure::Debconf => Self::see_log(
                reason,
                context,
                "A package asked a question while it was installed. Set DEBIAN_FRONTEND=noninteractive there.",
            ),
            KnownFailure::OtherVersion => advice(
                "The parent image was made by another ParallelCluster version. Build from a plain parent \
                 image, or with the version that made it.",
            ),
            KnownFailure::StepTimedOut => Self::see_log(
                reason,
                context,
                "A step took longer than Image Builder waits for it.",
            ),
            KnownFailure::Component => Self::see_log(reason, context, ""),
            KnownFailure::Denied => Self::for_denial(reason),
            KnownFailure::Limit => advice(
                "A quota of the AWS account is used up. Delete what is not needed any more, or ask for more in \
                 Service Quotas, then build again.",
            ),
            KnownFailure::NameTaken => advice(
                "Something of this name is there already, often left by an earlier stack. Delete it, or build \
                 under another image id.",
            ),
        })
    }

    /// The remedy for a stack that failed to delete itself after its image had been made.
    pub fn for_leftover(context: &RemedyContext<'_>) -> Self {
        let command = command_line(context, "aws cloudformation delete-stack --stack-name", "");
        Self {
            advice: SafeText::new(
                "Use the AMI; pcluster delete-image would delete it too. Delete the stack by hand.",
            ),
            command,
        }
    }

    fn for_denial(reason: &Reason) -> Self {
        let short = |part: &str| truncate(part, WORD_COLUMNS, "...");
        let caller = reason.part(Label::Caller);
        let role = caller.and_then(|caller| role_of(caller.as_str()));
        let role = role.map_or_else(
            || "the role that was denied".to_owned(),
            |role| format!("the role {}", short(role)),
        );
        let action = reason.part(Label::Action);
        let advice = match action.map(|action| short(action.as_str())) {
            // Another permission does not help against a policy that denies.
            Some(action) if reason.message().contains("explicit deny") => {
                format!("A policy denies {action} to {role}. Have it changed there; see the event's reason.")
            }
            Some(action) => format!("Add {action} to {role}."),
            None => "A permission is missing. The event's reason says which; add it to the role that was \
                     denied."
                .to_owned(),
        };
        Self {
            advice: SafeText::new(&advice),
            command: None,
        }
    }

    /// The cause is in the build log, which outlives the stack: names the log, and the command that reads it.
    fn see_log(reason: &Reason, context: &RemedyContext<'_>, first: &str) -> Self {
        let stream = stream(reason, context);
        let group = format!(
            "/aws/imagebuilder/ParallelClusterImage-{}",
            truncate(context.image_id, WORD_COLUMNS, "...")
        );
        let location = stream.as_ref().map_or_else(
            || format!("log group {group}"),
            |stream| format!("stream {stream} of log group {group}"),
        );
        let advice = format!("{first} The cause is near the end of the build log: {location}.");
        let command = match &stream {
            Some(stream) => command_line(
                context,
                "pcluster get-image-log-events --image-id",
                &format!(" --log-stream-name {stream}"),
            ),
            None => command_line(context, "pcluster list-image-log-streams --image-id", ""),
        };
        Self {
            advice: SafeText::new(advice.trim_start()),
            command,
        }
    }
}

/// The build log's stream, `VERSION/1`. The version is the numbers of DescribeImage's, else that of the image's ARN,
/// `…:image/NAME/VERSION/BUILD`.
fn stream(reason: &Reason, context: &RemedyContext<'_>) -> Option<String> {
    let numbers = |version: &str| {
        let end = version.find(|character: char| !character.is_ascii_digit() && character != '.');
        let numbers = version
            .get(..end.unwrap_or(version.len()))?
            .trim_end_matches('.');
        (!numbers.is_empty() && numbers.len() <= WORD_COLUMNS).then(|| format!("{numbers}/1"))
    };
    let of_image = || {
        let image = reason.part(Label::Image)?.as_str();
        numbers(resource_of_arn(image).split('/').nth(2)?)
    };
    context.version.and_then(numbers).or_else(of_image)
}

/// The role in a caller's ARN, `…:assumed-role/ROLE/SESSION` or `…:role/PATH/ROLE`.
fn role_of(caller: &str) -> Option<&str> {
    let resource = resource_of_arn(caller);
    let session = resource.strip_prefix("assumed-role/");
    let session = session.and_then(|rest| rest.split('/').next());
    let role = || resource.strip_prefix("role/")?.rsplit('/').next();
    session.or_else(role).filter(|role| !role.is_empty())
}

/// A command about the image, in its region; none if the image's id or the region is no plain word.
fn command_line(context: &RemedyContext<'_>, command: &str, rest: &str) -> Option<SafeText> {
    let id = shell_word(context.image_id)?;
    let region = match context.region {
        Some(region) => format!(" --region {}", shell_word(region)?),
        None => String::new(),
    };
    Some(SafeText::new(&format!("{command} {id}{region}{rest}")))
}

/// The word, if every shell reads it literally and no command reads it as an option.
fn shell_word(word: &str) -> Option<&str> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let good =
        word.bytes().all(plain) && word.starts_with(|first: char| first.is_ascii_alphabetic());
    (good && word.len() <= 128).then_some(word)
}
