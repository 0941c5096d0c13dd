//! Plays a recording: sends its observations at their times by the watch's clock.

use chrono::TimeDelta;
use tokio::sync::mpsc;

use crate::clock::Clock;
use crate::domain::observation::Observation;

/// Sends the observations until the last, or until the receiver is dropped. A clock at the end of the recording plays
/// them without pauses.
pub(crate) async fn play(
    recorded: Vec<Observation>,
    clock: Clock,
    sender: mpsc::Sender<Observation>,
) {
    for observation in recorded {
        loop {
            let wait = observation.at - clock.now();
            let Some(wait) = wait.to_std().ok().filter(|_| wait > TimeDelta::zero()) else {
                break;
            };
            tokio::select! {
                () = sender.closed() => return,
                () = clock.sleep(wait) => {}
            }
        }
        if sender.send(observation).await.is_err() {
            return;
        }
    }
}
