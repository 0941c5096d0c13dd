//! How many colours a terminal shows.
//!
//! Everything that is coloured says what it is at each of these depths, without colours too.

/// How many colours the terminal shows, from few to many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Depth {
    /// None, or none are wanted: weight and reversal only.
    #[default]
    None,
    /// The 16 of the terminal's own scheme.
    Ansi16,
    /// The fixed 256.
    Ansi256,
    True,
}

impl Depth {
    pub const ALL: [Self; 4] = [Self::None, Self::Ansi16, Self::Ansi256, Self::True];

    /// Its name in a theme's file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Ansi16 => "16",
            Self::Ansi256 => "256",
            Self::True => "true",
        }
    }
}
