//! Two builds side by side: what was different, and how long each resource took. "It worked yesterday, what changed?"
//!
//! Every value that holds the stack's or the image's own name differs by nature: those names are put aside before values
//! are compared.

use chrono::TimeDelta;
use serde_json::Value;

use crate::domain::build::Build;
use crate::domain::diff::changes;
use crate::domain::properties::Properties;
use crate::domain::span::spans;
use crate::domain::stack_event::StackEvent;
use crate::domain::timeline::Timeline;
use crate::text::safe::SafeText;

/// What a difference is about, in the order in which differences are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum DifferenceKind {
    /// Of the build as a whole: its outcome, region, version.
    Build,
    /// Of a resource's properties.
    Property,
    /// How long the creation of a resource took.
    Duration,
}

impl DifferenceKind {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Build => "build",
            Self::Property => "property",
            Self::Duration => "duration",
        }
    }
}

/// One difference. A value that is absent on one side is unknown there, or was added or removed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Difference {
    pub kind: DifferenceKind,
    /// Such as `ImageRecipe.ParentImage`.
    pub name: SafeText,
    pub before: Option<SafeText>,
    pub after: Option<SafeText>,
    /// How much longer the second one took.
    pub longer: Option<TimeDelta>,
}

/// The differences between two builds: facts and properties first, then every resource's duration, the largest difference
/// first.
pub(crate) fn compare(before: &Side<'_>, after: &Side<'_>) -> Vec<Difference> {
    let mut all = facts(before, after);
    all.extend(properties(before, after));
    let mut durations = durations(before, after);
    durations.sort_by_key(|one| std::cmp::Reverse(one.longer.map(|longer| longer.abs())));
    all.extend(durations);
    all
}

/// A build of the two, and its image's id.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Side<'a> {
    pub build: &'a Build,
    pub image_id: &'a str,
}

impl Side<'_> {
    fn timeline(&self) -> Option<&Timeline> {
        self.build.current()
    }

    /// The resources in the order of their first events.
    fn resources(&self) -> Vec<SafeText> {
        let timeline = self.timeline().into_iter();
        timeline.flat_map(Timeline::resources).cloned().collect()
    }

    fn event(&self, resource: &SafeText) -> Option<&StackEvent> {
        let timeline = self.timeline()?;
        let mut events = timeline.events_of(resource).rev();
        let has_tree =
            |event: &&std::sync::Arc<StackEvent>| matches!(event.properties(), Properties::Tree(_));
        events.find(has_tree).map(|event| &**event)
    }

    /// The properties of a resource, without what is this build's own.
    fn properties(&self, resource: &SafeText) -> Option<Value> {
        let event = self.event(resource)?;
        let Properties::Tree(tree) = event.properties() else {
            return None;
        };
        let stack = event.stack_id.as_str();
        let uuid = stack.rsplit('/').next().unwrap_or(stack);
        Some(self.without_names(tree, uuid))
    }

    fn without_names(&self, value: Value, uuid: &str) -> Value {
        match value {
            Value::String(text) => {
                let lower = self.image_id.to_lowercase();
                let text = text.replace(uuid, "STACK");
                Value::String(
                    text.replace(self.image_id, "IMAGE")
                        .replace(&lower, "IMAGE"),
                )
            }
            Value::Array(items) => {
                let items = items.into_iter().map(|item| self.without_names(item, uuid));
                Value::Array(items.collect())
            }
            Value::Object(fields) => {
                let fields = fields
                    .into_iter()
                    .map(|(name, value)| (name, self.without_names(value, uuid)));
                Value::Object(fields.collect())
            }
            other => other,
        }
    }

    /// How long the creation of a resource took, to its end or, while it runs, to the last event of the build.
    fn took(&self, resource: &SafeText) -> Option<TimeDelta> {
        let timeline = self.timeline()?;
        let newest = timeline.newest().and_then(|event| event.timestamp);
        let spans = spans(timeline.events_of(resource));
        let created = spans.into_iter().find(|span| span.operation == "CREATE")?;
        created.length(newest)
    }
}

fn facts(before: &Side<'_>, after: &Side<'_>) -> Vec<Difference> {
    type Fact = fn(&Side<'_>) -> Option<SafeText>;
    let facts: [(&str, Fact); 4] = [
        ("outcome", |side| {
            Some(SafeText::new(side.build.verdict().outcome().as_str()))
        }),
        ("region", |side| side.build.region()),
        ("version", |side| side.build.image()?.version.clone()),
        ("first failure", |side| {
            Some(side.build.first_failure()?.logical_id.clone())
        }),
    ];
    let differences = facts.into_iter().filter_map(|(name, fact)| {
        let (before, after) = (fact(before), fact(after));
        (before != after).then(|| Difference {
            kind: DifferenceKind::Build,
            name: SafeText::new(name),
            before,
            after,
            longer: None,
        })
    });
    differences.collect()
}

fn properties(before: &Side<'_>, after: &Side<'_>) -> Vec<Difference> {
    let mut all = Vec::new();
    for resource in resources(before, after) {
        let (old, new) = (before.properties(&resource), after.properties(&resource));
        let (Some(old), Some(new)) = (old, new) else {
            continue;
        };
        for change in changes(&old, &new) {
            let value = |value: Option<Value>| {
                let text = match value? {
                    Value::String(text) => text,
                    other => other.to_string(),
                };
                Some(SafeText::new(&text))
            };
            all.push(Difference {
                kind: DifferenceKind::Property,
                name: SafeText::new(&format!("{resource}.{}", change.path)),
                before: value(change.before),
                after: value(change.after),
                longer: None,
            });
        }
    }
    // What an image is made from, and of, is looked for first.
    let is_recipe = |one: &Difference| {
        let name = one.name.as_str();
        !(name.contains("ParentImage") || name.contains("Component"))
    };
    all.sort_by_key(is_recipe);
    all
}

fn durations(before: &Side<'_>, after: &Side<'_>) -> Vec<Difference> {
    let all = resources(before, after).into_iter().filter_map(|resource| {
        let (old, new) = (before.took(&resource), after.took(&resource));
        let words = |took: Option<TimeDelta>| {
            took.map(|took| SafeText::new(&crate::text::duration::duration(took)))
        };
        (old.is_some() || new.is_some()).then(|| Difference {
            kind: DifferenceKind::Duration,
            name: resource,
            before: words(old),
            after: words(new),
            longer: old.zip(new).map(|(old, new)| new - old),
        })
    });
    all.collect()
}

/// The resources of both, in the order of the second one. The stack itself has the image's name.
fn resources(before: &Side<'_>, after: &Side<'_>) -> Vec<SafeText> {
    let mut all = after.resources();
    for resource in before.resources() {
        if !all.contains(&resource) {
            all.push(resource);
        }
    }
    all.retain(|resource| ![before.image_id, after.image_id].contains(&resource.as_str()));
    all
}
