//! Any keys, mouse actions, sizes, times and responses, one after another: every frame can be drawn, and stays in
//! its area.
#![no_main]

#[path = "../../tests/support"]
#[expect(dead_code, reason = "shared with the tests, which use all of it")]
mod support {
    pub(crate) mod api;
    pub(crate) mod story;
}

use std::sync::LazyLock;

use bakewatch::testing::app::{Key, MouseAction, MouseKind, Msg, Remark, Signal};
use bakewatch::testing::config::built_in_themes as built_in;
use bakewatch::testing::domain::{FaultKind, ImageAnswer, Seen};
use bakewatch::testing::style::{Depth, Glyphs, Scheme, Theme};
use bakewatch::testing::view::view;
use libfuzzer_sys::fuzz_target;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use support::story::{Fact, IMAGE, Story};

static SCHEME: LazyLock<Scheme> = LazyLock::new(|| built_in("dark").unwrap().unwrap());

const OUTSIDE: &str = "¤";
const IDS: [&str; 6] = [
    IMAGE,
    "Role",
    "ParallelClusterImage",
    "ParallelClusterComponent",
    "日本語\u{1b}[2J",
    "",
];
const STATUSES: [&str; 8] = [
    "CREATE_IN_PROGRESS",
    "CREATE_COMPLETE",
    "CREATE_FAILED",
    "DELETE_IN_PROGRESS",
    "DELETE_COMPLETE",
    "DELETE_FAILED",
    "ROLLBACK_IN_PROGRESS",
    "ODD\u{202e}",
];
const REASONS: [&str; 4] = [
    "",
    "Resource creation cancelled",
    "a\nb\tc \u{301}\u{9b}",
    "component failed! failed for image arn: 'x'",
];
const CONTROLS: [char; 8] = ['r', 'c', 'w', 'u', 'a', 'e', 'z', 'd'];
const NAMED: [Key; 16] = [
    Key::Up,
    Key::Down,
    Key::Left,
    Key::Right,
    Key::PageUp,
    Key::PageDown,
    Key::Home,
    Key::End,
    Key::Tab,
    Key::BackTab,
    Key::Enter,
    Key::Esc,
    Key::Backspace,
    Key::Delete,
    Key::Insert,
    Key::F(5),
];

/// The input, byte by byte; zeros after its end.
struct Bytes<'a>(std::slice::Iter<'a, u8>);

impl Bytes<'_> {
    fn next(&mut self) -> u8 {
        self.0.next().copied().unwrap_or(0)
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[usize::from(self.next()) % all.len()]
    }
}

fuzz_target!(|data: &[u8]| {
    let mut bytes = Bytes(data.iter());
    let first = bytes.next();
    let glyphs = if first & 1 == 0 {
        Glyphs::Unicode
    } else {
        Glyphs::Ascii
    };
    let depth = bytes.of(&Depth::ALL);
    let theme = Theme::new(&SCHEME, depth, glyphs);
    let mut story = Story::new(u16::from(bytes.next()) % 140, u16::from(bytes.next()) % 60);
    let mut seconds = 0;
    while bytes.0.len() > 0 {
        step(&mut story, &mut bytes, &mut seconds);
        let size = story.model.size;
        draw(&story, &theme, size.width, size.height);
    }
    // The terminal may already have another size than the model knows.
    draw(&story, &theme, first.into(), (255 - u16::from(first)) / 4);
});

