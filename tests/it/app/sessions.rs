//! Two sessions in one program do not affect each other: each has the frames and the entries that it has alone.
//!
//! `PROPTEST_CASES=20000 cargo test --test it app::sessions` plays 20,000 cases of each property instead of a few.

use std::time::Duration;

use bakewatch::testing::app::{
    Effect, ExitPolicy, Key, Mode, Model, Msg, Preferences, Session, SessionId, Target, update,
};
use bakewatch::testing::config::built_in_keys as built_in;
use bakewatch::testing::domain::{FaultKind, ImageAnswer, Seen, Stream, WalkStep};
use bakewatch::testing::text::SafeText;
use chrono::{DateTime, Offset, TimeDelta, Utc};
use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::Size;
use serde_json::json;

use crate::support::api;
use crate::support::builds;
use crate::support::frame::{COLOUR, draw, lines};

const IMAGES: [&str; 2] = ["first-image", "second-image"];
const RESOURCES: [&str; 4] = ["", "InstanceRole", "ImageRecipe", "ParallelClusterImage"];
const STATUSES: [&str; 6] = [
    "CREATE_IN_PROGRESS",
    "CREATE_COMPLETE",
    "CREATE_FAILED",
    "ROLLBACK_COMPLETE",
    "DELETE_IN_PROGRESS",
    "DELETE_COMPLETE",
];

#[derive(Clone, Debug)]
enum Response {
    Events {
        /// Indexes of a resource and a status, oldest first. The first resource is the stack.
        events: Vec<(usize, usize)>,
        restarted: bool,
        whole: bool,
        audit: bool,
    },
    Gone,
    Absent,
    Described(&'static str, bool),
    Fault(FaultKind),
    ImageFault(FaultKind),
}

/// Seconds pass, then a session's poller gets a response, or the user presses a key in the session on the screen.
#[derive(Clone, Debug)]
enum Step {
    Response(usize, i64, Response),
    Key(char, i64),
}

/// A response with fewer events than that.
fn response(events: usize) -> impl Strategy<Value = Response> {
    let events = prop::collection::vec((0..RESOURCES.len(), 0..STATUSES.len()), 0..events);
    let kinds = vec![
        FaultKind::Throttled,
        FaultKind::Transient,
        FaultKind::Denied,
    ];
    let fault = prop::sample::select(kinds);
    prop_oneof![
        6 => (events, prop::bool::weighted(0.2), any::<bool>(), prop::bool::weighted(0.2)).prop_map(
            |(events, restarted, whole, audit)| Response::Events { events, restarted, whole, audit }
        ),
        1 => Just(Response::Gone),
        1 => Just(Response::Absent),
        2 => (prop::sample::select(vec!["BUILD_IN_PROGRESS", "BUILD_COMPLETE", "BUILD_FAILED"]), any::<bool>())
            .prop_map(|(status, made)| Response::Described(status, made)),
        1 => fault.clone().prop_map(Response::Fault),
        1 => fault.prop_map(Response::ImageFault),
    ]
}

fn steps(keys: &'static str) -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(step(keys, 6), 1..30)
}

fn step(keys: &'static str, events: usize) -> impl Strategy<Value = Step> {
    let key = prop::sample::select(keys.chars().collect::<Vec<_>>());
    prop_oneof![
        4 => (0..IMAGES.len(), 0..90_i64, response(events)).prop_map(|(of, wait, response)| Step::Response(of, wait, response)),
        1 => (key, 0..90_i64).prop_map(|(key, wait)| Step::Key(key, wait)),
    ]
}

const SIZE: Size = Size {
    width: 110,
    height: 30,
};

/// Has room for all rows: how far a list is scrolled depends on how many observations come between two frames.
const TALL: Size = Size {
    width: 110,
    height: 240,
};

fn id(index: usize) -> SessionId {
    SessionId(u32::try_from(index).unwrap())
}

fn target(index: usize) -> Target {
    Target {
        image_id: IMAGES[index].to_owned(),
        region: Some(SafeText::new("us-east-1")),
        backend: None,
        note: None,
    }
}

fn session(index: usize, mode: Mode) -> Session {
    let exit = (mode == Mode::Headless).then(|| ExitPolicy::new(index == 1));
    Session::new(id(index), target(index), exit)
}

/// A program that watches some of the sessions: the first of them is on the screen.
struct Program {
    model: Model,
    watched: Vec<usize>,
    /// The session of each image, or its last one.
    sessions: [Option<SessionId>; 2],
    /// How many effects there were before that session began.
    before: [usize; 2],
    elapsed: i64,
    made: usize,
    effects: Vec<Effect>,
}

impl Program {
    fn new(watched: &[usize], mode: Mode) -> Self {
        let of = |index| watched.contains(&index).then(|| id(index));
        let preferences = Preferences::new(mode, built_in().unwrap());
        let mut sessions = watched.iter().map(|index| session(*index, mode));
        let shown = Model::new(preferences, sessions.next().unwrap(), DateTime::UNIX_EPOCH);
        let mut program = Self {
            model: sessions.fold(shown, Model::with),
            watched: watched.to_vec(),
            sessions: [of(0), of(1)],
            before: [0; 2],
            elapsed: 0,
            made: 0,
            effects: Vec::new(),
        };
        program.send(Msg::Resized(SIZE));
        program
    }

