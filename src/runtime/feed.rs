//! Starts the source of observations, a poller or the player of a recording, and merges them with remarks into the
//! stream of messages for the loop.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::sync::mpsc;

use crate::app::msg::{Msg, Remark};
use crate::app::session::{SessionId, Target};
use crate::backend::Backend;
use crate::clock::Clock;
use crate::demo::Simulator;
use crate::domain::observation::{Observation, WalkStep};
use crate::poll::permit::Permit;
use crate::poll::poller::Poller;
use crate::poll::schedule::{PollCommand, Schedules};
use crate::recording;
use crate::runtime::process::tasks::Tasks;
use crate::runtime::recorder::RecordingSink;

/// The capacity of the queue of observations; a slow consumer slows the poller.
const OBSERVATIONS: usize = 64;
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

/// The messages of a watch, and the commands to its poller.
#[derive(Debug)]
pub(super) struct Feed {
    pub clock: Clock,
    session: SessionId,
    pub commands: mpsc::Sender<PollCommand>,
    /// The messages that precede the first request.
    first: VecDeque<Msg>,
    observations: mpsc::Receiver<Observation>,
    remarks: mpsc::UnboundedReceiver<Remark>,
    /// Whether the end of the recording is still to be reported.
    reports_end: bool,
}

impl Prepared {
    /// Whether this is the replay of a recording.
    pub(super) fn is_replay(&self) -> bool {
        matches!(self.origin, Origin::Recording(_))
    }

    /// Starts to poll or to play. `first` are the messages before that: remarks, and the observations of the resumed
    /// recording.
    pub(super) fn start(
        self,
        session: SessionId,
        first: Vec<Msg>,
        sink: RecordingSink,
        remarks: mpsc::UnboundedReceiver<Remark>,
        tasks: &mut Tasks,
    ) -> Feed {
        let (sender, unrecorded) = mpsc::channel(1);
        let (recorded_sender, observations) = mpsc::channel(OBSERVATIONS);
        tasks.spawn("recording-sink", sink.forward(unrecorded, recorded_sender));
        let (commands, command_receiver) = mpsc::channel(COMMANDS);
        let reports_end = self.is_replay();
        match self.origin {
            Origin::Recording(recorded) => {
                let clock = self.clock.clone();
                tasks.spawn("player", recording::play(recorded, clock, sender));
            }
            Origin::Api {
                backend,
                interval,
                simulator,
            } => {
                if let Some(simulator) = simulator {
                    tasks.spawn("simulator", simulator.serve());
                }
                let mut schedules = Schedules::new(interval, fastrand::Rng::new());
                for page in first.iter().flat_map(resumed_steps) {
                    schedules.remember(page);
                }
                let poller = Poller {
                    source: backend,
                    permit: Permit::new(self.clock.clone()),
                    clock: self.clock.clone(),
                    schedules,
                    observations: sender,
                    commands: command_receiver,
                };
                tasks.spawn("poller", poller.run());
            }
        }
        Feed {
            clock: self.clock,
            session,
            commands,
            first: first.into(),
            observations,
            remarks,
            reports_end,
        }
    }
}

fn resumed_steps(msg: &Msg) -> impl Iterator<Item = &WalkStep> {
    let observations = match msg {
        Msg::Observed(_, observations) => observations.as_slice(),
        _ => &[],
    };
    observations.iter().filter_map(Observation::resumed)
}

impl Feed {
    /// Waits for the next message.
    pub(super) async fn next(&mut self) -> Msg {
        if let Some(msg) = self.first.pop_front() {
            return msg;
        }
        tokio::select! {
            biased;
            Some(remark) = self.remarks.recv() => Msg::Remark(remark),
            observation = self.observations.recv() => match observation {
                Some(observation) => Msg::Observed(self.session, vec![observation]),
                None if std::mem::take(&mut self.reports_end) => Msg::RecordingEnded(self.session),
                // The poller has panicked; `Tasks::panicked` reports it.
                None => std::future::pending().await,
            },
        }
    }
}
