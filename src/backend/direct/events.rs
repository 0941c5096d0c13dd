//! The pages of a stack's events, and the stack that they are of: by name first, by ARN once that is known, and from the
//! list of deleted stacks where the name has none any more.

use std::time::Duration;

use tokio::time::Instant;

use crate::aws::operation::Operation;
use crate::backend::direct::client::{Call, Refusal};
use crate::backend::direct::ec2::Lookup;
use crate::backend::direct::known::Known;
use crate::backend::direct::{ABSENT_FOR, Direct, cloudformation};
use crate::backend::{EventsPage, NextToken};
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::stack_event::StackId;
use crate::text::arn;
use crate::text::safe::SafeText;

/// The pages of deleted stacks to search: a busy account has thousands.
const LONGEST_LIST: usize = 20;
/// How often the name of a deleted stack is looked up again: the image may be built once more.
const NAME_INTERVAL: Duration = Duration::from_secs(15);

impl Direct {
    /// A page, of the walk in progress if there is a token.
    pub(super) async fn any_page(
        &mut self,
        token: Option<&NextToken>,
    ) -> Result<EventsPage, Refusal> {
        self.compare_account().await;
        if let Some(fault) = self.refusal(Operation::DescribeStackEvents).cloned() {
            return Err(self.presence_of_stack(fault).await);
        }
        let page = match token {
            Some(_) => {
                let walk = self.known.walk.clone();
                self.page(&walk, token).await
            }
            None => self.newest().await,
        };
        match page {
            Err(Refusal::Fault(fault)) if fault.kind == FaultKind::Denied => {
                self.refuse_if_denied(Operation::DescribeStackEvents, &fault);
                let presence = self.presence_of_stack(fault.clone()).await;
                if presence == Refusal::Absent {
                    // The answer does not tell it.
                    self.untold.push(fault);
                }
                Err(presence)
            }
            page => page,
        }
    }

    /// Tells once, before the first call about a stack, that its ARN is of another account than the credentials.
    async fn compare_account(&mut self) {
        let Some(stack) = self.stack.as_ref().filter(|_| !self.knows_account) else {
            return;
        };
        let of_stack = arn::account(stack.as_str()).unwrap_or_default().to_owned();
        let caller = self.caller().await;
        // Only a failure of the credentials justifies another try, and is that of the next call, too.
        let is_of_credentials = |fault: &Fault| fault.kind.is_of_credentials();
        self.knows_account = !caller.as_ref().is_err_and(is_of_credentials);
        let Ok(caller) = caller else {
            return;
        };
        let of_caller = caller.account;
        self.account = Some(of_caller.clone());
        if of_caller.as_str() != of_stack {
            let message = format!(
                "the stack is of account {of_stack}, and the credentials are of account {of_caller}"
            );
            self.untold.push(Fault {
                kind: FaultKind::Denied,
                message: SafeText::new(&message),
                hint: Some(SafeText::new(
                    "pass --profile or --role-arn for that account",
                )),
                request_id: None,
            });
        }
    }

    /// Events are refused: whether there is a stack can still be asked.
    async fn presence_of_stack(&mut self, refused: Fault) -> Refusal {
        match self.describe_stack_now().await {
            Ok(None) if self.refusal(Operation::DescribeStacks).is_none() => {
                if self.known.stack.is_none() {
                    self.find_deleted_stack().await;
                }
                Refusal::Absent
            }
            Ok(_) => Refusal::Fault(refused),
            Err(fault) => Refusal::Fault(fault),
        }
    }

    async fn page(
        &mut self,
        stack: &str,
        token: Option<&NextToken>,
    ) -> Result<EventsPage, Refusal> {
        let call = Call {
            json: None,
            operation: Operation::DescribeStackEvents,
            region: None,
            about: stack,
            parameters: &cloudformation::describe_stack_events(stack, token),
        };
        let (reader, last) = (&mut self.reader, &mut self.last_page);
        let read = |body: &[u8]| match token {
            None => last.read(body, reader),
            Some(_) => cloudformation::events(body, reader),
        };
        self.client.call(call, read).await
    }

