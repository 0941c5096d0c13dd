//! What the list is narrowed to: statuses, resources, types and text, all at once; and the search in it.
//!
//! The answers are kept by the build's lenses, event by event; here is only what was asked.

use std::collections::BTreeSet;

use crate::domain::lens::{Question, Sieve, Slot};
use crate::domain::pattern::Pattern;
use crate::domain::status::{ClassSet, StatusClass};
use crate::domain::text::Clean;

/// What is listed. Sets that are empty, and a text that is absent, leave nothing out.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    /// The statuses, by class.
    pub classes: ClassSet,
    /// The types.
    pub types: BTreeSet<Clean>,
    /// The resources.
    pub resources: BTreeSet<Clean>,
    /// What must be in some field.
    pub text: Option<Pattern>,
}

impl Default for Filter {
    fn default() -> Self {
        Self {
            classes: ClassSet::ALL,
            types: BTreeSet::new(),
            resources: BTreeSet::new(),
            text: None,
        }
    }
}

/// One thing that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// A class of statuses.
    Class(StatusClass),
    /// A type.
    Type(Clean),
    /// A resource.
    Resource(Clean),
}

impl Filter {
    /// Whether every event is listed.
    #[must_use]
    pub fn is_open(&self) -> bool {
        *self == Self::default()
    }

    /// The part of it that the lens answers.
    #[must_use]
    pub fn question(&self) -> Question {
        Question {
            resources: self.resources.clone(),
            types: self.types.clone(),
            patterns: self.text.iter().cloned().collect(),
        }
    }

    /// What a list that is narrowed so shows.
    #[must_use]
    pub fn sieve(&self) -> Sieve {
        self.sieve_of(self.classes)
    }

    /// The same for other statuses.
    #[must_use]
    pub fn sieve_of(&self, classes: ClassSet) -> Sieve {
        let open = self.types.is_empty() && self.resources.is_empty() && self.text.is_none();
        let slot = (!open).then_some(Slot::Listed);
        Sieve { classes, slot }
    }

    /// Whether the thing is listed as far as things of its kind go.
    #[must_use]
    pub fn lists(&self, choice: &Choice) -> bool {
        match choice {
            Choice::Class(class) => self.classes.contains(*class),
            Choice::Type(kind) => self.types.is_empty() || self.types.contains(kind),
            Choice::Resource(resource) => {
                self.resources.is_empty() || self.resources.contains(resource)
            }
        }
    }

    /// Lists it or no longer lists it, beside others of its kind. The first of the types or resources that is
    /// chosen is listed alone.
    pub fn toggle(&mut self, choice: &Choice) {
        let toggle = |set: &mut BTreeSet<Clean>, name: &Clean| {
            if !set.remove(name) {
                set.insert(name.clone());
            }
        };
        match choice {
            Choice::Class(class) => self.classes = self.classes.toggled(*class),
            Choice::Type(kind) => toggle(&mut self.types, kind),
            Choice::Resource(resource) => toggle(&mut self.resources, resource),
        }
    }

    /// Lists no other thing of its kind.
    pub fn only(&mut self, choice: &Choice) {
        match choice {
            Choice::Class(class) => self.classes = ClassSet::only(*class),
            Choice::Type(kind) => self.types = BTreeSet::from([kind.clone()]),
            Choice::Resource(resource) => self.resources = BTreeSet::from([resource.clone()]),
        }
    }

    /// Lists every thing of its kind again.
    pub fn every(&mut self, choice: &Choice) {
        match choice {
            Choice::Class(_) => self.classes = ClassSet::ALL,
            Choice::Type(_) => self.types.clear(),
            Choice::Resource(_) => self.resources.clear(),
        }
    }

    /// What is asked for beside statuses, in a few words.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        let one = |name: &Clean| name.as_str().trim_start_matches("AWS::").to_owned();
        let many = |set: &BTreeSet<Clean>, noun: &str| match set.len() {
            0 => None,
            1 => set.first().map(one),
            count => Some(format!("{count} {noun}")),
        };
        let text = self.text.as_ref().map(quoted);
        [
            many(&self.types, "types"),
            many(&self.resources, "resources"),
            text,
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// A pattern as people write it: `"text"` or `/expression/`.
#[must_use]
pub fn quoted(pattern: &Pattern) -> String {
    let text = Clean::new(pattern.text());
    if pattern.is_regex() {
        format!("/{text}/")
    } else {
        format!("\"{text}\"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_chosen_leaves_nothing_out() {
        let mut filter = Filter::default();
        let (role, topic) = (
            Choice::Resource(Clean::new("Role")),
            Choice::Resource(Clean::new("Topic")),
        );
        assert!(filter.is_open() && filter.lists(&role));
        filter.toggle(&role);
        assert!(filter.lists(&role) && !filter.lists(&topic));
        filter.toggle(&topic);
        assert!(filter.lists(&topic));
        assert_eq!(filter.words(), ["2 resources"]);
        filter.only(&topic);
        assert!(!filter.lists(&role));
        filter.toggle(&topic);
        assert!(filter.is_open());
    }
}
