//! The actions of the focused overlay, pane or view. `keys::action` has all others.
//! Every view matches every variant: a new one does not compile until each view handles or ignores it.

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Move {
    Up,
    Down,
    PageUp,
    PageDown,
    Top,
    /// Go to the last row; in the list of events, follow the newest one from there.
    Bottom,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ViewAction {
    /// Open the selected row: its detail, its branch, or its status alone.
    Enter,
    /// Switch the marked choice or branch on or off.
    Toggle,
    /// In a tree, fold the branch or go to its parent; on a time axis, scroll to earlier times.
    Left,
    /// In a tree, unfold the branch; on a time axis, scroll to later times.
    Right,
    Zoom(Zoom),
    /// Switch between the newest and the oldest event first.
    NewestFirst,
    /// In the log, wrap long lines, or cut them.
    Wrap,
    /// In the log, go to the next beginning of a step.
    NextStep,
    PreviousStep,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Zoom {
    /// Show a shorter time with longer bars.
    In,
    /// Show a longer time with shorter bars.
    Out,
    All,
    /// Show the time of the selected resource.
    Resource,
}
