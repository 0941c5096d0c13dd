//! The newest page, as it was identified last: between two polls it is nearly always the same one, and to identify its
//! events means to make the fingerprint of each.

use std::sync::Arc;

use crate::domain::stack_event::StackEvent;

#[derive(Debug, Default)]
pub(super) struct Newest {
    /// That of the committed events when it was identified: others give other ids.
    revision: u64,
    sent: Vec<Arc<StackEvent>>,
    identified: Vec<Arc<StackEvent>>,
}

impl Newest {
    /// Identifies the events of a page that begins a walk, or takes the last ones if nothing has changed since.
    pub(super) fn identified(
        &mut self,
        revision: u64,
        sent: Vec<Arc<StackEvent>>,
        identify: impl FnOnce(&[Arc<StackEvent>]) -> Vec<Arc<StackEvent>>,
    ) -> Vec<Arc<StackEvent>> {
        let is_same = self.revision == revision
            && self.sent.len() == sent.len()
            && self.sent.iter().zip(&sent).all(|(a, b)| Arc::ptr_eq(a, b));
        if !is_same {
            *self = Self {
                revision,
                identified: identify(&sent),
                sent,
            };
        }
        self.identified.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_events_are_identified_once_until_others_are_committed() {
        let event = |id: &str| {
            let json = format!(r#"{{"stackId":"s","eventId":"{id}"}}"#);
            Arc::new(StackEvent::from_json(&json, None))
        };
        let (a, b) = (event("a"), event("b"));
        let page = [Arc::clone(&a), Arc::clone(&b)];
        let mut newest = Newest::default();
        let mut times = 0;
        let mut read = |revision, page: &[Arc<StackEvent>]| {
            let before = times;
            let events = newest.identified(revision, page.to_vec(), |events| {
                times += 1;
                events.to_vec()
            });
            assert!(events.iter().zip(page).all(|(a, b)| Arc::ptr_eq(a, b)));
            assert_eq!(events.len(), page.len());
            times > before
        };
        assert!(!read(0, &[]), "nothing to identify");
        assert!(read(0, &page));
        assert!(!read(0, &page), "identified twice");
        assert!(read(1, &page), "others are committed");
        assert!(read(1, &page[..1]));
        assert!(read(1, &[Arc::clone(&b), Arc::clone(&a)]));
        assert!(read(1, &[Arc::clone(&b), event("a")]), "another event");
    }
}
