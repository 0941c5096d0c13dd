//! Remedies for known failures: advice in plain words, and a command if one helps. An [`super::Explanation`] has at most one.
//!
//! A wrong remedy is worse than none, so each is bound to words that a service uses for that failure only. A command is made
//! to be pasted into a shell: each value in it fits the pattern of its placeholder and is quoted; one that does not stays
//! `<NAME>`.

use std::sync::LazyLock;

use regex::Regex;

use crate::domain::reason::fit::middle;
use crate::domain::reason::known::{self, Entry, Level, Match};
use crate::domain::reason::parse::compiled;
use crate::domain::reason::parts::{Label, Reason, resource_of_arn};
use crate::text::safe::SafeText;

/// The widest value in advice, in columns.
const WORD_COLUMNS: usize = 64;

/// The image that a remedy is for.
#[derive(Clone, Copy, Debug, Default)]
pub struct RemedyContext<'a> {
    pub image_id: &'a str,
    pub region: Option<&'a str>,
    /// The ARN of the Image Builder image, where the reason has none.
    pub image_arn: Option<&'a str>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remedy {
    /// A few sentences; the first one matters most.
    pub advice: SafeText,
    pub command: Option<SafeText>,
}

/// The placeholders, and the pattern that a value must fit.
pub(crate) const PLACEHOLDERS: [(&str, &str); 23] = [
    ("IMAGE_ID", "[A-Za-z][A-Za-z0-9-]{0,127}"),
    ("REGION", "[a-z]{2,3}(-[a-z]+)+-[0-9]{1,2}"),
    (
        "IMAGE_ARN",
        r"arn:aws[a-z-]*:imagebuilder:[a-z0-9-]+:[0-9]{12}:image/[\w./-]{1,200}",
    ),
    ("LOG_STREAM", r"[0-9]+\.[0-9]+\.[0-9]+/[0-9]+"),
    ("CALLER", r"the (role|user) [\w+=,.@'-]{1,64}|the root user"),
    ("ROLE", r"\w[\w+=,.@-]{0,63}"),
    ("USER", r"\w[\w+=,.@'-]{0,63}"),
    ("ACTION", r"[a-z][a-z0-9-]*:[A-Za-z0-9*]+"),
    ("ENCODED", "[A-Za-z0-9][A-Za-z0-9_-]{19,4095}"),
    ("TARGET_REGION", "[a-z]{2,3}(-[a-z]+)+-[0-9]{1,2}"),
    ("TARGET_ACCOUNT", "[0-9]{12}"),
    ("HOOK", r"[A-Za-z0-9]+(::[A-Za-z0-9]+)+"),
    ("INSTANCE", "i-[0-9a-f]{8,17}"),
    ("EXIT_CODE", "[0-9]{1,5}"),
    ("CODE", "[0-9]{3}"),
    ("TYPE", r"[a-z][a-z0-9-]*\.[a-z0-9-]+"),
    ("ZONE", "[a-z]{2,3}(-[a-z0-9]+)+-[0-9]{1,2}[a-z]?"),
    ("SUBNET", "subnet-[0-9a-f]{8,17}"),
    ("GROUP", "sg-[0-9a-f]{8,17}"),
    ("VPC", "vpc-[0-9a-f]{8,17}"),
    ("AMI", "ami-[0-9a-f]{8,17}"),
    ("KEY", r"[\w./:-]{1,200}"),
    ("NAME", r"\w[\w+=,.@/:-]{0,127}"),
];

/// The patterns, compiled.
static FORMS: LazyLock<Vec<(&str, Regex)>> = LazyLock::new(|| {
    let forms = PLACEHOLDERS.iter();
    forms
        .map(|(name, pattern)| (*name, compiled(&format!("^(?:{pattern})$"))))
        .collect()
});
/// `<NAME>`, or `<NAME|what to say instead>` in prose.
static PLACEHOLDER: LazyLock<Regex> = LazyLock::new(|| compiled(r"<([A-Z_]+)(?:\|([^>]*))?>"));

/// Where the cause is, with and without the log's stream.
const LOG: [&str; 2] = [
    "The cause is near the end of the build log: stream <LOG_STREAM> of log group \
     /aws/imagebuilder/ParallelClusterImage-<IMAGE_ID>.",
    "The cause is near the end of the build log: log group /aws/imagebuilder/ParallelClusterImage-<IMAGE_ID>.",
];

