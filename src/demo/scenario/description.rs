//! The body of DescribeImage's response during a build: from the stack until the AMI is tagged, then from the AMI.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use crate::demo::scenario::build::{Build, ImageFacts};
use crate::demo::scenario::event::stamp;
use crate::demo::scenario::moment::{Happening, Stage};

/// The state that DescribeImage describes at one time.
#[derive(Debug)]
pub(crate) struct Description<'a> {
    image: &'a ImageFacts,
    stack_id: &'a str,
    began: DateTime<Utc>,
    /// The stack's status and reason; absent where the API does not find the stack.
    stack: Option<(&'static str, Option<String>)>,
    stage: Option<Stage>,
    ami_created: Option<DateTime<Utc>>,
}

impl<'a> Description<'a> {
    /// The state before the first moment of the build.
    pub(crate) fn new(build: &'a Build, began: DateTime<Utc>) -> Self {
        Self {
            image: &build.image,
            stack_id: &build.stack_id,
            began,
            stack: None,
            stage: None,
            ami_created: None,
        }
    }

    /// Applies a happening. Returns whether that changes DescribeImage's response.
    pub(crate) fn apply(&mut self, happening: &Happening, at: DateTime<Utc>) -> bool {
        match happening {
            Happening::Stack { status, reason } => self.stack = Some((status, reason.clone())),
            Happening::Stage(stage) => self.stage.clone_from(stage),
            Happening::AmiTagged => self.ami_created = Some(at - self.image.ami_age_when_tagged),
            Happening::Gone => self.stack = None,
            Happening::Resource { .. } | Happening::Workflows(_) => return false,
        }
        true
    }

    /// The body of the response; none where there is neither an image nor a stack.
    pub(crate) fn body(&self) -> Option<Value> {
        // The API looks for the AMI first: once that is tagged, it no longer reads the stack.
        if let Some(created) = self.ami_created {
            return Some(self.ami_shape(created));
        }
        let (status, reason) = self.stack.as_ref()?;
        Some(self.stack_shape(status, reason.as_deref()))
    }

    fn ami_shape(&self, created: DateTime<Utc>) -> Value {
        let image = self.image;
        let created = stamp(created);
        let mut body = self.common();
        insert(&mut body, "imageBuildStatus", "BUILD_COMPLETE");
        insert(&mut body, "creationTime", created.as_str());
        let ami = json!({
            "amiId": image.ami_id,
            "amiName": format!("{} {}", image.id, created.replace(':', "-")),
            "architecture": image.ami_architecture,
            "state": "AVAILABLE",
            "description": image.ami_description,
            "tags": tags(&image.ami_tags),
        });
        insert(&mut body, "ec2AmiInfo", ami);
        Value::Object(body)
    }

    fn stack_shape(&self, status: &str, reason: Option<&str>) -> Value {
        let mut body = self.common();
        if let Some(build_status) = build_status(status) {
            insert(&mut body, "imageBuildStatus", build_status);
        }
        insert(&mut body, "imageBuildLogsArn", self.image.logs_arn.as_str());
        insert(&mut body, "cloudformationStackStatus", status);
        if let Some(reason) = reason {
            insert(&mut body, "cloudformationStackStatusReason", reason);
        }
        insert(&mut body, "cloudformationStackArn", self.stack_id);
        insert(
            &mut body,
            "cloudformationStackCreationTime",
            stamp(self.began),
        );
        insert(
            &mut body,
            "cloudformationStackTags",
            tags(&self.image.stack_tags),
        );
        if let Some(stage) = &self.stage {
            insert(&mut body, "imagebuilderImageStatus", stage.status.as_str());
            if let Some(reason) = &stage.reason {
                insert(&mut body, "imagebuilderImageStatusReason", reason.as_str());
            }
        }
        Value::Object(body)
    }

    fn common(&self) -> Map<String, Value> {
        let image = self.image;
        let mut body = Map::new();
        insert(&mut body, "imageId", image.id.as_str());
        insert(&mut body, "region", image.region.as_str());
        insert(&mut body, "version", image.version.as_str());
        let configuration = json!({ "url": image.configuration_url });
        insert(&mut body, "imageConfiguration", configuration);
        body
    }
}

fn insert(body: &mut Map<String, Value>, field: &str, value: impl Into<Value>) {
    body.insert(field.to_owned(), value.into());
}

fn tags(tags: &BTreeMap<String, String>) -> Value {
    tags.iter()
        .map(|(key, value)| json!({ "key": key, "value": value }))
        .collect()
}

/// The API's build status for the stack's status; none for a status that it does not know.
fn build_status(stack_status: &str) -> Option<&str> {
    match stack_status {
        "CREATE_IN_PROGRESS" => Some("BUILD_IN_PROGRESS"),
        "CREATE_COMPLETE" => Some("BUILD_COMPLETE"),
        status if status == "CREATE_FAILED" || status.starts_with("ROLLBACK_") => {
            Some("BUILD_FAILED")
        }
        status => status.starts_with("DELETE_").then_some(status),
    }
}
