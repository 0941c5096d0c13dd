//! The real model of a screen, driven minute by minute by keys and by the API's responses.

use std::sync::LazyLock;
use std::time::Duration;

use bakewatch::testing::app::{
    Effect, Key, KeyMap, Mode, Model, Msg, Preferences, Session, SessionId, Target, update,
};
use bakewatch::testing::config::built_in_keys as built_in;
use bakewatch::testing::domain::{
    Fault, FaultKind, ImageAnswer, ImageDescription, Seen, StackEvent, StackId, Stream,
    TimelineRow, WalkStep, parse_time,
};
use bakewatch::testing::store::Selection;
use bakewatch::testing::text::SafeText;
use chrono::{DateTime, Offset, TimeDelta, Utc};
use ratatui::layout::Size;
use serde_json::{Value, json};

use super::api;

/// The image that is built.
pub(crate) const IMAGE: &str = "alinux2-image";
const BUILDER: &str = "arn:aws:imagebuilder:us-east-1:123456789012";
const FIRST_STACK: &str = "6accc570-b080-11ec-845e-0e2dc6386985";
const SECOND_STACK: &str = "9f2b1a44-b5b1-11ec-8a11-0a58a9feac02";

/// Read once: tests and fuzz targets make many stories.
static KEYS: LazyLock<KeyMap> = LazyLock::new(|| built_in().unwrap());

/// The timestamp of the first stack's first event.
fn start() -> DateTime<Utc> {
    parse_time("2022-04-05T21:36:02.125Z").unwrap()
}

/// A model, and the state of the API that it observes.
pub(crate) struct Story {
    pub(crate) model: Model,
    /// The part of the stack's id that a rebuild changes.
    pub(crate) stack: String,
    /// The timestamp of the current stack's first event.
    pub(crate) began: DateTime<Utc>,
    /// How many events were made, for their ids.
    made: usize,
    /// The effects that the model requested.
    pub(crate) effects: Vec<Effect>,
}

/// An event before it is JSON: seconds since the stack's start, id, type, status, reason.
pub(crate) type Fact<'a> = (i64, &'a str, &'a str, &'a str, &'a str);

impl Story {
    /// A watch before the first response.
    pub(crate) fn new(width: u16, height: u16) -> Self {
        let target = Target {
            image_id: IMAGE.to_owned(),
            region: Some(SafeText::new("us-east-1")),
            backend: None,
            note: None,
        };
        let preferences = Preferences::new(Mode::Screen, KEYS.clone());
        let session = Session::new(SessionId::default(), target, None);
        let mut story = Self {
            model: Model::new(preferences, session, start()),
            stack: FIRST_STACK.to_owned(),
            began: start(),
            made: 0,
            effects: Vec::new(),
        };
        story.resize(width, height);
        story
    }

    /// Hands the model a message.
    pub(crate) fn msg(&mut self, msg: Msg) {
        self.effects.extend(update(&mut self.model, msg));
    }

    /// Sets the time to that many seconds after the stack's start.
    pub(crate) fn at(&mut self, seconds: i64) -> &mut Self {
        let now = self.began + TimeDelta::seconds(seconds);
        self.msg(Msg::Tick {
            now,
            offset: Utc.fix(),
            elapsed: (now - start()).to_std().unwrap_or_default(),
            running: (now - start()).to_std().unwrap_or_default(),
            is_machine_time: false,
            slept: false,
        });
        self
    }

    /// Reports that the machine's clock is slow by that many seconds, or fast if they are negative.
    pub(crate) fn machine_is_behind(&mut self, seconds: i64) -> &mut Self {
        self.observe(Seen::ClockOff(TimeDelta::seconds(seconds)))
    }

    /// Sets the machine's clock forward by that many seconds, or back, while one second passes.
    pub(crate) fn set_clock(&mut self, seconds: i64) -> &mut Self {
        self.msg(Msg::Tick {
            now: self.model.now + TimeDelta::seconds(seconds),
            is_machine_time: true,
            offset: Utc.fix(),
            elapsed: self.model.elapsed + Duration::from_secs(1),
            running: self.model.elapsed + Duration::from_secs(1),
            slept: false,
        });
        self
    }