/// The commands that read the build log, which outlives the stack.
pub(crate) const LOG_COMMANDS: [&str; 2] = [
    "pcluster get-image-log-events --image-id <IMAGE_ID> --region <REGION> --log-stream-name <LOG_STREAM>",
    "pcluster list-image-log-streams --image-id <IMAGE_ID> --region <REGION>",
];

impl Remedy {
    /// The remedy for a failure that is known.
    pub(crate) fn of(found: &Match, reason: &Reason, context: &RemedyContext<'_>) -> Self {
        Self::with_log(found.entry.log, found, reason, context)
    }

    /// The remedy for a reason, if it is more than where Image Builder failed.
    pub(crate) fn of_reason(reason: &Reason, context: &RemedyContext<'_>) -> Option<Self> {
        let found = known::find(reason).filter(|found| found.entry.level >= Level::Kind)?;
        Some(Self::of(&found, reason, context))
    }

    /// The remedy for a fact that no service puts in words, which may be about an AMI.
    pub(crate) fn of_fact(
        fact: &str,
        ami: Option<&SafeText>,
        context: &RemedyContext<'_>,
    ) -> Option<Self> {
        let mut found = known::of_fact(fact)?;
        found.found.extend(ami.map(|ami| ("ami", ami.to_string())));
        Some(Self::of(&found, &Reason::default(), context))
    }

    /// Where to look, for a failure of Image Builder of which nothing is known.
    pub(crate) fn for_unknown(context: &RemedyContext<'_>) -> Option<Self> {
        Self::of_fact(known::UNKNOWN, None, context)
    }

    /// The remedy for a line of the build log, if it is that of a failure that is known.
    pub fn of_log_line(line: &str, context: &RemedyContext<'_>) -> Option<Self> {
        let found = known::find_in_log(line)?;
        let reason = Reason::parse(&SafeText::new(line));
        Some(Self::with_log(false, &found, &reason, context))
    }

    /// `log` is whether to say where the build log is.
    fn with_log(log: bool, found: &Match, reason: &Reason, context: &RemedyContext<'_>) -> Self {
        let values = Values {
            reason,
            context,
            found: &found.found,
        };
        let Entry { meaning, fix, .. } = found.entry;
        let mut advice = format!("{} {}", values.prose(meaning), values.prose(fix));
        let mut commands: Vec<_> = found.entry.commands.iter().map(String::as_str).collect();
        if log {
            let has_stream = values.get("LOG_STREAM").is_some();
            let [of_stream, of_group] = LOG;
            let place = values.prose(if has_stream { of_stream } else { of_group });
            advice = format!("{} {place}", advice.trim());
            commands.extend(LOG_COMMANDS);
        }
        Self {
            advice: SafeText::new(advice.trim()),
            command: values.command(&commands),
        }
    }

    /// The remedy for a stack that failed to delete itself after its image had been made.
    pub fn for_leftover(context: &RemedyContext<'_>) -> Self {
        let command = "aws cloudformation delete-stack --stack-name <IMAGE_ID> --region <REGION>";
        let values = Values {
            reason: &Reason::default(),
            context,
            found: &[],
        };
        Self {
            advice: SafeText::new(
                "Use the AMI; pcluster delete-image would delete it too. Delete the stack by hand.",
            ),
            command: values.command(&[command]),
        }
    }
}

/// The sentences of a class's summary that can be filled in.
pub(crate) fn summaries(
    found: &Match,
    reason: &Reason,
    context: &RemedyContext<'_>,
) -> Vec<String> {
    let values = Values {
        reason,
        context,
        found: &found.found,
    };
    let summaries = found.entry.summary.iter();
    let known = |text: &&String| values.unknown(text) == 0;
    summaries
        .filter(known)
        .map(|text| values.prose(text))
        .collect()
}

/// The values of placeholders.
struct Values<'a> {
    reason: &'a Reason,
    context: &'a RemedyContext<'a>,
    found: &'a [(&'static str, String)],
}