    fn send(&mut self, msg: Msg) {
        self.effects.extend(update(&mut self.model, msg));
    }

    fn now(&self) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(self.elapsed)
    }

    fn running(&self) -> Duration {
        Duration::from_secs(self.elapsed.unsigned_abs())
    }

    /// A program that begins, at the present time of another one, to watch one image in this session.
    fn beside(other: &Self, image: usize, session: SessionId) -> Self {
        let preferences = Preferences::new(Mode::Screen, built_in().unwrap());
        let shown = Session::new(session, target(image), None);
        let mut sessions = [None; 2];
        sessions[image] = Some(session);
        let mut program = Self {
            model: Model::new(preferences, shown, other.now()),
            watched: vec![image],
            sessions,
            before: [0; 2],
            elapsed: other.elapsed,
            made: other.made,
            effects: Vec::new(),
        };
        program.send(Msg::Resized(TALL));
        program.tick();
        program
    }

    /// Takes a step; what concerns a session that is not watched here is left out. Keys are for `user`.
    fn take(&mut self, step: &Step, user: usize) {
        let takes_keys = self.watched[0] == user;
        self.take_as(step, takes_keys);
    }

    fn take_as(&mut self, step: &Step, takes_keys: bool) {
        let (Step::Response(_, wait, _) | Step::Key(_, wait)) = step;
        self.elapsed += wait;
        self.made += 10;
        self.tick();
        match step {
            Step::Response(of, _, response) => {
                if let Some(session) = self.sessions[*of] {
                    let seen = self.seen(IMAGES[*of], response);
                    let stream = match response {
                        Response::Events { .. } | Response::Gone | Response::Fault(_) => {
                            Stream::Events
                        }
                        Response::Absent | Response::Described(..) | Response::ImageFault(_) => {
                            Stream::Image
                        }
                    };
                    let observation = api::observation_of(stream, self.now(), self.running(), seen);
                    self.send(Msg::Observed(session, vec![observation].into()));
                }
            }
            Step::Key(key, _) if takes_keys => self.press(*key),
            Step::Key(..) => {}
        }
        while self.model.shown.has_index_work() {
            self.send(Msg::Idle);
        }
    }

    fn tick(&mut self) {
        self.send(Msg::Tick {
            now: self.now(),
            offset: Utc.fix(),
            elapsed: self.running(),
            running: self.running(),
            is_machine_time: false,
            slept: false,
        });
    }

    /// Presses a key; `/` and `&` are a whole search and a whole filter, and `>` is enter.
    fn press(&mut self, key: char) {
        let typed = if "/&".contains(key) { "Recipe>" } else { "" };
        for key in std::iter::once(key).chain(typed.chars()) {
            self.send(Msg::Key(match key {
                '>' => Key::Enter,
                key => Key::Char(key),
            }));
        }
    }

