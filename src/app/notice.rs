//! What must be read without a key being pressed: why nothing new arrives, what failed first and why.
//!
//! It is wrapped here and not in the view, since the layout gives it as many lines as it needs.

use std::borrow::Cow;

use ratatui::layout::Size;

use crate::domain::build::{Build, Cleanup};
use crate::domain::event::StackEvent;
use crate::domain::text::{truncate, width, wrap};
use crate::domain::timeline::Timeline;
use crate::domain::verdict::Verdict;

use super::link::{Link, LinkState};
use super::msg::Remark;
use super::outcome::verdict_reason;

/// Columns beside the text: a margin on both sides, the glyph and the space after it.
pub const MARGIN: u16 = 4;
/// One line of notices for so many lines of the screen.
const SCREEN_LINES_PER_LINE: u16 = 8;

/// Bytes of either end of a text that no screen shows whole.
const END: usize = 4096;

/// What a notice is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Requests fail: what is on the screen may be old.
    Fault,
    /// What failed first.
    Failure,
    /// The stack of a good image is still there, or something else to look at.
    Attention,
    /// Something to know.
    Note,
}

/// One line of a notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeLine {
    /// What the notice is about.
    pub subject: Subject,
    /// Whether the notice begins here.
    pub first: bool,
    /// The text.
    pub text: String,
}

/// The notices of a screen, wrapped, and cut to what such a screen can spare.
#[must_use]
pub fn lines(build: &Build, link: &Link, remark: Option<&Remark>, size: Size) -> Vec<NoticeLine> {
    let most = usize::from(size.height / SCREEN_LINES_PER_LINE);
    // An empty list has the room to say what is wrong, and says it.
    if most == 0 || build.timelines().iter().all(Timeline::is_empty) {
        return Vec::new();
    }
    let columns = usize::from(size.width.saturating_sub(MARGIN));
    let fault = link.fault(build);
    let fault = fault.map(|fault| (Subject::Fault, fault.to_string()));
    let news = of_build(build, link);
    let remark = remark.map(|remark| (Subject::Attention, remark.text.clone()));
    let told: Vec<_> = [fault, news, remark].into_iter().flatten().collect();
    let mut lines = Vec::new();
    for (index, (subject, text)) in told.iter().enumerate() {
        // What comes first leaves an equal share of the room to those behind it.
        let room = (most - lines.len()).div_ceil(told.len() - index);
        let parts = fitted(text, columns, room).into_iter().enumerate();
        lines.extend(parts.map(|(index, text)| NoticeLine {
            subject: *subject,
            first: index == 0,
            text,
        }));
    }
    lines
}

/// What the build itself has to say.
fn of_build(build: &Build, link: &Link) -> Option<(Subject, String)> {
    match build.verdict() {
        Verdict::Succeeded if build.cleanup() == Cleanup::Leftover => {
            let why = verdict_reason(build).map_or_else(String::new, |why| format!(": {why}"));
            let text = format!("the image is good; its stack could not delete itself{why}");
            Some((Subject::Attention, text))
        }
        _ if link.state == LinkState::Finishing && link.fault(build).is_none() => {
            Some((Subject::Note, link.message(build)))
        }
        Verdict::Deleted | Verdict::Ended => {
            verdict_reason(build).map(|why| (Subject::Attention, why))
        }
        _ => failure(build).map(|text| (Subject::Failure, text)),
    }
}

/// What failed first, and why, in one line; nothing while nothing has failed.
#[must_use]
pub fn failure(build: &Build) -> Option<String> {
    if build.verdict() == Verdict::Succeeded {
        return None;
    }
    let said = |event: &StackEvent| {
        let reason = event.reason.as_ref().map(|reason| gist(reason.as_str()));
        let reason = reason.map_or_else(String::new, |reason| format!(": {reason}"));
        format!("{} {}{reason}", event.logical_id, event.status)
    };
    let failed = matches!(build.verdict(), Verdict::Failed | Verdict::Failing);
    build
        .first_failure()
        .map(|event| said(event))
        .or_else(|| failed.then(|| verdict_reason(build)).flatten())
}

/// The service's reason without the wrapping that every reason of a resource handler has.
fn gist(reason: &str) -> &str {
    let reason = reason.trim();
    let inner = reason
        .strip_prefix("Resource handler returned message: \"")
        .and_then(|rest| rest.rsplit_once("\" (RequestToken:"));
    inner.map_or(reason, |(inner, _)| inner)
}

/// Wraps text to at most so many lines. Where it is longer, its middle is left out: the head says what it
/// is about, and the service puts the cause at the tail.
fn fitted(text: &str, columns: usize, most: usize) -> Vec<String> {
    let text = ends(text);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut lines = wrap(&text, columns);
    if lines.len() <= most {
        return lines;
    }
    if most < 2 {
        lines = vec![truncate(&text, columns, "...")];
        lines.truncate(most);
        return lines;
    }
    lines.truncate(most - 1);
    let tail = tail(&text, columns.saturating_sub(4));
    lines.push(format!("... {}", tail.trim_start()));
    lines
}

/// A text that is longer than any screen, without its middle: it is wrapped at every message.
fn ends(text: &str) -> Cow<'_, str> {
    if text.len() <= 2 * END {
        return text.into();
    }
    let head = text.get(..text.floor_char_boundary(END));
    let tail = text.get(text.ceil_char_boundary(text.len() - END)..);
    format!(
        "{} ... {}",
        head.unwrap_or_default(),
        tail.unwrap_or_default()
    )
    .into()
}

/// The end of a text, cut to so many columns.
fn tail(text: &str, columns: usize) -> &str {
    let starts = text.char_indices().rev().map(|(start, _)| start);
    starts
        .map_while(|start| text.get(start..))
        .take_while(|rest| width(rest) <= columns)
        .last()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handlers_wrapping_is_taken_off() {
        let reason = "Resource handler returned message: \"it broke\" (RequestToken: 1, HandlerErrorCode: X)";
        assert_eq!(gist(reason), "it broke");
        assert_eq!(gist(" plain "), "plain");
    }

    #[test]
    fn a_long_reason_keeps_its_head_and_its_tail() {
        let text = "one two three four five six seven eight nine ten";
        let lines = ["one two three", "four five six", "... nine ten"];
        assert_eq!(fitted(text, 13, 3), lines);
        assert_eq!(fitted(text, 9, 1), ["one tw..."]);
        assert_eq!(fitted(text, 80, 1), [text]);
        assert!(fitted(text, 9, 0).is_empty());
    }
}
