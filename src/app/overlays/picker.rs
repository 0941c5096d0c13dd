//! The picker: the images of the account and the recorded builds, to choose the ones to watch. It covers the panes.
//!
//! Rows come from the account while it is open and from the recordings once; a text that the user types selects some of
//! them, the best match first. `update::builds` acts in it, `view::overlays::picker` draws it.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use ratatui::layout::{Rect, Size};

use crate::app::effect::{CompareTarget, OpenTarget};
use crate::app::layout::popup;
use crate::app::overlays::builds::scrolled;
use crate::domain::listing::{ListedImage, ListedStatus, Listing};
use crate::domain::outcome::RecordedWatch;
use crate::domain::verdict::OutcomeKind;
use crate::text::safe::SafeText;

/// The longest text to select by.
const LONGEST_QUERY: usize = 80;

#[derive(Clone, Debug, Default)]
pub struct Picker {
    listing: Listing,
    recorded: Vec<RecordedWatch>,
    /// Why the list is not complete.
    pub fault: Option<String>,
    /// Whether the account has been read to the end once.
    pub is_whole: bool,
    pub query: String,
    /// Whether keys type into the query.
    pub typing: bool,
    marked: BTreeSet<Key>,
    pub cursor: usize,
    pub top: usize,
    /// The row that the user has moved to.
    chosen: Option<Key>,
    pub rows: Vec<PickerRow>,
    /// The comparison that is being read.
    pub comparing: Option<Comparing>,
}

/// Two builds that are read to compare them.
#[derive(Clone, Debug)]
pub struct Comparing {
    pub names: [String; 2],
    /// How many of them are read.
    pub read: usize,
}

/// The image of a row, and its region.
type Key = (String, Option<String>);

/// The state of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowState {
    Listed(ListedStatus),
    /// No image of the account: the last recorded outcome.
    Recorded(OutcomeKind),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PickerRow {
    pub image_id: SafeText,
    pub region: Option<SafeText>,
    pub state: RowState,
    pub since: Option<DateTime<Utc>>,
    pub version: Option<SafeText>,
    /// The AMI, the first failure, or the stack's status.
    pub result: Option<SafeText>,
}

impl PickerRow {
    /// A region that is not known may be the other one's.
    fn is_same_image(&self, other: &Self) -> bool {
        let known = self.region.as_ref().zip(other.region.as_ref());
        self.image_id == other.image_id && known.is_none_or(|(one, other)| one == other)
    }

    fn key(&self) -> Key {
        let region = self.region.as_ref();
        let region = region.map(|region| region.as_str().to_owned());
        (self.image_id.as_str().to_owned(), region)
    }
}

/// The area of the picker on a screen: all but the line of hints.
pub(crate) fn area(size: Size) -> Rect {
    popup(size, size.width, size.height)
}

impl Picker {
    /// Takes rows of the account: all of them, or some of a list that is still being read.
    pub(crate) fn take(&mut self, rows: Vec<ListedImage>, whole: bool, fault: Option<String>) {
        if whole {
            self.listing = Listing::default();
            self.is_whole = true;
        }
        for row in rows {
            self.listing.add(row);
        }
        if fault.is_some() || whole {
            self.fault = fault;
        }
        self.refresh();
    }

    pub(crate) fn take_recorded(&mut self, recorded: Vec<RecordedWatch>) {
        self.recorded = recorded;
        self.refresh();
    }

    /// Types into the query.
    pub(crate) fn type_text(&mut self, text: &str) {
        let room = LONGEST_QUERY.saturating_sub(self.query.chars().count());
        let typed = text.chars().filter(|typed| !typed.is_control());
        self.query.extend(typed.take(room));
        self.select_first();
    }

    pub(crate) fn delete(&mut self) {
        self.query.pop();
        self.select_first();
    }

    /// Ends the query. False if there is none.
    pub(crate) fn clear(&mut self) -> bool {
        let had = self.typing || !self.query.is_empty();
        self.typing = false;
        self.query.clear();
        self.select_first();
        had
    }

    fn select_first(&mut self) {
        self.chosen = None;
        self.cursor = 0;
        self.refresh();
    }

    pub(crate) fn go_to(&mut self, row: usize) {
        self.cursor = row.min(self.rows.len().saturating_sub(1));
        self.chosen = self.rows.get(self.cursor).map(PickerRow::key);
    }

    /// Marks the selected row, or takes the mark away, and selects the next one.
    pub(crate) fn toggle(&mut self) {
        if let Some(key) = self.rows.get(self.cursor).map(PickerRow::key) {
            if !self.marked.remove(&key) {
                self.marked.insert(key);
            }
            self.go_to(self.cursor + 1);
        }
    }

