//! Image Builder's GetImage: the stage, the reason of a failure and the AMIs of a build.

use serde::Deserialize;

use crate::backend::direct::query::{ForeignBody, Parameters, non_empty};
use crate::domain::image::{FailureContext, is_made};
use crate::domain::properties::safe_excerpt;
use crate::text::redact::redact_secrets;

pub(super) fn get_image(arn: &str) -> Parameters<'_> {
    vec![("imageBuildVersionArn", arn)]
}

#[derive(Deserialize)]
struct Answer {
    image: Option<ImageRow>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ImageRow {
    state: Option<State>,
    output_resources: Option<Outputs>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct State {
    status: Option<String>,
    reason: Option<String>,
    failure_context: Option<ContextRow>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ContextRow {
    image_status: Option<String>,
    workflow_arn: Option<String>,
    failed_step: Option<String>,
    component_failure: Option<ComponentFailure>,
    distribution_failure: Option<DistributionFailure>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ComponentFailure {
    component_arn: Option<String>,
    phase_name: Option<String>,
    step_name: Option<String>,
    error_message: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct DistributionFailure {
    error_message: Option<String>,
}

#[derive(Deserialize)]
struct Outputs {
    amis: Option<Vec<Output>>,
}

/// An AMI that Image Builder has made.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub(super) struct Output {
    pub(super) region: Option<String>,
    pub(super) image: Option<String>,
}

/// The image as Image Builder has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Image {
    pub(super) status: Option<String>,
    /// Why it failed: Image Builder's reason, and the step and error where it names them.
    pub(super) reason: Option<String>,
    pub(super) failure: Option<FailureContext>,
    pub(super) outputs: Vec<Output>,
}

impl Image {
    /// Whether Image Builder has made the image, whatever became of it.
    pub(super) fn was_made(&self) -> bool {
        self.status.as_deref().is_some_and(is_made)
    }

    /// Whether its state is the last one that matters to the build.
    pub(super) fn has_ended(&self) -> bool {
        self.was_made() || matches!(self.status.as_deref(), Some("FAILED" | "CANCELLED"))
    }
}

/// Reads the answer of GetImage.
pub(super) fn image(body: &[u8]) -> Result<Image, ForeignBody> {
    let answer: Answer = serde_json::from_slice(body).map_err(|_error| ForeignBody::BrokenJson)?;
    let row = answer.image.ok_or(ForeignBody::BrokenJson)?;
    let outputs = row.output_resources.and_then(|outputs| outputs.amis);
    let mut image = Image {
        outputs: outputs.unwrap_or_default(),
        ..Image::default()
    };
    if let Some(state) = row.state {
        image.status = non_empty(state.status);
        image.failure = state.failure_context.and_then(ContextRow::read);
        image.reason = reason(non_empty(state.reason), image.failure.as_ref());
    }
    Ok(image)
}

impl ContextRow {
    /// `None` where every part is missing.
    fn read(self) -> Option<FailureContext> {
        let safe = |text: Option<String>| {
            let text = non_empty(text)?;
            Some(safe_excerpt(&redact_secrets(&text)))
        };
        let component = self.component_failure.unwrap_or_default();
        let distribution = self.distribution_failure.unwrap_or_default();
        let workflow = self.workflow_arn.as_deref().map(workflow_name);
        let context = FailureContext {
            stage: safe(self.image_status),
            workflow: safe(workflow.map(str::to_owned)),
            step: safe(self.failed_step),
            component: safe(component.component_arn),
            phase: safe(component.phase_name),
            component_step: safe(component.step_name),
            error_message: safe(component.error_message.or(distribution.error_message)),
        };
        (context != FailureContext::default()).then_some(context)
    }
}

/// `arn:…:workflow/build/build-image/1.0.3/1` → `build-image`
fn workflow_name(arn: &str) -> &str {
    let path = arn.split_once(":workflow/").map_or("", |(_, path)| path);
    path.split('/').nth(1).unwrap_or(arn)
}

fn reason(reason: Option<String>, context: Option<&FailureContext>) -> Option<String> {
    let context = context.cloned().unwrap_or_default();
    let step: Vec<_> = [context.step, context.phase, context.component_step]
        .into_iter()
        .flatten()
        .map(|text| text.as_str().to_owned())
        .collect();
    let error = context.error_message.map(|text| text.as_str().to_owned());
    let at = (!step.is_empty()).then(|| format!("at {}", step.join(" › ")));
    let parts: Vec<_> = reason.into_iter().chain(at).chain(error).collect();
    (!parts.is_empty()).then(|| parts.join(": "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_names_its_step_and_error() {
        let body = r#"{"requestId":"r","image":{"arn":"a","state":{"status":"FAILED","reason":"Document failed!",
            "failureContext":{"imageStatus":"BUILDING","failedStep":"ApplyBuildComponents",
            "componentFailure":{"phaseName":"build","stepName":"InstallPackages","errorMessage":"exit status 1"}}}}}"#;
        let image = image(body.as_bytes()).unwrap();
        assert_eq!(
            image.reason.as_deref(),
            Some(
                "Document failed!: at ApplyBuildComponents › build › InstallPackages: exit status 1"
            )
        );
        assert!(image.has_ended() && !image.was_made());
    }

    #[test]
    fn the_amis_are_read_and_absent_parts_are_none() {
        let body = r#"{"image":{"state":{"status":"AVAILABLE"},"outputResources":{"amis":[{"region":"us-east-1","image":"ami-1"}]}}}"#;
        let image_made = image(body.as_bytes()).unwrap();
        assert!(image_made.was_made());
        assert_eq!(image_made.outputs[0].image.as_deref(), Some("ami-1"));
        assert_eq!(image(br#"{"image":{}}"#), Ok(Image::default()));
        for other in ["{}", "<html>", r#"{"image":"#, "[]"] {
            assert!(image(other.as_bytes()).is_err(), "{other}");
        }
    }
}