fn step(story: &mut Story, bytes: &mut Bytes<'_>, seconds: &mut i64) {
    let byte = bytes.next();
    match byte {
        // A printable character is typed.
        b' '..=b'~' => story.msg(Msg::Key(Key::Char(byte.into()))),
        0 => {
            *seconds += i64::from(bytes.next()) * i64::from(bytes.next());
            story.at(*seconds);
        }
        1 => story.resize(u16::from(bytes.next()) % 140, u16::from(bytes.next()) % 60),
        2 => story.resize(u16::from(bytes.next()) * 4, 300),
        3 => {
            let kind = bytes.of(&[MouseKind::Click, MouseKind::WheelUp, MouseKind::WheelDown]);
            let (column, row) = (bytes.next().into(), bytes.next().into());
            story.msg(Msg::Mouse(MouseAction { kind, column, row }));
        }
        4 => story.msg(Msg::Key(Key::Ctrl(bytes.of(&CONTROLS)))),
        5 => story.msg(Msg::Key(Key::Char(bytes.of(&['日', 'é', '\u{301}', '👩'])))),
        6 => story.msg(Msg::Idle),
        7 => {
            story.observe(Seen::StackGone);
        }
        8 => {
            story.observe(Seen::Image(ImageAnswer::Absent));
        }
        9 => {
            story.observe(Seen::Image(ImageAnswer::Foreign));
        }
        10 => {
            story.describe(
                "BUILD_IN_PROGRESS",
                Some(bytes.of(&["BUILDING", "TESTING", "\u{1b}"])),
            );
        }
        11 => {
            story.describe("BUILD_FAILED", None);
        }
        12 => {
            story.complete();
        }
        13 => story.change_stack(),
        14 => {
            let kinds = [
                FaultKind::Throttled,
                FaultKind::Transient,
                FaultKind::Expired,
                FaultKind::Misconfigured,
            ];
            let kind = bytes.of(&kinds);
            story.fault(kind, bytes.of(&REASONS), bytes.of(&REASONS));
        }
        15 => story.msg(Msg::RecordingEnded(story.model.shown.id)),
        16 => {
            let text = bytes.of(&[
                "a remark",
                "a longer remark with 日本語 in it, which is very long",
            ]);
            story.msg(Msg::Remark(if first_bit(bytes) {
                Remark::passing(text)
            } else {
                Remark::lasting(text)
            }));
        }
        17 => story.msg(Msg::Signal(Signal::TERMINATE)),
        18 => story.msg(Msg::ReportWritten(if first_bit(bytes) {
            Ok("f".into())
        } else {
            Err("no".into())
        })),
        19 => story.msg(Msg::TimedOut),
        20 => {
            story.resume(&[(0, "Role", "AWS::X", "CREATE_IN_PROGRESS", "")]);
        }
        128..=143 => story.msg(Msg::Key(NAMED[usize::from(byte - 128)])),
        _ => {
            let whole = first_bit(bytes);
            let facts: Vec<Fact<'_>> = (0..=byte % 5)
                .map(|_| {
                    let at = *seconds + i64::from(bytes.next()) - 100;
                    (
                        at,
                        bytes.of(&IDS),
                        bytes.of(&["AWS::X::Y", "", "\n"]),
                        bytes.of(&STATUSES),
                        bytes.of(&REASONS),
                    )
                })
                .collect();
            if byte & 16 == 0 {
                story.page(&facts, whole);
            } else {
                story.restart(&facts, whole);
            }
        }
    }
}

fn first_bit(bytes: &mut Bytes<'_>) -> bool {
    bytes.next() & 1 == 1
}

/// Draws into the middle of a larger buffer, and looks at all of it.
fn draw(story: &Story, theme: &Theme, width: u16, height: u16) {
    let area = Rect::new(3, 2, width, height);
    let mut buffer = Buffer::empty(Rect::new(0, 0, width + 6, height + 4));
    for cell in &mut buffer.content {
        cell.set_symbol(OUTSIDE);
    }
    view(&story.model, theme, area, &mut buffer);
    for (index, cell) in buffer.content.iter().enumerate() {
        let symbol = cell.symbol();
        assert!(!symbol.chars().any(char::is_control), "{symbol:?}");
        let (x, y) = buffer.pos_of(index);
        assert!(
            area.contains((x, y).into()) || symbol == OUTSIDE,
            "{symbol:?} at {x},{y} of {width}x{height}"
        );
    }
}
