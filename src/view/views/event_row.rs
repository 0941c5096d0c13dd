//! Draws one row of the list: an event, a gap, or the heading of another stack.
//! Called by `events` for each row on the screen; `columns` decides the columns.

use std::borrow::Cow;

use chrono::{DateTime, TimeDelta, Utc};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use crate::app::model::Model;
use crate::app::views::rows::ListRow;
use crate::app::views::times::silence;
use crate::domain::stack_event::{StackEvent, StackId};
use crate::domain::status::StatusClass;
use crate::domain::timeline::Timeline;
use crate::style::Theme;
use crate::text::duration::duration;
use crate::text::safe::{SafeText, one_line};
use crate::text::width::width;
use crate::view::text::{cell, cut, highlight, line_cell, name_cell};
use crate::view::time::{date_and_time, rough_duration, time_of_day};
use crate::view::views::columns::{EventColumns, StatusColumn, TimeColumn};

/// What the service puts before most reasons.
const HANDLER: &str = "Resource handler returned message: ";

/// The input that all rows of a frame share.
#[derive(Debug)]
pub(crate) struct RowPainter<'a> {
    pub(crate) model: &'a Model,
    pub(crate) theme: &'a Theme,
    pub(crate) columns: EventColumns,
    /// Whether the list has the focus.
    pub(crate) focused: bool,
}

/// The place of a row in the list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RowPosition {
    pub(crate) index: usize,
    /// The time of the event above it.
    pub(crate) before: Option<DateTime<Utc>>,
    pub(crate) selected: bool,
}

/// The styles of one row.
struct RowStyle {
    quiet: Style,
    status: Style,
    id: Style,
    reason: Style,
}

