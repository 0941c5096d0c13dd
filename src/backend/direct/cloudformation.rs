//! CloudFormation's calls: the parameters of the requests, and the answers in the domain's types.
//!
//! Events become the JSON objects of the ParallelCluster API, with the fields that it leaves out, so that everything
//! behind the backend reads the same events from both.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::backend::direct::query::{ForeignBody, Parameters, non_empty, xml};
use crate::backend::{EventsPage, NextToken};
use crate::domain::stack_event::{EventReader, StackId, parse_time};

const VERSION: (&str, &str) = ("Version", "2010-05-15");

/// The tag by which ParallelCluster marks its stacks and AMIs.
pub(super) const IMAGE_ID_TAG: &str = "parallelcluster:image_id";
pub(super) const VERSION_TAG: &str = "parallelcluster:version";

pub(super) fn describe_stack_events<'a>(
    stack: &'a str,
    token: Option<&'a NextToken>,
) -> Parameters<'a> {
    let mut parameters = vec![
        ("Action", "DescribeStackEvents"),
        VERSION,
        ("StackName", stack),
    ];
    parameters.extend(token.map(|token| ("NextToken", token.as_str())));
    parameters
}

pub(super) fn describe_stacks(stack: &str) -> Parameters<'_> {
    vec![("Action", "DescribeStacks"), VERSION, ("StackName", stack)]
}

/// Deleted stacks, which have no name any more by which they could be described.
pub(super) fn list_deleted_stacks(token: Option<&str>) -> Parameters<'_> {
    let filter = ("StackStatusFilter.member.1", "DELETE_COMPLETE");
    let mut parameters = vec![("Action", "ListStacks"), VERSION, filter];
    parameters.extend(token.map(|token| ("NextToken", token)));
    parameters
}

/// The states of a stack that builds an image, or has failed to. One that is complete deletes itself, and its AMI tells.
const STATES: [(&str, &str); 7] = [
    ("StackStatusFilter.member.1", "CREATE_IN_PROGRESS"),
    ("StackStatusFilter.member.2", "CREATE_FAILED"),
    ("StackStatusFilter.member.3", "ROLLBACK_IN_PROGRESS"),
    ("StackStatusFilter.member.4", "ROLLBACK_FAILED"),
    ("StackStatusFilter.member.5", "ROLLBACK_COMPLETE"),
    ("StackStatusFilter.member.6", "DELETE_IN_PROGRESS"),
    ("StackStatusFilter.member.7", "DELETE_FAILED"),
];

/// The stacks that may be builds.
pub(super) fn list_stacks(token: Option<&str>) -> Parameters<'_> {
    let mut parameters = vec![("Action", "ListStacks"), VERSION];
    parameters.extend(STATES);
    parameters.extend(token.map(|token| ("NextToken", token)));
    parameters
}

#[derive(Deserialize)]
struct List<T> {
    #[serde(default = "Vec::new")]
    member: Vec<T>,
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self { member: Vec::new() }
    }
}

#[derive(Deserialize)]
struct EventsAnswer {
    #[serde(rename = "DescribeStackEventsResult")]
    result: EventsResult,
}

#[derive(Deserialize)]
struct EventsResult {
    #[serde(rename = "StackEvents", default)]
    events: List<Event>,
    #[serde(rename = "NextToken")]
    next_token: Option<String>,
}

