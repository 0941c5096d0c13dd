//! The observations of a recording in little memory. Nearly all of them are pages of one event, so that one is stored as
//! its event, and becomes a page again whenever somebody reads it.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::observation::{Observation, OtherEvents, Seen, Stream, WalkStep};
use crate::domain::stack_event::StackEvent;

/// The observations of a recording, in order.
#[derive(Clone, Debug, Default)]
pub struct ObservationList {
    all: Vec<Stored>,
    /// When the first observation came.
    began: Option<DateTime<Utc>>,
}

#[derive(Clone, Debug)]
enum Stored {
    /// A whole walk of one page, which has one event of the walk's stack.
    Event {
        at: DateTime<Utc>,
        /// The milliseconds until the next observation of the stream. More than fit, seven weeks, count as so many.
        wait: u32,
        event: Arc<StackEvent>,
    },
    Other(Box<Observation>),
}

impl ObservationList {
    /// Adds an observation. Its other times depend on the observations that come after it; [`Self::set_times`] sets those.
    pub(crate) fn push(&mut self, at: DateTime<Utc>, stream: Stream, seen: Seen) {
        let stored = match seen {
            Seen::Page(page) if stream == Stream::Events && is_lone(&page) => {
                let event = page.fresh.into_iter().next();
                event.map(|event| Stored::Event { at, wait: 0, event })
            }
            seen => Some(Stored::Other(Box::new(Observation {
                at,
                elapsed: Duration::ZERO,
                stream,
                next_try: at,
                seen,
            }))),
        };
        self.all.extend(stored);
    }

    /// Adds other observations, all of them in the order of their times.
    pub(crate) fn merge(&mut self, others: Vec<Observation>) {
        for one in others {
            self.push(one.at, one.stream, one.seen);
        }
        // Stable: observations of one time stay in their order.
        self.all.sort_by_key(Stored::at);
        self.set_times();
    }

    /// Gives each observation, like the poller's own, the time since the first and the time of the next one of its stream.
    pub(crate) fn set_times(&mut self) {
        self.all.shrink_to_fit();
        self.began = self.all.first().map(Stored::at);
        let mut next = [None; Stream::COUNT];
        for stored in self.all.iter_mut().rev() {
            let at = stored.at();
            let next = &mut next[stored.stream().index()];
            let next_try = next.map_or(at, |next| at.max(next));
            *next = Some(at);
            match stored {
                Stored::Event { wait, .. } => {
                    let until = (next_try - at).num_milliseconds();
                    *wait = u32::try_from(until).unwrap_or(u32::MAX);
                }
                Stored::Other(other) => {
                    (other.next_try, other.elapsed) = (next_try, since(self.began, at));
                }
            }
        }
    }

    /// Drops those from a place on.
    pub(crate) fn truncate(&mut self, len: usize) {
        self.all.truncate(len);
    }

    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    /// When an observation came.
    pub(crate) fn at(&self, index: usize) -> Option<DateTime<Utc>> {
        self.all.get(index).map(Stored::at)
    }

    /// An observation.
    pub(crate) fn get(&self, index: usize) -> Option<Cow<'_, Observation>> {
        Some(match self.all.get(index)? {
            Stored::Event { at, wait, event } => Cow::Owned(Observation {
                at: *at,
                elapsed: since(self.began, *at),
                stream: Stream::Events,
                next_try: *at + TimeDelta::milliseconds((*wait).into()),
                seen: Seen::Page(page_of(event)),
            }),
            Stored::Other(other) => Cow::Borrowed(other),
        })
    }

    /// How much an observation is, by `of`; a page of one event is 1, and is not made for that.
    pub(crate) fn size(&self, index: usize, of: impl Fn(&Observation) -> usize) -> usize {
        self.all.get(index).map_or(0, |one| match one {
            Stored::Event { .. } => 1,
            Stored::Other(other) => of(other),
        })
    }

    pub fn iter(&self) -> Iter<'_> {
        self.part(0..self.len())
    }

    /// A part of them; those that do not exist are left out.
    pub(crate) fn part(&self, range: Range<usize>) -> Iter<'_> {
        let end = range.end.min(self.len());
        Iter {
            list: self,
            range: range.start.min(end)..end,
        }
    }

    /// The events of all pages, with repetitions: oldest first, except for late ones.
    pub(crate) fn events(&self) -> impl Iterator<Item = &Arc<StackEvent>> {
        self.all.iter().flat_map(|stored| {
            let (lone, page) = match stored {
                Stored::Event { event, .. } => (Some(event), None),
                Stored::Other(other) => (None, other.page()),
            };
            let pages = page.into_iter().flat_map(|page| {
                let late = page.commit.iter().flatten().map(|late| &late.event);
                let others = page.others.iter().flat_map(OtherEvents::events);
                others.chain(page.fresh.iter().rev().chain(late))
            });
            lone.into_iter().chain(pages)
        })
    }
}