    fn seen(&self, image: &str, response: &Response) -> Seen {
        match response {
            Response::Events {
                events,
                restarted,
                whole,
                audit,
            } => {
                let json = events.iter().enumerate().map(|(number, (resource, status))| {
                    let resource = RESOURCES[*resource];
                    let resource = if resource.is_empty() { image } else { resource };
                    json!({
                        "stackId": image, "stackName": image, "eventId": format!("{}", self.made + number),
                        "logicalResourceId": resource, "physicalResourceId": image,
                        "resourceType": "AWS::CloudFormation::Stack", "resourceStatus": STATUSES[*status],
                        "timestamp": self.now().to_rfc3339(), "resourceStatusReason": format!("of {image}"),
                    })
                });
                let fresh = json.rev().map(|json| api::event(&json)).collect();
                Seen::Page(WalkStep {
                    restarted: *restarted,
                    audit: *audit,
                    ..api::page(image, fresh, *whole)
                })
            }
            Response::Gone => Seen::StackGone,
            Response::Absent => Seen::Image(ImageAnswer::Absent),
            Response::Described(status, made) => {
                let ami = made.then_some("ami-0123456789abcdef0");
                Seen::Image(ImageAnswer::Described(Box::new(api::image(status, ami))))
            }
            Response::Fault(kind) | Response::ImageFault(kind) => Seen::Failed(api::fault(*kind)),
        }
    }

    fn frame(&self) -> Buffer {
        draw(&self.model, &COLOUR)
    }

    /// Checks that the frames are the same, except for the first and the last line, which name the other builds and
    /// their keys, too.
    fn assert_looks_as(&self, other: &Self) -> Result<(), TestCaseError> {
        let frames = [self, other].map(|program| draw(&program.model, &COLOUR));
        let [one, two] = frames.each_ref().map(|frame| {
            let columns = usize::from(frame.area.width);
            &frame.content[columns..frame.content.len() - columns]
        });
        let text = |frame: &Buffer| lines(frame).join("\n");
        prop_assert!(
            one == two,
            "{}\ninstead of\n{}",
            text(&frames[0]),
            text(&frames[1])
        );
        Ok(())
    }

    /// The effects that concern a session.
    fn effects_of(&self, index: usize) -> Vec<String> {
        self.effects_in(index, id(index))
    }

    /// The effects that concern an image in this session of it.
    fn effects_in(&self, index: usize, session: SessionId) -> Vec<String> {
        let concerns = |effect: &&Effect| match effect {
            Effect::Emit(of, _)
            | Effect::Poll(of, _)
            | Effect::EnterCode(of, _)
            | Effect::WriteReport(of)
            | Effect::Stop(of)
            | Effect::Close(of, _) => *of == session,
            Effect::Notify(text) => text.contains(IMAGES[index]),
            Effect::Run(outcome) => outcome.record.image_id.as_str() == IMAGES[index],
            Effect::Remark(_)
            | Effect::List(_)
            | Effect::Open { .. }
            | Effect::Compare(_)
            | Effect::Copy(_)
            | Effect::Mouse(_)
            | Effect::Playback(..)
            | Effect::Redraw
            | Effect::Suspend
            | Effect::Exit(_) => false,
        };
        let effects = self.effects.iter().skip(self.before[index]);
        let effects = effects.filter(concerns);
        effects.map(|effect| format!("{effect:?}")).collect()
    }
}

/// What the user does with the builds.
#[derive(Clone, Debug)]
enum Change {
    /// Opens the build of this image, and shows it at once or not.
    Open(usize, bool),
    Close(usize),
    Next,
    Previous,
    /// Chooses the build of this image in the view of all builds.
    Choose(usize),
}

