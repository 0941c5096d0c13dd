//! Every view of a build, as whole frames: the text and the style of every run of cells.
//!
//! The failed build has snapshots of each view at every usual size in colours, and at 80×24 without colours and in
//! ASCII; every other build has them at 80×24 in colours.

use std::fmt::Write;

use insta::assert_snapshot;

use crate::support::frame::{ASCII, COLOUR, PLAIN, frame, lines};
use crate::support::story::Story;
use crate::support::{builds, frame};

/// The views, and the keys that lead to each.
const VIEWS: [(&str, &str); 9] = [
    ("events", ""),
    ("resources", "2"),
    ("failure", "3"),
    ("detail", ">"),
    ("resource_detail", "2>"),
    ("changes", "d"),
    ("json", "J"),
    ("filter", "f"),
    ("search", "/Parallel"),
];
const USUAL: (u16, u16) = (80, 24);
const SIZES: [(u16, u16); 4] = [(40, 10), USUAL, (120, 40), (200, 60)];

fn heading((width, height): (u16, u16)) -> String {
    format!("{width}x{height}")
}

/// Frames under their headings, as one snapshot.
fn sheet(name: String, frames: impl IntoIterator<Item = (String, String)>) {
    let mut sheet = String::new();
    for (heading, frame) in frames {
        let _ = write!(sheet, "== {heading}\n{frame}\n");
    }
    assert_snapshot!(name, sheet);
}

fn failed(keys: &str, (width, height): (u16, u16)) -> Story {
    let mut story = builds::failed(width, height);
    story.keys(keys);
    story
}

#[test]
fn every_view_of_a_failed_build_in_colours_at_every_size() {
    for (view, keys) in VIEWS.into_iter().chain([("help", "?")]) {
        let frames = SIZES.map(|size| {
            let story = failed(keys, size);
            (heading(size), frame(&story.model, &COLOUR))
        });
        sheet(format!("failed_{view}_colour"), frames);
    }
}

/// One size is enough for the styles: those of a role are the same at every size. At the other sizes, the text
/// without colours must equal the text of the snapshots in colours, and ASCII must take as many lines.
#[test]
fn every_view_of_a_failed_build_without_colours_and_in_ascii() {
    for (view, keys) in VIEWS.into_iter().chain([("help", "?")]) {
        for (look, theme) in [("no_colour", &PLAIN), ("ascii", &ASCII)] {
            let frame = frame(&failed(keys, USUAL).model, theme);
            sheet(format!("failed_{view}_{look}"), [(heading(USUAL), frame)]);
        }
        for size in SIZES {
            let story = failed(keys, size);
            let text = |theme| lines(&frame::draw(&story.model, theme));
            let (coloured, plain, ascii) = (text(&COLOUR), text(&PLAIN), text(&ASCII));
            assert_eq!(coloured, plain, "{view} at {size:?}");
            assert!(ascii.iter().all(|line| line.is_ascii()), "{ascii:#?}");
            assert_eq!(ascii.len(), plain.len(), "{view} at {size:?}");
        }
    }
}

#[test]
fn views_match_their_snapshots() {
    for (name, _) in builds::all(80, 24) {
        // The events of each are snapshots of their own.
        let views = VIEWS
            .into_iter()
            .filter(|(view, _)| *view != "events" && name != "failed");
        let frames = views.map(|(view, keys)| {
            let mut stories = builds::all(80, 24);
            let (_, mut story) = stories.find(|(other, _)| *other == name).unwrap();
            story.keys(keys);
            (view.to_owned(), frame(&story.model, &COLOUR))
        });
        let frames: Vec<_> = frames.collect();
        if !frames.is_empty() {
            sheet(format!("views_of_{name}"), frames);
        }
    }
}

fn text(story: &Story) -> String {
    lines(&frame::draw(&story.model, &COLOUR)).join("\n")
}

#[test]
fn the_first_failure_and_its_reason_need_no_key() {
    let shown = text(&builds::failed(80, 24));
    for needed in [
        " FAILED ",
        "35:0",
        "ParallelClusterImage failed first",
        "component ParallelClusterComponent",
        "$ pcluster get-image-log-events --image-id alinux2-image",
        "--log-stream-name 3.16.1/1",
    ] {
        assert!(shown.contains(needed), "{needed:?} is not on\n{shown}");
    }
}

#[test]
fn each_detail_is_reached_in_two_keys() {
    let details = [
        ("which resource took how long", "2", "31:40"),
        (
            "which event failed first",
            "",
            "▌22:11:02   +35:00 ✖ CREATE_FAILED",
        ),
        ("what helps", "", "pcluster get-image-log-events"),
        ("what the reason says", "3G", "GeneralServiceException"),
        ("how the bars compare", "2", "+0:00"),
        ("what an event has in full", ">G", "event id"),
        ("what came as JSON", "J", "\"stackId\""),
        ("what changed", "d", "changed since"),
        ("how many events have which status", "f", "complete"),
        ("what the keys do", "?", "Here, in the list"),
        ("when it was in UTC", "u", "in UTC"),
        ("how long after the event before", "t", "the previous event"),
    ];
    for (detail, keys, needed) in details {
        assert!(keys.len() <= 2);
        let mut story = builds::failed(80, 24);
        story.keys(keys);
        let shown = text(&story);
        assert!(
            shown.contains(needed),
            "{detail}: {needed:?} is not on\n{shown}"
        );
    }
}

/// A failure with the words of its command leaves no room for the detail pane beside the list.
#[test]
fn a_mode_of_the_detail_opens_it_where_it_has_no_room() {
    for (key, needed) in [("J", "\"stackId\""), ("d", "changed since")] {
        let mut story = builds::with_log(80, 24);
        assert!(!text(&story).contains(needed));
        story.keys(key);
        let shown = text(&story);
        assert!(
            shown.contains(needed),
            "{key}: {needed:?} is not on\n{shown}"
        );
        story.keys(key);
        assert!(!text(&story).contains(needed), "{key} again");
    }
}
