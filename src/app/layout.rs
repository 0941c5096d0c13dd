//! The division of a screen of a given size into regions. `update` uses it for paging and mouse clicks, the view for
//! drawing, so that both agree.

use ratatui::layout::{Rect, Size};

use crate::app::status::notices::{NoticeLine, SCREEN_LINES_PER_NOTICE};

/// Below this size the view draws only "too small".
pub(crate) const MIN_SIZE: Size = Size {
    width: 20,
    height: 6,
};
/// A larger terminal shows this part of itself. Larger than any display, and small enough that a frame's cells need
/// little memory: a terminal can claim up to 65535×65535, which would need 200 GB.
pub(crate) const MAX_SIZE: Size = Size {
    width: 1000,
    height: 500,
};
/// From this width on, the detail pane stands beside the list.
const SIDE_BY_SIDE: u16 = 130;
/// From this width on, the list has room for types and reasons, and gets a larger share.
const ROOMY: u16 = 160;
/// From this height on, a running build has a line for its current activity.
const ROOM_FOR_NOW: u16 = 8;
/// A list that needs few rows has the whole width, if that leaves so many lines for its borders and the detail pane.
const ROOM_UNDER: usize = 14;
/// From this body height on, the detail pane stands under the list; below, it covers the list when opened.
const STACKED: u16 = 14;
/// The minimum height of a pane that stands above or under another one, borders included.
const LEAST_PANE: u16 = 5;

/// The place of the detail pane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DetailPlacement {
    Beside,
    Under,
    /// In the place of the list, when it is opened.
    Over,
}

/// The regions of the screen. Panes include their borders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Regions {
    /// Image, region, version; the state of the connection.
    pub title: Rect,
    /// The verdict and the time.
    pub verdict: Rect,
    /// The current activity of a running build; otherwise empty.
    pub now: Rect,
    /// Messages that the user must see without pressing a key; often empty.
    pub notice: Rect,
    /// Tabs, and counts by status.
    pub bar: Rect,
    /// The list, or the page of a view without a list; absent while the detail covers it.
    pub list: Option<Rect>,
    /// The detail pane; absent while there is no room for it and it is closed.
    pub detail: Option<Rect>,
    pub hints: Rect,
    pub placement: DetailPlacement,
    /// Whether the detail pane has the whole body.
    pub detail_only: bool,
}

/// The inside of a pane, in cells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PaneSize {
    pub rows: usize,
    /// Without a margin of one column.
    pub columns: usize,
}

impl PaneSize {
    fn of(pane: Rect) -> Self {
        Self {
            rows: usize::from(pane.height.saturating_sub(2)),
            columns: usize::from(pane.width.saturating_sub(3)),
        }
    }

    pub(crate) fn page_step(self) -> isize {
        page_step(self.rows)
    }
}

/// The rows of a page: one less than are shown, so that one row remains visible for orientation.
pub(crate) fn page_step(rows: usize) -> isize {
    isize::try_from(rows.saturating_sub(1).max(1)).unwrap_or(isize::MAX)
}

/// The input of the layout, beside the screen's size.
#[derive(Clone, Copy, Debug, Default)]
pub struct LayoutInput {
    /// Whether the view has a detail pane, and there is an event to show in it.
    pub has_detail: bool,
    /// Whether the detail pane has the whole body, unless it stands beside the list.
    pub detail_only: bool,
    /// Whether the detail pane has the focus.
    pub detail_focused: bool,
    /// The number of lines for the current activity.
    pub now: u16,
    /// The number of lines that notices take.
    pub notices: usize,
    /// The number of rows of the list, if it is known to be small.
    pub rows: Option<usize>,
}

/// The notices and the regions of a screen. They are made once for each frame: `update` reads those of the frame that
/// the user sees, and the view draws them.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    pub notices: Vec<NoticeLine>,
    /// `None` if the screen is too small.
    pub regions: Option<Regions>,
}

impl Regions {
    /// Divides a screen. `None`: it is too small.
    pub fn of(size: Size, input: LayoutInput) -> Option<Self> {
        if size.width < MIN_SIZE.width || size.height < MIN_SIZE.height {
            return None;
        }
        let line = |y| Rect::new(0, y, size.width, 1);
        let now = Rect {
            height: if size.height >= ROOM_FOR_NOW {
                input.now
            } else {
                0
            },
            ..line(2)
        };
        let notice = u16::try_from(input.notices).unwrap_or(u16::MAX);
        let notice = Rect {
            height: notice.min(size.height / SCREEN_LINES_PER_NOTICE),
            ..line(now.bottom())
        };
        let bar = Rect {
            height: u16::from(size.height >= 8),
            ..line(notice.bottom())
        };
        let top = bar.bottom();
        let body = Rect::new(0, top, size.width, size.height - top - 1);
        let fits_above = |rows: usize| rows.saturating_add(ROOM_UNDER) <= usize::from(body.height);
        let is_low = input.rows.is_some_and(fits_above);
        let placement = if size.width >= SIDE_BY_SIDE && !is_low {
            DetailPlacement::Beside
        } else if body.height >= STACKED {
            DetailPlacement::Under
        } else {
            DetailPlacement::Over
        };
        let detail_only = match placement {
            DetailPlacement::Beside => false,
            DetailPlacement::Under => input.detail_only,
            DetailPlacement::Over => input.detail_focused,
        };
        let (list, detail) = panes(body, placement, detail_only, input);
        Some(Self {
            title: line(0),
            verdict: line(1),
            now,
            notice,
            bar,
            list,
            detail,
            hints: line(size.height - 1),
            placement,
            detail_only,
        })
    }