impl Values<'_> {
    /// A value that fits its pattern.
    fn get(&self, name: &str) -> Option<String> {
        let value = self.raw(name)?;
        let (_, form) = FORMS.iter().find(|(known, _)| *known == name)?;
        form.is_match(&value).then_some(value)
    }

    fn raw(&self, name: &str) -> Option<String> {
        let part = |label| self.reason.get(label).map(str::to_owned);
        let caller = || Some(resource_of_arn(self.reason.get(Label::Caller)?));
        let image = self.reason.get(Label::Image).or(self.context.image_arn);
        match name {
            "IMAGE_ID" => Some(self.context.image_id.to_owned()),
            "REGION" => self.region().map(str::to_owned),
            "IMAGE_ARN" => image.map(str::to_owned),
            "LOG_STREAM" => resource_of_arn(image?)
                .splitn(3, '/')
                .nth(2)
                .map(str::to_owned),
            "CALLER" => {
                let role = role_of(caller()?).map(|role| format!("the role {role}"));
                let user = || Some(format!("the user {}", user_of(caller()?)?));
                let root = || (caller()? == "root").then(|| "the root user".to_owned());
                role.or_else(user).or_else(root)
            }
            "ROLE" => role_of(caller()?).map(str::to_owned),
            "USER" => user_of(caller()?).map(str::to_owned),
            "ACTION" => part(Label::Action),
            "ENCODED" => part(Label::Encoded),
            "TARGET_REGION" => part(Label::TargetRegion),
            "TARGET_ACCOUNT" => part(Label::TargetAccount),
            "HOOK" => part(Label::Hook),
            "INSTANCE" => part(Label::Instance),
            "EXIT_CODE" => part(Label::ExitCode),
            _ => {
                let key = name.to_lowercase();
                let found = self.found.iter().find(|(known, _)| *known == key);
                found.map(|(_, value)| value.clone())
            }
        }
    }

    fn region(&self) -> Option<&str> {
        let image = self.reason.get(Label::Image).or(self.context.image_arn);
        let of_image = || image?.split(':').nth(3).filter(|region| !region.is_empty());
        self.context.region.or_else(of_image)
    }

    /// A text for the user, with its placeholders filled in.
    fn prose(&self, text: &str) -> String {
        let value = |found: &regex::Captures<'_>| {
            let name = found.get(1).map_or("", |name| name.as_str());
            let instead = || {
                let whole = found.get(0).map_or("", |whole| whole.as_str());
                found
                    .get(2)
                    .map_or(whole, |instead| instead.as_str())
                    .to_owned()
            };
            let whole = name == "IMAGE_ID";
            let short = |value: String| {
                if whole {
                    value
                } else {
                    middle(&value, WORD_COLUMNS)
                }
            };
            let value = self.get(name).map(short);
            value.unwrap_or_else(instead)
        };
        PLACEHOLDER.replace_all(text, value).into_owned()
    }

    /// The number of placeholders without a value.
    fn unknown(&self, text: &str) -> usize {
        let names = PLACEHOLDER
            .captures_iter(text)
            .filter_map(|found| found.get(1));
        names
            .filter(|name| self.get(name.as_str()).is_none())
            .count()
    }

    /// The first command whose placeholders all have values, else the first one, with `<NAME>` for what the user must
    /// fill in.
    fn command(&self, commands: &[&str]) -> Option<SafeText> {
        let without_region = self.region().is_none();
        let commands: Vec<_> = commands
            .iter()
            .map(|command| {
                if without_region {
                    command.replace(" --region <REGION>", "")
                } else {
                    (*command).to_owned()
                }
            })
            .collect();
        let best = commands
            .iter()
            .min_by_key(|command| self.unknown(command))?;
        let value = |found: &regex::Captures<'_>| {
            let whole = found.get(0).map_or("", |whole| whole.as_str());
            let name = found.get(1).map_or("", |name| name.as_str());
            self.get(name)
                .map_or_else(|| whole.to_owned(), |value| quoted(&value))
        };
        Some(SafeText::new(&PLACEHOLDER.replace_all(best, value)))
    }
}

/// A value as one word of a shell.
fn quoted(value: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./:@%+".contains(&byte);
    if value.bytes().all(plain) {
        value.to_owned()
    } else {
        format!("'{}'", value.replace('\'', r"'\''"))
    }
}

/// The role in a caller's resource, `assumed-role/ROLE/SESSION` or `role/PATH/ROLE`.
fn role_of(resource: &str) -> Option<&str> {
    let session = resource.strip_prefix("assumed-role/");
    let session = session.and_then(|rest| rest.split('/').next());
    let role = || resource.strip_prefix("role/")?.rsplit('/').next();
    session.or_else(role).filter(|role| !role.is_empty())
}

/// The user in a caller's resource, `user/PATH/USER` or `federated-user/USER`.
fn user_of(resource: &str) -> Option<&str> {
    let user = resource
        .strip_prefix("user/")
        .or_else(|| resource.strip_prefix("federated-user/"))?;
    user.rsplit('/').next()
}
