//! The shell's side of a terminal: being stopped (Ctrl-Z, `kill -TSTP`, `kill -STOP`), going on, and the
//! background, in which the terminal belongs to somebody else.

use std::io;

use rustix::process::{Signal, getpgrp, getpid, getsid, kill_current_process_group, kill_process};
use rustix::termios::tcgetpgrp;

/// Whether the terminal belongs to another job of the shell. Whoever changes its modes then is stopped.
pub(crate) fn in_background() -> bool {
    matches!(tcgetpgrp(io::stdout()), Ok(foreground) if foreground != getpgrp())
}

/// Whether there is a shell that could let the program go on again. The first process of a session and its
/// group have none: a program that is a terminal's only one would stand still for ever.
pub(crate) fn has_shell() -> bool {
    getsid(None).is_ok_and(|session| session != getpgrp())
}

/// By what the program stops itself. Not by SIGTSTP, which it listens to; nor by that and SIGSTOP, between which
/// a shell may let the job go on, so that the stop comes last. This has the default action that SIGTSTP had: the
/// system stops the whole group in one go, unless no shell could let it go on. What it costs: some shells call the
/// job "suspended (tty input)", and sudo with a terminal of its own lets it go on at once.
const STOP: Signal = Signal::TTIN;

/// Stops the whole job, as a terminal does for Ctrl-Z: the rest of a pipeline is to stop too, and a script that
/// waits for us. Returns when it goes on, or a little earlier.
pub(crate) fn stop_all() {
    // It can't be refused: the group is our own.
    let _ = kill_current_process_group(STOP);
}

/// Stops this process. Returns when it goes on, or a little earlier.
pub(crate) fn stop() {
    let _ = kill_process(getpid(), STOP);
}
