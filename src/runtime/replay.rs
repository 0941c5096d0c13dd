//! The replay of a recording on a screen or headless: sends what is due, and takes the user's commands. The application
//! decides the state (`app::status::playback`); this carries it out.

use tokio::sync::mpsc;

use crate::app::effect::PlaybackRequest;
use crate::app::msg::Msg;
use crate::app::session::SessionId;
use crate::clock::Clock;
use crate::domain::observation::{Batch, ObservationSink};
use crate::recording::Player;

/// Where the observations of a replay go.
pub(super) struct Outputs<S> {
    pub session: SessionId,
    pub messages: mpsc::Sender<Msg>,
    /// Also records what it sends, with `--record`.
    pub sink: S,
}

/// Plays until nobody listens, or until the end if nobody can send commands.
pub(super) async fn replay(
    mut player: Player,
    clock: Clock,
    mut outputs: Outputs<impl ObservationSink>,
    mut commands: mpsc::Receiver<PlaybackRequest>,
) {
    let (mut has_ended, mut is_controlled) = (false, true);
    loop {
        if player.is_at_end() && !has_ended {
            has_ended = true;
            let ended = Msg::RecordingEnded(outputs.session);
            if outputs.messages.send(ended).await.is_err() {
                return;
            }
        }
        if has_ended && !is_controlled {
            return;
        }
        let command = tokio::select! {
            () = outputs.messages.closed() => return,
            command = commands.recv(), if is_controlled => {
                is_controlled = command.is_some();
                command
            }
            () = player.due() => {
                let due = player.take();
                if !outputs.send(due, &mut player).await {
                    return;
                }
                None
            }
        };
        let is_sent = match command {
            None => true,
            Some(PlaybackRequest::Run { paused, speed }) => {
                clock.set_speed(speed);
                clock.set_paused(paused);
                true
            }
            Some(PlaybackRequest::Next) => {
                clock.set_paused(true);
                let next = player.next();
                outputs.send(next, &mut player).await
            }
            Some(PlaybackRequest::Previous) => {
                clock.set_paused(true);
                let rewound = Msg::Rewound(outputs.session, player.previous());
                has_ended = false;
                outputs.messages.send(rewound).await.is_ok()
            }
        };
        if !is_sent {
            return;
        }
    }
}

impl<S: ObservationSink> Outputs<S> {
    /// Sends what was played; what was played before is not recorded again. False if nobody listens.
    async fn send(&mut self, mut new: Batch, player: &mut Player) -> bool {
        let again = new.take_first(player.repeated(new.len()));
        if !again.is_empty() {
            let again = Msg::Observed(self.session, again);
            if self.messages.send(again).await.is_err() {
                return false;
            }
        }
        new.is_empty() || self.sink.send(new).await
    }
}
