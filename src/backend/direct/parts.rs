//! The calls that describe the image: the stack, Image Builder's image, and the AMI. A refused one is left out from then
//! on, and the image is described from the others.

use crate::aws::operation::Operation;
use crate::backend::direct::client::{Call, Refusal};
use crate::backend::direct::cloudformation::Stack;
use crate::backend::direct::ec2::{Lookup, TaggedAmi};
use crate::backend::direct::{Direct, cloudformation, ec2, imagebuilder, query};
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::image::{AmiState, RegionalAmi};
use crate::domain::stack_event::StackId;
use crate::text::arn;
use crate::text::safe::SafeText;

impl Direct {
    /// A call whose refusal does not end the watch. `Ok(None)`: it is refused, or the service has nothing.
    pub(super) async fn part<T>(
        &mut self,
        call: Call<'_>,
        read: impl FnOnce(&[u8]) -> Result<T, query::ForeignBody>,
    ) -> Result<Option<T>, Fault> {
        if self.refusal(call.operation).is_some() {
            return Ok(None);
        }
        match self.client.call(call, read).await {
            Ok(part) => Ok(Some(part)),
            Err(Refusal::Absent) => Ok(None),
            Err(Refusal::Fault(fault)) if fault.kind == FaultKind::Denied => {
                self.untold.push(fault.clone());
                self.refuse_if_denied(call.operation, &fault);
                Ok(None)
            }
            Err(
                Refusal::Fault(fault) | Refusal::Rejected(fault) | Refusal::TokenRejected(fault),
            ) => Err(fault),
        }
    }

    /// Remembers a refused call: it is not tried again before the user retries.
    pub(super) fn refuse_if_denied(&mut self, operation: Operation, fault: &Fault) {
        if fault.kind == FaultKind::Denied {
            tracing::warn!(%fault, "refused");
            self.refused.push((operation, fault.clone()));
        }
    }

    pub(super) fn refusal(&self, operation: Operation) -> Option<&Fault> {
        let mut refused = self.refused.iter();
        let found = refused.find(|(refused, _)| *refused == operation);
        found.map(|(_, fault)| fault)
    }

    /// The stack, unless it is gone. While events tell its status, it is described only once.
    pub(super) async fn describe_stack(&mut self) -> Result<Option<Stack>, Fault> {
        let has_events = self.refusal(Operation::DescribeStackEvents).is_none();
        if let Some(id) = self.known.stack.clone().filter(|_| has_events) {
            // The tags of a deleted stack still say whose it was.
            let is_needed = self.stack.is_some() || !self.known.stack_is_gone;
            if self.known.described.is_none() && is_needed {
                self.known.described = self.describe(id.as_str()).await?;
            }
            if self.known.stack_is_gone {
                return Ok(None);
            }
            let known = self.known.described.clone();
            let known = known.unwrap_or_else(|| self.stack_of_events(&id));
            return Ok(Some(self.known.with_newest_status(known)));
        }
        self.describe_stack_now().await
    }

    /// The stack as far as its events tell it, where it can't be described.
    fn stack_of_events(&self, id: &StackId) -> Stack {
        let image_id = self.known.has_image.then(|| self.image_id.clone());
        Stack {
            id: Some(id.as_str().to_owned()),
            hides_tags: image_id.is_none(),
            image_id,
            ..Stack::default()
        }
    }

    /// The stack as it is now; `None` where it does not exist (any more), or the call is refused.
    pub(super) async fn describe_stack_now(&mut self) -> Result<Option<Stack>, Fault> {
        let known = self.known.stack.as_ref();
        let stack = known.map_or_else(|| self.image_id.clone(), |stack| stack.as_str().to_owned());
        let stack = self.describe(&stack).await?;
        if stack.is_some() {
            self.known.described.clone_from(&stack);
        }
        Ok(stack.filter(|stack| stack.status.as_deref() != Some("DELETE_COMPLETE")))
    }

    /// A stack by its name or ARN. A deleted one has no name any more.
    pub(super) async fn describe(&mut self, stack: &str) -> Result<Option<Stack>, Fault> {
        let call = Call {
            json: None,
            operation: Operation::DescribeStacks,
            region: None,
            about: stack,
            parameters: &cloudformation::describe_stacks(stack),
        };
        Ok(self.part(call, cloudformation::stack).await?.flatten())
    }

    /// Asks Image Builder until the image has its last state: its record dies with the stack.
    pub(super) async fn describe_builder(&mut self) -> Result<(), Fault> {
        let ended = self
            .known
            .builder
            .as_ref()
            .is_some_and(imagebuilder::Image::has_ended);
        let Some(arn) = self.known.image_arn.clone().filter(|_| !ended) else {
            return Ok(());
        };
        let call = Call {
            json: None,
            operation: Operation::GetImage,
            region: None,
            about: &arn,
            parameters: &imagebuilder::get_image(&arn),
        };
        if let Some(image) = self.part(call, imagebuilder::image).await? {
            self.known.builder = Some(image);
        }
        Ok(())
    }

    /// The AMIs of a lookup in the build's region.
    pub(super) async fn look_up(&mut self, lookup: &Lookup) -> Result<Vec<TaggedAmi>, Fault> {
        let about = self.image_id.clone();
        let call = Call {
            json: None,
            operation: Operation::DescribeImages,
            region: None,
            about: &about,
            parameters: &ec2::describe_images(lookup),
        };
        Ok(self.part(call, ec2::images).await?.unwrap_or_default())
    }

