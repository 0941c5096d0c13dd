//! The differences between two JSON trees, path by path. The detail view shows those between two events of a resource.

use serde_json::Value;

/// One difference. A value that is absent on one side was added or removed.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Names and indexes, separated by dots.
    pub path: String,
    pub before: Option<Value>,
    pub after: Option<Value>,
}

/// The differences between two trees, in the order of the newer one; removed values come last.
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
    fn each_difference_has_its_path() {
        let before = json!({"Name": "a", "Tags": {"k": "v", "old": 1}, "List": [1, 2]});
        let after = json!({"Name": "b", "Tags": {"k": "v"}, "List": [1, 2, 3], "New": true});
        let paths: Vec<_> = changes(&before, &after)
            .into_iter()
            .map(|change| change.path)
            .collect();
        assert_eq!(paths, ["Name", "Tags.old", "List.2", "New"]);
    }

    /// Any tree of few names and values, so that two trees may be alike.
    fn tree() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (0..3_u8).prop_map(Value::from),
            "[ab]?".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            let fields = prop::collection::btree_map("[abc]", inner.clone(), 0..4);
            prop_oneof![
                prop::collection::vec(inner, 0..4).prop_map(Value::from),
                fields.prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    /// The value at a path. The names of [`tree`] have no dots.
    fn at<'a>(tree: &'a Value, path: &str) -> Option<&'a Value> {
        let mut steps = path.split('.').filter(|step| !step.is_empty());
        steps.try_fold(tree, |tree, step| match tree {
            Value::Object(fields) => fields.get(step),
            Value::Array(items) => items.get(step.parse::<usize>().ok()?),
            _ => None,
        })
    }

    /// Applies a change to a tree; an array loses its last items only.
    fn put(tree: &mut Value, path: &[&str], value: Option<&Value>) {
        let Some((step, rest)) = path.split_first() else {
            *tree = value.unwrap().clone();
            return;
        };
        match (tree, value) {
            (Value::Object(fields), None) if rest.is_empty() => drop(fields.remove(*step)),
            (Value::Array(items), None) if rest.is_empty() => items.truncate(items.len() - 1),
            (Value::Object(fields), _) => {
                let field = fields.entry(*step).or_insert(Value::Null);
                put(field, rest, value);
            }
            (Value::Array(items), _) => {
                let index: usize = step.parse().unwrap();
                if index == items.len() {
                    items.push(Value::Null);
                }
                put(&mut items[index], rest, value);
            }
            (other, _) => panic!("{other} has no {step}"),
        }
    }

    proptest! {
        /// Each change is true, none is missing, and there is none between trees that are the same.
        #[test]
        fn changes_lead_from_one_tree_to_the_other(one in tree(), other in tree()) {
            let found = changes(&one, &other);
            prop_assert_eq!(found.is_empty(), one == other);
            let mut changed = one.clone();
            for change in &found {
                prop_assert_eq!(change.before.as_ref(), at(&one, &change.path));
                prop_assert_eq!(change.after.as_ref(), at(&other, &change.path));
                prop_assert_ne!(&change.before, &change.after);
                let path: Vec<_> = change.path.split('.').filter(|step| !step.is_empty()).collect();
                put(&mut changed, &path, change.after.as_ref());
            }
            prop_assert_eq!(changed, other);
        }
    }
}
