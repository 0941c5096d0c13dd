//! What a person can mean with a key, and where: the vocabulary of the key map, the hint line and the help.
//!
//! A new action is a variant here, a row in [`crate::app::keys::commands`], a line in `assets/keys.toml` and an arm in
//! [`crate::app::update`]. Tests say which of the first three is missing.

/// A person's intent. Its name in a key map's file is the variant's, in kebab case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// One row up.
    Up,
    /// One row down.
    Down,
    /// One screen up.
    PageUp,
    /// One screen down.
    PageDown,
    /// To the first row.
    Top,
    /// To the last row; in the list of events, follow the newest one from there.
    Bottom,
    /// Left the branch, or go to its parent.
    Left,
    /// Right the branch.
    Right,
    /// To the next pane.
    SwitchPane,
    /// Look closer: from a list to the detail, from a branch to what is in it, from every status to one.
    Enter,
    /// Switch the marked thing on or off.
    Toggle,
    /// Close the topmost thing.
    Close,
    ShowEvents,
    ShowResources,
    /// Show why it failed.
    ShowFailure,
    /// To the next failed event.
    NextFailure,
    /// To the failed event before.
    PreviousFailure,
    /// Search for text.
    Search,
    /// List only the events that have a text.
    FilterText,
    /// To the next place that has the searched text.
    NextMatch,
    /// To the place before that has it.
    PreviousMatch,
    /// Take what is typed as a regular expression, or as plain text again.
    Regex,
    /// Choose which statuses, types and resources are listed.
    Filter,
    /// List everything again.
    ShowAll,
    /// List the events of the selected resource only.
    FilterToResource,
    /// List the newest event first, or last again.
    NewestFirst,
    /// Read the event as the JSON that came, or as it is meant again.
    RawJson,
    /// Read what changed since the same resource's event before, or the whole event again.
    Changes,
    /// Copy the marked value; in a list, the event.
    Copy,
    /// Copy the event as JSON.
    CopyEvent,
    /// Copy the id of the AMI.
    CopyAmi,
    /// Write a report of the build, to share.
    Report,
    /// Show times in UTC, or by the person's clock again.
    Utc,
    /// Show the time since the event before instead of since the start, or the other way round.
    RelativeTimes,
    /// Show a shorter time with longer bars.
    ZoomIn,
    /// Show a longer time with shorter bars.
    ZoomOut,
    /// Show the whole build.
    ZoomAll,
    /// Show the time of the selected resource.
    ZoomResource,
    /// Take the mouse, or leave it to the terminal.
    Mouse,
    /// Ask the API now instead of at the next poll.
    PollNow,
    /// Show what the keys do.
    Help,
    /// Back to the shell for now.
    Suspend,
    Quit,
}

/// Where a key is pressed, and so what it can mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Context {
    /// The list of events.
    List,
    /// The list of resources.
    Resources,
    /// The detail pane.
    Detail,
    /// The explanation of a failure.
    Failure,
    /// The choice of what is listed.
    Filter,
    /// A line that is typed into. Keys that type or edit do that and nothing else.
    Prompt,
    Help,
}

impl Context {
    /// Every context, in the order in which the help lists them.
    pub const ALL: &[Self] = &[
        Self::List,
        Self::Resources,
        Self::Detail,
        Self::Failure,
        Self::Filter,
        Self::Prompt,
        Self::Help,
    ];

    /// The word for it, as in "in the list".
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
