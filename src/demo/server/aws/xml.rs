//! XML of the query services: elements, escaped text, lists of members.

use crate::demo::server::response::Response;

pub(super) fn element(name: &str, content: &str) -> String {
    format!("<{name}>{content}</{name}>")
}

/// An element that holds text.
pub(super) fn text(name: &str, text: &str) -> String {
    element(name, &escaped(text))
}

pub(super) fn document(status: u16, body: String) -> Response {
    Response {
        status,
        error_type: None,
        content_type: "text/xml",
        body,
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // XML 1.0 has no form for other control characters.
            '\n' | '\t' => out.push(character),
            control if control.is_control() => out.push('\u{fffd}'),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped() {
        assert_eq!(
            text("A", "a<b> & \"c\"\u{1b}"),
            "<A>a&lt;b&gt; &amp; &quot;c&quot;\u{fffd}</A>"
        );
    }
}
