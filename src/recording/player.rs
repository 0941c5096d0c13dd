//! Plays a recording: its reports, at the times at which they came, by the watch's clock.

use chrono::TimeDelta;
use tokio::sync::mpsc;

use crate::clock::Clock;
use crate::domain::observation::Observation;

/// Sends reports until the last, or until nobody listens any more. A clock that stands at the end of the
/// recording plays them without a pause.
pub(crate) async fn play(
    recorded: Vec<Observation>,
    clock: Clock,
    reports: mpsc::Sender<Observation>,
) {
    for report in recorded {
        loop {
            let wait = report.at - clock.now();
            let Some(wait) = wait.to_std().ok().filter(|_| wait > TimeDelta::zero()) else {
                break;
            };
            tokio::select! {
                () = reports.closed() => return,
                () = clock.sleep(wait) => {}
            }
        }
        if reports.send(report).await.is_err() {
            return;
        }
    }
}
