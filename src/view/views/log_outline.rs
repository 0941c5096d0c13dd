//! Draws the outline beside the lines of the build log: the steps of the workflows, and in them the components, phases and
//! steps, with a sign and their duration. `domain::steps` makes it; the part of the selected line stands out.

use chrono::{DateTime, Utc};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use crate::app::model::Model;
use crate::domain::failure::ComponentName;
use crate::domain::status::StatusClass;
use crate::domain::steps::{OutlineItem, OutlineKind};
use crate::style::Theme;
use crate::text::duration::duration;
use crate::text::safe::one_line;
use crate::text::width::width;
use crate::view::text;

pub(crate) fn draw(
    model: &Model,
    theme: &Theme,
    selected: Option<DateTime<Utc>>,
    area: Rect,
    buf: &mut Buffer,
) {
    let items = model.shown.build.steps().outline();
    let rows = usize::from(area.height);
    let begun = items.partition_point(|item| selected.is_some_and(|at| item.began <= at));
    let current = begun.saturating_sub(1);
    let last_top = items.len().saturating_sub(rows);
    let top = current.saturating_sub(rows / 2).min(last_top);
    for (index, area) in (top..items.len()).zip(area.rows()) {
        let mut line = line(model, theme, &items[index], usize::from(area.width));
        if index == current && begun > 0 {
            line = line.style(theme.selected(false));
        }
        line.render(area, buf);
    }
}

fn line(model: &Model, theme: &Theme, item: &OutlineItem, columns: usize) -> Line<'static> {
    let build = &model.shown.build;
    let open_until = build.open_until(model.now);
    let class = if item.has_failed {
        StatusClass::Failed
    } else if item.ended.is_some() || open_until.is_none() {
        StatusClass::Complete
    } else {
        StatusClass::Running
    };
    let depth = match item.kind {
        OutlineKind::Step => 0,
        OutlineKind::Component => 1,
        OutlineKind::Phase => 2,
        OutlineKind::ComponentStep => 3,
    };
    let name = match item.kind {
        OutlineKind::Component => ComponentName::of(build, &item.name).map_or_else(
            || {
                item.name
                    .as_str()
                    .split('/')
                    .nth(1)
                    .unwrap_or_default()
                    .to_owned()
            },
            |name| name.in_words(),
        ),
        _ => item.name.to_string(),
    };
    let took = duration(item.took(open_until.or(build.ended_at()).unwrap_or(model.now)));
    let indent = " ".repeat(depth);
    let sign = format!("{indent}{} ", theme.glyphs().status(class));
    // A space on both sides of the duration.
    let room = columns.saturating_sub(width(&sign) + width(&took) + 2);
    let name = text::cell(&one_line(&name), room, theme);
    let style = match item.kind {
        OutlineKind::Step => theme.strong(),
        _ => theme.screen(),
    };
    Line::from(vec![
        Span::styled(sign, theme.status(class)),
        Span::styled(name, style),
        Span::styled(format!(" {took} "), theme.dim()),
    ])
}
