//! Page tokens: a position in one stack's events that new events do not move, and that is invalid for another stack.

use crate::demo::identifier::uuid;

/// The token for the `older` oldest events of a stack. Like the service's own it holds `/`, `+` and `=`,
/// which a client has to encode.
pub(crate) fn write(older: usize, stack_id: &str) -> String {
    format!("{}{older:x}==", head(stack_id))
}

/// The number of events below the position of a token, if it is a token of this stack.
pub(crate) fn read(token: &str, stack_id: &str) -> Option<usize> {
    let position = token.strip_prefix(&head(stack_id))?.strip_suffix("==")?;
    usize::from_str_radix(position, 16).ok()
}

fn head(stack_id: &str) -> String {
    format!("AQICAHh/{}+", uuid(stack_id).replace('-', ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_by_its_own_stack_only() {
        let token = write(300, "arn:stack/1");
        assert_eq!(read(&token, "arn:stack/1"), Some(300));
        assert_eq!(read(&token, "arn:stack/2"), None);
        assert_eq!(read(&token.replace('+', " "), "arn:stack/1"), None);
        assert!(['/', '+', '='].iter().all(|&it| token.contains(it)));
    }
}