/// Whether a page is what [`page_of`] makes of its event.
fn is_lone(page: &WalkStep) -> bool {
    let WalkStep {
        stack_id: Some(stack),
        restarted: true,
        fresh,
        commit: Some(late),
        audit: false,
        gaps: None,
        others,
    } = page
    else {
        return false;
    };
    matches!(fresh.as_slice(), [event] if event.stack_id == *stack)
        && late.is_empty()
        && others.is_empty()
}

fn page_of(event: &Arc<StackEvent>) -> WalkStep {
    WalkStep {
        stack_id: Some(event.stack_id.clone()),
        restarted: true,
        fresh: vec![Arc::clone(event)],
        commit: Some(Vec::new()),
        ..WalkStep::default()
    }
}

fn since(began: Option<DateTime<Utc>>, at: DateTime<Utc>) -> Duration {
    let since = began.and_then(|began| (at - began).to_std().ok());
    since.unwrap_or_default()
}

impl Stored {
    fn at(&self) -> DateTime<Utc> {
        match self {
            Self::Event { at, .. } => *at,
            Self::Other(other) => other.at,
        }
    }

    fn stream(&self) -> Stream {
        match self {
            Self::Event { .. } => Stream::Events,
            Self::Other(other) => other.stream,
        }
    }
}

/// The observations of a list, or a part of them.
#[derive(Clone, Debug)]
pub struct Iter<'a> {
    list: &'a ObservationList,
    range: Range<usize>,
}

impl<'a> Iterator for Iter<'a> {
    type Item = Cow<'a, Observation>;

    fn next(&mut self) -> Option<Self::Item> {
        self.range.next().and_then(|index| self.list.get(index))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.range.size_hint()
    }
}

impl DoubleEndedIterator for Iter<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        let index = self.range.next_back()?;
        self.list.get(index)
    }
}

impl<'a> IntoIterator for &'a ObservationList {
    type Item = Cow<'a, Observation>;
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

impl FromIterator<Observation> for ObservationList {
    fn from_iter<I: IntoIterator<Item = Observation>>(all: I) -> Self {
        let mut list = Self::default();
        for one in all {
            list.push(one.at, one.stream, one.seen);
        }
        list.set_times();
        list
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    fn event(id: &str) -> Arc<StackEvent> {
        let json = format!(r#"{{"stackId":"s","eventId":"{id}"}}"#);
        StackEvent::from_json(&json, None).into()
    }

    #[test]
    fn a_page_of_one_event_takes_little_memory() {
        assert!(size_of::<Stored>() <= 24);
    }

    #[test]
    fn every_page_is_read_as_it_was_added() {
        let at = |second| DateTime::UNIX_EPOCH + TimeDelta::seconds(second);
        let lone = page_of(&event("a"));
        let late = crate::domain::observation::LateEvent {
            event: event("b"),
            before: event("a").event_id.clone(),
        };
        let id = event("a").event_id.clone();
        let pages = [
            lone.clone(),
            WalkStep {
                stack_id: None,
                ..lone.clone()
            },
            WalkStep {
                stack_id: Some("other".into()),
                ..lone.clone()
            },
            WalkStep {
                restarted: false,
                ..lone.clone()
            },
            WalkStep {
                fresh: vec![event("a"), event("b")],
                ..lone.clone()
            },
            WalkStep {
                fresh: Vec::new(),
                ..lone.clone()
            },
            WalkStep {
                commit: None,
                ..lone.clone()
            },
            WalkStep {
                commit: Some(vec![late]),
                ..lone.clone()
            },
            WalkStep {
                audit: true,
                ..lone.clone()
            },
            WalkStep {
                gaps: Some(vec![id]),
                ..lone.clone()
            },
            lone,
        ];
        let mut list = ObservationList::default();
        for (page, second) in pages.iter().zip(0..) {
            list.push(at(second), Stream::Events, Seen::Page(page.clone()));
        }
        list.push(at(99), Stream::Image, Seen::StackGone);
        list.set_times();
        let stored = list.all.iter();
        let kept = stored.filter(|stored| matches!(stored, Stored::Event { .. }));
        assert_eq!(kept.count(), 2);
        for ((observation, page), second) in list.iter().zip(&pages).zip(0_u8..) {
            assert_eq!(
                format!("{:?}", observation.page().unwrap()),
                format!("{page:?}")
            );
            assert_eq!(observation.at, at(second.into()));
            assert_eq!(observation.elapsed, Duration::from_secs(second.into()));
            let next = if usize::from(second) + 1 == pages.len() {
                second
            } else {
                second + 1
            };
            assert_eq!(observation.next_try, at(next.into()));
        }
        let events: usize = list.iter().map(|one| one.events()).sum();
        assert_eq!((events, list.events().count()), (12, 12));
        let with = (0..list.len()).filter(|index| list.size(*index, Observation::events) > 0);
        assert_eq!(with.count(), pages.len() - 1);
    }
}
