//! The description of an image in a recording. The serialised names are the file format: they must not change.

use serde::{Deserialize, Serialize};

use crate::domain::image::{Ami, FailureContext, ImageDescription, RegionalAmi};
use crate::domain::stack_event::{StackId, format_time, parse_time};
use crate::recording::format::{redacted, safe};
use crate::text::safe::SafeText;

/// A description by DescribeImage: the fields that a watch keeps, with the API's names if it has them.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the fields of the file format"
)]
pub(crate) struct Description {
    #[serde(skip_serializing_if = "Option::is_none")]
    image_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image_build_status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cloudformation_stack_arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cloudformation_stack_status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cloudformation_stack_status_reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    creation_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    imagebuilder_image_status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    imagebuilder_image_status_reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stack_creation_time: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    is_any_stack: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    hides_stack: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<FailureFields>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ec2_ami_info: Option<AmiInfo>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    amis: Vec<RegionalAmiFields>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    is_ami_unverified: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    is_unlisted: bool,
}

/// Image Builder's `failureContext`.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct FailureFields {
    #[serde(skip_serializing_if = "Option::is_none")]
    stage: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    workflow: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    component: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phase: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    component_step: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_message: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RegionalAmiFields {
    region: String,
    ami_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    state: Option<String>,
}

impl From<&FailureContext> for FailureFields {
    fn from(failure: &FailureContext) -> Self {
        Self {
            stage: redacted(failure.stage.as_ref()),
            workflow: redacted(failure.workflow.as_ref()),
            step: redacted(failure.step.as_ref()),
            component: redacted(failure.component.as_ref()),
            phase: redacted(failure.phase.as_ref()),
            component_step: redacted(failure.component_step.as_ref()),
            error_message: redacted(failure.error_message.as_ref()),
        }
    }
}

impl From<&FailureFields> for FailureContext {
    fn from(fields: &FailureFields) -> Self {
        Self {
            stage: safe(fields.stage.as_ref()),
            workflow: safe(fields.workflow.as_ref()),
            step: safe(fields.step.as_ref()),
            component: safe(fields.component.as_ref()),
            phase: safe(fields.phase.as_ref()),
            component_step: safe(fields.component_step.as_ref()),
            error_message: safe(fields.error_message.as_ref()),
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AmiInfo {
    ami_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ami_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    state: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    state_reason: Option<String>,
    /// The tag `Ec2ImageBuilderArn`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    image_arn: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tags: Vec<AmiTag>,
}

/// A tag of an AMI.
#[derive(Debug, Serialize, Deserialize)]
struct AmiTag {
    key: String,
    value: String,
}

impl From<&(SafeText, SafeText)> for AmiTag {
    fn from((key, value): &(SafeText, SafeText)) -> Self {
        let text = |text| redacted(Some(text)).unwrap_or_default();
        Self {
            key: text(key),
            value: text(value),
        }
    }
}

impl AmiTag {
    fn read(&self) -> (SafeText, SafeText) {
        (SafeText::new(&self.key), SafeText::new(&self.value))
    }
}

impl From<&ImageDescription> for Description {
    fn from(image: &ImageDescription) -> Self {
        Self {
            image_id: redacted(image.image_id.as_ref()),
            region: redacted(image.region.as_ref()),
            version: redacted(image.version.as_ref()),
            image_build_status: redacted(image.build_status.as_ref()),
            cloudformation_stack_arn: image.stack_id.as_ref().map(|id| id.as_str().to_owned()),
            cloudformation_stack_status: redacted(image.stack_status.as_ref()),
            cloudformation_stack_status_reason: redacted(image.stack_status_reason.as_ref()),
            creation_time: image.creation_time.map(format_time),
            imagebuilder_image_status: redacted(image.builder_status.as_ref()),
            imagebuilder_image_status_reason: redacted(image.builder_reason.as_ref()),
            stack_creation_time: image.stack_created.map(format_time),
            is_any_stack: image.is_any_stack,
            hides_stack: image.hides_stack,
            failure: image.failure.as_ref().map(FailureFields::from),
            amis: image
                .amis
                .iter()
                .map(|ami| RegionalAmiFields {
                    region: ami.region.as_str().to_owned(),
                    ami_id: ami.id.as_str().to_owned(),
                    state: redacted(ami.state.as_ref()),
                })
                .collect(),
            is_ami_unverified: image.is_ami_unverified,
            is_unlisted: image.is_unlisted,
            ec2_ami_info: image.ami.as_ref().map(|ami| AmiInfo {
                ami_id: ami.id.as_str().to_owned(),
                ami_name: redacted(ami.name.as_ref()),
                state: redacted(ami.state.as_ref()),
                state_reason: redacted(ami.state_reason.as_ref()),
                image_arn: redacted(ami.image_arn.as_ref()),
                tags: ami.tags.iter().map(AmiTag::from).collect(),
            }),
        }
    }
}

impl From<&Description> for ImageDescription {
    fn from(fields: &Description) -> Self {
        Self {
            image_id: safe(fields.image_id.as_ref()),
            region: safe(fields.region.as_ref()),
            version: safe(fields.version.as_ref()),
            build_status: safe(fields.image_build_status.as_ref()),
            stack_id: fields
                .cloudformation_stack_arn
                .as_deref()
                .map(StackId::from),
            stack_status: safe(fields.cloudformation_stack_status.as_ref()),
            stack_status_reason: safe(fields.cloudformation_stack_status_reason.as_ref()),
            creation_time: fields.creation_time.as_deref().and_then(parse_time),
            builder_status: safe(fields.imagebuilder_image_status.as_ref()),
            builder_reason: safe(fields.imagebuilder_image_status_reason.as_ref()),
            stack_created: fields.stack_creation_time.as_deref().and_then(parse_time),
            is_any_stack: fields.is_any_stack,
            hides_stack: fields.hides_stack,
            failure: fields.failure.as_ref().map(FailureContext::from),
            amis: fields
                .amis
                .iter()
                .map(|ami| RegionalAmi {
                    region: SafeText::new(&ami.region),
                    id: SafeText::new(&ami.ami_id),
                    state: safe(ami.state.as_ref()),
                })
                .collect(),
            is_ami_unverified: fields.is_ami_unverified,
            is_unlisted: fields.is_unlisted,
            ami: fields.ec2_ami_info.as_ref().map(|ami| Ami {
                id: SafeText::new(&ami.ami_id),
                name: safe(ami.ami_name.as_ref()),
                state: safe(ami.state.as_ref()),
                state_reason: safe(ami.state_reason.as_ref()),
                image_arn: safe(ami.image_arn.as_ref()),
                tags: ami.tags.iter().map(AmiTag::read).collect(),
            }),
        }
    }
}