    pub fn is_marked(&self, row: &PickerRow) -> bool {
        self.marked.contains(&row.key())
    }

    pub fn marks(&self) -> usize {
        self.marked.len()
    }

    /// The images to watch: the marked ones, else the selected one.
    pub(crate) fn targets(&self) -> Vec<(String, Option<String>)> {
        if self.marked.is_empty() {
            let selected = self.rows.get(self.cursor);
            return selected.map(PickerRow::key).into_iter().collect();
        }
        self.marked.iter().cloned().collect()
    }

    /// The two marked builds, the older one first. `None` unless two are marked.
    pub(crate) fn compared(&self) -> Option<[CompareTarget; 2]> {
        let mut rows = self.all_rows();
        rows.retain(|row| self.is_marked(row));
        rows.sort_by_key(|row| row.since);
        let target = |row: &PickerRow| {
            let (image_id, region) = row.key();
            CompareTarget {
                target: OpenTarget { image_id, region },
                is_live: matches!(
                    row.state,
                    RowState::Listed(ListedStatus::Building | ListedStatus::Failed)
                ),
            }
        };
        let targets: Vec<_> = rows.iter().map(target).collect();
        targets.try_into().ok()
    }

    /// Whether another row has the same image id, in another region.
    pub fn is_elsewhere(&self, row: &PickerRow) -> bool {
        let mut rows = self.rows.iter();
        rows.any(|other| other.image_id == row.image_id && other.region != row.region)
    }

    /// Makes the rows again. The selected row stays selected where the user has moved to it; else it is the first one.
    fn refresh(&mut self) {
        self.rows = self.selected(self.all_rows());
        let position = |key: &Key| self.rows.iter().position(|row| row.key() == *key);
        let chosen = self.chosen.as_ref().and_then(position);
        self.cursor = match (&self.chosen, chosen) {
            (_, Some(row)) => row,
            (Some(_), None) => self.cursor.min(self.rows.len().saturating_sub(1)),
            (None, None) => 0,
        };
    }

    /// The rows of the account, then the recorded builds that are not among them.
    fn all_rows(&self) -> Vec<PickerRow> {
        let mut rows: Vec<_> = self.listing.sorted().into_iter().map(listed).collect();
        for watch in &self.recorded {
            let Some(row) = recorded(watch) else {
                continue;
            };
            match rows.iter_mut().find(|known| known.is_same_image(&row)) {
                Some(known) => {
                    let is_failed = known.state == RowState::Listed(ListedStatus::Failed);
                    if is_failed && row.state == RowState::Recorded(OutcomeKind::Failed) {
                        known.result = row.result.or(known.result.take());
                    }
                }
                None => rows.push(row),
            }
        }
        rows
    }

    fn selected(&self, rows: Vec<PickerRow>) -> Vec<PickerRow> {
        if self.query.trim().is_empty() {
            return rows;
        }
        let pattern = Pattern::parse(&self.query, CaseMatching::Smart, Normalization::Smart);
        let mut matcher = Matcher::new(Config::DEFAULT);
        let mut buffer = Vec::new();
        let query = self.query.trim().to_lowercase();
        let scored = rows.into_iter().filter_map(|row| {
            let id = Utf32Str::new(row.image_id.as_str(), &mut buffer);
            let of_id = pattern.score(id, &mut matcher);
            // A few letters are found in most states and versions: those have to have the whole text.
            let of_rest = || {
                search_text(&row)
                    .to_lowercase()
                    .contains(&query)
                    .then_some(0)
            };
            Some((of_id.or_else(of_rest)?, row))
        });
        let mut scored: Vec<_> = scored.collect();
        scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        scored.into_iter().map(|(_, row)| row).collect()
    }

    /// Keeps the selected row on the screen.
    pub(crate) fn settle(&mut self, size: Size) {
        let height = usize::from(area(size).height.saturating_sub(3));
        (self.cursor, self.top) = scrolled(self.cursor, self.top, self.rows.len(), height);
    }
}

fn search_text(row: &PickerRow) -> String {
    let state = match row.state {
        RowState::Listed(status) => status.as_str(),
        RowState::Recorded(kind) => kind.as_str(),
    };
    let optional =
        [&row.version, &row.result].map(|text| text.as_ref().map_or("", SafeText::as_str));
    format!("{state} {}", optional.join(" "))
}

