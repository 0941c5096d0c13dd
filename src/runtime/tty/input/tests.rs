//! What terminals send, and what it means: whole, and cut at every place.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::{Event, Parser};
use crate::app::keys::key::Key;
use crate::app::msg::{MouseAction, MouseKind};

/// A pause that a slow line makes inside a sequence.
const PAUSE: Duration = Duration::from_millis(150);
/// Longer than every limit.
const LONG: Duration = Duration::from_secs(10);

/// The events of parts that arrive with a pause between two, and of a long silence after them.
fn events(parts: &[&[u8]], pause: Duration) -> Vec<Event> {
    let mut parser = Parser::default();
    let mut events = VecDeque::new();
    let mut at = Instant::now();
    for part in parts {
        parser.feed(part, at, &mut events);
        at += pause;
    }
    finish(&mut parser, at, &mut events);
    events.into()
}

fn finish(parser: &mut Parser, at: Instant, events: &mut VecDeque<Event>) {
    if let Some(deadline) = parser.deadline() {
        assert!(deadline <= at + LONG, "a wait without a limit");
        parser.expire(deadline, events);
    }
    assert_eq!(parser.deadline(), None, "it is given up");
}

fn whole(bytes: &[u8]) -> Vec<Event> {
    events(&[bytes], PAUSE)
}

fn modified(name: &str) -> Event {
    Event::ModifiedKey(name.to_owned())
}

fn sequences() -> Vec<(&'static str, Option<Event>)> {
    [keys(), others()].concat()
}

/// Keys of xterm, rxvt, the Linux console, kitty's protocol and xterm's modifyOtherKeys.
fn keys() -> Vec<(&'static str, Option<Event>)> {
    let key = |key| Some(Event::Key(key));
    vec![
        ("é", key(Key::Char('é'))),
        ("日", key(Key::Char('日'))),
        ("👩", key(Key::Char('👩'))),
        ("\u{1b}[A", key(Key::Up)),
        ("\u{1b}OA", key(Key::Up)),
        ("\u{1b}[1;2B", key(Key::Down)),
        ("\u{1b}[1;5C", key(Key::Right)),
        ("\u{1b}[1;1:2D", key(Key::Left)),
        ("\u{1b}[1;1:3D", None),
        ("\u{1b}[1;3A", Some(modified("alt-up"))),
        ("\u{1b}\u{1b}[A", Some(modified("alt-up"))),
        ("\u{1b}\u{1b}OA", Some(modified("alt-up"))),
        ("\u{1b}[1;9A", Some(modified("super-up"))),
        ("\u{1b}[H", key(Key::Home)),
        ("\u{1b}[7~", key(Key::Home)),
        ("\u{1b}[3~", key(Key::Delete)),
        ("\u{1b}[6;5~", key(Key::PageDown)),
        ("\u{1b}[Z", key(Key::BackTab)),
        ("\u{1b}[9;2u", key(Key::BackTab)),
        ("\u{1b}OP", key(Key::F(1))),
        ("\u{1b}[[A", key(Key::F(1))),
        ("\u{1b}[15~", key(Key::F(5))),
        ("\u{1b}[24~", key(Key::F(12))),
        ("\u{1b}[34~", key(Key::F(20))),
        ("\u{1b}OM", key(Key::Enter)),
        ("\u{1b}Oq", key(Key::Char('1'))),
        ("\u{1b}[97u", key(Key::Char('a'))),
        ("\u{1b}[97:65;2u", key(Key::Char('A'))),
        ("\u{1b}[49:33;2u", key(Key::Char('!'))),
        ("\u{1b}[97;1:3u", None),
        ("\u{1b}[97;3u", Some(modified("alt-a"))),
        ("\u{1b}[99;5u", key(Key::Ctrl('c'))),
        ("\u{1b}[27u", key(Key::Esc)),
        ("\u{1b}[57420u", key(Key::Down)),
        ("\u{1b}[57358u", None),
        // With the text that it types, with caps lock, and from an input method.
        ("\u{1b}[49;2;33u", key(Key::Char('!'))),
        ("\u{1b}[97;65u", key(Key::Char('A'))),
        ("\u{1b}[97;66u", key(Key::Char('a'))),
        ("\u{1b}[0;;229u", key(Key::Char('å'))),
        ("\u{1b}[13;;13u", key(Key::Enter)),
        ("\u{1b}[97;3;97u", Some(modified("alt-a"))),
        ("\u{1b}[27;5;114~", key(Key::Ctrl('r'))),
    ]
}

