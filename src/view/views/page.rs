//! Draws a page of lines (`app::views::page`), for the detail pane and the explanation of a failure.
//! Both keep the text as data; the styles are decided here.

use chrono::{DateTime, Utc};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use crate::app::model::Model;
use crate::app::views::page::{ChangeKind, Page, PageLine};
use crate::domain::span::{End, Span as Operation};
use crate::domain::stack_event::StackEvent;
use crate::domain::status::StatusClass;
use crate::style::Theme;
use crate::text::duration::duration;
use crate::text::pattern::Pattern;
use crate::text::safe::one_line;
use crate::text::width::{pad, width};
use crate::view::text::{cut_line, highlight};
use crate::view::time::{rough_duration, time_of_day};

#[derive(Debug)]
pub(crate) struct PagePainter<'a> {
    pub(crate) model: &'a Model,
    pub(crate) theme: &'a Theme,
    /// Whether the keys act on the page.
    pub(crate) focused: bool,
    /// The active search in it.
    pub(crate) pattern: Option<&'a Pattern>,
}

impl PagePainter<'_> {
    /// Draws the lines that are on the screen.
    pub(crate) fn draw(&self, page: &Page, area: Rect, buf: &mut Buffer) {
        let lines = page.lines.iter().enumerate().skip(page.top);
        for ((index, line), line_area) in lines.zip(area.rows()) {
            let chosen = self.focused && index == page.cursor;
            let mut line = self.line(line);
            if chosen {
                line.spans
                    .iter_mut()
                    .for_each(|span| span.style = Style::new());
            }
            if let Some(pattern) = self.pattern {
                line = highlight(line, pattern, self.theme);
            }
            let marker = if chosen {
                self.theme.glyphs().marker
            } else {
                " "
            };
            line.spans.insert(0, Span::raw(marker));
            let line = cut_line(line, usize::from(line_area.width), self.theme);
            line.render(line_area, buf);
            if chosen {
                buf.set_style(line_area, self.theme.selected(true));
            }
        }
    }

    fn line(&self, line: &PageLine) -> Line<'static> {
        let theme = self.theme;
        let spaces = |columns: &usize| Span::raw(" ".repeat(*columns));
        match line {
            PageLine::Blank => Line::default(),
            PageLine::Status(event) => self.status(event),
            PageLine::Heading(text) => Line::styled(text.clone(), theme.strong()),
            PageLine::Text(text) => Line::from(text.clone()),
            PageLine::Reason { part, .. } => Line::from(part.clone()),
            PageLine::Field {
                name, part, first, ..
            } => {
                let name = if *first {
                    name.clone()
                } else {
                    " ".repeat(width(name))
                };
                Line::from(vec![
                    Span::styled(name, theme.dim()),
                    Span::raw(part.clone()),
                ])
            }
            PageLine::Node {
                indent,
                open,
                name,
                value,
                ..
            } => {
                // A branch emphasizes its name, a leaf its value.
                let (name_style, value_style) = if open.is_some() {
                    (theme.strong(), theme.dim())
                } else {
                    (theme.dim(), Style::new())
                };
                Line::from(vec![
                    spaces(indent),
                    Span::styled(fold_sign(*open, theme), theme.dim()),
                    Span::styled(name.replace(['\n', '\t'], " "), name_style),
                    Span::raw("  "),
                    Span::styled(value.clone(), value_style),
                ])
            }
            PageLine::Continued { indent, text } => Line::from(vec![
                spaces(indent),
                Span::raw("  "),
                Span::raw(text.clone()),
            ]),
            PageLine::Span(span) => self.operation(span),
            PageLine::Event(event) => self.event(event),
            PageLine::Follower(event) => self.follower(event),
            PageLine::Command { part, first, .. } => Line::from(vec![
                Span::styled(if *first { "$ " } else { "  " }, theme.dim()),
                Span::styled(part.clone(), theme.strong()),
            ]),
            PageLine::Change { sign, text } => {
                let (glyph, style) = match sign {
                    ChangeKind::Added => ("+ ", theme.good()),
                    ChangeKind::Removed => ("- ", theme.warn()),
                    ChangeKind::Changed => ("~ ", theme.strong()),
                };
                Line::from(vec![Span::styled(glyph, style), Span::raw(text.clone())])
            }
        }
    }

    fn sign(&self, class: StatusClass) -> Span<'static> {
        let glyph = format!("{} ", self.theme.glyphs().status(class));
        Span::styled(glyph, self.theme.status(class))
    }

    /// The status, and since when; with the duration while it lasts.
    fn status(&self, event: &StackEvent) -> Line<'static> {
        let class = event.status.class();
        let word = Span::styled(one_line(event.status.as_str()), self.theme.status(class));
        let mut spans = vec![self.sign(class), word];
        if let Some(time) = event.timestamp {
            let clock = time_of_day(time, self.model.zone());
            let when = if self.lasts(event) {
                format!(" since {clock} ({})", rough_duration(self.model.now - time))
            } else {
                format!(" at {clock}")
            };
            spans.push(Span::raw(when));
        }
        Line::from(spans)
    }

    /// One operation: `✔ CREATE    0:22   21:36:05 to 21:36:27`. If the build is over and no event reported
    /// the operation's end, its end and its duration are unknown.
    fn operation(&self, span: &Operation) -> Line<'static> {
        let now = self.model.shown.build.open_until(self.model.now);
        let length = span.length(now).map_or_else(|| "?".to_owned(), duration);
        let clock = |time: Option<DateTime<Utc>>| {
            time.map_or_else(
                || "?".to_owned(),
                |time| time_of_day(time, self.model.zone()),
            )
        };
        let ended = if span.is_open() && now.is_some() {
            "now".to_owned()
        } else {
            clock(span.until(None))
        };
        let operation = pad(&one_line(&span.operation), 8);
        let times = format!("   {} to {ended}", clock(span.began));
        let mut sign = self.sign(span.class);
        if matches!(span.end, End::Superseded(_)) {
            // Its newest status is "in progress", which is no longer true.
            sign = sign.style(self.theme.dim());
        }
        Line::from(vec![
            sign,
            Span::raw(format!("{operation} {length:>8}")),
            Span::styled(times, self.theme.dim()),
        ])
    }

    /// One of a resource's events, in short.
    fn event(&self, event: &StackEvent) -> Line<'static> {
        let time = event
            .timestamp
            .map(|time| time_of_day(time, self.model.zone()));
        let time = time.unwrap_or_else(|| "--:--:--".to_owned());
        let class = event.status.class();
        let reason = event
            .reason
            .as_ref()
            .map(|reason| one_line(reason.as_str()));
        let mut spans = vec![
            Span::styled(format!("{time} "), self.theme.dim()),
            self.sign(class),
            Span::raw(one_line(event.status.as_str())),
        ];
        spans.extend(reason.map(|reason| Span::styled(format!("  {reason}"), self.theme.dim())));
        Line::from(spans)
    }

    /// A consequence: a sibling that was cancelled, or the stack, which repeats the failure; or another failure, with its
    /// status.
    fn follower(&self, event: &StackEvent) -> Line<'static> {
        let role = match event {
            _ if event.is_root => "the stack itself".to_owned(),
            _ if event.is_cancelled() => "cancelled".to_owned(),
            _ => one_line(event.status.as_str()),
        };
        let time = event
            .timestamp
            .map(|time| time_of_day(time, self.model.zone()));
        let time = time.unwrap_or_else(|| "--:--:--".to_owned());
        Line::from(vec![
            Span::styled(format!("{time} "), self.theme.dim()),
            Span::raw(one_line(event.logical_id.as_str())),
            Span::styled(format!("  {role}"), self.theme.dim()),
        ])
    }

    /// Whether this status still lasts: it is the newest of its resource, and not final.
    fn lasts(&self, event: &StackEvent) -> bool {
        let build = &self.model.shown.build;
        let Some(timeline) = build.current().filter(|_| !build.is_over()) else {
            return false;
        };
        let newest = if event.is_root {
            timeline.facts().root()
        } else {
            timeline.facts().newest_of(&event.logical_id)
        };
        event.status.as_str().ends_with("_IN_PROGRESS")
            && newest.is_some_and(|newest| newest.key() == event.key())
    }
}

fn fold_sign(open: Option<bool>, theme: &Theme) -> String {
    let glyphs = theme.glyphs();
    match open {
        Some(true) => format!("{} ", glyphs.open),
        Some(false) => format!("{} ", glyphs.folded),
        None => "  ".to_owned(),
    }
}

/// The lines on the screen, unless all are.
pub(crate) fn scrolled(page: &Page, height: usize) -> Option<String> {
    let all = page.lines.len();
    let last = (page.top + height).min(all);
    (all > height).then(|| format!(" {}-{last} of {all} ", page.top + 1))
}
