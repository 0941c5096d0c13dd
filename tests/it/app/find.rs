//! Filters, searches and steps from one failure to the next, alone and together, also while a long history is still
//! being indexed.

use bakewatch::testing::app::{Effect, Key, ListRow, Msg, update};
use bakewatch::testing::domain::{StatusClass, TimelineRow};
use bakewatch::testing::store::{FilterSlot, Selection};
use bakewatch::testing::text::Pattern;
use proptest::prelude::*;

use crate::support::builds;
use crate::support::frame::{COLOUR, draw, lines};
use crate::support::story::{Fact, Story};

fn text(story: &Story) -> String {
    lines(&draw(&story.model, &COLOUR)).join("\n")
}

/// The logical ids of the events that are listed.
fn listed(story: &Story) -> Vec<String> {
    let rows = story.model.shown.rows();
    let id = |index| match rows.get(index) {
        Some(ListRow::Event(event)) => Some(event.logical_id.to_string()),
        _ => None,
    };
    (0..rows.len()).filter_map(id).collect()
}

/// The selected event: its logical id and its status.
fn selected(story: &Story) -> String {
    let event = story.model.shown.selected().unwrap();
    format!("{} {}", event.logical_id, event.status)
}

/// The message about the last key.
fn toast(story: &Story) -> &str {
    story.model.toast.as_deref().unwrap_or_default()
}

fn look_to_the_end(story: &mut Story) {
    while story.model.shown.has_index_work() {
        story.msg(Msg::Idle);
    }
}

#[test]
fn a_search_moves_from_match_to_match_and_wraps() {
    let mut story = builds::failed(80, 24);
    story.keys("/instancerole>");
    assert_eq!(
        (selected(&story).as_str(), toast(&story)),
        ("InstanceRole CREATE_IN_PROGRESS", "1 of 3, wrapped around")
    );
    story.keys("n");
    assert_eq!(toast(&story), "2 of 3");
    story.keys("NN");
    assert_eq!(
        (selected(&story).as_str(), toast(&story)),
        ("InstanceRole CREATE_COMPLETE", "3 of 3, wrapped around")
    );
    story.keys("/imagerecipearn>");
    assert!(
        toast(&story).contains("in its properties"),
        "{}",
        toast(&story)
    );
    // Escape ends the search, and leaves the selection where it is.
    story.keys("<n");
    assert_eq!(toast(&story), "no active search");
}

#[test]
fn cancelling_a_prompt_restores_the_filter() {
    let mut story = builds::failed(80, 24);
    story.keys("/instancerole>").keys("/topic<n");
    assert_eq!(toast(&story), "2 of 3", "the search before is back");
    let before = listed(&story);
    story.keys("&lambda");
    assert_ne!(listed(&story), before);
    story.keys("<");
    assert_eq!(listed(&story), before);
}

#[test]
fn expressions_are_distinguished_from_text_and_broken_ones_are_reported() {
    let mut story = builds::failed(80, 24);
    story.keys("&^Instance.*$");
    assert!(listed(&story).is_empty(), "plain text");
    story.msg(Msg::Key(Key::Ctrl('r')));
    assert_eq!(listed(&story).len(), 6, "{:?}", listed(&story));
    story.keys("(");
    assert!(text(&story).contains("unclosed group"), "{}", text(&story));
    assert_eq!(listed(&story).len(), 6, "what was understood last stays");
    story.keys(">");
    assert!(
        toast(&story).starts_with("not a regular expression: "),
        "{}",
        toast(&story)
    );
}

#[test]
fn filters_are_combined() {
    let mut story = builds::failed(80, 24);
    // Only failures; then only those that were cancelled.
    story.keys("fjj><&cancelled>");
    assert_eq!(listed(&story), ["DeleteStackFunctionPermission"]);
    assert!(
        text(&story).contains(" Events: failed, \"cancelled\" "),
        "{}",
        text(&story)
    );
    assert!(
        text(&story).contains("\"cancelled\" 1 of 42 "),
        "{}",
        text(&story)
    );
    // A type beside them leaves nothing; escape lists everything again.
    story.keys("f").keys("jjjjjjj>").keys("<");
    assert!(
        text(&story).contains("The filter lists no event"),
        "{}",
        text(&story)
    );
    story.keys("<");
    assert_eq!(listed(&story).len(), 42);
}

