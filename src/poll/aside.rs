//! The events of other stacks among those of a walk's own stack: kept apart, so that they neither end the walk nor are lost.
//! [`crate::poll::walk`] reads each page into it.
//!
//! Tests: `tests/it/poll/walk.rs`.

use std::sync::Arc;

use crate::domain::observation::{LateEvent, OtherEvents};
use crate::domain::stack_event::{EventId, Fingerprint, StackEvent, StackId};
use crate::poll::known::{Ids, Known, Walked};

/// The events of other stacks that one walk has met.
#[derive(Debug, Default)]
pub(super) struct Aside {
    /// In the order of their newest events.
    stacks: Vec<OtherStack>,
}

#[derive(Debug)]
struct OtherStack {
    met: Ids,
    has_root: bool,
    last: Option<EventId>,
    /// It has met a committed event.
    overlaps: bool,
    new: OtherEvents,
}

impl Aside {
    /// Reads the events of a page that are not of the walk's stack. Returns whether it had not met one of them.
    pub(super) fn read(
        &mut self,
        events: &[Arc<StackEvent>],
        stack: Option<&StackId>,
        known: &Known,
    ) -> bool {
        let others = events.iter().filter(|event| Some(&event.stack_id) != stack);
        let mut is_further = false;
        for event in others {
            is_further |= self.stack(&event.stack_id).read(event, known);
        }
        is_further
    }

    fn stack(&mut self, id: &StackId) -> &mut OtherStack {
        let known = self
            .stacks
            .iter()
            .position(|stack| stack.new.stack_id == *id);
        let index = known.unwrap_or_else(|| {
            self.stacks.push(OtherStack::new(id.clone()));
            self.stacks.len() - 1
        });
        &mut self.stacks[index]
    }

    pub(super) fn fingerprint(&self, event: &StackEvent, id: &EventId) -> Option<Fingerprint> {
        let met = self.met(&event.stack_id)?;
        met.get(id).copied()
    }

    /// Whether it has met an event of the stack.
    pub(super) fn has_met(&self, stack: &StackId) -> bool {
        self.met(stack).is_some()
    }

    /// Whether it has met this event.
    pub(super) fn has_event(&self, event: &StackEvent) -> bool {
        let met = self.met(&event.stack_id);
        met.is_some_and(|met| met.contains_key(&event.event_id))
    }

    fn met(&self, stack: &StackId) -> Option<&Ids> {
        let stack = self.stacks.iter().find(|one| one.new.stack_id == *stack);
        stack.map(|stack| &stack.met)
    }

    /// Whether a committed event is missing among those that the walk has met.
    pub(super) fn has_new(&self) -> bool {
        let is_new = |stack: &OtherStack| !stack.new.fresh.is_empty() || !stack.new.late.is_empty();
        self.stacks.iter().any(is_new)
    }

    /// The stack that most of the events belong to. One whose own creation is among them precedes the others.
    pub(super) fn main(&self) -> Option<(&StackId, (bool, usize))> {
        let ranked = self.stacks.iter().rev();
        let ranked = ranked.map(|stack| (&stack.new.stack_id, (stack.has_root, stack.met.len())));
        ranked.max_by_key(|(_, rank)| *rank)
    }

    /// The same, once it is clear: its creation is among the events, or more than one of them and most are its own.
    pub(super) fn clear_main(&self) -> Option<&StackId> {
        let (stack, (has_root, count)) = self.main()?;
        let others = self
            .stacks
            .iter()
            .filter(|other| other.new.stack_id != *stack);
        let most = others.map(|other| other.met.len()).max().unwrap_or(0);
        (has_root || (count > 1 && count > most)).then_some(stack)
    }

    /// Commits the events of each stack. Returns the new ones.
    pub(super) fn commit(
        self,
        known: &mut Known,
        is_whole: bool,
        to_the_end: bool,
    ) -> Vec<OtherEvents> {
        let mut all = Vec::new();
        for mut stack in self.stacks {
            let Some(last) = &stack.last else {
                continue;
            };
            let walked = Walked {
                met: stack.met,
                last,
                is_joined: stack.overlaps || is_whole,
                to_the_end,
            };
            stack.new.gaps = known.commit(&stack.new.stack_id, walked);
            let new = stack.new;
            if !new.fresh.is_empty() || !new.late.is_empty() || new.gaps.is_some() {
                all.push(new);
            }
        }
        all
    }
}

impl OtherStack {
    fn new(stack_id: StackId) -> Self {
        Self {
            met: Ids::default(),
            has_root: false,
            last: None,
            overlaps: false,
            new: OtherEvents {
                stack_id,
                fresh: Vec::new(),
                late: Vec::new(),
                gaps: None,
            },
        }
    }

    fn read(&mut self, event: &Arc<StackEvent>, known: &Known) -> bool {
        let id = event.event_id.clone();
        if self.met.insert(id.clone(), event.fingerprint()).is_some() {
            return false;
        }
        self.has_root |= event.is_root;
        let newer = self.last.replace(id);
        if known.contains(event) {
            self.overlaps = true;
        } else if let (true, Some(before)) = (self.overlaps, newer) {
            let event = Arc::clone(event);
            self.new.late.push(LateEvent { event, before });
        } else {
            self.new.fresh.push(Arc::clone(event));
        }
        true
    }
}
