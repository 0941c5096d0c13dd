//! What is watched, from what was made ready to a stream of messages: a poller that asks the API, or a
//! recording that is played.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use crate::app::model::Target;
use crate::app::msg::{Msg, Remark};
use crate::backend::parallelcluster::ParallelCluster;
use crate::clock::Clock;
use crate::demo::Simulator;
use crate::domain::observation::{Observation, Seen, WalkStep};
use crate::poll::poller::{PollCommand, Poller};
use crate::poll::tail::Tail;
use crate::recording;
use crate::runtime::process::tasks::Tasks;
use crate::runtime::recorder::RecordingSink;

/// How many reports may wait. A page is one report; a reader that is slower than that slows the poller.
const REPORTS: usize = 64;
/// How many requests may wait: one of each kind, and one more.
const REQUESTS: usize = 4;

/// Everything that a feed needs, checked, with nothing asked of any network yet.
#[derive(Debug)]
pub(super) struct Prepared {
    /// What is watched.
    pub target: Target,
    /// The watch's time.
    pub clock: Clock,
    /// Where the reports come from.
    pub origin: Origin,
}

/// Where reports come from.
#[derive(Debug)]
pub(super) enum Origin {
    /// An API that is asked again and again.
    Api {
        source: Box<ParallelCluster>,
        /// The fixed interval, where one is wanted.
        interval: Option<Duration>,
        /// What answers for the API, where that is us.
        simulator: Option<Box<Simulator>>,
    },
    Recording(Vec<Observation>),
}

/// What a watch hears, from the application's side.
#[derive(Debug)]
pub(super) struct Feed {
    /// The watch's time.
    pub clock: Clock,
    /// What the application asks for in between.
    pub requests: mpsc::Sender<PollCommand>,
    /// What is known before anything is asked.
    first: VecDeque<Msg>,
    reports: mpsc::Receiver<Observation>,
    remarks: mpsc::UnboundedReceiver<Remark>,
    /// The reports come to an end, and have not yet.
    ends: bool,
}

impl Prepared {
    /// Whether this is the replay of a recording.
    pub(super) fn is_replay(&self) -> bool {
        matches!(self.origin, Origin::Recording(_))
    }

    /// Begins to ask, or to play. `first` is what is known before that: remarks, and what an earlier watch
    /// has recorded.
    pub(super) fn start(
        self,
        first: Vec<Msg>,
        sink: RecordingSink,
        remarks: mpsc::UnboundedReceiver<Remark>,
        tasks: &mut Tasks,
    ) -> Feed {
        let (report_sender, unwritten) = mpsc::channel(1);
        let (written, reports) = mpsc::channel(REPORTS);
        tasks.spawn("tape", sink.forward(unwritten, written));
        let (requests, request_receiver) = mpsc::channel(REQUESTS);
        let ends = self.is_replay();
        match self.origin {
            Origin::Recording(recorded) => {
                let clock = self.clock.clone();
                tasks.spawn("player", recording::play(recorded, clock, report_sender));
            }
            Origin::Api {
                source,
                interval,
                simulator,
            } => {
                if let Some(simulator) = simulator {
                    tasks.spawn("simulator", simulator.serve());
                }
                let mut tail = Tail::new(interval, fastrand::Rng::new());
                for page in first.iter().filter_map(resumed) {
                    tail.remember(page.events().map(Arc::as_ref));
                }
                let poller = Poller {
                    source: *source,
                    clock: self.clock.clone(),
                    tail,
                    observations: report_sender,
                    commands: request_receiver,
                };
                tasks.spawn("poller", poller.run());
            }
        }
        Feed {
            clock: self.clock,
            requests,
            first: first.into(),
            reports,
            remarks,
            ends,
        }
    }
}

fn resumed(msg: &Msg) -> Option<&WalkStep> {
    match msg {
        Msg::Observed(Observation {
            news: Seen::Resumed(page),
            ..
        }) => Some(page),
        _ => None,
    }
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
            report = self.reports.recv() => match report {
                Some(report) => Msg::Observed(report),
                None if std::mem::take(&mut self.ends) => Msg::RecordingEnded,
                // The poller has died; its task says why.
                None => std::future::pending().await,
            },
        }
    }
}
