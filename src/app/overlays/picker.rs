//! The picker: the images of the account and the recorded builds, to choose the ones to watch. It covers the panes.
//!
//! Rows come from the account while it is open and from the recordings once; a text that the user types selects some of
//! them, the best match first. `update::builds` acts in it, `view::overlays::picker` draws it.

pub(crate) mod remarks;
pub(crate) mod row;

use std::collections::BTreeSet;

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use ratatui::layout::{Rect, Size};

use crate::app::effect::{CompareTarget, OpenTarget};
use crate::app::layout::popup;
use crate::app::msg::Listed;
use crate::app::overlays::builds::scrolled;
use crate::app::overlays::picker::row::{Key, PickerRow, RowState, listed, recorded, search_text};
use crate::domain::fault::Fault;
use crate::domain::listing::{ListedStatus, Listing};
use crate::domain::outcome::RecordedWatch;
use crate::domain::verdict::OutcomeKind;
use crate::text::arn;
use crate::text::safe::SafeText;

/// The longest text to select by.
const LONGEST_QUERY: usize = 80;

#[derive(Clone, Debug, Default)]
pub struct Picker {
    listing: Listing,
    recorded: Vec<RecordedWatch>,
    watched: Vec<PickerRow>,
    /// The region of the listed images.
    pub home: Option<SafeText>,
    /// Their account, by the ARN of a stack.
    pub account: Option<SafeText>,
    /// Why the list is not complete.
    pub faults: Vec<Fault>,
    /// Why a build that was picked is not watched.
    pub not_opened: Option<String>,
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

/// The area of the picker on a screen: all but the line of hints.
pub(crate) fn area(size: Size) -> Rect {
    popup(size, size.width, size.height)
}

impl Picker {
    /// Takes the images of the account that are known by now.
    pub(crate) fn take(&mut self, listed: Listed) {
        self.listing = Listing::default();
        let of_row = || listed.rows.first()?.region.clone();
        let home = listed.region.or_else(of_row);
        self.home = home.or(self.home.take());
        let mut stacks = listed.rows.iter().filter_map(|row| row.stack_id.as_ref());
        let account = stacks.find_map(|stack| arn::account(stack.as_str()));
        self.account = account.map(SafeText::new).or(self.account.take());
        for row in listed.rows {
            self.listing.add(row);
        }
        self.is_whole |= listed.whole;
        self.faults = listed.faults;
        self.refresh();
    }

