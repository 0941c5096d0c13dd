//! The time axis that the bars of all resources share: the whole build, or a zoomed part of it. Keys zoom and scroll
//! it; `view::views::gantt` draws bars on its window.
//!
//! One resource takes most of the hour and the others a few seconds each, so one scale can't show both.

use chrono::{DateTime, TimeDelta, Utc};

const LEAST: TimeDelta = TimeDelta::seconds(10);

/// The part of the build that the axis shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Axis {
    /// `None`: the whole build.
    part: Option<ZoomedPart>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct ZoomedPart {
    /// Its beginning, from the build's start.
    from: TimeDelta,
    length: TimeDelta,
    /// Whether it reached the build's end when it was set: then it keeps doing so as the build continues.
    to_the_end: bool,
}

/// A range of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    pub from: DateTime<Utc>,
    /// Later than the beginning.
    pub to: DateTime<Utc>,
}

impl Window {
    /// At least as long as the shortest axis.
    pub fn new(from: DateTime<Utc>, to: DateTime<Utc>) -> Self {
        let to = to.max(from + LEAST);
        Self { from, to }
    }

    pub fn length(&self) -> TimeDelta {
        self.to - self.from
    }

    /// Whether it contains a time.
    pub fn holds(&self, time: DateTime<Utc>) -> bool {
        self.from <= time && time < self.to
    }

    /// The column of a time in a window of `columns` columns: negative before it, too large after it.
    pub fn column(&self, time: DateTime<Utc>, columns: usize) -> i64 {
        let columns = i64::try_from(columns).unwrap_or(i64::MAX);
        let offset = (time - self.from).num_milliseconds();
        let length = self.length().num_milliseconds().max(1);
        offset.saturating_mul(columns).div_euclid(length)
    }
}

impl Axis {
    pub fn is_whole(&self) -> bool {
        self.part.is_none()
    }

    /// The part of a build that it shows: always within the build, even if the build has changed since.
    pub fn window(&self, build: Window) -> Window {
        let Some(part) = self.part else {
            return build;
        };
        let rest = build.length() - part.from;
        let length = if part.to_the_end {
            part.length.max(rest)
        } else {
            part.length
        };
        let length = length.min(build.length());
        let from = (build.from + part.from).min(build.to - length);
        Window::new(from, from + length)
    }

    pub fn show_all(&mut self) {
        self.part = None;
    }

    /// Shows another window, with a small margin, as far as the build reaches.
    pub fn show(&mut self, build: Window, wanted: Window) {
        let room = wanted.length() / 20;
        self.set(build, wanted.from - room, wanted.length() + room * 2);
    }

    /// Shows half or twice as much time, around a time.
    pub fn zoom(&mut self, build: Window, around: DateTime<Utc>, closer: bool) {
        let now = self.window(build);
        let length = if closer {
            now.length() / 2
        } else {
            now.length() * 2
        };
        if length >= build.length() {
            self.show_all();
            return;
        }
        let length = length.max(LEAST);
        self.set(build, around - length / 2, length);
    }

    /// Scrolls by quarters of the window.
    pub fn scroll(&mut self, build: Window, quarters: i32) {
        if self.part.is_some() {
            let now = self.window(build);
            self.set(build, now.from + now.length() / 4 * quarters, now.length());
        }
    }

    fn set(&mut self, build: Window, from: DateTime<Utc>, length: TimeDelta) {
        let length = length.clamp(LEAST, build.length());
        let from = from.min(build.to - length).max(build.from);
        self.part = Some(ZoomedPart {
            from: from - build.from,
            length,
            to_the_end: from + length >= build.to,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    #[test]
    fn columns_cover_the_window() {
        let window = Window::new(at(0), at(100));
        assert_eq!(
            [0, 50, 99, 100].map(|second| window.column(at(second), 10)),
            [0, 5, 9, 10]
        );
        assert_eq!(window.column(at(-1), 10), -1);
    }

    #[test]
    fn zooming_out_to_the_whole_build_shows_all() {
        let build = Window::new(at(0), at(3600));
        let mut axis = Axis::default();
        axis.zoom(build, at(10), true);
        assert_eq!(axis.window(build), Window::new(at(0), at(1800)));
        axis.scroll(build, 1);
        assert_eq!(axis.window(build).from, at(450));
        axis.zoom(build, at(10), false);
        assert!(axis.is_whole());
    }

    proptest! {
        /// After any steps, the window lies in the build and is not empty, even if the build grows or is
        /// replaced by another one.
        #[test]
        fn the_window_stays_in_the_build(steps in prop::collection::vec((0..4, -10..110_000_i64, 10..100_000_i64), 0..30)) {
            let mut axis = Axis::default();
            for (step, second, end) in steps {
                let build = Window::new(at(0), at(end));
                match step {
                    0 => axis.zoom(build, at(second), true),
                    1 => axis.zoom(build, at(second), false),
                    2 => axis.scroll(build, i32::try_from(second % 9).unwrap()),
                    _ => axis.show(build, Window::new(at(second), at(second + 5))),
                }
                let other = Window::new(at(0), at(second.abs() + 10));
                for build in [build, other] {
                    let window = axis.window(build);
                    prop_assert!(window.from >= build.from && window.to <= build.to && window.from < window.to);
                }
            }
        }
    }
}
