//! Whether the terminal is dark or light, where it says so without being asked.
//!
//! An answer to a question may never come, so only `COLORFGBG` is read, which rxvt, Konsole and others set.

/// What is known about the background that text stands on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Background {
    #[default]
    Unknown,
    Dark,
    Light,
}

impl Background {
    /// What `COLORFGBG` says: `15;0` or `15;default;0`, of the 16 colours the one of text and that of its
    /// background. In tmux it tells of the terminal in which tmux was started, which may be another one by now.
    pub(super) fn of(colorfgbg: &str, in_tmux: bool) -> Self {
        let background = colorfgbg.rsplit(';').next().unwrap_or_default();
        match background.parse::<u8>() {
            _ if in_tmux => Self::Unknown,
            // White and bright white; Vim takes the other bright ones for light too.
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
    fn the_ground_is_the_last_number() {
        for (text, background) in [
            ("15;0", Background::Dark),
            ("0;15", Background::Light),
            ("0;default;7", Background::Light),
            ("7;8", Background::Dark),
            ("12;default", Background::Unknown),
            ("", Background::Unknown),
            ("0;99", Background::Unknown),
        ] {
            assert_eq!(Background::of(text, false), background, "{text}");
            assert_eq!(Background::of(text, true), Background::Unknown, "{text}");
        }
    }
}