    /// The time since the watch began.
    pub(crate) fn elapsed(&self) -> Duration {
        (self.model.now - start()).to_std().unwrap_or_default()
    }

    /// Changes the terminal's size.
    pub(crate) fn resize(&mut self, width: u16, height: u16) {
        self.msg(Msg::Resized(Size { width, height }));
    }

    /// Presses keys: a character each, `>` for enter, `<` for escape, `^` for tab.
    pub(crate) fn keys(&mut self, keys: &str) -> &mut Self {
        for key in keys.chars() {
            let key = match key {
                '>' => Key::Enter,
                '<' => Key::Esc,
                '^' => Key::Tab,
                other => Key::Char(other),
            };
            self.msg(Msg::Key(key));
        }
        self
    }

    /// The poller observes something now; the next poll is in 5 s.
    pub(crate) fn observe(&mut self, seen: Seen) -> &mut Self {
        let observation = api::observation(self.model.now, self.elapsed(), seen);
        self.msg(Msg::Observed(self.model.shown.id, vec![observation].into()));
        self
    }

    /// A request of a stream fails.
    pub(crate) fn fail(&mut self, stream: Stream, fault: Fault) -> &mut Self {
        let seen = Seen::Failed(fault);
        let observation = api::observation_of(stream, self.model.now, self.elapsed(), seen);
        self.msg(Msg::Observed(self.model.shown.id, vec![observation].into()));
        self
    }

    fn stack_id(&self) -> String {
        format!(
            "arn:aws:cloudformation:us-east-1:123456789012:stack/{IMAGE}/{}",
            self.stack
        )
    }

