//! The messages that the user must see without pressing a key: why nothing new arrives, the first failure and the command
//! that helps, or how to use the image.
//!
//! They are wrapped here and not in the view, since the layout gives them as many lines as they need.

use std::borrow::Cow;

use ratatui::layout::Size;

use crate::app::keys::key::Key;
use crate::app::msg::Remark;
use crate::app::session::Session;
use crate::domain::build::{Build, Cleanup};
use crate::domain::failure::{Explanation, failure_line};
use crate::domain::outcome::verdict_reason;
use crate::domain::reason::Remedy;
use crate::domain::timeline::Timeline;
use crate::domain::verdict::Verdict;
use crate::text::safe::{SafeText, one_line};
use crate::text::width::{truncate, width, wrap};

/// Columns beside the text: a margin on both sides, the glyph and the space after it.
pub(crate) const MARGIN: u16 = 4;
/// Prose takes at most one of this number of lines.
const SCREEN_LINES_PER_LINE: u16 = 8;
/// Everything together takes at most one of this number of lines: an error message, a command and advice are shown whole
/// as far as they fit.
pub(crate) const SCREEN_LINES_PER_NOTICE: u16 = 3;
/// The lines of advice beside a command, if there is room for as many: below, it says too little.
const ADVICE: usize = 2;
/// The columns of the sign before a command.
const SIGN: usize = 2;

/// From this width on there is room for "failed first", "in a cluster's configuration" and "copy the command"; below, the
/// signs have to suffice.
const ROOM_FOR_FIRST: usize = 60;

/// The bytes kept at either end of a text that is longer than any screen.
const KEPT_END: usize = 4096;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeSubject {
    /// Requests fail: the screen may be out of date.
    Fault,
    /// The first failure.
    Failure,
    /// The last words of the command that failed, by the build log.
    Log,
    /// The stack of a good image is still there, or the user should look at something else.
    Attention,
    /// How to use the image.
    Result,
    /// The command that helps.
    Command,
    /// What helps, in words.
    Advice,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeLine {
    pub subject: NoticeSubject,
    /// Whether this is the first line of the notice.
    pub first: bool,
    pub text: String,
}

/// The keys that a hint names.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct HintKeys {
    /// Shows the rest of a hint.
    pub more: Option<Key>,
    /// Copies the command.
    pub copy: Option<Key>,
}

/// The notices of a screen, wrapped, and cut to the lines that it has for them. The command that helps is shown whole or
/// not at all.
pub(crate) fn lines(
    session: &Session,
    remark: Option<&Remark>,
    keys: HintKeys,
    size: Size,
) -> Vec<NoticeLine> {
    let (build, connection) = (&session.build, &session.connection);
    let mut most = usize::from(size.height / SCREEN_LINES_PER_LINE);
    let all = usize::from(size.height / SCREEN_LINES_PER_NOTICE);
    // An empty list has the room to show the fault, and does.
    if most == 0 || build.timelines().iter().all(Timeline::is_empty) {
        return Vec::new();
    }
    let columns = usize::from(size.width.saturating_sub(MARGIN));
    let fault = connection.fault(build);
    let fault = fault.map(|fault| (NoticeSubject::Fault, fault.to_string()));
    // The view of the failure has the explanation as its first lines.
    let explains = session.view().explains_failure();
    let notice = build_notice(session, columns);
    let notice = notice.filter(|(subject, _)| !(explains && *subject == NoticeSubject::Failure));
    let remark = remark.map(|remark| (NoticeSubject::Attention, remark.text.to_string()));
    let hint = session.remedy();
    let helps = |subject| match subject {
        NoticeSubject::Failure => true,
        NoticeSubject::Attention => {
            matches!(build.verdict(), Verdict::Succeeded | Verdict::AmiNotFound)
        }
        _ => false,
    };
    let notice = notice.map(|notice| (hint.filter(|_| helps(notice.0)), notice));
    let without_hint = |notice| (None, notice);
    let result = result(build, columns).filter(|_| !explains);
    let notices = [
        fault.map(without_hint),
        result.map(without_hint),
        notice,
        remark.map(without_hint),
    ];
    let mut left = notices.iter().flatten().count();
    let mut lines: Vec<NoticeLine> = Vec::new();
    for (hint, (subject, text)) in notices.into_iter().flatten() {
        // Each notice leaves an equal share of the room to those behind it.
        let share = most.saturating_sub(lines.len()).div_ceil(left);
        left -= 1;
        let everything = all.saturating_sub(lines.len() + left);
        let room = match subject {
            // Why nothing new arrives is worth as many lines as there are.
            NoticeSubject::Fault => everything.max(share),
            // How to use the image is short, and of no use in part.
            NoticeSubject::Result => everything.max(share),
            NoticeSubject::Failure => room_for_reason(hint, columns, everything).max(share),
            _ => share,
        };
        let text = fit(&text, columns, room);
        // What is longer than its share takes nothing from the others.
        most += text.len().saturating_sub(share);
        push(&mut lines, subject, text);
        if subject == NoticeSubject::Failure {
            let room = all.saturating_sub(lines.len() + left);
            let said = last_words(session, hint, columns, room);
            // They are beyond the share of the prose, too.
            most += said.len();
            push(&mut lines, NoticeSubject::Log, said);
        }
        if let Some(hint) = hint {
            let room = all.saturating_sub(lines.len() + left);
            let command = command_lines(hint, columns, room);
            // The command is beyond the share of the prose.
            most += command.len();
            let has_command = !command.is_empty();
            let room = room - command.len();
            push(&mut lines, NoticeSubject::Command, command);
            let room_for_advice = if hint.command.is_none() {
                // The advice is all that helps.
                room
            } else {
                room.min(ADVICE.max(usize::from(size.height / SCREEN_LINES_PER_LINE)))
            };
            let advice = advice(hint, has_command, keys, columns, room_for_advice);
            push(&mut lines, NoticeSubject::Advice, advice);
        }
    }
    lines
}