fn change() -> impl Strategy<Value = Change> {
    let image = 0..IMAGES.len();
    prop_oneof![
        3 => (image.clone(), any::<bool>()).prop_map(|(image, at_once)| Change::Open(image, at_once)),
        1 => image.clone().prop_map(Change::Close),
        2 => Just(Change::Next),
        1 => Just(Change::Previous),
        2 => image.prop_map(Change::Choose),
    ]
}

impl Program {
    /// The image of the build on the screen.
    fn shown_image(&self) -> Option<usize> {
        let shown = Some(self.model.shown.id);
        let is_open = !self.model.shown.is_placeholder();
        let mut sessions = self.sessions.iter();
        sessions.position(|session| is_open && *session == shown)
    }

    /// Moves the cursor of the view of all builds to a build. False if it is not open.
    fn mark(&mut self, image: usize) -> bool {
        let session = self.sessions[image];
        let Some(session) = session.filter(|id| self.model.session(*id).is_some()) else {
            return false;
        };
        self.send(Msg::Key(Key::Char('B')));
        let ids: Vec<_> = self.model.in_order().iter().map(|one| one.id).collect();
        let at = ids.iter().position(|id| *id == session).unwrap();
        self.send(Msg::Key(Key::Char('g')));
        for _ in 0..at {
            self.send(Msg::Key(Key::Char('j')));
        }
        true
    }

    /// Applies a change; `alone` has a program for each build that is open.
    fn apply(
        &mut self,
        change: &Change,
        alone: &mut [Option<Self>; 2],
        next: &mut usize,
    ) -> Result<(), TestCaseError> {
        match change {
            Change::Open(image, _) if alone[*image].is_some() => {}
            Change::Open(image, at_once) => {
                let (session, target) = (id(*next), target(*image));
                *next += 1;
                self.send(Msg::Opened {
                    id: session,
                    target,
                    is_first: *at_once,
                    reads_log: false,
                });
                self.sessions[*image] = Some(session);
                self.before[*image] = self.effects.len();
                alone[*image] = Some(Self::beside(self, *image, session));
                if *at_once {
                    prop_assert_eq!(self.model.shown.id, session);
                }
            }
            // Without a build there is the picker instead.
            Change::Close(_) if alone.iter().flatten().count() == 1 => {}
            Change::Close(image) => {
                let Some(closed) = alone[*image].take() else {
                    return Ok(());
                };
                prop_assert!(self.mark(*image));
                self.send(Msg::Key(Key::Delete));
                self.send(Msg::Key(Key::Esc));
                let session = closed.sessions[*image].unwrap();
                prop_assert!(self.model.session(session).is_none());
                let mut all = self.effects_in(*image, session);
                let last = all.pop().unwrap_or_default();
                prop_assert!(
                    last.starts_with("Close"),
                    "it is polled no longer: {}",
                    last
                );
                prop_assert_eq!(all, closed.effects_in(*image, session));
            }
            Change::Next => self.send(Msg::Key(Key::Char('}'))),
            Change::Previous => self.send(Msg::Key(Key::Char('{'))),
            Change::Choose(image) => {
                if self.mark(*image) {
                    self.send(Msg::Key(Key::Enter));
                    prop_assert_eq!(self.shown_image(), Some(*image));
                }
            }
        }
        if let Some(shown) = self.shown_image().and_then(|image| alone[image].as_mut()) {
            self.assert_looks_as(shown)?;
        }
        Ok(())
    }
}

