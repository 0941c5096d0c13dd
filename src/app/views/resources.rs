//! The view of the resources: the selected one, the scroll position, the time axis, and the data of each row.
//! `view::views::resources` draws it.
//!
//! The rows are the current stack itself, then its resources in the order in which CloudFormation began
//! them, and below the image its workflow steps: see `resource_rows`.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::app::layout::{PaneSize, page_step};
use crate::app::views::action::{Move, ViewAction, Zoom};
use crate::app::views::axis::{Axis, Window};
use crate::app::views::detail::DetailSubject;
use crate::app::views::filter::quoted;
use crate::app::views::resource_rows::{Child, Folds, Row, rows};
use crate::app::views::search::around;
use crate::app::views::{View, ViewData, ViewRequest};
use crate::domain::build::Build;
use crate::domain::estimate::Estimate;
use crate::domain::search::is_in_event;
use crate::domain::span::{Span, spans};
use crate::domain::stack_event::{StackEvent, StackId};
use crate::domain::status::StatusClass;
use crate::domain::timeline::Timeline;
use crate::domain::verdict::Verdict;
use crate::text::pattern::Pattern;
use crate::text::safe::SafeText;

/// The rows that the header takes.
pub(crate) const HEADER: usize = 1;
/// The minimum height inside the pane for a header.
const WITH_HEADER: usize = 4;

/// The rows for resources in a pane of that height.
pub(crate) const fn rows_below_header(height: usize) -> usize {
    if height >= WITH_HEADER {
        height - HEADER
    } else {
        height
    }
}

#[derive(Clone, Debug, Default)]
pub struct ResourceList {
    /// The selected resource; until the user selects one, the newest one in progress.
    pub selected: Option<SafeText>,
    /// The selected row below it: a workflow or a step.
    pub(crate) child: Option<Child>,
    pub(crate) folds: Folds,
    chosen_by_user: bool,
    /// The first row on the screen.
    pub top: usize,
    pub axis: Axis,
    /// The stack of all of this.
    stack: Option<StackId>,
}

/// One resource, or the stack itself.
#[derive(Clone, Debug)]
pub(crate) struct ResourceRow<'a> {
    pub newest: &'a Arc<StackEvent>,
    /// Its operations, oldest first.
    pub spans: Vec<Span>,
}

impl<'a> ResourceRow<'a> {
    /// A resource of a stack, by its logical id.
    pub(crate) fn of(timeline: &'a Timeline, id: &SafeText) -> Option<Self> {
        Some(Self {
            newest: timeline.events_of(id).next_back()?,
            spans: spans(timeline.events_of(id)),
        })
    }

    /// How long it took to create it, or how long that has taken so far, as far as it is known. An open operation lasts
    /// until `now`; see [`Build::open_until`].
    pub(crate) fn took(&self, now: Option<DateTime<Utc>>) -> Option<TimeDelta> {
        let mut spans = self.spans.iter();
        spans.find(|span| !removes(span))?.length(now)
    }

    /// How long its deletion took.
    pub(crate) fn deletion(&self, now: Option<DateTime<Utc>>) -> Option<TimeDelta> {
        let last = self.spans.last().filter(|span| removes(span))?;
        last.length(now)
    }

    /// Its current or last operation.
    pub(crate) fn current(&self) -> Option<&Span> {
        self.spans.last()
    }
}

/// Whether an operation undoes the creation.
fn removes(span: &Span) -> bool {
    matches!(span.class, StatusClass::Deleting | StatusClass::RollingBack)
        || span.operation.ends_with("DELETE")
}

/// Whether the resources of the current stack are being deleted, or were: there are durations of deletions then.
pub(crate) fn has_deletions(build: &Build) -> bool {
    build.root().is_some_and(|root| {
        let status = root.status.as_str();
        status.starts_with("DELETE") || status.contains("ROLLBACK")
    })
}

/// The resources of the current stack.
pub(crate) fn ids(build: &Build) -> impl Iterator<Item = &SafeText> {
    build.current().into_iter().flat_map(Timeline::resources)
}

/// The time that the axis can show: the build up to its end; while it is running, up to the estimated end or to now.
pub(crate) fn whole_window(data: ViewData<'_>, now: DateTime<Utc>) -> Option<Window> {
    let build = data.build;
    let (from, until) = (build.started_at()?, build.until(now));
    let is_running = matches!(build.verdict(), Verdict::Building | Verdict::Finishing);
    let elapsed = build.elapsed(now).filter(|_| is_running);
    let estimate = elapsed.and_then(|elapsed| Estimate::of(elapsed, data.typical));
    let end = estimate.and_then(|estimate| from.checked_add_signed(estimate.whole));
    Some(Window::new(from, until.max(end.unwrap_or(until))))
}