/// Mouse actions, pastes and replies.
fn others() -> Vec<(&'static str, Option<Event>)> {
    let mouse = |kind, column, row| Some(Event::Mouse(MouseAction { kind, column, row }));
    let paste = |text: &str| Some(Event::Paste(text.to_owned()));
    vec![
        ("\u{1b}[<0;3;2M", mouse(MouseKind::Click, 2, 1)),
        ("\u{1b}[<64;300;2M", mouse(MouseKind::WheelUp, 299, 1)),
        ("\u{1b}[<65;1;1M", mouse(MouseKind::WheelDown, 0, 0)),
        ("\u{1b}[<0;3;2m", None),
        ("\u{1b}[<2;3;2M", None),
        ("\u{1b}[<32;3;2M", None),
        ("\u{1b}[<0;0;2M", None),
        ("\u{1b}[<0;99999;2M", None),
        ("\u{1b}[M #\"", mouse(MouseKind::Click, 2, 1)),
        ("\u{1b}[M#!!", None),
        ("\u{1b}[200~two\nlines\u{1b}[201~", paste("two\nlines")),
        (
            "\u{1b}[200~\u{1b}[20\u{1b}[A\u{1b}[201~",
            paste("\u{1b}[20\u{1b}[A"),
        ),
        ("\u{1b}[200~\u{1b}[201~", paste("")),
        (
            "\u{1b}]11;rgb:ffff/8080/0000\u{1b}\\",
            Some(Event::Background([255, 128, 0])),
        ),
        (
            "\u{1b}]11;rgb:f/80/000\u{7}",
            Some(Event::Background([255, 128, 0])),
        ),
        (
            "\u{1b}]11;rgba:0000/0000/0000/ffff\u{7}",
            Some(Event::Background([0; 3])),
        ),
        ("\u{1b}]10;rgb:ffff/ffff/ffff\u{7}", None),
        ("\u{1b}]11;rgb:\u{7}", None),
        ("\u{1b}]52;c;UmVwb3J0\u{1b}\\", None),
        ("\u{1b}[?62;4c", Some(Event::Attributes)),
        ("\u{1b}[>1;10;0c", None),
        ("\u{1b}[12;40R", None),
        ("\u{1b}[?2004;1$y", None),
        ("\u{1b}[?1u", None),
        ("\u{1b}[8;24;80t", None),
        ("\u{1b}[0n", None),
        ("\u{1b}[I", None),
        ("\u{1b}[O", None),
        ("\u{1b}P>|XTerm(390)\u{1b}\\", None),
        ("\u{1b}P1$r0m\u{1b}\\", None),
        ("\u{1b}_Gi=1;OK\u{1b}\\", None),
    ]
}

#[test]
fn every_sequence_has_its_meaning_whole_and_cut_at_any_place() {
    for (sequence, event) in sequences() {
        let bytes = sequence.as_bytes();
        let expected: Vec<_> = event.into_iter().collect();
        assert_eq!(whole(bytes), expected, "{sequence:?}");
        let begins_with_two = bytes.starts_with(b"\x1b\x1b");
        for cut in 1..bytes.len() {
            // Esc and, later, a sequence is the key Esc and another key.
            if begins_with_two && cut == 1 {
                continue;
            }
            let (first, second) = bytes.split_at(cut);
            // One byte after Esc and a pause is a key that follows the key Esc.
            if cut == 1 && second.len() == 1 {
                continue;
            }
            let cut = events(&[first, second], PAUSE);
            assert_eq!(cut, expected, "{first:?} {second:?}");
        }
    }
}

#[test]
fn bytes_that_arrive_one_by_one_are_the_same_sequence() {
    let one_escape = |sequence: &str| !sequence.starts_with("\u{1b}\u{1b}");
    for (sequence, event) in sequences() {
        if !one_escape(sequence) {
            continue;
        }
        let expected: Vec<_> = event.into_iter().collect();
        let parts: Vec<_> = sequence.as_bytes().chunks(1).collect();
        for pause in [20, 90].map(Duration::from_millis) {
            let found = events(&parts, pause);
            assert_eq!(found, expected, "{sequence:?} with {pause:?} between");
        }
    }
}

