//! A frame as text for snapshots: its lines, then the style of every run of cells, by role.
//!
//! Without the styles, the snapshots would stay the same if all colours were lost.

use std::fmt::Write;
use std::sync::LazyLock;

use bakewatch::testing::app::Model;
use bakewatch::testing::config::built_in_themes as built_in;
use bakewatch::testing::domain::StatusClass;
use bakewatch::testing::style::{Depth, Glyphs, Theme};
use bakewatch::testing::view::view;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr;

/// All colours.
pub(crate) static COLOUR: LazyLock<Theme> =
    LazyLock::new(|| theme("neutral", Depth::True, Glyphs::Unicode));
/// No colours.
pub(crate) static PLAIN: LazyLock<Theme> =
    LazyLock::new(|| theme("neutral", Depth::None, Glyphs::Unicode));
/// No colours, and nothing but ASCII.
pub(crate) static ASCII: LazyLock<Theme> =
    LazyLock::new(|| theme("neutral", Depth::None, Glyphs::Ascii));

/// A built-in theme.
pub(crate) fn theme(name: &str, depth: Depth, glyphs: Glyphs) -> Theme {
    Theme::new(&built_in(name).unwrap().unwrap(), depth, glyphs)
}

/// Draws the model on a screen of its size.
pub(crate) fn draw(model: &Model, theme: &Theme) -> Buffer {
    let area = Rect::from((ratatui::layout::Position::ORIGIN, model.size));
    let mut buffer = Buffer::empty(area);
    view(model, theme, area, &mut buffer);
    buffer
}

/// The frame of a model as text.
pub(crate) fn frame(model: &Model, theme: &Theme) -> String {
    let buffer = draw(model, theme);
    let mut out = lines(&buffer).join("\n");
    out.push_str("\n\nstyles (columns from 0):\n");
    for y in 0..buffer.area.height {
        let runs = runs(&buffer, y, theme);
        if !runs.is_empty() {
            let _ = writeln!(out, "{y:>3}: {}", runs.join(", "));
        }
    }
    out
}

/// The frame's text, line by line.
pub(crate) fn lines(buffer: &Buffer) -> Vec<String> {
    let line = |y| {
        let mut text = String::new();
        let mut x = 0;
        while x < buffer.area.width {
            let symbol = buffer[(x, y)].symbol();
            text.push_str(symbol);
            x += u16::try_from(symbol.width().max(1)).unwrap();
        }
        text.trim_end().to_owned()
    };
    (0..buffer.area.height).map(line).collect()
}

fn runs(buffer: &Buffer, y: u16, theme: &Theme) -> Vec<String> {
    let mut runs: Vec<(u16, u16, String)> = Vec::new();
    for x in 0..buffer.area.width {
        let style = style(&buffer[(x, y)], theme);
        match runs.last_mut() {
            Some((_, end, same)) if *same == style => *end = x,
            _ => runs.push((x, x, style)),
        }
    }
    let styled = runs.into_iter().filter(|(_, _, style)| !style.is_empty());
    styled
        .map(|(start, end, style)| format!("{start}-{end} {style}"))
        .collect()
}

fn style(cell: &Cell, theme: &Theme) -> String {
    let mut words = Vec::new();
    let roles = [
        ("running", theme.status(StatusClass::Running)),
        ("good", theme.good()),
        ("bad", theme.bad()),
        ("warn", theme.warn()),
        ("unknown", theme.status(StatusClass::Unknown)),
        ("selected", theme.selected(true)),
        ("dim", theme.dim()),
    ];
    if (cell.fg, cell.bg) != (Color::Reset, Color::Reset) {
        let named = roles.iter().find(|(_, role)| {
            role.fg.unwrap_or_default() == cell.fg && role.bg.unwrap_or_default() == cell.bg
        });
        words.push(named.map_or_else(
            || format!("{:?} on {:?}", cell.fg, cell.bg),
            |(name, _)| (*name).to_owned(),
        ));
    }
    let modifiers = [
        ("bold", Modifier::BOLD),
        ("faint", Modifier::DIM),
        ("underlined", Modifier::UNDERLINED),
        ("reversed", Modifier::REVERSED),
    ];
    let set = modifiers
        .iter()
        .filter(|(_, modifier)| cell.modifier.contains(*modifier));
    words.extend(set.map(|(name, _)| (*name).to_owned()));
    words.join(" ")
}
