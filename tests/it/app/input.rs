//! The bytes of a terminal, from the parser to the model: a paste, a reply, and a key that no action has, change nothing
//! but an open prompt, however the line cuts and delays them.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bakewatch::testing::app::{Effect, Msg, update};
use bakewatch::testing::runtime::{Event, Parser};
use proptest::prelude::*;

use crate::support::builds;
use crate::support::frame::{COLOUR, draw, lines};
use crate::support::story::Story;

/// The messages of parts that arrive one after another, each after its pause, and of a long silence after them.
fn messages(parts: &[(&[u8], Duration)]) -> Vec<Msg> {
    let (mut parser, mut events) = (Parser::default(), VecDeque::new());
    let mut at = Instant::now();
    for (part, pause) in parts {
        at += *pause;
        while let Some(deadline) = parser.deadline().filter(|deadline| *deadline < at) {
            parser.expire(deadline, &mut events);
        }
        parser.feed(part, at, &mut events);
    }
    if let Some(deadline) = parser.deadline() {
        parser.expire(deadline, &mut events);
    }
    events.into_iter().filter_map(Event::into_msg).collect()
}

/// Passes messages to the application, and returns what it asks for.
fn apply(story: &mut Story, msgs: Vec<Msg>) -> Vec<Effect> {
    let effects = msgs
        .into_iter()
        .flat_map(|msg| update(&mut story.model, msg));
    effects.collect()
}

/// The screen without the message about the last key.
fn screen(story: &mut Story) -> Vec<String> {
    story.model.toast = None;
    lines(&draw(&story.model, &COLOUR))
}

/// Text that would do much as keys: leave, write a report, copy, open prompts.
fn hostile_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[qRyYAfm/&?sre123 \\n\\r]{9,60}",
        "\\PC{9,60}",
        Just("arn:aws:iam::123456789012:role/quick question".to_owned()),
        Just("Rocky9 Amazon".to_owned()),
    ]
}

fn paste() -> impl Strategy<Value = Vec<u8>> {
    let marked = |text: String| format!("\u{1b}[200~{text}\u{1b}[201~").into_bytes();
    prop_oneof![
        hostile_text().prop_map(marked),
        "\\PC{0,8}".prop_map(marked),
        "[qR\u{1b}\\[0-9~A-D]{0,30}".prop_map(marked),
    ]
}

/// Replies to requests of ours, and to those that another program has left behind.
fn reply() -> impl Strategy<Value = Vec<u8>> {
    let end = prop_oneof![Just("\u{7}"), Just("\u{1b}\\")];
    let osc = ("1[0-9]", "rgb:[0-9a-f]{4}/[0-9a-f]{4}/[0-9a-f]{4}", end)
        .prop_map(|(number, colour, end)| format!("\u{1b}]{number};{colour}{end}"));
    let texts = prop_oneof![
        osc,
        "\u{1b}\\]52;c;[A-Za-z0-9+/]{0,40}\u{7}",
        "\u{1b}P[>01!][|$+][a-zA-Z0-9() .=;]{0,30}\u{1b}\\\\",
        "\u{1b}_G[a-z0-9=;,]{1,20}OK\u{1b}\\\\",
        "\u{1b}\\[[?>=][0-9]{1,2}(;[0-9]{1,3}){0,3}(c|u|n|S|\\$y)",
        "\u{1b}\\[[0-9]{1,3};[0-9]{1,3}(;[0-9]{1,3})?(R|t)",
        "\u{1b}\\[[0-9]n",
        "\u{1b}\\[[IO]",
    ];
    texts.prop_map(String::into_bytes)
}

/// Keys with Alt, and keys that no terminal of today sends, in sequences that can be cut.
fn foreign_key() -> impl Strategy<Value = Vec<u8>> {
    let texts = prop_oneof![
        // Alt with a key.
        "\u{1b}[!-NQ-Z^`-~]",
        "\u{1b}\\[1;(3|4|7|8|9|33)[ABCDFHPQS]",
        "\u{1b}\\[([1-8]|1[1-57-9]|2[0134]);(3|7|9)~",
        "\u{1b}\\[[0-9]{2,3};(3|7|9|11)u",
        "\u{1b}\\[574[3-5][0-9]u",
        "\u{1b}\\[(29|3[2-4])~",
        "\u{1b}\\[[0-9]{1,3}[WXbdefghkpvw]",
        "\u{1b}\\[[0-9]{2,3};[1-8]:3u",
    ];
    texts.prop_map(String::into_bytes)
}

/// Bytes that must do nothing, in parts of any size, with pauses as a slow line makes them.
fn cut(bytes: impl Strategy<Value = Vec<u8>>) -> impl Strategy<Value = Vec<(Vec<u8>, Duration)>> {
    let cuts = prop::collection::vec((any::<prop::sample::Index>(), 0_u64..=150), 0..8);
    (bytes, cuts).prop_map(|(bytes, cuts)| {
        let mut places: Vec<_> = cuts
            .into_iter()
            .map(|(index, pause)| (index.index(bytes.len() + 1), pause))
            .collect();
        places.sort_unstable();
        let (mut parts, mut from) = (Vec::new(), 0);
        let mut pause = Duration::from_millis(200);
        for (to, milliseconds) in places {
            // Esc alone, and a pause, is a key, unless what follows can be no key of its own.
            let is_esc_alone = to > from && bytes[to - 1] == 0x1b;
            let continues = bytes.get(to).is_some_and(|next| b"[O]P_".contains(next));
            if to > from && (!is_esc_alone || continues) {
                parts.push((bytes[from..to].to_vec(), pause));
                (from, pause) = (to, Duration::from_millis(milliseconds));
            }
        }
        parts.push((bytes[from..].to_vec(), pause));
        parts
    })
}

