//! Keys: what they close, what they answer, and what the hints promise of them.

use bakewatch::testing::app::{Effect, Focus, Key, Msg, Playback, PlaybackRequest, Tab};

use crate::support::builds;
use crate::support::frame::{COLOUR, draw, frame, lines};
use crate::support::story::Story;

fn press(story: &mut Story, key: Key) {
    story.msg(Msg::Key(key));
}

fn leaves(story: &Story) -> bool {
    let mut effects = story.effects.iter();
    effects.any(|effect| matches!(effect, Effect::Exit(_)))
}

fn toast(story: &Story) -> &str {
    story.model.toast.as_deref().unwrap_or_default()
}

#[test]
fn a_key_without_an_action_answers_for_a_while() {
    let mut story = builds::building(80, 24);
    for key in ["w", "0", "space", "ctrl-x", "f9"] {
        press(&mut story, key.parse().unwrap());
        let answer = format!("{key} does nothing here; ? lists the keys");
        assert_eq!(toast(&story), answer);
        let hints = lines(&draw(&story.model, &COLOUR)).pop().unwrap();
        assert!(
            hints.contains("? help") && hints.ends_with(&answer),
            "{hints}"
        );
    }
    let since = story.elapsed().as_secs().cast_signed();
    assert!(story.at(since + 7).model.toast.is_some());
    assert_eq!(story.at(since + 8).model.toast, None);
}

/// What is open over the panes answers for the keys of the panes, too.
#[test]
fn a_key_of_another_context_answers_wherever_it_does_nothing() {
    for (opens, keys) in [
        ("B", "1234/&nNeEfoJdsw+-0zyYARurtm{}[] "),
        ("b", "1234&nNeEfoJdsw+-0zcyYARutm{}[]"),
        ("?", "1234/&nNeEfoJdsw+-0zyYARurtm{}[] "),
        ("f", "1234/&nNeEoJdsw+-0zyYARurtm{}[]"),
    ] {
        let mut story = builds::failed(80, 24);
        story.keys(opens);
        for key in keys.chars() {
            press(&mut story, Key::Char(key));
            let key = if key == ' ' {
                "space".to_owned()
            } else {
                key.to_string()
            };
            let answer = format!("{key} does nothing here; ? lists the keys");
            assert_eq!(toast(&story), answer, "{opens}");
            let hints = lines(&draw(&story.model, &COLOUR)).pop().unwrap();
            assert!(hints.ends_with(&answer), "{opens}: {hints}");
        }
    }
}

#[test]
fn quitting_closes_the_topmost_pane_first() {
    for (opens, name) in [
        ("?", "help"),
        ("f", "filter"),
        (">", "detail"),
        ("f?", "both"),
    ] {
        let mut story = builds::building(80, 24);
        let before = frame(&story.model, &COLOUR);
        story.keys(opens).keys("q");
        assert!(!leaves(&story), "{name}");
        if opens.len() > 1 {
            story.keys("q");
        }
        assert!(story.model.overlay.is_none() && story.model.shown.focus == Focus::List);
        if name != "detail" {
            assert_eq!(frame(&story.model, &COLOUR), before, "{name}");
        }
        assert!(!leaves(&story), "{name}");
        story.keys("q");
        assert!(leaves(&story), "{name}");
    }
}

#[test]
fn ctrl_c_cancels_a_prompt_and_else_leaves_at_once() {
    let mut story = builds::building(80, 24);
    story.keys("/abc");
    press(&mut story, Key::Ctrl('c'));
    assert!(!leaves(&story) && story.model.overlay.is_none());
    assert!(
        story.model.shown.search.listed.is_none(),
        "the search before is back"
    );
    press(&mut story, Key::Ctrl('c'));
    assert!(leaves(&story));
    for opens in ["?", "f", ">", "2"] {
        let mut story = builds::building(80, 24);
        story.keys(opens);
        press(&mut story, Key::Ctrl('c'));
        assert!(leaves(&story), "{opens}");
    }
}

#[test]
fn the_screen_is_drawn_again_at_a_key() {
    let mut story = builds::building(80, 24);
    for opens in ["", "?", "<f", "</abc"] {
        story.keys(opens).effects.clear();
        press(&mut story, Key::Ctrl('l'));
        assert!(matches!(story.effects[..], [Effect::Redraw]), "{opens}");
    }
}

#[test]
fn a_report_is_written_at_the_second_key() {
    let mut story = builds::failed(80, 24);
    let writes = |story: &Story| {
        let mut effects = story.effects.iter();
        effects.any(|effect| matches!(effect, Effect::WriteReport(_)))
    };
    story.keys("R");
    assert_eq!(toast(&story), "R again writes a report into this folder");
    story.keys("jR");
    assert!(!writes(&story), "another key came between");
    story.keys("R");
    assert!(writes(&story));
    story.effects.clear();
    story.keys("R");
    let since = story.elapsed().as_secs().cast_signed();
    story.at(since + 60).keys("R");
    assert!(!writes(&story), "the question was no longer on the screen");
}

#[test]
fn escape_ends_what_is_there_and_says_when_nothing_is() {
    let mut story = builds::building(80, 24);
    story.keys("<");
    assert_eq!(toast(&story), "nothing to close; q leaves");
    story.keys("/complete>").keys("f>").keys("<");
    story.keys("<");
    assert!(story.model.shown.search.listed.is_none());
    assert!(!story.model.shown.filter.is_open());
    story.keys("<");
    assert!(story.model.shown.filter.is_open());
    assert_eq!(toast(&story), "");
}

