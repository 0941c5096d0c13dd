//! The running sessions: starts the source of a session's observations, a poller or the player of a recording, and passes
//! the application's requests to it.

use std::time::Duration;

use tokio::sync::mpsc;

use crate::app::effect::PollRequest;
use crate::app::msg::Msg;
use crate::app::session::{SessionId, Target};
use crate::backend::Backend;
use crate::backend::parallelcluster::MfaSessions;
use crate::clock::Clock;
use crate::demo::Simulator;
use crate::domain::observation::Observation;
use crate::poll::permit::Permit;
use crate::poll::poller::Poller;
use crate::poll::schedule::{PollCommand, Schedules};
use crate::recording::{self, RecordingSink, Writer};
use crate::runtime::inbox::Inbox;
use crate::runtime::process::tasks::Tasks;
use crate::text::secret::Secret;

/// The capacity of the queue of commands: one of each kind, and one more.
const COMMANDS: usize = 4;

/// A checked watch that has not sent a request yet.
#[derive(Debug)]
pub(super) struct Prepared {
    pub target: Target,
    pub clock: Clock,
    pub origin: Origin,
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
    Recording(Vec<Observation>),
}

impl Prepared {
    /// Whether this is the replay of a recording.
    pub(super) fn is_replay(&self) -> bool {
        matches!(self.origin, Origin::Recording(_))
    }
}

/// The inbox of all sessions, and the commands to their pollers.
#[derive(Debug)]
pub(super) struct Sessions {
    pub clock: Clock,
    pub inbox: Inbox,
    /// The budget of the API, which all sessions of a program poll: they share one endpoint.
    permit: Permit,
    mfa: MfaSessions,
    pollers: Vec<(SessionId, mpsc::Sender<PollCommand>)>,
}

impl Sessions {
    /// No sessions yet.
    pub(super) fn new(clock: Clock, inbox: Inbox, mfa: MfaSessions) -> Self {
        Self {
            permit: Permit::new(clock.clone()),
            clock,
            inbox,
            mfa,
            pollers: Vec::new(),
        }
    }

    /// Starts to poll or to play. `resumed` are the observations of the resumed recording.
    pub(super) fn start(
        &mut self,
        session: SessionId,
        origin: Origin,
        resumed: &[Observation],
        (writer, messages): (Option<&Writer>, mpsc::Sender<Msg>),
        tasks: &mut Tasks,
    ) {
        let to_message = move |observations| Msg::Observed(session, observations);
        let mut sink = RecordingSink::new(writer, messages.clone(), to_message);
        let clock = self.clock.clone();
        let (backend, interval, simulator) = match origin {
            Origin::Recording(recorded) => {
                tasks.spawn("player", async move {
                    recording::play(recorded, clock, &mut sink).await;
                    let _ = messages.send(Msg::RecordingEnded(session)).await;
                });
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
        let mut schedules = Schedules::new(interval, fastrand::Rng::new());
        for page in resumed.iter().flat_map(Observation::resumed) {
            schedules.remember(page);
        }
        let (commands, command_receiver) = mpsc::channel(COMMANDS);
        let poller = Poller {
            source: backend,
            permit: self.permit.clone(),
            clock,
            schedules,
            observations: sink,
            commands: command_receiver,
        };
        tasks.spawn("poller", poller.run());
        self.pollers.push((session, commands));
    }

    /// Uses the code that the user has entered.
    pub(super) fn enter_code(&self, session: SessionId, code: Secret) {
        self.mfa.enter(code);
        self.poll(session, PollRequest::Now);
    }

    /// Sends a request of the application to the poller. If its queue is full, the same command is already waiting.
    pub(super) fn poll(&self, session: SessionId, request: PollRequest) {
        let command = match request {
            PollRequest::Now => PollCommand::PollNow,
            PollRequest::CatchUp => PollCommand::CatchUp,
            PollRequest::Audit => PollCommand::Audit,
        };
        let mut pollers = self.pollers.iter();
        if let Some((_, commands)) = pollers.find(|(id, _)| *id == session) {
            let _ = commands.try_send(command);
        }
    }
}
