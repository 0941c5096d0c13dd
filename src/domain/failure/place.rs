//! Where a build failed inside Image Builder: from Image Builder's own account, else from the workflows and the log. The
//! failure view, the JSON outcome and the report show it.

use std::sync::Arc;

use crate::domain::build::Build;
use crate::domain::image::FailureContext;
use crate::domain::log::LogCause;
use crate::domain::reason::summary::SUMMARY_COLUMNS;
use crate::domain::stack_event::StackEvent;
use crate::domain::timeline::Timeline;
use crate::text::safe::{SafeText, one_line};
use crate::text::width::width;

/// The longest address of a script.
const LONGEST_ADDRESS: usize = 512;

/// The place of a failure. Every part may be unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FailurePlace {
    pub context: FailureContext,
    /// The component as the user knows it.
    pub component: Option<ComponentName>,
    /// The exit code of the command that failed.
    pub exit_code: Option<i32>,
    /// The first error of the log, and the lines around it.
    pub(crate) log: Option<Arc<LogCause>>,
}

/// A component as the user knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComponentName {
    /// The logical id of its resource, such as `ScriptComponent0`.
    pub logical_id: SafeText,
    /// The address of the user's script.
    pub script: Option<SafeText>,
}

impl FailurePlace {
    /// `None` where nothing is known of it.
    pub fn of(build: &Build) -> Option<Self> {
        let told = build.image().and_then(|image| image.failure.clone());
        let mut context = told.unwrap_or_default();
        let position = build.steps().position();
        let failed_step = position.and_then(|position| {
            let (_, step) = position.step?;
            (step.status.as_str() == "FAILED").then_some((position.workflow, step))
        });
        if let Some((workflow, step)) = failed_step {
            let name = Some(&workflow.name).filter(|name| !name.as_str().is_empty());
            context.workflow = context.workflow.or_else(|| name.cloned());
            context.step.get_or_insert_with(|| step.name.clone());
        }
        let cause = build.log_cause();
        let same = cause.filter(|cause| is_of(cause, &context));
        if let Some(cause) = same {
            for (told, logged) in [
                (&mut context.step, &cause.workflow_step),
                (&mut context.component, &cause.component),
                (&mut context.phase, &cause.phase),
                (&mut context.component_step, &cause.step),
            ] {
                *told = told.take().or_else(|| logged.clone());
            }
        }
        if context == FailureContext::default() && cause.is_none() {
            return None;
        }
        let component = context.component.as_ref();
        Some(Self {
            component: component.and_then(|arn| ComponentName::of(build, arn)),
            exit_code: context
                .exit_code()
                .or_else(|| same.and_then(|cause| cause.exit_code)),
            context,
            log: cause.cloned(),
        })
    }
}

/// The summary with the step in the component and the exit code, where it names the component and there is room.
pub(super) fn located(summary: SafeText, place: Option<&FailurePlace>) -> SafeText {
    let Some(place) = place else {
        return summary;
    };
    let text = summary.as_str();
    let says = |name: &ComponentName| {
        let words = format!("component {} failed", name.logical_id);
        text.find(&words).map(|begin| begin + words.len())
    };
    let end = place.component.as_ref().and_then(says);
    let Some(head) = end.and_then(|end| text.get(..end)) else {
        return summary;
    };
    let step = place.context.component_step.as_ref();
    let step = step.map(|step| one_line(step.as_str()));
    let code = place.exit_code.map(|code| format!("exit code {code}"));
    let parts: Vec<_> = step.into_iter().chain(code).collect();
    let located = format!("{head}: {}", parts.join(", "));
    if parts.is_empty() || width(&located) > SUMMARY_COLUMNS {
        return summary;
    }
    SafeText::new(&located)
}

/// Whether a command of the log is the one that Image Builder says has failed.
fn is_of(cause: &LogCause, context: &FailureContext) -> bool {
    let agrees = |told: &Option<SafeText>, read: &Option<SafeText>| {
        told.is_none() || read.is_none() || told == read
    };
    agrees(&context.component, &cause.component)
        && agrees(&context.phase, &cause.phase)
        && agrees(&context.component_step, &cause.step)
}

