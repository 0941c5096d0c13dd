//! Stack events that `pcluster` or `aws` has saved: every form in which people have them, replayed and reported on.

use std::fs;

use serde_json::{Value, json};

use crate::support::program::{Ended, fresh_folder, run};

fn fixture(name: &str) -> Vec<Value> {
    let path = format!("tests/fixtures/saved/{name}.json");
    let saved: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    saved["events"].as_array().unwrap().clone()
}

fn replay(content: impl AsRef<[u8]>) -> Ended {
    let folder = fresh_folder();
    let file = folder.join("saved.json");
    fs::write(&file, content).unwrap();
    let file = file.to_str().unwrap().to_owned();
    run(&["replay", &file, "--speed", "max", "-o", "json"])
}

/// The ids of the printed events.
fn ids(ended: &Ended) -> Vec<String> {
    let lines = ended.json().into_iter();
    let events = lines.filter(|line| line["kind"] == "event");
    let id = |line: Value| line["event"]["eventId"].as_str().unwrap().to_owned();
    events.map(id).collect()
}

fn oldest_first(newest_first: &[Value]) -> Vec<String> {
    let events = newest_first.iter().rev();
    let ids = events.map(|event| event["eventId"].as_str().unwrap().to_owned());
    ids.collect()
}

/// The event as CloudFormation's own names have it.
fn with_capitals(event: &Value) -> Value {
    let fields = event.as_object().unwrap().iter();
    let renamed = fields.map(|(name, value)| {
        let (first, rest) = name.split_at(1);
        (first.to_uppercase() + rest, value.clone())
    });
    Value::Object(renamed.collect())
}

#[test]
fn saved_events_are_read_in_every_form() {
    let events = fixture("newest-first");
    let reversed: Vec<_> = events.iter().rev().cloned().collect();
    let capitals: Vec<_> = events.iter().map(with_capitals).collect();
    let (newer, older) = events.split_at(10);
    let lines = |values: &[Value]| {
        let lines = values.iter().map(|value| format!("{value}\n"));
        lines.collect::<String>()
    };
    let pages = [
        json!({"events": newer, "nextToken": "t"}),
        json!({"events": older}),
    ];
    let turned = [json!({"events": older}), json!({"events": newer})];
    let overlapping = [json!({"events": events[5..]}), json!({"events": events})];
    let clouds = json!({"StackEvents": capitals});
    let utf_16: Vec<u8> = format!("\u{feff}{clouds}")
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let forms: Vec<(&str, Vec<u8>)> = vec![
        ("a page", json!({"events": events}).to_string().into()),
        (
            "oldest first",
            json!({"events": reversed}).to_string().into(),
        ),
        ("CloudFormation's", clouds.to_string().into()),
        ("indented", format!("{clouds:#}").into()),
        ("a list", json!(events).to_string().into()),
        ("a list, oldest first", json!(reversed).to_string().into()),
        ("lines", lines(&events).into()),
        ("pages", lines(&pages).into()),
        ("pages, oldest first", lines(&turned).into()),
        (
            "pages without a break",
            format!("{}{}", pages[0], pages[1]).into(),
        ),
        ("a list of pages", json!(pages).to_string().into()),
        ("a list of lists", json!([newer, older]).to_string().into()),
        ("pages of two responses", lines(&overlapping).into()),
        (
            "the same twice",
            lines(&[clouds.clone(), clouds.clone()]).into(),
        ),
        ("a byte order mark", format!("\u{feff}{clouds}").into()),
        ("UTF-16", utf_16),
    ];
    for (form, content) in forms {
        let replayed = replay(content);
        assert_eq!(replayed.code(), Some(4), "{form}: {}", replayed.diagnostics);
        assert_eq!(ids(&replayed), oldest_first(&events), "{form}");
        let outcome = replayed.outcome();
        assert_eq!(outcome["imageId"], "demo-image", "{form}");
        assert_eq!(outcome["startedAt"], "2026-03-01T10:00:00.000Z", "{form}");
    }
}

#[test]
fn events_stay_in_the_services_order() {
    let mut events = fixture("newest-first");
    // The service itself has events whose times are not in order.
    events.swap(3, 4);
    let replayed = replay(json!({"events": events}).to_string());
    assert_eq!(ids(&replayed), oldest_first(&events));
}

#[test]
fn a_failed_stack_is_a_failed_build() {
    let file = "tests/fixtures/saved/oldest-first.json";
    let replayed = run(&["replay", file, "--speed", "max", "-o", "json"]);
    assert_eq!(replayed.code(), Some(3), "{}", replayed.diagnostics);
    let failure = &replayed.outcome()["firstFailure"];
    assert_eq!(failure["logicalResourceId"], "DeleteStackFunctionLog");
    let report = run(&["report", file]);
    assert_eq!(report.code(), Some(0), "{}", report.diagnostics);
    let report = report.lines.join("\n");
    assert!(report.starts_with("# `demo-image`: FAILED"), "{report}");
    assert!(!report.contains("recorded by"), "{report}");
    assert!(!report.contains("simulated"), "{report}");
}