    /// Looks the AMIs up, where they may exist: in the build's region by every means, in others by Image Builder's word.
    pub(super) async fn find_amis(&mut self) -> Result<Amis, Fault> {
        let own = self.find_own_ami().await?;
        let outputs = self.known.builder.as_ref().filter(|image| image.was_made());
        let outputs = outputs.map_or_else(Vec::new, |image| image.outputs.clone());
        let mut amis = Amis::default();
        let mut failed = None;
        for output in outputs {
            let (Some(region), Some(id)) = (output.region, output.image) else {
                continue;
            };
            // The name of a region becomes part of a host name.
            if region == self.region || !arn::is_region(&region) {
                continue;
            }
            if self.refusal(Operation::DescribeImages).is_some() {
                amis.add(&region, &id, None);
                continue;
            }
            match self.find_elsewhere(&region, &id).await {
                Ok(Some(found)) => {
                    amis.add(&region, &id, found.ami.state.clone());
                    amis.prefer(found);
                }
                // It was deleted there.
                Ok(None) => {}
                Err(fault) => {
                    amis.add(&region, &id, None);
                    failed = Some(fault);
                }
            }
        }
        if let Some(own) = own {
            amis.add(&self.region, own.ami.id.as_str(), own.ami.state.clone());
            // The build's region comes first.
            amis.all.rotate_right(1);
            amis.first = Some(own);
        }
        match failed {
            // Another try may find it; a refusal leaves Image Builder's word.
            Some(fault) if amis.first.is_none() && fault.kind.may_pass() => Err(fault),
            _ => Ok(amis),
        }
    }

    /// An AMI of another region. Once it is found good there, it is not looked up again.
    async fn find_elsewhere(&mut self, region: &str, id: &str) -> Result<Option<TaggedAmi>, Fault> {
        let mut known = self.known.elsewhere.iter();
        if let Some((_, found)) = known.find(|(known, _)| known == region) {
            return Ok(Some(found.clone()));
        }
        let lookup = Lookup::Ami(id.to_owned());
        let call = Call {
            json: None,
            operation: Operation::DescribeImages,
            region: Some(region),
            about: id,
            parameters: &ec2::describe_images(&lookup),
        };
        match self.client.call(call, ec2::images).await {
            Ok(images) => {
                let found = images.into_iter().next();
                let good = found
                    .clone()
                    .filter(|found| found.ami.state() == Some(AmiState::Good));
                let good = good.map(|good| (region.to_owned(), good));
                self.known.elsewhere.extend(good);
                Ok(found)
            }
            Err(Refusal::Absent) => Ok(None),
            Err(
                Refusal::Fault(fault) | Refusal::Rejected(fault) | Refusal::TokenRejected(fault),
            ) => Err(fault),
        }
    }

    async fn find_own_ami(&mut self) -> Result<Option<TaggedAmi>, Fault> {
        let mut lookups = Vec::new();
        // Of a stack by its ARN, only an AMI of its own time is wanted.
        let described = self.known.described.as_ref();
        let knows_time = described.is_some_and(|stack| stack.created.is_some());
        if self.stack.is_none() || knows_time {
            lookups.push(Lookup::ImageId(self.image_id.clone()));
        }
        lookups.extend(self.known.image_arn.clone().map(Lookup::ImageArn));
        let outputs = self.known.builder.iter().flat_map(|image| &image.outputs);
        let here = outputs.filter(|output| output.region.as_deref() == Some(&self.region));
        lookups.extend(
            here.filter_map(|output| output.image.clone())
                .map(Lookup::Ami),
        );
        for lookup in lookups {
            let found = self.look_up(&lookup).await?;
            let arn = self.known.image_arn.as_deref();
            let mut found = found.into_iter();
            let own = found.find(|image| !image.ami.is_of_another_image(arn));
            if own.is_some() {
                return Ok(own);
            }
        }
        Ok(None)
    }

    /// Whether the AMI may exist: the build is not simply running.
    pub(super) fn may_have_ami(&self, stack: Option<&Stack>) -> bool {
        let is_running = |stack: &Stack| stack.status.as_deref() == Some("CREATE_IN_PROGRESS");
        self.known.is_made() || !stack.is_some_and(is_running)
    }
}

/// The AMIs of a build.
#[derive(Debug, Default)]
pub(super) struct Amis {
    /// The one in the build's region, else the first.
    pub(super) first: Option<TaggedAmi>,
    pub(super) all: Vec<RegionalAmi>,
}

impl Amis {
    /// Takes an AMI as the first where it is in a better state than the one before it.
    fn prefer(&mut self, found: TaggedAmi) {
        let rank = |found: &TaggedAmi| match found.ami.state() {
            Some(AmiState::Good) => 2,
            Some(AmiState::Bad) => 0,
            _ => 1,
        };
        if self
            .first
            .as_ref()
            .is_none_or(|first| rank(first) < rank(&found))
        {
            self.first = Some(found);
        }
    }

    fn add(&mut self, region: &str, id: &str, state: Option<SafeText>) {
        self.all.push(RegionalAmi {
            region: SafeText::new(region),
            id: SafeText::new(id),
            state,
        });
    }
}
