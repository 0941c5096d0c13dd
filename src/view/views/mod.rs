//! The drawing of the views and the detail pane (`app::views`): a pane with a frame, and its rows or lines.
//!
//! - `events`: the list of events; `event_row`: one row; `columns`: its columns; `empty`: a message instead of rows
//! - `resources`: the list of resources; `resource_columns`: their widths; `gantt`: the bars; `step_row`: a row below the image
//! - `log`: the lines of the build log; `log_outline`: its steps beside them
//! - `failure`, `detail`: a pane with a page
//! - `page`: the lines of a page
//! - `scrollbar`: the part of a list that is on the screen, and where failures are

pub(crate) mod columns;
pub(crate) mod detail;
pub(crate) mod empty;
pub(crate) mod event_row;
pub(crate) mod events;
pub(crate) mod failure;
pub(crate) mod gantt;
pub(crate) mod log;
mod log_outline;
pub(crate) mod page;
mod resource_columns;
pub(crate) mod resources;
pub(crate) mod scrollbar;
mod step_row;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::model::Model;
use crate::app::views::Tab;
use crate::style::Theme;

/// Draws the shown view.
pub(crate) fn draw(model: &Model, theme: &Theme, area: Rect, buf: &mut Buffer) {
    match model.shown.tab {
        Tab::Resources if model.shown.build.current().is_some() => {
            resources::draw(model, theme, area, buf);
        }
        Tab::Log => log::draw(model, theme, area, buf),
        Tab::Failure => failure::draw(model, theme, area, buf),
        // Before the first event, the list of events has the message.
        Tab::Events | Tab::Resources => events::draw(model, theme, area, buf),
    }
}