/// The time of the selected resource's current or longest operation.
pub(crate) fn selected_window(
    build: &Build,
    list: &ResourceList,
    now: DateTime<Utc>,
) -> Option<Window> {
    let until = build.until(now);
    if list.child.is_some() {
        let rows = rows(build, &list.folds);
        let span = rows.get(list.index(&rows))?.span()?;
        let end = span.until(Some(until)).unwrap_or(until);
        return Some(Window::new(span.began?, end));
    }
    let resource = ResourceRow::of(build.current()?, list.selected.as_ref()?)?;
    let current = resource.current().filter(|span| span.is_open());
    let longest = || {
        resource
            .spans
            .iter()
            .max_by_key(|span| span.length(Some(until)))
    };
    let span = current.or_else(longest)?;
    let end = span.until(Some(until)).unwrap_or(until);
    Some(Window::new(span.began?, end))
}

impl ResourceList {
    fn settle_rows(&mut self, build: &Build, height: usize) {
        if self.stack.as_ref() != build.stack_id() {
            *self = Self {
                stack: build.stack_id().cloned(),
                ..Self::default()
            };
        }
        let rows = rows(build, &self.folds);
        let is_there = |id: &SafeText| rows.iter().any(|row| row.is(Some(id), None));
        let unfinished = build.current().is_some_and(|timeline| !timeline.is_whole());
        if self.chosen_by_user && !self.selected.as_ref().is_some_and(is_there) {
            if unfinished {
                // A walk that starts again drops its rows for a moment: the resource will return.
                return;
            }
            // At once: the next message may be long in coming.
            self.chosen_by_user = false;
        }
        if !self.chosen_by_user {
            self.selected = default_selection(build).cloned();
            self.child = default_child(&rows, self.selected.as_ref());
        }
        let is_child = |row: &Row<'_>| row.is(self.selected.as_ref(), self.child.as_ref());
        if self.child.is_some() && !rows.iter().any(is_child) {
            // It is folded away.
            self.child = None;
        }
        let index = self.index(&rows);
        let at = rows.get(index).copied();
        if self.selected != at.map(Row::resource) {
            self.selected = at.map(Row::resource);
            self.child = at.and_then(Row::child);
            self.chosen_by_user = false;
        }
        let highest_top = rows.len().saturating_sub(height);
        self.top = self.top.min(highest_top).min(index);
        if height > 0 && index >= self.top + height {
            self.top = index + 1 - height;
        }
    }

    fn index(&self, rows: &[Row<'_>]) -> usize {
        let selected = |row: &Row<'_>| row.is(self.selected.as_ref(), self.child.as_ref());
        rows.iter().position(selected).unwrap_or(0)
    }

    /// Moves the selection by rows.
    fn move_by(&mut self, build: &Build, delta: isize) {
        let rows = rows(build, &self.folds);
        let last = rows.len().saturating_sub(1);
        let index = self.index(&rows).saturating_add_signed(delta);
        self.select(build, index.min(last));
    }

    /// Selects the row at an index.
    fn select(&mut self, build: &Build, index: usize) {
        if let Some(row) = rows(build, &self.folds).get(index) {
            self.selected = Some(row.resource());
            self.child = row.child();
            self.chosen_by_user = true;
        }
    }

    /// Folds or unfolds what is below the selected row, or the workflow of the selected step.
    fn toggle(&mut self, build: &Build) -> Option<ViewRequest> {
        let rows = rows(build, &self.folds);
        let row = rows.get(self.index(&rows)).copied()?;
        if !self.folds.toggle(row, build) {
            let toast = "only the image has rows below it, once its workflows are known";
            return Some(ViewRequest::Toast(toast.to_owned()));
        }
        self.selected = Some(row.resource());
        self.child = row.child().map(|child| Child {
            step: None,
            ..child
        });
        self.chosen_by_user = true;
        None
    }

    /// Shows a longer or shorter time on the axis.
    fn zoom(&mut self, zoom: Zoom, data: ViewData<'_>, now: DateTime<Utc>) {
        let Some(whole) = whole_window(data, now) else {
            return;
        };
        let selected = selected_window(data.build, self, now);
        match zoom {
            Zoom::All => self.axis.show_all(),
            Zoom::Resource => {
                if let Some(window) = selected {
                    self.axis.show(whole, window);
                }
            }
            Zoom::In | Zoom::Out => {
                let shown = self.axis.window(whole);
                // Around the selected resource, if it is on the axis; otherwise around the middle.
                let around = selected
                    .map(|window| window.from)
                    .filter(|time| shown.holds(*time));
                let around = around.unwrap_or(shown.from + shown.length() / 2);
                self.axis.zoom(whole, around, zoom == Zoom::In);
            }
        }
    }

    fn scroll_axis(&mut self, quarters: i32, data: ViewData<'_>, now: DateTime<Utc>) {
        if let Some(whole) = whole_window(data, now) {
            self.axis.scroll(whole, quarters);
        }
    }
}

impl View for ResourceList {
    fn count(&self, data: ViewData<'_>) -> usize {
        let timeline = data.build.current();
        timeline.map_or(0, |timeline| timeline.facts().resources())
    }

