//! The state from which the simulated API and the simulated AWS make their responses: the image's stacks with their
//! events, and the response of DescribeImage.
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
    /// The stacks that are deleted, oldest first: CloudFormation still finds them by their ARNs.
    deleted: Vec<Stack>,
    image: Option<String>,
    /// The build log, in the order of the service. It outlives the stacks.
    log: Vec<LogEntry>,
}

/// A line of the build log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// In milliseconds since 1970.
    pub written: i64,
    pub ingested: i64,
    pub message: String,
}

/// A stack of the image.
#[derive(Debug)]
struct Stack {
    id: String,
    /// The events as JSON, oldest first.
    events: Vec<String>,
    /// The tags, as the last description that had some has them.
    tags: Vec<(String, String)>,
    /// Image Builder's stage of the image that it makes.
    stage: Option<(String, Option<String>)>,
    /// The workflows as Image Builder lists them, each with its `steps`.
    workflows: Vec<Value>,
    /// Image Builder's account of the failure, once the image has failed.
    failure: Option<Value>,
}

/// A stack as CloudFormation has it.
#[derive(Clone, Debug)]
pub(crate) struct StackView {
    pub id: String,
    pub name: String,
    pub created: String,
    pub status: String,
    pub tags: Vec<(String, String)>,
}

/// Some events, newest first, and the token for those below them.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct EventsPage {
    /// In JSON.
    pub events: Vec<String>,
    pub next: Option<String>,
}

/// Image Builder's word on an image.
#[derive(Debug)]
pub(crate) struct StageView {
    pub status: String,
    pub reason: Option<String>,
    pub failure: Option<Value>,
    /// The region and the id of the AMI.
    pub ami: Option<(String, String)>,
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
    /// The build log has one more line.
    Log(LogEntry),
    /// Image Builder's workflows, and its account of a failure, once there is one.
    Workflows {
        listed: Vec<Value>,
        failure: Option<Value>,
    },
}

