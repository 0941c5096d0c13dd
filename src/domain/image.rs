//! The description of the image by DescribeImage: the half of the verdict that stack events can't decide. The backend
//! parses it, the build keeps the last one.
//!
//! The API responds in two shapes: from the stack while the image is built, and from the AMI once that exists and is
//! tagged; the second has `ec2AmiInfo` and no stack fields.

use chrono::{DateTime, Utc};

use crate::domain::stack_event::StackId;
use crate::text::safe::SafeText;

/// A response of DescribeImage.
#[derive(Clone, Debug, PartialEq)]
pub enum ImageAnswer {
    /// The image, or the stack that builds it, exists.
    Described(Box<ImageDescription>),
    /// There is neither an image nor a stack of this id.
    Absent,
    /// The same, and no AMI was found either by the Image Builder image that was made.
    Gone,
    /// There is a stack of this name, but ParallelCluster did not make it.
    Foreign,
    /// Nothing was found, and it is too early to believe it: a new name is not known everywhere at once.
    NotYet,
}

impl ImageAnswer {
    /// Whether there is neither an image nor a stack.
    pub(crate) const fn is_absent(&self) -> bool {
        matches!(self, Self::Absent | Self::Gone | Self::NotYet)
    }
}

/// Whether Image Builder has made the image, by the status that it has: whatever became of it later.
pub(crate) fn is_made(builder_status: &str) -> bool {
    ["AVAILABLE", "DEPRECATED", "DISABLED", "DELETED"].contains(&builder_status)
}

/// The fields of DescribeImage that the watch uses. The configuration's presigned URL is left out: it is a secret that
/// nothing here needs.
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts: every combination can be observed"
)]
pub struct ImageDescription {
    /// The image that the description is about, if it says so.
    pub image_id: Option<SafeText>,
    /// The region that the image is built in.
    pub region: Option<SafeText>,
    /// The ParallelCluster version that builds it.
    pub version: Option<SafeText>,
    /// `BUILD_IN_PROGRESS`, `BUILD_COMPLETE`, `BUILD_FAILED`, `DELETE_*`; absent in other states of the stack.
    pub build_status: Option<SafeText>,
    /// The stack that the description was made from, while it exists.
    pub stack_id: Option<StackId>,
    /// That stack's status.
    pub stack_status: Option<SafeText>,
    /// The service's reason for that status.
    pub stack_status_reason: Option<SafeText>,
    /// When the stack was created, also after it was deleted.
    pub stack_created: Option<DateTime<Utc>>,
    /// The stack was asked for by its ARN and is not ParallelCluster's: its own status is the result.
    pub is_any_stack: bool,
    /// No permitted call tells whether there is a stack.
    pub hides_stack: bool,
    /// When the AMI was created.
    pub creation_time: Option<DateTime<Utc>>,
    /// Image Builder's own stage: `PENDING`, `BUILDING`, `TESTING`, `DISTRIBUTING`, …
    pub builder_status: Option<SafeText>,
    /// Image Builder's reason for its stage.
    pub builder_reason: Option<SafeText>,
    /// Where and why Image Builder failed.
    pub failure: Option<FailureContext>,
    /// The finished image.
    pub ami: Option<Ami>,
    /// The AMIs of all regions, if the backend knows them.
    pub amis: Vec<RegionalAmi>,
    /// No call could confirm that the AMI exists: Image Builder named it.
    pub is_ami_unverified: bool,
    /// The AMI lacks the tag by which ParallelCluster lists it.
    pub is_unlisted: bool,
}

/// An AMI that a build has made in one region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegionalAmi {
    pub region: SafeText,
    pub id: SafeText,
    /// `AVAILABLE`, `PENDING`, …; `None` if EC2 has not told it.
    pub state: Option<SafeText>,
}

/// Image Builder's account of a failure (`failureContext`). Every part may be missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FailureContext {
    /// The stage in which it failed: `BUILDING`, `TESTING`, …
    pub stage: Option<SafeText>,
    pub workflow: Option<SafeText>,
    pub step: Option<SafeText>,
    /// The ARN of the component.
    pub component: Option<SafeText>,
    pub phase: Option<SafeText>,
    pub component_step: Option<SafeText>,
    pub error_message: Option<SafeText>,
}