    /// A page of events, given oldest first. `whole`: it completes its walk.
    pub(crate) fn page(&mut self, facts: &[Fact<'_>], whole: bool) -> &mut Self {
        let events = self.json_of(facts);
        self.raw_page(&events, whole)
    }

    /// The first page of a restarted walk, which drops the uncommitted events of the walk before it.
    pub(crate) fn restart(&mut self, facts: &[Fact<'_>], whole: bool) -> &mut Self {
        let events = self.json_of(facts);
        let restarted = true;
        let page = self.page_of(&events, whole);
        self.observe(Seen::Page(WalkStep { restarted, ..page }))
    }

    /// Another stack builds the image from now on, or the first one again.
    pub(crate) fn change_stack(&mut self) {
        let other = if self.stack == FIRST_STACK {
            SECOND_STACK
        } else {
            FIRST_STACK
        };
        other.clone_into(&mut self.stack);
    }

    /// A page of events given as JSON, oldest first.
    pub(crate) fn raw_page(&mut self, events: &[String], whole: bool) -> &mut Self {
        let page = self.page_of(events, whole);
        self.observe(Seen::Page(page))
    }

    /// A whole walk that noted gaps below each `nth` event of the stack: the service refused the pages there.
    pub(crate) fn refuse_below_each(&mut self, nth: usize) -> &mut Self {
        let stack_id = StackId::from(self.stack_id().as_str());
        let timelines = self.model.shown.build.timelines().iter();
        let own = timelines.filter(|timeline| *timeline.stack_id() == stack_id);
        let rows = own.flat_map(|timeline| {
            let rows = 0..timeline.rows(Selection::ALL);
            rows.filter_map(|index| timeline.row(Selection::ALL, index))
        });
        let events = rows.filter_map(|row| match row {
            TimelineRow::Event(event) => Some(event.event_id.clone()),
            TimelineRow::Gap => None,
        });
        let gaps = Some(events.step_by(nth).collect());
        let page = self.page_of(&[], true);
        self.observe(Seen::Page(WalkStep { gaps, ..page }))
    }

    /// Events, given oldest first, that an earlier watch recorded.
    pub(crate) fn resume(&mut self, facts: &[Fact<'_>]) -> &mut Self {
        let events = self.json_of(facts);
        let page = self.page_of(&events, true);
        let now = self.model.now;
        let page = api::observation(now, Duration::ZERO, Seen::Page(page));
        self.observe(Seen::Resumed(vec![page]))
    }

    fn json_of(&mut self, facts: &[Fact<'_>]) -> Vec<String> {
        let json = facts.iter().map(|fact| self.event(fact).to_string());
        json.collect()
    }

    fn page_of(&self, events: &[String], whole: bool) -> WalkStep {
        let stack_id = StackId::from(self.stack_id().as_str());
        let newest_first = events.iter().rev();
        let fresh = newest_first.map(|json| StackEvent::from_json(json, Some(&stack_id)).into());
        api::page(stack_id.as_str(), fresh.collect(), whole)
    }

    /// A whole page of events, two seconds after the last of them.
    pub(crate) fn events(&mut self, facts: &[Fact<'_>]) -> &mut Self {
        let last = facts.last().map_or(0, |fact| fact.0);
        self.at(last + 2).page(facts, true)
    }

    fn event(&mut self, (seconds, id, kind, status, reason): &Fact<'_>) -> Value {
        self.made += 1;
        let time = self.began + TimeDelta::seconds(*seconds);
        let time = time.to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
        let stack = self.stack_id();
        let physical = match *id {
            IMAGE => stack.clone(),
            "ParallelClusterComponent" => {
                format!("{BUILDER}:component/parallelclusterimage-6accc570/3.16.1/1")
            }
            id => format!("{IMAGE}-{id}-1A2B3C"),
        };
        let mut event = json!({
            "stackId": stack, "stackName": IMAGE, "eventId": format!("{id}-{status}-{}", self.made),
            "logicalResourceId": id, "physicalResourceId": physical, "resourceType": kind,
            "timestamp": time, "resourceStatus": status,
        });
        if !reason.is_empty() {
            event["resourceStatusReason"] = json!(reason);
        }
        if let Some(properties) = properties(id) {
            event["resourceProperties"] = json!(properties.to_string());
        }
        event
    }

    /// A response of DescribeImage while there is no AMI.
    pub(crate) fn describe(
        &mut self,
        build_status: &str,
        builder_status: Option<&str>,
    ) -> &mut Self {
        let image = ImageDescription {
            region: Some(SafeText::new("us-east-1")),
            version: Some(SafeText::new("3.16.1")),
            stack_id: Some(StackId::from(self.stack_id().as_str())),
            builder_status: builder_status.map(SafeText::new),
            ..api::image(build_status, None)
        };
        self.observe(Seen::Image(ImageAnswer::Described(Box::new(image))))
    }

    /// A response of DescribeImage with the AMI.
    pub(crate) fn complete(&mut self) -> &mut Self {
        let mut image = ImageDescription {
            region: Some(SafeText::new("us-east-1")),
            version: Some(SafeText::new("3.16.1")),
            creation_time: Some(self.model.now),
            ..api::image("BUILD_COMPLETE", Some("ami-0123456789abcdef0"))
        };
        if let Some(ami) = &mut image.ami {
            ami.name = Some(SafeText::new(IMAGE));
            ami.state = Some(SafeText::new("AVAILABLE"));
        }
        self.observe(Seen::Image(ImageAnswer::Described(Box::new(image))))
    }

    /// A failed request for events.
    pub(crate) fn fault(&mut self, kind: FaultKind, message: &str, hint: &str) -> &mut Self {
        self.observe(Seen::Failed(api::failed_request(kind, message, hint)))
    }
}

fn properties(id: &str) -> Option<Value> {
    let arn = BUILDER;
    match id {
        "ParallelClusterImage" => Some(json!({
            "InfrastructureConfigurationArn":
                format!("{arn}:infrastructure-configuration/parallelclusterimage-6accc570"),
            "ImageRecipeArn": format!("{arn}:image-recipe/parallelclusterimage-alinux2-image/3.16.1"),
            "EnhancedImageMetadataEnabled": "false",
            "Tags": {"parallelcluster:image_name": IMAGE, "parallelcluster:image_id": IMAGE},
        })),
        "ParallelClusterComponent" => Some(json!({
            "Name": "parallelclusterimage-6accc570", "Platform": "Linux", "Version": "3.16.1",
            "Data": "name: PCluster\nphases:\n  - name: build\n    steps:\n      - name: SystemInfo\n",
        })),
        _ => None,
    }
}
