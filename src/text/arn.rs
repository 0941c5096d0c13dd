//! Parts of an Amazon Resource Name: `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE`.

/// The region, if the ARN has one.
pub(crate) fn region(arn: &str) -> Option<&str> {
    let is_arn = arn.starts_with("arn:");
    let region = arn.split(':').nth(3).filter(|_| is_arn);
    region.filter(|region| !region.is_empty())
}