    /// Takes the builds that this process watches.
    pub(crate) fn take_watched(&mut self, watched: Vec<PickerRow>) {
        if self.watched != watched {
            self.watched = watched;
            self.refresh();
        }
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

    /// How many of the marked builds are hidden by the query, or no longer listed.
    pub fn hidden_marks(&self) -> usize {
        let shown = self.rows.iter().filter(|row| self.is_marked(row)).count();
        self.marked.len().saturating_sub(shown)
    }

    /// The images to watch: the marked ones that are shown, else the selected one. A hidden mark surprises nobody.
    pub(crate) fn targets(&self) -> Vec<(String, Option<String>)> {
        let marked = self.rows.iter().filter(|row| self.is_marked(row));
        let marked: Vec<_> = marked.map(PickerRow::key).collect();
        if !marked.is_empty() {
            return marked;
        }
        let selected = self.rows.get(self.cursor);
        selected.map(PickerRow::key).into_iter().collect()
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
                        | RowState::Watched(OutcomeKind::Building | OutcomeKind::Failed)
                ),
            }
        };
        let targets: Vec<_> = rows.iter().map(target).collect();
        targets.try_into().ok()
    }

    /// Whether another row has the same image id, in another region.
    fn is_elsewhere(&self, row: &PickerRow) -> bool {
        let mut rows = self.rows.iter();
        rows.any(|other| other.image_id == row.image_id && other.region != row.region)
    }

    /// Whether a row has to say its region: where another one has the same id, or it is not the one that is listed.
    pub fn shows_region(&self, row: &PickerRow) -> bool {
        let is_foreign = match &self.home {
            Some(home) => row.region.as_ref().is_some_and(|region| region != home),
            None => row.is_watched,
        };
        is_foreign || self.is_elsewhere(row)
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

    /// The rows of the account and the watched builds, then the recorded builds that are not among them.
    fn all_rows(&self) -> Vec<PickerRow> {
        let mut rows: Vec<_> = self.listing.sorted().into_iter().map(listed).collect();
        for watched in &self.watched {
            match rows.iter_mut().find(|known| known.is_same_image(watched)) {
                Some(known) => {
                    known.is_watched = true;
                    known.live(watched);
                }
                None => rows.push(watched.clone()),
            }
        }
        rows.sort_by_key(|row| (row.state.rank(), std::cmp::Reverse(row.since)));
        let mut seen: Vec<PickerRow> = Vec::new();
        for watch in &self.recorded {
            let Some(row) = recorded(watch) else {
                continue;
            };
            // The newest recording of an image comes first.
            if seen.iter().any(|known| known.is_same_image(&row)) {
                continue;
            }
            seen.push(row.clone());
            match rows.iter_mut().find(|known| known.is_same_image(&row)) {
                Some(known) => known.complete(row),
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

    /// The number of rows that a screen shows.
    pub fn height(&self, size: Size) -> usize {
        let rows = usize::from(area(size).height.saturating_sub(3));
        rows.saturating_sub(self.remarks(size).len())
    }

    /// Keeps the selected row on the screen.
    pub(crate) fn settle(&mut self, size: Size) {
        let height = self.height(size);
        (self.cursor, self.top) = scrolled(self.cursor, self.top, self.rows.len(), height);
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::app::overlays::picker::remarks::OF_THE_LIST;
    use crate::domain::fault::FaultKind;
    use crate::domain::listing::ListedImage;
    use crate::text::width::width;

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

    /// The account has these images.
    fn take(picker: &mut Picker, rows: Vec<ListedImage>) {
        picker.take(Listed {
            rows,
            whole: true,
            ..Listed::default()
        });
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
        let [old, new, newest] = [("old", 1), ("new", 2), ("newest", 3)]
            .map(|(id, minute)| image(id, ListedStatus::Building, minute));
        take(&mut picker, vec![old.clone()]);
        take(&mut picker, vec![old.clone(), new.clone()]);
        assert_eq!(ids(&picker), ["new", "old"]);
        assert_eq!(picker.targets()[0].0, "new");
        picker.go_to(1);
        take(&mut picker, vec![old, new, newest]);
        assert_eq!(picker.targets()[0].0, "old", "it stays selected");
    }

    #[test]
    fn two_marked_builds_are_compared_from_the_older_one_on_even_if_a_text_hides_one() {
        let mut picker = Picker::default();
        let new = image("new", ListedStatus::Building, 9);
        let old = image("old", ListedStatus::Available, 2);
        take(&mut picker, vec![old, new]);
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
        take(&mut picker, vec![here("eu-west-1"), here("us-east-1")]);
        assert_eq!(ids(&picker), ["img", "img"]);
        assert!(picker.rows.iter().all(|row| picker.shows_region(row)));
        picker.toggle();
        picker.toggle();
        assert_eq!(picker.targets().len(), 2);
    }

    #[test]
    fn a_typed_text_selects_by_its_letters_and_marks_stay() {
        let mut picker = Picker::default();
        let all = ["alinux2023-hpc", "rocky9-efa", "ubuntu2404-cuda"];
        let all = all.map(|id| image(id, ListedStatus::Building, 1));
        take(&mut picker, all.to_vec());
        picker.type_text("ubcu");
        assert_eq!(ids(&picker), ["ubuntu2404-cuda"]);
        picker.toggle();
        assert!(picker.clear());
        assert_eq!(picker.rows.len(), 3);
        picker.type_text("rocky");
        picker.toggle();
        let targets = |picker: &Picker| {
            let targets = picker.targets().into_iter();
            targets.map(|(id, _)| id).collect::<Vec<_>>()
        };
        assert_eq!(targets(&picker), ["rocky9-efa"], "a hidden mark waits");
        assert_eq!((picker.marks(), picker.hidden_marks()), (2, 1));
        assert!(picker.clear());
        assert_eq!(targets(&picker), ["rocky9-efa", "ubuntu2404-cuda"]);
        picker.type_text("alinux");
        assert_eq!(targets(&picker), ["alinux2023-hpc"], "neither of the marks");
        // The letters of both are in the state of each; only the words are looked for there.
        for (text, rows) in [("zzz", 0), ("bdg", 0), ("building", 3)] {
            assert!(picker.clear());
            picker.type_text(text);
            assert_eq!(picker.rows.len(), rows, "{text}");
        }
    }

    #[test]
    fn a_watched_build_has_its_live_state_and_its_region_where_that_is_not_the_listed_one() {
        let mut picker = Picker::default();
        let here = ListedImage {
            region: Some(SafeText::new("us-east-1")),
            ..image("here", ListedStatus::Building, 1)
        };
        take(&mut picker, vec![here]);
        let watched = |id: &str, region: &str, kind| PickerRow {
            image_id: SafeText::new(id),
            region: Some(SafeText::new(region)),
            state: RowState::Watched(kind),
            since: DateTime::from_timestamp(600, 0),
            version: None,
            result: Some(SafeText::new("InstanceProfile")),
            is_watched: true,
        };
        picker.take_watched(vec![
            watched("there", "eu-west-1", OutcomeKind::Building),
            watched("here", "us-east-1", OutcomeKind::Failed),
        ]);
        assert_eq!(ids(&picker), ["there", "here"], "running ones first");
        let regions = picker.rows.iter().map(|row| picker.shows_region(row));
        assert_eq!(regions.collect::<Vec<_>>(), [true, false]);
        let here = &picker.rows[1];
        assert_eq!(here.state, RowState::Watched(OutcomeKind::Failed));
        assert_eq!(here.result, Some(SafeText::new("InstanceProfile")));
    }

    #[test]
    fn the_remedy_of_a_fault_stays_at_80_columns_and_goes_with_the_fault() {
        let why = "api.example.com denied cloudformation:ListStacks to the caller \
                   arn:aws:sts::123456789012:assumed-role/a-role-with-a-long-name/a-session-with-a-long-name \
                   because no identity-based policy allows the action";
        let hint = "ask for cloudformation:ListStacks; `bakewatch check --policy` prints a policy";
        let fault = Fault {
            kind: FaultKind::Denied,
            message: SafeText::new(&format!("{OF_THE_LIST}{why}")),
            hint: Some(SafeText::new(hint)),
            request_id: None,
        };
        let mut picker = Picker::default();
        let rows = vec![image("img", ListedStatus::Available, 1)];
        picker.take(Listed {
            rows: rows.clone(),
            faults: vec![fault.clone()],
            ..Listed::default()
        });
        for (height, most) in [(24, 3), (12, 1)] {
            let size = Size::new(80, height);
            let lines = picker.remarks(size);
            assert!(lines.len() <= most, "{lines:?}");
            assert!(lines.iter().all(|line| width(line) <= 76), "{lines:?}");
            assert!(lines[0].starts_with("not complete: "), "{lines:?}");
            let text = lines.join(" ");
            assert!(most == 1 || text.contains("cloudformation:ListStacks"));
            assert!(most == 1 || text.ends_with("prints a policy"), "{text}");
            assert_eq!(picker.height(size), usize::from(height) - 4 - lines.len());
        }
        let faults = vec![fault.clone(), fault];
        picker.take(Listed {
            rows: rows.clone(),
            faults,
            ..Listed::default()
        });
        assert_eq!(picker.remarks(Size::new(80, 24)).len(), 4);
        take(&mut picker, rows);
        assert!(picker.remarks(Size::new(80, 24)).is_empty());
    }
}
