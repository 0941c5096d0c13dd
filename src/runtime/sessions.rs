//! The running sessions: starts the source of a session's observations, a poller or the player of a recording, and passes
//! the application's requests to it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::mpsc;

use crate::app::effect::{PlaybackRequest, PollRequest};
use crate::app::msg::Msg;
use crate::app::session::{SessionId, Target};
use crate::app::status::playback::Playback;
use crate::backend::parallelcluster::MfaSessions;
use crate::backend::{Backend, Source};
use crate::clock::Clock;
use crate::demo::Simulator;
use crate::domain::observation::{Batch, Observation, ObservationList};
use crate::domain::outcome::Outcome;
use crate::poll::log::LogStart;
use crate::poll::permit::{Budgets, Shown};
use crate::poll::poller::Poller;
use crate::poll::schedule::{Attention, PollCommand};
use crate::poll::schedules::Schedules;
use crate::recording::{Player, RecordingSink, Writer, Writing};
use crate::runtime::inbox::{Inbox, RemarkSender};
use crate::runtime::process::tasks::Tasks;
use crate::runtime::recorder;
use crate::runtime::recorder::Destination;
use crate::runtime::replay::{Outputs, replay};
use crate::text::secret::Secret;

/// The capacity of the queue of commands: one of each kind, and one more.
const COMMANDS: usize = 5;
/// The capacity of the queue of a replay's keys: more are pressed only by a key that repeats.
const KEYS: usize = 32;

/// A checked watch that has not sent a request yet.
#[derive(Debug)]
pub(super) struct Prepared {
    pub target: Target,
    pub clock: Clock,
    pub origin: Origin,
    /// The replay of a recording, if this is one.
    pub playback: Option<Playback>,
}

/// The origin of the observations.
#[derive(Debug)]
pub(super) enum Origin {
    Api {
        backend: Backend,
        /// `--interval`.
        interval: Option<Duration>,
        /// The simulated API of the demo.
        simulator: Option<Box<Simulator>>,
    },
    Recording(ObservationList),
}

impl Origin {
    /// Whether the build log is read, too.
    pub(super) fn reads_log(&mut self) -> bool {
        match self {
            Self::Api { backend, .. } => backend.log_source().is_some(),
            Self::Recording(_) => false,
        }
    }
}

impl Prepared {
    /// Whether this is the replay of a recording.
    pub(super) fn is_replay(&self) -> bool {
        matches!(self.origin, Origin::Recording(_))
    }
}

/// The recordings, until the program ends.
#[derive(Clone, Debug, Default)]
pub(super) struct Writers(Arc<Mutex<Vec<(SessionId, Writer)>>>);

impl Writers {
    fn all(&self) -> MutexGuard<'_, Vec<(SessionId, Writer)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, session: SessionId, writer: Option<Writer>) {
        self.all().extend(writer.map(|writer| (session, writer)));
    }

    pub(super) fn take(&self) -> Vec<(SessionId, Writer)> {
        std::mem::take(&mut *self.all())
    }

    fn take_of(&self, session: SessionId) -> Option<Writer> {
        let mut all = self.all();
        let at = all.iter().position(|(id, _)| *id == session)?;
        Some(all.swap_remove(at).1)
    }
}

/// The inbox of all sessions, and the commands to their pollers.
#[derive(Debug)]
pub(super) struct Sessions {
    pub clock: Clock,
    pub inbox: Inbox,
    /// The budgets of the endpoints: sessions that poll the same one share it.
    budgets: Budgets,
    shown: Vec<(SessionId, Shown)>,
    mfa: MfaSessions,
    pub messages: mpsc::Sender<Msg>,
    writers: Writers,
    /// The thread that writes the recordings, once there is one.
    writing: Option<Writing>,
    /// Where the build log is read from first.
    pub log_start: LogStart,
    /// How much is fetched of a build that is not on the screen.
    pub otherwise: Attention,
    pollers: Vec<(SessionId, mpsc::Sender<PollCommand>)>,
    players: Vec<(SessionId, mpsc::Sender<PlaybackRequest>)>,
}

impl Sessions {
    /// No sessions yet.
    pub(super) fn new(
        clock: Clock,
        (inbox, messages): (Inbox, mpsc::Sender<Msg>),
        mfa: MfaSessions,
        writers: Writers,
    ) -> Self {
        Self {
            messages,
            writers,
            writing: None,
            log_start: LogStart::Newest,
            otherwise: Attention::Whole,
            budgets: Budgets::new(clock.clone()),
            shown: Vec::new(),
            clock,
            inbox,
            mfa,
            pollers: Vec::new(),
            players: Vec::new(),
        }
    }

    /// The session on the screen: its requests come first, and only its log is read.
    pub(super) fn show(&self, session: SessionId) {
        for (id, shown) in &self.shown {
            shown.set(*id == session);
        }
    }

    /// What the list of images needs to share the budgets.
    pub(super) fn budgets(&self) -> Budgets {
        self.budgets.clone()
    }

