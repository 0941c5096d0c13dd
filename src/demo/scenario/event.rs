//! Writes a moment of a stack as a stack event in the API's own form.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;

use crate::demo::identifier::uuid;
use crate::demo::scenario::build::Build;
use crate::demo::scenario::moment::{Happening, Moment, Operation};

/// The fields of the API's `StackEvent`; those without a value are left out, as the API does.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ApiEvent<'a> {
    stack_id: &'a str,
    event_id: String,
    stack_name: &'a str,
    logical_resource_id: &'a str,
    physical_resource_id: &'a str,
    resource_type: &'a str,
    timestamp: String,
    resource_status: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_status_reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_properties: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_request_token: Option<&'a str>,
}

impl<'a> ApiEvent<'a> {
    /// The event of a moment, where it has one: Image Builder's stages and the AMI's tags have none.
    pub(crate) fn of(build: &'a Build, moment: &'a Moment, at: DateTime<Utc>) -> Option<Self> {
        let timestamp = stamp(at);
        let stack_name = build.image.id.as_str();
        let deletion = build.deletion.as_ref();
        let deletion = deletion.filter(|_| moment.operation == Operation::Delete);
        let client_request_token = deletion.and_then(|it| it.client_request_token.as_deref());
        match &moment.happening {
            Happening::Stack { status, reason } => Some(Self {
                resource_status_reason: reason.as_deref(),
                client_request_token,
                ..Self::of_stack(build, status, timestamp)
            }),
            Happening::Resource {
                index,
                status,
                reason,
                exists,
            } => {
                let resource = build.resources.get(*index)?;
                let creating = moment.operation == Operation::Create;
                Some(Self {
                    stack_id: &build.stack_id,
                    event_id: format!("{}-{status}-{timestamp}", resource.name),
                    stack_name,
                    logical_resource_id: &resource.name,
                    physical_resource_id: if *exists { &resource.physical_id } else { "" },
                    resource_type: &resource.kind,
                    timestamp,
                    resource_status: status,
                    resource_status_reason: reason.as_deref(),
                    resource_properties: creating.then_some(&resource.properties),
                    client_request_token,
                })
            }
            Happening::Stage(_)
            | Happening::Workflows(_)
            | Happening::AmiTagged
            | Happening::Gone => None,
        }
    }
}

impl<'a> ApiEvent<'a> {
    /// The last event of a deleted stack, which the ParallelCluster API never sends.
    pub(crate) fn last(build: &'a Build, at: DateTime<Utc>) -> Self {
        Self::of_stack(build, "DELETE_COMPLETE", stamp(at))
    }

    fn of_stack(build: &'a Build, status: &'a str, timestamp: String) -> Self {
        let stack_name = build.image.id.as_str();
        Self {
            stack_id: &build.stack_id,
            event_id: uuid(&format!("{} {status} {timestamp}", build.stack_id)),
            stack_name,
            logical_resource_id: stack_name,
            physical_resource_id: &build.stack_id,
            resource_type: "AWS::CloudFormation::Stack",
            timestamp,
            resource_status: status,
            resource_status_reason: None,
            resource_properties: None,
            client_request_token: None,
        }
    }

    /// The event as JSON. A struct of strings can always be written.
    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// A time as the API writes it: UTC, with exactly three decimals.
pub(crate) fn stamp(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}