fn listed(image: &ListedImage) -> PickerRow {
    let status = || image.stack_status.clone();
    PickerRow {
        image_id: image.image_id.clone(),
        region: image.region.clone(),
        state: RowState::Listed(image.status),
        since: image.since,
        version: image.version.clone(),
        result: image.ami_id.clone().or_else(status),
    }
}

fn recorded(watch: &RecordedWatch) -> Option<PickerRow> {
    let outcome = watch.outcome.as_ref().ok()?;
    let failure = || {
        let failure = outcome.first_failure.as_ref();
        outcome
            .summary
            .clone()
            .or_else(|| failure.map(|failure| failure.logical_id.clone()))
    };
    Some(PickerRow {
        image_id: outcome.image_id.clone(),
        region: outcome.region.clone(),
        state: RowState::Recorded(outcome.kind),
        since: Some(watch.began),
        version: None,
        result: outcome.ami_id.clone().or_else(failure),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(id: &str, status: ListedStatus, minute: i64) -> ListedImage {
        ListedImage {
            image_id: SafeText::new(id),
            region: None,
            status,
            since: DateTime::from_timestamp(minute * 60, 0),
            version: Some(SafeText::new("3.16.1")),
            ami_id: None,
            stack_id: None,
            stack_status: None,
        }
    }

    fn ids(picker: &Picker) -> Vec<&str> {
        picker
            .rows
            .iter()
            .map(|row| row.image_id.as_str())
            .collect()
    }

    #[test]
    fn the_newest_running_build_is_selected_until_the_user_moves() {
        let mut picker = Picker::default();
        picker.take(vec![image("old", ListedStatus::Building, 1)], false, None);
        picker.take(vec![image("new", ListedStatus::Building, 2)], true, None);
        picker.take(vec![image("old", ListedStatus::Building, 1)], false, None);
        assert_eq!(ids(&picker), ["new", "old"]);
        assert_eq!(picker.targets()[0].0, "new");
        picker.go_to(1);
        picker.take(
            vec![image("newest", ListedStatus::Building, 3)],
            false,
            None,
        );
        assert_eq!(picker.targets()[0].0, "old", "it stays selected");
    }

    #[test]
    fn two_marked_builds_are_compared_from_the_older_one_on_even_if_a_text_hides_one() {
        let mut picker = Picker::default();
        let new = image("new", ListedStatus::Building, 9);
        let old = image("old", ListedStatus::Available, 2);
        picker.take(vec![old, new], true, None);
        picker.toggle();
        assert_eq!(picker.compared(), None, "one is not enough");
        picker.toggle();
        picker.type_text("ne");
        assert_eq!(ids(&picker), ["new"]);
        let [before, after] = picker.compared().unwrap();
        assert_eq!(
            (before.target.image_id.as_str(), before.is_live),
            ("old", false)
        );
        assert_eq!(
            (after.target.image_id.as_str(), after.is_live),
            ("new", true)
        );
    }

    #[test]
    fn the_same_id_in_two_regions_is_two_rows() {
        let mut picker = Picker::default();
        let here = |region: &str| ListedImage {
            region: Some(SafeText::new(region)),
            ..image("img", ListedStatus::Building, 1)
        };
        picker.take(vec![here("eu-west-1"), here("us-east-1")], true, None);
        assert_eq!(ids(&picker), ["img", "img"]);
        assert!(picker.rows.iter().all(|row| picker.is_elsewhere(row)));
        picker.toggle();
        picker.toggle();
        assert_eq!(picker.targets().len(), 2);
    }

    #[test]
    fn a_typed_text_selects_by_its_letters_and_marks_stay() {
        let mut picker = Picker::default();
        let all = ["alinux2023-hpc", "rocky9-efa", "ubuntu2404-cuda"];
        let all = all.map(|id| image(id, ListedStatus::Building, 1));
        picker.take(all.to_vec(), true, None);
        picker.type_text("ubcu");
        assert_eq!(ids(&picker), ["ubuntu2404-cuda"]);
        picker.toggle();
        assert!(picker.clear());
        assert_eq!(picker.rows.len(), 3);
        picker.type_text("rocky");
        picker.toggle();
        let mut targets = picker.targets();
        targets.sort();
        let ids: Vec<_> = targets.iter().map(|(id, _)| id.as_str()).collect();
        assert_eq!(ids, ["rocky9-efa", "ubuntu2404-cuda"]);
        // The letters of both are in the state of each; only the words are looked for there.
        for (text, rows) in [("zzz", 0), ("bdg", 0), ("building", 3)] {
            assert!(picker.clear());
            picker.type_text(text);
            assert_eq!(picker.rows.len(), rows, "{text}");
        }
    }
}
