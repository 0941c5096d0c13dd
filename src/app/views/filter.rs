//! The filter of the list of events: by status, resource, type and text, all at once. The user changes it by keys, the
//! menu and clicks.
//! The build's filter indexes have its result, event by event; this is only the condition.

use crate::domain::build::Build;
use crate::domain::names::Names;
use crate::domain::search::{Predicate, Selection};
use crate::domain::status::{ClassSet, StatusClass};
use crate::store::filter_index::FilterSlot;
use crate::text::pattern::Pattern;
use crate::text::safe::SafeText;

/// The condition. Sets that name everything, and an absent text, exclude nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    pub classes: ClassSet,
    pub types: Names,
    pub resources: Names,
    /// The pattern that some field must contain.
    pub text: Option<Pattern>,
}

impl Default for Filter {
    fn default() -> Self {
        Self {
            classes: ClassSet::ALL,
            types: Names::default(),
            resources: Names::default(),
            text: None,
        }
    }
}

/// One choice of the filter menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FilterChoice {
    Class(StatusClass),
    Type(SafeText),
    Resource(SafeText),
}

impl Filter {
    /// Whether every event is listed.
    pub fn is_open(&self) -> bool {
        *self == Self::default()
    }

    /// The part of it that the filter index evaluates.
    pub fn predicate(&self) -> Predicate {
        Predicate {
            resources: self.resources.clone(),
            types: self.types.clone(),
            patterns: self.text.iter().cloned().collect(),
        }
    }

    /// The selection of the listed events.
    pub fn selection(&self) -> Selection {
        self.selection_of(self.classes)
    }

    /// The same with other statuses.
    pub fn selection_of(&self, classes: ClassSet) -> Selection {
        let open = self.types.is_all() && self.resources.is_all() && self.text.is_none();
        let slot = (!open).then_some(FilterSlot::Listed);
        Selection { classes, slot }
    }

    /// Whether events of this choice are listed, as far as the same kind of choices decides.
    pub fn includes(&self, choice: &FilterChoice) -> bool {
        match choice {
            FilterChoice::Class(class) => self.classes.contains(*class),
            FilterChoice::Type(kind) => self.types.contains(kind),
            FilterChoice::Resource(resource) => self.resources.contains(resource),
        }
    }

    /// Adds the choice to the listed ones of its kind, or removes it.
    pub fn toggle(&mut self, choice: &FilterChoice) {
        match choice {
            FilterChoice::Class(class) => self.classes = self.classes.toggled(*class),
            FilterChoice::Type(kind) => self.types.toggle(kind),
            FilterChoice::Resource(resource) => self.resources.toggle(resource),
        }
    }

    /// Lists this choice only, among those of its kind.
    pub fn only(&mut self, choice: &FilterChoice) {
        match choice {
            FilterChoice::Class(class) => self.classes = ClassSet::only(*class),
            FilterChoice::Type(kind) => self.types = Names::only(kind),
            FilterChoice::Resource(resource) => self.resources = Names::only(resource),
        }
    }

    /// Lists every choice of its kind again.
    pub fn all_of_kind(&mut self, choice: &FilterChoice) {
        match choice {
            FilterChoice::Class(_) => self.classes = ClassSet::ALL,
            FilterChoice::Type(_) => self.types = Names::default(),
            FilterChoice::Resource(_) => self.resources = Names::default(),
        }
    }

    /// The conditions beside statuses, each in a few words.
    pub fn descriptions(&self) -> Vec<String> {
        let one = |name: &SafeText| name.as_str().trim_start_matches("AWS::").to_owned();
        let listed = |names: &Names, noun: &str| {
            let (but, names) = match names {
                Names::AllBut(names) if names.is_empty() => return None,
                Names::AllBut(names) => ("all but ", names),
                Names::Only(names) => ("", names),
            };
            let alone = names.first().filter(|_| names.len() == 1).map(one);
            Some(format!(
                "{but}{}",
                alone.unwrap_or_else(|| format!("{} {noun}", names.len()))
            ))
        };
        let text = self.text.as_ref().map(quoted);
        [
            listed(&self.types, "types"),
            listed(&self.resources, "resources"),
            text,
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// A pattern as it is usually written: `"text"` or `/expression/`.
pub(crate) fn quoted(pattern: &Pattern) -> String {
    let text = SafeText::new(pattern.text());
    if pattern.is_regex() {
        format!("/{text}/")
    } else {
        format!("\"{text}\"")
    }
}

/// The number of selected events, of every stack that had the image's name.
pub(crate) fn count(build: &Build, selection: Selection) -> usize {
    let timelines = build.timelines().iter();
    timelines.map(|timeline| timeline.count(selection)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_described_in_a_few_words() {
        let mut filter = Filter::default();
        let (role, topic) = (
            FilterChoice::Resource(SafeText::new("Role")),
            FilterChoice::Resource(SafeText::new("Topic")),
        );
        assert!(filter.is_open() && filter.includes(&role) && filter.descriptions().is_empty());
        filter.toggle(&role);
        assert!(!filter.includes(&role) && filter.includes(&topic));
        assert_eq!(filter.descriptions(), ["all but Role"]);
        filter.toggle(&topic);
        assert_eq!(filter.descriptions(), ["all but 2 resources"]);
        filter.only(&topic);
        assert!(!filter.includes(&role));
        assert_eq!(filter.descriptions(), ["Topic"]);
        filter.all_of_kind(&topic);
        assert!(filter.is_open());
    }
}
