//! Which events a filter or a search selects: the predicate that the user sets, and the fields in which a pattern is
//! found. The store evaluates it ([`crate::store::filter_index`]); the app queries the store.

use serde_json::Value;

use crate::domain::names::Names;
use crate::domain::properties::tree_in;
use crate::domain::stack_event::{EventId, PROPERTIES, StackEvent, format_time};
use crate::domain::status::StatusClass;
use crate::store::entry::{Entry, EntryPredicate};
use crate::store::filter_index;
use crate::store::ids::HashedIds;
use crate::text::pattern::Pattern;
use crate::text::safe::SafeText;

/// The events to count or list: those of some classes, and of a filter index where one is set.
pub type Selection = filter_index::Selection<StatusClass>;

impl Entry for StackEvent {
    type Id = EventId;
    type Ids = HashedIds<EventId>;
    type Class = StatusClass;
    /// The resource's logical id.
    type Group = SafeText;
    type Predicate = Predicate;

    fn id(&self) -> &EventId {
        &self.event_id
    }

    fn class(&self) -> StatusClass {
        self.status.class()
    }

    fn group(&self) -> Option<&SafeText> {
        Some(&self.logical_id)
    }

    fn size(&self) -> usize {
        self.raw_len()
    }

    /// The log lists the consequences of a failure: a view shows them below it.
    fn is_flagged(&self) -> bool {
        self.is_consequence()
    }
}

/// The part of a filter that is not about the status: all of it has to hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Predicate {
    pub resources: Names,
    pub types: Names,
    /// Each of these has a match in some field.
    pub patterns: Vec<Pattern>,
}

impl Predicate {
    /// Whether it selects every event.
    pub fn is_open(&self) -> bool {
        self.resources.is_all() && self.types.is_all() && self.patterns.is_empty()
    }

    pub fn selects(&self, event: &StackEvent) -> bool {
        self.resources.contains(&event.logical_id)
            && self.types.contains(&event.resource_type)
            && self
                .patterns
                .iter()
                .all(|pattern| is_in_event(pattern, event))
    }
}

impl EntryPredicate<StackEvent> for Predicate {
    fn holds_for(&self, event: &StackEvent) -> bool {
        self.selects(event)
    }

    fn weight(&self) -> usize {
        let weights = self.patterns.iter().map(Pattern::weight);
        weights.sum::<usize>().max(1)
    }
}

/// A field's name for the user, and whether it has a match.
type Field = (&'static str, fn(&Pattern, &StackEvent) -> bool);

/// The fields that are searched: first those that a row shows, then those for which the user has to open the event.
const FIELDS: [Field; 9] = [
    ("name", |pattern, event| {
        pattern.is_in(event.logical_id.as_str())
    }),
    ("status", |pattern, event| {
        pattern.is_in(event.status.as_str())
    }),
    ("type", |pattern, event| {
        pattern.is_in(event.resource_type.as_str())
    }),
    ("reason", |pattern, event| {
        is_in_optional(pattern, event.reason.as_ref())
    }),
    ("physical id", |pattern, event| {
        is_in_optional(pattern, event.physical_id.as_ref())
    }),
    ("event id", |pattern, event| {
        pattern.is_in(event.event_id.as_str())
    }),
    ("time", |pattern, event| {
        event
            .timestamp
            .is_some_and(|time| pattern.is_in(&format_time(time)))
    }),
    ("stack's id", |pattern, event| {
        pattern.is_in(event.stack_id.as_str())
    }),
    ("properties or another field", is_in_raw),
];

/// Whether any field of the event has a match, as it is shown or as the service sent it: names, status, reason, ids,
/// time (UTC), properties with the documents inside them, and undocumented fields. A field that is cut on the screen is
/// searched to its end. The API's names for the fields are not searched.
pub fn is_in_event(pattern: &Pattern, event: &StackEvent) -> bool {
    matching_field(pattern, event).is_some()
}

/// The name of the event's first field that has a match; see [`is_in_event`].
pub fn matching_field(pattern: &Pattern, event: &StackEvent) -> Option<&'static str> {
    let has = |(_, is_in): &Field| is_in(pattern, event);
    FIELDS.into_iter().find(has).map(|(field, _)| field)
}