impl RowPainter<'_> {
    pub(crate) fn draw(
        &self,
        row: &ListRow<'_>,
        position: RowPosition,
        area: Rect,
        buf: &mut Buffer,
    ) {
        let columns = usize::from(area.width);
        match row {
            ListRow::Event(event) => self.draw_event(event, position, area, buf),
            ListRow::Gap => {
                let text = cut(&self.gap(position.index), columns, self.theme);
                Line::styled(text, self.theme.warn()).render(area, buf);
            }
            ListRow::Stack(stack) => {
                Line::styled(self.heading(stack, columns), self.theme.strong()).render(area, buf);
            }
        }
        if position.selected {
            let failed = matches!(row, ListRow::Event(event) if has_failed(event));
            let style = if failed && self.focused {
                self.theme.selected_failure()
            } else {
                self.theme.selected(self.focused)
            };
            buf.set_style(area, style);
        }
    }

    fn draw_event(&self, event: &StackEvent, position: RowPosition, area: Rect, buf: &mut Buffer) {
        let mut line = self.event(event, position);
        if let Some(pattern) = &self.model.shown.search.listed {
            line = highlight(line, pattern, self.theme);
        }
        let room = usize::from(area.width).saturating_sub(shown_width(&line));
        line.render(area, buf);
        // A long silence is noted at the end of the row that ended it, if there is room.
        let silence = silence(position.before, event.timestamp);
        if let Some(silence) = silence.filter(|_| self.model.shown.filter.is_open()) {
            let note = format!(" {} later", rough_duration(silence));
            if width(&note) <= room {
                // A span, since a line would lay its style over the whole row.
                let note = Span::styled(note, self.theme.dim());
                Line::from(note).right_aligned().render(area, buf);
            }
        }
    }

    fn event(&self, event: &StackEvent, position: RowPosition) -> Line<'static> {
        let selected = position.selected;
        let theme = self.theme;
        let glyphs = theme.glyphs();
        let class = event.status.class();
        let styles = self.styles(event, selected);
        let columns = self.columns;
        let marker = if selected { glyphs.marker } else { " " };
        // Without room for that note, the time that ended the silence still stands out.
        let times = match silence(position.before, event.timestamp) {
            Some(_) if !selected && has_failed(event) => theme.strong().patch(styles.quiet),
            Some(_) if !selected => theme.strong(),
            _ => styles.quiet,
        };
        let mut spans = vec![
            Span::raw(marker),
            Span::styled(self.times(event, position.before), times),
        ];
        let glyph = format!("{} ", glyphs.status(class));
        spans.push(Span::styled(glyph, styles.status));
        let status = match columns.status {
            StatusColumn::Absent => String::new(),
            StatusColumn::Class => cell(class_word(event), EventColumns::CLASS, theme) + " ",
            StatusColumn::Word => line_cell(event.status.as_str(), EventColumns::WORD, theme) + " ",
        };
        spans.push(Span::styled(status, styles.status));
        if has_failed(event) {
            let more = |columns| if columns > 0 { columns + 2 } else { 0 };
            let columns = columns.id + more(columns.kind) + more(columns.reason);
            let text = self.failure(event, columns);
            spans.push(Span::styled(text, styles.id));
            return Line::from(spans);
        }
        spans.push(Span::styled(
            name_cell(event.logical_id.as_str(), columns.id, theme),
            styles.id,
        ));
        if columns.kind > 0 {
            let kind = event.resource_type.as_str();
            let kind = kind.strip_prefix("AWS::").unwrap_or(kind);
            let kind = name_cell(kind, columns.kind, theme);
            spans.push(Span::styled(format!("  {kind}"), styles.quiet));
        }
        if columns.reason > 0 {
            let reason = line_cell(&short_reason(self.model, event), columns.reason, theme);
            spans.push(Span::styled(format!("  {reason}"), styles.reason));
        }
        Line::from(spans)
    }

    /// On the selected row, the selection's own style replaces colours and dimming.
    fn styles(&self, event: &StackEvent, selected: bool) -> RowStyle {
        let (theme, plain) = (self.theme, Style::new());
        let class = event.status.class();
        let failed = event.is_own_failure;
        if has_failed(event) && !(selected && self.focused) {
            let failure = theme.status(class);
            let id = if failed {
                theme.strong().patch(failure)
            } else {
                failure
            };
            return RowStyle {
                quiet: failure,
                status: failure,
                id,
                reason: failure,
            };
        }
        let quiet = if selected { plain } else { theme.dim() };
        RowStyle {
            quiet,
            status: if selected && self.focused {
                plain
            } else if event.is_cancelled() || self.is_repeat(event) {
                theme.dim()
            } else {
                theme.status(class)
            },
            id: if failed && !selected {
                theme.strong()
            } else if self.is_repeat(event) {
                quiet
            } else {
                plain
            },
            reason: if failed { plain } else { quiet },
        }
    }

    /// A failed resource and why, in the rest of the row: the reason is worth more than the type.
    fn failure(&self, event: &StackEvent, columns: usize) -> String {
        let id = event.logical_id.as_str();
        let text = match short_reason(self.model, event) {
            reason if reason.is_empty() => id.to_owned(),
            reason => format!("{id}: {reason}"),
        };
        line_cell(&text, columns, self.theme)
    }

    /// Whether the row says nothing new: an `IN_PROGRESS` after another one of the resource, or the clean-up after the
    /// verdict.
    fn is_repeat(&self, event: &StackEvent) -> bool {
        let build = &self.model.shown.build;
        if build.verdict().is_final() && event.status.class() == StatusClass::Deleting {
            return true;
        }
        let timeline = build.timeline_of(&event.stack_id);
        !event.status.is_final()
            && timeline
                .and_then(|timeline| timeline.before(event))
                .is_some_and(|before| before.event.status == event.status)
    }

    fn times(&self, event: &StackEvent, before: Option<DateTime<Utc>>) -> String {
        let time = event
            .timestamp
            .map(|time| time_of_day(time, self.model.zone()));
        let time = time.as_deref().unwrap_or("--:--:--");
        let time = match self.columns.time {
            TimeColumn::Absent => String::new(),
            TimeColumn::Short => format!("{} ", time.get(..5).unwrap_or_default()),
            TimeColumn::Full => format!("{time} "),
        };
        if !self.columns.offset {
            return time;
        }
        let offset = self.offset(event, before).unwrap_or_default();
        format!("{time}{offset:>width$} ", width = EventColumns::OFFSET)
    }

    /// The time since the first event of the stack, or since the event above; `None` while that is unknown.
    fn offset(&self, event: &StackEvent, before: Option<DateTime<Utc>>) -> Option<String> {
        let from = if self.model.times.since_before {
            before?
        } else {
            began(self.model.shown.build.timeline_of(&event.stack_id)?)?
        };
        let span = event.timestamp? - from;
        let span = if span < TimeDelta::hours(10) {
            duration(span)
        } else {
            rough_duration(span)
        };
        Some(format!("+{span}"))
    }

    /// Only the current stack's history can still be completed, and only while the API responds.
    fn gap(&self, index: usize) -> String {
        let ellipsis = self.theme.glyphs().ellipsis;
        let current = self.model.shown.build.current();
        let is_current = self.model.shown.rows().is_of_current(index);
        let is_loading = is_current && self.model.shown.connection.state.is_responding();
        match current.filter(|timeline| is_loading && !timeline.is_whole()) {
            Some(timeline) => {
                format!(
                    " {ellipsis} loading older events, {} so far",
                    timeline.len()
                )
            }
            None => format!(" {ellipsis} events may be missing here"),
        }
    }

    fn heading(&self, stack: &StackId, columns: usize) -> String {
        let rule = self.theme.glyphs().rule;
        let id = stack.to_safe();
        let id = id.as_str().rsplit('/').next().unwrap_or_default();
        let id = one_line(id.split('-').next().unwrap_or_default());
        let began = self.model.shown.build.timeline_of(stack).and_then(began);
        let when = began.map(|time| format!(" of {}", date_and_time(time, self.model.zone())));
        let when = when.unwrap_or_default();
        let text = format!("{rule}{rule} stack {id}{when} ");
        let rest = columns.saturating_sub(width(&text));
        cut(&text, columns, self.theme) + &rule.repeat(rest)
    }
}

