//! Two builds side by side: what was different, and how long each resource and each step took. "It worked yesterday, what
//! changed?"
//!
//! Every value that holds the stack's or the image's own name differs by nature: values are compared without those names,
//! and shown with them.

mod times;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use crate::domain::build::Build;
pub(crate) use crate::domain::comparison::times::{Ending, NONE};
use crate::domain::diff::changes;
use crate::domain::facts::IMAGE_RESOURCE;
use crate::domain::outcome::Outcome;
use crate::domain::properties::Properties;
use crate::domain::stack_event::StackEvent;
use crate::domain::timeline::Timeline;
use crate::text::safe::SafeText;

/// What a difference is about, in the order in which differences are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DifferenceKind {
    /// Of the build as a whole: its outcome, region, version.
    Build,
    /// Of a resource's properties.
    Property,
    /// How long the creation of a resource took, or the whole build.
    Duration,
    /// How long a step of Image Builder took.
    Step,
}

impl DifferenceKind {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Build => "build",
            Self::Property => "property",
            Self::Duration => "duration",
            Self::Step => "step",
        }
    }

    /// Whether it is about a time that something took.
    pub(crate) const fn is_time(self) -> bool {
        matches!(self, Self::Duration | Self::Step)
    }
}

/// One difference. A value that is absent on one side is unknown there, or was added or removed.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    pub kind: DifferenceKind,
    /// Such as `ImageRecipe.ParentImage`.
    pub name: SafeText,
    pub before: Option<SafeText>,
    pub after: Option<SafeText>,
    /// How much longer the second one took, at least so much where one still runs; none where that is not known yet.
    pub longer: Option<TimeDelta>,
    /// How each of the two ended that took a time.
    pub endings: [Ending; 2],
}

impl Difference {
    fn value(
        kind: DifferenceKind,
        name: &str,
        before: Option<SafeText>,
        after: Option<SafeText>,
    ) -> Self {
        Self {
            kind,
            name: SafeText::new(name),
            before,
            after,
            longer: None,
            endings: [Ending::Success; 2],
        }
    }
}

/// The resource that names the parent image, and the components, and the type of a component.
const RECIPE: &str = "ImageRecipe";
const PARENT_IMAGE: &str = "ParentImage";
const VERSION: &str = "Version";
const COMPONENT: &str = "AWS::ImageBuilder::Component";

/// The differences between two builds: facts and properties first, then what each resource and step took, failed ones
/// and the largest difference first.
pub(crate) fn compare(before: &Side<'_>, after: &Side<'_>) -> Vec<Difference> {
    let mut all = facts(before, after);
    all.extend(properties(before, after));
    all.extend(times::durations(before, after));
    all
}

/// A build of the two, and its image's id.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Side<'a> {
    pub build: &'a Build,
    pub image_id: &'a str,
    /// Up to when the build is known: the time of what is read from the service, or the last observation of a recording.
    pub now: DateTime<Utc>,
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

    /// The newest event of a resource that has its properties.
    fn event(&self, resource: &str) -> Option<&StackEvent> {
        let timeline = self.timeline()?;
        let resource = SafeText::new(resource);
        let mut events = timeline.events_of(&resource).rev();
        let has_tree =
            |event: &&std::sync::Arc<StackEvent>| matches!(event.properties(), Properties::Tree(_));
        events.find(has_tree).map(|event| &**event)
    }

    fn properties(&self, resource: &str) -> Option<Value> {
        match self.event(resource)?.properties() {
            Properties::Tree(tree) => Some(tree),
            _ => None,
        }
    }

    /// What the names of this build's own are in its values: the parts of the stack's ARN, and the image's id.
    fn names(&self) -> Vec<(String, &'static str)> {
        let stack = self.build.stack_id().map_or("", |stack| stack.as_str());
        let mut names = Vec::new();
        if let Some((_, uuid)) = stack.rsplit_once('/') {
            names.push((uuid.to_owned(), "STACK"));
        }
        names.push((self.image_id.to_owned(), "IMAGE"));
        names.push((self.image_id.to_lowercase(), "IMAGE"));
        // arn:PARTITION:SERVICE:REGION:ACCOUNT:…
        let parts: Vec<_> = stack.split(':').collect();
        for (place, name) in [(3, "REGION"), (4, "ACCOUNT")] {
            names.extend(parts.get(place).map(|part| ((*part).to_owned(), name)));
        }
        names.retain(|(name, _)| !name.is_empty());
        names
    }

    fn of_recipe(&self, property: &str) -> Option<SafeText> {
        let properties = self.properties(RECIPE)?;
        Some(SafeText::new(properties.get(property)?.as_str()?))
    }

    fn parent_image(&self) -> Option<SafeText> {
        self.of_recipe(PARENT_IMAGE)
    }

    /// The version that builds the image, which is the recipe's, too: a description may come late, or never.
    fn version(&self) -> Option<SafeText> {
        let version = self.build.version().cloned();
        version.or_else(|| self.of_recipe(VERSION))
    }

    /// Whether the image was begun: every other resource that it needs is known then.
    fn has_image(&self) -> bool {
        let image = SafeText::new(IMAGE_RESOURCE);
        let timeline = self.timeline();
        timeline.is_some_and(|timeline| timeline.events_of(&image).next().is_some())
    }
}

