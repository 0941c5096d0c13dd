//! Frames after random input: no size, key or text breaks one.

use bakewatch::testing::app::{Key, MouseAction, MouseKind, Msg};
use bakewatch::testing::domain::{
    Ami, Fault, FaultKind, ImageAnswer, ImageDescription, MAX_SHOWN, Seen,
};
use bakewatch::testing::style::{Depth, Glyphs, Theme};
use bakewatch::testing::text::SafeText;
use bakewatch::testing::view::view;
use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use serde_json::json;

use crate::support::builds;
use crate::support::frame::{COLOUR, draw, theme};
use crate::support::story::Story;
use crate::support::text::acts;

/// An input of the model.
#[derive(Clone, Debug)]
enum Step {
    Press(Key),
    Mouse(MouseKind, u16, u16),
    Look,
    Resize(u16, u16),
    Wait(i64),
    Events(Vec<[String; 4]>, bool),
    Fault(String, String),
    Describe(String, bool),
    Gone,
    Absent,
}

fn key() -> impl Strategy<Value = Key> {
    prop_oneof![
        6 => prop::sample::select("jkgGhlf?ar q".chars().collect::<Vec<_>>()).prop_map(Key::Char),
        6 => prop::sample::select("123eE/nN&oJdsutyYAmR+-0z".chars().collect::<Vec<_>>()).prop_map(Key::Char),
        1 => prop::sample::select("日e\u{301}\u{202e}\u{200b}\u{e0041}(.*[".chars().collect::<Vec<_>>()).prop_map(Key::Char),
        1 => prop::sample::select("rwuae".chars().collect::<Vec<_>>()).prop_map(Key::Ctrl),
        1 => prop::sample::select(vec![Key::Left, Key::Right, Key::Backspace, Key::Delete, Key::Home, Key::End]),
        1 => Just(Key::Enter),
        1 => Just(Key::Esc),
        1 => Just(Key::Tab),
        1 => Just(Key::PageUp),
        1 => Just(Key::PageDown),
    ]
}

fn mouse_kind() -> impl Strategy<Value = MouseKind> {
    prop::sample::select(vec![
        MouseKind::Click,
        MouseKind::WheelUp,
        MouseKind::WheelDown,
    ])
}

fn text() -> impl Strategy<Value = String> {
    let hostile = [
        "",
        "\u{1b}[2J\u{7}",
        "\u{202e}desrever",
        "日本語のとても長い名前",
        "a\nb\tc\r\nd",
        "e\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}",
        "👩\u{200d}👩\u{200d}👧 🇩🇪 ☃\u{fe0f}",
        "\u{301}",
        "x\u{0}y\u{9b}31mz\u{feff}",
        "\u{ad}\u{e0041}\u{fff9}\u{61c}\u{2028}\u{2066}\u{2060}\u{7f}",
        "ﷺ",
    ];
    prop_oneof![
        Just("ParallelClusterImage".to_owned()),
        prop::sample::select(hostile.map(str::to_owned).to_vec()),
        "\\PC{0,80}",
        ".{0,20}",
    ]
}

fn status() -> impl Strategy<Value = String> {
    let known = [
        "CREATE_IN_PROGRESS",
        "CREATE_COMPLETE",
        "CREATE_FAILED",
        "DELETE_IN_PROGRESS",
        "ROLLBACK_IN_PROGRESS",
        "DELETE_SKIPPED",
    ];
    prop_oneof![4 => prop::sample::select(known.map(str::to_owned).to_vec()), 1 => text()]
}

fn step() -> impl Strategy<Value = Step> {
    let event = (text(), text(), status(), text()).prop_map(<[String; 4]>::from);
    prop_oneof![
        8 => key().prop_map(Step::Press),
        2 => (mouse_kind(), 0..=120_u16, 0..=50_u16).prop_map(|(kind, column, row)| Step::Mouse(kind, column, row)),
        1 => Just(Step::Look),
        1 => (0..=120_u16, 0..=50_u16).prop_map(|(width, height)| Step::Resize(width, height)),
        1 => (-100..100_000_i64).prop_map(Step::Wait),
        3 => (prop::collection::vec(event, 0..12), any::<bool>())
            .prop_map(|(events, whole)| Step::Events(events, whole)),
        1 => (text(), text()).prop_map(|(message, hint)| Step::Fault(message, hint)),
        1 => (text(), any::<bool>()).prop_map(|(stage, made)| Step::Describe(stage, made)),
        1 => Just(Step::Gone),
        1 => Just(Step::Absent),
    ]
}