/// An event of a stack, this number of minutes after ten o'clock.
fn event(stack: u32, minute: u32, resource: &str, status: &str) -> Value {
    let id = format!("arn:aws:cloudformation:us-east-1:123456789012:stack/img/{stack}");
    let is_root = resource == "img";
    json!({
        "stackId": id, "eventId": format!("{minute}-{resource}-{status}"), "stackName": "img",
        "logicalResourceId": resource, "resourceStatus": status,
        "physicalResourceId": if is_root { &*id } else { "p" },
        "resourceType": if is_root { "AWS::CloudFormation::Stack" } else { "AWS::ImageBuilder::Image" },
        "timestamp": format!("2026-03-01T10:{minute:02}:00.000Z"),
    })
}

#[test]
fn a_stack_that_deleted_itself_proves_no_ami() {
    let events = [
        event(1, 0, "img", "CREATE_IN_PROGRESS"),
        event(1, 1, "ParallelClusterImage", "CREATE_IN_PROGRESS"),
        event(1, 50, "ParallelClusterImage", "CREATE_COMPLETE"),
        event(1, 51, "img", "DELETE_IN_PROGRESS"),
        event(1, 52, "img", "DELETE_COMPLETE"),
    ];
    for (until, code, outcome, reason) in [
        (2, 4, "building", "still being built"),
        (3, 1, "unknown", "the image was made"),
        (5, 1, "unknown", "the image was made"),
    ] {
        let replayed = replay(json!({"events": events[..until]}).to_string());
        assert_eq!(replayed.code(), Some(code), "{}", replayed.diagnostics);
        assert_eq!(replayed.outcome()["outcome"], outcome);
        let text = replayed.outcome()["reason"].as_str().unwrap().to_owned();
        assert!(text.contains(reason), "{text}");
    }
    let [began, _, _, deleting, deleted] = events;
    let replayed = replay(json!([began, deleting, deleted]).to_string());
    let reason = replayed.outcome()["reason"].clone();
    assert!(
        reason
            .as_str()
            .unwrap()
            .contains("do not show that the image was made")
    );
}

#[test]
fn several_stacks_in_one_file_do_not_mix() {
    let first = [
        event(1, 0, "img", "CREATE_IN_PROGRESS"),
        event(1, 5, "img", "ROLLBACK_COMPLETE"),
    ];
    let second = [
        event(2, 10, "img", "CREATE_IN_PROGRESS"),
        event(2, 11, "ParallelClusterImage", "CREATE_IN_PROGRESS"),
    ];
    let mixed = json!({"events": [second[1], first[1], second[0], first[0]]});
    let one_after_another = format!("{}{}", json!({"events": second}), json!({"events": first}));
    for content in [mixed.to_string(), one_after_another] {
        let replayed = replay(content);
        let lines = replayed.json().into_iter();
        let stacks = lines.filter(|line| line["kind"] == "stack" || line["kind"] == "event");
        let stacks: Vec<_> = stacks
            .map(|line| {
                line["stackId"]
                    .as_str()
                    .unwrap()
                    .rsplit('/')
                    .next()
                    .unwrap()
                    .to_owned()
            })
            .collect();
        assert_eq!(stacks, ["1", "1", "1", "2", "2", "2"]);
        assert_eq!(replayed.outcome()["outcome"], "building");
    }
}

#[test]
fn other_files_are_refused_with_what_to_do() {
    for (content, message) in [
        (
            "hello\n",
            "neither a bakewatch recording nor stack events as JSON; pass a recording",
        ),
        (
            "{\"message\": \"Forbidden\"}",
            "neither a bakewatch recording nor stack events",
        ),
        ("[1, 2]", "neither a bakewatch recording nor stack events"),
        (
            "{\"events\": []}",
            "no event in it; save them with `pcluster get-image-stack-events`",
        ),
        (
            "{\"events\": [\n  {\"eventId\" 1}]}",
            "no JSON at line 2, column 14; save them",
        ),
        (
            "{\"events\": [\n  {\"eventId\": ",
            "ends in the middle of a value at line 2, column 14; save",
        ),
        ("{\"events\": []} trailing", "no JSON at line 1, column "),
    ] {
        let refused = replay(content);
        assert_eq!(refused.code(), Some(2), "{content}");
        let error = &refused.diagnostics;
        assert!(error.starts_with("error: failed to replay "), "{error}");
        assert!(
            error.contains(message) && error.lines().count() == 1,
            "{error}"
        );
    }
    // Neither depth nor size of nonsense is a problem.
    for content in [
        "[".repeat(200_000),
        "[".repeat(100_000) + &"]".repeat(100_000),
    ] {
        assert_eq!(replay(content).code(), Some(2));
    }
}
