//! The memory of the build logs: all builds together have one limit. A build that is not shown drops its lines first, and
//! they are read again when it is shown.

use crate::app::effect::{Effect, Effects, PollRequest};
use crate::app::model::{Mode, Model};
use crate::domain::log::MOST_BYTES;

pub(super) fn limit(model: &mut Model, effects: &mut Effects) {
    limit_to(model, MOST_BYTES, effects);
}

fn limit_to(model: &mut Model, most: usize, effects: &mut Effects) {
    let all: usize = model
        .sessions()
        .map(|session| session.build.log().bytes())
        .sum();
    let mut over = all.saturating_sub(most);
    let shown = model.shown.id;
    if model.mode == Mode::Headless {
        // None is shown, and none is read again: all keep the same.
        let share = most / model.sessions().count().max(1);
        if over > 0 {
            for session in model.sessions_mut() {
                session.build.log_mut().shrink_to(share);
            }
        }
        return;
    }
    for session in model.sessions_mut() {
        if over > 0 && session.id != shown {
            over = over.saturating_sub(session.build.log_mut().leave());
        }
    }
    if model.shown.build.log_mut().take_left() {
        effects.push(Effect::Poll(shown, PollRequest::ReadLogAgain));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use chrono::DateTime;

    use super::*;
    use crate::app::keys::keymap::KeyMap;
    use crate::app::model::Preferences;
    use crate::app::session::{Session, SessionId, Target};
    use crate::domain::log_line::{LogLine, LogPage, LogPart, LogState};
    use crate::text::safe::SafeText;

    fn session(id: u32) -> Session {
        let target = Target {
            image_id: format!("img-{id}"),
            region: None,
            backend: None,
            note: None,
        };
        let mut session = Session::new(SessionId(id), target, None);
        session.build.log_mut().apply(&page(100, false));
        session
    }

    fn page(lines: i64, restarts: bool) -> LogPage {
        let line = |at| {
            Arc::new(LogLine {
                timestamp: DateTime::from_timestamp_millis(at).unwrap(),
                ingested_at: None,
                message: LogLine::text("a line"),
                stream: SafeText::new("s"),
                late: false,
                again: restarts,
            })
        };
        LogPage {
            lines: (0..lines).map(line).collect(),
            part: LogPart::Newer,
            state: LogState::CaughtUp,
            has_first: true,
            restarts,
        }
    }

    fn model(mode: Mode) -> Model {
        let mut model = Model::new(
            Preferences::new(mode, KeyMap::default()),
            session(0),
            DateTime::UNIX_EPOCH,
        );
        for id in 1..3 {
            model.add(session(id));
        }
        model
    }

    #[test]
    fn a_build_that_is_not_shown_drops_its_lines_first_and_reads_them_again_when_shown() {
        let mut model = model(Mode::Screen);
        let one = model.shown.build.log().bytes();
        let mut effects = Effects::new();
        limit_to(&mut model, 3 * one, &mut effects);
        limit_to(&mut model, 2 * one, &mut effects);
        let lines = |model: &Model| {
            let all = model.in_order();
            all.iter()
                .map(|session| session.build.log().len())
                .collect::<Vec<_>>()
        };
        assert_eq!((lines(&model), effects.len()), (vec![100, 0, 100], 0));
        model.show(SessionId(1));
        limit_to(&mut model, 2 * one, &mut effects);
        limit_to(&mut model, 2 * one, &mut effects);
        let read_again = |effect: &Effect| {
            matches!(
                effect,
                Effect::Poll(SessionId(1), PollRequest::ReadLogAgain)
            )
        };
        assert!(effects.len() == 1 && read_again(&effects[0]));
        assert!(model.shown.build.log().misses_older());
        model.shown.build.log_mut().apply(&page(100, true));
        assert_eq!(model.shown.build.log().dropped(), 0);
        limit_to(&mut model, 2 * one, &mut effects);
        assert_eq!(lines(&model), [0, 100, 100]);
    }

    #[test]
    fn headless_builds_have_equal_shares() {
        let mut model = model(Mode::Headless);
        let one = model.shown.build.log().bytes();
        limit_to(&mut model, one, &mut Effects::new());
        for session in model.in_order() {
            let log = session.build.log();
            assert!(log.len() > 30 && log.bytes() <= one / 3 && log.dropped() > 0);
        }
    }
}
