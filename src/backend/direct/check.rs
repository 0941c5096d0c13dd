//! Asks for each permission of a watch by a harmless call: one about a build that need not exist. Also the caller's
//! identity, and the smallest policy that permits everything.

use chrono::DateTime;
use serde_json::json;

use crate::aws::endpoints::partition;
use crate::aws::operation::Operation;
use crate::backend::cloudwatch_logs;
use crate::backend::direct::client::{Call, Refusal};
use crate::backend::direct::ec2::Lookup;
use crate::backend::direct::query::{ForeignBody, result, xml};
use crate::backend::direct::{Direct, cloudformation, ec2, imagebuilder};
use crate::backend::{LogPath, LogRead, LogRequest};
use crate::domain::fault::Fault;
use crate::text::safe::SafeText;

/// The calls of a watch, with what is lost without each of them. The first four can show a build.
const NEEDED: [(Operation, &str); 9] = [
    (
        Operation::DescribeStackEvents,
        "no events: the build is followed by the status of its stack",
    ),
    (
        Operation::DescribeStacks,
        "nothing while events are permitted, but a stack that is not ParallelCluster's is not told apart",
    ),
    (
        Operation::DescribeImages,
        "a success is known only if Image Builder's word of it is seen",
    ),
    (
        Operation::GetImage,
        "no stage of the build, no step of a failure, no AMIs in other regions",
    ),
    (
        Operation::ListStacks,
        "no events of a build whose stack was deleted before the watch",
    ),
    (
        Operation::ListWorkflowExecutions,
        "the steps are known by the build log only",
    ),
    (
        Operation::ListWorkflowStepExecutions,
        "the steps are known by the build log only",
    ),
    (
        Operation::GetLogEvents,
        "no build log, and no cause of a failure from it",
    ),
    (
        Operation::FilterLogEvents,
        "lines of the build log that come late are found by reading more",
    ),
];

/// The log groups of all images.
const LOG_GROUPS: &str = "/aws/imagebuilder/";

/// The id of a workflow that does not exist.
const NO_WORKFLOW: &str = "wf-00000000-0000-0000-0000-000000000000";

/// The calls that can show a build.
const SHOWING: usize = 4;

/// The account and the ARN of the credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    pub(crate) account: SafeText,
    pub(crate) arn: SafeText,
}

/// Whether one call is permitted.
#[derive(Clone, Debug)]
pub(crate) struct Permission {
    pub(crate) action: &'static str,
    /// What a watch loses without it.
    pub(crate) lost: &'static str,
    /// Whether it can show a build.
    pub(crate) shows_build: bool,
    /// Why it did not work.
    pub(crate) fault: Option<Fault>,
}

fn caller(body: &[u8]) -> Result<Caller, ForeignBody> {
    let answer = xml("GetCallerIdentityResponse", body)?;
    let result = result(&answer, "GetCallerIdentityResult")?;
    let safe = |name| SafeText::new(result.text(name).unwrap_or("?"));
    Ok(Caller {
        account: safe("Account"),
        arn: safe("Arn"),
    })
}

/// The IAM actions that are asked about.
pub(crate) fn actions() -> impl Iterator<Item = &'static str> {
    NEEDED.iter().map(|(operation, _)| operation.action())
}

impl Direct {
    /// Whose credentials these are. It needs no permission.
    pub(crate) async fn caller(&mut self) -> Result<Caller, Fault> {
        let call = Call {
            json: None,
            operation: Operation::GetCallerIdentity,
            region: None,
            about: "",
            parameters: &[("Action", "GetCallerIdentity"), ("Version", "2011-06-15")],
        };
        match self.client.call(call, caller).await {
            Ok(caller) => Ok(caller),
            Err(
                Refusal::Fault(fault) | Refusal::Rejected(fault) | Refusal::TokenRejected(fault),
            ) => Err(fault),
            Err(Refusal::Absent) => Ok(Caller {
                account: SafeText::new("?"),
                arn: SafeText::new("?"),
            }),
        }
    }

    /// Whether nothing was sent since this was asked last: there are no credentials to sign a request with.
    pub(crate) fn has_sent_nothing(&mut self) -> bool {
        self.client.take_requests().is_empty()
    }

