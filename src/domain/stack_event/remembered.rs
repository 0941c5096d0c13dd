//! Values that are made from text and repeat from event to event: each is made and stored once. The reader of events has
//! one for each kind.

use std::collections::HashMap;

use foldhash::fast::RandomState;

/// The number of values that are remembered: more than a build has resources, types and statuses.
const MOST: usize = 4096;

/// Longer texts are too rare to be remembered, and not to be stored twice.
const LONGEST: usize = 512;

/// Values by the text that they are made from.
#[derive(Debug)]
pub(super) struct Remembered<V>(HashMap<Box<str>, V, RandomState>);

impl<V> Default for Remembered<V> {
    fn default() -> Self {
        Self(HashMap::default())
    }
}

impl<V: Clone> Remembered<V> {
    /// The value of a text, which `make` makes if it is not remembered.
    pub(super) fn get(&mut self, text: &str, make: impl FnOnce(&str) -> V) -> V {
        if text.len() > LONGEST {
            return make(text);
        }
        if let Some(known) = self.0.get(text) {
            return known.clone();
        }
        if self.0.len() >= MOST {
            self.0.clear();
        }
        let new = make(text);
        self.0.insert(text.into(), new.clone());
        new
    }
}
