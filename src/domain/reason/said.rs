//! Finds the words of a reason that tell why: the line of a command's output that names the cause, the exception at the end
//! of a Python traceback, and the first of several errors of a distribution.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

use crate::domain::reason::parse::compiled;

/// The output of a command, in a reason of Systems Manager.
static OUTPUT: LazyLock<Regex> = LazyLock::new(|| {
    compiled(r"(?is)\boutput ?[=:] ?\[(?<said>[^\]].*?)(?:\], ?\w+=\[.*|\]\}.*|\])?$")
});
/// What separates the errors from the other output.
static ERRORS: LazyLock<Regex> = LazyLock::new(|| compiled(r"(?i)-{3,} ?error ?-{3,}"));
/// What Systems Manager adds to an output.
static RUN_FAILED: LazyLock<Regex> =
    LazyLock::new(|| compiled(r"(?i);? ?(failed to run commands: exit status [0-9]+)"));
/// The failed document, in an output that is JSON.
static FAILED_DOCUMENT: LazyLock<Regex> = LazyLock::new(|| {
    compiled(
        r#"(?i)\\?"failureMessage\\?" ?: ?\\?"(?:document )?(?:TOE_[^\s/]+/)?(?<cause>[^"\\]+)"#,
    )
});
/// Lines that say nothing about a failure: commands that a shell repeats, and the progress of downloads.
static NOISE: LazyLock<Regex> =
    LazyLock::new(|| compiled(r"(?i)^(?:\++ |% total\b|dload\b|[0-9 .:kMG-]+$|warning\b|w: )"));
/// Lines that only repeat that something failed.
static REPEATS: LazyLock<Regex> = LazyLock::new(|| {
    compiled(
        r"(?i)^(?:make(?:\[[0-9]+\])?: \*\*\*|ninja: build stopped|error: subprocess-exited|npm err! (?:code|a complete log))",
    )
});
/// The time at the beginning of a line.
static TIME: LazyLock<Regex> =
    LazyLock::new(|| compiled(r"^\[?[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.,+Z-]+\]? ?"));
/// The marks of lines that name a cause, the surest first.
static CAUSES: LazyLock<[Regex; 3]> = LazyLock::new(|| {
    [
        r"^(?:\[[^\]]*\] ?)?(?:fatal|panic)\b",
        r"^(?:\[[^\]]*\] ?)?(?:e:|error\b|err:|curl: \(|wget:|dpkg: error|npm err!|\S+: (?:fatal )?error\b|[\w.]+(?:Error|Exception)\b)",
        r"\b(?:error|fail(?:ed|ure)?|cannot|can't|could ?n[o']t|unable|not found|denied|no such|killed|refused|invalid|missing)\b",
    ]
    .map(|pattern| compiled(&format!("(?i){pattern}")))
});
const TRACEBACK: &str = "Traceback (most recent call last)";
/// The last exception of a traceback that is written on one line.
static EXCEPTION: LazyLock<Regex> = LazyLock::new(|| {
    compiled(r"(?:^|[\s:])(?<said>[A-Za-z_][\w.]*(?:Error|Exception|Exit|Interrupt|Timeout)\b.*)$")
});

/// The list of a distribution or integration job's errors.
static JOBS: LazyLock<Regex> = LazyLock::new(|| {
    compiled(
        r"(?is)^\W*not all (?:distribution|integration) jobs are completed\b[.,:; ]*(?<list>.*)$",
    )
});
static NUMBER: LazyLock<Regex> = LazyLock::new(|| compiled(r"(?:^|[\s,;.'])\(?([0-9]{1,3})[).] ?"));
static REGION: LazyLock<Regex> = LazyLock::new(|| {
    compiled(r#"(?i)\bregion:? ?['"(]?(?<region>[a-z]{2,3}(?:-[a-z]+)+-[0-9]{1,2})\b['").,;]*"#)
});

/// The words in a message that tell why, each line of a command's output or of a traceback by itself. `names_cause` knows
/// the lines of a known failure. None where the message has neither.
pub(crate) fn telling(message: &str, names_cause: impl Fn(&str) -> bool) -> Option<String> {
    let Some(output) = OUTPUT.captures(message) else {
        return exception(&lines(message)).map(str::to_owned);
    };
    let output = output.name("said")?.as_str();
    if let Some(found) = FAILED_DOCUMENT.captures(output) {
        return Some(format!("document {}", found["cause"].trim_end_matches('!')));
    }
    let (said, errors) = match ERRORS.find(output) {
        Some(mark) => (output.get(..mark.start())?, output.get(mark.end()..)?),
        None => ("", output),
    };
    let [errors, said] = [errors, said].map(|text| RUN_FAILED.replace_all(text, "").into_owned());
    let names_cause = |line: &&&str| !line.contains(TRACEBACK) && names_cause(line);
    let errors = lines(&errors);
    let known = errors.iter().find(names_cause).copied();
    let line = known
        .or_else(|| exception(&errors))
        .or_else(|| marked(&errors))
        .or_else(|| last(&errors));
    let said = lines(&said);
    let line = line
        .or_else(|| said.iter().find(names_cause).copied())
        .or_else(|| exception(&said))
        .or_else(|| marked(&said));
    let line = line.map(|line| {
        let line = line.trim();
        let time = TIME.find(line).map_or(0, |time| time.end());
        line.get(time..).unwrap_or(line)
    });
    let line = line.filter(|line| !line.is_empty());
    let status = || Some(RUN_FAILED.captures(output)?.get(1)?.as_str());
    line.or_else(status).map(str::to_owned)
}

/// The part of a message that a known failure is looked for in: not what a command wrote before its errors.
pub(crate) fn errors_of(message: &str) -> &str {
    let message = first_error(message);
    let errors = || {
        let output = OUTPUT.captures(message)?.name("said")?;
        let mark = ERRORS.find(output.as_str())?;
        let errors = output.as_str().get(mark.end()..)?;
        let says_more = !RUN_FAILED.replace_all(errors, "").trim().is_empty();
        message
            .get(output.start() + mark.end()..)
            .filter(|_| says_more)
    };
    errors().unwrap_or(message)
}

/// A message without what Systems Manager adds to an output: the exit code is a part of the reason.
pub(crate) fn without_exit(message: &str) -> Cow<'_, str> {
    RUN_FAILED.replace_all(message, "")
}

