//! The words of the screen are true of the state that it shows.

use bakewatch::testing::app::Playback;
use bakewatch::testing::domain::{ImageAnswer, ImageDescription, Outcome, Seen};
use bakewatch::testing::text::SafeText;
use chrono::TimeDelta;

use crate::support::frame::{COLOUR, draw, lines};
use crate::support::story::{IMAGE, Story};
use crate::support::{api, builds};

const STACK: &str = "AWS::CloudFormation::Stack";

fn text(story: &Story) -> String {
    lines(&draw(&story.model, &COLOUR)).join("\n")
}

fn line(story: &Story, row: usize) -> String {
    lines(&draw(&story.model, &COLOUR)).swap_remove(row)
}

#[test]
fn the_third_line_names_the_operation_that_runs() {
    let mut story = Story::new(80, 24);
    story.events(&[
        (0, IMAGE, STACK, "CREATE_IN_PROGRESS", ""),
        (5, "Slow", "AWS::X::Y", "CREATE_IN_PROGRESS", ""),
        (6, "Slow", "AWS::X::Y", "CREATE_IN_PROGRESS", "initiated"),
        (7, "Quick", "AWS::X::Y", "CREATE_IN_PROGRESS", ""),
        (9, "Quick", "AWS::X::Y", "CREATE_COMPLETE", ""),
    ]);
    story.at(65);
    let now = |story: &Story| line(story, 2);
    assert!(
        now(&story).contains("Slow: CREATE_IN_PROGRESS for 1:00"),
        "{}",
        now(&story)
    );
    // Of several, the one that began last; a repeated status begins nothing.
    story.events(&[
        (70, "Last", "AWS::X::Y", "CREATE_IN_PROGRESS", ""),
        (
            71,
            "Slow",
            "AWS::X::Y",
            "CREATE_IN_PROGRESS",
            "eventual consistency",
        ),
    ]);
    assert!(
        now(&story).contains("Last: CREATE_IN_PROGRESS for 0:03"),
        "{}",
        now(&story)
    );
    // Between two operations, the stack itself.
    story.events(&[
        (80, "Last", "AWS::X::Y", "CREATE_COMPLETE", ""),
        (81, "Slow", "AWS::X::Y", "CREATE_COMPLETE", ""),
    ]);
    assert!(
        now(&story).contains(&format!("{IMAGE}: CREATE_IN_PROGRESS for 1:23")),
        "{}",
        now(&story)
    );
}

#[test]
fn a_build_that_has_ended_is_not_told_in_the_future() {
    for (name, mut story) in builds::all(80, 24) {
        if !story.model.shown.build.verdict().is_final() {
            continue;
        }
        story.keys("3");
        let shown = text(&story);
        let words = shown.split_whitespace().collect::<Vec<_>>().join(" ");
        for word in ["will show here, or", "what follows", "so far"] {
            assert!(!words.contains(word), "{name}: {word:?} in\n{shown}");
        }
    }
}

#[test]
fn a_build_without_a_failure_says_how_it_ended_and_what_the_user_can_do() {
    type Make = fn(u16, u16) -> Story;
    let cases: [(Make, &str, &str); 2] = [
        (
            builds::deleted,
            "alinux2-image was deleted",
            "pcluster build-image --image-id alinux2-image",
        ),
        (
            builds::not_found,
            "no image and no stack is named alinux2-image",
            "pcluster list-images",
        ),
    ];
    for (build, result, help) in cases {
        for (width, height) in [(80, 24), (120, 40), (200, 60)] {
            let mut story = build(width, height);
            story.keys("3");
            let shown = text(&story);
            let words = shown.replace('│', " ");
            let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
            for needed in [result, help, "3 Result"] {
                assert!(words.contains(needed), "{needed:?} is not on\n{shown}");
            }
        }
    }
}

/// A recording is not polled: nothing can show up later.
#[test]
fn a_replay_promises_no_poll() {
    let mut story = builds::not_found(80, 24);
    let times = (story.model.now, story.model.now + TimeDelta::minutes(1));
    story.model.shown.playback = Some(Playback::new(times, 60.0));
    for key in ["1", "2", "3"] {
        story.keys(key);
        let shown = text(&story);
        assert!(!shown.contains("Polling again"), "{shown}");
    }
}

#[test]
fn a_failed_deletion_is_not_called_cancelled() {
    let mut story = builds::failed(120, 60);
    let reason = "User: arn:aws:sts::123456789012:assumed-role/Dev/me is not authorized to perform: \
                  imagebuilder:DeleteImage";
    story.events(&[
        (9000, IMAGE, STACK, "DELETE_IN_PROGRESS", "User Initiated"),
        (
            9001,
            "ParallelClusterImage",
            "AWS::ImageBuilder::Image",
            "DELETE_FAILED",
            reason,
        ),
        (
            9002,
            IMAGE,
            STACK,
            "DELETE_FAILED",
            "The following resource(s) failed to delete: [ParallelClusterImage].",
        ),
    ]);
    story.keys("3G");
    let shown = text(&story);
    assert!(shown.contains("deleting the stack failed later"), "{shown}");
    assert!(
        shown.contains("ParallelClusterImage  DELETE_FAILED"),
        "{shown}"
    );
    story.keys("g");
    assert!(text(&story).contains("DeleteStackFunctionPermission  cancelled"));
}