/// The state of a requested page of events.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Page {
    Events(EventsPage),
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

    /// Adds a line to the build log.
    pub fn push_log(&self, entry: LogEntry) {
        self.apply(Change::Log(entry));
    }

    /// Reads the build log; empty: there is none yet.
    pub(crate) fn log<T>(&self, read: impl FnOnce(&[LogEntry]) -> T) -> T {
        read(&self.state().log)
    }

    pub(crate) fn apply(&self, change: Change) {
        let mut state = self.state();
        match change {
            Change::StackCreated(id) => {
                let replaced = state.stack.replace(Stack::new(id));
                state.deleted.extend(replaced);
            }
            Change::StackEvent(event) => {
                if let Some(stack) = &mut state.stack {
                    stack.events.push(event);
                }
            }
            Change::Log(entry) => {
                let key = |entry: &LogEntry| (entry.written, entry.ingested);
                let place = state.log.partition_point(|line| key(line) <= key(&entry));
                state.log.insert(place, entry);
            }
            Change::StackGone => {
                let gone = state.stack.take();
                state.deleted.extend(gone);
            }
            Change::Image(body) => {
                if let (Some(stack), Some(body)) = (&mut state.stack, &body) {
                    stack.note(body);
                }
                state.image = body.map(|body| body.to_string());
            }
            Change::Workflows { listed, failure } => {
                if let Some(stack) = &mut state.stack {
                    stack.workflows = listed;
                    stack.failure = failure;
                }
            }
        }
    }

    /// A page of the events of a stack, by its name or its ARN: the newest of all, or those below a token's position.
    pub(crate) fn page(&self, name: &str, token: Option<&str>, size: usize) -> Page {
        match self.find(&self.state(), name) {
            Some(stack) => stack.page(token, size).map_or(Page::BadToken, Page::Events),
            None => Page::NoStack,
        }
    }

    pub(crate) fn image(&self, image_id: &str) -> Option<String> {
        let state = self.state();
        state.image.clone().filter(|_| image_id == &*self.image_id)
    }

    /// A stack by its name, if it exists now, or by its ARN.
    pub(crate) fn stack(&self, name: &str) -> Option<StackView> {
        let state = self.state();
        let stack = self.find(&state, name)?;
        Some(stack.view(&self.image_id))
    }

    fn find<'a>(&self, state: &'a State, name: &str) -> Option<&'a Stack> {
        let present = state.stack.as_ref().filter(|_| name == &*self.image_id);
        present.or_else(|| state.stacks().find(|stack| stack.id == name))
    }

    /// Every stack that the image had, newest first.
    pub(crate) fn stacks(&self) -> Vec<StackView> {
        let state = self.state();
        let stacks = state.stacks();
        stacks.map(|stack| stack.view(&self.image_id)).collect()
    }

    /// The AMI of the image, as DescribeImage describes it.
    pub(crate) fn ami(&self) -> Option<Value> {
        let image: Value = serde_json::from_str(self.state().image.as_deref()?).ok()?;
        image.get("ec2AmiInfo")?;
        Some(image)
    }

    /// Image Builder's word on the image of this ARN: only that of the present stack, which deletes it.
    pub(crate) fn stage(&self, image_arn: &str) -> Option<StageView> {
        let ami = self.ami();
        let state = self.state();
        let stack = state.stack.as_ref()?;
        if !stack.events.iter().any(|event| event.contains(image_arn)) {
            return None;
        }
        let (status, reason) = stack.stage.clone()?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let ami = ami.map(|image| (text(&image["region"]), text(&image["ec2AmiInfo"]["amiId"])));
        let status = if ami.is_some() {
            "AVAILABLE".to_owned()
        } else {
            status
        };
        let failure = stack.failure.clone().filter(|_| status == "FAILED");
        Some(StageView {
            status,
            reason,
            failure,
            ami,
        })
    }

    /// Image Builder's workflows of the image of this ARN, each with its `steps`.
    pub(crate) fn workflows(&self, image_arn: &str) -> Option<Vec<Value>> {
        let state = self.state();
        let stack = state.stack.as_ref()?;
        let is_own = stack.events.iter().any(|event| event.contains(image_arn));
        is_own.then(|| stack.workflows.clone())
    }

    /// One workflow by its id, with its `steps`.
    pub(crate) fn workflow(&self, id: &str) -> Option<Value> {
        let state = self.state();
        let mut workflows = state.stack.as_ref()?.workflows.iter();
        let found = workflows.find(|workflow| workflow["workflowExecutionId"] == *id);
        found.cloned()
    }

    /// Sets Image Builder's workflows of the present stack, each with its `steps`.
    pub fn set_workflows(&self, listed: Vec<Value>) {
        self.apply(Change::Workflows {
            listed,
            failure: None,
        });
    }

    /// Whether a stack of the image has made the Image Builder image of this ARN.
    pub(crate) fn has_made(&self, image_arn: &str) -> bool {
        let state = self.state();
        let mut events = state.stacks().flat_map(|stack| &stack.events);
        events.any(|event| event.contains(image_arn))
    }

    pub(crate) fn image_id(&self) -> &str {
        &self.image_id
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No change can panic halfway, so a poisoned state is complete.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Newest first.
    fn stacks(&self) -> impl Iterator<Item = &Stack> {
        self.stack.iter().chain(self.deleted.iter().rev())
    }
}

impl Stack {
    fn new(id: String) -> Self {
        Self {
            id,
            events: Vec::new(),
            tags: Vec::new(),
            stage: None,
            workflows: Vec::new(),
            failure: None,
        }
    }

    /// Keeps what a description says of the stack; one of an AMI says nothing.
    fn note(&mut self, description: &Value) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        if let Some(tags) = description["cloudformationStackTags"].as_array() {
            let tags = tags.iter();
            self.tags = tags
                .map(|tag| (text(&tag["key"]), text(&tag["value"])))
                .collect();
        }
        if let Some(status) = description["imagebuilderImageStatus"].as_str() {
            let reason = description["imagebuilderImageStatusReason"].as_str();
            self.stage = Some((status.to_owned(), reason.map(ToOwned::to_owned)));
        }
    }

    fn view(&self, name: &str) -> StackView {
        let parsed = |event: &String| serde_json::from_str::<Value>(event).ok();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let first = self.events.first().and_then(parsed).unwrap_or_default();
        let of_root = |event: &Value| event["physicalResourceId"] == *self.id;
        let last = self.events.iter().rev().filter_map(parsed).find(of_root);
        StackView {
            id: self.id.clone(),
            name: name.to_owned(),
            created: text(&first["timestamp"]),
            status: text(&last.unwrap_or_default()["resourceStatus"]),
            tags: self.tags.clone(),
        }
    }

    /// The newest `size` events below a token's position; none if the token is of another stack.
    fn page(&self, token: Option<&str>, size: usize) -> Option<EventsPage> {
        let end = match token {
            None => self.events.len(),
            Some(token) => token::read(token, &self.id)?,
        };
        let events = self.events.get(..end)?;
        let older = events.len().saturating_sub(size);
        Some(EventsPage {
            events: events.iter().skip(older).rev().cloned().collect(),
            next: (older > 0).then(|| token::write(older, &self.id)),
        })
    }
}