    /// Tries every call that a watch makes.
    pub(crate) async fn check(&mut self, account: &str) -> Vec<Permission> {
        let name = self.image_id.clone();
        let lookup = Lookup::ImageId(name.clone());
        let image = format!(
            "arn:{}:imagebuilder:{}:{account}:image/parallelclusterimage-{}/0.0.0/1",
            partition(&self.region),
            self.region,
            name.to_lowercase()
        );
        let workflows = json!({ "imageBuildVersionArn": &image }).to_string();
        let steps = json!({ "workflowExecutionId": NO_WORKFLOW }).to_string();
        let mut permissions = Vec::new();
        for (at, (operation, lost)) in NEEDED.into_iter().enumerate() {
            let parameters = match operation {
                Operation::DescribeStackEvents => {
                    cloudformation::describe_stack_events(&name, None)
                }
                Operation::DescribeStacks => cloudformation::describe_stacks(&name),
                Operation::ListStacks => cloudformation::list_deleted_stacks(None),
                Operation::DescribeImages => ec2::describe_images(&lookup),
                Operation::GetLogEvents | Operation::FilterLogEvents => Vec::new(),
                Operation::ListWorkflowExecutions | Operation::ListWorkflowStepExecutions => {
                    Vec::new()
                }
                _ => imagebuilder::get_image(&image),
            };
            let body = log_body(operation, &name);
            let call = Call {
                json: match operation {
                    Operation::ListWorkflowExecutions => Some(&workflows),
                    Operation::ListWorkflowStepExecutions => Some(&steps),
                    _ => body.as_deref(),
                },
                operation,
                region: None,
                about: match operation.service() {
                    "imagebuilder" => &image,
                    _ => &name,
                },
                parameters: &parameters,
            };
            let fault = match self.client.call(call, |_body| Ok(())).await {
                // The service has looked at what the request is about, so the call is permitted.
                Ok(())
                | Err(Refusal::Absent | Refusal::TokenRejected(_) | Refusal::Rejected(_)) => None,
                Err(Refusal::Fault(fault)) => Some(fault),
            };
            permissions.push(Permission {
                action: operation.action(),
                lost,
                shows_build: at < SHOWING,
                fault,
            });
        }
        permissions
    }

    /// The hosts of the services.
    pub(crate) fn hosts(&self) -> Vec<String> {
        self.client.hosts()
    }
}

/// The body of a read of a log that need not exist.
fn log_body(operation: Operation, name: &str) -> Option<String> {
    let read = match operation {
        Operation::GetLogEvents => LogRead::Forward,
        Operation::FilterLogEvents => LogRead::Search,
        _ => return None,
    };
    Some(cloudwatch_logs::body(&LogRequest {
        path: LogPath {
            group: format!("{LOG_GROUPS}ParallelClusterImage-{name}"),
            stream: "0.0.0/1".to_owned(),
        },
        read,
        from: DateTime::UNIX_EPOCH,
        until: None,
        token: None,
    }))
}

/// The smallest policy that permits every call, as JSON.
pub(crate) fn policy(region: Option<&str>) -> String {
    let partition = partition(region.unwrap_or_default());
    let stacks = format!("arn:{partition}:cloudformation:*:*:stack/*/*");
    let statement = |sid: &str, operations: &[Operation], resource: &str| {
        let actions: Vec<_> = operations
            .iter()
            .map(|operation| operation.action())
            .collect();
        serde_json::json!({"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resource})
    };
    let events = [Operation::DescribeStackEvents, Operation::DescribeStacks];
    let logs = [Operation::GetLogEvents, Operation::FilterLogEvents];
    let groups = format!("arn:{partition}:logs:*:*:log-group:{LOG_GROUPS}*");
    let builder = [
        Operation::GetImage,
        Operation::ListWorkflowExecutions,
        Operation::ListWorkflowStepExecutions,
    ];
    let finding = [Operation::ListStacks, Operation::DescribeImages];
    let policy = serde_json::json!({
        "Version": "2012-10-17",
        "Statement": [
            statement("Stacks", &events, &stacks),
            statement("Finding", &finding, "*"),
            statement("Builder", &builder, "*"),
            statement("Log", &logs, &groups),
        ],
    });
    serde_json::to_string_pretty(&policy).unwrap_or_default() + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_permits_every_call_and_names_the_partition() {
        for (region, partition) in [
            (None, "arn:aws:"),
            (Some("eu-west-1"), "arn:aws:"),
            (Some("cn-north-1"), "arn:aws-cn:"),
            (Some("us-gov-west-1"), "arn:aws-us-gov:"),
        ] {
            let policy = policy(region);
            for (operation, _) in NEEDED {
                assert!(policy.contains(operation.action()), "{policy}");
            }
            assert!(policy.contains(partition), "{policy}");
        }
    }

    #[test]
    fn a_caller_has_an_account() {
        let body = b"<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:x</Arn><Account>1</Account>\
            </GetCallerIdentityResult></GetCallerIdentityResponse>";
        let expected = Caller {
            account: SafeText::new("1"),
            arn: SafeText::new("arn:x"),
        };
        assert_eq!(caller(body), Ok(expected));
    }
}
