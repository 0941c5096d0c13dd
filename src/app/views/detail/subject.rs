//! The subject of the detail pane: one event, or one resource of a stack.
//! `detail` makes its lines.

use std::sync::Arc;

use crate::domain::properties::Properties;
use crate::domain::stack_event::StackEvent;
use crate::domain::timeline::Timeline;
use crate::text::safe::SafeText;

/// This number of a resource's newest events is searched for properties: usually each of them has some.
const NEWEST: usize = 8;

#[derive(Clone, Copy, Debug)]
pub enum DetailSubject<'a> {
    Event(&'a Timeline, &'a Arc<StackEvent>),
    /// A resource of a stack, or the stack itself.
    Resource(&'a Timeline, &'a SafeText),
}

impl<'a> DetailSubject<'a> {
    /// The event of the subject; of a resource its newest one.
    pub fn event(self) -> Option<&'a Arc<StackEvent>> {
        match self {
            Self::Event(_, event) => Some(event),
            Self::Resource(timeline, id) => timeline.events_of(id).next_back(),
        }
    }

    /// The event whose properties are shown: of a resource the newest one that has any.
    pub fn event_with_properties(self) -> Option<&'a Arc<StackEvent>> {
        match self {
            Self::Event(_, event) => Some(event),
            Self::Resource(timeline, id) => {
                let mut newest = timeline.events_of(id).rev().take(NEWEST);
                newest.find(|event| event.properties() != Properties::Absent)
            }
        }
    }
}