/// A case has many frames, so there are fewer of them than usual, unless `PROPTEST_CASES` says how many.
#[expect(
    clippy::disallowed_methods,
    reason = "a number of cases for this run only"
)]
fn cases() -> ProptestConfig {
    let usual = ProptestConfig::default();
    if std::env::var_os("PROPTEST_CASES").is_some() {
        return usual;
    }
    ProptestConfig { cases: 32, ..usual }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn two_sessions_on_a_screen_are_shown_as_if_each_were_alone(steps in steps("jkgG123>esJdo"), user in 0..2_usize) {
        let hidden = 1 - user;
        let mut both = Program::new(&[user, hidden], Mode::Screen);
        let mut alone = [Program::new(&[0], Mode::Screen), Program::new(&[1], Mode::Screen)];
        for (number, step) in steps.iter().enumerate() {
            both.take(step, user);
            for program in &mut alone {
                program.take(step, user);
            }
            // Drawing takes most of the time, and what is wrong stays so for longer than a step.
            if number % 3 == 0 {
                both.assert_looks_as(&alone[user])?;
            }
        }
        both.assert_looks_as(&alone[user])?;
        for (index, program) in alone.iter().enumerate() {
            prop_assert_eq!(both.effects_of(index), program.effects_of(index));
        }
        both.send(Msg::Show(id(hidden)));
        both.assert_looks_as(&alone[hidden])?;
        both.send(Msg::Show(id(user)));
        both.assert_looks_as(&alone[user])?;
        prop_assert_eq!(&both.model.toast, &None, "the result of the last key is not shown again");
    }

    /// Each build is as it would be alone from its opening on, whatever else is opened, shown and closed meanwhile.
    #[test]
    fn opening_closing_and_switching_leave_each_build_as_it_is(
        rounds in prop::collection::vec((change(), prop::collection::vec(step("jkgG123>esdo/&&JJ", 3), 1..7)), 1..7)
    ) {
        let mut several = Program::new(&[0], Mode::Screen);
        let mut alone = [Some(Program::new(&[0], Mode::Screen)), None];
        several.send(Msg::Resized(TALL));
        alone.iter_mut().flatten().for_each(|alone| alone.send(Msg::Resized(TALL)));
        let mut next = 1;
        for (change, steps) in &rounds {
            several.apply(change, &mut alone, &mut next)?;
            let shown = several.shown_image();
            let is_shown = |image: usize| shown == Some(image);
            for step in steps {
                let before = several.effects.len();
                several.take_as(step, true);
                for image in 0..IMAGES.len() {
                    if let Some(alone) = &mut alone[image] {
                        alone.take_as(step, is_shown(image));
                    } else if let Step::Response(of, ..) = step && *of == image {
                        prop_assert_eq!(several.effects.len(), before, "of a build that was closed");
                    }
                }
            }
            if let Some(alone) = shown.and_then(|image| alone[image].as_ref()) {
                several.assert_looks_as(alone)?;
            }
        }
        for (image, alone) in alone.iter().enumerate() {
            if let (Some(alone), Some(session)) = (alone, several.sessions[image]) {
                several.send(Msg::Show(session));
                several.assert_looks_as(alone)?;
                prop_assert_eq!(several.effects_in(image, session), alone.effects_in(image, session));
            }
        }
    }

    #[test]
    fn two_headless_sessions_print_as_if_each_were_alone(steps in steps("j"), first in 0..2_usize) {
        let mut both = Program::new(&[first, 1 - first], Mode::Headless);
        let mut alone = [Program::new(&[0], Mode::Headless), Program::new(&[1], Mode::Headless)];
        for step in &steps {
            both.take(step, 0);
            for program in &mut alone {
                program.take(step, 0);
            }
        }
        for (index, program) in alone.iter().enumerate() {
            prop_assert_eq!(both.effects_of(index), program.effects_of(index));
        }
        let has_ended = |program: &Program| program.effects.iter().any(|effect| matches!(effect, Effect::Exit(_)));
        prop_assert_eq!(has_ended(&both), alone.iter().all(has_ended));
    }
}

#[test]
fn a_remark_about_a_recording_is_shown_with_its_build_only() {
    let mut both = Program::new(&[0, 1], Mode::Screen);
    let events = |of| {
        let events = vec![(0, 0)];
        let (restarted, audit) = (false, false);
        let whole = true;
        Step::Response(
            of,
            1,
            Response::Events {
                events,
                restarted,
                whole,
                audit,
            },
        )
    };
    both.take(&events(0), 0);
    both.take(&events(1), 0);
    let before = both.frame();
    both.send(Msg::RecordingEnded(id(1)));
    assert_eq!(both.frame(), before);
    both.send(Msg::Show(id(1)));
    assert!(
        lines(&both.frame())
            .concat()
            .contains("end of the recording")
    );
}

