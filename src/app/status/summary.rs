//! The whole watch in one line: for the notification when a verdict is reached, and for the normal screen after the
//! program has left. It names the image, since nothing beside it does.

use chrono::{DateTime, Utc};

use crate::app::session::Session;
use crate::app::status::connection::ConnectionState;
use crate::app::status::notices::tail;
use crate::domain::build::Cleanup;
use crate::domain::failure::failure_line;
use crate::domain::outcome::verdict_reason;
use crate::domain::resume::in_words;
use crate::domain::verdict::Verdict;
use crate::text::duration::duration;
use crate::text::safe::{SafeText, one_line};
use crate::text::width::{truncate, width};

/// The maximum width, a few lines of a terminal: a service's reason can be of any length.
pub(crate) const LONGEST: usize = 240;
/// The columns at its end that are always kept: the service puts the cause there.
const TAIL: usize = 80;

/// The state of the build in one line of clean text, under this name: another build may have the same image id.
pub fn summary(image: &str, session: &Session, now: DateTime<Utc>) -> String {
    shortened(&one_line(&text(image, session, now)))
}

/// A text without its middle if it is too long.
fn shortened(text: &str) -> String {
    if width(text) <= LONGEST {
        return text.to_owned();
    }
    let gap = " ... ";
    let head = truncate(text, LONGEST - TAIL - width(gap), "");
    format!("{}{gap}{}", head.trim_end(), tail(text, TAIL).trim_start())
}

fn text(image: &str, session: &Session, now: DateTime<Utc>) -> String {
    let build = &session.build;
    if let Some(recorded) = build.recorded().filter(|_| build.is_only_recorded()) {
        let why = with_fault(session);
        return format!("{image}: the recording says: {}{why}", in_words(recorded));
    }
    match session.verdict() {
        Verdict::Waiting => not_observed(image, session),
        Verdict::Building => unfinished(image, session, now, "building"),
        Verdict::Finishing => unfinished(image, session, now, "finishing"),
        Verdict::Deleting => unfinished(image, session, now, "being deleted"),
        Verdict::Failing => format!("{image} is failing{}", because(session)),
        Verdict::RollingBack => format!(
            "{image} failed and is still rolling back{}",
            because(session)
        ),
        Verdict::Failed => format!(
            "{image} failed{}{}",
            took(session, now, "after"),
            because(session)
        ),
        Verdict::Succeeded => {
            let ami = build.ami().map(|ami| format!(": {}", ami.id));
            let left = match build.cleanup() {
                Cleanup::Leftover => "; its stack is left over and can be deleted",
                _ => "",
            };
            format!(
                "{image} succeeded{}{}{left}",
                took(session, now, "in"),
                ami.unwrap_or_default()
            )
        }
        Verdict::Deleted
        | Verdict::AmiNotFound
        | Verdict::NotFound
        | Verdict::Ended
        | Verdict::EndNotSeen => {
            format!("{image}: {}", verdict_reason(build).unwrap_or_default())
        }
    }
}

/// There is nothing to report about a build: the reason for that.
fn not_observed(image: &str, session: &Session) -> String {
    if session.build.verdict() == Verdict::Deleting {
        let why = with_fault(session);
        format!(
            "{image}: the stack is being deleted, and it was not known yet whether there is an image{why}"
        )
    } else if let Some(fault) = session.connection.fault(&session.build) {
        format!("{image} could not be watched: {fault}")
    } else if session.connection.state == ConnectionState::Waiting {
        format!("{image}: no image or stack of this name was found yet")
    } else {
        format!("{image}: the API has not responded yet")
    }
}

/// The reason why there may be more to know, if there is one.
fn with_fault(session: &Session) -> String {
    let fault = session.connection.fault(&session.build);
    fault.map_or_else(String::new, |fault| format!("; {fault}"))
}

/// The state of a running build; if the API no longer responds, its state at the last response.
fn unfinished(image: &str, session: &Session, now: DateTime<Utc>, activity: &str) -> String {
    let Some(fault) = session.connection.fault(&session.build) else {
        let elapsed = session.build.elapsed(now).map(in_brackets);
        return format!("{image} is still {activity}{}", elapsed.unwrap_or_default());
    };
    let last = session.connection.last_sync().unwrap_or(now);
    let elapsed = session.build.elapsed(last).map(in_brackets);
    let elapsed = elapsed.unwrap_or_default();
    format!("{image} was still {activity}{elapsed} when the API last responded: {fault}")
}

fn in_brackets(span: chrono::TimeDelta) -> String {
    format!(" ({})", duration(span))
}

fn took(session: &Session, now: DateTime<Utc>, preposition: &str) -> String {
    let elapsed = session.build.elapsed(now).map(duration);
    elapsed.map_or_else(String::new, |elapsed| format!(" {preposition} {elapsed}"))
}

/// The first failure and its reason; otherwise the service's reason for the verdict.
fn because(session: &Session) -> String {
    let text = session.explanation().map(|why| {
        let reason = why.summary.as_ref().map(SafeText::as_str);
        failure_line(&why.cause.logical_id, "", reason)
    });
    let text = text.or_else(|| verdict_reason(&session.build));
    text.map_or_else(String::new, |text| format!(": {text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_keeps_its_head_and_its_tail() {
        assert_eq!(shortened("short"), "short");
        let long = format!("img failed{}the cause", " and so on".repeat(100));
        let short = shortened(&long);
        assert!((LONGEST - 2..=LONGEST).contains(&width(&short)));
        assert!(short.starts_with("img failed and") && short.ends_with("the cause"));
        assert!(width(&shortened(&"日本".repeat(1000))) <= LONGEST);
    }
}
