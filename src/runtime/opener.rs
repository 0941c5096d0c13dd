//! The builds that the user picks while the program runs: lists the account for the picker, and prepares the watches.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use crate::app::effect::{CompareTarget, OpenTarget};
use crate::app::msg::{Compared, Listed, Msg, Remark};
use crate::app::session::SessionId;
use crate::backend::{Images, ImagesSource};
use crate::config::Record;
use crate::domain::fault::FaultKind;
use crate::error::Error;
use crate::poll::permit::Budgets;
use crate::recording::{Folder, Header};
use crate::runtime::account::Account;
use crate::runtime::commands::diff::Read;
use crate::runtime::prepare::Ready;
use crate::runtime::process::tasks::Tasks;
use crate::runtime::recorder;
use crate::runtime::recorder::Destination;
use crate::runtime::sessions::Sessions;

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
    images: Arc<tokio::sync::Mutex<Option<Images>>>,
    /// The list ends when this is dropped.
    listing: Option<oneshot::Sender<()>>,
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
            images: Arc::new(tokio::sync::Mutex::new(images)),
            listing: None,
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
        let (account, images) = (Arc::clone(&self.account), Arc::clone(&self.images));
        let (sender, budgets) = (sessions.messages.clone(), sessions.budgets());
        tasks.spawn("images", async move {
            tokio::select! {
                _ = list(&account, &images, &budgets, &sender) => {}
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

/// Lists the account again and again. `images` keeps what earlier lists have found out.
async fn list(
    account: &Account,
    images: &tokio::sync::Mutex<Option<Images>>,
    budgets: &Budgets,
    messages: &mpsc::Sender<Msg>,
) -> Option<()> {
    let mut images = images.lock().await;
    loop {
        if images.is_none() {
            match account.images().await {
                Ok(made) => *images = Some(made),
                Err(error) => {
                    let fault = Some(error.to_line());
                    let listed = Listed {
                        fault,
                        ..Listed::default()
                    };
                    send(messages, listed).await?;
                }
            }
        }
        if let Some(images) = images.as_mut() {
            list_once(images, budgets, messages).await?;
        }
        tokio::time::sleep(BETWEEN_LISTS).await;
    }
}

async fn list_once(
    images: &mut Images,
    budgets: &Budgets,
    messages: &mpsc::Sender<Msg>,
) -> Option<()> {
    let mut known = Listed::default();
    let mut back_off = BEFORE_RETRY;
    images.begin();
    while let Some(upcoming) = images.upcoming() {
        upcoming.wait().await;
        let in_flight = budgets.list(&upcoming.endpoint).await;
        let next = images.next().await;
        drop(in_flight);
        let is_throttled = matches!(&next, Some(Err(fault)) if fault.kind == FaultKind::Throttled);
        let asked = images.take_requests();
        budgets.note_list(&upcoming.endpoint, asked, is_throttled.then_some(back_off));
        match next? {
            Ok(more) => {
                known.rows.extend(more);
                back_off = BEFORE_RETRY;
                send(messages, known.clone()).await?;
            }
            Err(why) => {
                let listed = Listed {
                    fault: Some(why.to_string()),
                    needs_code: why.kind == FaultKind::CodeNeeded,
                    ..known.clone()
                };
                send(messages, listed.clone()).await?;
                if why.kind.may_pass() {
                    tokio::time::sleep(back_off).await;
                    back_off = (back_off * 2).min(LONGEST_BACK_OFF);
                } else {
                    known = listed;
                }
            }
        }
    }
    known.whole = true;
    send(messages, known).await
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