fn is_in_optional(pattern: &Pattern, text: Option<&SafeText>) -> bool {
    text.is_some_and(|text| pattern.is_in(text.as_str()))
}

fn is_in_raw(pattern: &Pattern, event: &StackEvent) -> bool {
    let Some(fields) = event.every_field() else {
        return pattern.is_in(&event.raw());
    };
    fields.iter().any(|(name, value)| {
        let properties = value.as_str().filter(|_| name == PROPERTIES);
        match properties.and_then(tree_in) {
            Some(tree) => is_in_tree(pattern, &tree),
            None => is_in_tree(pattern, value),
        }
    })
}

fn is_in_tree(pattern: &Pattern, tree: &Value) -> bool {
    match tree {
        Value::Object(fields) => {
            let mut fields = fields.iter();
            fields.any(|(name, value)| pattern.is_in(name) || is_in_tree(pattern, value))
        }
        Value::Array(items) => items.iter().any(|item| is_in_tree(pattern, item)),
        Value::String(text) => pattern.is_in(text),
        other => pattern.is_in(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event() -> StackEvent {
        let properties =
            json!({"Tags": {"Owner": "Ada"}, "Data": "steps:\n  - name: PinVersion", "Size": 35});
        let json = json!({
            "stackId": "arn:stack", "eventId": "e-77", "logicalResourceId": "InstanceRole",
            "physicalResourceId": "role-1", "resourceType": "AWS::IAM::Role",
            "resourceStatus": "CREATE_FAILED", "resourceStatusReason": "it is (not) there",
            "timestamp": "2022-04-05T21:39:24.725Z", "clientRequestToken": "token-9",
            "resourceProperties": properties.to_string(),
        });
        StackEvent::from_json(&json.to_string(), None)
    }

    fn finds(text: &str, event: &StackEvent) -> bool {
        is_in_event(&Pattern::new(text, false).unwrap(), event)
    }

    #[test]
    fn every_field_is_searched() {
        let event = event();
        let fields = [
            "instancerole",
            "role-1",
            "IAM::",
            "create_f",
            "(not)",
            "e-77",
            "21:39:24",
            "arn:stack",
            "token-9",
            "owner",
            "Ada",
            "PinVersion",
            "35",
        ];
        for text in fields {
            assert!(finds(text, &event), "{text}");
        }
        assert!(!finds("absent", &event));
    }

    #[test]
    fn fields_that_are_cut_or_not_shown_are_searched_too() {
        let long = "x".repeat(2 * crate::domain::properties::MAX_SHOWN);
        let json = json!({
            "eventId": "e", "stackName": "my-image", "resourceStatusReason": format!("{long} the end"),
            "resourceProperties": format!("{long} no tree"), "hookType": {"Guard": ["AWS::Made::Up"]},
            "clientRequestToken": "token-9", "wordless": null,
        });
        let event = StackEvent::from_json(&json.to_string(), None);
        for text in [
            "my-image",
            "x the end",
            "x no tree",
            "guard",
            "made::up",
            "token-9",
        ] {
            assert!(finds(text, &event), "{text}");
        }
        assert!(!finds("wordless", &event));
        let unreadable = StackEvent::from_json("[\"no\", \"event\"]", None);
        assert!(finds("\"event\"", &unreadable));
    }

    #[test]
    fn a_predicate_holds_where_each_part_of_it_does() {
        let event = event();
        let with = |text: &str| Pattern::new(text, false).unwrap();
        let mut predicate = Predicate::default();
        assert!(predicate.is_open() && predicate.selects(&event) && predicate.weight() == 1);
        predicate.patterns = vec![with("ada"), with("PinVersion")];
        assert!(!predicate.is_open() && predicate.selects(&event));
        assert_eq!(predicate.weight(), 2, "each pattern reads the event");
        predicate.patterns.push(with("absent"));
        assert!(!predicate.selects(&event));
        predicate.patterns.clear();
        predicate.types = Names::only(&SafeText::new("AWS::SNS::Topic"));
        assert!(!predicate.selects(&event));
    }
}