#[test]
fn a_filter_that_is_not_chosen_leaves_the_view_as_it_was() {
    for (tab, keys) in [(Tab::Resources, "2"), (Tab::Failure, "3")] {
        let mut story = builds::failed(80, 24);
        for opens in ["f", "&"] {
            story.keys(keys).keys(opens).keys("<");
            assert_eq!(story.model.shown.tab, tab, "{opens}");
        }
        story.keys("f>");
        assert_eq!(story.model.shown.tab, Tab::Events);
        story.keys(keys).keys("&role>");
        assert_eq!(story.model.shown.tab, Tab::Events);
    }
}

#[test]
fn help_opens_by_two_keys_also_over_a_prompt() {
    let mut story = builds::building(80, 24);
    story.keys("/abc");
    press(&mut story, Key::F(1));
    let shown = lines(&draw(&story.model, &COLOUR)).join("\n");
    assert!(shown.contains("Here, in the prompt"), "{shown}");
    press(&mut story, Key::F(1));
    story.keys("d<?");
    let shown = lines(&draw(&story.model, &COLOUR)).join("\n");
    assert!(shown.contains("Here, in the list"), "{shown}");
}

/// A hint names a key that does something now: the frame changes, or there is an effect.
/// A build on a screen of a size.
type Make = fn(u16, u16) -> Story;

#[test]
fn every_hint_does_something() {
    let contexts = [
        "",
        ">",
        "2",
        "2>",
        "3",
        "f",
        "?",
        "/complete>",
        "f>",
        "J>",
        "d>",
        "s",
    ];
    let makes: [(&str, Make); 5] = [
        ("connecting", builds::connecting),
        ("building", builds::building),
        ("failed", builds::failed),
        ("succeeded", builds::succeeded),
        ("throttled", builds::throttled),
    ];
    for (name, make) in makes {
        for opens in contexts {
            let story = || {
                let mut story = make(160, 24);
                // The result of the last of them is no hint.
                let since = story.elapsed().as_secs().cast_signed();
                story.keys(opens).at(since + 10).effects.clear();
                story
            };
            let before = draw(&story().model, &COLOUR);
            let line = lines(&before).pop().unwrap();
            let hints = line
                .split("  ")
                .map(str::trim)
                .filter(|hint| !hint.is_empty());
            for hint in hints {
                let (keys, word) = hint.split_once(' ').unwrap();
                let does = keys.split('/').filter(|key| !key.is_empty()).any(|key| {
                    let mut story = story();
                    press(&mut story, key.parse().unwrap());
                    !story.effects.is_empty() || draw(&story.model, &COLOUR) != before
                });
                assert!(does || keys == "/", "{name}, {opens:?}: {keys} {word}");
            }
        }
    }
}

fn title(story: &Story) -> String {
    lines(&draw(&story.model, &COLOUR)).swap_remove(0)
}

/// A failed build, as the replay of its recording.
fn replayed() -> Story {
    let mut story = builds::failed(80, 24);
    let from = story.began;
    story.model.shown.playback = Some(Playback::new(
        (from, from + chrono::TimeDelta::hours(1)),
        60.0,
    ));
    story
}

#[test]
fn a_replay_says_what_it_is_and_takes_its_keys() {
    let mut story = replayed();
    let mut requests = |key: char, wanted: PlaybackRequest, shown: &str| {
        story.effects.clear();
        press(&mut story, Key::Char(key));
        let [Effect::Playback(_, request)] = &story.effects[..] else {
            panic!("{key}: {:?}", story.effects);
        };
        assert_eq!(*request, wanted, "{key}");
        let title = title(&story);
        assert!(
            title.contains(shown) && !title.contains("live"),
            "{key}: {title}"
        );
    };
    let run = |paused, speed| PlaybackRequest::Run { paused, speed };
    requests('>', run(false, 120.0), "▸ replay x120 · 35:05 of 1:00:00");
    requests('<', run(false, 60.0), "▸ replay x60 · 35:0");
    requests('p', run(true, 60.0), "‖ replay paused x60");
    requests('p', run(false, 60.0), "▸ replay x60");
    requests('.', PlaybackRequest::Next, "‖ replay paused");
    requests(',', PlaybackRequest::Previous, "‖ replay paused");
    story.msg(Msg::RecordingEnded(story.model.shown.id));
    assert!(title(&story).contains("end of the recording · 1:00:00"));
    story.effects.clear();
    story.keys("p.");
    assert!(story.effects.is_empty());
    assert_eq!(toast(&story), "this is the end of the recording");
    let shown = lines(&draw(&story.model, &COLOUR)).join("\n");
    assert!(
        shown.contains("$ pcluster get-image-log-events"),
        "what helps stays:\n{shown}"
    );
}

#[test]
fn a_replay_that_went_back_shows_only_what_was_played() {
    let mut story = replayed();
    story.keys("2k");
    let id = story.model.shown.id;
    story.msg(Msg::RecordingEnded(id));
    story.keys(",");
    story.msg(Msg::Rewound(id, Vec::new().into()));
    let shown = lines(&draw(&story.model, &COLOUR)).join("\n");
    assert!(
        !shown.contains("FAILED") && !shown.contains("end of the recording"),
        "{shown}"
    );
    assert_eq!(story.model.shown.tab, Tab::Resources, "the view stays");
}

#[test]
fn the_keys_of_a_replay_say_what_they_are_for() {
    let mut story = builds::building(80, 24);
    for key in "p<>,.".chars() {
        press(&mut story, Key::Char(key));
        assert_eq!(toast(&story), "that key is for a replay", "{key}");
    }
}
