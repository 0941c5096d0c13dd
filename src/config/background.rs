//! The terminal's background, dark or light, as far as the environment shows it.
//!
//! The response to a terminal query may never come, so only `COLORFGBG` is read, which rxvt, Konsole and others set.

/// The terminal's background colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Background {
    #[default]
    Unknown,
    Dark,
    Light,
}

impl Background {
    /// Parses `COLORFGBG`: `15;0` or `15;default;0`, the foreground and background among the 16 colours. In tmux it
    /// describes the terminal in which tmux was started, which may be another one by now.
    pub(super) fn parse(colorfgbg: &str, in_tmux: bool) -> Self {
        let background = colorfgbg.rsplit(';').next().unwrap_or_default();
        match background.parse::<u8>() {
            _ if in_tmux => Self::Unknown,
            // White and bright white; Vim treats the other bright ones as light too.
            Ok(7 | 9..=15) => Self::Light,
            Ok(0..=6 | 8) => Self::Dark,
            _ => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_background_is_the_last_number() {
        for (text, background) in [
            ("15;0", Background::Dark),
            ("0;15", Background::Light),
            ("0;default;7", Background::Light),
            ("7;8", Background::Dark),
            ("12;default", Background::Unknown),
            ("", Background::Unknown),
            ("0;99", Background::Unknown),
        ] {
            assert_eq!(Background::parse(text, false), background, "{text}");
            assert_eq!(Background::parse(text, true), Background::Unknown, "{text}");
        }
    }
}