/// An event, from CloudFormation's names of the fields to the API's.
#[derive(Deserialize, Serialize)]
#[serde(rename_all(deserialize = "PascalCase", serialize = "camelCase"))]
#[expect(clippy::struct_field_names, reason = "the names are CloudFormation's")]
struct Event {
    #[serde(skip_serializing_if = "is_absent")]
    stack_id: Option<String>,
    #[serde(skip_serializing_if = "is_absent")]
    event_id: Option<String>,
    #[serde(skip_serializing_if = "is_absent")]
    stack_name: Option<String>,
    #[serde(skip_serializing_if = "is_absent")]
    operation_id: Option<String>,
    #[serde(skip_serializing_if = "is_absent")]
    logical_resource_id: Option<String>,
    #[serde(skip_serializing_if = "is_absent")]
    physical_resource_id: Option<String>,
    #[serde(skip_serializing_if = "is_absent")]
    resource_type: Option<String>,
    #[serde(skip_serializing_if = "is_absent")]
    timestamp: Option<String>,
    #[serde(skip_serializing_if = "is_absent")]
    resource_status: Option<String>,
    #[serde(skip_serializing_if = "is_absent")]
    resource_status_reason: Option<String>,
    #[serde(skip_serializing_if = "is_absent")]
    resource_properties: Option<String>,
    #[serde(skip_serializing_if = "is_absent")]
    client_request_token: Option<String>,
    #[serde(skip_serializing_if = "is_absent")]
    detailed_status: Option<String>,
    #[serde(skip_serializing_if = "is_absent")]
    hook_type: Option<String>,
    #[serde(skip_serializing_if = "is_absent")]
    hook_status: Option<String>,
    #[serde(skip_serializing_if = "is_absent")]
    hook_status_reason: Option<String>,
    #[serde(skip_serializing_if = "is_absent")]
    hook_invocation_point: Option<String>,
    #[serde(skip_serializing_if = "is_absent")]
    hook_invocation_id: Option<String>,
    #[serde(skip_serializing_if = "is_absent")]
    hook_failure_mode: Option<String>,
}

#[expect(clippy::ref_option, reason = "serde passes a reference to the field")]
fn is_absent(text: &Option<String>) -> bool {
    text.as_deref().is_none_or(str::is_empty)
}

/// Reads a page of events, newest first.
pub(super) fn events(body: &[u8]) -> Result<EventsPage, ForeignBody> {
    let answer: EventsAnswer = xml("DescribeStackEventsResponse", body)?;
    let members = answer.result.events.member;
    let stack = members.iter().find_map(|event| event.stack_id.as_deref());
    let stack = stack.filter(|id| !id.is_empty()).map(StackId::from);
    let mut reader = EventReader::default();
    let events = members.iter().map(|event| {
        let json = serde_json::to_string(event).unwrap_or_default();
        Arc::new(reader.read(&json, stack.as_ref()))
    });
    Ok(EventsPage {
        events: events.collect(),
        next: non_empty(answer.result.next_token).map(NextToken::new),
    })
}

#[derive(Deserialize)]
struct StacksAnswer {
    #[serde(rename = "DescribeStacksResult")]
    result: StacksResult,
}

