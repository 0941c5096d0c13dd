//! Puts the answers of CloudFormation, Image Builder and EC2 together to one description of the image, in the form that
//! DescribeImage of the ParallelCluster API has. It is pure.

use chrono::{DateTime, Utc};

use crate::backend::direct::cloudformation::Stack;
use crate::backend::direct::ec2::TaggedAmi;
use crate::backend::direct::imagebuilder;
use crate::domain::image::{Ami, ImageAnswer, ImageDescription, RegionalAmi};
use crate::domain::stack_event::StackId;
use crate::text::redact::redact_secrets;
use crate::text::safe::SafeText;

/// The answers about one image.
#[derive(Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts: every combination can be observed"
)]
pub(super) struct Parts<'a> {
    pub(super) region: &'a str,
    /// `None`: there is none, or none any more.
    pub(super) stack: Option<&'a Stack>,
    /// When the stack was created, also after it was deleted.
    pub(super) stack_created: Option<DateTime<Utc>>,
    /// No permitted call tells whether there is a stack.
    pub(super) hides_stack: bool,
    pub(super) builder: Option<&'a imagebuilder::Image>,
    pub(super) ami: Option<&'a TaggedAmi>,
    /// Those of all regions.
    pub(super) amis: &'a [RegionalAmi],
    /// The events show that the image resource is complete.
    pub(super) resource_is_complete: bool,
    /// EC2 can't be asked whether the AMI exists.
    pub(super) ec2_is_refused: bool,
    /// ParallelCluster will not tag the AMI any more.
    pub(super) misses_tag: bool,
}

/// Decides what the answers describe.
pub(super) fn answer(parts: &Parts<'_>) -> ImageAnswer {
    let was_made =
        parts.resource_is_complete || parts.builder.is_some_and(imagebuilder::Image::was_made);
    // An AMI exists before the tests have run; only a tagged one, or one of an image that was made, is finished.
    let found = parts.ami.filter(|found| found.is_tagged || was_made);
    let (ami, created, image_id) = match found {
        Some(found) => (
            Some(found.ami.clone()),
            found.created,
            found.image_id.as_deref(),
        ),
        None => (unverified(parts).filter(|_| was_made), None, None),
    };
    if parts
        .stack
        .is_some_and(|stack| stack.image_id.is_none() && !stack.hides_tags)
        && ami.is_none()
    {
        return ImageAnswer::Foreign;
    }
    if parts.stack.is_none() && ami.is_none() {
        return ImageAnswer::Absent;
    }
    ImageAnswer::Described(Box::new(describe(parts, ami, created, image_id)))
}

/// A stack that is not ParallelCluster's.
pub(super) fn any_stack(region: &str, stack: &Stack) -> ImageAnswer {
    let parts = Parts {
        region,
        stack: Some(stack),
        ..Parts::default()
    };
    ImageAnswer::Described(Box::new(ImageDescription {
        is_any_stack: true,
        ..describe(&parts, None, None, None)
    }))
}

/// Nothing was found, and no permitted call can tell whether there is a stack.
pub(super) fn hidden(region: &str) -> ImageAnswer {
    ImageAnswer::Described(Box::new(ImageDescription {
        region: Some(SafeText::new(region)),
        hides_stack: true,
        ..ImageDescription::default()
    }))
}

/// The AMI that Image Builder names where EC2 can't be asked, or in a region that could not be asked. One that EC2 did
/// not find is none.
fn unverified(parts: &Parts<'_>) -> Option<Ami> {
    if !parts.ec2_is_refused {
        let unasked = parts.amis.iter().find(|copy| copy.state.is_none());
        return unasked.map(|copy| Ami::new(copy.id.as_str()));
    }
    let outputs = &parts.builder?.outputs;
    let here = |output: &&imagebuilder::Output| output.region.as_deref() == Some(parts.region);
    let output = outputs.iter().find(here).or_else(|| outputs.first())?;
    output.image.as_deref().map(Ami::new)
}

fn describe(
    parts: &Parts<'_>,
    ami: Option<Ami>,
    created: Option<DateTime<Utc>>,
    image_id: Option<&str>,
) -> ImageDescription {
    let stack_status = parts.stack.and_then(|stack| stack.status.as_deref());
    let build_status = if ami.is_some() {
        Some("BUILD_COMPLETE")
    } else {
        stack_status.and_then(build_status)
    };
    let text = |text: Option<&str>| text.map(|text| SafeText::new(&redact_secrets(text)));
    let of_stack = |field: fn(&Stack) -> &Option<String>| {
        text(parts.stack.and_then(|stack| field(stack).as_deref()))
    };
    let of_builder = |field: fn(&imagebuilder::Image) -> &Option<String>| {
        text(parts.builder.and_then(|image| field(image).as_deref()))
    };
    ImageDescription {
        image_id: text(image_id),
        region: Some(SafeText::new(parts.region)),
        version: of_stack(|stack| &stack.version),
        build_status: text(build_status),
        stack_id: parts
            .stack
            .and_then(|stack| stack.id.as_deref())
            .map(StackId::from),
        stack_status: text(stack_status),
        stack_status_reason: of_stack(|stack| &stack.reason),
        creation_time: created,
        builder_status: of_builder(|image| &image.status),
        builder_reason: of_builder(|image| &image.reason),
        stack_created: parts.stack_created,
        hides_stack: parts.hides_stack,
        failure: parts.builder.and_then(|image| image.failure.clone()),
        amis: amis(parts, ami.as_ref()),
        is_ami_unverified: ami.is_some() && parts.ami.is_none(),
        is_unlisted: ami.is_some() && parts.misses_tag,
        ami,
        is_any_stack: false,
    }
}

