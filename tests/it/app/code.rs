//! The MFA code: asked for where a role needs one, never shown, and used once.

use bakewatch::testing::app::{Effect, Mode, Msg, Session};
use bakewatch::testing::domain::FaultKind;

use crate::support::builds;
use crate::support::frame::{COLOUR, draw, lines};
use crate::support::story::Story;

fn text(story: &Story) -> String {
    lines(&draw(&story.model, &COLOUR)).join("\n")
}

fn needs_code(story: &mut Story) {
    story.fault(FaultKind::CodeNeeded, "it needs an MFA code", "enter it");
}

fn entered(story: &Story) -> usize {
    let is_code = |effect: &&Effect| matches!(effect, Effect::EnterCode(..));
    story.effects.iter().filter(is_code).count()
}

#[test]
fn a_code_is_asked_for_hidden_and_entered_once() {
    let mut story = builds::connecting(100, 30);
    needs_code(&mut story);
    assert!(text(&story).contains("MFA code: "), "{}", text(&story));
    story.keys("12x34>");
    let shown = text(&story);
    assert!(
        shown.contains("MFA code: **** ") && !shown.contains("1234"),
        "{shown}"
    );
    assert!(shown.contains("4 of 6 digits"), "{shown}");
    story.keys("567>");
    assert_eq!(entered(&story), 1);
    assert!(!text(&story).contains("MFA code: "));
    let debug = format!("{:?} {:?}", story.model, story.effects);
    assert!(!debug.contains("123456"), "no code is in a debug output");
    assert_eq!(story.model.mode, Mode::Screen);
    // It was wrong, or the session that it gave has expired.
    needs_code(&mut story);
    assert!(text(&story).contains("MFA code: "));
}

#[test]
fn a_declined_prompt_stays_closed_until_the_user_retries() {
    let mut story = builds::connecting(100, 30);
    needs_code(&mut story);
    story.keys("12<");
    let shown = text(&story);
    assert!(shown.contains("r asks for the MFA code again"), "{shown}");
    needs_code(&mut story);
    assert!(!text(&story).contains("MFA code: "), "{}", text(&story));
    story.at(10);
    story.keys("r");
    assert!(text(&story).contains("MFA code: "), "{}", text(&story));
    assert_eq!(entered(&story), 0);
}

#[test]
fn a_code_is_not_asked_for_over_another_overlay_nor_after_a_response() {
    let mut story = builds::connecting(100, 30);
    story.keys("/abc");
    needs_code(&mut story);
    assert!(text(&story).contains("search: abc"), "{}", text(&story));
    story.keys(">");
    assert!(text(&story).contains("MFA code: "), "{}", text(&story));
    story.complete();
    assert!(!text(&story).contains("MFA code: "), "{}", text(&story));
}

/// However the prompt is closed, the picker beneath it is as the user has left it.
#[test]
fn the_picker_that_needed_a_code_keeps_its_filter() {
    for keys in ["12<", "123456>"] {
        let mut story = builds::connecting(100, 30);
        story.model.shown = Session::placeholder();
        story.at(1).keys("/abc>");
        assert!(text(&story).contains("filter: abc"), "{}", text(&story));
        needs_code(&mut story);
        assert!(text(&story).contains("MFA code: "), "{}", text(&story));
        story.keys(keys);
        let shown = text(&story);
        assert!(!shown.contains("MFA code: "), "{keys}: {shown}");
        assert!(shown.contains("filter: abc"), "{keys}: {shown}");
    }
}

#[test]
fn a_code_that_is_needed_soon_is_asked_for_while_requests_succeed() {
    let mut story = builds::building(100, 30);
    needs_code(&mut story);
    story.keys("12");
    story.page(&[], true);
    let shown = text(&story);
    assert!(shown.contains("MFA code: ** "), "{shown}");
    story.keys("3456>");
    assert_eq!(entered(&story), 1);
    story.page(&[], true);
    assert!(!text(&story).contains("MFA code: "), "{}", text(&story));
}

#[test]
fn a_reason_to_ask_that_arrives_after_the_code_was_accepted_does_not_ask() {
    let mut story = builds::connecting(100, 30);
    needs_code(&mut story);
    story.keys("123456>");
    needs_code(&mut story);
    assert!(text(&story).contains("MFA code: "));
    story.msg(Msg::CodeAccepted);
    assert!(!text(&story).contains("MFA code: "), "{}", text(&story));
}
