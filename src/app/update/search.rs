//! Watches each image that is being built as soon as the list of images has it, until the list is whole.

use std::time::Duration;

use crate::app::effect::{Effect, Effects, OpenTarget};
use crate::app::model::{Mode, Model};
use crate::app::msg::Listed;
use crate::app::update::builds;
use crate::domain::fault::Fault;
use crate::text::safe::SafeText;

/// A list without any answer is given up after this time, as a watch is.
const FIRST_RESPONSE_LIMIT: Duration = Duration::from_mins(1);

/// Takes the list as far as it is known.
pub(super) fn listed(model: &mut Model, listed: &Listed, effects: &mut Effects) {
    let is_headless = model.mode == Mode::Headless;
    let Some(search) = model.search.as_mut().filter(|search| !search.is_over) else {
        return;
    };
    for fault in &listed.faults {
        // Each try of the same request has another id.
        let said = Fault {
            request_id: None,
            ..fault.clone()
        };
        let said = said.to_string();
        if search.said.contains(&said) {
            continue;
        }
        if is_headless {
            effects.push(Effect::Remark(SafeText::new(&fault.to_string())));
        }
        search.said.push(said);
    }
    let news = search.news(&listed.rows).into_iter();
    let news = news
        .filter(|row| builds::watched(model, row.image_id.as_str(), row.region.as_ref()).is_none());
    let targets: Vec<_> = news
        .map(|row| OpenTarget {
            image_id: row.image_id.as_str().to_owned(),
            region: None,
        })
        .collect();
    if !targets.is_empty() {
        model.opening += targets.len();
        // The first one takes the place of none; the user may be reading.
        let shows = false;
        effects.push(Effect::Open { targets, shows });
    }
    // The screen asks for the code, and the list goes on.
    let waits = listed.needs_code && !is_headless;
    let has_builds = model.opening > 0 || !model.in_order().is_empty();
    let is_hopeless = !listed.faults.is_empty()
        && !has_builds
        && is_headless
        && model.elapsed >= FIRST_RESPONSE_LIMIT;
    if (listed.whole && !waits) || is_hopeless {
        let failed = !listed.faults.is_empty();
        end(model, failed, effects);
    }
}

