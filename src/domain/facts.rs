//! Facts about one stack as a whole, kept up to date event by event: its newest status, its first failure, its resources.
//! [`crate::domain::timeline`] feeds it; the verdict and the explanation of a failure read it.
//!
//! Events may arrive newest first (history) or oldest first (live), so each fact compares the events' positions instead of
//! relying on the order of arrival. Nothing here is ever computed by a scan.
//!
//! Tests: `tests/it/headless/endings.rs`, `src/domain/failure/tests.rs`.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use foldhash::{HashMap, HashSet};

use crate::domain::stack_event::{EventId, StackEvent};
use crate::domain::status::{ResourceStatus, StatusClass};
use crate::store::Seq;
use crate::text::safe::SafeText;

/// The resource that stands for the image itself in ParallelCluster's template.
pub(crate) const IMAGE_RESOURCE: &str = "ParallelClusterImage";

/// An event's position in its timeline: the part, and the sequence number in it. A larger one is newer.
pub(crate) type Position = (u8, Seq);

#[derive(Debug, Default)]
pub struct Facts {
    newest_root: Option<Arc<StackEvent>>,
    oldest_root: Option<Arc<StackEvent>>,
    first_failure: Option<Arc<StackEvent>>,
    first_root_failure: Option<Arc<StackEvent>>,
    /// The stack's newest failure before it was deleted.
    failed_build: Option<Arc<StackEvent>>,
    root_deletion: Option<Arc<StackEvent>>,
    failed_deletion_of_root: Option<Arc<StackEvent>>,
    failed_deletion: Option<Arc<StackEvent>>,
    made: Option<Arc<StackEvent>>,
    resources: HashMap<SafeText, Resource>,
    resources_by_class: [usize; StatusClass::ALL.len()],
    /// The resources whose newest status ends no operation.
    running: HashSet<SafeText>,
    /// The number of resources that have ever failed by themselves.
    failed_resources: usize,
    /// The logical id by physical id: reasons name resources by their ARNs.
    logical_ids: HashMap<SafeText, SafeText>,
}

#[derive(Debug)]
struct Resource {
    newest: Arc<StackEvent>,
    /// The oldest `CREATE_IN_PROGRESS`.
    creation: Option<Arc<StackEvent>>,
    /// The oldest `DELETE_IN_PROGRESS`.
    deletion: Option<Arc<StackEvent>>,
    /// The first event by which it failed by itself.
    failure: Option<Arc<StackEvent>>,
    /// Whether its creation has failed by itself.
    creation_failed: bool,
    /// Whether it is among [`Facts::running`].
    is_running: bool,
}

impl Resource {
    fn new(event: &Arc<StackEvent>) -> Self {
        Self {
            newest: Arc::clone(event),
            creation: None,
            deletion: None,
            failure: None,
            creation_failed: false,
            is_running: false,
        }
    }

    /// The class that it counts in: that of its newest status. One that was deleted because it failed has failed.
    fn class(&self) -> StatusClass {
        match self.newest.status.class() {
            StatusClass::Deleting if self.creation_failed => StatusClass::Failed,
            class => class,
        }
    }

    /// The slot for the beginning of the operation that a status begins.
    fn beginning(&mut self, status: &ResourceStatus) -> Option<&mut Option<Arc<StackEvent>>> {
        match status.as_str() {
            "CREATE_IN_PROGRESS" => Some(&mut self.creation),
            "DELETE_IN_PROGRESS" => Some(&mut self.deletion),
            _ => None,
        }
    }
}

impl Facts {
    /// Takes one event into account. `position` orders the events that are in the timeline; an event that is no longer
    /// in it (an unfinished walk was dropped) gives way to any that is.
    pub fn observe(
        &mut self,
        event: &Arc<StackEvent>,
        position: impl Fn(&EventId) -> Option<Position>,
    ) {
        let newer = |known: &Arc<StackEvent>| position(&known.event_id) < position(&event.event_id);
        let older = |known: &Arc<StackEvent>| {
            let known = position(&known.event_id);
            known.is_none() || known > position(&event.event_id)
        };
        self.observe_by(event, newer, older);
    }

    /// The same for an event that is newer than all others of the timeline, which has lost none: no position is needed.
    pub(super) fn observe_newest(&mut self, event: &Arc<StackEvent>) {
        self.observe_by(event, |_| true, |_| false);
    }

