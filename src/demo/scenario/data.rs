//! The format of the scenarios' files: `stack.toml`, which all share, and one file each.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::demo::duration;
use crate::demo::faults::FaultRule;

/// `stack.toml`: the stack that ParallelCluster makes for any image.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct StackData {
    pub region: String,
    pub account: String,
    pub version: String,
    pub configuration_url: String,
    pub logs_arn: String,
    pub names: BTreeMap<String, String>,
    pub tags: BTreeMap<String, String>,
    pub ami: AmiData,
    pub stages: Vec<StageData>,
    pub workflows: Vec<WorkflowData>,
    pub cleanup: CleanupData,
    pub resources: Vec<ResourceData>,
}

/// The facts of DescribeImage's response for the finished image.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct AmiData {
    pub architecture: String,
    pub description: String,
    /// The time from its creation to its tag as finished.
    #[serde(deserialize_with = "duration::deserialize")]
    pub age_when_tagged: Duration,
    pub tags: BTreeMap<String, String>,
}

/// One stage of Image Builder, timed since the image was initiated.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct StageData {
    pub status: String,
    #[serde(deserialize_with = "duration::deserialize")]
    pub after: Duration,
}

/// One workflow of Image Builder.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct WorkflowData {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub version: String,
    pub steps: Vec<StepData>,
}

/// One step of a workflow, timed since the image was initiated.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct StepData {
    pub name: String,
    pub action: String,
    #[serde(deserialize_with = "duration::deserialize")]
    pub begins: Duration,
    /// Absent for a step that is skipped.
    #[serde(default, deserialize_with = "duration::deserialize_some")]
    pub ends: Option<Duration>,
}

/// The component that failed, as Image Builder tells it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ComponentFailureData {
    pub arn: String,
    pub phase: String,
    pub step: String,
    pub error: String,
}

/// The actions of the clean-up function, timed since the image was available.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct CleanupData {
    #[serde(deserialize_with = "duration::deserialize")]
    pub tags_ami: Duration,
    #[serde(deserialize_with = "duration::deserialize")]
    pub deletes_stack: Duration,
}

/// One resource of the stack.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ResourceData {
    pub name: String,
    #[serde(rename = "type")]
    pub resource_type: String,
    pub physical_id: String,
    #[serde(default)]
    pub depends_on: Vec<String>,
    pub pace: Pace,
    pub properties: Map<String, Value>,
}

/// The durations of the parts of a resource's life.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Pace {
    /// From the end of its last dependency to its first event.
    #[serde(deserialize_with = "duration::deserialize")]
    pub begins: Duration,
    /// From its first event to "Resource creation Initiated".
    #[serde(deserialize_with = "duration::deserialize")]
    pub initiated: Duration,
    /// From its first event to "Eventual consistency check initiated", where there is one.
    #[serde(default, deserialize_with = "duration::deserialize_some")]
    pub consistency_checked: Option<Duration>,
    /// From its first event to its completion.
    #[serde(deserialize_with = "duration::deserialize")]
    pub created: Duration,
    /// From the first event of its deletion to the last.
    #[serde(deserialize_with = "duration::deserialize")]
    pub deleted: Duration,
}

/// One scenario's own file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ScenarioData {
    pub image: String,
    pub region: Option<String>,
    /// The resources that its stack has besides those of any image; they depend on none.
    #[serde(default)]
    pub resources: Vec<ResourceData>,
    pub builds: Vec<BuildData>,
    #[serde(default)]
    pub faults: Vec<FaultRule>,
}

/// One build of the image: one stack. Without failures and deletion it succeeds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct BuildData {
    #[serde(deserialize_with = "duration::deserialize")]
    pub begins: Duration,
    #[serde(default)]
    pub rollback: bool,
    /// How many times the usual number of lines the build log has.
    #[serde(default)]
    pub log_density: u32,
    /// Whether the build log tries to harm its reader.
    #[serde(default)]
    pub log_is_hostile: bool,
    pub creation_failure: Option<FailureData>,
    pub deletion_failure: Option<FailureData>,
    pub deletion: Option<DeletionData>,
}

/// A resource that can't be created or deleted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct FailureData {
    pub resource: String,
    /// Since the first event of the creation, or deletion, that fails.
    #[serde(deserialize_with = "duration::deserialize")]
    pub after: Duration,
    pub reason: String,
    /// Image Builder's reason, where the resource is the image.
    pub stage_reason: Option<String>,
    /// The workflow step that fails.
    pub step: Option<String>,
    pub component: Option<ComponentFailureData>,
}

/// A user deletes the stack, or the image that it builds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct DeletionData {
    /// Since the build began.
    #[serde(deserialize_with = "duration::deserialize")]
    pub after: Duration,
    pub client_request_token: Option<String>,
}
