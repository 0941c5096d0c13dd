//! Rewrites the colours of escape sequences: crossterm numbers all colours as one of 256 (`38;5;1`), which a terminal of
//! 16 colours can read as other attributes, such as blinking.

/// The sequences with the 16 basic colours in their own form (`31`, `97`), which every terminal with colours knows.
pub(crate) fn with_basic_colours(sequences: &str) -> String {
    let mut rewritten = String::with_capacity(sequences.len());
    let mut parts = sequences.split("\x1b[");
    rewritten += parts.next().unwrap_or_default();
    for part in parts {
        rewritten += "\x1b[";
        let is_parameter = |character: char| character.is_ascii_digit() || character == ';';
        let end = part.find(|character| !is_parameter(character));
        let (parameters, rest) = part.split_at(end.unwrap_or(part.len()));
        if rest.starts_with('m') {
            rewritten += &attributes(parameters);
        } else {
            rewritten += parameters;
        }
        rewritten += rest;
    }
    rewritten
}

fn attributes(parameters: &str) -> String {
    let fields: Vec<_> = parameters.split(';').collect();
    let mut rest = &fields[..];
    let mut rewritten: Vec<String> = Vec::new();
    while let [first, others @ ..] = rest {
        let taken = match (*first, others) {
            ("38" | "48", ["5", number, ..]) => {
                rewritten.push(basic(first, number).unwrap_or_else(|| rest[..3].join(";")));
                3
            }
            ("38" | "48" | "58", ["2", _, _, _, ..]) => {
                rewritten.push(rest[..5].join(";"));
                5
            }
            _ => {
                rewritten.push((*first).to_owned());
                1
            }
        };
        rest = &rest[taken..];
    }
    rewritten.join(";")
}

/// A colour of the 16, by its number among the 256.
fn basic(ground: &str, number: &str) -> Option<String> {
    let number: u8 = number.parse().ok()?;
    let first = match number {
        0..=7 => 30,
        8..=15 => 90 - 8,
        _ => return None,
    };
    let background = if ground == "48" { 10 } else { 0 };
    Some((first + background + number).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_basic_colours_have_their_own_numbers_and_nothing_else_changes() {
        for (given, expected) in [
            ("\x1b[38;5;1mred\x1b[39m", "\x1b[31mred\x1b[39m"),
            ("\x1b[38;5;9;48;5;0m", "\x1b[91;40m"),
            ("\x1b[1;48;5;15m", "\x1b[1;107m"),
            ("\x1b[38;5;16m", "\x1b[38;5;16m"),
            ("\x1b[38;5;244;49m", "\x1b[38;5;244;49m"),
            ("\x1b[38;2;38;5;1;48;5;1m", "\x1b[38;2;38;5;1;41m"),
            ("\x1b[38;5m\x1b[m\x1b[38;5;1", "\x1b[38;5m\x1b[m\x1b[38;5;1"),
            ("\x1b[38;5;1H 38;5;1m é", "\x1b[38;5;1H 38;5;1m é"),
        ] {
            assert_eq!(with_basic_colours(given), expected, "{given:?}");
        }
    }
}
