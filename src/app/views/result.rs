//! The result of a build that succeeded, as a page: the AMI, how to use it, how long its parts took, and what comes next.
//!
//! The view of the failure shows it in the place of an explanation.

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::app::views::ViewData;
use crate::app::views::page;
use crate::app::views::page::PageLine;
use crate::domain::build::Build;
use crate::domain::facts::Facts;
use crate::domain::image::Ami;
use crate::domain::properties::Properties;
use crate::domain::timeline::Timeline;
use crate::domain::verdict::Verdict;
use crate::text::duration::duration;
use crate::text::safe::SafeText;

/// The resource whose properties name the parent image.
const RECIPE: &str = "ImageRecipe";
const PARENT_IMAGE_TAG: &str = "parallelcluster:parent_image";

/// The AMI of a build that succeeded.
pub(super) fn ami(build: &Build) -> Option<&Ami> {
    build
        .ami()
        .filter(|_| build.verdict() == Verdict::Succeeded)
}

/// The lines of the result. Empty before a success.
pub(super) fn lines(data: ViewData<'_>, columns: usize) -> Vec<PageLine> {
    let build = data.build;
    let Some(ami) = ami(build) else {
        return Vec::new();
    };
    let mut lines = vec![PageLine::Heading(format!(
        "{} is ready",
        SafeText::new(&data.target.image_id)
    ))];
    page::push_fields(fields(data, ami), columns, &mut lines);
    if let Some(configuration) = ami.configuration() {
        push_heading("use it in a cluster's configuration", &mut lines);
        let os = "the operating system of the parent image".to_owned();
        let lines_of_it = [("line", Some(configuration)), ("with Os", Some(os))];
        page::push_fields(lines_of_it, columns, &mut lines);
    }
    let times = times(build);
    if !times.is_empty() {
        push_heading("time", &mut lines);
        page::push_fields(times, columns, &mut lines);
    }
    push_heading("next", &mut lines);
    for command in next_commands(data, ami) {
        lines.extend(page::command_lines(&command, columns));
    }
    if !ami.tags.is_empty() {
        push_heading("tags", &mut lines);
        let tags = ami.tags.iter();
        let tags = tags.map(|(key, value)| (key.as_str(), Some(value.to_string())));
        page::push_fields(tags, columns, &mut lines);
    }
    lines
}

fn push_heading(text: &str, lines: &mut Vec<PageLine>) {
    lines.push(PageLine::Blank);
    lines.push(PageLine::Heading(text.to_owned()));
}

fn fields<'a>(data: ViewData<'_>, ami: &Ami) -> Vec<(&'a str, Option<String>)> {
    let text = |text: Option<&SafeText>| text.map(ToString::to_string);
    let facts = data.build.current().map(Timeline::facts);
    vec![
        ("AMI", Some(ami.id.to_string())),
        ("name", text(ami.name.as_ref())),
        ("state", text(ami.state.as_ref())),
        ("region", data.region().map(|region| region.to_string())),
        ("pcluster", text(data.build.version())),
        ("parent image", parent_image(ami, facts)),
        ("Image Builder", text(facts.and_then(Facts::image_arn))),
    ]
}

/// The image that it was made from: by its tag, else by the properties of the recipe.
fn parent_image(ami: &Ami, facts: Option<&Facts>) -> Option<String> {
    let from_recipe = || {
        let recipe = facts?.newest_of(&SafeText::new(RECIPE))?;
        let Properties::Tree(Value::Object(properties)) = recipe.properties() else {
            return None;
        };
        let parent = properties.get("ParentImage")?.as_str()?;
        Some(SafeText::new(parent).to_string())
    };
    ami.tag(PARENT_IMAGE_TAG)
        .map(ToString::to_string)
        .or_else(from_recipe)
}

/// How long the parts of the build took: the stack until it began the image, and Image Builder.
fn times<'a>(build: &Build) -> Vec<(&'a str, Option<String>)> {
    let (Some(began), Some(ended)) = (build.started_at(), build.ended_at()) else {
        return Vec::new();
    };
    let facts = build.current().map(Timeline::facts);
    let image_began = facts.and_then(Facts::image_began);
    let between = |from: DateTime<Utc>, to: DateTime<Utc>| {
        let time = to - from;
        (time >= chrono::TimeDelta::zero()).then(|| duration(time))
    };
    vec![
        ("whole build", between(began, ended)),
        (
            "stack",
            image_began.and_then(|image_began| between(began, image_began)),
        ),
        (
            "Image Builder",
            image_began.and_then(|image_began| between(image_began, ended)),
        ),
    ]
}

/// Commands for what a user does with a new image. Only words that a shell takes as one stand in them.
fn next_commands(data: ViewData<'_>, ami: &Ami) -> Vec<String> {
    let is_word = |text: &str| {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        !text.is_empty() && text.bytes().all(is_plain)
    };
    let image_id = data.target.image_id.as_str();
    let region = data.region().filter(|region| is_word(region.as_str()));
    let region = region.map_or_else(String::new, |region| format!(" --region {region}"));
    let mut commands = vec![format!(
        "pcluster create-cluster --cluster-name <NAME> --cluster-configuration <FILE>{region}"
    )];
    if is_word(image_id) {
        commands.push(format!(
            "pcluster describe-image --image-id {image_id}{region}"
        ));
    }
    if is_word(ami.id.as_str()) {
        commands.push(format!(
            "aws ec2 describe-images --image-ids {}{region}",
            ami.id
        ));
    }
    commands
}