#[test]
fn ctrl_c_is_a_key_after_every_part_of_every_sequence() {
    let ctrl_c = Event::Key(Key::Ctrl('c'));
    for (sequence, _) in sequences() {
        let bytes = sequence.as_bytes();
        for cut in 0..bytes.len() {
            for pause in [Duration::ZERO, PAUSE, LONG] {
                let found = events(&[&bytes[..cut], b"\x03"], pause);
                assert_eq!(found.last(), Some(&ctrl_c), "{:?}", &bytes[..cut]);
                // And everything after it begins anew.
                let found = events(&[&bytes[..cut], b"\x03", b"q"], PAUSE);
                assert_eq!(found.last(), Some(&Event::Key(Key::Char('q'))));
            }
        }
    }
}

#[test]
fn what_is_unfinished_is_given_up_and_the_next_key_is_a_key() {
    let q = Event::Key(Key::Char('q'));
    for (sequence, _) in sequences() {
        let bytes = sequence.as_bytes();
        for cut in 1..bytes.len() {
            let found = events(&[&bytes[..cut], b"q"], LONG);
            assert_eq!(found.last(), Some(&q), "{:?}", &bytes[..cut]);
        }
    }
}

#[test]
fn esc_alone_is_a_key_after_the_limit() {
    let esc = Event::Key(Key::Esc);
    assert_eq!(whole(b"\x1b"), std::slice::from_ref(&esc));
    assert_eq!(whole(b"\x1b\x1b"), [esc.clone(), esc.clone()]);
    let two = events(&[b"\x1b", b"\x1b"], Duration::from_millis(100));
    assert_eq!(two, [esc.clone(), esc.clone()]);
    // Pressed one after the other, not together.
    let then_key = events(&[b"\x1b", b"q"], Duration::from_millis(100));
    assert_eq!(then_key, [esc.clone(), Event::Key(Key::Char('q'))]);
    for begins_reply in [b"]", b"P", b"X", b"^", b"_"] {
        let key = Event::Key(Key::Char(begins_reply[0].into()));
        let parts: [&[u8]; 2] = [b"\x1b", begins_reply];
        let found = events(&parts, Duration::from_millis(100));
        assert_eq!(found, [esc.clone(), key.clone()]);
        for (next, last) in [
            ("q", Key::Char('q')),
            ("\r", Key::Enter),
            ("\u{1b}", Key::Esc),
        ] {
            let parts: [&[u8]; 3] = [b"\x1b", begins_reply, next.as_bytes()];
            let found = events(&parts, Duration::from_millis(100));
            assert_eq!(found, [esc.clone(), key.clone(), Event::Key(last)]);
        }
    }
    let slow = events(&[b"\x1b", b"[A"], Duration::from_millis(400));
    assert_eq!(slow[0], esc);
}

#[test]
fn esc_just_before_a_reply_is_a_key() {
    let found = whole(b"\x1b\x1b]11;rgb:ffff/8080/0000\x1b\\");
    let reply = Event::Background([255, 128, 0]);
    assert_eq!(found, [Event::Key(Key::Esc), reply]);
}

#[test]
fn a_key_with_alt_is_no_other_key() {
    for (bytes, name) in [
        ("\u{1b}q", "alt-q"),
        ("\u{1b}R", "alt-R"),
        ("\u{1b}[", "alt-["),
        ("\u{1b}O", "alt-O"),
        ("\u{1b}P", "alt-P"),
        ("\u{1b}]", "alt-]"),
        ("\u{1b} ", "alt-space"),
        ("\u{1b}\r", "alt-enter"),
        ("\u{1b}\u{7f}", "alt-backspace"),
        ("\u{1b}\u{1a}", "alt-ctrl-z"),
        ("\u{1b}é", "alt-é"),
    ] {
        assert_eq!(whole(bytes.as_bytes()), [modified(name)], "{bytes:?}");
    }
}

