//! CloudFormation: the events of a stack, also of a deleted one by its ARN, and the stacks themselves.

use serde_json::{Map, Value};

use crate::demo::server::aws::xml::{document, element, text};
use crate::demo::server::requests::LoggedRequest;
use crate::demo::server::response::Response;
use crate::demo::world::{Page, StackView, World};

pub(super) fn describe_stack_events(
    world: &World,
    request: &LoggedRequest,
    page_size: usize,
) -> Response {
    let name = request.parameter("StackName").unwrap_or_default();
    let page = match world.page(name, request.parameter("NextToken"), page_size) {
        Page::Events(page) => page,
        Page::NoStack => {
            let message = format!("Stack [{name}] does not exist");
            return failure(400, "ValidationError", &message);
        }
        Page::BadToken => return bad_token(),
    };
    let events: String = page.events.iter().map(|event| member(event)).collect();
    let next = page.next.map(|token| text("NextToken", &token));
    let result = element("StackEvents", &events) + &next.unwrap_or_default();
    answer("DescribeStackEvents", &result)
}

/// An event of the ParallelCluster API as CloudFormation writes it: its keys begin with a capital there.
fn member(event: &str) -> String {
    let fields: Map<String, Value> = serde_json::from_str(event).unwrap_or_default();
    let elements = fields.iter().map(|(key, value)| {
        let (first, rest) = key.split_at(key.len().min(1));
        let name = first.to_uppercase() + rest;
        text(&name, value.as_str().unwrap_or_default())
    });
    element("member", &elements.collect::<String>())
}

pub(super) fn describe_stacks(world: &World, request: &LoggedRequest) -> Response {
    let name = request.parameter("StackName").unwrap_or_default();
    let Some(stack) = world.stack(name) else {
        let message = format!("Stack with id {name} does not exist");
        return failure(400, "ValidationError", &message);
    };
    let tags = stack
        .tags
        .iter()
        .map(|(key, value)| element("member", &(text("Key", key) + &text("Value", value))));
    let tags = element("Tags", &tags.collect::<String>());
    let row = summary(&stack) + &tags;
    answer(
        "DescribeStacks",
        &element("Stacks", &element("member", &row)),
    )
}

pub(super) fn list_stacks(worlds: &[&World], request: &LoggedRequest) -> Response {
    let wanted = request
        .query
        .iter()
        .filter(|(name, _)| name.starts_with("StackStatusFilter.member."))
        .map(|(_, status)| status.as_str())
        .collect::<Vec<_>>();
    let rows = worlds
        .iter()
        .flat_map(|world| world.stacks())
        .filter(|stack| wanted.is_empty() || wanted.contains(&stack.status.as_str()))
        .map(|stack| element("member", &summary(&stack)));
    answer(
        "ListStacks",
        &element("StackSummaries", &rows.collect::<String>()),
    )
}

fn summary(stack: &StackView) -> String {
    [
        ("StackId", &stack.id),
        ("StackName", &stack.name),
        ("CreationTime", &stack.created),
        ("StackStatus", &stack.status),
    ]
    .into_iter()
    .map(|(name, value)| text(name, value))
    .collect()
}

fn answer(action: &str, result: &str) -> Response {
    let result = element(&format!("{action}Result"), result);
    document(200, element(&format!("{action}Response"), &result))
}

pub(super) fn bad_token() -> Response {
    failure(
        400,
        "ValidationError",
        "The provided NextToken is not valid.",
    )
}

pub(super) fn failure(status: u16, code: &str, message: &str) -> Response {
    let error = text("Type", "Sender") + &text("Code", code) + &text("Message", message);
    let body = element("Error", &error) + &text("RequestId", "demo");
    document(status, element("ErrorResponse", &body))
}
