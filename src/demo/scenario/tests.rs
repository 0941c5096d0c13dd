//! The course of each scenario, read from its script in the API's form.

use std::collections::HashSet;
use std::time::Duration;

use serde_json::Value;

use crate::demo::scenario::*;
use crate::demo::world::Change;
use crate::domain::stack_event::StackEvent;

const MINUTE: Duration = Duration::from_mins(1);

fn script(name: &str) -> Vec<TimedChange> {
    let epoch = "2026-05-04T08:30:00Z".parse().unwrap();
    Scenario::named(name).unwrap().script(epoch)
}

fn events(script: &[TimedChange]) -> Vec<Value> {
    let events = script.iter().filter_map(|timed| match &timed.change {
        Change::StackEvent(event) => Some(serde_json::from_str(event).unwrap()),
        _ => None,
    });
    events.collect()
}

/// An event's field; empty where it is left out.
fn text<'a>(event: &'a Value, field: &str) -> &'a str {
    event.get(field).map_or("", |value| value.as_str().unwrap())
}

fn is_root(event: &Value) -> bool {
    text(event, "physicalResourceId") == text(event, "stackId")
}

fn root_statuses(script: &[TimedChange]) -> Vec<String> {
    let events = events(script);
    let root = events.iter().filter(|event| is_root(event));
    root.map(|event| text(event, "resourceStatus").to_owned())
        .collect()
}

/// The statuses and reasons of one resource.
fn life<'a>(events: &'a [Value], resource: &str) -> Vec<(&'a str, &'a str)> {
    let own = events
        .iter()
        .filter(|event| text(event, "logicalResourceId") == resource);
    own.map(|event| {
        (
            text(event, "resourceStatus"),
            text(event, "resourceStatusReason"),
        )
    })
    .collect()
}

fn time_of(script: &[TimedChange], wanted: impl Fn(&Change) -> bool) -> Duration {
    script
        .iter()
        .find(|timed| wanted(&timed.change))
        .unwrap()
        .at
}

fn has_ami(change: &Change) -> bool {
    matches!(change, Change::Image(Some(body)) if body.get("ec2AmiInfo").is_some())
}

#[test]
fn every_scenario_plays_in_order_and_always_the_same() {
    for name in Scenario::NAMES {
        let script = script(name);
        assert!(script.is_sorted_by_key(|timed| timed.at), "{name}");
        assert_eq!(events(&script), events(&self::script(name)), "{name}");
    }
}

#[test]
fn a_scenario_takes_about_an_hour_where_it_makes_an_image_and_less_where_it_does_not() {
    for name in Scenario::NAMES {
        let script = script(name);
        let takes = script.last().unwrap().at;
        let range = if script.iter().any(|timed| has_ami(&timed.change)) {
            55 * MINUTE..65 * MINUTE
        } else {
            15 * MINUTE..45 * MINUTE
        };
        assert!(range.contains(&takes), "{name} takes {takes:?}");
    }
}

#[test]
fn an_unknown_scenario_is_refused_with_the_names_of_the_known_ones() {
    let error = Scenario::named("triumph").unwrap_err();
    assert_eq!(
        error.to_string(),
        "unknown scenario triumph; known are success, failure, script, rollback, leftover, rebuild, deleted, flaky"
    );
}

#[test]
fn images_have_valid_ids_and_no_two_scenarios_share_one() {
    let ids = Scenario::NAMES.map(|name| Scenario::named(name).unwrap().image_id().to_owned());
    let distinct: HashSet<&String> = ids.iter().collect();
    assert_eq!(distinct.len(), Scenario::NAMES.len());
}

#[test]
fn every_event_has_the_required_fields_and_leaves_out_empty_ones() {
    const REQUIRED: [&str; 8] = [
        "stackId",
        "eventId",
        "stackName",
        "logicalResourceId",
        "physicalResourceId",
        "resourceType",
        "timestamp",
        "resourceStatus",
    ];
    for event in Scenario::NAMES
        .iter()
        .flat_map(|name| events(&script(name)))
    {
        for field in REQUIRED {
            assert!(event[field].is_string(), "{field} of {event}");
        }
        assert!(
            event.as_object().unwrap().values().all(Value::is_string),
            "{event}"
        );
        let timestamp = text(&event, "timestamp");
        assert_eq!(
            (timestamp.len(), timestamp.ends_with('Z')),
            (24, true),
            "{timestamp}"
        );
        let id = text(&event, "eventId");
        if is_root(&event) {
            assert_eq!(id.len(), 36, "{id}");
        } else {
            let (name, status) = (
                text(&event, "logicalResourceId"),
                text(&event, "resourceStatus"),
            );
            assert_eq!(id, format!("{name}-{status}-{timestamp}"));
        }
    }
}

