//! The replay of a recording on a screen or headless: sends what is due, and takes the user's commands. The application
//! decides the state (`app::status::playback`); this carries it out.

use tokio::sync::mpsc;

use crate::app::effect::PlaybackRequest;
use crate::app::msg::Msg;
use crate::app::session::SessionId;
use crate::clock::Clock;
use crate::recording::Player;

/// Plays until nobody listens, or until the end if nobody can send commands.
pub(super) async fn replay(
    mut player: Player,
    clock: Clock,
    session: SessionId,
    messages: mpsc::Sender<Msg>,
    mut commands: mpsc::Receiver<PlaybackRequest>,
) {
    let (mut has_ended, mut is_controlled) = (false, true);
    loop {
        if player.is_at_end() && !has_ended {
            has_ended = true;
            if messages.send(Msg::RecordingEnded(session)).await.is_err() {
                return;
            }
        }
        if has_ended && !is_controlled {
            return;
        }
        let msg = tokio::select! {
            () = messages.closed() => return,
            command = commands.recv(), if is_controlled => match command {
                Some(command) => {
                    let msg = carry_out(command, session, &mut player, &clock);
                    has_ended &= player.is_at_end();
                    msg
                }
                None => {
                    is_controlled = false;
                    None
                }
            },
            () = player.due() => Some(Msg::Observed(session, player.take())),
        };
        if let Some(msg) = msg
            && messages.send(msg).await.is_err()
        {
            return;
        }
    }
}

fn carry_out(
    command: PlaybackRequest,
    session: SessionId,
    player: &mut Player,
    clock: &Clock,
) -> Option<Msg> {
    match command {
        PlaybackRequest::Run { paused, speed } => {
            clock.set_speed(speed);
            clock.set_paused(paused);
            None
        }
        PlaybackRequest::Next => {
            clock.set_paused(true);
            Some(Msg::Observed(session, player.next()))
        }
        PlaybackRequest::Previous => {
            clock.set_paused(true);
            Some(Msg::Rewound(session, player.previous()))
        }
    }
}
