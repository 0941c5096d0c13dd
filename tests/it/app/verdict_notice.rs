//! The notification of a verdict: when it is sent, how often and with which text; and the summary line.

use crate::support::api::failed_request;
use crate::support::builds;
use crate::support::frame::{ASCII, theme};
use crate::support::story::{IMAGE, Story};
use bakewatch::testing::app::{Effect, FinalOutcome, summary};
use bakewatch::testing::domain::{FaultKind, ImageAnswer, Seen, Stream};
use bakewatch::testing::output::{farewell, variables};
use bakewatch::testing::style::{Depth, Glyphs};

fn notifications(story: &Story) -> Vec<&str> {
    let texts = story.effects.iter().filter_map(|effect| match effect {
        Effect::Notify(text) => Some(text.as_str()),
        _ => None,
    });
    texts.collect()
}

fn outcomes(story: &Story) -> Vec<&FinalOutcome> {
    let outcomes = story.effects.iter().filter_map(|effect| match effect {
        Effect::Run(outcome) => Some(&**outcome),
        _ => None,
    });
    outcomes.collect()
}

#[test]
fn a_verdict_is_notified_once() {
    let success = "alinux2-image succeeded in 58:00: ami-0123456789abcdef0";
    let failure = "alinux2-image failed after 35:03: ParallelClusterImage: ";
    for (mut story, text, code) in [
        (builds::finished(80, 24), success, 0),
        (builds::failed(80, 24), failure, 3),
    ] {
        story
            .at(7200)
            .describe("BUILD_FAILED", None)
            .observe(Seen::StackGone);
        let sent = notifications(&story);
        assert!(sent.len() == 1 && sent[0].starts_with(text), "{sent:?}");
        let codes: Vec<_> = outcomes(&story)
            .iter()
            .map(|outcome| outcome.code)
            .collect();
        assert_eq!(codes, [code]);
    }
}

#[test]
fn a_rollback_is_notified_when_it_ends() {
    let mut story = builds::rolling_back(80, 24);
    assert_eq!(notifications(&story), [""; 0]);
    let root = (
        2400,
        IMAGE,
        "AWS::CloudFormation::Stack",
        "ROLLBACK_COMPLETE",
        "",
    );
    story.events(&[root]).describe("BUILD_FAILED", None);
    assert_eq!(notifications(&story).len(), 1);
}

#[test]
fn a_stack_may_continue_after_its_verdict() {
    let stack = "AWS::CloudFormation::Stack";
    let mut good = builds::building(80, 24);
    good.events(&[(3480, IMAGE, stack, "CREATE_COMPLETE", "")])
        .complete();
    // The stack is about to delete itself: the bars run on, so that they do not stop and run again.
    let ends = |story: &Story| story.model.shown.build.open_until(story.model.now);
    assert_eq!(ends(&good), Some(good.model.now));
    good.events(&[(3500, IMAGE, stack, "DELETE_IN_PROGRESS", "")]);
    assert_eq!(ends(&good), Some(good.model.now));
    good.observe(Seen::StackGone);
    assert_eq!(ends(&good), None);

    let mut failed = builds::failed(80, 24);
    assert_eq!(ends(&failed), None);
    failed.events(&[(7200, IMAGE, stack, "DELETE_IN_PROGRESS", "")]);
    assert_eq!(ends(&failed), Some(failed.model.now));
    failed.events(&[(7260, IMAGE, stack, "DELETE_COMPLETE", "")]);
    assert_eq!(ends(&failed), None);
}

#[test]
fn a_build_that_ended_before_the_watch_has_an_outcome_and_no_notification() {
    let stack = "AWS::CloudFormation::Stack";
    let mut failed = Story::new(80, 24);
    failed.events(&[
        (0, IMAGE, stack, "CREATE_IN_PROGRESS", ""),
        (9, IMAGE, stack, "CREATE_FAILED", "it broke"),
    ]);
    failed.describe("BUILD_FAILED", None);
    let mut succeeded = Story::new(80, 24);
    for seconds in [0, 5] {
        succeeded.at(seconds).observe(Seen::StackGone).complete();
    }
    let mut deleting = Story::new(80, 24);
    deleting
        .events(&[(0, IMAGE, stack, "DELETE_IN_PROGRESS", "")])
        .complete();
    for story in [failed, succeeded, deleting] {
        assert_eq!(notifications(&story), [""; 0]);
        assert_eq!(
            outcomes(&story).len(),
            1,
            "{}",
            summary(IMAGE, &story.model.shown, story.model.now)
        );
    }
    let nothing = builds::not_found(80, 24);
    assert!(notifications(&nothing).is_empty() && outcomes(&nothing).is_empty());
}