/// The lines of a text; some services write the end of a line as `\n`.
fn lines(text: &str) -> Vec<&str> {
    let text = text.trim_matches(['\n', '\r']);
    let end = if text.contains('\n') { "\n" } else { "\\n" };
    let lines = text.split(['\n', '\r']);
    let lines = lines.flat_map(|line| line.split(end));
    lines.filter(|line| !line.trim().is_empty()).collect()
}

/// The exception at the end of a Python traceback: the first line after it that is not indented.
fn exception<'a>(lines: &[&'a str]) -> Option<&'a str> {
    let (at, line) = lines
        .iter()
        .enumerate()
        .rfind(|(_, line)| line.contains(TRACEBACK))?;
    let (before, rest) = line.split_once(TRACEBACK)?;
    // Each line may have the prefix of a log.
    let bare = |line: &&'a str| {
        let line = line.strip_prefix(before).unwrap_or(line);
        (!line.starts_with([' ', '\t'])).then_some(line)
    };
    let after = lines.get(at + 1..).unwrap_or_default();
    if let Some(line) = after.iter().find_map(bare) {
        return Some(line.trim());
    }
    let text = after.last().map_or(rest, |line| line);
    let found = EXCEPTION.captures(text)?.name("said")?;
    Some(found.as_str().trim())
}

/// The first line with the surest mark of a cause.
fn marked<'a>(lines: &[&'a str]) -> Option<&'a str> {
    let lines = || {
        let lines = lines.iter().map(|line| line.trim());
        lines.filter(|line| !NOISE.is_match(line) && !REPEATS.is_match(line))
    };
    CAUSES
        .iter()
        .find_map(|mark| lines().find(|line| mark.is_match(line)))
}

/// The last line that says something.
fn last<'a>(lines: &[&'a str]) -> Option<&'a str> {
    let says_something = |line: &&&str| !NOISE.is_match(line.trim());
    let line = lines.iter().rfind(says_something);
    line.or_else(|| lines.last()).copied()
}

/// The first of a job's errors.
pub(crate) fn first_error(message: &str) -> &str {
    errors(message).first().copied().unwrap_or(message)
}

/// The number of a job's further errors, and their regions.
pub(crate) fn further_errors(message: &str) -> (usize, Vec<&str>) {
    let errors = errors(message);
    let mut regions: Vec<&str> = Vec::new();
    for error in errors.iter().skip(1) {
        let region = REGION
            .captures(error)
            .and_then(|found| found.name("region"));
        let region = region.map(|region| region.as_str());
        regions.extend(region.filter(|region| !regions.contains(region)));
    }
    (errors.len().saturating_sub(1), regions)
}

/// The errors of a distribution or integration job: numbered, or each with its region at its end.
fn errors(message: &str) -> Vec<&str> {
    let list = JOBS.captures(message).and_then(|found| found.name("list"));
    let Some(list) = list.map(|list| list.as_str()) else {
        return Vec::new();
    };
    let mut starts = Vec::new();
    let mut ends = Vec::new();
    for number in NUMBER.captures_iter(list) {
        let (Some(mark), Some(digits)) = (number.get(0), number.get(1)) else {
            continue;
        };
        if digits.as_str().parse() == Ok(starts.len() + 1) {
            ends.push(mark.start());
            starts.push(mark.end());
        }
    }
    if starts.is_empty() {
        let regions: Vec<_> = REGION.find_iter(list).map(|region| region.end()).collect();
        starts = [0].into_iter().chain(regions).collect();
        ends.clone_from(&starts);
    }
    ends.push(list.len());
    let errors = starts.iter().zip(ends.iter().skip(1));
    let errors = errors.filter_map(|(start, end)| list.get(*start..*end));
    let errors = errors.map(|error| error.trim_matches([' ', ',', ';', '\n']));
    errors
        .filter(|error| error.contains(char::is_alphabetic))
        .collect()
}