#[test]
fn an_event_id_is_of_one_event_of_its_stack() {
    for name in Scenario::NAMES {
        let events = events(&script(name));
        let keys = events
            .iter()
            .map(|event| (text(event, "stackId"), text(event, "eventId")));
        assert_eq!(keys.collect::<HashSet<_>>().len(), events.len(), "{name}");
    }
}

#[test]
fn a_resource_is_created_in_the_steps_of_the_real_one() {
    let events = events(&script("success"));
    let created = |name| {
        life(&events, name)
            .into_iter()
            .take_while(|(status, _)| status.starts_with("CREATE"))
    };
    let steps: Vec<_> = created("DeleteStackFunction").collect();
    assert_eq!(
        steps,
        [
            ("CREATE_IN_PROGRESS", ""),
            ("CREATE_IN_PROGRESS", "Resource creation Initiated"),
            ("CREATE_IN_PROGRESS", "Eventual consistency check initiated"),
            ("CREATE_COMPLETE", ""),
        ]
    );
    assert_eq!(created("InstanceRole").count(), 3);
    let of_role = events
        .iter()
        .filter(|event| text(event, "logicalResourceId") == "InstanceRole");
    let ids: Vec<&str> = of_role
        .map(|event| text(event, "physicalResourceId"))
        .collect();
    assert_eq!(ids[0], "");
    assert!(
        ids[1..]
            .iter()
            .all(|id| id.starts_with("ParallelClusterImage-")),
        "{ids:?}"
    );
}

#[test]
fn properties_are_json_in_a_string_and_every_scalar_in_them_is_one() {
    fn scalars_are_strings(value: &Value) -> bool {
        match value {
            Value::Object(object) => object.values().all(scalars_are_strings),
            Value::Array(items) => items.iter().all(scalars_are_strings),
            scalar => scalar.is_string(),
        }
    }
    let events = events(&script("success"));
    let with = events
        .iter()
        .filter(|event| event.get("resourceProperties").is_some());
    let trees: Vec<(&str, Value)> = with
        .map(|event| {
            let tree = serde_json::from_str(text(event, "resourceProperties")).unwrap();
            (text(event, "logicalResourceId"), tree)
        })
        .collect();
    assert!(
        trees
            .iter()
            .all(|(_, tree)| tree.is_object() && scalars_are_strings(tree))
    );
    let (_, component) = trees
        .iter()
        .find(|(name, _)| *name == "ParallelClusterComponent")
        .unwrap();
    let document = component["Data"].as_str().unwrap();
    assert!(
        document.len() > 4096 && document.starts_with("name: "),
        "{document}"
    );
}

#[test]
fn success_ends_with_an_ami_then_a_deletion_then_nothing() {
    let script = script("success");
    let events = events(&script);
    assert!((67..=82).contains(&events.len()), "{} events", events.len());
    let resources = events.iter().filter(|event| !is_root(event));
    let resources: HashSet<_> = resources
        .map(|event| text(event, "logicalResourceId"))
        .collect();
    assert_eq!(resources.len(), 13);
    assert_eq!(
        root_statuses(&script),
        [
            "CREATE_IN_PROGRESS",
            "DELETE_IN_PROGRESS",
            "DELETE_COMPLETE"
        ]
    );

    let ami = time_of(&script, has_ami);
    let deleting = |change: &Change| matches!(change, Change::StackEvent(event) if event.contains("DELETE_IN_PROGRESS"));
    let gone = time_of(&script, |change| *change == Change::StackGone);
    assert!(ami < time_of(&script, deleting));
    assert!(
        time_of(&script, deleting) + MINUTE < gone,
        "the deletion can be watched"
    );
    let last_image = script
        .iter()
        .rev()
        .find(|timed| matches!(timed.change, Change::Image(_)));
    assert!(
        has_ami(&last_image.unwrap().change),
        "the AMI outlives the stack"
    );
}

