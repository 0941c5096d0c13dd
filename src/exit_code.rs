//! The exit codes of the program: for verdicts, errors and signals (docs/scripting.md, "Exit codes").
//!
//! The only place that knows their numbers; the application decides when to exit, `error` maps errors to them.

use crate::domain::verdict::Verdict;

/// The build succeeded, or the user left before a verdict was reached.
pub(crate) const SUCCEEDED: u8 = 0;
/// The build could not be watched.
pub(crate) const NOT_WATCHED: u8 = 1;
/// A usage error, or an invalid configuration.
pub(crate) const USAGE: u8 = 2;
/// The build failed.
pub(crate) const FAILED: u8 = 3;
/// `--timeout` ran out while the image was still being built.
pub(crate) const STILL_BUILDING: u8 = 4;
/// There is no such image, or it was deleted before the build had ended.
pub(crate) const NO_IMAGE: u8 = 5;
/// A panic: the code that Rust programs exit with.
pub(crate) const BUG: u8 = 101;
/// The reader of the pipe is gone: the code of a program that SIGPIPE ended.
pub(crate) const CLOSED_PIPE: u8 = of_signal(13);

/// The code of a verdict, once one is reached.
pub(crate) const fn of_verdict(verdict: Verdict) -> Option<u8> {
    match verdict {
        Verdict::Succeeded => Some(SUCCEEDED),
        Verdict::Failed | Verdict::RollingBack => Some(FAILED),
        Verdict::Deleted | Verdict::NotFound => Some(NO_IMAGE),
        Verdict::AmiNotFound | Verdict::Ended | Verdict::EndNotSeen => Some(NOT_WATCHED),
        Verdict::Waiting
        | Verdict::Building
        | Verdict::Finishing
        | Verdict::Deleting
        | Verdict::Failing => None,
    }
}

/// The code of a program whose builds ended with these codes: that of the worst one.
pub(crate) fn of_builds(codes: &[u8]) -> u8 {
    let worst_first = [FAILED, NO_IMAGE, NOT_WATCHED, STILL_BUILDING];
    let worst = worst_first.into_iter().find(|code| codes.contains(code));
    let other = || codes.iter().copied().find(|code| *code != SUCCEEDED);
    worst.or_else(other).unwrap_or(SUCCEEDED)
}

/// The code of a program that a signal ended, as shells report it.
pub(crate) const fn of_signal(number: u8) -> u8 {
    128 + number
}
