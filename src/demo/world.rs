//! The state from which the simulated API makes its responses: the image's stack with its events, and the response of
//! DescribeImage.
//!
//! A scenario changes the world as its time passes. A test changes it by hand, between requests.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use crate::demo::token;

/// The world of one image. Clones are handles on the same world.
#[derive(Clone, Debug)]
pub struct World {
    image_id: Arc<str>,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    stack: Option<Stack>,
    image: Option<String>,
}

/// The stack that has the image's name at present.
#[derive(Debug)]
struct Stack {
    id: String,
    /// The events as JSON, oldest first.
    events: Vec<String>,
}

/// A change of the world.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Change {
    /// There is a stack with this id, and no event of it yet.
    StackCreated(String),
    /// The stack has one more event, in JSON.
    StackEvent(String),
    /// The API no longer finds the stack.
    StackGone,
    /// The response of DescribeImage from now on; none means 404.
    Image(Option<Value>),
}

/// The state of a requested page of events.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Page {
    /// The body of the response.
    Events(String),
    NoStack,
    /// The token is none of this stack's.
    BadToken,
}

impl World {
    /// A world without stack and image, which can hold those of `image_id`.
    pub fn new(image_id: &str) -> Self {
        Self {
            image_id: image_id.into(),
            state: Arc::default(),
        }
    }

    /// Adds events to the stack, oldest first, unchecked. Without a stack they are lost.
    pub fn push_events(&self, events: impl IntoIterator<Item = Value>) {
        let mut state = self.state();
        if let Some(stack) = &mut state.stack {
            let events = events.into_iter().map(|event| event.to_string());
            stack.events.extend(events);
        }
    }

    /// Puts a stack without events in the place of the present one, if any.
    pub fn replace_stack(&self, stack_id: &str) {
        self.apply(Change::StackCreated(stack_id.to_owned()));
    }

    /// Removes the stack and its events.
    pub fn remove_stack(&self) {
        self.apply(Change::StackGone);
    }

    /// Sets the body of DescribeImage's response; without one, it is 404.
    pub fn set_image(&self, body: Option<Value>) {
        self.apply(Change::Image(body));
    }

    pub(crate) fn apply(&self, change: Change) {
        let mut state = self.state();
        match change {
            Change::StackCreated(id) => {
                state.stack = Some(Stack {
                    id,
                    events: Vec::new(),
                });
            }
            Change::StackEvent(event) => {
                if let Some(stack) = &mut state.stack {
                    stack.events.push(event);
                }
            }
            Change::StackGone => state.stack = None,
            Change::Image(body) => state.image = body.map(|body| body.to_string()),
        }
    }

    /// A page of the stack's events, newest first: the newest of all, or those below a token's position.
    pub(crate) fn page(&self, image_id: &str, token: Option<&str>, size: usize) -> Page {
        let state = self.state();
        let Some(stack) = state.stack.as_ref().filter(|_| image_id == &*self.image_id) else {
            return Page::NoStack;
        };
        let older = match token {
            None => Some(stack.events.len()),
            Some(token) => token::read(token, &stack.id),
        };
        match older.and_then(|older| stack.events.get(..older)) {
            Some(events) => Page::Events(page_body(events, &stack.id, size)),
            None => Page::BadToken,
        }
    }

    pub(crate) fn image(&self, image_id: &str) -> Option<String> {
        let state = self.state();
        state.image.clone().filter(|_| image_id == &*self.image_id)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No change can panic halfway, so a poisoned state is complete.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The newest `size` of the events, newest first, and the token for the events below them.
fn page_body(events: &[String], stack_id: &str, size: usize) -> String {
    let older = events.len().saturating_sub(size);
    let page = events.iter().skip(older).rev();
    let page = page.map(String::as_str).collect::<Vec<_>>().join(",");
    if older == 0 {
        return format!(r#"{{"events":[{page}]}}"#);
    }
    let next = Value::from(token::write(older, stack_id));
    format!(r#"{{"nextToken":{next},"events":[{page}]}}"#)
}
