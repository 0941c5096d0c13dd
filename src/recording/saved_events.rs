//! Reads the JSON that `pcluster get-image-stack-events` and `aws cloudformation describe-stack-events` print as if it
//! were a recording.
//!
//! Such a file has pages of events and nothing else: no description of the image, no time of a response. So each event
//! counts as seen at its own time, and the verdict is what events alone can tell. Tests:
//! `tests/it/recording/saved_events.rs`.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::value::RawValue;

use crate::domain::fault::{Fault, FaultKind};
use crate::domain::observation::{Observation, Seen, Stream, WalkStep};
use crate::domain::stack_event::{EventReader, StackEvent, StackId};
use crate::recording::reader::observation;
use crate::recording::{Header, Recording, parallelcluster};
use crate::text::safe::SafeText;

/// The [`Header::api`] of saved events: they are of a real API, which the file does not name.
pub(super) const API: &str = "saved events";

/// The names of the list of events in a page: of the ParallelCluster API, and of CloudFormation.
const LISTS: [&str; 2] = ["events", "stackEvents"];

/// The depth of lists in lists: pages in a list, and one more.
const MAX_DEPTH: usize = 3;

/// How to save events that can be read.
const HOW_TO_SAVE: &str = "save them with `pcluster get-image-stack-events` or `aws cloudformation \
    describe-stack-events`, as JSON";

/// Why a file could not be read as saved events.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SavedEventsError {
    #[error(
        "neither a bakewatch recording nor stack events as JSON; pass a recording, or events: {HOW_TO_SAVE}"
    )]
    Foreign,
    #[error("the stack events are no JSON at line {line}, column {column}; {HOW_TO_SAVE}")]
    Syntax { line: usize, column: usize },
    #[error(
        "the JSON ends in the middle of a value at line {line}, column {column}; save the events again"
    )]
    Truncated { line: usize, column: usize },
    #[error(
        "it has a list of stack events, but no event in it; {HOW_TO_SAVE} while the stack exists"
    )]
    NoEvents,
}

/// Reads a file's content.
///
/// # Errors
/// If it is not JSON, or has no stack events.
pub(crate) fn read(bytes: &[u8]) -> Result<Recording, SavedEventsError> {
    let text = decode(bytes);
    if !text.trim_start().starts_with(['{', '[']) {
        return Err(SavedEventsError::Foreign);
    }
    let mut pages = Pages::default();
    for value in serde_json::Deserializer::from_str(&text).into_iter::<&RawValue>() {
        let value = value.map_err(|error| {
            let (line, column) = (error.line(), error.column());
            if error.is_eof() {
                SavedEventsError::Truncated { line, column }
            } else {
                SavedEventsError::Syntax { line, column }
            }
        })?;
        pages.add(value, MAX_DEPTH);
    }
    let stacks = pages.into_stacks()?;
    Ok(recording(&stacks))
}

