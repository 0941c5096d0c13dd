//! The names of the builds among several: the image's id, with its region where another build has the same id, and with a
//! number where that has the same region too.

use crate::app::effect::{Label, Origin};
use crate::app::model::Model;
use crate::app::session::{Session, SessionId};
use crate::text::safe::{SafeText, one_line};
use crate::text::width::width;

/// A longer name does not push the other builds' lines further to the right.
const MAX_COLUMNS: usize = 40;

impl Model {
    /// The build that an entry of this session is about.
    pub(crate) fn origin(&self, id: SessionId) -> Option<Origin> {
        let origin = self.session(id)?.origin();
        let label = self.label(id);
        Some(Origin { label, ..origin })
    }

    /// The session's name, if there are several.
    pub(crate) fn label(&self, id: SessionId) -> Option<Label> {
        let all = self.in_order();
        if all.len() < 2 {
            return None;
        }
        let place = all.iter().position(|session| session.id == id)?;
        let names: Vec<_> = (0..all.len()).map(|at| name(&all, at)).collect();
        let columns = names.iter().map(|name| width(name)).max().unwrap_or(0);
        Some(Label {
            text: names.into_iter().nth(place)?,
            columns: columns.min(MAX_COLUMNS),
            place,
        })
    }
}

fn name(all: &[&Session], at: usize) -> String {
    let session = all[at];
    let id = one_line(SafeText::new(&session.target.image_id).as_str());
    let same_id = |other: &&Session| other.target.image_id == session.target.image_id;
    if all.iter().copied().filter(|other| same_id(other)).count() < 2 {
        return id;
    }
    let region = session.region();
    let same = |other: &&Session| same_id(other) && other.region() == region;
    let before = all[..at]
        .iter()
        .copied()
        .filter(|other| same(other))
        .count();
    let number = if before > 0 {
        format!("#{}", before + 1)
    } else {
        String::new()
    };
    match &region {
        Some(region) => format!("{}/{id}{number}", one_line(region.as_str())),
        None => format!("{id}{number}"),
    }
}