/// The longest of the limits, that of a reply.
const LONGEST_WAIT: Duration = Duration::from_secs(3);
/// The most text that is kept of a paste, or one read of bytes that are no text.
const LONGEST_PASTE: usize = 3 * 4096;

/// Bytes, among them many that begin or end something.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let meaningful = prop::sample::select(b"\x1b[]OPM_<?;:20~1AuR\\\x07\x03\xc3\xa9".to_vec());
    let mixed = prop_oneof![any::<u8>(), meaningful];
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..40),
        prop::collection::vec(mixed, 0..40),
    ]
}

fn borrowed(parts: &[Vec<(Vec<u8>, Duration)>]) -> Vec<(&[u8], Duration)> {
    let parts = parts.iter().flatten();
    parts.map(|(part, pause)| (&part[..], *pause)).collect()
}

proptest! {
    #[test]
    fn pastes_replies_and_foreign_keys_do_nothing(
        parts in prop::collection::vec(
            prop_oneof![cut(paste()), cut(reply()), cut(foreign_key())],
            1..4,
        ),
        from in prop::sample::select(vec!["", "2", "3", "f", "?", ">"]),
    ) {
        let mut story = builds::failed(80, 24);
        story.keys(from);
        let before = screen(&mut story);
        let effects = apply(&mut story, messages(&borrowed(&parts)));
        prop_assert!(effects.is_empty(), "{:?}", effects);
        prop_assert_eq!(screen(&mut story), before);
    }

    #[test]
    fn a_paste_without_marks_does_nothing(text in hostile_text()) {
        let text: String = text.chars().filter(|character| !character.is_control()).collect();
        prop_assume!(text.len() > 8);
        let mut story = builds::failed(80, 24);
        let before = screen(&mut story);
        let effects = apply(&mut story, messages(&[(text.as_bytes(), Duration::ZERO)]));
        prop_assert!(effects.is_empty(), "{:?}", effects);
        prop_assert_eq!(screen(&mut story), before);
    }

    #[test]
    fn into_a_prompt_a_paste_types_one_line(parts in cut(paste())) {
        let mut story = builds::failed(80, 24);
        story.keys("/");
        let effects = apply(&mut story, messages(&borrowed(&[parts])));
        prop_assert!(effects.is_empty(), "{:?}", effects);
        prop_assert!(story.model.overlay.is_some(), "the prompt is still open");
    }

    /// The fuzz target `input` does the same with the bytes of its corpus.
    #[test]
    fn any_bytes_end_with_ctrl_c(
        parts in prop::collection::vec((bytes(), 0_u64..3000), 0..6),
    ) {
        let (mut parser, mut events) = (Parser::default(), VecDeque::new());
        let mut at = Instant::now();
        for (part, pause) in &parts {
            parser.feed(part, at, &mut events);
            at += Duration::from_millis(*pause);
            if let Some(deadline) = parser.deadline() {
                prop_assert!(deadline <= at + LONGEST_WAIT, "a wait without a limit");
            }
        }
        for event in events.drain(..) {
            if let Event::Paste(text) = &event {
                prop_assert!(text.len() <= LONGEST_PASTE, "{}", text.len());
            }
            let _ = event.into_msg();
        }
        parser.feed(b"\x03", at, &mut events);
        prop_assert_eq!(events.pop_back(), Some(Event::Key("ctrl-c".parse().unwrap())));
        if let Some(deadline) = parser.deadline() {
            parser.expire(deadline, &mut events);
        }
        prop_assert_eq!(parser.deadline(), None);
    }
}

#[test]
fn a_paste_of_two_lines_is_searched_for_as_one() {
    let mut story = builds::failed(80, 24);
    story.keys("/");
    let effects = apply(
        &mut story,
        messages(&[(b"InstanceRole\nquick", Duration::ZERO)]),
    );
    assert!(effects.is_empty());
    let shown = screen(&mut story).join("\n");
    assert!(shown.contains("InstanceRole quick"), "{shown}");
}

#[test]
fn an_arrow_key_in_two_reads_is_an_arrow_key() {
    for pause in [0, 20, 120, 150].map(Duration::from_millis) {
        let mut story = builds::failed(80, 24);
        let selected = story.model.shown.selected().unwrap().event_id.clone();
        let parts: [(&[u8], _); 2] = [(b"\x1b", Duration::ZERO), (b"[A", pause)];
        let effects = apply(&mut story, messages(&parts));
        assert!(effects.is_empty(), "{effects:?}");
        assert_ne!(story.model.shown.selected().unwrap().event_id, selected);
        assert_eq!(story.model.toast, None);
    }
}

#[test]
fn a_key_with_alt_says_that_it_does_nothing() {
    let mut story = builds::failed(80, 24);
    apply(&mut story, messages(&[(b"\x1bq", Duration::ZERO)]));
    assert_eq!(story.model.toast.as_deref(), Some("alt-q does nothing"));
}
