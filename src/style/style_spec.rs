//! Parses the style of a role in a theme file: weights and colours in words, such as `bold #ffffff on #1c5680`.
//!
//! A colour that the terminal can't show is rejected when the file is read, not replaced when it is drawn.

use ratatui::style::{Color, Modifier, Style};

use crate::style::Depth;
use crate::text::safe::{SafeText, one_line};

/// The reason why a text is not a style. Displayed as one clean, lower-case line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StyleSpecError {
    /// A word that is neither a colour nor a weight.
    #[error(
        "{0} is neither a colour nor a weight; example: `bold #ffffff on #1c5680`; weights: bold, dim, \
         italic, underlined, reversed"
    )]
    Word(String),
    /// A colour that a terminal of this depth does not show.
    #[error("{0} can't be shown in {name}: {hint}", name = .1.name(), hint = hint(*.1))]
    Colour(String, Depth),
    /// `on` without a colour after it.
    #[error("a colour is missing after on")]
    Background,
    /// Two foregrounds or two backgrounds.
    #[error("there are two colours; write the background's after `on`")]
    Twice,
}

const fn hint(depth: Depth) -> &'static str {
    match depth {
        Depth::None => "a terminal without colours shows only weights",
        Depth::Ansi16 => "use names such as cyan or bright-red",
        Depth::Ansi256 => "use numbers from 0 to 255",
        Depth::True => "write it like #1c5680",
    }
}

/// Parses a style for a terminal of that depth.
pub(super) fn parse_style(text: &str, depth: Depth) -> Result<Style, StyleSpecError> {
    let mut style = Style::new();
    let mut words = text.split_whitespace();
    while let Some(word) = words.next() {
        if word == "on" {
            let background = words.next().ok_or(StyleSpecError::Background)?;
            let background = colour(background, depth)?;
            if style.bg.replace(background).is_some() {
                return Err(StyleSpecError::Twice);
            }
        } else if let Some(weight) = weight(word) {
            style = style.add_modifier(weight);
        } else if style.fg.replace(colour(word, depth)?).is_some() {
            return Err(StyleSpecError::Twice);
        }
    }
    Ok(style)
}

fn weight(word: &str) -> Option<Modifier> {
    Some(match word {
        "bold" => Modifier::BOLD,
        "dim" => Modifier::DIM,
        "italic" => Modifier::ITALIC,
        "underlined" => Modifier::UNDERLINED,
        "reversed" => Modifier::REVERSED,
        _ => return None,
    })
}

fn colour(word: &str, depth: Depth) -> Result<Color, StyleSpecError> {
    let shown_word = || one_line(SafeText::new(word).as_str());
    let colour: Color = word
        .parse()
        .ok()
        .ok_or_else(|| StyleSpecError::Word(shown_word()))?;
    let needs = match colour {
        Color::Rgb(..) => Depth::True,
        Color::Indexed(_) => Depth::Ansi256,
        _ => Depth::Ansi16,
    };
    if needs > depth {
        return Err(StyleSpecError::Colour(shown_word(), depth));
    }
    Ok(colour)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_style_is_parsed_from_weights_and_colours() {
        let bold = Style::new().add_modifier(Modifier::BOLD);
        assert_eq!(parse_style("", Depth::None), Ok(Style::new()));
        assert_eq!(parse_style("bold", Depth::None), Ok(bold));
        assert_eq!(
            parse_style("bold bright-red", Depth::Ansi16),
            Ok(bold.fg(Color::LightRed))
        );
        assert_eq!(
            parse_style("255 on 24 bold", Depth::Ansi256),
            Ok(bold.fg(Color::Indexed(255)).bg(Color::Indexed(24)))
        );
        assert_eq!(
            parse_style("on #1c5680", Depth::True),
            Ok(Style::new().bg(Color::Rgb(0x1c, 0x56, 0x80)))
        );
    }

    #[test]
    fn a_text_that_is_not_a_style_is_rejected_in_one_clean_line() {
        for (text, depth, wanted) in [
            ("blod", Depth::True, "blod is neither a colour nor a weight"),
            ("#1c568", Depth::True, "#1c568 is neither"),
            (
                "#1c5680",
                Depth::Ansi256,
                "#1c5680 can't be shown in 256: use numbers",
            ),
            ("24", Depth::Ansi16, "24 can't be shown in 16: use names"),
            (
                "red",
                Depth::None,
                "red can't be shown in none: a terminal without colours",
            ),
            ("red on", Depth::True, "a colour is missing after on"),
            ("red blue", Depth::True, "there are two colours"),
            ("on red on blue", Depth::True, "there are two colours"),
            (
                "\u{1b}[31m",
                Depth::True,
                "is neither a colour nor a weight",
            ),
        ] {
            let message = parse_style(text, depth).unwrap_err().to_string();
            assert!(message.contains(wanted), "{text}: {message}");
            assert!(!message.contains(char::is_control), "{message:?}");
        }
    }
}