/// The text of a file. The shell of Windows writes UTF-16, and editors write byte order marks.
fn decode(bytes: &[u8]) -> String {
    let units = |of: fn([u8; 2]) -> u16, bytes: &[u8]| {
        let pairs = bytes.chunks_exact(2);
        let units: Vec<_> = pairs.map(|pair| of([pair[0], pair[1]])).collect();
        String::from_utf16_lossy(&units)
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => units(u16::from_le_bytes, rest),
        [0xfe, 0xff, rest @ ..] => units(u16::from_be_bytes, rest),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        _ => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// An object's fields, by their names in the ParallelCluster API: CloudFormation begins each with a capital letter.
fn fields(json: &RawValue) -> Option<BTreeMap<String, &RawValue>> {
    let fields: BTreeMap<String, &RawValue> = serde_json::from_str(json.get()).ok()?;
    let fields = fields.into_iter();
    Some(
        fields
            .map(|(name, value)| (api_name(&name), value))
            .collect(),
    )
}

fn api_name(name: &str) -> String {
    let mut rest = name.chars();
    let first = rest.next().map(|first| first.to_ascii_lowercase());
    first.into_iter().chain(rest).collect()
}

/// The pages of a file, each as its events in the order of the file.
#[derive(Default)]
struct Pages {
    reader: EventReader,
    closed: Vec<Vec<Arc<StackEvent>>>,
    /// Events that are in no list: they are a page together.
    loose: Vec<Arc<StackEvent>>,
    has_list: bool,
    /// The stack of the last event that names one.
    stack: Option<StackId>,
}

impl Pages {
    /// Adds a page, a list of events or of pages, or an event.
    fn add(&mut self, value: &RawValue, depth: usize) {
        if let Some(elements) = list(value) {
            self.close();
            self.has_list |= elements.is_empty();
            if let Some(depth) = depth.checked_sub(1) {
                for element in elements {
                    self.add(element, depth);
                }
            }
            self.close();
        } else if let Some(events) = page(value) {
            self.close();
            self.has_list = true;
            for event in events {
                self.add_event(event);
            }
            self.close();
        } else if is_event(value) {
            self.add_event(value);
        }
    }

    fn add_event(&mut self, json: &RawValue) {
        let json = renamed(json);
        let event = self.reader.read(&json, self.stack.as_ref());
        if !event.stack_id.as_str().is_empty() {
            self.stack = Some(event.stack_id.clone());
        }
        self.loose.push(Arc::new(event));
    }

    fn close(&mut self) {
        let page = std::mem::take(&mut self.loose);
        if !page.is_empty() {
            self.closed.push(page);
        }
    }

    /// The stacks, oldest first, each as its events, oldest first, without repetitions.
    fn into_stacks(mut self) -> Result<Vec<Vec<Arc<StackEvent>>>, SavedEventsError> {
        self.close();
        if self.closed.is_empty() {
            return Err(if self.has_list {
                SavedEventsError::NoEvents
            } else {
                SavedEventsError::Foreign
            });
        }
        let mut stacks: Vec<(StackId, Vec<Vec<Arc<StackEvent>>>)> = Vec::new();
        for page in self.closed {
            let mut of_page: Vec<(StackId, Vec<Arc<StackEvent>>)> = Vec::new();
            for event in page {
                let known = of_page.iter().position(|(id, _)| *id == event.stack_id);
                match known {
                    Some(index) => of_page[index].1.push(event),
                    None => of_page.push((event.stack_id.clone(), vec![event])),
                }
            }
            for (id, events) in of_page {
                match stacks.iter().position(|(known, _)| *known == id) {
                    Some(index) => stacks[index].1.push(events),
                    None => stacks.push((id, vec![events])),
                }
            }
        }
        let stacks = stacks.into_iter().map(|(_, pages)| in_order(pages));
        let mut stacks: Vec<_> = stacks.collect();
        stacks.sort_by_key(|events| events.iter().find_map(|event| event.timestamp));
        Ok(stacks)
    }
}

fn list(value: &RawValue) -> Option<Vec<&RawValue>> {
    serde_json::from_str(value.get()).ok()
}

/// The events of a page.
fn page(value: &RawValue) -> Option<Vec<&RawValue>> {
    let fields = fields(value)?;
    LISTS.iter().find_map(|name| list(fields.get(*name)?))
}

fn is_event(value: &RawValue) -> bool {
    fields(value).is_some_and(|fields| {
        fields.contains_key("resourceStatus") || fields.contains_key("logicalResourceId")
    })
}

/// An event with the API's names of its fields. One that has them stays as it is.
fn renamed(json: &RawValue) -> String {
    let names: BTreeMap<String, &RawValue> = serde_json::from_str(json.get()).unwrap_or_default();
    if names.keys().all(|name| api_name(name) == *name) {
        return json.get().to_owned();
    }
    let fields = fields(json).unwrap_or_default();
    serde_json::to_string(&fields).unwrap_or_else(|_| json.get().to_owned())
}

/// One stack's events, oldest first. Their order is the service's: times only tell which end of a page is the newest, and
/// which page.
fn in_order(mut pages: Vec<Vec<Arc<StackEvent>>>) -> Vec<Arc<StackEvent>> {
    let is_newest_first = |votes: i64| votes <= 0;
    let all = is_newest_first(pages.iter().map(|page| direction(page)).sum());
    for page in &mut pages {
        let votes = direction(page);
        if (votes == 0 && all) || votes < 0 {
            page.reverse();
        }
    }
    let newest = |page: &Vec<Arc<StackEvent>>| page.iter().rev().find_map(|one| one.timestamp);
    // Pages of equal age are in the direction of their events.
    if all {
        pages.reverse();
    }
    pages.sort_by_key(newest);
    // Pages of several responses overlap. An event stays where it was first.
    let mut known = HashMap::new();
    let mut events = Vec::new();
    for event in pages.concat() {
        let event = event.identified(|id| known.get(id).copied());
        let id = event.event_id.clone();
        if known.insert(id, event.fingerprint()).is_none() {
            events.push(event);
        }
    }
    events
}

/// The number of events that are newer than the one before them, less those that are older.
fn direction(page: &[Arc<StackEvent>]) -> i64 {
    let times: Vec<_> = page.iter().filter_map(|event| event.timestamp).collect();
    let votes = times.windows(2).map(|pair| match pair[0].cmp(&pair[1]) {
        Ordering::Less => 1,
        Ordering::Equal => 0,
        Ordering::Greater => -1,
    });
    votes.sum()
}

/// The stacks as the recording of a watch that saw every event at once.
fn recording(stacks: &[Vec<Arc<StackEvent>>]) -> Recording {
    let first = stacks.iter().flatten().find_map(|event| event.timestamp);
    let began = first.unwrap_or(DateTime::UNIX_EPOCH);
    let mut at = began;
    let mut observations = Vec::new();
    for events in stacks {
        for event in events {
            at = event.timestamp.map_or(at, |time| time.max(at));
            add(event, at, &mut observations);
        }
    }
    // Without a description, a stack that failed counts as failed at once. It comes after the first page: before it, a
    // fault would look like an API that does not respond.
    observations.insert(observations.len().min(1), no_description(began));
    // The events of a page were added oldest first.
    for observation in &mut observations {
        if let Seen::Page(page) = &mut observation.seen {
            page.fresh.reverse();
        }
    }
    Recording {
        header: header(stacks, began),
        observations: observations.into_iter().collect(),
        torn: false,
        unreadable: 0,
        valid_bytes: 0,
        ends_with_newline: true,
    }
}

/// Adds an event to the page of its time.
fn add(event: &Arc<StackEvent>, at: DateTime<Utc>, observations: &mut Vec<Observation>) {
    let last = observations.last_mut().filter(|last| last.at == at);
    if let Some(Seen::Page(page)) = last.map(|last| &mut last.seen)
        && page.stack_id.as_ref() == Some(&event.stack_id)
    {
        page.fresh.push(Arc::clone(event));
        return;
    }
    let page = WalkStep {
        stack_id: Some(event.stack_id.clone()),
        restarted: true,
        fresh: vec![Arc::clone(event)],
        commit: Some(Vec::new()),
        ..WalkStep::default()
    };
    observations.push(observation(at, Stream::Events, Seen::Page(page)));
}

fn no_description(at: DateTime<Utc>) -> Observation {
    let fault = Fault {
        kind: FaultKind::Denied,
        message: SafeText::new("saved events have no description of the image"),
        hint: None,
        request_id: None,
    };
    observation(at, Stream::Image, Seen::Failed(fault))
}

/// The header: image, region and account from the newest stack's ARN. ParallelCluster names the stack after the image.
fn header(stacks: &[Vec<Arc<StackEvent>>], began: DateTime<Utc>) -> Header {
    let newest = stacks.last().and_then(|events| events.last());
    let arn = newest.map_or("", |event| event.stack_id.as_str());
    // arn:PARTITION:cloudformation:REGION:ACCOUNT:stack/NAME/ID
    let parts: Vec<_> = arn.splitn(6, ':').collect();
    let region = parts.get(3).filter(|region| !region.is_empty());
    let name = parts.get(5).and_then(|rest| rest.split('/').nth(1));
    let mut header = Header {
        region: region.map(|region| (*region).to_owned()),
        api: Some(API.to_owned()),
        ..Header::new(name.unwrap_or("unknown"), parallelcluster(), began)
    };
    if let Some(event) = newest {
        header.locate(&event.stack_id);
    }
    header
}