#[test]
fn many_printable_bytes_of_one_read_are_a_paste() {
    let keys = |count: usize| vec![Event::Key(Key::Char('q')); count];
    assert_eq!(whole(b"qqqqqqqq"), keys(8));
    // A key that is held, on a connection that was late.
    assert_eq!(whole("q".repeat(64).as_bytes()), keys(64));
    let long = "q".repeat(65);
    assert_eq!(whole(long.as_bytes()), [Event::Paste(long)]);
    assert_eq!(whole(b"qqqqqqqqw"), [Event::Paste("qqqqqqqqw".to_owned())]);
    assert_eq!(
        whole("arn: aws\nRé日\u{1b}[A".as_bytes()),
        [
            Event::Paste("arn: aws\nRé日".to_owned()),
            Event::Key(Key::Up)
        ]
    );
    // Its rest arrives with the next read; what is pressed later is a key.
    let parts: [&[u8]; 2] = [b"Rocky9 Amazon", b"R\n"];
    let rest = events(&parts, Duration::from_millis(10));
    assert_eq!(rest[1..], [Event::Paste("R\n".to_owned())]);
    let later = events(&parts, Duration::from_millis(200));
    assert_eq!(later[1], Event::Key(Key::Char('R')));
    let parts: [&[u8]; 2] = [b"Rocky9 Amazon\x1b[A", b"/"];
    let after_a_key = events(&parts, Duration::from_millis(10));
    assert_eq!(after_a_key[2], Event::Key(Key::Char('/')));
    // Pressed one after another, however many.
    let mut parser = Parser::default();
    let mut events = VecDeque::new();
    for _ in 0..20 {
        parser.feed(b"q", Instant::now(), &mut events);
    }
    assert_eq!(events, keys(20));
}

#[test]
fn an_open_paste_ends_after_a_silence() {
    let parts: [&[u8]; 4] = [b"\x1b[200~first", b"R", b"second\n", b"q"];
    let found = events(&parts, Duration::from_millis(1900));
    assert_eq!(found, [Event::Paste("firstRsecond\nq".to_owned())]);
    let found = events(&parts[..2], Duration::from_millis(2100));
    let r = Event::Key(Key::Char('R'));
    assert_eq!(found, [Event::Paste("first".to_owned()), r]);
}

#[test]
fn after_ctrl_c_the_rest_of_a_paste_is_dropped() {
    let found = whole(b"\x1b[200~first\x03R\nq\x1b[201~j");
    let keys = [Key::Ctrl('c'), Key::Char('j')].map(Event::Key);
    assert_eq!(found, keys);
}

#[test]
fn a_paste_of_any_length_is_kept_up_to_a_limit() {
    let long = [b"\x1b[200~", "é".repeat(1 << 20).as_bytes(), b"\x1b[201~"].concat();
    let parts: Vec<_> = long.chunks(4096).collect();
    let found = events(&parts, Duration::from_millis(1));
    let [Event::Paste(text)] = &found[..] else {
        panic!("{} events", found.len());
    };
    assert!(text.starts_with("ééé") && text.len() <= 5000);
}

#[test]
fn the_late_rest_of_a_sequence_is_not_taken_for_keys() {
    let late = Duration::from_millis(500);
    assert_eq!(events(&[b"\x1b[<0;1", b"0;5M"], late), []);
    assert_eq!(events(&[b"\x1b[12;", b"40R"], late), []);
    let keys = [Key::Char('1'), Key::Char('q')].map(Event::Key);
    assert_eq!(events(&[b"\x1b[12;", b"1", b"q"], late), keys);
}

#[test]
fn keys_that_are_pressed_steadily_are_not_a_reply_for_ever() {
    let mut parts: Vec<&[u8]> = vec![b"\x1b]11;"];
    parts.resize(20, b"x");
    let found = events(&parts, Duration::from_millis(300));
    assert!(found.len() > 5, "{found:?}");
}

#[test]
fn a_control_key_ends_a_sequence_that_was_cut() {
    for cut in [
        "\u{1b}[1;5",
        "\u{1b}O",
        "\u{1b}[M!",
        "\u{1b}]11;rgb",
        "\u{1b}[[",
    ] {
        for (byte, key) in [("\r", Key::Enter), ("\u{1a}", Key::Ctrl('z'))] {
            let found = whole(format!("{cut}{byte}").as_bytes());
            assert_eq!(found, [Event::Key(key)], "{cut:?}");
        }
        let found = whole(format!("{cut}\u{1b}[A").as_bytes());
        assert_eq!(found, [Event::Key(Key::Up)], "{cut:?}");
    }
}
