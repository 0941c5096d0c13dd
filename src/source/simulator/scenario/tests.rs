//! What happens in each scenario, read from its script as the API would tell it.

use serde_json::Value;

use super::super::world::Change;
use super::*;

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

#[test]
fn every_scenario_can_be_read_and_played() {
    for name in Scenario::NAMES {
        let script = script(name);
        assert!(!events(&script).is_empty(), "{name}");
        assert!(script.is_sorted_by_key(|timed| timed.at), "{name}");
    }
}
