//! What is wrong with the AMI of a build that no event explains: EC2 could not make it, or ParallelCluster does not find it.

use crate::domain::build::Build;
use crate::domain::failure::{Diagnosis, Reason};
use crate::domain::image::{Ami, AmiState, ImageDescription};
use crate::domain::reason::fit::fit;
use crate::domain::reason::known::{AMI_FAILED, AMI_NOT_FOUND};
use crate::domain::reason::remedy::{Remedy, RemedyContext};
use crate::domain::reason::summary::{SUMMARY_COLUMNS, normal};
use crate::domain::verdict::Verdict;
use crate::text::safe::SafeText;

/// The diagnosis of the AMI; empty if it is good, or not looked for yet.
pub(super) fn diagnose(build: &Build, context: &RemedyContext<'_>) -> Diagnosis {
    let (summary, remedy) = if build.verdict() == Verdict::AmiNotFound {
        let summary = "Image Builder made the image, but ParallelCluster finds no AMI of it";
        let remedy = Remedy::of_fact(AMI_NOT_FOUND, None, context);
        (summary.to_owned(), remedy)
    } else if let Some(ami) = bad(build) {
        let reason = ami.state_reason.as_ref().map(Reason::parse);
        let said = reason
            .as_ref()
            .map(|reason| Remedy::of_reason(reason, context));
        let fact = || Remedy::of_fact(AMI_FAILED, Some(&ami.id), context);
        (words(ami), said.flatten().or_else(fact))
    } else {
        return Diagnosis::default();
    };
    Diagnosis {
        summary: Some(SafeText::new(&fit(&summary, SUMMARY_COLUMNS))),
        remedy,
        builder_reason: None,
    }
}

/// Whether the AMI is why the build has not succeeded.
pub(crate) fn is_at_fault(build: &Build) -> bool {
    build.verdict() == Verdict::AmiNotFound || bad(build).is_some()
}

/// The AMI that EC2 could not make.
fn bad(build: &Build) -> Option<&Ami> {
    let ami = build.image().and_then(ImageDescription::complete_ami);
    ami.filter(|ami| ami.state() == Some(AmiState::Bad))
}

/// The state of an AMI that EC2 could not make, and EC2's reason.
fn words(ami: &Ami) -> String {
    let [state, why] =
        [&ami.state, &ami.state_reason].map(|text| text.as_ref().map(|text| normal(text.as_str())));
    let state = state.unwrap_or_default();
    let why = why.filter(|why| !why.is_empty());
    let why = why.map_or_else(String::new, |why| format!(": {why}"));
    format!("the AMI {} is {state}{why}", ami.id)
}