/// The cause of a leftover stack has the same words on the screen and in the outcome.
#[test]
fn the_screen_and_the_outcome_explain_a_leftover_stack_alike() {
    for (width, height) in [(80, 24), (120, 40), (200, 60)] {
        let story = builds::leftover(width, height);
        let outcome = Outcome::of(&story.model.shown.build, IMAGE);
        let summary = outcome.summary.unwrap();
        let shown = text(&story);
        let header = shown.lines().take_while(|line| !line.starts_with('╭'));
        let words = header
            .flat_map(str::split_whitespace)
            .collect::<Vec<_>>()
            .join(" ");
        let needed = format!("could not delete itself: InstanceRole: {summary}");
        assert!(words.contains(&needed), "{needed:?} is not in {words:?}");
    }
}

/// Over AWS, the stack tells the version, and after its deletion the AMI alone does.
#[test]
fn the_version_stays_when_the_stack_is_gone() {
    let mut story = builds::building(80, 24);
    story.at(3600);
    let mut image = ImageDescription {
        region: Some(SafeText::new("us-east-1")),
        creation_time: Some(story.model.now),
        ..api::image("BUILD_COMPLETE", Some("ami-0123456789abcdef0"))
    };
    if let Some(ami) = &mut image.ami {
        let tag = ("parallelcluster:version", "3.16.1");
        ami.tags = vec![(SafeText::new(tag.0), SafeText::new(tag.1))];
        ami.state = Some(SafeText::new("AVAILABLE"));
    }
    story.observe(Seen::Image(ImageAnswer::Described(Box::new(image))));
    story.at(3700).observe(Seen::StackGone);
    assert!(text(&story).contains("SUCCEEDED"), "{}", text(&story));
    assert!(
        line(&story, 0).contains("pcluster 3.16.1"),
        "{}",
        line(&story, 0)
    );
}

#[test]
fn the_hint_says_what_its_key_copies() {
    let last = |story: &Story| line(story, 23);
    let finished = builds::finished(80, 24);
    assert!(
        last(&finished).contains("c copy config"),
        "{}",
        last(&finished)
    );
    assert!(!last(&finished).contains("copy command"));
    for story in [builds::failed(80, 24), builds::leftover(80, 24)] {
        assert!(last(&story).contains("c copy command"), "{}", last(&story));
        assert!(!last(&story).contains("copy config"));
    }
}

/// Image Builder's own word comes before any event of a failure: view 3 has the rest of it.
#[test]
fn a_failure_that_only_image_builder_reports_names_the_view_that_explains_it() {
    let mut story = builds::building(80, 24);
    let image = ImageDescription {
        builder_status: Some(SafeText::new("FAILED")),
        builder_reason: Some(SafeText::new("SSM execution failed in state = 'BUILDING'")),
        ..api::image("BUILD_IN_PROGRESS", None)
    };
    story.observe(Seen::Image(ImageAnswer::Described(Box::new(image))));
    assert!(line(&story, 1).contains("FAILING"), "{}", line(&story, 1));
    assert!(line(&story, 23).contains("3 why"), "{}", line(&story, 23));
    story.keys("2");
    assert!(line(&story, 23).contains("3 why"), "{}", line(&story, 23));
}

#[test]
fn the_speed_of_a_replay_is_short() {
    let mut story = builds::building(120, 40);
    let times = (story.model.now, story.model.now + TimeDelta::minutes(60));
    let speeds = [
        (60.0, " x60 "),
        (0.234_375, " x0.23 "),
        (1.875, " x1.9 "),
        (3.75, " x3.8 "),
        (937.5, " x938 "),
        (0.1, " x0.1 "),
        (2.0, " x2 "),
    ];
    for (speed, shown) in speeds {
        story.model.shown.playback = Some(Playback::new(times, speed));
        assert!(
            line(&story, 0).contains(shown),
            "{speed}: {}",
            line(&story, 0)
        );
    }
}

/// A reason is read to its end also among the changes: the service puts the cause there.
#[test]
fn the_changes_show_a_whole_reason() {
    for (width, height) in [(80, 60), (120, 40), (160, 45), (200, 60)] {
        let mut story = builds::failed(width, height);
        story.keys("d>");
        let shown = text(&story);
        assert!(shown.contains("HandlerErrorCode"), "{shown}");
        assert!(shown.contains("GeneralServiceException)"), "{shown}");
    }
}
