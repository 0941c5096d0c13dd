//! The images of an account: those that are being built, those whose build failed, and those that are available. A backend
//! lists them row by row; here rows about the same image become one, in the order in which they are shown.

use chrono::{DateTime, Utc};

use crate::text::safe::SafeText;

/// The number of available images that are shown: the newest.
pub(crate) const MAX_AVAILABLE: usize = 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ListedStatus {
    /// Also a stack that is being deleted while there is no AMI.
    Building,
    Failed,
    Available,
}

impl ListedStatus {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Building => "building",
            Self::Failed => "failed",
            Self::Available => "available",
        }
    }

    /// The status of a build whose stack has this one. `None`: the stack alone does not tell.
    pub(crate) fn of_stack(status: &str) -> Option<Self> {
        match status {
            "CREATE_IN_PROGRESS" | "DELETE_IN_PROGRESS" => Some(Self::Building),
            "DELETE_FAILED" => Some(Self::Failed),
            _ if status.ends_with("_COMPLETE_CLEANUP_IN_PROGRESS") => None,
            _ if status.contains("ROLLBACK") || status.ends_with("_FAILED") => Some(Self::Failed),
            _ => None,
        }
    }
}

/// An image of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedImage {
    pub image_id: SafeText,
    pub region: Option<SafeText>,
    pub status: ListedStatus,
    /// When the stack or the AMI was created, if that is known.
    pub since: Option<DateTime<Utc>>,
    pub version: Option<SafeText>,
    pub ami_id: Option<SafeText>,
    pub stack_id: Option<SafeText>,
    /// The stack's own status.
    pub stack_status: Option<SafeText>,
}

/// The rows so far, each image once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Listing {
    rows: Vec<ListedImage>,
}

impl Listing {
    /// Adds a row. An AMI decides the status of an image whose stack is older.
    pub(crate) fn add(&mut self, row: ListedImage) {
        let known = self
            .rows
            .iter_mut()
            .find(|known| known.image_id == row.image_id && known.region == row.region);
        let Some(known) = known else {
            self.rows.push(row);
            return;
        };
        let is_newer = row.since > known.since;
        // Over the API nothing is known of an AMI's age.
        let is_known_to_be_newer = is_newer && known.since.is_some();
        let (mut first, other) = match (known.status, row.status) {
            (ListedStatus::Available, ListedStatus::Available) if is_newer => (row, known.clone()),
            (ListedStatus::Available, ListedStatus::Available) => (known.clone(), row),
            // A stack that is newer than the AMI builds the image again.
            (ListedStatus::Available, _) if is_known_to_be_newer => (row, known.clone()),
            (ListedStatus::Available, _) => (known.clone(), row),
            (_, ListedStatus::Available) if !is_newer && row.since.is_some() => {
                (known.clone(), row)
            }
            (_, ListedStatus::Available) => (row, known.clone()),
            _ if is_newer => (row, known.clone()),
            _ => (known.clone(), row),
        };
        first.stack_id = first.stack_id.or(other.stack_id);
        first.stack_status = first.stack_status.or(other.stack_status);
        first.version = first.version.or(other.version);
        *known = first;
    }

    /// The images in the order of the list: those that are being built, the failed ones, and the newest available ones;
    /// newest first.
    pub(crate) fn sorted(&self) -> Vec<&ListedImage> {
        let mut rows: Vec<_> = self.rows.iter().collect();
        rows.sort_by(|one, other| {
            let newest_first = other.since.cmp(&one.since);
            let order = one.status.cmp(&other.status).then(newest_first);
            order.then_with(|| one.image_id.as_str().cmp(other.image_id.as_str()))
        });
        let is_available = |row: &&ListedImage| row.status == ListedStatus::Available;
        let others = rows.iter().filter(|row| !is_available(row)).count();
        rows.truncate(others + MAX_AVAILABLE);
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: &str, status: ListedStatus, minute: i64) -> ListedImage {
        ListedImage {
            image_id: SafeText::new(id),
            region: None,
            status,
            since: DateTime::from_timestamp(minute * 60, 0),
            version: None,
            ami_id: (status == ListedStatus::Available).then(|| SafeText::new("ami-1")),
            stack_id: None,
            stack_status: None,
        }
    }

    #[test]
    fn an_ami_decides_unless_a_newer_stack_builds_the_image_again() {
        use ListedStatus::{Available, Building, Failed};
        for (first, second, expected) in [
            ((Building, 1), (Available, 5), Available),
            ((Available, 5), (Building, 1), Available),
            ((Available, 5), (Building, 9), Building),
            ((Building, 9), (Available, 5), Building),
            ((Failed, 1), (Available, 5), Available),
            ((Failed, 1), (Building, 5), Building),
        ] {
            let mut listing = Listing::default();
            listing.add(row("img", first.0, first.1));
            listing.add(row("img", second.0, second.1));
            let rows = listing.sorted();
            assert_eq!(rows.len(), 1);
            assert_eq!(rows[0].status, expected, "{first:?} {second:?}");
        }
    }

    #[test]
    fn running_builds_come_first_and_available_images_are_the_newest_20() {
        let mut listing = Listing::default();
        for minute in 0..30 {
            let id = format!("available-{minute}");
            listing.add(row(&id, ListedStatus::Available, minute));
        }
        listing.add(row("failed", ListedStatus::Failed, 3));
        listing.add(row("old", ListedStatus::Building, 1));
        listing.add(row("new", ListedStatus::Building, 2));
        let sorted = listing.sorted();
        let ids: Vec<_> = sorted.iter().map(|row| row.image_id.as_str()).collect();
        assert_eq!(&ids[..4], ["new", "old", "failed", "available-29"]);
        assert_eq!(ids.len(), 3 + MAX_AVAILABLE);
    }
}