    /// The same for an event that is older than all others of the timeline, which has lost none.
    pub(super) fn observe_oldest(&mut self, event: &Arc<StackEvent>) {
        self.observe_by(event, |_| false, |_| true);
    }

    fn observe_by(
        &mut self,
        event: &Arc<StackEvent>,
        newer: impl Fn(&Arc<StackEvent>) -> bool,
        older: impl Fn(&Arc<StackEvent>) -> bool,
    ) {
        if event.is_root {
            replace_if(&mut self.newest_root, event, &newer);
            replace_if(&mut self.oldest_root, event, &older);
            self.observe_root(event, newer, &older);
        } else {
            self.observe_resource(event, newer, &older);
        }
        if event.is_own_failure {
            let first = if event.is_root {
                &mut self.first_root_failure
            } else {
                &mut self.first_failure
            };
            replace_if(first, event, older);
        }
    }

    fn observe_root(
        &mut self,
        event: &Arc<StackEvent>,
        newer: impl Fn(&Arc<StackEvent>) -> bool,
        older: impl Fn(&Arc<StackEvent>) -> bool,
    ) {
        match event.status.as_str() {
            "DELETE_IN_PROGRESS" => replace_if(&mut self.root_deletion, event, older),
            "DELETE_FAILED" => replace_if(&mut self.failed_deletion_of_root, event, newer),
            _ if event.status.is_failure_of_stack() && !event.status.is_delete() => {
                replace_if(&mut self.failed_build, event, newer);
            }
            _ => {}
        }
    }

    fn observe_resource(
        &mut self,
        event: &Arc<StackEvent>,
        newer: impl Fn(&Arc<StackEvent>) -> bool,
        older: impl Fn(&Arc<StackEvent>) -> bool,
    ) {
        if let Some(physical_id) = &event.physical_id
            && !self.logical_ids.contains_key(physical_id)
        {
            let logical_id = event.logical_id.clone();
            self.logical_ids.insert(physical_id.clone(), logical_id);
        }
        let count = &mut self.resources_by_class;
        if !self.resources.contains_key(&event.logical_id) {
            let new = Resource::new(event);
            count[new.class().index()] += 1;
            self.resources.insert(event.logical_id.clone(), new);
        }
        let Some(resource) = self.resources.get_mut(&event.logical_id) else {
            return;
        };
        count[resource.class().index()] -= 1;
        if newer(&resource.newest) {
            resource.newest = Arc::clone(event);
        }
        resource.creation_failed |= event.is_own_failure && !event.status.is_delete();
        count[resource.class().index()] += 1;
        let is_running = !resource.newest.status.is_final();
        if std::mem::replace(&mut resource.is_running, is_running) != is_running {
            if is_running {
                self.running.insert(event.logical_id.clone());
            } else {
                self.running.remove(&event.logical_id);
            }
        }
        if let Some(slot) = resource.beginning(&event.status) {
            replace_if(slot, event, &older);
        }
        if event.is_own_failure && event.status.is_delete() {
            replace_if(&mut self.failed_deletion, event, &older);
        }
        if event.logical_id.as_str() == IMAGE_RESOURCE && event.status.as_str() == "CREATE_COMPLETE"
        {
            replace_if(&mut self.made, event, &older);
        }
        if event.is_own_failure {
            self.failed_resources += usize::from(resource.failure.is_none());
            replace_if(&mut resource.failure, event, &older);
        }
    }

    /// The newest event of the stack itself; its status is the stack's.
    pub fn root(&self) -> Option<&Arc<StackEvent>> {
        self.newest_root.as_ref()
    }

    /// The oldest event of the stack itself that is known: when the build began.
    pub fn began(&self) -> Option<&Arc<StackEvent>> {
        self.oldest_root.as_ref()
    }

    /// The newest event of the stack itself that says that the build failed, and not that its deletion did.
    pub fn failed_build(&self) -> Option<&Arc<StackEvent>> {
        self.failed_build.as_ref()
    }

    /// The stack's first `DELETE_IN_PROGRESS`.
    pub fn root_deletion(&self) -> Option<&Arc<StackEvent>> {
        self.root_deletion.as_ref()
    }

    /// The stack's newest failed deletion, and the first resource whose own deletion failed.
    pub fn failed_deletion(&self) -> Option<(&Arc<StackEvent>, Option<&Arc<StackEvent>>)> {
        let root = self.failed_deletion_of_root.as_ref()?;
        Some((root, self.failed_deletion.as_ref()))
    }

