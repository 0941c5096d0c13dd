//! Job control: stopping (Ctrl-Z, `kill -TSTP`, `kill -STOP`), continuing, and running in the background, where the
//! terminal belongs to another job.

use std::io;

use rustix::process::{Signal, getpgrp, getpid, getsid, kill_current_process_group, kill_process};
use rustix::termios::tcgetpgrp;

/// Whether the terminal belongs to another job of the shell. The system stops a process that then changes its modes.
pub(crate) fn in_background() -> bool {
    matches!(tcgetpgrp(io::stdout()), Ok(foreground) if foreground != getpgrp())
}

/// Whether there is a shell that could continue the program. The first process of a session and its group have none: the
/// only program of a terminal would stay stopped for ever.
pub(crate) fn has_shell() -> bool {
    getsid(None).is_ok_and(|session| session != getpgrp())
}

/// The signal that the program stops itself with. Not SIGTSTP, which it handles; and not SIGTSTP followed by SIGSTOP: if
/// the shell continued the job between the two, the stop would come last. SIGTTIN has the same default action: the system
/// stops the whole group at once, unless no shell could continue it. The drawback: some shells call the job "suspended
/// (tty input)", and sudo with a terminal of its own continues it at once.
const STOP_SIGNAL: Signal = Signal::TTIN;

/// Stops the whole job, as a terminal does on Ctrl-Z: the rest of a pipeline, and a script that waits for us, stop too.
/// Returns when the job continues, or a little earlier.
pub(crate) fn stop_group() {
    // Can't fail: the group is our own.
    let _ = kill_current_process_group(STOP_SIGNAL);
}

/// Stops this process. Returns when it continues, or a little earlier.
pub(crate) fn stop_process() {
    let _ = kill_process(getpid(), STOP_SIGNAL);
}
