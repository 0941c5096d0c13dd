//! The builds that the user picks while the program runs: lists the account for the picker, and prepares the watches.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use crate::app::effect::OpenTarget;
use crate::app::msg::{Listed, Msg, Remark};
use crate::app::session::SessionId;
use crate::backend::ImagesSource;
use crate::config::Record;
use crate::domain::fault::FaultKind;
use crate::error::Error;
use crate::recording::{Folder, Header};
use crate::runtime::account::Account;
use crate::runtime::prepare::Ready;
use crate::runtime::process::tasks::Tasks;
use crate::runtime::recorder;
use crate::runtime::recorder::Destination;
use crate::runtime::sessions::Sessions;

/// The time between two lists of the account, and the first one before a failed request is made again.
const BETWEEN_LISTS: Duration = Duration::from_secs(10);
const BEFORE_RETRY: Duration = Duration::from_secs(2);

/// How new watches are recorded.
#[derive(Clone, Debug)]
pub(super) struct Recordings {
    pub record: Record,
    pub folder: Option<Folder>,
    pub resumes: bool,
}

impl Recordings {
    /// Where a build is recorded, and what to tell the user about that.
    pub(super) fn destination(
        &self,
        header: Header,
    ) -> Result<(Option<Destination>, Option<Remark>), Error> {
        let record = self.record.clone();
        recorder::destination(record, self.folder.as_ref(), header, self.resumes)
    }

    /// The same for the builds that are opened later: a file that the user has named is of one build.
    pub(super) fn of_more(self, is_live: bool) -> Self {
        let record = match self.record {
            Record::InFile(_) if is_live => Record::InFolder,
            Record::InFile(_) => Record::No,
            record => record,
        };
        Self { record, ..self }
    }
}

/// A watch that was prepared, and whether it is the first of those that were picked together.
type Prepared = (Result<Box<Ready>, Error>, bool);

#[derive(Debug)]
pub(super) struct Opener {
    account: Arc<Account>,
    recordings: Recordings,
    next: SessionId,
    /// The list ends when this is dropped.
    listing: Option<oneshot::Sender<()>>,
    sender: mpsc::Sender<Prepared>,
    prepared: mpsc::Receiver<Prepared>,
}

impl Opener {
    /// `next` is the id of the first new session.
    pub(super) fn new(account: Account, recordings: Recordings, next: SessionId) -> Self {
        let (sender, prepared) = mpsc::channel(8);
        Self {
            account: Arc::new(account),
            recordings,
            next,
            listing: None,
            sender,
            prepared,
        }
    }

    /// Begins or ends to list the account.
    pub(super) fn list(&mut self, on: bool, messages: &mpsc::Sender<Msg>, tasks: &mut Tasks) {
        self.listing = None;
        if !on {
            return;
        }
        let (stop, stopped) = oneshot::channel();
        self.listing = Some(stop);
        let (account, sender) = (Arc::clone(&self.account), messages.clone());
        tasks.spawn("images", async move {
            tokio::select! {
                () = list(&account, &sender) => {}
                _ = stopped => {}
            }
        });
        if let Some(folder) = self.recordings.folder.clone() {
            let messages = messages.clone();
            tasks.spawn_blocking("recordings", move || {
                let watches = folder.history().unwrap_or_default();
                // Fails if the loop has ended.
                let _ = messages.blocking_send(Msg::Recorded(watches));
            });
        }
    }

    /// Prepares the watches of these images.
    pub(super) fn open(&self, targets: Vec<OpenTarget>, tasks: &mut Tasks) {
        let (account, sender) = (Arc::clone(&self.account), self.sender.clone());
        tasks.spawn("poller", async move {
            for (place, target) in targets.into_iter().enumerate() {
                let region = target.region.as_deref();
                let ready = account.prepare(&target.image_id, region).await;
                let ready = ready.map(Box::new);
                if sender.send((ready, place == 0)).await.is_err() {
                    return;
                }
            }
        });
    }

    /// Waits for the next prepared watch.
    pub(super) async fn next(&mut self) -> Prepared {
        match self.prepared.recv().await {
            Some(prepared) => prepared,
            None => std::future::pending().await,
        }
    }

    /// Starts a prepared watch, and returns the message about it.
    pub(super) fn begin(
        &mut self,
        (ready, is_first): Prepared,
        sessions: &mut Sessions,
        tasks: &mut Tasks,
    ) -> Msg {
        let started = ready.and_then(|ready| {
            let (destination, _) = self.recordings.destination(ready.header)?;
            Ok((ready.prepared, destination))
        });
        match started {
            Ok((prepared, destination)) => {
                let id = self.next;
                self.next = SessionId(id.0.saturating_add(1));
                sessions.start(id, prepared.origin, destination, tasks);
                Msg::Opened {
                    id,
                    target: prepared.target,
                    is_first,
                }
            }
            Err(error) => Msg::NotOpened(error.to_line()),
        }
    }
}

/// Lists the account again and again.
async fn list(account: &Account, messages: &mpsc::Sender<Msg>) {
    let mut images = match account.images().await {
        Ok(images) => images,
        Err(error) => {
            let listed = Listed {
                fault: Some(error.to_line()),
                ..Listed::default()
            };
            // Fails if the loop has ended.
            let _ = messages.send(Msg::Listed(listed)).await;
            return;
        }
    };
    loop {
        let (mut rows, mut fault, mut needs_code) = (Vec::new(), None, false);
        images.begin();
        while let Some(next) = images.next().await {
            match next {
                Ok(more) => rows.extend(more),
                Err(why) => {
                    let may_pass = why.kind.may_pass();
                    needs_code |= why.kind == FaultKind::CodeNeeded;
                    fault = Some(why.to_string());
                    let listed = Listed {
                        rows: rows.clone(),
                        whole: false,
                        fault: fault.clone(),
                        needs_code,
                    };
                    if messages.send(Msg::Listed(listed)).await.is_err() {
                        return;
                    }
                    if may_pass {
                        tokio::time::sleep(BEFORE_RETRY).await;
                        fault = None;
                    }
                    continue;
                }
            }
            let listed = Listed {
                rows: rows.clone(),
                ..Listed::default()
            };
            if messages.send(Msg::Listed(listed)).await.is_err() {
                return;
            }
        }
        let listed = Listed {
            rows,
            whole: true,
            fault,
            needs_code,
        };
        if messages.send(Msg::Listed(listed)).await.is_err() {
            return;
        }
        tokio::time::sleep(BETWEEN_LISTS).await;
    }
}