/// Ends the search. `failed`: it is not known whether these are all.
pub(super) fn end(model: &mut Model, failed: bool, effects: &mut Effects) {
    let has_builds = model.opening > 0 || !model.in_order().is_empty();
    let Some(search) = model.search.as_mut().filter(|search| !search.is_over) else {
        return;
    };
    search.is_over = true;
    search.failed |= failed && !has_builds;
    if model.mode == Mode::Headless {
        effects.push(Effect::List(false));
        if !has_builds && !failed {
            let text = "no image is being built; `bakewatch list` lists all of them";
            effects.push(Effect::Remark(SafeText::new(text)));
        }
    } else if model.overlay.is_none() {
        effects.push(Effect::List(false));
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};

    use super::*;
    use crate::app::effect::Effects;
    use crate::app::keys::keymap::KeyMap;
    use crate::app::model::Preferences;
    use crate::app::msg::Msg;
    use crate::app::overlays::Overlay;
    use crate::app::search::Search;
    use crate::app::session::{Session, SessionId, Target};
    use crate::app::status::exit_policy::ExitPolicy;
    use crate::app::update::update;
    use crate::domain::fault::FaultKind;
    use crate::domain::listing::{ListedImage, ListedStatus};

    fn model(mode: Mode, stacks: &[&str]) -> Model {
        let preferences = Preferences::new(mode, KeyMap::default());
        let exit = (mode == Mode::Headless).then(|| ExitPolicy::new(false));
        let stacks = stacks.iter().map(|stack| (*stack).to_owned()).collect();
        let model = Model::new(preferences, Session::placeholder(), DateTime::UNIX_EPOCH);
        let mut model = model.searching(Some(Search::new(stacks, exit)));
        let tick = update(&mut model, Msg::Idle);
        assert!(exit_of(&tick).is_none(), "it is searching");
        model
    }

    fn row(id: &str, status: ListedStatus, began: i64) -> ListedImage {
        ListedImage {
            image_id: SafeText::new(id),
            region: Some(SafeText::new("us-east-1")),
            status,
            since: Some(DateTime::UNIX_EPOCH + TimeDelta::seconds(began)),
            version: None,
            ami_id: None,
            stack_id: Some(SafeText::new(&format!("stack-{id}"))),
            stack_status: None,
        }
    }

    fn list(model: &mut Model, rows: &[ListedImage], whole: bool, fault: Option<&str>) -> Effects {
        let listed = Listed {
            rows: rows.to_vec(),
            whole,
            faults: fault.into_iter().map(failed_to_list).collect(),
            ..Listed::default()
        };
        update(model, Msg::Listed(listed))
    }

    fn failed_to_list(message: &str) -> Fault {
        Fault {
            kind: FaultKind::Transient,
            message: SafeText::new(message),
            hint: None,
            request_id: None,
        }
    }

    fn opened(model: &mut Model, id: u32, image: &str) -> Effects {
        let target = Target {
            image_id: image.to_owned(),
            region: Some(SafeText::new("us-east-1")),
            backend: None,
            note: None,
        };
        let id = SessionId(id);
        let (is_first, reads_log) = (id.0 == 0, false);
        update(
            model,
            Msg::Opened {
                id,
                target,
                is_first,
                reads_log,
            },
        )
    }

    fn opens(effects: &Effects) -> Vec<&str> {
        let targets = effects.iter().flat_map(|effect| match effect {
            Effect::Open { targets, shows } => {
                assert!(!shows, "another build stays on the screen");
                targets.as_slice()
            }
            _ => &[],
        });
        targets.map(|target| target.image_id.as_str()).collect()
    }

    fn exit_of(effects: &Effects) -> Option<u8> {
        effects.iter().find_map(|effect| match effect {
            Effect::Exit(code) => Some(*code),
            _ => None,
        })
    }

    #[test]
    fn each_image_that_is_being_built_is_watched_as_soon_as_it_is_listed_newest_first() {
        for mode in [Mode::Headless, Mode::Screen] {
            let mut model = model(mode, &["stack-named"]);
            let mut rows = vec![
                row("old", ListedStatus::Building, 1),
                row("over", ListedStatus::Failed, 9),
                row("named", ListedStatus::Building, 8),
                row("new", ListedStatus::Building, 5),
            ];
            let effects = list(&mut model, &rows, false, None);
            assert_eq!(opens(&effects), ["new", "old"]);
            opened(&mut model, 0, "new");
            opened(&mut model, 1, "old");
            assert!(model.overlay.is_none(), "the picker gives way");
            rows.push(row("more", ListedStatus::Building, 3));
            let effects = list(&mut model, &rows, false, None);
            assert_eq!(opens(&effects), ["more"], "each once");
            let effects = list(&mut model, &rows, true, None);
            assert!(opens(&effects).is_empty() && exit_of(&effects).is_none());
            assert!(
                effects
                    .iter()
                    .any(|effect| matches!(effect, Effect::List(false)))
            );
            rows.push(row("later", ListedStatus::Building, 12));
            assert!(opens(&list(&mut model, &rows, true, None)).is_empty());
            opened(&mut model, 2, "more");
            assert_eq!(model.in_order().len(), 3);
        }
    }

    #[test]
    fn a_headless_search_that_finds_nothing_ends_and_says_why() {
        let mut empty = model(Mode::Headless, &[]);
        let rows = [row("over", ListedStatus::Failed, 1)];
        assert_eq!(exit_of(&list(&mut empty, &rows, false, None)), None);
        assert_eq!(exit_of(&list(&mut empty, &rows, true, None)), Some(5));

        let mut refused = model(Mode::Headless, &[]);
        let effects = list(&mut refused, &[], true, Some("not permitted"));
        assert_eq!(exit_of(&effects), Some(1));
        let remark = |effect: &Effect| matches!(effect, Effect::Remark(text) if text.as_str().contains("not permitted"));
        assert!(effects.iter().any(remark));

        let mut down = model(Mode::Headless, &[]);
        assert_eq!(exit_of(&list(&mut down, &[], false, Some("down"))), None);
        down.elapsed = FIRST_RESPONSE_LIMIT;
        assert_eq!(exit_of(&list(&mut down, &[], false, Some("down"))), Some(1));

        let mut late = model(Mode::Headless, &[]);
        assert_eq!(exit_of(&update(&mut late, Msg::TimedOut)), Some(1));

        // What was found and can't be watched is no success.
        let mut lost = model(Mode::Headless, &[]);
        let rows = [row("new", ListedStatus::Building, 1)];
        list(&mut lost, &rows, true, None);
        let effects = update(&mut lost, Msg::NotOpened("why".to_owned()));
        assert_eq!(exit_of(&effects), Some(1));
    }

    #[test]
    fn on_a_screen_a_search_that_finds_nothing_leaves_the_picker_open() {
        let mut model = model(Mode::Screen, &[]);
        assert!(matches!(model.overlay, Some(Overlay::Picker(_))));
        list(
            &mut model,
            &[row("over", ListedStatus::Failed, 1)],
            true,
            None,
        );
        assert!(matches!(model.overlay, Some(Overlay::Picker(_))));
        assert!(!model.is_searching());
    }

    #[test]
    fn a_fault_is_said_once_although_each_try_has_another_request_id() {
        let mut model = model(Mode::Headless, &[]);
        let mut said = 0;
        for id in ["one", "two"] {
            let fault = Fault {
                request_id: Some(SafeText::new(id)),
                ..failed_to_list("throttled")
            };
            let listed = Listed {
                faults: vec![fault],
                ..Listed::default()
            };
            let effects = update(&mut model, Msg::Listed(listed));
            let remark = |effect: &&Effect| matches!(effect, Effect::Remark(_));
            said += effects.iter().filter(remark).count();
        }
        assert_eq!(said, 1);
    }
}
