//! How two JSON trees differ, path by path: what the same resource's next event has that this one had not.

use serde_json::Value;

/// One difference. Absent on one side: it came, or went.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Where: names and indexes, with dots between them.
    pub path: String,
    /// What was there.
    pub before: Option<Value>,
    /// What is there now.
    pub after: Option<Value>,
}

/// The differences between two trees, in the order of the newer one; what it has not comes last.
#[must_use]
pub fn changes(before: &Value, after: &Value) -> Vec<Change> {
    let mut found = Vec::new();
    compare("", Some(before), Some(after), &mut found);
    found
}

fn compare(path: &str, before: Option<&Value>, after: Option<&Value>, found: &mut Vec<Change>) {
    match (before, after) {
        (Some(Value::Object(old)), Some(Value::Object(new))) => {
            for (name, value) in new {
                compare(&join(path, name), old.get(name), Some(value), found);
            }
            for (name, value) in old.iter().filter(|(name, _)| !new.contains_key(*name)) {
                compare(&join(path, name), Some(value), None, found);
            }
        }
        (Some(Value::Array(old)), Some(Value::Array(new))) => {
            for index in 0..old.len().max(new.len()) {
                compare(
                    &join(path, &index.to_string()),
                    old.get(index),
                    new.get(index),
                    found,
                );
            }
        }
        _ if before == after => {}
        _ => found.push(Change {
            path: path.to_owned(),
            before: before.cloned(),
            after: after.cloned(),
        }),
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn each_difference_is_told_where_it_is() {
        let before = json!({"Name": "a", "Tags": {"k": "v", "old": 1}, "List": [1, 2]});
        let after = json!({"Name": "b", "Tags": {"k": "v"}, "List": [1, 2, 3], "New": true});
        let told: Vec<_> = changes(&before, &after)
            .into_iter()
            .map(|change| change.path)
            .collect();
        assert_eq!(told, ["Name", "Tags.old", "List.2", "New"]);
    }

    proptest! {
        /// Trees differ exactly where they are not the same.
        #[test]
        fn the_same_has_no_changes(numbers in prop::collection::vec(0..3_u8, 0..5), others in prop::collection::vec(0..3_u8, 0..5)) {
            let (one, other) = (json!({"a": numbers}), json!({"a": others}));
            prop_assert_eq!(changes(&one, &other).is_empty(), one == other);
        }
    }
}