/// A value without the names of its build.
fn without(value: &Value, names: &[(String, &'static str)]) -> Value {
    match value {
        Value::String(text) => {
            let text = names
                .iter()
                .fold(text.clone(), |text, (name, placeholder)| {
                    text.replace(name.as_str(), placeholder)
                });
            Value::String(text)
        }
        Value::Array(items) => items.iter().map(|item| without(item, names)).collect(),
        Value::Object(fields) => {
            let field = |(name, value): (&String, &Value)| (name.clone(), without(value, names));
            Value::Object(fields.iter().map(field).collect())
        }
        other => other.clone(),
    }
}

fn facts(before: &Side<'_>, after: &Side<'_>) -> Vec<Difference> {
    type Fact = fn(&Side<'_>) -> Option<SafeText>;
    let facts: [(&str, Fact); 6] = [
        ("outcome", |side| {
            Some(SafeText::new(side.build.verdict().outcome().as_str()))
        }),
        ("region", |side| side.build.region()),
        ("version", |side| side.version()),
        ("parent image", |side| side.parent_image()),
        ("first failure", |side| {
            Some(side.build.first_failure()?.logical_id.clone())
        }),
        ("cause", |side| {
            Outcome::of(side.build, side.image_id).summary
        }),
    ];
    let differences = facts.into_iter().filter_map(|(name, fact)| {
        let (before, after) = (fact(before), fact(after));
        (before != after).then(|| Difference::value(DifferenceKind::Build, name, before, after))
    });
    differences.collect()
}

fn properties(before: &Side<'_>, after: &Side<'_>) -> Vec<Difference> {
    let names = [before.names(), after.names()];
    let mut all = Vec::new();
    for resource in resources(before, after) {
        let name = resource.as_str();
        if let Some(only) = of_one_side(before, after, name) {
            all.push(only);
            continue;
        }
        let (old, new) = (before.properties(name), after.properties(name));
        let (Some(old), Some(new)) = (old, new) else {
            continue;
        };
        for change in changes(&old, &new) {
            let same = |value: &Option<Value>, names: &[(String, &'static str)]| {
                value.as_ref().map(|value| without(value, names))
            };
            if same(&change.before, &names[0]) == same(&change.after, &names[1]) {
                continue;
            }
            // These are facts of the build.
            if name == RECIPE && [PARENT_IMAGE, VERSION].contains(&change.path.as_str()) {
                continue;
            }
            let value = |value: Option<Value>| {
                let text = match value? {
                    Value::String(text) => text,
                    other => other.to_string(),
                };
                Some(SafeText::new(&text))
            };
            let path = format!("{name}.{}", change.path);
            let values = (value(change.before), value(change.after));
            all.push(Difference::value(
                DifferenceKind::Property,
                &path,
                values.0,
                values.1,
            ));
        }
    }
    // What an image is made from, and of, is looked for first.
    all.sort_by_key(|one: &Difference| !is_of_recipe(one, after) && !is_of_recipe(one, before));
    all
}

fn is_of_recipe(one: &Difference, side: &Side<'_>) -> bool {
    let resource = one.name.as_str().split('.').next().unwrap_or_default();
    let kind = side.event(resource).map(|event| &event.resource_type);
    resource == RECIPE || kind.is_some_and(|kind| kind.as_str() == COMPONENT)
}

/// A resource that one of two builds has, if the other one would have begun it, too.
fn of_one_side(before: &Side<'_>, after: &Side<'_>, name: &str) -> Option<Difference> {
    let sides = [before, after].map(|side| side.event(name));
    let lacks = match sides {
        [Some(_), None] => after,
        [None, Some(_)] => before,
        _ => return None,
    };
    let is_known = |side: &&Side<'_>| side.resources().iter().any(|known| known.as_str() == name);
    if !lacks.has_image() || is_known(&lacks) {
        return None;
    }
    let [before, after] = sides.map(|event| event.map(|event| event.resource_type.clone()));
    Some(Difference::value(
        DifferenceKind::Property,
        name,
        before,
        after,
    ))
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