#[test]
fn space_excludes_one_value() {
    let mut story = builds::failed(80, 24);
    // The last line is the last resource that CloudFormation began.
    story.keys("fG <");
    assert_eq!(listed(&story).len(), 39);
    assert!(!listed(&story).contains(&"ParallelClusterImage".to_owned()));
    assert!(
        text(&story).contains(" Events: all but ParallelClusterImage "),
        "{}",
        text(&story)
    );
}

#[test]
fn one_key_shows_the_events_of_one_resource() {
    let mut story = builds::failed(80, 24);
    story.keys("2o");
    assert_eq!(listed(&story), ["ParallelClusterImage"; 3]);
    story.keys("o");
    assert_eq!(listed(&story).len(), 42);
}

#[test]
fn the_failure_keys_start_with_the_cause() {
    let mut story = builds::failed(80, 24);
    let mut seen = Vec::new();
    for _ in 0..4 {
        story.keys("e");
        seen.push(story.model.shown.selected().unwrap().logical_id.to_string());
    }
    let expected = [
        "DeleteStackFunctionPermission",
        "alinux2-image",
        "ParallelClusterImage",
        "DeleteStackFunctionPermission",
    ];
    assert_eq!(seen, expected);
    story.keys("E");
    assert_eq!(selected(&story), "ParallelClusterImage CREATE_FAILED");
    story.keys("E");
    assert_eq!(selected(&story), "alinux2-image CREATE_FAILED");
    story.keys("f><e");
    assert_eq!(toast(&story), "the filter hides failures");
    let mut good = builds::building(80, 24);
    good.keys("e");
    assert_eq!(toast(&good), "no listed event has failed");
}

#[test]
fn the_order_can_be_newest_first() {
    let mut story = builds::building(80, 24);
    let oldest_first = listed(&story);
    story.keys("s");
    let mut newest_first = listed(&story);
    assert_eq!(
        newest_first.first().map(String::as_str),
        Some("ParallelClusterImage")
    );
    newest_first.reverse();
    assert_eq!(newest_first, oldest_first);
    // The list follows at its top, stops following when the user moves down, and follows again at the top.
    story.events(&[(2100, "Late", "AWS::X::Y", "CREATE_COMPLETE", "")]);
    assert_eq!(selected(&story), "Late CREATE_COMPLETE");
    assert_eq!(story.model.shown.views.events.top, 0);
    story
        .keys("jj")
        .events(&[(2101, "Later", "AWS::X::Y", "CREATE_COMPLETE", "")]);
    assert_eq!(selected(&story), "ParallelClusterImage CREATE_IN_PROGRESS");
    assert!(
        text(&story).contains("1 new · g follows"),
        "{}",
        text(&story)
    );
    story.keys("g");
    assert!(story.model.shown.views.events.follows);
    story.keys("G");
    assert_eq!(selected(&story), "alinux2-image CREATE_IN_PROGRESS");
    // A silence is on the row where it ended, above the row before it.
    story.keys("g");
    assert!(
        text(&story).contains("Late                       31m later"),
        "{}",
        text(&story)
    );
    story.keys("s");
    assert_eq!(selected(&story), "Later CREATE_COMPLETE");
}

#[test]
fn headings_and_gaps_are_not_counted_as_positions() {
    let mut story = builds::rebuilt(80, 24);
    story.keys("e");
    assert_eq!(toast(&story), "failure 1 of 3");
    story.keys("ee");
    assert_eq!(toast(&story), "failure 3 of 3");
    let mut story = builds::loading(80, 24);
    story.keys("/ParallelClusterImage>");
    assert_eq!(toast(&story), "1 of 2, wrapped around");
}

