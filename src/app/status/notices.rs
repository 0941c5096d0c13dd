//! The messages that the user must see without pressing a key: why nothing new arrives, and the first failure.
//!
//! They are wrapped here and not in the view, since the layout gives them as many lines as they need.

use std::borrow::Cow;

use ratatui::layout::Size;

use crate::app::keys::key::Key;
use crate::app::msg::Remark;
use crate::app::session::Session;
use crate::app::status::connection::{Connection, ConnectionState};
use crate::domain::build::{Build, Cleanup};
use crate::domain::failure::{Explanation, Remedy, failure_line};
use crate::domain::outcome::verdict_reason;
use crate::domain::timeline::Timeline;
use crate::domain::verdict::Verdict;
use crate::text::safe::SafeText;
use crate::text::width::{truncate, width, wrap};

/// Columns beside the text: a margin on both sides, the glyph and the space after it.
pub(crate) const MARGIN: u16 = 4;
/// Notices take at most one of this number of lines.
const SCREEN_LINES_PER_LINE: u16 = 8;

/// From this width on there is room for "failed first"; below, the sign has to suffice.
const ROOM_FOR_FIRST: usize = 60;

/// The bytes kept at either end of a text that is longer than any screen.
const KEPT_END: usize = 4096;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeSubject {
    /// Requests fail: the screen may be out of date.
    Fault,
    /// The first failure.
    Failure,
    /// The stack of a good image is still there, or the user should look at something else.
    Attention,
    Note,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeLine {
    pub subject: NoticeSubject,
    /// Whether this is the first line of the notice.
    pub first: bool,
    pub text: String,
}

/// The notices of a screen, wrapped, and cut to the lines that it has for them. `more` is the key that shows the rest
/// of a hint.
pub(crate) fn lines(
    session: &Session,
    remark: Option<&Remark>,
    more: Option<Key>,
    size: Size,
) -> Vec<NoticeLine> {
    let (build, connection) = (&session.build, &session.connection);
    let explanation = session.explanation();
    let most = usize::from(size.height / SCREEN_LINES_PER_LINE);
    // An empty list has the room to show the fault, and does.
    if most == 0 || build.timelines().iter().all(Timeline::is_empty) {
        return Vec::new();
    }
    let columns = usize::from(size.width.saturating_sub(MARGIN));
    let fault = connection.fault(build);
    let fault = fault.map(|fault| (NoticeSubject::Fault, fault.to_string()));
    let notice = build_notice(build, connection, explanation, columns);
    let remark = remark.map(|remark| (NoticeSubject::Attention, remark.text.to_string()));
    let hint = explanation.and_then(|explanation| explanation.remedy.as_ref());
    let helps = |subject| match subject {
        NoticeSubject::Failure => true,
        NoticeSubject::Attention => build.verdict() == Verdict::Succeeded,
        NoticeSubject::Fault | NoticeSubject::Note => false,
    };
    let notice = notice.map(|notice| (hint.filter(|_| helps(notice.0)), notice));
    let without_hint = |notice| (None, notice);
    let notices = [fault.map(without_hint), notice, remark.map(without_hint)];
    let mut left = notices.iter().flatten().count();
    let mut lines = Vec::new();
    for (hint, (subject, text)) in notices.into_iter().flatten() {
        // Each notice leaves an equal share of the room to those behind it.
        let room = (most - lines.len()).div_ceil(left);
        left -= 1;
        let parts = match hint {
            Some(hint) => with_hint(&text, hint, more, columns, room),
            None => fit(&text, columns, room),
        };
        lines.extend(
            parts
                .into_iter()
                .enumerate()
                .map(|(index, text)| NoticeLine {
                    subject,
                    first: index == 0,
                    text,
                }),
        );
    }
    lines
}

/// The notice about the build itself.
fn build_notice(
    build: &Build,
    connection: &Connection,
    explanation: Option<&Explanation>,
    columns: usize,
) -> Option<(NoticeSubject, String)> {
    match build.verdict() {
        Verdict::Succeeded if build.cleanup() == Cleanup::Leftover => {
            let why = verdict_reason(build).map_or_else(String::new, |why| format!(": {why}"));
            let text = format!("the image is good; its stack could not delete itself{why}");
            Some((NoticeSubject::Attention, text))
        }
        _ if connection.state == ConnectionState::Finishing
            && connection.fault(build).is_none() =>
        {
            Some((NoticeSubject::Note, connection.message(build)))
        }
        Verdict::Deleted | Verdict::AmiNotFound | Verdict::Ended | Verdict::EndNotSeen => {
            verdict_reason(build).map(|why| (NoticeSubject::Attention, why))
        }
        _ => failure(build, explanation, columns).map(|text| (NoticeSubject::Failure, text)),
    }
}

/// The first failure and its reason, in one line; `None` before a failure.
pub(crate) fn failure(
    build: &Build,
    explanation: Option<&Explanation>,
    columns: usize,
) -> Option<String> {
    if build.verdict() == Verdict::Succeeded {
        return None;
    }
    let failed = matches!(
        build.verdict(),
        Verdict::Failed | Verdict::Failing | Verdict::RollingBack
    );
    explanation
        .map(|why| failure_text(why, columns))
        .or_else(|| failed.then(|| verdict_reason(build)).flatten())
}

fn failure_text(explanation: &Explanation, columns: usize) -> String {
    let why = explanation.summary.as_ref().map(SafeText::as_str);
    let verb = if columns < ROOM_FOR_FIRST {
        ""
    } else {
        " failed first"
    };
    failure_line(&explanation.cause.logical_id, verb, why)
}

/// A text, and the hint in the lines that are left. A command is shown whole or not at all; if only a part of the hint
/// is shown, so is the key that shows all of it.
fn with_hint(
    text: &str,
    hint: &Remedy,
    more: Option<Key>,
    columns: usize,
    room: usize,
) -> Vec<String> {
    let mut lines = fit(text, columns, room);
    let left = room.saturating_sub(lines.len());
    let mut helps = wrap(hint.advice.as_str(), columns);
    let command = hint.command.as_ref().map(ToString::to_string);
    let fits = helps.len() + usize::from(command.is_some()) <= left
        && command
            .as_ref()
            .is_none_or(|command| width(command) <= columns);
    if fits {
        lines.extend(helps);
        lines.extend(command);
        return lines;
    }
    let cut = helps.len() > left;
    helps.truncate(left);
    if let Some(last) = helps.last_mut() {
        let key = more.map_or_else(String::new, |key| format!(" ({key}: more)"));
        let room = columns.saturating_sub(width(&key));
        if cut || width(last) > room {
            let begin = truncate(last, room.saturating_sub(4), "");
            *last = format!("{} ...", begin.trim_end());
        }
        last.push_str(&key);
    }
    lines.extend(helps);
    lines
}

/// Wraps text to at most `most` lines. If it is longer, its middle is left out: the head has the topic, and the service
/// puts the cause at the tail.
fn fit(text: &str, columns: usize, most: usize) -> Vec<String> {
    let text = without_middle(text);
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

/// A text without its middle if it is longer than any screen, because it is wrapped after every message.
fn without_middle(text: &str) -> Cow<'_, str> {
    if text.len() <= 2 * KEPT_END {
        return text.into();
    }
    let head = text.get(..text.floor_char_boundary(KEPT_END));
    let tail = text.get(text.ceil_char_boundary(text.len() - KEPT_END)..);
    format!(
        "{} ... {}",
        head.unwrap_or_default(),
        tail.unwrap_or_default()
    )
    .into()
}

/// The end of a text, cut to `columns`.
pub(crate) fn tail(text: &str, columns: usize) -> &str {
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
    use crate::text::safe::SafeText;

    #[test]
    fn a_long_reason_keeps_its_head_and_its_tail() {
        let text = "one two three four five six seven eight nine ten";
        let lines = ["one two three", "four five six", "... nine ten"];
        assert_eq!(fit(text, 13, 3), lines);
        assert_eq!(fit(text, 9, 1), ["one tw..."]);
        assert_eq!(fit(text, 80, 1), [text]);
        assert!(fit(text, 9, 0).is_empty());
    }

    #[test]
    fn a_hint_takes_the_remaining_lines_and_its_command_is_never_cut() {
        let hint = Remedy {
            advice: SafeText::new("Look at the log. It says why."),
            command: Some(SafeText::new("read the-log")),
        };
        let lines =
            |columns, room| with_hint("it broke", &hint, Some(Key::Char('3')), columns, room);
        assert_eq!(
            lines(18, 4),
            [
                "it broke",
                "Look at the log.",
                "It says why.",
                "read the-log"
            ]
        );
        assert_eq!(lines(30, 2), ["it broke", "Look at the log. ... (3: more)"]);
        assert_eq!(lines(30, 1), ["it broke"]);
        // The command is left out, not the advice.
        assert_eq!(
            lines(40, 2),
            ["it broke", "Look at the log. It says why. (3: more)"]
        );
    }
}
