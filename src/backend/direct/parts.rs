//! The calls that describe the image: the stack, Image Builder's image, and the AMI. A refused one is left out from then
//! on, and the image is described from the others.

use tokio::time::Instant;

use crate::aws::operation::Operation;
use crate::backend::direct::client::{Call, Refusal};
use crate::backend::direct::cloudformation::Stack;
use crate::backend::direct::ec2::{Lookup, TaggedAmi};
use crate::backend::direct::{
    ABSENT_FOR, ABSENT_TIMES, Direct, cloudformation, ec2, imagebuilder, query,
};
use crate::domain::fault::{Fault, FaultKind};

impl Direct {
    /// A call that describes the image. `Ok(None)`: the service has nothing. A refusal is remembered.
    async fn part<T>(
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
                tracing::warn!(%fault, "refused");
                self.refused.push((call.operation, fault));
                Ok(None)
            }
            Err(Refusal::Fault(fault) | Refusal::TokenRejected(fault)) => Err(fault),
        }
    }

    pub(super) fn refusal(&self, operation: Operation) -> Option<&Fault> {
        let mut refused = self.refused.iter();
        let found = refused.find(|(refused, _)| *refused == operation);
        found.map(|(_, fault)| fault)
    }

    pub(super) async fn describe_stack(&mut self) -> Result<Option<Stack>, Fault> {
        if self.known.stack_is_gone {
            return Ok(None);
        }
        let known = self.known.stack.as_ref();
        let stack = known.map_or_else(|| self.image_id.clone(), |stack| stack.as_str().to_owned());
        let call = Call {
            operation: Operation::DescribeStacks,
            about: &stack,
            parameters: &cloudformation::describe_stacks(&stack),
        };
        let stack = self.part(call, cloudformation::stack).await?.flatten();
        Ok(stack.filter(|stack| stack.status.as_deref() != Some("DELETE_COMPLETE")))
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
            operation: Operation::GetImage,
            about: &arn,
            parameters: &imagebuilder::get_image(&arn),
        };
        if let Some(image) = self.part(call, imagebuilder::image).await? {
            self.known.builder = Some(image);
        }
        Ok(())
    }

    /// Looks the AMI up, where it may exist.
    pub(super) async fn find_ami(&mut self) -> Result<Option<TaggedAmi>, Fault> {
        let mut lookups = vec![Lookup::ImageId(self.image_id.clone())];
        lookups.extend(self.known.image_arn.clone().map(Lookup::ImageArn));
        let outputs = self.known.builder.iter().flat_map(|image| &image.outputs);
        let here = outputs.filter(|output| output.region.as_deref() == Some(&self.region));
        lookups.extend(
            here.filter_map(|output| output.image.clone())
                .map(Lookup::Ami),
        );
        for lookup in lookups {
            let name = self.image_id.clone();
            let call = Call {
                operation: Operation::DescribeImages,
                about: &name,
                parameters: &ec2::describe_images(&lookup),
            };
            let found = self.part(call, ec2::images).await?.unwrap_or_default();
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
        let is_made = self
            .known
            .builder
            .as_ref()
            .is_some_and(imagebuilder::Image::was_made);
        let is_running = |stack: &Stack| stack.status.as_deref() == Some("CREATE_IN_PROGRESS");
        is_made || self.known.resource_is_complete || !stack.is_some_and(is_running)
    }

    /// Whether that nothing was found is to be believed.
    pub(super) fn believes_absence(&mut self) -> bool {
        let (since, times) = self.absent.get_or_insert_with(|| (Instant::now(), 0));
        *times += 1;
        self.known.stack.is_some() || (*times >= ABSENT_TIMES && since.elapsed() >= ABSENT_FOR)
    }
}