/// At 80 columns the header names the other build, and the view of all builds has each build's badge, time, age and stage.
#[test]
fn eighty_columns_have_the_other_builds_and_how_far_each_is() {
    let mut both = Program::new(&[0, 1], Mode::Screen);
    both.send(Msg::Resized(Size {
        width: 80,
        height: 24,
    }));
    for of in 0..2 {
        let events = vec![(0, 0), (3, 0)];
        let response = Response::Events {
            events,
            restarted: false,
            whole: true,
            audit: false,
        };
        both.take(&Step::Response(of, 61, response), 0);
    }
    let header = lines(&both.frame()).swap_remove(0);
    assert!(header.contains("second-image"), "{header}");
    both.send(Msg::Key(Key::Char('B')));
    let shown = lines(&both.frame());
    for image in IMAGES {
        let mut rows = shown.iter().filter(|line| line.contains(image));
        let parts = ["BUILDING", " ago", "ParallelClusterImage"];
        let is_whole = |row: &String| parts.iter().all(|part| row.contains(part));
        assert!(rows.any(is_whole), "{image}: {shown:#?}");
    }
}

/// A success whose stack could not delete itself is a success: its row has the AMI, not the reason of the leftover.
#[test]
fn the_row_of_a_success_has_its_ami_even_if_its_stack_is_left_over() {
    let mut story = builds::leftover(100, 30);
    story.keys("B");
    let shown = lines(&draw(&story.model, &COLOUR));
    let ami = story
        .model
        .shown
        .build
        .ami()
        .unwrap()
        .id
        .as_str()
        .to_owned();
    let is_row = |row: &&String| row.contains("SUCCEEDED") && row.starts_with("│▌");
    let row = shown.iter().find(is_row);
    assert!(row.is_some_and(|row| row.contains(&ami)), "{shown:#?}");
}

/// Where the only build is closed, the picker has others; what still arrives of the closed one changes nothing.
#[test]
fn closing_the_only_build_opens_the_picker() {
    let mut program = Program::new(&[0], Mode::Screen);
    for key in [Key::Char('B'), Key::Delete] {
        program.send(Msg::Key(key));
    }
    assert!(program.model.shown.is_placeholder());
    let shown = lines(&program.frame()).concat();
    assert!(shown.contains("Builds to watch"), "{shown}");
    let closes = |effect: &Effect| matches!(effect, Effect::Close(of, _) if *of == id(0));
    assert!(program.effects.iter().any(closes), "{:?}", program.effects);
    let lists = |effect: &Effect| matches!(effect, Effect::List(true));
    assert!(program.effects.iter().any(lists), "{:?}", program.effects);
    let before = program.frame();
    program.take(&Step::Response(0, 0, Response::Gone), 0);
    assert_eq!(program.frame(), before);
    let target = target(0);
    let is_first = true;
    program.send(Msg::Opened {
        id: id(1),
        target,
        is_first,
        reads_log: false,
    });
    assert_eq!(program.model.shown.id, id(1));
}

/// A prompt and a menu work on the shown build: with another one shown they are closed, and a pattern that was not
/// confirmed is taken back.
#[test]
fn an_open_prompt_or_menu_is_closed_with_its_build() {
    for keys in ["/x", "f", "?", "f?"] {
        let mut both = Program::new(&[0, 1], Mode::Screen);
        both.send(Msg::Show(id(1)));
        let other = both.frame();
        both.send(Msg::Show(id(0)));
        let before = both.frame();
        for key in keys.chars() {
            both.send(Msg::Key(Key::Char(key)));
        }
        assert_ne!(both.frame(), before, "{keys}");
        both.send(Msg::Show(id(1)));
        assert_eq!(both.frame(), other, "{keys}");
        both.send(Msg::Show(id(0)));
        assert_eq!(both.frame(), before, "{keys}");
    }
}
