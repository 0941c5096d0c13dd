//! EC2's DescribeImages: the AMIs of a build, by ParallelCluster's tag, by the exact image that made them, or by id.

use chrono::{DateTime, Utc};

use crate::backend::NextToken;
use crate::backend::direct::cloudformation::IMAGE_ID_TAG;
use crate::backend::direct::query::{Element, ForeignBody, Parameters, xml};
use crate::backend::pages::Page;
use crate::domain::image::Ami;
use crate::domain::stack_event::parse_time;
use crate::text::safe::SafeText;

const BUILD_STATUS_TAG: &str = "parallelcluster:build_status";
const IMAGE_ARN_TAG: &str = "Ec2ImageBuilderArn";

/// How the AMI is looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Lookup {
    ImageId(String),
    /// By the ARN of the Image Builder image: also an AMI that ParallelCluster's tag is missing on.
    ImageArn(String),
    Ami(String),
}

pub(super) fn describe_images(lookup: &Lookup) -> Parameters<'_> {
    let mut parameters = vec![("Action", "DescribeImages"), ("Version", "2016-11-15")];
    match lookup {
        Lookup::Ami(id) => parameters.push(("ImageId.1", id)),
        Lookup::ImageId(id) => parameters.extend([
            ("Filter.1.Name", "tag:parallelcluster:image_id"),
            ("Filter.1.Value.1", id),
            ("Owner.1", "self"),
        ]),
        Lookup::ImageArn(arn) => parameters.extend([
            ("Filter.1.Name", "tag:Ec2ImageBuilderArn"),
            ("Filter.1.Value.1", arn),
            ("Owner.1", "self"),
        ]),
    }
    parameters
}

/// The finished AMIs of every image.
pub(super) fn list_images(token: Option<&NextToken>) -> Parameters<'_> {
    let mut parameters = vec![
        ("Action", "DescribeImages"),
        ("Version", "2016-11-15"),
        ("Filter.1.Name", "tag-key"),
        ("Filter.1.Value.1", IMAGE_ID_TAG),
        ("Filter.2.Name", "tag:parallelcluster:build_status"),
        ("Filter.2.Value.1", "available"),
        ("Owner.1", "self"),
    ];
    parameters.extend(token.map(|token| ("NextToken", token.as_str())));
    parameters
}

/// An AMI of the account, with the tags that say whose it is.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct TaggedAmi {
    pub(super) ami: Ami,
    pub(super) created: Option<DateTime<Utc>>,
    pub(super) image_id: Option<String>,
    /// ParallelCluster has tagged it as finished.
    pub(super) is_tagged: bool,
}

/// Reads the AMIs, newest first.
pub(super) fn images(body: &[u8]) -> Result<Vec<TaggedAmi>, ForeignBody> {
    Ok(listed(body)?.0)
}

/// Reads a page of AMIs, newest first, and the token of the next page.
pub(super) fn listed(body: &[u8]) -> Result<Page<TaggedAmi>, ForeignBody> {
    let answer = xml("DescribeImagesResponse", body)?;
    let images = answer.members("imagesSet", "item");
    let mut images: Vec<_> = images.filter_map(image).collect();
    images.sort_by_key(|image| std::cmp::Reverse(image.created));
    Ok((images, answer.text("nextToken").map(NextToken::new)))
}

fn image(image: &Element) -> Option<TaggedAmi> {
    let tag = |name: &str| image.tag(("tagSet", "item"), ("key", "value"), name);
    let safe = |text: Option<&str>| text.map(SafeText::new);
    let state = image.text("imageState").map(str::to_uppercase);
    let reason = image.child("stateReason");
    let tags = image.members("tagSet", "item");
    let tags = tags.filter_map(|tag| Some((safe(tag.text("key"))?, safe(tag.text("value"))?)));
    let mut tags: Vec<_> = tags.collect();
    tags.sort();
    Some(TaggedAmi {
        ami: Ami {
            name: safe(image.text("name")),
            state: safe(state.as_deref()),
            state_reason: safe(reason.and_then(|reason| reason.text("message"))),
            image_arn: safe(tag(IMAGE_ARN_TAG).as_deref()),
            tags,
            ..Ami::new(image.text("imageId")?)
        },
        created: image.text("creationDate").and_then(parse_time),
        image_id: tag(IMAGE_ID_TAG),
        is_tagged: tag(BUILD_STATUS_TAG).as_deref() == Some("available"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amis_have_their_state_and_tags_and_come_newest_first() {
        let body = r#"<?xml version="1.0" encoding="UTF-8"?>
<DescribeImagesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r</requestId><imagesSet>
<item><imageId>ami-old</imageId><creationDate>2026-11-27T22:27:55.000Z</creationDate></item>
<item><imageId>ami-new</imageId><name>img1 x</name><imageState>available</imageState><creationDate>2026-11-28T22:27:55.000Z</creationDate>
<blockDeviceMapping><item><deviceName>/dev/sda1</deviceName></item></blockDeviceMapping>
<tagSet><item><key>parallelcluster:build_status</key><value>available</value></item><item><key>parallelcluster:image_id</key><value>img1</value></item>
<item><key>Ec2ImageBuilderArn</key><value>arn:x/1</value></item></tagSet></item></imagesSet></DescribeImagesResponse>"#;
        let images = images(body.as_bytes()).unwrap();
        assert_eq!(images.len(), 2);
        let [new, old] = images.as_slice() else {
            panic!()
        };
        assert_eq!(new.ami.id.as_str(), "ami-new");
        assert_eq!(new.ami.state, Some(SafeText::new("AVAILABLE")));
        assert_eq!(new.ami.image_arn, Some(SafeText::new("arn:x/1")));
        assert_eq!(
            (new.is_tagged, new.image_id.as_deref()),
            (true, Some("img1"))
        );
        assert_eq!((old.is_tagged, &old.image_id), (false, &None));
    }

    #[test]
    fn no_images_is_an_answer() {
        for set in ["<imagesSet/>", "<imagesSet></imagesSet>", ""] {
            let body = format!(
                "<DescribeImagesResponse><requestId>r</requestId>{set}</DescribeImagesResponse>"
            );
            assert_eq!(images(body.as_bytes()), Ok(Vec::new()), "{set}");
        }
        assert!(images(b"<Response/>").is_err());
    }
}