    fn subject<'a>(&'a self, data: ViewData<'a>) -> Option<DetailSubject<'a>> {
        let timeline = data.build.current()?;
        Some(DetailSubject::Resource(timeline, self.selected.as_ref()?))
    }

    fn wanted_rows(&self, data: ViewData<'_>) -> Option<usize> {
        Some(rows(data.build, &self.folds).len() + HEADER)
    }

    fn settle(&mut self, data: ViewData<'_>, size: Option<PaneSize>) {
        self.settle_rows(data.build, rows_below_header(size.unwrap_or_default().rows));
    }

    fn go(&mut self, step: Move, data: ViewData<'_>, size: PaneSize) {
        let page = page_step(rows_below_header(size.rows));
        let rows = match step {
            Move::Up => -1,
            Move::Down => 1,
            Move::PageUp => -page,
            Move::PageDown => page,
            Move::Top => isize::MIN,
            Move::Bottom => isize::MAX,
        };
        self.move_by(data.build, rows);
    }

    fn act(
        &mut self,
        action: ViewAction,
        data: ViewData<'_>,
        now: DateTime<Utc>,
    ) -> Option<ViewRequest> {
        match action {
            ViewAction::Enter => {
                self.selected.as_ref()?;
                // The default selection stays, as if the user had selected it.
                self.chosen_by_user = true;
                return Some(ViewRequest::OpenDetail);
            }
            ViewAction::Left => self.scroll_axis(-1, data, now),
            ViewAction::Right => self.scroll_axis(1, data, now),
            ViewAction::Zoom(zoom) => self.zoom(zoom, data, now),
            ViewAction::Toggle => return self.toggle(data.build),
            ViewAction::NewestFirst
            | ViewAction::Wrap
            | ViewAction::NextStep
            | ViewAction::PreviousStep => {}
        }
        None
    }

    fn scroll(&mut self, rows: isize, data: ViewData<'_>, _size: PaneSize) {
        self.move_by(data.build, rows);
    }

    fn click(&mut self, line: usize, data: ViewData<'_>, size: PaneSize) {
        let header = size.rows - rows_below_header(size.rows);
        if let Some(line) = line.checked_sub(header) {
            self.select(data.build, self.top + line);
        }
    }

    fn find(&mut self, pattern: &Pattern, forward: bool, data: ViewData<'_>) -> Option<String> {
        let timeline = data.build.current()?;
        let rows = rows(data.build, &self.folds);
        let has = |index: &usize| match rows.get(*index) {
            Some(Row::Resource(id)) => {
                let newest = timeline.events_of(id).next_back();
                newest.is_some_and(|event| is_in_event(pattern, event))
            }
            Some(row) => row.texts().into_iter().any(|text| pattern.is_in(text)),
            None => false,
        };
        let Some(index) = around(self.index(&rows), rows.len(), forward).find(has) else {
            return Some(format!("no resource matches {}", quoted(pattern)));
        };
        self.select(data.build, index);
        None
    }
}

/// The row below the selected resource to look at first: the step that runs, or the one that failed.
fn default_child(rows: &[Row<'_>], selected: Option<&SafeText>) -> Option<Child> {
    let of_selected = |row: &&Row<'_>| Some(row.resource()) == selected.cloned();
    let is_current = |row: &&Row<'_>| match row {
        Row::Step(_, step) => matches!(
            step.status.class(),
            StatusClass::Running | StatusClass::Failed
        ),
        Row::Resource(_) | Row::Workflow(_) => false,
    };
    let row = rows.iter().filter(of_selected).find(is_current)?;
    row.child()
}

/// The resource to look at first: the first failure, otherwise the last one that began and is in progress.
fn default_selection(build: &Build) -> Option<&SafeText> {
    let ids: Vec<_> = ids(build).collect();
    let failure = build.first_failure().map(|event| &event.logical_id);
    let timeline = build.current()?;
    let is_running = |id: &&&SafeText| {
        let newest = timeline.facts().newest_of(id);
        newest.is_some_and(|newest| !newest.status.is_final())
    };
    ids.iter()
        .find(|id| Some(**id) == failure)
        .or_else(|| ids.iter().rev().find(is_running))
        .or(ids.last())
        .copied()
}
