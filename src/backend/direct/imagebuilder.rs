//! Image Builder's GetImage: the stage, the reason of a failure and the AMIs of a build.

use serde::Deserialize;

use crate::backend::direct::query::{ForeignBody, Parameters, non_empty};

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
    failure_context: Option<FailureContext>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct FailureContext {
    failed_step: Option<String>,
    component_failure: Option<ComponentFailure>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ComponentFailure {
    phase_name: Option<String>,
    step_name: Option<String>,
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
    pub(super) outputs: Vec<Output>,
}

impl Image {
    /// Whether Image Builder has made the image, whatever became of it.
    pub(super) fn was_made(&self) -> bool {
        let made = ["AVAILABLE", "DEPRECATED", "DISABLED", "DELETED"];
        self.status
            .as_deref()
            .is_some_and(|status| made.contains(&status))
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
        let context = state.failure_context.unwrap_or_default();
        image.reason = reason(non_empty(state.reason), context);
    }
    Ok(image)
}

fn reason(reason: Option<String>, context: FailureContext) -> Option<String> {
    let component = context.component_failure.unwrap_or_default();
    let step = [
        context.failed_step,
        component.phase_name,
        component.step_name,
    ];
    let step: Vec<_> = step.into_iter().filter_map(non_empty).collect();
    let error = non_empty(component.error_message);
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
