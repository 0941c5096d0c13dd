//! Whether a message is worth a frame of its own, or may wait for that of the next tick: most polls bring nothing new, and
//! an idle watch mostly draws.

use crate::app::model::Model;
use crate::app::msg::Msg;
use crate::app::session::SessionId;
use crate::app::status::connection::ConnectionState;
use crate::domain::observation::{Batch, Seen};
use crate::domain::verdict::Verdict;

/// What a response without content may still change.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Shown {
    id: SessionId,
    state: ConnectionState,
    verdict: Verdict,
}

impl Shown {
    pub(super) fn of(model: &Model) -> Self {
        let session = &model.shown;
        Self {
            id: session.id,
            state: session.connection.state,
            verdict: session.verdict(),
        }
    }
}

/// Whether a message can wait, unless it changes [`Shown`] or has effects: it is about another build than the one on the
/// screen, of which only a few words are shown, or a response without content that nobody waits for.
pub(super) fn can_wait(msg: &Msg, shown: &Shown, is_attentive: bool) -> bool {
    match msg {
        Msg::Observed(session, batch) => *session != shown.id || (!is_attentive && is_empty(batch)),
        _ => false,
    }
}

fn is_empty(batch: &Batch) -> bool {
    batch.iter().all(|observation| match &observation.seen {
        Seen::Page(page) => page.events().next().is_none() && page.gaps.is_none(),
        Seen::Log(page) => page.lines.is_empty() && !page.restarts,
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use chrono::DateTime;

    use super::*;
    use crate::clock::Clock;
    use crate::domain::log_line::{LogPage, LogPart, LogState};
    use crate::domain::observation::{Observation, Stream, WalkStep};
    use crate::domain::stack_event::StackEvent;
    use crate::runtime::ticks::tick;

    fn observed(session: u32, seen: Seen) -> Msg {
        let observation = Observation {
            at: DateTime::UNIX_EPOCH,
            elapsed: Duration::ZERO,
            stream: Stream::Events,
            next_try: DateTime::UNIX_EPOCH,
            seen,
        };
        Msg::Observed(SessionId(session), vec![observation].into())
    }

    #[test]
    fn polls_of_other_builds_and_polls_without_news_wait_for_the_frame_of_the_next_tick() {
        let shown = Shown {
            id: SessionId(0),
            state: ConnectionState::Live,
            verdict: Verdict::Building,
        };
        let can_wait = |msg: &Msg| super::can_wait(msg, &shown, false);
        let event = Arc::new(StackEvent::from_json(r#"{"eventId":"e"}"#, None));
        let empty = || WalkStep {
            commit: Some(Vec::new()),
            ..WalkStep::default()
        };
        let page = |page| observed(0, Seen::Page(page));
        assert!(can_wait(&page(empty())));
        assert!(
            !super::can_wait(&page(empty()), &shown, true),
            "the user has asked for it"
        );
        assert!(!can_wait(&page(WalkStep {
            fresh: vec![Arc::clone(&event)],
            ..empty()
        })));
        assert!(!can_wait(&page(WalkStep {
            gaps: Some(Vec::new()),
            ..empty()
        })));
        let log = |restarts| {
            let page = LogPage {
                lines: Vec::new(),
                part: LogPart::Newer,
                state: LogState::CaughtUp,
                has_first: true,
                restarts,
            };
            observed(0, Seen::Log(page))
        };
        assert!(can_wait(&log(false)));
        assert!(!can_wait(&log(true)));
        assert!(!can_wait(&observed(0, Seen::StackGone)));
        assert!(can_wait(&observed(1, Seen::StackGone)), "another build");
        assert!(!can_wait(&tick(&Clock::wall(), false)), "a tick");
    }
}
