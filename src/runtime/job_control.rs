//! The shell's side of a terminal: being stopped (Ctrl-Z, `kill -TSTP`, `kill -STOP`), going on, and the
//! background, in which the terminal belongs to somebody else.

use std::io;

use rustix::process::{Signal, getpgrp, getpid, getsid, kill_current_process_group, kill_process};
use rustix::termios::tcgetpgrp;

/// Whether the terminal belongs to another job of the shell. Whoever changes its modes then is stopped.
pub(super) fn in_background() -> bool {
    matches!(tcgetpgrp(io::stdout()), Ok(foreground) if foreground != getpgrp())
}

/// Whether there is a shell that could let the program go on again. The first process of a session and its
/// group have none: a program that is a terminal's only one would stand still for ever.
pub(super) fn has_shell() -> bool {
    getsid(None).is_ok_and(|session| session != getpgrp())
}

/// Stops the whole job, as a terminal does for Ctrl-Z: the rest of a pipeline is to stop too, and a script that
/// waits for us.
pub(super) fn stop_all() {
    // It can't be refused: the group is our own. This process only takes note of the signal.
    let _ = kill_current_process_group(Signal::TSTP);
    stop();
}

/// Stops this process, until SIGCONT comes. That may be after this returns.
pub(super) fn stop() {
    let _ = kill_process(getpid(), Signal::STOP);
}
