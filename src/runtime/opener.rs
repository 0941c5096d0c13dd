//! The builds that the user picks while the program runs: lists the account for the picker, and prepares the watches.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use crate::app::effect::{CompareTarget, OpenTarget};
use crate::app::msg::{Compared, Listed, Msg, Remark};
use crate::app::session::SessionId;
use crate::backend::Images;
use crate::config::Record;
use crate::domain::fault::{Fault, FaultKind};
use crate::error::Error;
use crate::poll::permit::Budgets;
use crate::recording::{Folder, Header};
use crate::runtime::account::Account;
use crate::runtime::commands::diff::Read;
use crate::runtime::lister::{Lister, Pace};
use crate::runtime::prepare::Ready;
use crate::runtime::process::tasks::Tasks;
use crate::runtime::recorder;
use crate::runtime::recorder::Destination;
use crate::runtime::sessions::Sessions;
use crate::text::safe::SafeText;

/// The time between two lists of the account, and the shortest and the longest one before a failed request is made again.
const BETWEEN_LISTS: Duration = Duration::from_secs(10);
const BEFORE_RETRY: Duration = Duration::from_secs(2);
const LONGEST_BACK_OFF: Duration = Duration::from_mins(1);

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
    /// What lists the account, once it was asked for.
    lister: Arc<tokio::sync::Mutex<Option<Lister>>>,
    /// The list ends when this is dropped.
    listing: Option<oneshot::Sender<()>>,
    /// Watches are prepared one after another, so that they begin in the order in which they were asked for.
    preparing: Arc<tokio::sync::Mutex<()>>,
    sender: mpsc::Sender<Prepared>,
    prepared: mpsc::Receiver<Prepared>,
}

impl Opener {
    /// `next` is the id of the first new session; `images` lists the account, if that is known.
    pub(super) fn new(
        account: Account,
        recordings: Recordings,
        next: SessionId,
        images: Option<Images>,
    ) -> Self {
        let (sender, prepared) = mpsc::channel(8);
        Self {
            account: Arc::new(account),
            recordings,
            next,
            lister: Arc::new(tokio::sync::Mutex::new(images.map(Lister::new))),
            listing: None,
            preparing: Arc::default(),
            sender,
            prepared,
        }
    }

    /// Begins or ends to list the account.
    pub(super) fn list(&mut self, on: bool, sessions: &Sessions, tasks: &mut Tasks) {
        self.listing = None;
        if on {
            self.list_images(sessions, tasks);
            self.list_recorded(sessions, tasks);
        }
    }

    /// Begins to list the images of the account.
    pub(super) fn list_images(&mut self, sessions: &Sessions, tasks: &mut Tasks) {
        let (stop, stopped) = oneshot::channel();
        self.listing = Some(stop);
        let (account, lister) = (Arc::clone(&self.account), Arc::clone(&self.lister));
        let (messages, budgets) = (&sessions.messages, sessions.budgets());
        let sender = messages.clone();
        tasks.spawn("images", async move {
            tokio::select! {
                _ = list(&account, &lister, &budgets, &sender) => {}
                _ = stopped => {}
            }
        });
    }

    fn list_recorded(&self, sessions: &Sessions, tasks: &mut Tasks) {
        if let Some(folder) = self.recordings.folder.clone() {
            let messages = sessions.messages.clone();
            tasks.spawn_blocking("recordings", move || {
                let watches = folder.history().unwrap_or_default();
                // Fails if the loop has ended.
                let _ = messages.blocking_send(Msg::Recorded(watches));
            });
        }
    }

    /// Prepares the watches of these images; with `shows`, the first one is to be shown.
    pub(super) fn open(&self, targets: Vec<OpenTarget>, shows: bool, tasks: &mut Tasks) {
        let (account, sender) = (Arc::clone(&self.account), self.sender.clone());
        let preparing = Arc::clone(&self.preparing);
        tasks.spawn("poller", async move {
            let _turn = preparing.lock().await;
            for (place, target) in targets.into_iter().enumerate() {
                let region = target.region.as_deref();
                let ready = account.prepare(&target.image_id, region).await;
                let ready = ready.map(Box::new);
                if sender.send((ready, shows && place == 0)).await.is_err() {
                    return;
                }
            }
        });
    }