fn take(story: &mut Story, step: Step, count: &mut usize) {
    match step {
        Step::Press(key) => story.msg(Msg::Key(key)),
        Step::Mouse(kind, column, row) => story.msg(Msg::Mouse(MouseAction { kind, column, row })),
        Step::Look => story.msg(Msg::Idle),
        Step::Resize(width, height) => story.resize(width, height),
        Step::Wait(seconds) => {
            story.at(seconds);
        }
        Step::Events(events, whole) => {
            let events: Vec<_> = events
                .into_iter()
                .map(|[id, kind, status, reason]| {
                    *count += 1;
                    json!({
                        "eventId": format!("{count}"), "logicalResourceId": id, "resourceType": kind,
                        "resourceStatus": status, "resourceStatusReason": reason,
                        "physicalResourceId": id, "timestamp": "2022-04-05T21:40:00Z",
                        "resourceProperties": json!({ id: kind, "Data": reason }).to_string(),
                    })
                    .to_string()
                })
                .collect();
            story.raw_page(&events, whole);
        }
        Step::Fault(message, hint) => {
            story.observe(Seen::Failed(Fault {
                kind: FaultKind::Transient,
                message: SafeText::new(&message),
                hint: Some(SafeText::new(&hint)),
                request_id: Some(SafeText::new(&hint)),
            }));
        }
        Step::Describe(stage, made) => {
            let stage = SafeText::new(&stage);
            let image = ImageDescription {
                region: Some(stage.clone()),
                version: Some(stage.clone()),
                build_status: made.then(|| SafeText::new("BUILD_COMPLETE")),
                builder_status: Some(stage.clone()),
                ami: made.then_some(Ami {
                    id: stage,
                    ..Ami::new("")
                }),
                ..ImageDescription::default()
            };
            story.observe(Seen::Image(ImageAnswer::Described(Box::new(image))));
        }
        Step::Gone => {
            story.observe(Seen::StackGone);
        }
        Step::Absent => {
            story.observe(Seen::Image(ImageAnswer::Absent));
        }
    }
}

const OUTSIDE: &str = "¤";

/// Draws into the middle of a larger buffer and checks the cells outside.
fn check(story: &Story, theme: &Theme, width: u16, height: u16) {
    let area = Rect::new(3, 2, width, height);
    let mut buffer = Buffer::empty(Rect::new(0, 0, width + 6, height + 4));
    for cell in &mut buffer.content {
        cell.set_symbol(OUTSIDE);
    }
    view(&story.model, theme, area, &mut buffer);
    for y in 0..buffer.area.height {
        for x in 0..buffer.area.width {
            let symbol = buffer[(x, y)].symbol();
            assert!(!symbol.contains(acts), "{symbol:?} at {x},{y}");
            if !area.contains((x, y).into()) {
                assert_eq!(symbol, OUTSIDE, "at {x},{y} of {width}x{height}");
            }
        }
    }
}

