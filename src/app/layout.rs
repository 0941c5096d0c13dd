//! Where things are on a screen of a given size: used for paging by `update` and for drawing by the view.

use ratatui::layout::{Rect, Size};

/// The least size at which anything but "too small" is drawn.
pub const MIN_SIZE: Size = Size {
    width: 20,
    height: 6,
};
/// From this width on, the detail pane stands beside the list.
const SIDE_BY_SIDE: u16 = 100;
/// From this width on, the list has room for types and reasons, and gets more of it.
const ROOMY: u16 = 160;
/// From this body height on, the detail pane stands under the list; below, it covers the list when opened.
const STACKED: u16 = 14;

/// Where the detail pane is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Beside the list.
    Beside,
    /// Under the list.
    Under,
    /// In its place, when it is opened.
    Over,
}

/// The parts of the screen. Panes include their borders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Regions {
    /// Image, region, version; the state of the connection.
    pub title: Rect,
    /// The verdict and the progress.
    pub verdict: Rect,
    /// What must be read without a key being pressed; often empty.
    pub notice: Rect,
    /// Counts by status.
    pub counts: Rect,
    /// The list of events; absent while the detail covers it.
    pub list: Option<Rect>,
    /// The detail pane; absent while there is no room for it and it is closed.
    pub detail: Option<Rect>,
    /// The key hints.
    pub hints: Rect,
    /// How the panes stand.
    pub shape: Shape,
}

impl Regions {
    /// Divides a screen. `detail_only` gives the whole body to the detail pane; `notice` is the number of
    /// lines that notices take. Nothing where the screen is too small to show anything.
    #[must_use]
    pub fn of(size: Size, detail_only: bool, notice: usize) -> Option<Self> {
        if size.width < MIN_SIZE.width || size.height < MIN_SIZE.height {
            return None;
        }
        let line = |y| Rect::new(0, y, size.width, 1);
        let notice = u16::try_from(notice).unwrap_or(u16::MAX);
        let notice = Rect {
            height: notice.min(size.height / 4),
            ..line(2)
        };
        let counts = Rect {
            height: u16::from(size.height >= 8),
            ..line(notice.bottom())
        };
        let top = counts.bottom();
        let body = Rect::new(0, top, size.width, size.height - top - 1);
        let shape = if size.width >= SIDE_BY_SIDE {
            Shape::Beside
        } else if body.height >= STACKED {
            Shape::Under
        } else {
            Shape::Over
        };
        let (list, detail) = panes(body, shape, detail_only);
        Some(Self {
            title: line(0),
            verdict: line(1),
            notice,
            counts,
            list,
            detail,
            hints: line(size.height - 1),
            shape,
        })
    }

    /// The number of rows that a bordered pane shows.
    #[must_use]
    pub fn rows_in(pane: Option<Rect>) -> usize {
        pane.map_or(0, |pane| usize::from(pane.height.saturating_sub(2)))
    }

    /// The number of columns that the detail pane shows: less its borders and one column of room.
    #[must_use]
    pub fn detail_columns(&self) -> usize {
        self.detail
            .map_or(0, |pane| usize::from(pane.width.saturating_sub(3)))
    }
}

/// Where something of that size lies over the panes: in the middle of the screen, above the hints.
#[must_use]
pub fn popup(screen: Size, width: u16, height: u16) -> Rect {
    let room = screen.height.saturating_sub(1);
    let (width, height) = (width.min(screen.width), height.min(room));
    Rect::new(
        (screen.width - width) / 2,
        (room - height) / 2,
        width,
        height,
    )
}

fn panes(body: Rect, shape: Shape, detail_only: bool) -> (Option<Rect>, Option<Rect>) {
    match shape {
        Shape::Beside => {
            let left = if body.width < ROOMY {
                body.width * 62 / 100
            } else {
                body.width * 2 / 3
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
        Shape::Under => {
            let upper = body.height * 60 / 100;
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
        Shape::Over => (Some(body), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_size_is_divided_without_overlap_or_overflow() {
        for width in 0..=210 {
            for height in 0..=70 {
                for (detail_only, notice) in [(false, 0), (true, 0), (false, 3), (true, 99)] {
                    let size = Size { width, height };
                    let Some(regions) = Regions::of(size, detail_only, notice) else {
                        assert!(width < MIN_SIZE.width || height < MIN_SIZE.height);
                        continue;
                    };
                    let screen = Rect::new(0, 0, width, height);
                    let parts = [
                        Some(regions.title),
                        Some(regions.verdict),
                        Some(regions.notice),
                        Some(regions.counts),
                        regions.list,
                        regions.detail,
                        Some(regions.hints),
                    ];
                    let parts: Vec<_> = parts.into_iter().flatten().collect();
                    let area: u32 = parts.iter().map(|part| part.area()).sum();
                    assert_eq!(area, screen.area(), "{width}x{height}");
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
