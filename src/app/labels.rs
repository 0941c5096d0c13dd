//! The names of the builds among several: the image's id, with its region where another build has the same id, and with a
//! number where that has the same region too.

use std::collections::BTreeMap;

use crate::app::effect::{Label, Origin};
use crate::app::model::{Mode, Model};
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
        self.labels().remove(&id)
    }

    /// The name of every session, if there are several.
    pub(crate) fn labels(&self) -> BTreeMap<SessionId, Label> {
        let all = self.in_order();
        // Other builds may be found.
        let may_be_several = self.mode == Mode::Headless && self.search.is_some();
        if all.len() < 2 && !may_be_several {
            return BTreeMap::new();
        }
        let names = names(&all);
        let columns = names.iter().map(|name| width(name)).max().unwrap_or(0);
        let columns = columns.min(MAX_COLUMNS);
        let labels = all.iter().zip(names).enumerate();
        let labels = labels.map(|(place, (session, text))| {
            let label = Label {
                text,
                columns,
                place,
            };
            (session.id, label)
        });
        labels.collect()
    }
}

fn names(all: &[&Session]) -> Vec<String> {
    let mut same_id = BTreeMap::<&str, usize>::new();
    for session in all {
        *same_id.entry(&session.target.image_id).or_default() += 1;
    }
    let mut before = BTreeMap::<String, usize>::new();
    let name = |session: &&Session| {
        let id = one_line(SafeText::new(&session.target.image_id).as_str());
        if same_id.get(session.target.image_id.as_str()) < Some(&2) {
            return id;
        }
        let name = match session.region() {
            Some(region) => format!("{}/{id}", one_line(region.as_str())),
            None => id,
        };
        let number = before.entry(name.clone()).or_default();
        *number += 1;
        match number {
            1 => name,
            number => format!("{name}#{number}"),
        }
    };
    all.iter().map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::keys::keymap::KeyMap;
    use crate::app::model::{Mode, Preferences};
    use crate::app::session::Target;
    use chrono::DateTime;

    fn model(builds: &[(&str, Option<&str>)]) -> Model {
        let session = |(id, (image_id, region)): (u32, &(&str, Option<&str>))| {
            let target = Target {
                image_id: (*image_id).to_owned(),
                region: region.map(SafeText::new),
                backend: None,
                note: None,
            };
            Session::new(SessionId(id), target, None)
        };
        let mut sessions = (0..).zip(builds).map(session);
        let preferences = Preferences::new(Mode::Screen, KeyMap::default());
        let model = Model::new(preferences, sessions.next().unwrap(), DateTime::UNIX_EPOCH);
        sessions.fold(model, Model::with)
    }

    #[test]
    fn the_same_id_in_two_regions_is_told_apart_in_prefixes_and_last_lines() {
        let model = model(&[
            ("img", Some("us-east-1")),
            ("img", Some("eu-west-1")),
            ("img", Some("eu-west-1")),
            ("img", None),
            ("other", Some("eu-west-1")),
        ]);
        let labels: Vec<_> = model.labels().into_values().collect();
        let texts: Vec<_> = labels.iter().map(|label| label.text.as_str()).collect();
        let expected = [
            "us-east-1/img",
            "eu-west-1/img",
            "eu-west-1/img#2",
            "img",
            "other",
        ];
        assert_eq!(texts, expected);
        assert!(
            labels
                .iter()
                .all(|label| label.columns == "eu-west-1/img#2".len())
        );
        let last = crate::app::status::summary::summary(texts[1], &model.shown, model.now);
        assert!(last.starts_with("eu-west-1/img: "), "{last}");
    }

    #[test]
    fn one_build_has_no_prefix() {
        assert!(model(&[("img", None)]).labels().is_empty());
    }
}
