//! The actions that a key can have, and the contexts in which it is pressed. The key map, the hint line and the help
//!
//! use them; `update` carries them out. A new action is a variant here, a row in [`crate::app::keys::commands`], a line
//! in `assets/keys.toml` and an arm in [`crate::app::update`].
//! Tests report which of the first three is missing.

/// The user's intent. Its name in a key map file is the variant's name in kebab case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    Up,
    Down,
    PageUp,
    PageDown,
    Top,
    /// Go to the last row; in the list of events, follow the newest one from there.
    Bottom,
    /// Fold the branch or go to its parent; scroll the time axis to earlier times.
    Left,
    /// Unfold the branch; scroll the time axis to later times.
    Right,
    SwitchPane,
    /// Open the selected row: its detail, its branch, or its status alone.
    Enter,
    /// Switch the marked choice or branch on or off.
    Toggle,
    /// Close the topmost overlay, pane, search or filter.
    Close,
    ShowEvents,
    ShowResources,
    ShowFailure,
    NextFailure,
    PreviousFailure,
    Search,
    /// List only the events that contain a text.
    FilterText,
    NextMatch,
    PreviousMatch,
    /// Switch between a regular expression and plain text.
    Regex,
    /// Open the choice of listed statuses, types and resources.
    Filter,
    ShowAll,
    /// List the events of the selected resource only.
    FilterToResource,
    /// Switch between the newest and the oldest event first.
    NewestFirst,
    /// Switch between the JSON of the event and its usual form.
    RawJson,
    /// Switch between the changes since the resource's previous event and the whole event.
    Changes,
    /// Copy the marked value; in a list, the event.
    Copy,
    CopyEvent,
    CopyAmi,
    /// Write a report of the build to share.
    Report,
    /// Switch between UTC and the user's time zone.
    Utc,
    /// Switch between times since the previous event and times since the start.
    RelativeTimes,
    /// Show a shorter time with longer bars.
    ZoomIn,
    /// Show a longer time with shorter bars.
    ZoomOut,
    ZoomAll,
    /// Show the time of the selected resource.
    ZoomResource,
    /// Switch between the program and the terminal as the user of the mouse.
    Mouse,
    /// Poll the API now instead of at the next interval.
    PollNow,
    Help,
    /// Suspend the program.
    Suspend,
    Quit,
}

/// The place in which a key is pressed. It decides which action the key has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Context {
    List,
    Resources,
    Detail,
    /// The explanation of a failure.
    Failure,
    /// The choice of listed events.
    Filter,
    /// A line of text input. Keys that type or edit do only that.
    Prompt,
    Help,
}

impl Context {
    /// In the order in which the help lists them.
    pub const ALL: &[Self] = &[
        Self::List,
        Self::Resources,
        Self::Detail,
        Self::Failure,
        Self::Filter,
        Self::Prompt,
        Self::Help,
    ];

    /// As in "Here, in the list".
    pub const fn label(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Resources => "resources",
            Self::Detail => "detail",
            Self::Failure => "failure",
            Self::Filter => "filter",
            Self::Prompt => "prompt",
            Self::Help => "help",
        }
    }
}