/// The last words of the command that failed, one line each, without taking the room of the command that helps.
fn last_words(
    session: &Session,
    hint: Option<&Remedy>,
    columns: usize,
    room: usize,
) -> Vec<String> {
    let Some(cause) = session.build.log_cause() else {
        return Vec::new();
    };
    let helps = hint.map_or(0, |hint| command_lines(hint, columns, room).len().max(1));
    let room = room.saturating_sub(helps);
    let said = cause.said.iter().rev().take(room).rev();
    said.map(|line| {
        let line = one_line(line.as_str());
        truncate(&line, columns, "...")
    })
    .collect()
}

fn push(lines: &mut Vec<NoticeLine>, subject: NoticeSubject, texts: Vec<String>) {
    let texts = texts.into_iter().enumerate();
    lines.extend(texts.map(|(index, text)| NoticeLine {
        subject,
        first: index == 0,
        text,
    }));
}

/// The lines that a reason may take at most: half of the room, and where a small screen does not have the room for the
/// command, all but the line that names its key.
fn room_for_reason(hint: Option<&Remedy>, columns: usize, everything: usize) -> usize {
    let half = everything / 2;
    let has_no_room = |hint: &&Remedy| {
        hint.command.is_some() && command_lines(hint, columns, everything - half).is_empty()
    };
    match hint.filter(has_no_room) {
        Some(_) => everything.saturating_sub(1),
        None => half,
    }
}

/// How to use the image of a build that succeeded.
fn result(build: &Build, columns: usize) -> Option<(NoticeSubject, String)> {
    let ami = build
        .ami()
        .filter(|_| build.verdict() == Verdict::Succeeded)?;
    let configuration = ami.configuration()?;
    let text = if columns < ROOM_FOR_FIRST {
        configuration
    } else {
        format!("in a cluster's configuration: {configuration}")
    };
    Some((NoticeSubject::Result, text))
}

/// The notice about the build itself.
fn build_notice(session: &Session, columns: usize) -> Option<(NoticeSubject, String)> {
    let build = &session.build;
    match build.verdict() {
        Verdict::Succeeded if build.cleanup() == Cleanup::Leftover => {
            // The words of the outcome's summary, behind the resource that they are about.
            let explained = session.explanation().map(|why| {
                let why_summary = why.summary.as_ref().map(SafeText::as_str);
                failure_line(&why.cause.logical_id, "", why_summary)
            });
            let why = explained.or_else(|| verdict_reason(build));
            let why = why.map_or_else(String::new, |why| format!(": {why}"));
            let text = format!("the image is good; its stack could not delete itself{why}");
            Some((NoticeSubject::Attention, text))
        }
        Verdict::Deleted | Verdict::AmiNotFound | Verdict::Ended | Verdict::EndNotSeen => {
            verdict_reason(build).map(|why| (NoticeSubject::Attention, why))
        }
        _ => failure(session, columns).map(|text| (NoticeSubject::Failure, text)),
    }
}

