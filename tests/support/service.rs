//! A model of the service that keeps a stack's events: it promises as little as the real one, and each of its
//! bad habits can be switched on. It responds at once; the test decides which responses are lost on the way.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::{Arc, Weak};

use bakewatch::testing::backend::{EventsPage, NextToken};
use bakewatch::testing::domain::StackEvent;
use proptest::prelude::*;

/// A behaviour of the service that makes it harder to follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Habit {
    /// Tokens count events from the newest one, so that a page moves up when an event arrives. Without it, a
    /// token names the event above its page.
    TokensCountFromNewest,
    /// A page holds one event to a page's size.
    PagesVary,
    /// Any page may be empty and have a token all the same.
    EmptyPages,
    /// The page with the oldest event has a token, which brings an empty page without one.
    EmptyLastPage,
    /// An event may come twice in a page.
    Repeats,
    /// Tokens of a replaced stack count for the new stack instead of being rejected.
    TokensOutliveStack,
    /// Events of another stack ([`FOREIGN`]) are listed among those of the stack.
    ForeignEvents,
    /// Different events have one id, ids of one text or ids that differ in a secret only.
    SharedIds,
    /// The time of some events does not follow the order: it is that of the first event, or later than all others.
    OddTimes,
}

/// The number of the stack whose events are listed among those of others.
const FOREIGN: usize = 0;

impl Habit {
    const ALL: [Self; 9] = [
        Self::TokensCountFromNewest,
        Self::PagesVary,
        Self::EmptyPages,
        Self::EmptyLastPage,
        Self::Repeats,
        Self::TokensOutliveStack,
        Self::ForeignEvents,
        Self::SharedIds,
        Self::OddTimes,
    ];
}

/// The kind of service.
#[derive(Clone, Debug)]
pub(crate) struct Character {
    pub(crate) page_size: usize,
    pub(crate) habits: Vec<Habit>,
    /// How many events in a row have the same time; with 0, events have none.
    pub(crate) ties: usize,
    /// The seed of everything that the habits leave to chance.
    pub(crate) seed: u64,
}

impl Character {
    /// A service whose pages are of one size and whose tokens name events.
    pub(crate) fn plain(page_size: usize) -> Self {
        Self {
            page_size,
            habits: Vec::new(),
            ties: 5,
            seed: 0,
        }
    }

    pub(crate) fn has(&self, habit: Habit) -> bool {
        self.habits.contains(&habit)
    }

    /// Where tokens count from the newest event, a page that moved up above all of the walk looks like one
    /// that continues it, but for its times. So there must be too few events of one time for the walk and such a
    /// page to be among them: as its events have appeared after those of the walk's first page, one is then later.
    fn made_tellable(mut self) -> Self {
        if self.has(Habit::TokensCountFromNewest) {
            self.habits.retain(|habit| *habit != Habit::OddTimes);
        }
        if self.has(Habit::TokensCountFromNewest) {
            let page = if self.has(Habit::PagesVary) {
                1
            } else {
                self.page_size
            };
            let walk = if self.has(Habit::EmptyLastPage) {
                1
            } else {
                page
            };
            self.ties = self.ties.clamp(1, walk + page - 1);
        }
        // A page that shows more of another stack than of the watched one looks like another build.
        if self.has(Habit::ForeignEvents) {
            self.page_size = self.page_size.max(4);
            let untellable = [Habit::PagesVary, Habit::TokensOutliveStack];
            self.habits.retain(|habit| !untellable.contains(habit));
        }
        self
    }
}

/// Any service.
pub(crate) fn any_character() -> impl Strategy<Value = Character> {
    let habits = prop::sample::subsequence(Habit::ALL.to_vec(), 0..=Habit::ALL.len());
    let page_size = prop_oneof![1usize..6, 1usize..60];
    (page_size, habits, 0usize..7, any::<u64>()).prop_map(|(page_size, habits, ties, seed)| {
        let character = Character {
            page_size,
            habits,
            ties,
            seed,
        };
        character.made_tellable()
    })
}