    /// The newest page. A deleted stack is read by its ARN, and its name looked up now and then for the next one.
    async fn newest(&mut self) -> Result<EventsPage, Refusal> {
        let Some(stack) = self.known.stack.clone() else {
            let name = self.image_id.clone();
            self.known.walk.clone_from(&name);
            return match self.page(&name, None).await {
                Err(Refusal::Absent) => self.newest_of_deleted().await,
                other => other,
            };
        };
        let looks_for_next = self.known.stack_is_gone && self.stack.is_none();
        let stack = if looks_for_next && is_due(&mut self.name_looked_up, NAME_INTERVAL) {
            self.next_stack(&stack).await.unwrap_or(stack)
        } else {
            stack
        };
        stack.as_str().clone_into(&mut self.known.walk);
        self.page(stack.as_str(), None).await
    }

    /// The stack that has the name of a deleted one now. Not to know it costs nothing that this stack still has.
    async fn next_stack(&mut self, deleted: &StackId) -> Option<StackId> {
        let name = self.image_id.clone();
        let next = self.describe(&name).await.ok()??;
        let id = StackId::from(next.id.as_deref()?);
        if id == *deleted || next.status.as_deref() == Some("DELETE_COMPLETE") {
            return None;
        }
        self.known = Known::of(Some(id.clone()));
        self.known.described = Some(next);
        Some(id)
    }

    /// The newest page of the last deleted stack of this name. It is not that of a build that has just been started.
    async fn newest_of_deleted(&mut self) -> Result<EventsPage, Refusal> {
        let stack = self.find_deleted_stack().await.ok_or(Refusal::Absent)?;
        stack.as_str().clone_into(&mut self.known.walk);
        self.name_looked_up = Some(Instant::now());
        self.page(stack.as_str(), None).await
    }

    /// The last deleted stack of a name that has none any more. It is the one to watch from then on.
    async fn find_deleted_stack(&mut self) -> Option<StackId> {
        if self.waits || !self.is_no_new_name().await {
            return None;
        }
        if !is_due(&mut self.deleted_looked_up, ABSENT_FOR) {
            return None;
        }
        let stack = self.deleted_stack().await?;
        self.known.stack_is_gone = true;
        self.known.stack = Some(stack.clone());
        Some(stack)
    }

    /// Whether the name without a stack is not that of one that was created a moment ago. ParallelCluster builds no image
    /// that exists, so an AMI settles it.
    async fn is_no_new_name(&mut self) -> bool {
        if self.name_absent.note() {
            return true;
        }
        let lookup = Lookup::ImageId(self.image_id.clone());
        let amis = self.look_up(&lookup).await;
        amis.is_ok_and(|amis| amis.iter().any(|ami| ami.is_tagged))
    }

    /// A failure here costs the events of a build that has ended, so it is not the watch's failure.
    async fn deleted_stack(&mut self) -> Option<StackId> {
        let mut token: Option<String> = None;
        let name = self.image_id.clone();
        for _ in 0..LONGEST_LIST {
            let call = Call {
                json: None,
                operation: Operation::ListStacks,
                region: None,
                about: &name,
                parameters: &cloudformation::list_deleted_stacks(token.as_deref()),
            };
            let read = |body: &[u8]| cloudformation::deleted(&name, body);
            match self.part(call, read).await {
                Ok(Some((Some(found), _))) => return Some(found),
                Ok(Some((None, next))) => token = Some(next?),
                Ok(None) => return None,
                Err(fault) => {
                    tracing::debug!(%fault, "no list of deleted stacks");
                    // The next poll asks again.
                    self.deleted_looked_up = None;
                    return None;
                }
            }
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