#[test]
fn a_recorded_build_that_has_ended_has_no_notification() {
    let stack = "AWS::CloudFormation::Stack";
    let recorded = |status| {
        let mut story = Story::new(80, 24);
        story.resume(&[
            (0, IMAGE, stack, "CREATE_IN_PROGRESS", ""),
            (9, IMAGE, stack, status, "it broke"),
        ]);
        for _ in 0..5 {
            let fault = failed_request(FaultKind::Transient, "connection refused", "");
            story.fail(Stream::Image, fault.clone());
            story.fail(Stream::Events, fault);
        }
        assert!(outcomes(&story).is_empty(), "the API has not responded yet");
        story
    };
    for status in [
        "CREATE_IN_PROGRESS",
        "CREATE_COMPLETE",
        "DELETE_IN_PROGRESS",
    ] {
        let mut made = recorded(status);
        for seconds in [10, 20] {
            made.at(seconds).observe(Seen::StackGone).complete();
        }
        let mut deleted = recorded(status);
        for seconds in [10, 20] {
            deleted.at(seconds).observe(Seen::StackGone);
            deleted.observe(Seen::Image(ImageAnswer::Absent));
        }
        // The newest events of the stack itself need not be on the first page.
        let mut deleting = recorded(status);
        deleting.page(
            &[(60, "Role", "AWS::IAM::Role", "DELETE_COMPLETE", "")],
            false,
        );
        deleting.page(&[(50, IMAGE, stack, "DELETE_IN_PROGRESS", "")], true);
        deleting.complete();
        for story in [made, deleted, deleting] {
            assert_eq!(notifications(&story), [""; 0]);
            assert_eq!(
                outcomes(&story).len(),
                1,
                "{status}: {}",
                summary(IMAGE, &story.model.shown, story.model.now)
            );
        }
    }
    let mut failed = recorded("CREATE_FAILED");
    failed.page(&[], true).describe("BUILD_FAILED", None);
    assert_eq!(notifications(&failed), [""; 0]);
    assert_eq!(outcomes(&failed).len(), 1);
}

#[test]
fn a_recorded_build_that_continues_is_notified() {
    let mut story = Story::new(80, 24);
    let stack = "AWS::CloudFormation::Stack";
    story.resume(&[(0, IMAGE, stack, "CREATE_IN_PROGRESS", "")]);
    story.page(&[], true).complete();
    assert_eq!(notifications(&story).len(), 1);
}

#[test]
fn a_rebuild_is_notified_again() {
    let mut story = builds::rebuilt(80, 24);
    assert_eq!(notifications(&story).len(), 1);
    story.complete();
    let sent = notifications(&story);
    assert!(sent.len() == 2 && sent[1].contains("succeeded"), "{sent:?}");
    assert_eq!(outcomes(&story).len(), 2);
}

#[test]
fn every_state_has_one_line() {
    let mut lines = Vec::new();
    for (_, story) in builds::all(80, 24) {
        lines.push(farewell(&story.model, &ASCII));
    }
    assert!(lines.iter().all(|line| !line.chars().any(char::is_control)));
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn the_symbol_has_the_colour_of_the_verdict() {
    let theme = theme("neutral", Depth::Ansi256, Glyphs::Unicode);
    let line = farewell(&builds::succeeded(80, 24).model, &theme);
    assert!(
        line.starts_with("\u{1b}[38;5;28m✔\u{1b}[39m alinux2-image succeeded"),
        "{line:?}"
    );
}

#[test]
fn an_outcome_sets_environment_variables() {
    let story = builds::failed(80, 24);
    let variables = variables(outcomes(&story)[0]);
    let value = |name: &str| {
        let found = variables.iter().find(|(variable, _)| *variable == name);
        found.map(|(_, value)| value.as_str()).unwrap()
    };
    assert_eq!(value("BAKEWATCH_OUTCOME"), "failed");
    assert_eq!(value("BAKEWATCH_EXIT_CODE"), "3");
    assert_eq!(value("BAKEWATCH_IMAGE_ID"), IMAGE);
    assert_eq!(value("BAKEWATCH_AMI_ID"), "");
    assert_eq!(value("BAKEWATCH_FIRST_FAILURE"), "ParallelClusterImage");
    assert!(value("BAKEWATCH_FIRST_FAILURE_REASON").starts_with("Resource handler returned"));
    assert!(value("BAKEWATCH_STACK_ID").starts_with("arn:aws:cloudformation:"));
    assert_eq!(value("BAKEWATCH_DURATION_SECONDS"), "2103");
    assert_eq!(value("BAKEWATCH_LEFTOVER_STACK"), "false");
}