/// Why, in the words that have the most to say in little room.
pub(crate) fn short_reason<'a>(model: &'a Model, event: &'a StackEvent) -> Cow<'a, str> {
    let why = model.shown.explanation();
    let why = why.filter(|why| why.cause.key() == event.key());
    if let Some(summary) = why.and_then(|why| why.summary.as_ref()) {
        return summary.to_string().into();
    }
    let reason = event.reason.as_ref().map_or("", SafeText::as_str);
    reason.strip_prefix(HANDLER).unwrap_or(reason).into()
}

/// Whether the row is red over its whole width. A sibling that was cancelled has not failed by itself.
fn has_failed(event: &StackEvent) -> bool {
    event.status.class() == StatusClass::Failed && !event.is_cancelled()
}

fn began(timeline: &Timeline) -> Option<DateTime<Utc>> {
    timeline.facts().began()?.timestamp
}

/// The width of a line without trailing spaces.
fn shown_width(line: &Line<'_>) -> usize {
    let text: String = line
        .spans
        .iter()
        .map(|span| span.content.as_ref())
        .collect();
    width(text.trim_end())
}

/// The word for a status in a narrow column. A sibling that was cancelled has not failed by itself.
pub(crate) fn class_word(event: &StackEvent) -> &'static str {
    match event.status.class() {
        _ if event.is_cancelled() => "cancelled",
        StatusClass::Running => "running",
        StatusClass::RollingBack => "rollback",
        StatusClass::Deleting if event.status.is_final() => "deleted",
        other => other.label(),
    }
}
