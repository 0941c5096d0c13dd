//! The screen: a pure function of the model. The runtime calls [`view`] after messages, at most once per frame.
//!
//! ```text
//! Model ─► app::layout (regions) ─► chrome, views, overlays ─► Buffer ─► runtime::tty
//! ```
//! The folders are those of `app`: `chrome` draws `app::status`; `views` and `overlays` draw their namesakes. On the
//! screen:
//!
//! ```text
//!  title    image  region  pcluster 3.16.1                ● live · synced 2s ago
//!  verdict  ◐ BUILDING  34:12   ██████████░░░░░░░░   est. 25m left
//!  now      Image Builder: BUILDING for 31:00   12 of 13 resources
//!  notice   only if there is one: a fault, the first failure, …
//!  bar      1 Events 41  2 Resources 13  3 Failure   ◐ 1  ✔ 12  ✖ 0
//! ╭ list or resources or failure ────────────╮╭ detail ────────────────────────╮
//! │ row, columns; gantt; page                ││ page                           │
//! │ empty before the first one               ││                                │
//! ╰──────────────────────────────────────────╯╰────────────────────────────────╯
//!  hints    j/k move  enter detail  f filter  ? help  q quit; or a prompt
//! ```
//! Over the panes, when they are open: `help` or `filter_menu`, each in a `popup`. `app::layout` decides the
//! regions. A frame costs only what is on the screen: rows are fetched one by one, and never searched.

pub(crate) mod chrome;
pub(crate) mod overlays;
pub(crate) mod text;
pub(crate) mod time;
pub(crate) mod too_small;
pub(crate) mod views;

use self::chrome::{bar, hints, notices, now, title, verdict};
use self::overlays::{builds, comparison, filter_menu, help, picker, prompt};
use self::views::detail;
use ratatui::buffer::Buffer;
use ratatui::layout::{Offset, Rect};
use ratatui::style::Style;

use crate::app::model::Model;
use crate::app::overlays::Overlay;
use crate::app::status::notices::NoticeSubject;
use crate::style::Theme;

/// Draws the model into the area, clipped to the buffer.
pub fn view(model: &Model, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let area = area.intersection(buf.area);
    draw(model, theme, area, buf);
    if theme.is_ascii() {
        for place in area.positions() {
            let cell = &mut buf[place];
            if !cell.symbol().is_ascii() {
                cell.set_symbol("?");
            }
        }
    }
}

fn draw(model: &Model, theme: &Theme, area: Rect, buf: &mut Buffer) {
    // Most themes leave the terminal its own colours, and each cell of a frame costs.
    if theme.screen() != Style::new() {
        buf.set_style(area, theme.screen());
    }
    // The terminal may already have another size than the model knows.
    let other = (area.as_size() != model.size).then(|| model.lay_out(area.as_size()));
    let layout = other.as_ref().unwrap_or(&model.layout);
    let lines = &layout.notices;
    let Some(regions) = &layout.regions else {
        too_small::draw(area, buf);
        return;
    };
    let on_screen = |region: Rect| {
        region
            .offset(Offset::new(i32::from(area.x), i32::from(area.y)))
            .intersection(area)
    };
    let hints = on_screen(regions.hints);
    if model.shown.is_placeholder() {
        last_line(model, theme, hints, buf);
        overlay(model, theme, area, buf);
        return;
    }
    title::draw(model, theme, on_screen(regions.title), buf);
    let in_notice = lines
        .iter()
        .any(|line| line.subject == NoticeSubject::Failure);
    verdict::draw(model, theme, in_notice, on_screen(regions.verdict), buf);
    now::draw(model, theme, on_screen(regions.now), buf);
    notices::draw(lines, theme, on_screen(regions.notice), buf);
    bar::draw(model, theme, on_screen(regions.bar), buf);
    if let Some(region) = regions.list.map(on_screen) {
        views::draw(model, theme, region, buf);
    }
    if let Some(region) = regions.detail {
        detail::draw(model, theme, on_screen(region), buf);
    }
    last_line(model, theme, hints, buf);
    overlay(model, theme, area, buf);
}

/// The open prompt, else the hints.
fn last_line(model: &Model, theme: &Theme, area: Rect, buf: &mut Buffer) {
    match &model.overlay {
        Some(Overlay::Prompt(prompt)) => prompt::draw(model, prompt, theme, area, buf),
        _ => hints::draw(model, theme, area, buf),
    }
}

fn overlay(model: &Model, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let shown = match &model.overlay {
        Some(Overlay::Prompt(prompt)) => prompt.beneath.as_deref(),
        other => other.as_ref(),
    };
    match shown {
        Some(Overlay::Builds(menu)) => builds::draw(model, *menu, theme, area, buf),
        Some(Overlay::Picker(picker)) => picker::draw(model, picker, theme, area, buf),
        Some(Overlay::Comparison(shown)) => comparison::draw(shown, theme, area, buf),
        Some(Overlay::Help { help, .. }) => help::draw(help, &model.keys, theme, area, buf),
        Some(Overlay::Filter(menu)) => filter_menu::draw(model, menu, theme, area, buf),
        Some(Overlay::Prompt(_)) | None => {}
    }
}
