//! The actions that a key can have, and the contexts in which it is pressed. The key map, the hint line and the help
//! use them; `update` carries them out.
//!
//! Actions are grouped by the code that carries them out, and that code matches every variant of its group: a new
//! action does not compile without it. It also needs a row in [`crate::app::keys::commands`] and a line in
//! `assets/keys.toml`; tests report which of the two is missing.

use crate::app::views::Tab;
use crate::app::views::action::{Move, ViewAction};

/// The user's intent. Its name in a key map file is the inner variant's name in kebab case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// For the program.
    App(AppAction),
    /// For the shown session, whatever is focused.
    Session(SessionAction),
    /// For the replay of a recording.
    Playback(PlaybackAction),
    /// For the focused overlay, pane or view.
    Move(Move),
    /// For the focused overlay, pane or view.
    View(ViewAction),
    /// For an open overlay only.
    Overlay(OverlayAction),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AppAction {
    /// Close the topmost overlay, pane, search or filter.
    Close,
    /// Switch between UTC and the user's time zone.
    Utc,
    /// Switch between times since the previous event and times since the start.
    RelativeTimes,
    /// Switch between the program and the terminal as the user of the mouse.
    Mouse,
    Help,
    /// Show the next build of several.
    NextBuild,
    PreviousBuild,
    /// Show or close the view of all builds.
    Builds,
    /// Choose more builds to watch.
    Picker,
    /// Draw the whole screen again: another program has written on it.
    Redraw,
    /// Suspend the program.
    Suspend,
    /// Close the topmost overlay or pane; from the main view, leave.
    Quit,
    /// Cancel a prompt; from anywhere else, leave at once.
    Leave,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PlaybackAction {
    /// Stop the time of the replay, or let it run again.
    Pause,
    Slower,
    Faster,
    /// Go back to the event before, and stand still.
    PreviousEvent,
    /// Go to the next event, and stand still.
    NextEvent,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SessionAction {
    Show(Tab),
    SwitchPane,
    NextFailure,
    PreviousFailure,
    Search,
    /// List only the events that contain a text.
    FilterText,
    NextMatch,
    PreviousMatch,
    /// Open the choice of listed statuses, types and resources.
    Filter,
    /// List the events of the selected resource only.
    FilterToResource,
    /// Switch between the JSON of the event and its usual form.
    RawJson,
    /// Switch between the changes since the resource's previous event and the whole event.
    Changes,
    /// Copy the marked value; in a list, the event.
    Copy,
    CopyEvent,
    CopyAmi,
    /// Copy the command that helps after a failure, or the line of the configuration that uses the image.
    CopyCommand,
    /// Write a report of the build to share.
    Report,
    /// Poll the API now instead of at the next interval.
    PollNow,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OverlayAction {
    /// List everything again.
    ShowAll,
    /// Switch between a regular expression and plain text.
    Regex,
    /// Stop to watch the marked build.
    CloseBuild,
    /// Compare the two marked builds.
    Compare,
}

/// The place in which a key is pressed. It decides which action the key has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Context {
    /// A view, if its detail pane is not focused.
    View(Tab),
    Detail,
    /// The choice of listed events.
    Filter,
    /// A line of text input. Keys that type or edit do only that.
    Prompt,
    /// The view of all builds.
    Builds,
    Picker,
    /// Two builds side by side.
    Comparison,
    Help,
}

impl Context {
    /// As in "Here, in the list".
    pub const fn label(self) -> &'static str {
        match self {
            Self::View(tab) => tab.label(),
            Self::Detail => "detail",
            Self::Filter => "filter",
            Self::Prompt => "prompt",
            Self::Builds => "builds",
            Self::Picker => "picker",
            Self::Comparison => "comparison",
            Self::Help => "help",
        }
    }
}
