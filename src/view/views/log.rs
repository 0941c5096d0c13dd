//! Draws the build log: its frame with title and notes, and the lines on the screen. `app::views::log` has the selection.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Widget};

use crate::app::keys::action::Action;
use crate::app::model::Model;
use crate::app::views::action::Move;
use crate::app::views::log::{LogList, TIME_COLUMNS, outline_columns, wrapped};
use crate::domain::log::{BuildLog, LogRow};
use crate::domain::log_line::LogState;
use crate::store::filter_index::FilterSlot;
use crate::style::Theme;
use crate::text::safe::{SafeText, one_line};
use crate::view::text;
use crate::view::time::{rough_duration, time_of_day};
use crate::view::views::log_outline;

pub(crate) fn draw(model: &Model, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let (list, log) = (&model.shown.views.log, model.shown.build.log());
    let mut block = Block::bordered()
        .border_set(theme.glyphs().border)
        .border_style(theme.border(true))
        .title(Span::styled(title(model, list, log), theme.title(true)));
    if !log.is_empty() {
        block = block.title_bottom(following(model, theme, list, log).right_aligned());
        if let Some(last) = last_line(model, log) {
            block = block.title_bottom(Line::styled(last, theme.dim()));
        }
    }
    let inner = block.inner(area);
    block.render(area, buf);
    if log.count(list.selection()) == 0 {
        let empty = Line::styled(empty(list, log), theme.dim());
        empty.render(inner, buf);
        return;
    }
    let selected = list.index(log);
    let beside = outline_columns(usize::from(inner.width).saturating_sub(1));
    let beside = u16::try_from(beside).unwrap_or_default();
    let [outlined, inner] =
        Layout::horizontal([Constraint::Length(beside), Constraint::Fill(1)]).areas(inner);
    if beside > 0 {
        let at = log.nth(list.selection(), selected);
        log_outline::draw(
            model,
            theme,
            at.map(|row| row.line.timestamp),
            outlined,
            buf,
        );
    }
    let mut rows = inner.rows();
    for index in list.top.. {
        let Some(row) = log.nth(list.selection(), index) else {
            return;
        };
        let missing = list.missing(log).filter(|_| index == 0);
        let missing = missing.map(|why| Line::styled(format!(" {why}"), theme.warn()));
        let lines = lines(model, theme, list, row, index == selected, inner);
        for line in missing.into_iter().chain(lines) {
            let Some(area) = rows.next() else {
                return;
            };
            line.render(area, buf);
        }
    }
}

fn lines(
    model: &Model,
    theme: &Theme,
    list: &LogList,
    row: &LogRow,
    is_selected: bool,
    area: Rect,
) -> Vec<Line<'static>> {
    let columns = usize::from(area.width).saturating_sub(1);
    let room = columns.saturating_sub(TIME_COLUMNS);
    let texts = if list.wraps {
        wrapped(row, room)
    } else {
        vec![text::cut(&one_line(row.line.message.as_str()), room, theme)]
    };
    let style = if row.is_error() {
        theme.bad()
    } else if row.is_step() {
        theme.strong()
    } else {
        theme.screen()
    };
    let time = time_of_day(row.line.timestamp, model.zone());
    let mut rows = Vec::new();
    for (number, shown) in texts.into_iter().enumerate() {
        let time = match number {
            0 => time.clone(),
            _ => String::new(),
        };
        let time = text::cell(&time, TIME_COLUMNS, theme);
        // On the selected row, the selection's own style replaces colours and dimming: red on its blue is illegible.
        let (time_style, text_style) = if is_selected {
            (Style::new(), Style::new())
        } else {
            (theme.dim(), style)
        };
        let mut line = Line::from(vec![
            Span::styled(time, time_style),
            Span::styled(shown, text_style),
        ]);
        if let Some(pattern) = &model.shown.search.listed {
            line = text::highlight(line, pattern, theme);
        }
        if is_selected {
            line = line.style(if row.is_error() {
                theme.selected_failure()
            } else {
                theme.selected(true)
            });
        }
        rows.push(line);
    }
    rows
}

fn title(model: &Model, list: &LogList, log: &BuildLog) -> String {
    let utc = if model.times.utc { "(UTC) " } else { "" };
    let filter = match &list.filter {
        None => String::new(),
        Some(filter) => {
            let left = match log.unindexed(FilterSlot::Listed) {
                0 => String::new(),
                left => format!(", {left} to search"),
            };
            let count = log.count(list.selection());
            let text = one_line(SafeText::new(filter.text()).as_str());
            format!(": {text}{left}, {count} of {} ", log.len())
        }
    };
    format!(" Log {utc}{filter}").replace(" : ", ": ")
}

fn following(model: &Model, theme: &Theme, list: &LogList, log: &BuildLog) -> Line<'static> {
    let dot = theme.glyphs().dot;
    let position = format!(
        " {}/{} {dot}",
        list.index(log) + 1,
        log.count(list.selection())
    );
    let mut spans = vec![Span::styled(position, theme.dim())];
    if list.follows {
        spans.push(Span::styled(" following ", theme.dim()));
        return Line::from(spans);
    }
    spans.push(match list.arrived(log) {
        0 => Span::raw(" held"),
        new => Span::styled(format!(" {new} new"), theme.strong()),
    });
    let key = model.keys.key_for(Action::Move(Move::Bottom));
    let how = key.map_or_else(|| " ".to_owned(), |key| format!(" {dot} {key} follows "));
    spans.push(Span::styled(how, theme.dim()));
    Line::from(spans)
}

fn last_line(model: &Model, log: &BuildLog) -> Option<String> {
    if model.shown.build.is_over() {
        return None;
    }
    let age = rough_duration(model.now - log.last_at()?);
    Some(format!(" last line {age} ago "))
}

fn empty(list: &LogList, log: &BuildLog) -> &'static str {
    match log.state() {
        _ if list.filter.is_some() => " No line has this text.",
        None => " The log is read once the build's events name it.",
        Some(LogState::Absent) => " The build has written no log yet.",
        Some(LogState::Reading) => " Reading the log.",
        Some(LogState::CaughtUp | LogState::Complete) => " The log is empty.",
    }
}