#[test]
fn a_filter_reports_hidden_new_events() {
    let mut story = builds::building(80, 24);
    story.keys("fjj><");
    let fact: Fact<'_> = (2100, "Late", "AWS::X::Y", "CREATE_FAILED", "it broke");
    story.events(&[fact]);
    assert_eq!(listed(&story), ["Late"]);
    story.events(&[
        (2101, "Later", "AWS::X::Y", "CREATE_COMPLETE", ""),
        (2102, "Latest", "AWS::X::Y", "CREATE_COMPLETE", ""),
    ]);
    assert!(
        text(&story).contains("2 newer hidden by the filter"),
        "{}",
        text(&story)
    );
}

#[test]
fn changes_across_a_gap_are_marked_as_uncertain() {
    let mut story = Story::new(80, 40);
    let fact = |second, status| (second, "Role", "AWS::IAM::Role", status, "");
    story.events(&[fact(0, "CREATE_IN_PROGRESS")]);
    story.page(&[fact(90, "DELETE_IN_PROGRESS")], false);
    story.keys("d");
    let (heading, note) = ("changed since CREATE_IN_PROGRESS, 1:30 later", "incomplete");
    assert!(text(&story).contains(heading) && text(&story).contains(note));
    // The page that fills the gap brings nothing of this resource: the heading stays, the note goes.
    let other = (50, "Topic", "AWS::SNS::Topic", "CREATE_COMPLETE", "");
    story.page(&[other], true);
    assert!(text(&story).contains(heading) && !text(&story).contains(note));
}

#[test]
fn a_page_can_be_searched() {
    let mut story = builds::failed(80, 24);
    story.keys("3/handlererrorcode>");
    let page = &story.model.shown.views.failure.page;
    assert!(
        page.lines[page.cursor]
            .search_text()
            .contains("HandlerErrorCode")
    );
    story.keys("1>/enhanced>");
    let page = &story.model.shown.detail.page;
    assert!(
        page.lines[page.cursor]
            .search_text()
            .contains("EnhancedImageMetadataEnabled"),
        "{:?}",
        page.lines[page.cursor]
    );
    story.keys("/nowhere>");
    assert!(
        toast(&story).starts_with("no line matches \"nowhere\""),
        "{}",
        toast(&story)
    );
}

#[test]
fn a_search_finds_a_resource_in_the_list() {
    let mut story = builds::failed(80, 24);
    story.keys("2/topic>");
    let selected = |story: &Story| {
        story
            .model
            .shown
            .views
            .resources
            .selected
            .as_ref()
            .unwrap()
            .to_string()
    };
    assert_eq!(selected(&story), "BuildNotificationTopic");
    story.keys("/nowhere>");
    assert_eq!(
        (selected(&story).as_str(), toast(&story)),
        ("BuildNotificationTopic", "no resource matches \"nowhere\"")
    );
}

fn copied(story: &mut Story, key: char) -> Option<String> {
    let effects = update(&mut story.model, Msg::Key(Key::Char(key)));
    effects.into_iter().find_map(|effect| match effect {
        Effect::Copy(text) => Some(text),
        _ => None,
    })
}

#[test]
fn values_events_commands_and_the_ami_can_be_copied_whole() {
    let mut story = builds::failed(80, 24);
    let event = copied(&mut story, 'y').unwrap();
    assert!(
        event.starts_with('{') && event.contains("CREATE_FAILED"),
        "{event}"
    );
    story.keys(">/ImageRecipeArn>");
    let value = copied(&mut story, 'y').unwrap();
    assert!(
        value.starts_with("arn:aws:imagebuilder:") && value.ends_with("/3.16.1"),
        "{value}"
    );
    assert_eq!(
        toast(&story),
        format!("copied ImageRecipeArn, {} bytes", value.len())
    );
    story.keys("</event id>");
    assert_eq!(
        copied(&mut story, 'y').unwrap(),
        story.model.shown.event().unwrap().event_id.as_str()
    );
    story.keys("<3/--image-id>");
    let command = copied(&mut story, 'y').unwrap();
    assert!(
        command.starts_with("pcluster get-image-log-events --image-id")
            && command.ends_with("3.16.1/1"),
        "{command}"
    );
    assert_eq!(copied(&mut story, 'A'), None);
    assert_eq!(toast(&story), "this build has no AMI");
    let mut good = builds::finished(80, 24);
    assert_eq!(
        copied(&mut good, 'A').as_deref(),
        Some("ami-0123456789abcdef0")
    );
}

