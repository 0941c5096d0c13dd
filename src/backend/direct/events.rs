//! The pages of a stack's events, and the stack that they are of: by name first, by ARN once that is known, and from the
//! list of deleted stacks where the name has none any more.

use std::time::Duration;

use tokio::time::Instant;

use crate::aws::operation::Operation;
use crate::backend::direct::client::{Call, Refusal};
use crate::backend::direct::known::Known;
use crate::backend::direct::{ABSENT_FOR, Direct, cloudformation};
use crate::backend::{EventsPage, NextToken};
use crate::domain::stack_event::StackId;

/// The pages of deleted stacks to search: a busy account has thousands.
const LONGEST_LIST: usize = 20;
/// How often the name of a deleted stack is looked up again: the image may be built once more.
const NAME_INTERVAL: Duration = Duration::from_secs(5);
impl Direct {
    pub(super) async fn page(
        &mut self,
        stack: &str,
        token: Option<&NextToken>,
    ) -> Result<EventsPage, Refusal> {
        let call = Call {
            operation: Operation::DescribeStackEvents,
            about: stack,
            parameters: &cloudformation::describe_stack_events(stack, token),
        };
        self.client.call(call, cloudformation::events).await
    }

    /// The newest page. A deleted stack is read by its ARN, and its name looked up now and then for the next one.
    pub(super) async fn newest(&mut self) -> Result<EventsPage, Refusal> {
        let name = self.image_id.clone();
        let Some(stack) = self.known.stack.clone() else {
            self.known.walk.clone_from(&name);
            return match self.page(&name, None).await {
                Err(Refusal::Absent) => self.newest_of_deleted().await,
                other => other,
            };
        };
        if self.known.stack_is_gone && is_due(&mut self.name_looked_up, NAME_INTERVAL) {
            let page = self.page(&name, None).await;
            if let Some(next) = page.ok().filter(|page| is_of_another(page, &stack)) {
                self.known = Known {
                    walk: name,
                    ..Known::default()
                };
                return Ok(next);
            }
        }
        stack.as_str().clone_into(&mut self.known.walk);
        self.page(stack.as_str(), None).await
    }

    /// The newest page of the last deleted stack of this name.
    async fn newest_of_deleted(&mut self) -> Result<EventsPage, Refusal> {
        let is_due = is_due(&mut self.deleted_looked_up, ABSENT_FOR);
        let found = if is_due {
            self.deleted_stack().await
        } else {
            None
        };
        let stack = found.ok_or(Refusal::Absent)?;
        stack.as_str().clone_into(&mut self.known.walk);
        self.known.stack_is_gone = true;
        self.name_looked_up = Some(Instant::now());
        let page = self.page(stack.as_str(), None).await;
        self.known.stack = Some(stack);
        page
    }

    /// A failure here costs the events of a build that has ended, so it is not the watch's failure.
    async fn deleted_stack(&mut self) -> Option<StackId> {
        let mut token: Option<String> = None;
        for _ in 0..LONGEST_LIST {
            let name = self.image_id.clone();
            let call = Call {
                operation: Operation::ListStacks,
                about: &name,
                parameters: &cloudformation::list_deleted_stacks(token.as_deref()),
            };
            let read = |body: &[u8]| cloudformation::deleted(&name, body);
            let (found, next) = match self.client.call(call, read).await {
                Ok(page) => page,
                Err(refusal) => {
                    tracing::debug!(?refusal, "no list of deleted stacks");
                    return None;
                }
            };
            if found.is_some() {
                return found;
            }
            token = Some(next?);
        }
        None
    }
}

/// Whether it is time again; then it is the last time.
fn is_due(last: &mut Option<Instant>, interval: Duration) -> bool {
    let is_due = last.is_none_or(|last| last.elapsed() >= interval);
    if is_due {
        *last = Some(Instant::now());
    }
    is_due
}

fn is_of_another(page: &EventsPage, stack: &StackId) -> bool {
    page.events
        .first()
        .is_some_and(|event| event.stack_id != *stack)
}