    /// Reads two builds and compares them.
    pub(super) fn compare(
        &self,
        targets: [CompareTarget; 2],
        sessions: &Sessions,
        tasks: &mut Tasks,
    ) {
        let account = Arc::clone(&self.account);
        let (sender, budgets) = (sessions.messages.clone(), sessions.budgets());
        let folder = self.recordings.folder.as_ref();
        let folder = folder.map(|folder| folder.path().to_owned());
        tasks.spawn("poller", async move {
            let compared = compare(&account, folder, &budgets, targets, &sender).await;
            let compared = compared.map_err(|error| error.to_line());
            // Fails if the loop has ended.
            let _ = sender.send(Msg::Compared(compared)).await;
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
            Ok((mut prepared, destination)) => {
                let reads_log = prepared.origin.reads_log();
                let id = self.next;
                self.next = SessionId(id.0.saturating_add(1));
                sessions.start(id, prepared.origin, destination, tasks);
                Msg::Opened {
                    id,
                    target: prepared.target,
                    is_first,
                    reads_log,
                }
            }
            Err(error) => Msg::NotOpened(error.to_line()),
        }
    }
}

/// Lists the account again and again. `lister` keeps what earlier lists have found out.
async fn list(
    account: &Account,
    lister: &tokio::sync::Mutex<Option<Lister>>,
    budgets: &Budgets,
    messages: &mpsc::Sender<Msg>,
) -> Option<()> {
    let mut lister = lister.lock().await;
    let lister = loop {
        if let Some(lister) = &mut *lister {
            break lister;
        }
        match account.images().await {
            Ok(images) => *lister = Some(Lister::new(images)),
            Err(error) => {
                let fault = Fault {
                    kind: FaultKind::Misconfigured,
                    message: SafeText::new(&error.to_line()),
                    hint: None,
                    request_id: None,
                };
                let unlisted = Listed {
                    faults: vec![fault],
                    ..Listed::default()
                };
                send(messages, unlisted).await?;
                tokio::time::sleep(BETWEEN_LISTS).await;
            }
        }
    };
    lister.restart();
    let pace = Pace {
        back_off: (BEFORE_RETRY, LONGEST_BACK_OFF),
        retries: None,
        again: Some(BETWEEN_LISTS),
        budgets: Some(budgets),
    };
    if !lister.rows().is_empty() {
        send(messages, known(lister, false)).await?;
    }
    loop {
        let result = lister.step(&pace).await?;
        let needs_code = matches!(result, Err(fault) if fault.kind == FaultKind::CodeNeeded);
        send(messages, known(lister, needs_code)).await?;
    }
}

fn known(lister: &Lister, needs_code: bool) -> Listed {
    Listed {
        rows: lister.rows(),
        region: lister.region(),
        whole: lister.is_whole(),
        faults: lister.faults(),
        needs_code,
    }
}

/// `None` if the loop has ended.
async fn send(messages: &mpsc::Sender<Msg>, listed: Listed) -> Option<()> {
    messages.send(Msg::Listed(listed)).await.ok()
}

/// Reads two builds, each from its recording or from its service, and compares them.
async fn compare(
    account: &Account,
    folder: Option<PathBuf>,
    budgets: &Budgets,
    targets: [CompareTarget; 2],
    messages: &mpsc::Sender<Msg>,
) -> Result<Compared, Error> {
    let [before, after] = targets.map(|target| {
        let read = read(account, folder.clone(), budgets, target);
        async {
            let read = read.await;
            // Fails if the loop has ended.
            let _ = messages.send(Msg::CompareRead).await;
            read
        }
    });
    let (before, after) = Box::pin(async { tokio::try_join!(before, after) }).await?;
    Ok(Compared {
        differences: before.compare(&after),
        names: [before.name, after.name],
    })
}

async fn read(
    account: &Account,
    folder: Option<PathBuf>,
    budgets: &Budgets,
    CompareTarget { target, is_live }: CompareTarget,
) -> Result<Read, Error> {
    let OpenTarget { image_id, region } = target;
    let name = match &region {
        Some(region) => format!("{region}/{image_id}"),
        None => image_id.clone(),
    };
    let recorded = |name: String| {
        let folder = folder.clone();
        // A recording can be long.
        tokio::task::spawn_blocking(move || Read::recorded(&name, folder))
    };
    if !is_live && let Ok(Ok(read)) = recorded(name.clone()).await {
        return Ok(read);
    }
    let permits = budgets.session().beside();
    let live = match account.prepare(&image_id, region.as_deref()).await {
        Ok(ready) => Box::pin(Read::live(&name, ready, permits)).await,
        Err(error) => Err(error),
    };
    match live {
        Ok(read) => Ok(read),
        Err(error) => match recorded(name).await {
            Ok(Ok(read)) => Ok(read),
            _ => Err(error),
        },
    }
}