#[test]
fn only_a_value_is_copied_as_a_value() {
    let mut story = builds::failed(80, 24);
    story.keys(">");
    // The type's line has no value of its own.
    assert!(copied(&mut story, 'y').is_some_and(|event| event.starts_with('{')));
    story.keys("jjj");
    let reason = copied(&mut story, 'y').unwrap();
    assert!(
        reason.starts_with("Resource handler returned message"),
        "{reason}"
    );
    // A resource that was rolled back shows the reason of its failure, and the reason is copied.
    let mut story = builds::rolling_back(80, 24);
    story.keys("2>jjj");
    assert_eq!(copied(&mut story, 'y').as_deref(), Some(reason.as_str()));
}

#[test]
fn the_selection_is_kept_while_a_filter_is_indexing() {
    let mut story = long();
    story.keys("g").keys(&"j".repeat(500));
    let before = story.model.shown.views.events.selected.clone();
    story.keys("&hay>");
    assert!(story.model.shown.build.unindexed(FilterSlot::Listed) > 0);
    look_to_the_end(&mut story);
    assert_eq!(story.model.shown.views.events.selected, before);
}

#[test]
fn the_help_starts_with_the_current_view_and_returns_to_it() {
    let mut story = builds::failed(80, 24);
    story.keys("2?");
    assert!(
        text(&story).contains("Here, in the resources"),
        "{}",
        text(&story)
    );
    story.keys("<f?<");
    assert!(text(&story).contains(" Filter "), "{}", text(&story));
}

#[test]
fn opening_another_resource_starts_at_the_top() {
    let mut story = builds::failed(120, 40);
    story.keys("2^G^k");
    assert_eq!(story.model.shown.detail.page.cursor, 0);
}

#[test]
fn a_rebuild_resets_the_time_axis() {
    let mut story = builds::failed(80, 24);
    story.keys("2z");
    assert!(!story.model.shown.views.resources.axis.is_whole());
    "9f2b1a44-b5b1-11ec-8a11-0a58a9feac02".clone_into(&mut story.stack);
    story.began += chrono::TimeDelta::minutes(90);
    story.events(&[(
        0,
        "alinux2-image",
        "AWS::CloudFormation::Stack",
        "CREATE_IN_PROGRESS",
        "",
    )]);
    assert!(story.model.shown.views.resources.axis.is_whole());
}

#[test]
fn each_stack_has_its_heading_in_either_order() {
    for keys in ["", "s"] {
        let mut story = builds::rebuilt(80, 24);
        story.keys(keys);
        let rows = story.model.shown.rows();
        let mut stack = None;
        for index in 0..rows.len() {
            match rows.get(index) {
                Some(ListRow::Stack(id)) => stack = Some(id),
                Some(ListRow::Event(event)) => {
                    assert_eq!(Some(&event.stack_id), stack, "row {index} after {keys:?}");
                }
                _ => {}
            }
        }
    }
}

#[test]
fn a_search_moves_down_in_either_order() {
    let mut story = builds::failed(80, 24);
    story.keys("s/instanceprofile>");
    let index = |story: &Story| {
        story
            .model
            .shown
            .rows()
            .index_of(story.model.shown.views.events.selected.as_ref().unwrap())
            .unwrap()
    };
    let first = index(&story);
    story.keys("j").keys("n");
    assert!(
        index(&story) > first,
        "from an event that was not found, the next one is below"
    );
    story.keys("j").keys("N");
    assert!(index(&story) > first, "and the one before is above");
}

/// A build with more events than one slice of work indexes.
fn long() -> Story {
    let mut story = Story::new(80, 24);
    let id = |number: usize| if number == 3 { "Needle" } else { "Hay" };
    let facts: Vec<Fact<'_>> = (0..5000)
        .map(|number| (1, id(number), "AWS::X::Y", "CREATE_COMPLETE", ""))
        .collect();
    story.events(&facts);
    story
}