    /// The list, or the page of a view without a list; `None` while the detail pane covers it.
    pub fn list_size(&self) -> Option<PaneSize> {
        self.list.map(PaneSize::of)
    }

    pub fn detail_size(&self) -> PaneSize {
        self.detail.map(PaneSize::of).unwrap_or_default()
    }
}

/// The area of a popup of that size: in the middle of the screen, above the hints.
pub(crate) fn popup(screen: Size, width: u16, height: u16) -> Rect {
    let room = screen.height.saturating_sub(1);
    let (width, height) = (width.min(screen.width), height.min(room));
    Rect::new(
        (screen.width - width) / 2,
        (room - height) / 2,
        width,
        height,
    )
}

/// `numerator / denominator` of a length, at most all of it.
fn part(length: u16, numerator: u32, denominator: u32) -> u16 {
    u16::try_from(u32::from(length) * numerator / denominator).unwrap_or(length)
}

/// The size that is drawn of a terminal's.
pub(crate) fn drawn_size(terminal: Size) -> Size {
    Size {
        width: terminal.width.min(MAX_SIZE.width),
        height: terminal.height.min(MAX_SIZE.height),
    }
}

/// The list and the detail pane.
fn panes(
    body: Rect,
    placement: DetailPlacement,
    detail_only: bool,
    input: LayoutInput,
) -> (Option<Rect>, Option<Rect>) {
    match placement {
        // Before the first event, the list has the room of both.
        _ if !input.has_detail => (Some(body), None),
        DetailPlacement::Beside => {
            let left = if body.width < ROOMY {
                part(body.width, 62, 100)
            } else {
                part(body.width, 2, 3)
            };
            let list = Rect {
                width: left,
                ..body
            };
            let detail = Rect {
                x: left,
                width: body.width - left,
                ..body
            };
            (Some(list), Some(detail))
        }
        _ if detail_only => (None, Some(body)),
        DetailPlacement::Under => {
            let usual = part(body.height, 60, 100);
            let upper = input.rows.map_or(usual, |rows| {
                let wanted = u16::try_from(rows.saturating_add(2)).unwrap_or(u16::MAX);
                wanted.clamp(usual.min(wanted).max(LEAST_PANE), body.height - LEAST_PANE)
            });
            let list = Rect {
                height: upper,
                ..body
            };
            let detail = Rect {
                y: body.y + upper,
                height: body.height - upper,
                ..body
            };
            (Some(list), Some(detail))
        }
        DetailPlacement::Over => (Some(body), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contents() -> [LayoutInput; 8] {
        let of = |has_detail, detail_only, notices, rows| LayoutInput {
            has_detail,
            detail_only,
            detail_focused: detail_only,
            now: u16::from(notices < 2),
            notices,
            rows,
        };
        [
            of(true, false, 0, None),
            of(true, true, 0, None),
            of(true, false, 3, Some(1)),
            of(true, false, 0, Some(14)),
            of(true, true, 99, Some(1000)),
            of(true, false, usize::MAX, Some(usize::MAX)),
            of(false, false, 1, None),
            of(false, true, 0, None),
        ]
    }

    #[test]
    fn every_size_is_divided_without_overlap_or_overflow() {
        let edges = [999, 1000, 1001, 32768, u16::MAX];
        for width in (0..=210).chain(edges) {
            for height in (0..=70).chain(edges) {
                for input in contents() {
                    let size = Size { width, height };
                    let Some(regions) = Regions::of(size, input) else {
                        assert!(width < MIN_SIZE.width || height < MIN_SIZE.height);
                        continue;
                    };
                    let screen = Rect::new(0, 0, width, height);
                    let parts = [
                        Some(regions.title),
                        Some(regions.verdict),
                        Some(regions.now),
                        Some(regions.notice),
                        Some(regions.bar),
                        regions.list,
                        regions.detail,
                        Some(regions.hints),
                    ];
                    let parts: Vec<_> = parts.into_iter().flatten().collect();
                    let area: u64 = parts.iter().map(|part| u64::from(part.area())).sum();
                    assert_eq!(area, u64::from(screen.area()), "{width}x{height}");
                    for (index, part) in parts.iter().enumerate() {
                        assert_eq!(part.intersection(screen), *part);
                        assert!(
                            parts
                                .iter()
                                .skip(index + 1)
                                .all(|other| !part.intersects(*other) || other.is_empty())
                        );
                    }
                }
            }
        }
    }
}