/// A service with small pages that move up when events arrive, as many of them of one time as can be told.
pub(crate) fn any_moving_pages() -> impl Strategy<Value = Character> {
    let others = vec![
        Habit::EmptyLastPage,
        Habit::Repeats,
        Habit::ForeignEvents,
        Habit::SharedIds,
    ];
    let habits = prop::sample::subsequence(others, 0..=4);
    (1usize..6, habits, any::<u64>()).prop_map(|(page_size, mut habits, seed)| {
        habits.push(Habit::TokensCountFromNewest);
        let character = Character {
            page_size,
            habits,
            ties: 2 * page_size,
            seed,
        };
        character.made_tellable()
    })
}

/// An event that the service keeps.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub(crate) event: Arc<StackEvent>,
    /// It appeared below events that were there before.
    pub(crate) is_late: bool,
}

/// Where the page of a token begins.
#[derive(Clone, Debug)]
enum Position {
    /// Below this number of the newest events.
    Below(usize),
    /// Below this event; at the newest one where it is not there.
    Under(Weak<StackEvent>),
}

#[derive(Clone, Debug)]
struct Token {
    position: Position,
    is_dead: bool,
}

/// The service rejected the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rejected;

/// A service that keeps the events of all stacks of one name and serves those of the last one, newest first.
#[derive(Debug)]
pub(crate) struct Service {
    character: Character,
    random: fastrand::Rng,
    /// The events of each stack, oldest first.
    stacks: Vec<Vec<Kept>>,
    made: usize,
    tokens: Vec<Token>,
}

impl Service {
    /// A service with one stack of one event.
    pub(crate) fn new(character: Character) -> Self {
        let mut service = Self {
            random: fastrand::Rng::with_seed(character.seed),
            character,
            stacks: vec![Vec::new()],
            made: 0,
            tokens: Vec::new(),
        };
        service.arrive(1);
        service
    }

    pub(crate) fn character(&self) -> &Character {
        &self.character
    }

    /// The id of the last stack.
    pub(crate) fn stack(&self) -> String {
        format!("stack-{}", self.stacks.len())
    }

    /// The events of a stack, oldest first.
    pub(crate) fn events_of(&self, stack: &str) -> Vec<&Kept> {
        let all = self.stacks.iter().flatten();
        all.filter(|kept| kept.event.stack_id.as_str() == stack)
            .collect()
    }

    /// The events of the last stack, oldest first.
    pub(crate) fn events(&self) -> Vec<&Kept> {
        let foreign = Self::foreign();
        let listed = self.listed().iter();
        listed
            .filter(|kept| kept.event.stack_id.as_str() != foreign)
            .collect()
    }

    /// The events of another stack among those of the last one, oldest first.
    pub(crate) fn listed_aside(&self) -> impl Iterator<Item = &Kept> {
        let foreign = Self::foreign();
        let listed = self.listed().iter();
        listed.filter(move |kept| kept.event.stack_id.as_str() == foreign)
    }

    /// The id of the stack whose events are listed among those of others.
    pub(crate) fn foreign() -> String {
        Self::id_of(FOREIGN)
    }

    fn listed(&self) -> &[Kept] {
        self.stacks.last().unwrap()
    }

    /// How many events of all stacks, the first one of each excepted, have more holders than this number.
    pub(crate) fn held_by_more_than(&self, holders: usize) -> usize {
        let is_held =
            |kept: &&Kept| !kept.event.is_root && Arc::strong_count(&kept.event) > holders;
        self.stacks.iter().flatten().filter(is_held).count()
    }

    fn events_mut(&mut self) -> &mut Vec<Kept> {
        self.stacks.last_mut().unwrap()
    }

