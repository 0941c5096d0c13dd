//! One build of an image, ready to be played: names resolved, placeholders filled in.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::demo::identifier::{ec2_digits, uuid};
use crate::demo::scenario::ScenarioError;
use crate::demo::scenario::data::{
    BuildData, CleanupData, ComponentFailureData, DeletionData, FailureData, Pace, ResourceData,
    ScenarioData, StackData, StageData, WorkflowData,
};
use crate::demo::scenario::fill::Filler;

/// One stack and its future.
#[derive(Debug)]
pub(crate) struct Build {
    pub image: ImageFacts,
    pub stack_id: String,
    pub begins: Duration,
    pub resources: Vec<Resource>,
    pub stages: Vec<StageData>,
    pub workflows: Vec<WorkflowData>,
    pub cleanup: CleanupData,
    pub rollback: bool,
    pub log_density: u32,
    pub log_is_hostile: bool,
    pub creation_failure: Option<Failure>,
    pub deletion_failure: Option<Failure>,
    pub deletion: Option<Deletion>,
}

/// The facts of DescribeImage's response, at any time or for the finished image.
#[derive(Debug)]
pub(crate) struct ImageFacts {
    pub id: String,
    pub region: String,
    pub version: String,
    pub configuration_url: String,
    pub logs_arn: String,
    pub stack_tags: BTreeMap<String, String>,
    pub ami_id: String,
    pub ami_architecture: String,
    pub ami_description: String,
    pub ami_age_when_tagged: Duration,
    pub ami_tags: BTreeMap<String, String>,
}

/// One resource of the stack.
#[derive(Debug)]
pub(crate) struct Resource {
    pub name: String,
    pub kind: String,
    pub physical_id: String,
    /// The resources that it depends on, all of them before it in the list.
    pub dependencies: Vec<usize>,
    pub pace: Pace,
    /// The properties as the API sends them: JSON, as text.
    pub properties: String,
}

/// A resource that can't be created or deleted.
#[derive(Debug)]
pub(crate) struct Failure {
    pub resource: usize,
    pub after: Duration,
    pub reason: String,
    pub stage_reason: Option<String>,
    /// The workflow step that fails, and the component in it.
    pub step: Option<String>,
    pub component: Option<ComponentFailureData>,
}

/// A deletion by a user.
#[derive(Debug)]
pub(crate) struct Deletion {
    pub after: Duration,
    pub client_request_token: Option<String>,
}

impl Build {
    /// Makes the `ordinal`th build of a scenario from the data.
    pub(crate) fn new(
        stack: &StackData,
        scenario: &ScenarioData,
        ordinal: usize,
        data: &BuildData,
    ) -> Result<Self, ScenarioError> {
        let image = &scenario.image;
        let region = scenario.region.as_ref().unwrap_or(&stack.region);
        let stack_uuid = uuid(&format!("{image} {ordinal}"));
        let stack_id = format!(
            "arn:aws:cloudformation:{region}:{}:stack/{image}/{stack_uuid}",
            stack.account
        );
        let mut filler = Filler::new(stack_uuid);
        filler.set("stack-id", &stack_id);
        filler.set("image", image);
        filler.set("region", region);
        filler.set("account", &stack.account);
        filler.set("version", &stack.version);
        for (name, value) in filler.fill_all(&stack.names)? {
            filler.set(&name, &value);
        }
        let depends = |resource: &ResourceData| !resource.depends_on.is_empty();
        let first = stack.resources.iter().position(depends);
        let (above, below) = stack.resources.split_at(first.unwrap_or_default());
        let data_of_all = above.iter().chain(&scenario.resources).chain(below);
        let resources = resources(data_of_all, &mut filler)?;
        let failure = |failure: &Option<FailureData>| {
            let failure = failure.as_ref();
            failure
                .map(|it| Failure::new(it, &resources, &filler))
                .transpose()
        };
        let deletion = data.deletion.as_ref();
        let deletion = deletion.map(|deletion| Deletion::new(deletion, &filler));
        Ok(Self {
            image: ImageFacts::new(stack, image, region, &filler)?,
            stack_id,
            begins: data.begins,
            creation_failure: failure(&data.creation_failure)?,
            deletion_failure: failure(&data.deletion_failure)?,
            deletion: deletion.transpose()?,
            rollback: data.rollback,
            log_density: data.log_density,
            log_is_hostile: data.log_is_hostile,
            stages: stack.stages.clone(),
            workflows: stack.workflows.clone(),
            cleanup: stack.cleanup.clone(),
            resources,
        })
    }
}

impl ImageFacts {
    fn new(
        stack: &StackData,
        image: &str,
        region: &str,
        filler: &Filler,
    ) -> Result<Self, ScenarioError> {
        let stack_tags = filler.fill_all(&stack.tags)?;
        let mut ami_tags = stack_tags.clone();
        ami_tags.extend(filler.fill_all(&stack.ami.tags)?);
        Ok(Self {
            id: image.to_owned(),
            region: region.to_owned(),
            version: stack.version.clone(),
            configuration_url: filler.fill(&stack.configuration_url)?,
            logs_arn: filler.fill(&stack.logs_arn)?,
            stack_tags,
            ami_id: format!("ami-{}", ec2_digits(image)),
            ami_architecture: stack.ami.architecture.clone(),
            ami_description: filler.fill(&stack.ami.description)?,
            ami_age_when_tagged: stack.ami.age_when_tagged,
            ami_tags,
        })
    }
}

impl Failure {
    fn new(
        data: &FailureData,
        resources: &[Resource],
        filler: &Filler,
    ) -> Result<Self, ScenarioError> {
        let stage_reason = data.stage_reason.as_ref();
        let component = data.component.clone().map(|component| {
            Ok::<_, ScenarioError>(ComponentFailureData {
                arn: filler.fill(&component.arn)?,
                ..component
            })
        });
        Ok(Self {
            resource: index_of(&data.resource, resources)?,
            after: data.after,
            reason: filler.fill(&data.reason)?,
            stage_reason: stage_reason.map(|it| filler.fill(it)).transpose()?,
            step: data.step.clone(),
            component: component.transpose()?,
        })
    }
}

impl Deletion {
    fn new(data: &DeletionData, filler: &Filler) -> Result<Self, ScenarioError> {
        let token = data.client_request_token.as_ref();
        Ok(Self {
            after: data.after,
            client_request_token: token.map(|token| filler.fill(token)).transpose()?,
        })
    }
}

/// Resolves the resources one after the other, each knowing the physical ids of those before it.
fn resources<'a>(
    data: impl Iterator<Item = &'a ResourceData>,
    filler: &mut Filler,
) -> Result<Vec<Resource>, ScenarioError> {
    let mut resources: Vec<Resource> = Vec::new();
    for resource in data {
        let depends_on = resource.depends_on.iter();
        let dependencies = depends_on.map(|name| index_of(name, &resources));
        let dependencies = dependencies.collect::<Result<_, _>>()?;
        let physical_id = filler.fill(&resource.physical_id)?;
        filler.set(&resource.name, &physical_id);
        resources.push(Resource {
            name: resource.name.clone(),
            kind: resource.resource_type.clone(),
            physical_id,
            dependencies,
            pace: resource.pace.clone(),
            properties: filler.fill_object(&resource.properties)?.to_string(),
        });
    }
    Ok(resources)
}

fn index_of(name: &str, resources: &[Resource]) -> Result<usize, ScenarioError> {
    let index = resources.iter().position(|resource| resource.name == name);
    index.ok_or_else(|| ScenarioError::Resource(name.to_owned()))
}