/// What is typed into any prompt, and what it leaves in a title, acts on no terminal.
#[test]
fn typed_characters_that_act_are_not_drawn() {
    let theme = theme("neutral", Depth::True, Glyphs::Unicode);
    for prompt in ["/", "4&", "4/", "2/", "b/"] {
        for typed in ["\u{202e}", "a\u{e0041}", "[\u{200b}"] {
            let mut story = builds::building(100, 30);
            for keys in [prompt, typed, ">"] {
                story.keys(keys);
                check(&story, &theme, 100, 30);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_input_breaks_a_frame(
        image in text(),
        size in (0..=120_u16, 0..=50_u16),
        other in prop_oneof![(0..=120_u16, 0..=50_u16), (0..=300_u16, 0..=300_u16)],
        steps in prop::collection::vec(step(), 0..40),
        ascii in any::<bool>(),
    ) {
        let glyphs = if ascii { Glyphs::Ascii } else { Glyphs::Unicode };
        let theme = theme("neutral", Depth::True, glyphs);
        let mut story = Story::new(size.0, size.1);
        story.model.shown.target.image_id = image.clone();
        story.model.shown.target.note = Some(image);
        let mut count = 0;
        for step in steps {
            take(&mut story, step, &mut count);
            let size = story.model.size;
            check(&story, &theme, size.width, size.height);
        }
        // The terminal may already have another size than the model knows.
        check(&story, &theme, other.0, other.1);
    }

    /// Nothing on the screen depends on chance: no clock, no order of a hash map.
    #[test]
    fn the_same_messages_draw_the_same_frames(
        size in (40..=120_u16, 10..=50_u16),
        steps in prop::collection::vec(step(), 0..40),
    ) {
        let theme = theme("neutral", Depth::True, Glyphs::Unicode);
        let mut stories = [(); 2].map(|()| (Story::new(size.0, size.1), 0));
        for step in steps {
            let frames = stories.each_mut().map(|(story, count)| {
                take(story, step.clone(), count);
                draw(&story.model, &theme)
            });
            prop_assert_eq!(&frames[0], &frames[1]);
        }
        let effects = stories.each_ref().map(|(story, _)| format!("{:?}", story.effects));
        prop_assert_eq!(&effects[0], &effects[1]);
    }
}

#[test]
fn every_size_can_be_drawn() {
    let theme = Theme::default();
    let small = (0..=44_u16).flat_map(|width| (0..=14_u16).map(move |height| (width, height)));
    let large = [
        (300, 300),
        (300, 1),
        (300, 7),
        (1, 300),
        (21, 300),
        (99, 40),
        (160, 33),
    ];
    let sizes: Vec<_> = small.chain(large).collect();
    for keys in [
        "", "?", "f", ">", "2", "2z", "2>", "3", "/Par", "&Par>", "J", "ed",
    ] {
        let mut story = builds::failed(80, 24);
        story.keys(keys);
        for (width, height) in &sizes {
            story.resize(*width, *height);
            check(&story, &theme, *width, *height);
        }
    }
}

/// A terminal can claim any size. What is drawn of it has a bound, or its cells would need 200 GB.
#[test]
fn every_size_that_a_terminal_claims_can_be_drawn() {
    let mut story = builds::failed(80, 24);
    let claimed = [0, 1, 20, 100, 999, 1000, 1001, 32_768, u16::MAX];
    for width in claimed {
        for height in claimed {
            story.resize(width, height);
            let drawn = story.model.size;
            assert_eq!(
                (drawn.width, drawn.height),
                (width.min(1000), height.min(500))
            );
            if width > 1000 || height > 1000 {
                check(&story, &Theme::default(), drawn.width, drawn.height);
            }
        }
    }
}

/// Every build in every view, with everything that can be opened over it, at sizes from 0×0 to 200×200: at a
/// few of them, at others each time.
#[test]
fn every_build_can_be_drawn_at_any_size() {
    const STEP: usize = 3989;
    let theme = Theme::default();
    let mut begin = 0;
    for keys in [
        "", "?", "f", ">", ">J", ">d", "2", "2z", "2>", "3", "/a", "&[", "tu",
    ] {
        for (_, mut story) in builds::all(80, 24) {
            story.keys(keys);
            begin = (begin + 97) % STEP;
            for number in (begin..201 * 201).step_by(STEP) {
                let (width, height) = (number % 201, number / 201);
                let size = [width, height].map(|cells| u16::try_from(cells).unwrap());
                story.resize(size[0], size[1]);
                check(&story, &theme, size[0], size[1]);
            }
        }
    }
}

fn arrived(story: &Story) -> usize {
    let model = &story.model;
    model.shown.views.events.arrived(&model.shown.build)
}

#[test]
fn hidden_events_do_not_count_as_new() {
    let mut story = Story::new(80, 24);
    let ids: Vec<_> = (0..50).map(|id| format!("R{id}")).collect();
    let facts: Vec<_> = (0..50)
        .zip(&ids)
        .map(|(second, id)| {
            let status = if second < 4 {
                "CREATE_FAILED"
            } else {
                "CREATE_COMPLETE"
            };
            (second, id.as_str(), "AWS::X", status, "")
        })
        .collect();
    story.events(&facts);
    story.keys("fjj <k");
    assert_eq!(arrived(&story), 0);
}

#[test]
fn a_gap_does_not_count_as_a_new_event() {
    let mut story = Story::new(80, 24);
    let fact = |second, id| (second, id, "AWS::X", "CREATE_COMPLETE", "");
    story.events(&[fact(0, "A"), fact(1, "B")]).keys("k");
    story.page(&[fact(2, "C"), fact(3, "D")], false);
    assert_eq!(arrived(&story), 2);
}

#[test]
fn a_reason_of_megabytes_is_cut_for_the_screen() {
    let mut story = Story::new(200, 60);
    let reason = "word ".repeat(400_000);
    story.events(&[(1, "R", "AWS::X", "CREATE_FAILED", &reason)]);
    let kept = story
        .model
        .shown
        .selected()
        .unwrap()
        .reason
        .as_ref()
        .unwrap();
    assert!(kept.as_str().len() < MAX_SHOWN + 100);
    for keys in ["", "3", "12"] {
        story.keys(keys);
        let lines = story.model.shown.page().lines.iter();
        let shown: usize = lines.map(|line| line.search_text().len()).sum();
        // The explanation has it twice: as the message, and as the service's own words.
        assert!(shown > 0 && shown < 3 * MAX_SHOWN, "{keys}: {shown}");
        check(&story, &Theme::default(), 200, 60);
    }
}

#[test]
fn a_frame_is_clipped_to_a_terminal_of_another_size_than_the_model_knows() {
    for (_, mut story) in builds::all(120, 40) {
        for keys in ["", "2", "3", "1>", "<?", "?f"] {
            story.keys(keys);
            for (width, height) in [(0, 0), (1, 40), (119, 1), (19, 5), (60, 20), (200, 60)] {
                check(&story, &COLOUR, width, height);
            }
        }
    }
}
