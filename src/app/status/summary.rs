//! The whole watch in one line: for the notification when a verdict falls, and for the normal screen after
//! the program has left. It names the image, since nothing else is beside it.

use crate::app::model::Model;
use crate::app::status::connection::ConnectionState;
use crate::app::status::notices::tail;
use crate::domain::build::Cleanup;
use crate::domain::outcome::verdict_reason;
use crate::domain::verdict::Verdict;
use crate::text::safe::{duration, one_line, truncate, width};

/// Columns of the longest summary, a few lines of a terminal: a service's reason can be of any length.
pub(crate) const LONGEST: usize = 240;
/// Columns of its end that are always kept: the service puts the cause there.
const TAIL: usize = 80;

/// What is known about the build, in one line of clean text.
pub fn summary(model: &Model) -> String {
    shortened(&one_line(&text(model)))
}

/// A text without its middle, where it is too long.
fn shortened(text: &str) -> String {
    if width(text) <= LONGEST {
        return text.to_owned();
    }
    let gap = " ... ";
    let head = truncate(text, LONGEST - TAIL - width(gap), "");
    format!("{}{gap}{}", head.trim_end(), tail(text, TAIL).trim_start())
}

fn text(model: &Model) -> String {
    let (build, image) = (&model.build, &model.target.image_id);
    match build.verdict() {
        Verdict::Waiting => unseen(model),
        Verdict::Building => going_on(model, "building"),
        Verdict::Finishing => going_on(model, "finishing"),
        Verdict::Deleting => going_on(model, "being deleted"),
        Verdict::Failing => format!("{image} failed and is still rolling back{}", because(model)),
        Verdict::Failed => format!("{image} failed{}{}", took(model, "after"), because(model)),
        Verdict::Succeeded => {
            let ami = build.ami().map(|ami| format!(": {}", ami.id));
            let left = match build.cleanup() {
                Cleanup::Leftover => "; its stack is left over and can be deleted",
                _ => "",
            };
            format!(
                "{image} succeeded{}{}{left}",
                took(model, "in"),
                ami.unwrap_or_default()
            )
        }
        Verdict::Deleted | Verdict::NotFound | Verdict::Ended => {
            format!("{image}: {}", verdict_reason(build).unwrap_or_default())
        }
    }
}

/// There is nothing to tell of a build, so this tells why.
fn unseen(model: &Model) -> String {
    let image = &model.target.image_id;
    if let Some(fault) = model.connection.fault(&model.build) {
        format!("{image} could not be watched: {fault}")
    } else if model.connection.state == ConnectionState::Waiting {
        format!("{image}: nothing of this name has been found yet")
    } else {
        format!("{image}: the API has not answered yet")
    }
}

/// What goes on; where the API no longer answers, what went on when it last did.
fn going_on(model: &Model, what: &str) -> String {
    let image = &model.target.image_id;
    let Some(fault) = model.connection.fault(&model.build) else {
        let elapsed = model.build.elapsed(model.now).map(in_brackets);
        return format!("{image} is still {what}{}", elapsed.unwrap_or_default());
    };
    let last = model.connection.last_sync.unwrap_or(model.now);
    let elapsed = model.build.elapsed(last).map(in_brackets);
    let elapsed = elapsed.unwrap_or_default();
    format!("{image} was still {what}{elapsed} when the API last answered: {fault}")
}

fn in_brackets(span: chrono::TimeDelta) -> String {
    format!(" ({})", duration(span))
}

fn took(model: &Model, preposition: &str) -> String {
    let elapsed = model.build.elapsed(model.now).map(duration);
    elapsed.map_or_else(String::new, |elapsed| format!(" {preposition} {elapsed}"))
}

/// What failed first, and why; else what the service says of the whole.
fn because(model: &Model) -> String {
    let said = model.explanation().map(|why| {
        let id = why.cause.logical_id.as_str();
        let reason = why.summary();
        reason.map_or_else(|| id.to_owned(), |reason| format!("{id}: {reason}"))
    });
    let said = said.or_else(|| verdict_reason(&model.build));
    said.map_or_else(String::new, |said| format!(": {said}"))
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