    /// Stops to poll: a poller ends without its commands.
    pub(super) fn stop(&mut self, session: SessionId) {
        self.pollers.retain(|(id, _)| *id != session);
        self.shown.retain(|(id, _)| *id != session);
    }

    /// Stops to poll, and ends the recording, so that another watch of the build can resume it.
    pub(super) fn close(
        &mut self,
        session: SessionId,
        outcome: Outcome,
        at: DateTime<Utc>,
        tasks: &mut Tasks,
    ) {
        self.stop(session);
        if let Some(writer) = self.writers.take_of(session) {
            let messages = self.messages.clone();
            tasks.spawn("recordings", async move {
                if let Some(failure) = writer.end(outcome, at).await {
                    // Fails if the loop has ended.
                    let _ = messages.send(Msg::Remark(recorder::remark(failure))).await;
                }
            });
        }
    }

    /// Starts to poll or to play, once the recording is open.
    pub(super) fn start(
        &mut self,
        session: SessionId,
        origin: Origin,
        destination: Option<Destination>,
        tasks: &mut Tasks,
    ) {
        let messages = self.messages.clone();
        let writer = destination.is_some().then(|| {
            let start = || recorder::start(RemarkSender::new(&messages), tasks);
            self.writing.get_or_insert_with(start).open()
        });
        let opening = destination.map(|destination| destination.open(tasks));
        let to_message = move |observations| Msg::Observed(session, observations);
        let sink = RecordingSink::new(writer.as_ref(), messages.clone(), to_message);
        self.writers.add(session, writer);
        let clock = self.clock.clone();
        let (backend, interval, simulator) = match origin {
            Origin::Recording(recorded) => {
                let player = Player::new(recorded, clock.clone());
                let (commands, receiver) = mpsc::channel(KEYS);
                tasks.spawn("player", async move {
                    if let Some(opening) = opening {
                        sink.begin(opening.wait().await.recorder);
                    }
                    let outputs = Outputs {
                        session,
                        messages,
                        sink,
                    };
                    replay(player, clock, outputs, receiver).await;
                });
                self.players.push((session, commands));
                return;
            }
            Origin::Api {
                backend,
                interval,
                simulator,
            } => (backend, interval, simulator),
        };
        if let Some(simulator) = simulator {
            tasks.spawn("simulator", simulator.serve());
        }
        let schedules = Schedules::new(interval, fastrand::Rng::new());
        let mut schedules = schedules.with_log(self.log_start);
        let (commands, command_receiver) = mpsc::channel(COMMANDS);
        let permits = self.budgets.session().otherwise(self.otherwise);
        self.shown.push((session, permits.shown()));
        tasks.spawn("poller", async move {
            if let Some(opening) = opening {
                let opened = opening.wait().await;
                sink.begin(opened.recorder);
                // The screen does not wait for the poller to take note of the events.
                let known = opened.resumed.clone();
                let resumed = Some(opened.resumed).filter(|resumed| !resumed.is_empty());
                let resumed = resumed.map(Batch::from);
                let remarks = opened.remarks.into_iter().map(Msg::Remark);
                for msg in remarks.chain(resumed.map(to_message)) {
                    // Fails if the loop has ended.
                    let _ = messages.send(msg).await;
                }
                for page in known.iter().flat_map(Observation::resumed) {
                    schedules.remember(page);
                }
            }
            let poller = Poller {
                source: backend,
                permits,
                clock,
                schedules,
                observations: sink,
                commands: command_receiver,
            };
            poller.run().await;
        });
        self.pollers.push((session, commands));
    }

    /// Whether an MFA code is still needed.
    pub(super) fn is_code_needed(&self) -> bool {
        self.mfa.is_code_needed()
    }

    /// Uses the code that the user has entered.
    pub(super) fn enter_code(&self, session: SessionId, code: Secret) {
        self.mfa.enter(code);
        self.poll(session, PollRequest::Now);
        for (other, _) in self.pollers.iter().filter(|(id, _)| *id != session) {
            self.poll(*other, PollRequest::Now);
        }
    }

    /// Sends a request of the application to the player of a recording.
    pub(super) fn playback(&self, session: SessionId, request: PlaybackRequest) {
        let mut players = self.players.iter();
        if let Some((_, commands)) = players.find(|(id, _)| *id == session) {
            let _ = commands.try_send(request);
        }
    }

    /// Sends a request of the application to the poller. It is dropped if the queue is full: only a poller that is busy
    /// reading recordings leaves that many commands, and it fetches everything afterwards.
    pub(super) fn poll(&self, session: SessionId, request: PollRequest) {
        let command = match request {
            PollRequest::Now => PollCommand::PollNow,
            PollRequest::CatchUp => PollCommand::CatchUp,
            PollRequest::Audit => PollCommand::Audit,
            PollRequest::ReadLogAgain => PollCommand::ReadLogAgain,
        };
        let mut pollers = self.pollers.iter();
        if let Some((_, commands)) = pollers.find(|(id, _)| *id == session) {
            let _ = commands.try_send(command);
        }
    }
}
