//! The number of colours that a terminal shows. `config` detects it; a theme has a style for each depth.

/// From few colours to many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Depth {
    /// No colours, or none are wanted: weight and reversal only.
    #[default]
    None,
    /// The 16 of the terminal's own palette.
    Ansi16,
    /// The fixed 256.
    Ansi256,
    True,
}

impl Depth {
    pub const ALL: [Self; 4] = [Self::None, Self::Ansi16, Self::Ansi256, Self::True];

    /// Its name in a theme file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Ansi16 => "16",
            Self::Ansi256 => "256",
            Self::True => "true",
        }
    }
}