    fn make(&mut self, stack: usize) -> Arc<StackEvent> {
        let second = if self.character.has(Habit::OddTimes) && self.random.u8(..) < 10 {
            Some(if self.random.bool() { 0 } else { 80_000 })
        } else {
            (self.made + 1).checked_div(self.character.ties)
        };
        self.make_at(stack, second)
    }

    fn make_at(&mut self, stack: usize, second: Option<usize>) -> Arc<StackEvent> {
        self.made += 1;
        event(&Made {
            stack,
            number: self.made,
            second,
            is_root: self.listed().is_empty(),
            shares_id: self.character.has(Habit::SharedIds),
        })
    }

    pub(crate) fn arrive(&mut self, count: usize) {
        for _ in 0..count {
            let event = self.make(self.stacks.len());
            let is_late = false;
            self.events_mut().push(Kept { event, is_late });
            if self.character.has(Habit::ForeignEvents)
                && self.is_own_page()
                && self.random.u8(..) < 120
            {
                let event = self.make(FOREIGN);
                self.events_mut().push(Kept { event, is_late });
            }
        }
    }

    /// Whether the newest events are all of the current stack: no page may be mostly of another one, which would look like
    /// another build.
    fn is_own_page(&self) -> bool {
        let own = Self::id_of(self.stacks.len());
        let newest = self.listed().iter().rev().take(3);
        newest
            .filter(|kept| kept.event.stack_id.as_str() == own)
            .count()
            == 3
    }

    fn id_of(stack: usize) -> String {
        format!("stack-{stack}")
    }

    /// An event that appears below `depth` newer ones, stamped with the time at which it appears.
    pub(crate) fn arrive_late(&mut self, depth: usize) {
        let event = self.make(self.stacks.len());
        self.insert_late(depth, event);
    }

    /// The same, stamped with the time of this second.
    pub(crate) fn arrive_late_dated(&mut self, depth: usize, second: usize) {
        let event = self.make_at(self.stacks.len(), Some(second));
        self.insert_late(depth, event);
    }

    fn insert_late(&mut self, depth: usize, event: Arc<StackEvent>) {
        let at = self.listed().len().saturating_sub(depth).max(1);
        let is_late = at < self.listed().len();
        self.events_mut().insert(at, Kept { event, is_late });
    }

    /// Another stack of the same name, with one event.
    pub(crate) fn replace_stack(&mut self) {
        if !self.character.has(Habit::TokensOutliveStack) {
            self.kill_all_tokens();
        }
        self.stacks.push(Vec::new());
        self.arrive(1);
    }

    pub(crate) fn kill_token(&mut self, token: &NextToken) {
        let serial = serial(token);
        self.tokens[serial].is_dead = true;
    }

    pub(crate) fn kill_all_tokens(&mut self) {
        for token in &mut self.tokens {
            token.is_dead = true;
        }
    }

    pub(crate) fn response(&mut self, token: Option<&NextToken>) -> Result<EventsPage, Rejected> {
        let skip = self.position(token)?;
        let total = self.listed().len();
        if self.character.has(Habit::EmptyPages) && skip < total && self.random.u8(..) < 50 {
            let next = Some(self.token(skip));
            return Ok(EventsPage {
                events: Vec::new(),
                next,
            });
        }
        let size = if self.character.has(Habit::PagesVary) {
            self.random.usize(1..=self.character.page_size)
        } else {
            self.character.page_size
        };
        let newest_first = self.listed().iter().rev();
        let mut events: Vec<_> = newest_first
            .skip(skip)
            .take(size)
            .map(|kept| Arc::clone(&kept.event))
            .collect();
        let end = skip + events.len();
        let empty_last_page = self.character.has(Habit::EmptyLastPage) && !events.is_empty();
        let next = (end < total || empty_last_page).then(|| self.token(end));
        self.repeat(&mut events);
        Ok(EventsPage { events, next })
    }