/// The first failure and its reason, in one line; `None` before a failure.
pub(crate) fn failure(session: &Session, columns: usize) -> Option<String> {
    let build = &session.build;
    if build.verdict() == Verdict::Succeeded {
        return None;
    }
    let failed = matches!(
        build.verdict(),
        Verdict::Failed | Verdict::Failing | Verdict::RollingBack
    );
    let explained = session.explanation();
    let explained = explained.map(|why| failure_text(why, columns));
    let diagnosed = || {
        let summary = session.diagnosis()?.summary.as_ref()?;
        Some(format!("Image Builder: {summary}"))
    };
    let reported = || verdict_reason(build);
    explained.or_else(|| failed.then(|| diagnosed().or_else(reported)).flatten())
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

/// The command, if it fits the room as a whole.
fn command_lines(hint: &Remedy, columns: usize, room: usize) -> Vec<String> {
    let command = hint.command.as_ref();
    let lines = command.map(|command| wrap(command.as_str(), columns.saturating_sub(SIGN)));
    lines
        .filter(|lines| lines.len() <= room)
        .unwrap_or_default()
}

/// The advice, in the lines that are left; if only a part of the hint is shown, the keys that show or copy all of it.
fn advice(
    hint: &Remedy,
    has_command: bool,
    keys: HintKeys,
    columns: usize,
    room: usize,
) -> Vec<String> {
    let mut lines = wrap(hint.advice.as_str(), columns);
    let is_whole = has_command || hint.command.is_none();
    if is_whole && lines.len() <= room {
        return lines;
    }
    let cut = lines.len() > room;
    lines.truncate(room);
    if let Some(last) = lines.last_mut() {
        let copy = keys.copy.filter(|_| !is_whole);
        let what = if columns < ROOM_FOR_FIRST {
            ""
        } else {
            " the command"
        };
        let copy = copy.map(|key| format!("{key}: copy{what}"));
        let more = keys.more.map(|key| format!("{key}: more"));
        let keys: Vec<_> = copy.into_iter().chain(more).collect();
        let keys = if keys.is_empty() {
            String::new()
        } else {
            format!(" ({})", keys.join(", "))
        };
        let room = columns.saturating_sub(width(&keys));
        if cut || width(last) > room {
            let begin = truncate(last, room.saturating_sub(4), "");
            *last = format!("{} ...", begin.trim_end());
        }
        last.push_str(&keys);
    }
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
    // From the beginning of a word, unless that leaves little.
    let is_word = text
        .strip_suffix(tail)
        .is_some_and(|head| head.ends_with(' '));
    let word = tail
        .find(' ')
        .filter(|space| !is_word && space * 2 < tail.len());
    let tail = word.and_then(|space| tail.get(space..)).unwrap_or(tail);
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
    fn a_command_is_never_cut() {
        let hint = Remedy {
            advice: SafeText::new("Look at the log. It says why."),
            command: Some(SafeText::new("read the-log --of it")),
        };
        assert_eq!(command_lines(&hint, 30, 1), ["read the-log --of it"]);
        assert_eq!(command_lines(&hint, 16, 2), ["read the-log", "--of it"]);
        assert!(command_lines(&hint, 16, 1).is_empty());
    }

    #[test]
    fn advice_that_is_cut_names_the_keys() {
        let hint = Remedy {
            advice: SafeText::new("Look at the log. It says why."),
            command: Some(SafeText::new("read the-log")),
        };
        let keys = HintKeys {
            more: Some(Key::Char('3')),
            copy: Some(Key::Char('c')),
        };
        let lines = |has_command, columns, room| advice(&hint, has_command, keys, columns, room);
        assert_eq!(lines(true, 30, 1), ["Look at the log. It says why."]);
        assert_eq!(lines(true, 20, 1), ["Look a ... (3: more)"]);
        assert_eq!(lines(true, 15, 2), ["Look at the", "l ... (3: more)"]);
        assert_eq!(
            lines(false, 60, 1),
            ["Look at the log. It says why. (c: copy the command, 3: more)"]
        );
        assert!(lines(true, 30, 0).is_empty());
    }
}
