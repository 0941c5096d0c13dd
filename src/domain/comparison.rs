//! Two builds side by side: what was different, and how long each resource and each step took. "It worked yesterday, what
//! changed?"
//!
//! Every value that holds the stack's or the image's own name differs by nature: values are compared without those names,
//! and shown with them.

use std::cmp::Reverse;

use chrono::TimeDelta;
use serde_json::Value;

use crate::domain::build::Build;
use crate::domain::diff::changes;
use crate::domain::facts::IMAGE_RESOURCE;
use crate::domain::outcome::Outcome;
use crate::domain::properties::Properties;
use crate::domain::span::spans;
use crate::domain::stack_event::StackEvent;
use crate::domain::timeline::Timeline;
use crate::text::duration::duration;
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
    /// How much longer the second one took.
    pub longer: Option<TimeDelta>,
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
        }
    }
}

/// The name of the row of a build's own duration.
const WHOLE: &str = "the whole build";
/// The resource that names the parent image, and the components, and the type of a component.
const RECIPE: &str = "ImageRecipe";
const PARENT_IMAGE: &str = "ParentImage";
const VERSION: &str = "Version";
const COMPONENT: &str = "AWS::ImageBuilder::Component";

/// The differences between two builds: facts and properties first, then what each resource and step took, the largest
/// difference first.
pub(crate) fn compare(before: &Side<'_>, after: &Side<'_>) -> Vec<Difference> {
    let mut all = facts(before, after);
    all.extend(properties(before, after));
    all.extend(durations(before, after));
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

    /// How long the creation of a resource took, to its end or, while it runs, to the last event of the build.
    fn took(&self, resource: &SafeText) -> Option<TimeDelta> {
        let timeline = self.timeline()?;
        let newest = timeline.newest().and_then(|event| event.timestamp);
        let spans = spans(timeline.events_of(resource));
        let created = spans.into_iter().find(|span| span.operation == "CREATE")?;
        created.length(newest)
    }

    /// The whole build, to its end or to its last event.
    fn elapsed(&self) -> Option<TimeDelta> {
        let newest = self.timeline()?.newest()?.timestamp?;
        self.build.elapsed(newest)
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

/// What a row took in each of the two, and what it weighs: a row of one side weighs all that it took.
fn time(
    kind: DifferenceKind,
    name: SafeText,
    old: Option<TimeDelta>,
    new: Option<TimeDelta>,
) -> Option<(TimeDelta, Difference)> {
    let words = |took: Option<TimeDelta>| took.map(|took| SafeText::new(&duration(took)));
    let longer = old.zip(new).map(|(old, new)| new - old);
    let weight = longer.or(old).or(new)?.abs();
    let difference = Difference {
        kind,
        name,
        before: words(old),
        after: words(new),
        longer,
    };
    Some((weight, difference))
}

fn durations(before: &Side<'_>, after: &Side<'_>) -> Vec<Difference> {
    let resources = resources(before, after).into_iter();
    let resources = resources.filter_map(|resource| {
        let (old, new) = (before.took(&resource), after.took(&resource));
        time(DifferenceKind::Duration, resource, old, new)
    });
    let mut all: Vec<_> = resources.chain(steps(before, after)).collect();
    all.sort_by_key(|(weight, _)| Reverse(*weight));
    let whole = (before.elapsed(), after.elapsed());
    let whole = time(
        DifferenceKind::Duration,
        SafeText::new(WHOLE),
        whole.0,
        whole.1,
    );
    let all = whole.into_iter().chain(all);
    all.map(|(_, difference)| difference).collect()
}

fn steps(before: &Side<'_>, after: &Side<'_>) -> Vec<(TimeDelta, Difference)> {
    let mut rows: Vec<(String, [Option<TimeDelta>; 2])> = Vec::new();
    for (place, side) in [after, before].into_iter().enumerate() {
        for step in side.build.steps().times() {
            let name = format!("{}: {}", step.workflow, step.step);
            let known = rows.iter_mut().find(|(known, _)| *known == name);
            match known {
                // A step that ran again took the time of both.
                Some((_, took)) => took[place] = Some(took[place].unwrap_or_default() + step.took),
                None => {
                    let mut took = [None; 2];
                    took[place] = Some(step.took);
                    rows.push((name, took));
                }
            }
        }
    }
    let rows = rows.into_iter().filter_map(|(name, [new, old])| {
        time(DifferenceKind::Step, SafeText::new(&name), old, new)
    });
    rows.collect()
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