#[derive(Deserialize)]
struct StacksResult {
    #[serde(rename = "Stacks", default)]
    stacks: List<StackRow>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct StackRow {
    stack_id: Option<String>,
    stack_status: Option<String>,
    stack_status_reason: Option<String>,
    creation_time: Option<String>,
    #[serde(default)]
    tags: List<Tag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tag {
    key: Option<String>,
    value: Option<String>,
}

/// A stack as DescribeStacks has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Stack {
    pub(super) id: Option<String>,
    pub(super) status: Option<String>,
    pub(super) reason: Option<String>,
    /// The tag that ParallelCluster sets.
    pub(super) image_id: Option<String>,
    pub(super) version: Option<String>,
    pub(super) created: Option<DateTime<Utc>>,
    /// DescribeStacks is refused, so the tags are not known.
    pub(super) hides_tags: bool,
}

/// Reads a description. `None` where the list is empty.
pub(super) fn stack(body: &[u8]) -> Result<Option<Stack>, ForeignBody> {
    let answer: StacksAnswer = xml("DescribeStacksResponse", body)?;
    let Some(row) = answer.result.stacks.member.into_iter().next() else {
        return Ok(None);
    };
    let tag = |name: &str| {
        let mut tags = row.tags.member.iter();
        let tag = tags.find(|tag| tag.key.as_deref() == Some(name))?;
        non_empty(tag.value.clone())
    };
    Ok(Some(Stack {
        image_id: tag(IMAGE_ID_TAG),
        version: tag(VERSION_TAG),
        id: non_empty(row.stack_id),
        status: non_empty(row.stack_status),
        reason: non_empty(row.stack_status_reason),
        created: row.creation_time.as_deref().and_then(parse_time),
        hides_tags: false,
    }))
}

#[derive(Deserialize)]
struct ListAnswer {
    #[serde(rename = "ListStacksResult")]
    result: ListResult,
}

#[derive(Deserialize)]
struct ListResult {
    #[serde(rename = "StackSummaries", default)]
    stacks: List<Summary>,
    #[serde(rename = "NextToken")]
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Summary {
    stack_id: Option<String>,
    stack_name: Option<String>,
    creation_time: Option<String>,
    stack_status: Option<String>,
    parent_id: Option<String>,
}

/// A stack as ListStacks has it: without tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct StackSummary {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) status: String,
    pub(super) created: Option<DateTime<Utc>>,
}

/// Reads a page of stacks that are no part of another one, and the token of the next page.
pub(super) fn summaries(body: &[u8]) -> Result<(Vec<StackSummary>, Option<String>), ForeignBody> {
    let answer: ListAnswer = xml("ListStacksResponse", body)?;
    let rows = answer.result.stacks.member.into_iter();
    let own = rows.filter(|row| non_empty(row.parent_id.clone()).is_none());
    let stacks = own.filter_map(|row| {
        Some(StackSummary {
            id: non_empty(row.stack_id)?,
            name: non_empty(row.stack_name)?,
            status: non_empty(row.stack_status)?,
            created: row.creation_time.as_deref().and_then(parse_time),
        })
    });
    Ok((stacks.collect(), non_empty(answer.result.next_token)))
}

/// Reads a page of deleted stacks: the id of the newest one of this name, and the token of the next page.
pub(super) fn deleted(
    name: &str,
    body: &[u8],
) -> Result<(Option<StackId>, Option<String>), ForeignBody> {
    let answer: ListAnswer = xml("ListStacksResponse", body)?;
    let stacks = answer.result.stacks.member.into_iter();
    let own = stacks.filter(|stack| stack.stack_name.as_deref() == Some(name));
    // The order of the list is not documented; these times sort as text.
    let newest = own.max_by(|one, other| one.creation_time.cmp(&other.creation_time));
    let id = newest.and_then(|stack| non_empty(stack.stack_id));
    let id = id.as_deref().map(StackId::from);
    Ok((id, non_empty(answer.result.next_token)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENTS: &str = r#"<DescribeStackEventsResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><DescribeStackEventsResult><StackEvents>
 <member><StackId>arn:aws:cloudformation:us-east-1:123456789012:stack/img1/87ac</StackId>
  <EventId>ParallelClusterImage-CREATE_FAILED-1</EventId><StackName>img1</StackName>
  <OperationId>1c211b5a</OperationId><LogicalResourceId>ParallelClusterImage</LogicalResourceId><PhysicalResourceId/>
  <ResourceType>AWS::ImageBuilder::Image</ResourceType><Timestamp>2026-11-28T22:27:54.854Z</Timestamp>
  <ResourceStatus>CREATE_FAILED</ResourceStatus><ResourceStatusReason>Resource handler returned message: &quot;x&quot;</ResourceStatusReason>
  <ResourceProperties>{&quot;A&quot;:&quot;false&quot;}</ResourceProperties><DetailedStatus>VALIDATION_FAILED</DetailedStatus>
  <HookType>Org::Guard::Hook</HookType><Unknown><a/></Unknown></member>
</StackEvents><NextToken>t/+=</NextToken></DescribeStackEventsResult><ResponseMetadata><RequestId>b9b4</RequestId></ResponseMetadata></DescribeStackEventsResponse>"#;

    #[test]
    fn an_event_has_the_keys_of_the_parallelcluster_api_and_the_fields_that_it_drops() {
        let page = events(EVENTS.as_bytes()).unwrap();
        assert_eq!(page.next.unwrap().as_str(), "t/+=");
        let json: serde_json::Value = serde_json::from_str(&page.events[0].raw()).unwrap();
        assert_eq!(
            json,
            serde_json::json!({
                "stackId": "arn:aws:cloudformation:us-east-1:123456789012:stack/img1/87ac",
                "eventId": "ParallelClusterImage-CREATE_FAILED-1", "stackName": "img1", "operationId": "1c211b5a",
                "logicalResourceId": "ParallelClusterImage", "resourceType": "AWS::ImageBuilder::Image",
                "timestamp": "2026-11-28T22:27:54.854Z", "resourceStatus": "CREATE_FAILED",
                "resourceStatusReason": "Resource handler returned message: \"x\"",
                "resourceProperties": "{\"A\":\"false\"}", "detailedStatus": "VALIDATION_FAILED",
                "hookType": "Org::Guard::Hook",
            })
        );
    }

    #[test]
    fn an_empty_list_is_a_page_and_anything_else_is_not() {
        let wrap = |list: &str| {
            format!(
                "<DescribeStackEventsResponse><DescribeStackEventsResult>{list}</DescribeStackEventsResult></DescribeStackEventsResponse>"
            )
        };
        for list in [
            "",
            "<StackEvents/>",
            "<StackEvents></StackEvents><NextToken/>",
        ] {
            let page = events(wrap(list).as_bytes()).unwrap();
            assert!(page.events.is_empty() && page.next.is_none(), "{list}");
        }
        for other in [
            "",
            "{}",
            "<html></html>",
            "<ErrorResponse/>",
            "<DescribeStackEventsResponse/>",
        ] {
            assert!(events(other.as_bytes()).is_err(), "{other}");
        }
        let cut = EVENTS.find("<ResponseMetadata>").unwrap();
        assert!(events(EVENTS.get(..cut).unwrap().as_bytes()).is_err());
    }

    #[test]
    fn a_stack_is_known_by_its_tags() {
        let body = "<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackId>s</StackId>\
            <StackStatus>CREATE_IN_PROGRESS</StackStatus><Tags><member><Key>parallelcluster:image_id</Key><Value>img1</Value>\
            </member><member><Key>parallelcluster:version</Key><Value>3.16.1</Value></member></Tags></member></Stacks>\
            </DescribeStacksResult></DescribeStacksResponse>";
        let stack = stack(body.as_bytes()).unwrap().unwrap();
        assert_eq!(stack.image_id.as_deref(), Some("img1"));
        assert_eq!(stack.version.as_deref(), Some("3.16.1"));
        assert_eq!(stack.status.as_deref(), Some("CREATE_IN_PROGRESS"));
    }

    #[test]
    fn the_newest_deleted_stack_of_exactly_this_name_is_found() {
        let row = |id: &str, name: &str, time: &str| {
            format!(
                "<member><StackId>{id}</StackId><StackName>{name}</StackName><CreationTime>{time}</CreationTime></member>"
            )
        };
        let rows = [
            row("a", "img", "2026-11-27T22:31:14.868Z"),
            row("b", "img", "2026-11-28T22:31:14.868Z"),
            row("c", "img2", "2026-11-29T22:31:14.868Z"),
        ];
        let body = format!(
            "<ListStacksResponse><ListStacksResult><StackSummaries>{}</StackSummaries><NextToken>t</NextToken></ListStacksResult></ListStacksResponse>",
            rows.concat()
        );
        let (id, next) = deleted("img", body.as_bytes()).unwrap();
        assert_eq!((id, next.as_deref()), (Some(StackId::from("b")), Some("t")));
    }
}