#[test]
fn image_builder_passes_its_stages_while_the_stack_is_described() {
    let script = script("success");
    let stages = script.iter().filter_map(|timed| match &timed.change {
        Change::Image(Some(body)) => body.get("imagebuilderImageStatus")?.as_str(),
        _ => None,
    });
    assert_eq!(
        stages.collect::<Vec<_>>(),
        [
            "PENDING",
            "CREATING",
            "BUILDING",
            "TESTING",
            "DISTRIBUTING",
            "AVAILABLE"
        ]
    );
}

#[test]
fn describe_image_has_the_fields_of_one_shape_at_a_time() {
    for timed in Scenario::NAMES.iter().flat_map(|name| script(name)) {
        if let Change::Image(Some(body)) = timed.change {
            let of_stack = body.get("cloudformationStackArn").is_some();
            let of_ami = body.get("ec2AmiInfo").is_some();
            assert!(of_stack != of_ami, "{body}");
            assert_eq!(of_ami, body.get("creationTime").is_some(), "{body}");
            assert!(text(&body["imageConfiguration"], "url").contains("X-Amz-Signature="));
        }
    }
}

#[test]
fn failure_without_rollback_leaves_the_stack_as_it_is() {
    let script = script("failure");
    assert_eq!(
        root_statuses(&script),
        ["CREATE_IN_PROGRESS", "CREATE_FAILED"]
    );
    let events = events(&script);
    let (status, reason) = *life(&events, "ParallelClusterImage").last().unwrap();
    assert_eq!(status, "CREATE_FAILED");
    assert!(
        reason.contains("component/parallelclusterimage-") && reason.contains("failed!"),
        "{reason}"
    );
    assert_eq!(
        text(events.last().unwrap(), "resourceStatusReason"),
        "The following resource(s) failed to create: [ParallelClusterImage]. "
    );
    let Change::Image(Some(last)) = &script.last().unwrap().change else {
        panic!("the stack can still be described");
    };
    assert_eq!(last["imageBuildStatus"], "BUILD_FAILED");
    assert_eq!(last["imagebuilderImageStatus"], "FAILED");
}

#[test]
fn rollback_takes_every_resource_back_and_leaves_the_empty_stack() {
    let script = script("rollback");
    assert_eq!(
        root_statuses(&script),
        [
            "CREATE_IN_PROGRESS",
            "ROLLBACK_IN_PROGRESS",
            "ROLLBACK_COMPLETE"
        ]
    );
    let events = events(&script);
    let deleted = events
        .iter()
        .filter(|event| text(event, "resourceStatus") == "DELETE_COMPLETE");
    assert_eq!(deleted.count(), 13);
    assert!(script.iter().all(|timed| timed.change != Change::StackGone));
}

#[test]
fn leftover_has_an_ami_and_a_stack_that_could_not_be_deleted() {
    let script = script("leftover");
    assert!(script.iter().any(|timed| has_ami(&timed.change)));
    assert_eq!(root_statuses(&script).last().unwrap(), "DELETE_FAILED");
    let events = events(&script);
    assert_eq!(
        life(&events, "InstanceRole").last().unwrap(),
        &("DELETE_FAILED", "Internal Failure")
    );
}

#[test]
fn in_a_rebuild_the_first_failure_cancels_its_siblings_and_the_second_stack_succeeds() {
    let script = script("rebuild");
    assert_eq!(
        root_statuses(&script),
        [
            "CREATE_IN_PROGRESS",
            "CREATE_FAILED",
            "DELETE_IN_PROGRESS",
            "DELETE_COMPLETE",
            "CREATE_IN_PROGRESS",
            "DELETE_IN_PROGRESS",
            "DELETE_COMPLETE"
        ]
    );
    let events = events(&script);
    let cancelled = events
        .iter()
        .filter(|event| text(event, "resourceStatusReason") == "Resource creation cancelled");
    assert_eq!(cancelled.count(), 5);
    let by_console = events
        .iter()
        .filter(|event| text(event, "clientRequestToken").starts_with("Console-DeleteStack-"));
    assert!(by_console.clone().count() > 0);
    assert!(
        by_console
            .clone()
            .all(|event| text(event, "resourceStatus").starts_with("DELETE_"))
    );

    let stacks: HashSet<_> = events.iter().map(|event| text(event, "stackId")).collect();
    assert_eq!(stacks.len(), 2);
    let lives = script
        .iter()
        .filter(|timed| matches!(timed.change, Change::StackCreated(_) | Change::StackGone));
    let lives: Vec<_> = lives
        .map(|timed| timed.change == Change::StackGone)
        .collect();
    assert_eq!(
        lives,
        [false, true, false, true],
        "one stack after the other"
    );
}

