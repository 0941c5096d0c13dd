//! Parts of an Amazon Resource Name: `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE`.

/// The region, if the ARN has one.
pub(crate) fn region(arn: &str) -> Option<&str> {
    part(arn, 3)
}

/// The account, if the ARN has one.
pub(crate) fn account(arn: &str) -> Option<&str> {
    part(arn, 4)
}

fn part(arn: &str, index: usize) -> Option<&str> {
    let is_arn = arn.starts_with("arn:");
    let part = arn.split(':').nth(index).filter(|_| is_arn);
    part.filter(|part| !part.is_empty())
}

/// The name of a stack: `…:stack/NAME/ID`.
pub(crate) fn stack_name(arn: &str) -> Option<&str> {
    let (_, resource) = arn.split_once(":stack/")?;
    resource.split('/').next().filter(|name| !name.is_empty())
}

/// Letters, digits and hyphens: what an image id or a region consists of.
pub(crate) fn is_word(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    !text.is_empty() && text.bytes().all(is_plain)
}

/// Whether the text can be the name of a region, which becomes part of host names.
pub(crate) fn is_region(text: &str) -> bool {
    is_word(text) && text.contains('-')
}