    /// The event that says that Image Builder has made the image.
    pub fn made(&self) -> Option<&Arc<StackEvent>> {
        self.made.as_ref()
    }

    /// When the stack began the image.
    pub fn image_began(&self) -> Option<DateTime<Utc>> {
        let image = self.resources.get(&SafeText::new(IMAGE_RESOURCE))?;
        image.creation.as_ref()?.timestamp
    }

    /// Whether the events name the image resource of ParallelCluster's template.
    pub fn has_image(&self) -> bool {
        self.newest_of(&SafeText::new(IMAGE_RESOURCE)).is_some()
    }

    /// The ARN of the stack's Image Builder image.
    pub fn image_arn(&self) -> Option<&SafeText> {
        let newest = self.newest_of(&SafeText::new(IMAGE_RESOURCE))?;
        let arn = newest.physical_id.as_ref();
        arn.filter(|arn| arn.as_str().starts_with("arn:"))
    }

    /// The first resource that failed by itself; the stack's own failure if no resource's is known.
    pub fn first_failure(&self) -> Option<&Arc<StackEvent>> {
        self.first_failure
            .as_ref()
            .or(self.first_root_failure.as_ref())
    }

    /// The number of resources that the events have named, the stack itself not counted.
    pub fn resources(&self) -> usize {
        self.resources.len()
    }

    /// The number of resources whose newest status is of the class; one whose creation failed stays a failed one when it
    /// is deleted.
    pub fn resources_in(&self, class: StatusClass) -> usize {
        self.resources_by_class[class.index()]
    }

    /// Whether a resource has ever failed by itself.
    pub fn failed_by_itself(&self, logical_id: &SafeText) -> bool {
        self.failure_of(logical_id).is_some()
    }

    /// The first event by which a resource failed by itself.
    pub fn failure_of(&self, logical_id: &SafeText) -> Option<&Arc<StackEvent>> {
        self.resources.get(logical_id)?.failure.as_ref()
    }

    /// The number of resources that have ever failed by themselves, one of them not counted.
    pub fn failed_resources_but(&self, logical_id: &SafeText) -> usize {
        self.failed_resources - usize::from(self.failed_by_itself(logical_id))
    }

    /// The newest event of a resource.
    pub fn newest_of(&self, logical_id: &SafeText) -> Option<&Arc<StackEvent>> {
        Some(&self.resources.get(logical_id)?.newest)
    }

    /// The newest event of the operation that runs, and its first: of several, of the one that began last; of the stack
    /// itself only if no resource's runs.
    pub fn running(&self) -> Option<(&Arc<StackEvent>, &Arc<StackEvent>)> {
        let resources = self.running.iter().filter_map(|id| self.newest_of(id));
        let operations = resources.map(|event| (event, since(event, self.beginning_of(event))));
        let began_last = operations.max_by_key(|(event, began)| {
            (began.timestamp, event.timestamp, event.logical_id.as_str())
        });
        let root = self.root().filter(|root| !root.status.is_final());
        began_last.or_else(|| root.map(|root| (root, since(root, self.began()))))
    }

    /// The first event of the creation or deletion of a resource that `event` ends. If a deletion was tried several
    /// times, this is the first event of the first try.
    pub fn beginning_of(&self, event: &StackEvent) -> Option<&Arc<StackEvent>> {
        let resource = self.resources.get(&event.logical_id)?;
        let beginning = if event.status.is_delete() {
            &resource.deletion
        } else {
            &resource.creation
        };
        beginning.as_ref()
    }

    /// The resource that has a physical id; the first one seen where several claim it.
    pub fn logical_id_of(&self, physical_id: &SafeText) -> Option<&SafeText> {
        self.logical_ids.get(physical_id)
    }
}

/// The first event of the operation that runs with an event: one with another status began another one.
fn since<'a>(
    event: &'a Arc<StackEvent>,
    beginning: Option<&'a Arc<StackEvent>>,
) -> &'a Arc<StackEvent> {
    let same = beginning.filter(|beginning| beginning.status == event.status);
    same.unwrap_or(event)
}

fn replace_if(
    slot: &mut Option<Arc<StackEvent>>,
    event: &Arc<StackEvent>,
    better: impl Fn(&Arc<StackEvent>) -> bool,
) {
    if slot.as_ref().is_none_or(better) {
        *slot = Some(Arc::clone(event));
    }
}