#[test]
fn deleted_cancels_the_image_and_leaves_nothing() {
    let script = script("deleted");
    assert_eq!(
        root_statuses(&script),
        [
            "CREATE_IN_PROGRESS",
            "DELETE_IN_PROGRESS",
            "DELETE_COMPLETE"
        ]
    );
    let events = events(&script);
    assert!(
        life(&events, "ParallelClusterImage")
            .contains(&("CREATE_FAILED", "Resource creation cancelled"))
    );
    assert_eq!(script.last().unwrap().change, Change::Image(None));
    assert!(!script.iter().any(|timed| has_ami(&timed.change)));
}

#[test]
fn the_first_failure_is_the_cause_and_not_a_cancelled_sibling() {
    for (name, cause) in [
        ("failure", "ParallelClusterImage"),
        ("script", "ParallelClusterImage"),
        ("rollback", "ParallelClusterImage"),
        ("rebuild", "InstanceRole"),
    ] {
        let events = events(&script(name));
        let events = events
            .iter()
            .map(|event| StackEvent::from_json(&event.to_string(), None));
        let failures: Vec<_> = events.filter(|event| event.is_own_failure).collect();
        assert_eq!(failures[0].logical_id.as_str(), cause, "{name}");
    }
}

#[test]
fn the_flaky_scenario_succeeds_in_spite_of_faults() {
    assert_eq!(
        root_statuses(&script("flaky")),
        root_statuses(&script("success"))
    );
    let faults = |name| Scenario::named(name).unwrap().faults().clone();
    assert_ne!(faults("flaky"), FaultPlan::default());
    assert_eq!(faults("success"), FaultPlan::default());
}

#[test]
fn the_log_of_a_failed_component_ends_with_the_failure_and_is_written_in_order() {
    for (name, code) in [("failure", "ExitCode 1"), ("script", "ExitCode 17")] {
        assert_ends_with_failure(name, code);
    }
}

/// From its first line to the end of the build.
#[test]
fn the_log_of_a_success_is_never_silent_for_long() {
    let script = script("success");
    let lines = script.iter().filter_map(|timed| match &timed.change {
        Change::Log(line) => Some(line.written),
        _ => None,
    });
    let mut times: Vec<_> = lines.collect();
    times.sort_unstable();
    let longest = times.windows(2).map(|pair| pair[1] - pair[0]).max();
    assert!(longest.unwrap() < 5 * 60 * 1000, "{longest:?}");
}

#[test]
fn a_log_ends_in_the_step_that_the_failure_names() {
    let script = script("rollback");
    let says = |text: &str| {
        script.iter().any(|timed| match &timed.change {
            Change::Log(line) => line.message.contains(text),
            _ => false,
        })
    };
    assert!(says("Started step LaunchBuildInstance"));
    assert!(says("Attempt number: 40."));
    assert!(!says("Started step ApplyBuildComponents"));
}

fn assert_ends_with_failure(name: &str, code: &str) {
    let script = script(name);
    let lines = script.iter().filter_map(|timed| match &timed.change {
        Change::Log(line) => Some((line.written, line.message.as_str())),
        _ => None,
    });
    let mut lines: Vec<_> = lines.collect();
    lines.sort_by_key(|(written, _)| *written);
    let (_, last) = lines.last().unwrap();
    assert!(last.ends_with(" failed!"), "{last}");
    let said = |text: &str| lines.iter().position(|(_, line)| line.contains(text));
    let (exit, toe) = (said(code), said("TOE has completed execution with failure"));
    assert!(exit.is_some() && exit < toe, "{exit:?} {toe:?}");
}