impl ComponentName {
    /// The resource of the current stack that has this ARN.
    pub fn of(build: &Build, arn: &SafeText) -> Option<Self> {
        let timeline = build.current()?;
        let logical_id = timeline.facts().logical_id_of(arn)?.clone();
        let is_script = logical_id.as_str().starts_with("ScriptComponent");
        let script = is_script.then(|| script(timeline, &logical_id)).flatten();
        Some(Self { logical_id, script })
    }

    /// A name of a component that is the same in all builds of an image: the name in its ARN has the id of the stack.
    pub(crate) fn lasting(build: &Build, arn: &SafeText) -> SafeText {
        match Self::of(build, arn) {
            Some(name) => name.logical_id,
            None => SafeText::new(arn.as_str().split('/').nth(1).unwrap_or(arn.as_str())),
        }
    }

    /// The name, with the file name of the script.
    pub fn in_words(&self) -> String {
        let file = self.script.as_ref().and_then(|script| {
            let path = script.as_str().split(['?', '#']).next()?;
            path.rsplit('/').find(|name| !name.is_empty())
        });
        match file {
            Some(file) => format!("{} ({file})", self.logical_id),
            None => self.logical_id.to_string(),
        }
    }
}

/// The address of the script that a component runs, in the properties of its resource.
fn script(timeline: &Timeline, logical_id: &SafeText) -> Option<SafeText> {
    let mut events = timeline.events_of(logical_id);
    events.find_map(|event| address_in(event))
}

fn address_in(event: &StackEvent) -> Option<SafeText> {
    let text = event.raw();
    let begin = ["s3://", "https://"]
        .iter()
        .find_map(|scheme| text.find(scheme))?;
    let rest = text.get(begin..)?;
    let ends = |character: char| {
        character.is_whitespace() || matches!(character, '"' | '\\' | '\'' | '`' | '}' | ')' | '<')
    };
    let address = rest.split(ends).next()?;
    let is_useful = address.len() <= LONGEST_ADDRESS && address.len() > "https://".len();
    is_useful.then(|| SafeText::new(address))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(properties: &str) -> StackEvent {
        let properties = serde_json::Value::from(properties).to_string();
        let json = format!(
            r#"{{"stackId":"s","eventId":"e","logicalResourceId":"ScriptComponent0","resourceProperties":{properties}}}"#
        );
        StackEvent::from_json(&json, None)
    }

    #[test]
    fn a_summary_that_names_the_component_says_the_step_and_the_exit_code() {
        let named = |logical_id: &str| FailurePlace {
            context: FailureContext {
                component_step: Some(SafeText::new("InstallPackages")),
                ..FailureContext::default()
            },
            component: Some(ComponentName {
                logical_id: SafeText::new(logical_id),
                script: None,
            }),
            exit_code: Some(1),
            ..FailurePlace::default()
        };
        let summary = "component ScriptComponent0 failed while BUILDING (SSM execution Failed)";
        let located = |place: &FailurePlace| {
            let summary = located(SafeText::new(summary), Some(place));
            summary.as_str().to_owned()
        };
        assert_eq!(
            located(&named("ScriptComponent0")),
            "component ScriptComponent0 failed: InstallPackages, exit code 1"
        );
        assert_eq!(located(&named("Other")), summary);
        assert_eq!(located(&named(&"x".repeat(99))), summary);
    }

    #[test]
    fn the_address_of_a_script_is_found_in_its_properties() {
        let data =
            r#"{"Data":"name: x\nsource: s3://bucket/dir/install.sh\nexpectedBucketOwner: 1"}"#;
        let address = address_in(&event(data));
        assert_eq!(
            address.as_ref().map(SafeText::as_str),
            Some("s3://bucket/dir/install.sh")
        );
        let name = ComponentName {
            logical_id: SafeText::new("ScriptComponent0"),
            script: address,
        };
        assert_eq!(name.in_words(), "ScriptComponent0 (install.sh)");
        assert_eq!(address_in(&event(r#"{"Data":"name: x"}"#)), None);
    }
}