    /// Whether the newest page, where pages are of one size, has a token and fewer than this number of the stack's events.
    pub(crate) fn is_newest_page_short(&self, count: usize) -> bool {
        let size = self.character.page_size;
        let has_token = self.listed().len() > size || self.character.has(Habit::EmptyLastPage);
        let foreign = Self::foreign();
        let newest = self.listed().iter().rev().take(size);
        let own = newest.filter(|kept| kept.event.stack_id.as_str() != foreign);
        has_token && own.count() < count
    }

    fn position(&self, token: Option<&NextToken>) -> Result<usize, Rejected> {
        let Some(token) = token else { return Ok(0) };
        let token = &self.tokens[serial(token)];
        if token.is_dead {
            return Err(Rejected);
        }
        let total = self.listed().len();
        Ok(match &token.position {
            Position::Below(count) => (*count).min(total),
            Position::Under(event) => self
                .listed()
                .iter()
                .rev()
                .position(|kept| Arc::as_ptr(&kept.event) == event.as_ptr())
                .map_or(0, |index| index + 1),
        })
    }

    /// A token for the page below this number of the newest events.
    fn token(&mut self, skip: usize) -> NextToken {
        let above = self.listed().iter().rev().take(skip).next_back();
        let position = match above {
            Some(kept) if !self.character.has(Habit::TokensCountFromNewest) => {
                Position::Under(Arc::downgrade(&kept.event))
            }
            _ => Position::Below(skip),
        };
        self.tokens.push(Token {
            position,
            is_dead: false,
        });
        NextToken::new(format!("{}+/=", self.tokens.len() - 1))
    }

    fn repeat(&mut self, events: &mut Vec<Arc<StackEvent>>) {
        if self.character.has(Habit::Repeats) && !events.is_empty() && self.random.u8(..) < 80 {
            let from = self.random.usize(..events.len());
            let to = self.random.usize(from + 1..=events.len());
            events.insert(to, Arc::clone(&events[from]));
        }
    }
}

fn serial(token: &NextToken) -> usize {
    token.as_str().trim_end_matches("+/=").parse().unwrap()
}

/// The properties of an event.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Made {
    stack: usize,
    number: usize,
    second: Option<usize>,
    is_root: bool,
    shares_id: bool,
}

/// An event; the same one for the same properties, since parsing is most of the cost of a schedule.
fn event(of: &Made) -> Arc<StackEvent> {
    type All = HashMap<Made, Arc<StackEvent>>;
    thread_local!(static MADE: RefCell<All> = RefCell::default());
    let make = || {
        let number = of.number;
        let time = of.second.map(|second| {
            let (hour, minute) = (second / 3600 % 24, second / 60 % 60);
            format!(
                r#","timestamp":"2026-01-01T{hour:02}:{minute:02}:{:02}Z""#,
                second % 60
            )
        });
        let base = number / 4;
        let (id, resource) = match number % 4 {
            _ if !of.shares_id => (format!(r#""e{number}""#), "R".to_owned()),
            0 => (format!(r#""{base}""#), "R".to_owned()),
            1 => (base.to_string(), "R".to_owned()),
            2 => (format!(r#""{base}""#), format!("R{number}")),
            _ => (
                format!(r#""u?X-Amz-Signature={number:064x}&x=1""#),
                "R".to_owned(),
            ),
        };
        let status = if of.is_root {
            "CREATE_IN_PROGRESS"
        } else {
            "CREATE_COMPLETE"
        };
        let root = of
            .is_root
            .then(|| format!(r#","physicalResourceId":"stack-{}""#, of.stack));
        let json = format!(
            r#"{{"stackId":"stack-{}","eventId":{id},"logicalResourceId":"{resource}",
               "resourceStatus":"{status}"{}{}}}"#,
            of.stack,
            time.unwrap_or_default(),
            root.unwrap_or_default()
        );
        Arc::new(StackEvent::from_json(&json, None))
    };
    MADE.with_borrow_mut(|all| {
        let event = all.entry(of.clone()).or_insert_with(make);
        Arc::clone(event)
    })
}
