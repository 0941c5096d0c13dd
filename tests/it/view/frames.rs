//! Whole frames of whole builds, as the user sees them: text and colours.

use bakewatch::testing::domain::FaultKind;
use insta::assert_snapshot;

use crate::support::builds;
use crate::support::frame::{ASCII, COLOUR, PLAIN, draw, frame, lines};

/// One snapshot for each build, on the most usual screen.
macro_rules! frames {
    ($($build:ident),* $(,)?) => {
        $(
            #[test]
            fn $build() {
                assert_snapshot!(stringify!($build), frame(&builds::$build(80, 24).model, &COLOUR));
            }
        )*
    };
}

frames!(
    connecting,
    waiting,
    not_found,
    refused,
    building,
    elsewhere,
    loading,
    held,
    failed,
    rolling_back,
    succeeded,
    finished,
    leftover,
    deleted,
    rebuilt,
    throttled,
    unauthorized,
    hostile,
);

#[test]
fn a_build_on_screens_of_any_size() {
    for (width, height) in [(20, 6), (40, 10), (100, 30), (120, 40), (200, 60)] {
        let name = format!("building_{width}x{height}");
        assert_snapshot!(name, frame(&builds::building(width, height).model, &COLOUR));
    }
}

/// At the other sizes, the frames of a failed build are in `views`.
#[test]
fn a_failure_on_screens_of_any_size() {
    for (width, height) in [(20, 6), (100, 30)] {
        let name = format!("failed_{width}x{height}");
        assert_snapshot!(name, frame(&builds::failed(width, height).model, &COLOUR));
    }
}

#[test]
fn a_result_on_screens_of_any_size() {
    for (width, height) in [(40, 10), (120, 40), (200, 60)] {
        let name = format!("finished_{width}x{height}");
        let mut story = builds::finished(width, height);
        assert_snapshot!(name.as_str(), frame(&story.model, &COLOUR));
        story.keys("3");
        assert_snapshot!(format!("{name}_result"), frame(&story.model, &COLOUR));
    }
}

#[test]
fn without_colours_weight_and_symbols_remain() {
    let story = builds::building(80, 24);
    assert_snapshot!("building_without_colours", frame(&story.model, &PLAIN));
}

#[test]
fn an_ascii_terminal_gets_ascii() {
    let mut stories = vec![
        builds::connecting(80, 24),
        builds::waiting(40, 10),
        builds::refused(80, 24),
        builds::building(200, 60),
        builds::failed(20, 6),
        builds::rolling_back(120, 40),
        builds::leftover(80, 24),
        builds::rebuilt(80, 24),
        builds::loading(80, 24),
        builds::unauthorized(40, 10),
        builds::held(80, 24),
    ];
    for keys in ["?", "f", ">jjjjj>"] {
        let mut story = builds::building(40, 10);
        story.keys(keys);
        stories.push(story);
    }
    for story in stories {
        for line in lines(&draw(&story.model, &ASCII)) {
            assert!(line.is_ascii(), "{line}");
        }
    }
}

#[test]
fn the_filter_menu_covers_the_list() {
    let mut story = builds::rolling_back(80, 24);
    story.keys("fjj");
    assert_snapshot!("filter", frame(&story.model, &COLOUR));
    story.keys("><");
    assert_snapshot!("filtered", frame(&story.model, &COLOUR));
    let mut nothing = builds::building(80, 24);
    nothing.keys("fjj><");
    assert_snapshot!("filtered_to_nothing", frame(&nothing.model, &COLOUR));
}

#[test]
fn the_help_lists_every_key_and_symbol() {
    let mut story = builds::building(80, 24);
    story.keys("?");
    assert_snapshot!("help", frame(&story.model, &COLOUR));
    story.keys("G");
    assert_snapshot!("help_end", frame(&story.model, &COLOUR));
    let mut story = builds::building(40, 10);
    story.keys("?");
    assert_snapshot!("help_40x10", frame(&story.model, &COLOUR));
}

#[test]
fn the_detail_unfolds() {
    let mut story = builds::building(80, 24);
    story.keys(">GGjjj").keys("ggjjjjjjjjjjjj>");
    assert_snapshot!("detail", frame(&story.model, &COLOUR));
    let mut story = builds::building(120, 40);
    story.keys(">jjjjj");
    assert_snapshot!("detail_120x40", frame(&story.model, &COLOUR));
}

#[test]
fn a_fault_does_not_hide_a_failure() {
    let mut story = builds::failed(80, 24);
    story.fault(
        FaultKind::Expired,
        "the credentials have expired",
        "renew them",
    );
    assert_snapshot!("failed_and_expired", frame(&story.model, &COLOUR));
}

/// A note on a row, such as the silence before it, must not lay its style over the row.
#[test]
fn no_row_loses_the_colours_of_its_status() {
    for width in [80, 100, 120, 160, 200] {
        let buffer = draw(&builds::failed(width, 60).model, &COLOUR);
        let bad = COLOUR.bad().fg;
        let rows = lines(&buffer).into_iter().zip(0..);
        let is_row = |line: &str| line.contains("✖ CREATE_FAILED") || line.contains("✖ failed");
        let failed: Vec<_> = rows
            .filter(|(line, _)| is_row(line) && line.contains("ParallelClusterImage"))
            .collect();
        assert!(!failed.is_empty(), "{width}");
        for (line, row) in failed {
            let column = line.chars().position(|symbol| symbol == '✖').unwrap();
            let columns = u16::try_from(column).unwrap()..u16::try_from(column + 20).unwrap();
            for column in columns {
                let cell = &buffer[(column, row)];
                let is_blank = cell.symbol() == " ";
                assert!(is_blank || Some(cell.fg) == bad, "{width}: {line}");
            }
        }
    }
}
