//! Every view of a build, as whole frames: text and the style of every stretch of it.
//!
//! A view of the failed build is seen at every usual size with colours, without, and in ASCII; of every other
//! build at 80×24 in colours.

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
    ("detail", "e>"),
    ("resource_detail", "2>"),
    ("changes", "ed"),
    ("json", "eJ"),
    ("filter", "f"),
    ("search", "/Parallel"),
];
const SIZES: [(u16, u16); 4] = [(40, 10), (80, 24), (120, 40), (200, 60)];

/// Frames under their headings, as one snapshot.
fn sheet(name: String, frames: impl IntoIterator<Item = (String, String)>) {
    let mut sheet = String::new();
    for (heading, frame) in frames {
        let _ = write!(sheet, "== {heading}\n{frame}\n");
    }
    assert_snapshot!(name, sheet);
}

#[test]
fn every_view_of_a_failure_at_every_size_in_every_look() {
    for (view, keys) in VIEWS.into_iter().chain([("help", "?")]) {
        for (look, theme) in [
            ("colour", &COLOUR),
            ("no_colour", &PLAIN),
            ("ascii", &ASCII),
        ] {
            let frames = SIZES.map(|(width, height)| {
                let mut story = builds::failed(width, height);
                story.keys(keys);
                (format!("{width}x{height}"), frame(&story.model, theme))
            });
            sheet(format!("failed_{view}_{look}"), frames);
        }
    }
}

#[test]
fn every_view_of_every_other_build() {
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
fn a_newcomer_finds_what_failed_first_and_why_without_a_key() {
    let shown = text(&builds::failed(80, 24));
    for needed in [
        " FAILED ",
        "35:0",
        "ParallelClusterImage failed first",
        "component ParallelClusterComponent",
        "build log",
    ] {
        assert!(shown.contains(needed), "{needed:?} is not on\n{shown}");
    }
}

#[test]
fn every_other_answer_takes_at_most_two_keys() {
    let answers = [
        ("which resource took how long", "2", "31:40"),
        (
            "which event failed first",
            "e",
            "▌22:11:02   +35:00 ✖ CREATE_FAILED",
        ),
        ("what helps", "3", "pcluster get-image-log-events"),
        ("what the reason says", "3G", "GeneralServiceException"),
        ("how the bars compare", "2", "+0:00"),
        ("what an event has in full", ">", "event id"),
        ("what came as JSON", "J", "\"stackId\""),
        ("what changed", "d", "changed since"),
        ("how many events have which status", "f", "complete"),
        ("what the keys do", "?", "Here, in the list"),
        ("when it was in UTC", "u", "in UTC"),
        ("how long after the event before", "t", "the previous event"),
    ];
    for (question, keys, answer) in answers {
        assert!(keys.len() <= 2);
        let mut story = builds::failed(80, 24);
        story.keys(keys);
        let shown = text(&story);
        assert!(
            shown.contains(answer),
            "{question}: {answer:?} is not on\n{shown}"
        );
    }
}
