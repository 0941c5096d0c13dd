//! CloudFormation's calls: the parameters of the requests, and the answers in the domain's types.
//!
//! Events become the JSON objects of the ParallelCluster API, with the fields that it leaves out, so that everything
//! behind the backend reads the same events from both.

use std::fmt::Write;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::backend::direct::query::{Element, ForeignBody, MAX_MEMBERS, Parameters, result, xml};
use crate::backend::pages::Page;
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

/// The fields of an event. The ParallelCluster API has the same names in camel case.
const EVENT_FIELDS: [&str; 19] = [
    "StackId",
    "EventId",
    "StackName",
    "OperationId",
    "LogicalResourceId",
    "PhysicalResourceId",
    "ResourceType",
    "Timestamp",
    "ResourceStatus",
    "ResourceStatusReason",
    "ResourceProperties",
    "ClientRequestToken",
    "DetailedStatus",
    "HookType",
    "HookStatus",
    "HookStatusReason",
    "HookInvocationPoint",
    "HookInvocationId",
    "HookFailureMode",
];

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
pub(super) fn list_stacks(token: Option<&NextToken>) -> Parameters<'_> {
    let mut parameters = vec![("Action", "ListStacks"), VERSION];
    parameters.extend(STATES);
    parameters.extend(token.map(|token| ("NextToken", token.as_str())));
    parameters
}

/// An event as the ParallelCluster API has it.
fn event_json(event: &Element) -> String {
    let mut json = String::from("{");
    for name in EVENT_FIELDS {
        let Some(text) = event.text(name) else {
            continue;
        };
        let separator = if json.len() > 1 { "," } else { "" };
        let (first, rest) = name.split_at(1);
        let key = first.to_ascii_lowercase();
        let value = serde_json::Value::from(text);
        let _ = write!(json, "{separator}\"{key}{rest}\":{value}");
    }
    json.push('}');
    json
}

/// Reads a page of events, newest first.
pub(super) fn events(body: &[u8], reader: &mut EventReader) -> Result<EventsPage, ForeignBody> {
    let answer = xml("DescribeStackEventsResponse", body)?;
    let result = result(&answer, "DescribeStackEventsResult")?;
    let members = || result.members("StackEvents", "member");
    if members().count() > MAX_MEMBERS {
        return Err(ForeignBody::TooMany(MAX_MEMBERS, "events"));
    }
    let stack = members().find_map(|event| event.text("StackId"));
    let stack = stack.map(StackId::from);
    let events = members().map(|event| {
        let json = event_json(event);
        Arc::new(reader.read(&json, stack.as_ref()))
    });
    Ok(EventsPage {
        events: events.collect(),
        next: result.text("NextToken").map(NextToken::new),
    })
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
    let answer = xml("DescribeStacksResponse", body)?;
    let result = result(&answer, "DescribeStacksResult")?;
    let Some(row) = result.members("Stacks", "member").next() else {
        return Ok(None);
    };
    let tag = |name: &str| row.tag(("Tags", "member"), ("Key", "Value"), name);
    Ok(Some(Stack {
        image_id: tag(IMAGE_ID_TAG),
        version: tag(VERSION_TAG),
        id: row.owned_text("StackId"),
        status: row.owned_text("StackStatus"),
        reason: row.owned_text("StackStatusReason"),
        created: row.text("CreationTime").and_then(parse_time),
        hides_tags: false,
    }))
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
pub(super) fn summaries(body: &[u8]) -> Result<Page<StackSummary>, ForeignBody> {
    let answer = xml("ListStacksResponse", body)?;
    let result = result(&answer, "ListStacksResult")?;
    let rows = result.members("StackSummaries", "member");
    let own = rows.filter(|row| row.text("ParentId").is_none());
    let stacks = own.filter_map(|row| {
        Some(StackSummary {
            id: row.owned_text("StackId")?,
            name: row.owned_text("StackName")?,
            status: row.owned_text("StackStatus")?,
            created: row.text("CreationTime").and_then(parse_time),
        })
    });
    let next = result.text("NextToken").map(NextToken::new);
    Ok((stacks.collect(), next))
}

/// Reads a page of deleted stacks: the id of the newest one of this name, and the token of the next page.
pub(super) fn deleted(
    name: &str,
    body: &[u8],
) -> Result<(Option<StackId>, Option<String>), ForeignBody> {
    let answer = xml("ListStacksResponse", body)?;
    let result = result(&answer, "ListStacksResult")?;
    let stacks = result.members("StackSummaries", "member");
    let own = stacks.filter(|stack| stack.text("StackName") == Some(name));
    // The order of the list is not documented; these times sort as text.
    let newest = own.max_by_key(|stack| stack.text("CreationTime"));
    let id = newest.and_then(|stack| stack.text("StackId"));
    Ok((id.map(StackId::from), result.owned_text("NextToken")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(body: &[u8]) -> Result<EventsPage, ForeignBody> {
        super::events(body, &mut EventReader::default())
    }

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

    /// An odd part costs nothing but itself, wherever it is.
    #[test]
    fn one_odd_part_of_a_page_does_not_hide_its_events() {
        let page = |between: &[u8], within: &[u8]| {
            let event = |id: &str, more: &[u8]| {
                let head = format!(
                    "<member><StackId>s</StackId><EventId>{id}</EventId><ResourceStatusReason>r"
                );
                let tail = b"</ResourceStatusReason></member>";
                [head.as_bytes(), more, tail].concat()
            };
            let parts: [&[u8]; 6] = [
                b"<DescribeStackEventsResponse><DescribeStackEventsResult><StackEvents>",
                &event("1", b""),
                between,
                &event("2", within),
                &event("3", b""),
                b"</StackEvents><NextToken>t</NextToken></DescribeStackEventsResult></DescribeStackEventsResponse>",
            ];
            events(&parts.concat()).unwrap()
        };
        let repeated = b"</ResourceStatusReason><EventId>9</EventId><ResourceStatusReason>";
        let odd: [&[u8]; 9] = [
            b"",
            b"<!-- a comment -->",
            b"<?target data?>",
            b"<Unknown><member>x</member></Unknown>",
            b"&#0;",
            b"&#xFFFFFF;",
            b"&unknown;",
            b"\xff\0\xc3",
            b" & ",
        ];
        for part in odd.into_iter().chain([repeated.as_slice()]) {
            let between = if part == repeated { b"" } else { part };
            for page in [page(between, b""), page(b"", part)] {
                let ids: Vec<_> = page.events.iter().map(|it| it.event_id.as_str()).collect();
                assert_eq!(ids, ["1", "2", "3"], "{}", part.escape_ascii());
                assert_eq!(page.next.unwrap().as_str(), "t");
            }
        }
    }

    #[test]
    fn more_events_than_a_page_can_have_are_refused() {
        let wrap = |count| {
            let members = "<member/>".repeat(count);
            let body = format!(
                "<DescribeStackEventsResponse><DescribeStackEventsResult><StackEvents>{members}</StackEvents></DescribeStackEventsResult></DescribeStackEventsResponse>"
            );
            events(body.as_bytes())
        };
        assert_eq!(wrap(MAX_MEMBERS).unwrap().events.len(), MAX_MEMBERS);
        let many = wrap(MAX_MEMBERS + 1).unwrap_err();
        assert_eq!(many, ForeignBody::TooMany(MAX_MEMBERS, "events"));
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
