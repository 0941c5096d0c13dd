//! A choice of names, for filters by resource and type: all but some, or only some. Names that appear later are included in
//! the first and not in the second, as a user expects who removes one entry from a list, or picks one.

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
    pub fn is_all(&self) -> bool {
        *self == Self::default()
    }

    pub fn only(name: &SafeText) -> Self {
        Self::Only(BTreeSet::from([name.clone()]))
    }

    pub fn contains(&self, name: &SafeText) -> bool {
        match self {
            Self::AllBut(names) => !names.contains(name),
            Self::Only(names) => names.contains(name),
        }
    }

    /// Adds the name to the choice, or removes it.
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
    fn later_names_are_included_after_a_removal_and_not_after_a_pick() {
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