/// The AMIs of all regions, once there is one: by EC2, else by Image Builder's word.
fn amis(parts: &Parts<'_>, ami: Option<&Ami>) -> Vec<RegionalAmi> {
    if ami.is_none() || !parts.amis.is_empty() {
        return parts.amis.to_vec();
    }
    let outputs = parts.builder.into_iter().flat_map(|image| &image.outputs);
    let named = outputs.filter_map(|output| {
        Some(RegionalAmi {
            region: SafeText::new(output.region.as_deref()?),
            id: SafeText::new(output.image.as_deref()?),
            state: None,
        })
    });
    named.collect()
}

/// ParallelCluster's table from the stack's status to the build's.
fn build_status(stack_status: &str) -> Option<&str> {
    match stack_status {
        "DELETE_IN_PROGRESS" | "DELETE_FAILED" | "DELETE_COMPLETE" => Some(stack_status),
        "CREATE_COMPLETE" | "UPDATE_COMPLETE" | "IMPORT_COMPLETE" => Some("BUILD_COMPLETE"),
        "CREATE_IN_PROGRESS"
        | "UPDATE_IN_PROGRESS"
        | "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"
        | "UPDATE_ROLLBACK_IN_PROGRESS"
        | "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"
        | "REVIEW_IN_PROGRESS"
        | "IMPORT_IN_PROGRESS"
        | "IMPORT_ROLLBACK_IN_PROGRESS" => Some("BUILD_IN_PROGRESS"),
        "CREATE_FAILED"
        | "ROLLBACK_IN_PROGRESS"
        | "ROLLBACK_FAILED"
        | "ROLLBACK_COMPLETE"
        | "UPDATE_ROLLBACK_FAILED"
        | "UPDATE_ROLLBACK_COMPLETE"
        | "IMPORT_ROLLBACK_FAILED"
        | "IMPORT_ROLLBACK_COMPLETE" => Some("BUILD_FAILED"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stack(status: &str, image_id: Option<&str>) -> Stack {
        Stack {
            id: Some("arn:stack".to_owned()),
            status: Some(status.to_owned()),
            image_id: image_id.map(str::to_owned),
            ..Stack::default()
        }
    }

    fn builder(status: &str) -> imagebuilder::Image {
        let output = imagebuilder::Output {
            region: Some("r".to_owned()),
            image: Some("ami-1".to_owned()),
        };
        imagebuilder::Image {
            status: Some(status.to_owned()),
            outputs: vec![output],
            ..imagebuilder::Image::default()
        }
    }

    fn ami(is_tagged: bool) -> TaggedAmi {
        TaggedAmi {
            ami: Ami::new("ami-1"),
            created: None,
            image_id: Some("img".to_owned()),
            is_tagged,
        }
    }

    fn described(parts: &Parts<'_>) -> ImageDescription {
        match answer(parts) {
            ImageAnswer::Described(image) => *image,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_ami_counts_when_it_is_tagged_or_its_image_was_made() {
        let building = stack("CREATE_IN_PROGRESS", Some("img"));
        for (is_tagged, status, counts) in [
            (true, "TESTING", true),
            (false, "TESTING", false),
            (false, "AVAILABLE", true),
        ] {
            let (found, builder) = (ami(is_tagged), builder(status));
            let image = described(&Parts {
                stack: Some(&building),
                builder: Some(&builder),
                ami: Some(&found),
                ..Parts::default()
            });
            assert_eq!(image.finished_ami().is_some(), counts, "{status}");
        }
    }

    #[test]
    fn an_ami_of_the_outputs_counts_only_where_ec2_is_refused() {
        let deleting = stack("DELETE_IN_PROGRESS", Some("img"));
        let builder = builder("AVAILABLE");
        for ec2_is_refused in [true, false] {
            let image = described(&Parts {
                stack: Some(&deleting),
                builder: Some(&builder),
                ec2_is_refused,
                ..Parts::default()
            });
            assert_eq!(image.finished_ami().is_some(), ec2_is_refused);
        }
    }

    #[test]
    fn no_stack_and_no_ami_is_absent_and_a_stack_without_the_tag_is_foreign() {
        assert_eq!(answer(&Parts::default()), ImageAnswer::Absent);
        let other = stack("CREATE_COMPLETE", None);
        let parts = Parts {
            stack: Some(&other),
            ..Parts::default()
        };
        assert_eq!(answer(&parts), ImageAnswer::Foreign);
    }

    #[test]
    fn a_failed_stack_is_a_failed_build() {
        let failed = stack("ROLLBACK_COMPLETE", Some("img"));
        let parts = Parts {
            stack: Some(&failed),
            ..Parts::default()
        };
        assert!(described(&parts).build_failed());
    }
}
