//! A choice of names: all but some, or only some. What is not known yet is chosen by the first and not by the
//! second, as a person means it who takes one thing out of a list, or picks one.

use std::collections::BTreeSet;

use crate::text::safe::SafeText;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Names {
    /// Every name but these.
    AllBut(BTreeSet<SafeText>),
    /// These names only.
    Only(BTreeSet<SafeText>),
}

impl Default for Names {
    fn default() -> Self {
        Self::AllBut(BTreeSet::new())
    }
}

impl Names {
    /// Whether every name is chosen.
    pub fn is_all(&self) -> bool {
        *self == Self::default()
    }

    /// One name and no other.
    pub fn only(name: &SafeText) -> Self {
        Self::Only(BTreeSet::from([name.clone()]))
    }

    /// Whether the name is chosen.
    pub fn contains(&self, name: &SafeText) -> bool {
        match self {
            Self::AllBut(names) => !names.contains(name),
            Self::Only(names) => names.contains(name),
        }
    }

    /// Chooses the name, or no longer.
    pub fn toggle(&mut self, name: &SafeText) {
        let (Self::AllBut(names) | Self::Only(names)) = self;
        if !names.remove(name) {
            names.insert(name.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_out_is_out_and_what_comes_later_is_in() {
        let (role, topic) = (SafeText::new("Role"), SafeText::new("Topic"));
        let mut names = Names::default();
        names.toggle(&role);
        assert!(!names.contains(&role) && names.contains(&topic));
        names.toggle(&role);
        assert!(names.is_all());
        let mut names = Names::only(&role);
        assert!(names.contains(&role) && !names.contains(&topic));
        names.toggle(&topic);
        assert!(names.contains(&topic));
    }
}
