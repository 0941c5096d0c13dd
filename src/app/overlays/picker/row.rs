//! The rows of the picker: an image of the account, a build that this process watches, or a recorded one.

use chrono::{DateTime, TimeDelta, Utc};

use crate::app::session::Session;
use crate::domain::listing::{ListedImage, ListedStatus};
use crate::domain::outcome::RecordedWatch;
use crate::domain::verdict::OutcomeKind;
use crate::text::safe::SafeText;

/// The image of a row, and its region.
pub(super) type Key = (String, Option<String>);

/// How much earlier than its stack a build may have begun: the service's times are not exact.
const LATE: TimeDelta = TimeDelta::minutes(1);
/// The state of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowState {
    Listed(ListedStatus),
    /// No image of the account: the last recorded outcome.
    Recorded(OutcomeKind),
    /// Watched by this process: what it knows.
    Watched(OutcomeKind),
}

impl RowState {
    pub(crate) fn is_running(self) -> bool {
        matches!(
            self,
            Self::Listed(ListedStatus::Building) | Self::Watched(OutcomeKind::Building)
        )
    }

    /// The place of such rows among the others.
    pub(super) fn rank(self) -> usize {
        match self {
            Self::Listed(ListedStatus::Building) | Self::Watched(OutcomeKind::Building) => 0,
            Self::Listed(ListedStatus::Failed) | Self::Watched(OutcomeKind::Failed) => 1,
            Self::Listed(ListedStatus::Available) | Self::Watched(OutcomeKind::Succeeded) => 2,
            Self::Watched(_) | Self::Recorded(_) => 3,
        }
    }
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
    /// Whether this process watches it.
    pub is_watched: bool,
}

impl PickerRow {
    /// A region that is not known may be the other one's.
    pub(super) fn is_same_image(&self, other: &Self) -> bool {
        let known = self.region.as_ref().zip(other.region.as_ref());
        self.image_id == other.image_id && known.is_none_or(|(one, other)| one == other)
    }

    /// Takes what the watch of the same image knows.
    pub(super) fn live(&mut self, watched: &Self) {
        let RowState::Watched(kind) = watched.state else {
            return;
        };
        if matches!(kind, OutcomeKind::Unknown | OutcomeKind::NotFound) {
            return;
        }
        let is_other = self.state.rank() != watched.state.rank();
        self.state = watched.state;
        self.since = self.since.or(watched.since);
        self.version = self.version.take().or_else(|| watched.version.clone());
        if is_other || watched.result.is_some() {
            self.result.clone_from(&watched.result);
        }
    }

    /// Takes what the newest recording of the same image knows, unless it is of an older build.
    pub(super) fn complete(&mut self, recorded: Self) {
        let since = self.since.map(|since| since - LATE);
        if since.is_some_and(|since| recorded.since.is_none_or(|began| began < since)) {
            return;
        }
        self.version = self.version.take().or(recorded.version);
        if self.state.rank() == RowState::Listed(ListedStatus::Failed).rank() && !self.is_watched {
            self.result = recorded.result.or(self.result.take());
        }
    }

    pub(super) fn key(&self) -> Key {
        let region = self.region.as_ref();
        let region = region.map(|region| region.as_str().to_owned());
        (self.image_id.as_str().to_owned(), region)
    }
}

pub(super) fn search_text(row: &PickerRow) -> String {
    let state = match row.state {
        RowState::Listed(status) => status.as_str(),
        RowState::Recorded(kind) | RowState::Watched(kind) => kind.as_str(),
    };
    let optional =
        [&row.version, &row.result].map(|text| text.as_ref().map_or("", SafeText::as_str));
    format!("{state} {}", optional.join(" "))
}

pub(super) fn listed(image: &ListedImage) -> PickerRow {
    let status = || image.stack_status.clone();
    PickerRow {
        image_id: image.image_id.clone(),
        region: image.region.clone(),
        state: RowState::Listed(image.status),
        since: image.since,
        version: image.version.clone(),
        result: image.ami_id.clone().or_else(status),
        is_watched: false,
    }
}

/// The row of a build that this process watches.
pub(crate) fn watched(session: &Session) -> PickerRow {
    let build = &session.build;
    let failure = session.explanation().map(|why| {
        let id = &why.cause.logical_id;
        why.summary.clone().unwrap_or_else(|| id.clone())
    });
    PickerRow {
        image_id: SafeText::new(&session.target.image_id),
        region: session.region(),
        state: RowState::Watched(build.verdict().outcome()),
        since: build.started_at(),
        version: build.version().cloned(),
        result: build.ami().map(|ami| ami.id.clone()).or(failure),
        is_watched: true,
    }
}

pub(super) fn recorded(watch: &RecordedWatch) -> Option<PickerRow> {
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
        version: outcome.version.clone(),
        result: outcome.ami_id.clone().or_else(failure),
        is_watched: false,
    })
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::domain::build::Build;
    use crate::domain::outcome::Outcome;

    #[test]
    fn a_recorded_row_has_the_version_of_its_recording() {
        let version = Some(SafeText::new("3.16.1"));
        let outcome = Outcome {
            version: version.clone(),
            ..Outcome::of(&Build::default(), "img")
        };
        let watch = RecordedWatch {
            file: PathBuf::from("img.jsonl"),
            name: SafeText::new("img"),
            began: DateTime::UNIX_EPOCH,
            outcome: Ok(outcome),
        };
        assert_eq!(recorded(&watch).unwrap().version, version);
    }
}
