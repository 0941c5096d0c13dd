//! What a user learns without a key: the state, the time, the reason, and the command or the configuration to copy.

use bakewatch::testing::app::{Effect, Key, Msg, bar_items, update};
use bakewatch::testing::domain::{FaultKind, StatusClass, Stream};
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::Modifier;

use crate::support::api;
use crate::support::builds;
use crate::support::frame::{COLOUR, draw, lines};
use crate::support::story::Story;

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];
const COMMAND: &str = "pcluster get-image-log-events --image-id alinux2-image --region us-east-1 \
    --log-stream-name 3.16.1/1";
const CONFIGURATION: &str = "Image: {CustomAmi: ami-0123456789abcdef0}";

type Build = fn(u16, u16) -> Story;

/// The lines above the panes.
fn header(story: &Story) -> Vec<String> {
    let lines = lines(&draw(&story.model, &COLOUR)).into_iter();
    lines.take_while(|line| !line.starts_with('╭')).collect()
}

/// Words of the header, whichever lines they are on.
fn words(story: &Story) -> String {
    let header = header(story).join(" ");
    header.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn copied(story: &mut Story) -> Option<String> {
    let effects = update(&mut story.model, Msg::Key(Key::Char('c')));
    effects.into_iter().find_map(|effect| match effect {
        Effect::Copy(text) => Some(text),
        _ => None,
    })
}

#[test]
fn a_build_says_what_it_does_and_how_long_still_without_a_key() {
    for (width, height) in SIZES {
        let shown = words(&builds::building(width, height));
        for needed in ["BUILDING 34:12", "est. 25m left", "Image Builder: BUILDING"] {
            assert!(shown.contains(needed), "{needed:?} is not in {shown:?}");
        }
    }
}

/// The stack of a success deletes itself: before the first answer about the image that is no state of the build.
#[test]
fn a_stack_that_is_being_deleted_says_nothing_of_an_image_that_was_not_asked_for_yet() {
    for (width, height) in SIZES {
        let mut story = builds::opened_while_deleting(width, height);
        let shown = words(&story);
        assert!(shown.contains("WAITING"), "{shown:?}");
        for unknown in ["DELETING", "58:"] {
            assert!(!shown.contains(unknown), "{unknown:?} is in {shown:?}");
        }
        story.complete();
        let shown = words(&story);
        assert!(shown.contains("SUCCEEDED"), "{shown:?}");

        let mut story = builds::opened_while_deleting(width, height);
        story.fail(
            Stream::Image,
            api::failed_request(FaultKind::Transient, "no response", ""),
        );
        let shown = words(&story);
        assert!(shown.contains("DELETING 58:"), "{shown:?}");
    }
}

#[test]
fn a_failure_shows_the_whole_command_without_a_key() {
    for (width, height) in SIZES {
        let story = builds::failed(width, height);
        let shown = words(&story);
        for needed in ["FAILED", "ParallelClusterImage failed first", COMMAND] {
            assert!(shown.contains(needed), "{needed:?} is not in {shown:?}");
        }
        let selected = story.model.shown.selected().unwrap();
        assert_eq!(selected.logical_id.as_str(), "ParallelClusterImage");
        assert_eq!(selected.status.class(), StatusClass::Failed);
    }
}

#[test]
fn a_success_shows_the_ami_and_how_to_use_it_without_a_key() {
    for build in [builds::succeeded as Build, builds::finished] {
        for (width, height) in SIZES {
            let shown = words(&build(width, height));
            for needed in ["SUCCEEDED", "58:00 ami-0123456789abcdef0", CONFIGURATION] {
                assert!(shown.contains(needed), "{needed:?} is not in {shown:?}");
            }
        }
    }
}

#[test]
fn advice_without_a_command_is_whole_without_a_key() {
    let mut story = builds::building(80, 24);
    let reason = "Resource handler returned message: \"Error occurred during operation 'SSM execution \
        'a4bb5a44-7e1b-4b5a-9e50-1b8f0a6d7c11' failed for image arn: \
        'arn:aws:imagebuilder:us-east-1:123456789012:image/parallelclusterimage-alinux2-image/3.16.1/1' with \
        status = 'TimedOut' in state = 'BUILDING' and failure message = 'SSM Agent verification failed''.\"";
    story.events(&[(
        2100,
        "ParallelClusterImage",
        "AWS::ImageBuilder::Image",
        "CREATE_FAILED",
        reason,
    )]);
    let why = story.model.shown.explanation().unwrap();
    let remedy = why.remedy.as_ref().unwrap();
    assert_eq!(remedy.command, None);
    let shown = words(&story);
    assert!(shown.contains(remedy.advice.as_str()), "{shown}");
}

/// The command says how, the advice what to look for.
#[test]
fn a_command_does_not_hide_the_advice() {
    for (width, height) in [(60, 24), (80, 24), (100, 30), (120, 40), (200, 60)] {
        let shown = words(&builds::failed(width, height));
        for needed in [COMMAND, "The cause is near the end of the build log"] {
            assert!(
                shown.contains(needed),
                "{width}: {needed:?} is not in {shown:?}"
            );
        }
    }
}

/// Also beside other notices.
#[test]
fn an_error_message_is_whole() {
    let message = "failed to read the stack events of alinux2-image: access denied (403): User: \
         arn:aws:sts::123456789012:assumed-role/Developers/someone@example.com is not authorized to perform: \
         cloudformation:DescribeStackEvents on resource: \
         arn:aws:cloudformation:us-east-1:123456789012:stack/alinux2-image/* with an explicit deny";
    for build in [builds::building as Build, builds::failed, builds::leftover] {
        for (width, height) in [(80, 24), (160, 24), (160, 45), (200, 60)] {
            let mut story = build(width, height);
            story.fault(FaultKind::Denied, message, "ask for the permission");
            let shown: String = header(&story).concat().split_whitespace().collect();
            let needed: String = message.split_whitespace().collect();
            assert!(
                shown.contains(&needed),
                "{width}x{height}: {}",
                words(&story)
            );
        }
    }
}

#[test]
fn a_stack_that_is_left_over_hides_neither_the_image_nor_the_command() {
    for (width, height) in SIZES {
        let shown = words(&builds::leftover(width, height));
        let command = "aws cloudformation delete-stack --stack-name alinux2-image";
        for needed in [CONFIGURATION, command] {
            assert!(shown.contains(needed), "{needed:?} is not in {shown:?}");
        }
    }
}

/// A command that is shown is whole, at every size; one that has no room is copied all the same.
#[test]
fn a_command_is_shown_whole_or_not_at_all() {
    for width in (20..140).step_by(13) {
        for height in (6..40).step_by(5) {
            let story = builds::failed(width, height);
            let shown = words(&story);
            let begins = shown.contains("$ pcluster");
            let joined: String = shown.split_whitespace().collect();
            let whole: String = COMMAND.split_whitespace().collect();
            assert!(
                !begins || joined.contains(&whole),
                "{width}x{height}: {shown}"
            );
        }
    }
}

#[test]
fn the_command_is_copied_from_anywhere() {
    for keys in ["", "2", "3", ">", "J", "?", "f", "1G"] {
        let mut story = builds::failed(80, 24);
        story.keys(keys);
        assert_eq!(
            copied(&mut story).as_deref(),
            Some(COMMAND),
            "after {keys:?}"
        );
        let mut story = builds::finished(80, 24);
        story.keys(keys);
        assert_eq!(
            copied(&mut story).as_deref(),
            Some(CONFIGURATION),
            "after {keys:?}"
        );
    }
    let mut story = builds::leftover(80, 24);
    let command = copied(&mut story).unwrap();
    assert!(
        command.starts_with("aws cloudformation delete-stack"),
        "{command}"
    );
    assert_eq!(copied(&mut builds::building(80, 24)), None);
}

/// The user's own selection is never taken away, and a new build is followed again.
#[test]
fn a_verdict_moves_only_a_selection_that_follows() {
    let selected = |story: &Story| story.model.shown.selected().unwrap().logical_id.to_string();
    let failure = [
        (2100, "First", "AWS::X::Y", "CREATE_FAILED", "broke"),
        (
            2101,
            "alinux2-image",
            "AWS::CloudFormation::Stack",
            "CREATE_FAILED",
            "",
        ),
    ];
    let mut story = builds::building(80, 24);
    story.events(&failure);
    assert_eq!(selected(&story), "First");
    story.keys("G");
    assert_eq!(selected(&story), "alinux2-image");
    story.page(&[], true);
    assert_eq!(selected(&story), "alinux2-image");
    let mut story = builds::building(80, 24);
    story.keys("kkkk");
    let before = selected(&story);
    story.events(&failure);
    assert_eq!(selected(&story), before);
    let rebuilt = builds::rebuilt(80, 24);
    assert!(rebuilt.model.shown.views.events.follows);
}

/// A success needs no explanation: the list follows the deletion of the stack.
#[test]
fn a_list_goes_on_following_after_a_success() {
    for build in [builds::succeeded, builds::finished] {
        let mut story = build(80, 24);
        assert!(story.model.shown.views.events.follows);
        story.events(&[(5000, "LastOne", "AWS::X::Y", "DELETE_IN_PROGRESS", "")]);
        let selected = story.model.shown.selected().unwrap();
        assert_eq!(selected.logical_id.as_str(), "LastOne");
    }
}

#[test]
fn chips_count_the_resources_of_the_current_build() {
    let chips = |story: Story| header(&story).pop().unwrap();
    let building = chips(builds::building(120, 40));
    assert!(
        building.ends_with("◐ 1 running  ✔ 12 complete  ✖ 0 failed"),
        "{building}"
    );
    let rebuilt = chips(builds::rebuilt(120, 40));
    assert!(
        rebuilt.ends_with("◐ 4 running  ✔ 0 complete  ✖ 0 failed"),
        "{rebuilt}"
    );
    // A resource that is deleted because it failed has failed.
    let rolling_back = chips(builds::rolling_back(120, 40));
    assert!(
        rolling_back.contains("✖ 1 failed  ⊖ 1 deleting"),
        "{rolling_back}"
    );
}

#[test]
fn chips_have_their_words_at_80_columns() {
    let all: [Build; 9] = [
        builds::building,
        builds::failed,
        builds::rolling_back,
        builds::finished,
        builds::leftover,
        builds::deleted,
        builds::rebuilt,
        builds::loading,
        builds::throttled,
    ];
    for build in all {
        for width in [80, 100, 120] {
            let story = build(width, 24);
            let items = bar_items(&story.model, width.into());
            let mut before = 0;
            for item in items {
                assert!(item.column + 1 >= before, "{item:?} overlaps");
                before = item.column + item.width();
                let has_word = item.text.contains(char::is_alphabetic);
                assert!(
                    has_word && before <= usize::from(width),
                    "{}",
                    words(&story)
                );
            }
            let shown = words(&story);
            assert!(
                shown.contains("1 Events") && shown.contains("4 Log"),
                "{shown}"
            );
        }
    }
    let building = header(&builds::building(80, 24)).pop().unwrap();
    assert_eq!(
        building,
        "  1 Events 2 Resources 3 Failure 4 Log  ◐ 1 running ✔ 12 complete ✖ 0 failed"
    );
}

#[test]
fn the_bar_shows_the_time_and_what_is_beyond_the_estimate() {
    let count = |story: &Story, sign: char| {
        let header = header(story);
        header
            .get(1)
            .unwrap()
            .chars()
            .filter(|of| *of == sign)
            .count()
    };
    let mut story = builds::building(80, 24);
    assert_eq!((count(&story, '█'), count(&story, '░')), (18, 14));
    story.at(90 * 60);
    assert_eq!((count(&story, '█'), count(&story, '▒')), (21, 11));
    assert!(words(&story).contains("est. 30m over"));
}

/// A part of a line must not lay its style over its neighbours.
#[test]
fn the_image_id_is_never_dim() {
    let stories: [Build; 8] = [
        builds::building,
        builds::failed,
        builds::rolling_back,
        builds::succeeded,
        builds::finished,
        builds::leftover,
        builds::deleted,
        builds::throttled,
    ];
    for build in stories {
        for (width, height) in SIZES {
            let buffer = draw(&build(width, height).model, &COLOUR);
            for column in 1..=13 {
                let cell = &buffer[(column, 0)];
                assert!(cell.modifier.contains(Modifier::BOLD), "{cell:?}");
                assert_eq!(Some(cell.fg), COLOUR.strong().fg.or(Some(cell.fg)));
                assert_ne!(Some(cell.fg), COLOUR.dim().fg);
            }
        }
    }
}

/// Every glyph of a status that is not on the selected row has the colour of its status, and so has the word behind it.
#[test]
fn no_row_loses_the_colours_of_its_role() {
    let class = |cell: &Cell| {
        let mut classes = StatusClass::ALL.into_iter();
        classes.find(|class| COLOUR.glyphs().status(*class) == cell.symbol())
    };
    let stories: [Build; 4] = [
        builds::building,
        builds::failed,
        builds::rolling_back,
        builds::succeeded,
    ];
    for build in stories {
        for (width, height) in SIZES {
            let story = build(width, height);
            let buffer: Buffer = draw(&story.model, &COLOUR);
            let top = u16::try_from(header(&story).len()).unwrap() + 1;
            let mut seen = 0;
            for row in top..buffer.area.height {
                let line = |column| &buffer[(column, row)];
                if line(1).symbol() != " " || line(2).symbol() != "2" {
                    continue;
                }
                let glyphs = (20..26).find_map(|column| Some((column, class(line(column))?)));
                let Some((column, class)) = glyphs else {
                    continue;
                };
                seen += 1;
                let styles = [COLOUR.status(class), COLOUR.dim()];
                let styles = styles.map(|style| style.fg.unwrap_or_default());
                for column in column..column + 12 {
                    let cell = line(column);
                    assert!(
                        cell.symbol() == " " || styles.contains(&cell.fg),
                        "{width}: {cell:?}"
                    );
                }
            }
            assert!(seen > 3, "{width}x{height}");
        }
    }
}

#[test]
fn the_list_has_a_position() {
    let text = |story: &Story| lines(&draw(&story.model, &COLOUR)).join("\n");
    let mut story = builds::building(80, 24);
    assert!(text(&story).contains(" 39/39 · following"));
    story.keys("kk");
    assert!(text(&story).contains(" 37/39 · held"));
    story.keys("&InstanceRole>");
    assert!(text(&story).contains(" 3 of 39 "), "{}", text(&story));
}

/// Also in the list of resources, and also while it is selected: red over the whole row, with the reason in it.
#[test]
fn the_resource_that_failed_is_red_and_says_why() {
    for build in [builds::failed as Build, builds::rolling_back] {
        for (width, height) in SIZES {
            for keys in ["2", "2k"] {
                let mut story = build(width, height);
                story.keys(keys);
                let buffer = draw(&story.model, &COLOUR);
                let shown = lines(&buffer);
                let is_row =
                    |line: &&String| line.starts_with('│') && line.contains("ParallelClusterIma");
                let row = shown.iter().position(|line| is_row(&line));
                let row = row.unwrap_or_else(|| panic!("{keys} {width}: {shown:#?}"));
                let line = shown.get(row).unwrap();
                assert!(line.contains("component"), "{line}");
                let end = line.chars().skip(1).position(|sign| sign == '│');
                // The scrollbar replaces the border.
                let end = end.unwrap_or(usize::from(width) - 2);
                for column in 2..=u16::try_from(end).unwrap() {
                    let cell = &buffer[(column, u16::try_from(row).unwrap())];
                    let is_blank =
                        cell.symbol() == " " && !cell.modifier.contains(Modifier::REVERSED);
                    assert!(
                        is_blank || Some(cell.fg) == COLOUR.bad().fg,
                        "{keys} {width}: {cell:?} in {line}"
                    );
                }
            }
        }
    }
}

#[test]
fn the_list_of_resources_has_a_position() {
    for (width, height) in SIZES {
        let text = |story: &Story| lines(&draw(&story.model, &COLOUR)).join("\n");
        let mut story = builds::building(width, height);
        story.keys("2g");
        assert!(text(&story).contains(" 1/14 "), "{}", text(&story));
        story.keys("jj");
        assert!(text(&story).contains(" 3/14 "), "{}", text(&story));
        story.keys("z");
        assert!(text(&story).contains(" 3/14 "), "{}", text(&story));
    }
}

#[test]
fn the_position_counts_every_row_that_is_listed() {
    for (width, height) in SIZES {
        let text = |story: &Story| lines(&draw(&story.model, &COLOUR)).join("\n");
        let mut story = builds::with_steps(width, height);
        story.keys("2G");
        assert!(text(&story).contains(" 18/18 "), "{}", text(&story));
        story.keys("k");
        assert!(text(&story).contains(" 17/18 "), "{}", text(&story));
        story.keys(" ");
        assert!(text(&story).contains(" 15/15 "), "{}", text(&story));
    }
}

#[test]
fn usual_times_are_a_ghost_that_names_its_source() {
    let (typical, times) = builds::usual_times();
    for (width, height) in SIZES {
        let mut story = builds::with_steps(width, height);
        story.keys("2");
        let text = |story: &Story| lines(&draw(&story.model, &COLOUR)).join("\n");
        assert!(text(&story).contains("╌ usual, by the documented hour"));
        story.msg(Msg::Typical(typical, times.clone()));
        let shown = text(&story);
        assert!(shown.contains("╌ usual, by your last 3 builds"), "{shown}");
        let row = |name: &str| {
            let mut lines = shown.lines();
            let line = lines.find(|line| line.starts_with('│') && line.contains(name));
            line.unwrap_or_else(|| panic!("{name}: {shown}"))
        };
        for name in ["InstanceProfile", "ParallelClusterImage", "ApplyBuild"] {
            assert!(row(name).contains('╌'), "{}", row(name));
        }
        assert!(!row("InfrastructureConfiguration").contains('╌'));
        assert_eq!(shown.contains(" usual +0:00"), width > 80, "{shown}");
        let row = row("InstanceProfile");
        assert_eq!(row.contains(" 10:00 "), width > 80, "{row}");
    }
}

/// A small screen has no room for the command, but for the reason, the key that copies the command, and the AMI.
#[test]
fn small_screens_answer_too() {
    for (width, height) in [(60, 20), (40, 12)] {
        let building = words(&builds::building(width, height));
        for needed in ["BUILDING", "est. 25m left", "Image Builder: BUILDING"] {
            assert!(building.contains(needed), "{needed:?}: {building}");
        }
        let failed = words(&builds::failed(width, height));
        for needed in [
            "ParallelClusterImage: component ParallelClusterComponent failed",
            "BUILDING (SSM execution Failed)",
        ] {
            assert!(failed.contains(needed), "{width}x{height}: {failed}");
        }
        let helps = failed.contains(COMMAND) || failed.contains("c: copy");
        assert!(helps, "{width}x{height}: {failed}");
        for build in [builds::succeeded as Build, builds::finished] {
            let shown = words(&build(width, height));
            for needed in ["SUCCEEDED", "ami-0123456789abcdef0", CONFIGURATION] {
                assert!(
                    shown.contains(needed),
                    "{width}x{height} {needed:?}: {shown}"
                );
            }
        }
    }
}

#[test]
fn a_long_reason_that_no_rule_knows_is_one_key_away() {
    let words_of_it: Vec<_> = (0..30).map(|word| format!("word{word:02}")).collect();
    let words_of_it = words_of_it.join(" ");
    let reason = format!("Resource handler returned message: \"{words_of_it} the last\"");
    for (width, height) in SIZES {
        let mut story = builds::building(width, height);
        story.events(&[(
            2100,
            "ParallelClusterImage",
            "AWS::ImageBuilder::Image",
            "CREATE_FAILED",
            &reason,
        )]);
        let shown = words(&story);
        for needed in [
            "ParallelClusterImage failed first",
            "word00",
            "list-image-log-streams",
        ] {
            assert!(shown.contains(needed), "{needed:?}: {shown}");
        }
        story.keys("3G");
        let shown = lines(&draw(&story.model, &COLOUR)).join(" ");
        assert!(shown.contains("the last"), "{shown}");
    }
}

#[test]
fn a_build_without_an_estimate_says_so() {
    for (width, height) in [(40, 12), (80, 24), (120, 40)] {
        let mut story = builds::building(width, height);
        story.at(4 * 3600);
        let shown = words(&story);
        assert!(shown.contains("no estimate"), "{shown}");
        assert!(!shown.contains("est. "), "{shown}");
    }
}

#[test]
fn the_keys_that_a_stranger_needs_are_among_the_hints() {
    for (build, keys) in [
        (
            builds::failed as Build,
            ["c copy command", "3 why", "J JSON"],
        ),
        (
            builds::finished,
            ["c copy config", "A copy AMI id", "J JSON"],
        ),
        (builds::building, ["enter detail", "J JSON", "/ search"]),
    ] {
        let shown = lines(&draw(&build(80, 24).model, &COLOUR));
        let hints = shown.last().unwrap();
        for key in keys {
            assert!(hints.contains(key), "{key:?}: {hints}");
        }
    }
}