impl FailureContext {
    /// The exit code of the command that failed, where the message is one of AWSTOE's.
    pub fn exit_code(&self) -> Option<i32> {
        let message = self.error_message.as_ref()?.as_str().to_ascii_lowercase();
        let after = ["exit status ", "exit code ", "exitcode "]
            .iter()
            .find_map(|words| Some(message.split_once(words)?.1))?;
        let digits = |character: char| !(character.is_ascii_digit() || character == '-');
        after.split(digits).next()?.parse().ok()
    }
}

/// The AMI of a build (`ec2AmiInfo`).
#[derive(Clone, Debug, PartialEq)]
pub struct Ami {
    pub id: SafeText,
    pub name: Option<SafeText>,
    /// `AVAILABLE`, `PENDING`, …
    pub state: Option<SafeText>,
    /// EC2's reason for that state, where the backend has it.
    pub state_reason: Option<SafeText>,
    /// The Image Builder image that it was made by: the tag `Ec2ImageBuilderArn`.
    pub image_arn: Option<SafeText>,
    /// Its tags, by key.
    pub tags: Vec<(SafeText, SafeText)>,
}

/// The meaning of an AMI's state for the verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AmiState {
    /// The build has succeeded: it is available, disabled, or says nothing of its state.
    Good,
    /// It is being made, or is in a state that this program does not know.
    Unfinished,
    /// EC2 could not make it.
    Bad,
}

impl Ami {
    /// An AMI of which nothing but its id is known.
    pub fn new(id: &str) -> Self {
        Self {
            id: SafeText::new(id),
            name: None,
            state: None,
            state_reason: None,
            image_arn: None,
            tags: Vec::new(),
        }
    }

    /// The value of a tag.
    pub fn tag(&self, key: &str) -> Option<&SafeText> {
        let mut tags = self.tags.iter();
        let (_, value) = tags.find(|(name, _)| name.as_str() == key)?;
        Some(value)
    }

    /// The line of a cluster's configuration that uses it. `None` for an id that would not be one word there.
    pub(crate) fn configuration(&self) -> Option<String> {
        let id = self.id.as_str();
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        let is_id = !id.is_empty() && id.bytes().all(is_word);
        is_id.then(|| format!("Image: {{CustomAmi: {id}}}"))
    }

    /// Whether it names another Image Builder image than the known one of the build.
    pub(crate) fn is_of_another_image(&self, own: Option<&str>) -> bool {
        let made_by = self.image_arn.as_ref().map(SafeText::as_str);
        made_by.is_some_and(|made_by| own.is_some_and(|own| own != made_by))
    }

    /// `None` for an AMI that no longer exists.
    pub(crate) fn state(&self) -> Option<AmiState> {
        match self.state.as_ref().map(SafeText::as_str) {
            None | Some("AVAILABLE" | "DISABLED") => Some(AmiState::Good),
            Some("FAILED" | "INVALID" | "ERROR") => Some(AmiState::Bad),
            Some("DEREGISTERED") => None,
            Some(_) => Some(AmiState::Unfinished),
        }
    }

    pub(crate) fn is_disabled(&self) -> bool {
        self.state.as_ref().map(SafeText::as_str) == Some("DISABLED")
    }
}

impl ImageDescription {
    /// The AMI of a finished build: DescribeImage has `BUILD_COMPLETE` *and* a good AMI. Without the AMI,
    /// `BUILD_COMPLETE` only means that the stack is `CREATE_COMPLETE`.
    pub fn finished_ami(&self) -> Option<&Ami> {
        let ami = self.complete_ami()?;
        Some(ami).filter(|ami| ami.state() == Some(AmiState::Good))
    }

    /// The AMI of a build that is complete, whatever the AMI's state.
    pub(crate) fn complete_ami(&self) -> Option<&Ami> {
        let complete = self.build_status.as_ref().map(SafeText::as_str) == Some("BUILD_COMPLETE");
        self.ami.as_ref().filter(|_| complete)
    }

    /// Whether the same description once more may decide a verdict: it is not the usual one of a running build.
    pub(crate) fn may_decide(&self) -> bool {
        let is = |field: &Option<SafeText>, words: &[&str]| {
            field
                .as_ref()
                .is_some_and(|field| words.contains(&field.as_str()))
        };
        let is_building = is(&self.build_status, &["BUILD_IN_PROGRESS"]);
        !is_building || self.ami.is_some() || is(&self.builder_status, &["FAILED", "CANCELLED"])
    }

    pub fn build_failed(&self) -> bool {
        self.ami.is_none()
            && self.build_status.as_ref().map(SafeText::as_str) == Some("BUILD_FAILED")
    }
}
