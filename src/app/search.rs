//! The search for the images that are being built (`--all-building`): each is watched as soon as the list of images has it.
//! `update::search` takes the lists, and has the tests.

use crate::app::status::exit_policy::ExitPolicy;
use crate::domain::listing::{ListedImage, ListedStatus};
use crate::text::safe::SafeText;

#[derive(Clone, Debug, Default)]
pub struct Search {
    /// The stacks that the user has named: they are watched anyway.
    stacks: Vec<String>,
    /// When a headless watch of what is found ends.
    pub(super) exit: Option<ExitPolicy>,
    /// The images that were found.
    found: Vec<SafeText>,
    pub(super) is_over: bool,
    /// Whether something could not be watched, or nothing was found because of a fault.
    pub(super) failed: bool,
    /// The faults that were printed.
    pub(super) said: Vec<String>,
}

impl Search {
    /// `exit` is the policy of the builds that are found, in a headless watch.
    pub fn new(stacks: Vec<String>, exit: Option<ExitPolicy>) -> Self {
        Self {
            stacks,
            exit,
            ..Self::default()
        }
    }

    /// The images of a list that are being built and were not found before, newest first.
    pub(super) fn news<'a>(&mut self, rows: &'a [ListedImage]) -> Vec<&'a ListedImage> {
        let mut rows: Vec<_> = rows.iter().filter(|row| self.is_wanted(row)).collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.since));
        rows.retain(|row| {
            let is_new = !self.found.contains(&row.image_id);
            if is_new {
                self.found.push(row.image_id.clone());
            }
            is_new
        });
        rows
    }

    fn is_wanted(&self, row: &ListedImage) -> bool {
        let stack = row.stack_id.as_ref().map(SafeText::as_str);
        let is_named = stack.is_some_and(|stack| self.stacks.iter().any(|named| named == stack));
        row.status == ListedStatus::Building && !is_named
    }
}
