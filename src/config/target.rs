//! The target of a watch: an image id, an image id in a region, or the ARN of a CloudFormation stack.

use crate::error::Error;
use crate::text::arn;
use crate::text::safe::{SafeText, one_line};

const WAYS: &str = "pass IMAGE_ID, REGION/IMAGE_ID, or the ARN of a CloudFormation stack";

/// A target as the user names it. Whether the id is one is for the backend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) image_id: String,
    /// The region that the target itself names.
    pub(super) region: Option<String>,
    /// The stack to watch, and no other one.
    pub(super) stack: Option<String>,
}

impl Target {
    pub(super) fn parse(text: &str) -> Result<Self, Error> {
        if text.starts_with("arn:") {
            return Self::of_arn(text);
        }
        let (region, image_id) = match text.split_once('/') {
            Some((region, image_id)) => (Some(region), image_id),
            None => (None, text),
        };
        if region.is_some_and(|region| !arn::is_region(region)) {
            let target = one_line(SafeText::new(text).as_str());
            return Err(Error::Usage(format!(
                "invalid target {target}: {WAYS}, such as us-east-1/my-image"
            )));
        }
        Ok(Self {
            image_id: image_id.to_owned(),
            region: region.map(str::to_owned),
            stack: None,
        })
    }

    /// `arn:PARTITION:cloudformation:REGION:ACCOUNT:stack/NAME/ID`
    fn of_arn(arn: &str) -> Result<Self, Error> {
        let parts: Vec<_> = arn.splitn(6, ':').collect();
        if let [_, partition, "cloudformation", region, account, resource] = parts.as_slice()
            && let Some((name, id)) = resource
                .strip_prefix("stack/")
                .and_then(|rest| rest.split_once('/'))
            && partition.starts_with("aws")
            && arn::is_region(region)
            && arn::is_word(account)
            && arn::is_word(name)
            && arn::is_word(id)
        {
            return Ok(Self {
                image_id: (*name).to_owned(),
                region: Some((*region).to_owned()),
                stack: Some(arn.to_owned()),
            });
        }
        let arn = one_line(SafeText::new(arn).as_str());
        Err(Error::Usage(format!(
            "invalid target {arn}: not the ARN of a CloudFormation stack; {WAYS}"
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STACK: &str = "arn:aws-us-gov:cloudformation:us-gov-west-1:123456789012:stack/img/6acc-1";

    #[test]
    fn a_target_is_an_id_an_id_in_a_region_or_a_stack() {
        let target = |image_id: &str, region: Option<&str>, stack: Option<&str>| Target {
            image_id: image_id.to_owned(),
            region: region.map(str::to_owned),
            stack: stack.map(str::to_owned),
        };
        for (text, expected) in [
            ("img", target("img", None, None)),
            ("eu-west-1/img", target("img", Some("eu-west-1"), None)),
            (STACK, target("img", Some("us-gov-west-1"), Some(STACK))),
        ] {
            assert_eq!(Target::parse(text).unwrap(), expected);
        }
    }

    #[test]
    fn anything_else_says_what_to_pass() {
        for bad in [
            "/img",
            "eu west/img",
            "h.example/img",
            "region/img",
            "arn:aws:imagebuilder:us-east-1:123456789012:image/parallelclusterimage-img/3.16.1/1",
            "arn:aws:cloudformation:us-east-1:123456789012:stack/img",
            "arn:aws:cloudformation:us-east-1:123456789012:stack/img/",
            "arn:aws:cloudformation:us-east-1.h.example:123456789012:stack/img/1",
            "arn:aws:cloudformation::123456789012:stack/img/1",
            "arn:aws:cloudformation:us-east-1:123456789012:changeSet/img/1",
            "arn:",
            "arn:aws:cloudformation:us-east-1:1:stack/i\u{1b}[2Jmg/1",
        ] {
            let error = Target::parse(bad).unwrap_err().to_line();
            assert!(error.contains("REGION/IMAGE_ID"), "{bad}: {error}");
            assert!(!error.contains('\u{1b}'));
        }
    }
}