#[test]
fn a_long_history_is_indexed_in_slices_while_keys_work() {
    let mut story = long();
    story.keys("/needle>");
    assert!(
        story.model.shown.build.unindexed(FilterSlot::Found) > 0,
        "one slice is not enough"
    );
    assert_eq!(selected(&story), "Hay CREATE_COMPLETE");
    look_to_the_end(&mut story);
    assert_eq!(
        (selected(&story).as_str(), toast(&story)),
        ("Needle CREATE_COMPLETE", "1 of 1, wrapped around")
    );
    // A filter lists its matches so far, the newest first, and shows how much is left.
    let mut story = long();
    story.keys("&hay");
    let left = story.model.shown.build.unindexed(FilterSlot::Listed);
    assert!(left > 0 && !listed(&story).is_empty());
    assert!(text(&story).contains("to search"), "{}", text(&story));
    look_to_the_end(&mut story);
    assert_eq!(listed(&story).len(), 4999);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// After any keys, choices and observations in any order, the list has exactly the events that match the filter, and it
    /// counts the failures above each row.
    #[test]
    fn the_list_shows_exactly_the_matching_events(
        steps in prop::collection::vec((0..9_u8, 0..4_usize), 1..24),
    ) {
        let mut story = Story::new(80, 24);
        let mut number = 0;
        for (step, choice) in steps {
            match step {
                0 | 1 | 6 => {
                    number += 1;
                    let id = ["Role", "Topic", "Image", "Log"][choice];
                    let status = ["CREATE_IN_PROGRESS", "CREATE_COMPLETE", "CREATE_FAILED", "DELETE_COMPLETE"][number % 4];
                    let (facts, whole) = ([(1, id, "AWS::X::Y", status, "because")], number % 5 > 1);
                    if step == 6 {
                        story.restart(&facts, whole);
                    } else {
                        story.page(&facts, whole);
                    }
                }
                2 => { story.keys("&").msg(Msg::Key(Key::Ctrl('u'))); story.keys(["o", "T", "because", ""][choice]).keys(">"); }
                3 => { story.keys("f").keys(&"j".repeat(choice)).keys(" <"); }
                4 => { story.keys("o"); }
                7 => story.change_stack(),
                8 => { story.refuse_below_each(choice + 1); }
                _ => { story.keys(["j", "k", "g", "G"][choice]); }
            }
            look_to_the_end(&mut story);
            let filter = &story.model.shown.filter;
            let predicate = filter.predicate();
            let timelines = story.model.shown.build.timelines();
            let all = timelines.iter().flat_map(|timeline| {
                (0..timeline.rows(Selection::ALL)).filter_map(|index| match timeline.row(Selection::ALL, index) {
                    Some(TimelineRow::Event(event)) => Some(event),
                    _ => None,
                })
            });
            let expected: Vec<_> = all
                .filter(|event| filter.classes.contains(event.status.class()) && predicate.selects(event))
                .map(|event| event.logical_id.to_string())
                .collect();
            prop_assert_eq!(listed(&story), expected);
            let rows = story.model.shown.rows();
            let mut failures = 0;
            for index in 0..=rows.len() {
                prop_assert_eq!(rows.failures_above(index), failures, "{}", index);
                let event = rows.event(index);
                failures += usize::from(event.is_some_and(|event| event.status.class() == StatusClass::Failed));
            }
        }
    }
}

#[test]
fn matches_are_highlighted() {
    let mut story = builds::failed(80, 24);
    story.keys("/Lambda>");
    let pattern = Pattern::new("Lambda", false).unwrap();
    assert_eq!(story.model.shown.search.listed, Some(pattern));
    let mut wide = builds::failed(200, 60);
    wide.keys("/Lambda>");
    let buffer = draw(&wide.model, &COLOUR);
    let marked = buffer
        .content
        .iter()
        .filter(|cell| cell.modifier.contains(ratatui::style::Modifier::UNDERLINED));
    assert_eq!(
        marked
            .map(ratatui::buffer::Cell::symbol)
            .collect::<String>(),
        "Lambda".repeat(7)
    );
}
