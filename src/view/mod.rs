//! The screen: a pure function of the model, one file for each region of it.
//!
//! ```text
//!  title    image  region  pcluster 3.16.1                ● live · synced 2s ago
//!  verdict  ◐ BUILDING  34:12   Image Builder: BUILDING   12/13 resources ████░
//!  notice   only where there is something: a fault, the first failure, …
//!  counts   all 41   ◐ 1 running   ✔ 27 complete   ✖ 0 failed
//! ╭ list ────────────────────────────────────╮╭ detail ────────────────────────╮
//! │ row, columns; empty before the first one ││                                │
//! ╰──────────────────────────────────────────╯╰────────────────────────────────╯
//!  hints    j/k move  enter detail  f filter  ? help  q quit
//! ```
//! Over the panes, when they are open: `help` or `filter`, each in a `popup`. Where things are is decided in
//! `app::layout`. A frame costs what is on the screen: rows are asked for one by one, and never searched.

mod columns;
mod counts;
mod detail;
mod empty;
mod filter;
mod help;
mod hints;
mod list;
mod notice;
mod parts;
mod popup;
mod row;
mod text;
mod time;
mod title;
mod too_small;
mod verdict;

use ratatui::buffer::Buffer;
use ratatui::layout::{Offset, Rect};

use crate::app::layout::Regions;
use crate::app::model::{Model, Overlay};
use crate::app::notice::Subject;
use crate::domain::timeline::Timeline;
use crate::style::Theme;

/// Draws the model into the area. What is outside the buffer is not drawn.
pub fn view(model: &Model, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let area = area.intersection(buf.area);
    let notices = model.notices();
    let Some(regions) = Regions::of(area.as_size(), model.detail_only, notices.len()) else {
        too_small::draw(area, buf);
        return;
    };
    let place = |region: Rect| {
        region
            .offset(Offset::new(i32::from(area.x), i32::from(area.y)))
            .intersection(area)
    };
    title::draw(model, theme, place(regions.title), buf);
    let told = notices.iter().any(|line| line.subject == Subject::Failure);
    verdict::draw(model, theme, told, place(regions.verdict), buf);
    notice::draw(&notices, theme, place(regions.notice), buf);
    counts::draw(model, theme, place(regions.counts), buf);
    let (list, detail) = panes(&regions, model);
    if let Some(region) = list {
        list::draw(model, theme, place(region), buf);
    }
    if let Some(region) = detail {
        detail::draw(model, theme, place(region), buf);
    }
    hints::draw(model, theme, place(regions.hints), buf);
    match model.overlay {
        Some(Overlay::Help(top)) => help::draw(top, &model.keys, theme, area, buf),
        Some(Overlay::Filter(menu)) => filter::draw(model, menu, theme, area, buf),
        None => {}
    }
}

/// The list and the detail. While there is no event to look into, the list has the room of both.
fn panes(regions: &Regions, model: &Model) -> (Option<Rect>, Option<Rect>) {
    let none = model.build.timelines().iter().all(Timeline::is_empty);
    match (regions.list, regions.detail) {
        (Some(list), Some(detail)) if none => (Some(list.union(detail)), None),
        (None, detail) if none => (detail, None),
        panes => panes,
    }
}
