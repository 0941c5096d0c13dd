//! The state of the terminal: whether it is entered, and whether it accepted the sequences that restore it.
//!
//! The loop of the screen, the writer and a panic in any thread share it. No method does I/O, so a terminal that stalls
//! blocks no thread here. The one caller that gets `true` from [`TtyState::leave`] or [`TtyState::close`] restores the
//! terminal, so it is restored once.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// The shared state.
#[derive(Debug, Default)]
pub(super) struct TtyState(Mutex<State>);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    NotEntered,
    /// The modes are being set.
    Entering,
    /// Frames are written. `mouse`: the terminal reports the mouse to us instead of selecting text with it.
    Entered { mouse: bool },
    /// The shell or the end of the program has the terminal. It can be entered again.
    Restored(Restore),
    /// A panic ends the program. The terminal can't be entered any more.
    Closed(Restore),
}

/// The progress of the sequences that restore the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Restore {
    /// They wait for the frame that is being written.
    Pending,
    /// They were not written in time: the frame is abandoned.
    Stalled,
    Accepted,
}

impl TtyState {
    /// Begins to enter the terminal. Returns `false` if a panic has closed it.
    #[must_use]
    pub(super) fn begin_enter(&self) -> bool {
        let mut state = self.lock();
        if matches!(*state, State::Closed(_)) {
            return false;
        }
        // Another program that had the terminal in between may have released the mouse too.
        *state = State::Entering;
        true
    }

    /// The modes are set. Returns `false` if a panic has closed the terminal in between, perhaps before they were: then
    /// the caller restores it.
    #[must_use]
    pub(super) fn finish_enter(&self) -> bool {
        let mut state = self.lock();
        if *state == State::Entering {
            *state = State::Entered { mouse: false };
        }
        matches!(*state, State::Entered { .. })
    }

    /// Leaves the terminal, if it is entered. Returns whether the caller restores it.
    #[must_use]
    pub(super) fn leave(&self) -> bool {
        let mut state = self.lock();
        let was_entered = state.is_entered();
        if was_entered {
            *state = State::Restored(Restore::Pending);
        }
        was_entered
    }

    /// Leaves the terminal for good. Returns whether the caller restores it.
    #[must_use]
    pub(super) fn close(&self) -> bool {
        let mut state = self.lock();
        let was_entered = state.is_entered();
        *state = State::Closed(match *state {
            // As the shell has left it.
            State::NotEntered => Restore::Accepted,
            State::Entering | State::Entered { .. } => Restore::Pending,
            State::Restored(restore) | State::Closed(restore) => restore,
        });
        was_entered
    }

    /// The restoring sequences were not written in time.
    pub(super) fn stalled(&self) {
        self.lock().set_restore(Restore::Stalled);
    }

    /// The restoring sequences are written.
    pub(super) fn accepted(&self) {
        self.lock().set_restore(Restore::Accepted);
    }

    /// Whether frames may be written.
    pub(super) fn is_entered(&self) -> bool {
        self.lock().is_entered()
    }

    /// Whether the frame that is being written is to be abandoned.
    pub(super) fn abandons_frames(&self) -> bool {
        self.lock().restore() == Some(Restore::Stalled)
    }

    /// Whether the terminal is restored and has accepted it: it may then accept more text.
    pub(super) fn is_restored(&self) -> bool {
        self.lock().restore() == Some(Restore::Accepted)
    }

    /// Captures or releases the mouse. Returns whether that changes anything.
    pub(super) fn set_mouse(&self, captured: bool) -> bool {
        match &mut *self.lock() {
            State::Entered { mouse } => std::mem::replace(mouse, captured) != captured,
            State::NotEntered | State::Entering | State::Restored(_) | State::Closed(_) => false,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn is_entered(self) -> bool {
        matches!(self, Self::Entering | Self::Entered { .. })
    }

    fn restore(self) -> Option<Restore> {
        match self {
            Self::Restored(restore) | Self::Closed(restore) => Some(restore),
            Self::NotEntered | Self::Entering | Self::Entered { .. } => None,
        }
    }

    fn set_restore(&mut self, progress: Restore) {
        if let Self::Restored(restore) | Self::Closed(restore) = self {
            *restore = progress;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::thread;

    use super::*;

    fn entered() -> TtyState {
        let state = TtyState::default();
        assert!(state.begin_enter() && state.finish_enter());
        state
    }

    #[test]
    fn a_terminal_that_is_left_can_be_entered_again() {
        let state = entered();
        assert!(state.is_entered() && !state.is_restored());
        assert!(state.leave());
        assert!(!state.is_entered() && !state.is_restored() && !state.abandons_frames());
        state.accepted();
        assert!(state.is_restored());
        assert!(!state.leave(), "it is restored once");
        assert!(state.begin_enter() && state.is_entered());
        assert!(state.finish_enter() && !state.is_restored());
    }

    #[test]
    fn a_terminal_that_was_never_entered_is_not_restored() {
        let state = TtyState::default();
        assert!(!state.leave() && !state.is_restored());
        assert!(!state.close());
        assert!(!state.begin_enter(), "a panic ends the program");
    }

    #[test]
    fn a_panic_during_the_entry_is_noticed_at_its_end() {
        let state = TtyState::default();
        assert!(state.begin_enter());
        assert!(state.close(), "the thread that panicked restores it");
        assert!(!state.finish_enter(), "and so does the one that enters it");
        assert!(!state.is_entered());
        state.accepted();
        assert!(!state.begin_enter() && state.is_restored());
    }

    #[test]
    fn a_panic_while_the_terminal_is_suspended_keeps_it_restored() {
        let state = entered();
        assert!(state.leave());
        state.accepted();
        assert!(!state.close());
        assert!(state.is_restored() && !state.begin_enter());
    }

    #[test]
    fn a_stalled_restore_abandons_frames_until_it_is_accepted_or_the_terminal_entered_again() {
        let state = entered();
        state.stalled();
        assert!(!state.abandons_frames(), "it is not being restored");
        for closes in [false, true] {
            let state = entered();
            assert!(if closes { state.close() } else { state.leave() });
            state.stalled();
            assert!(state.abandons_frames() && !state.is_restored());
            state.accepted();
            assert!(!state.abandons_frames() && state.is_restored());
        }
        assert!(state.leave());
        state.stalled();
        assert!(state.begin_enter() && !state.abandons_frames());
    }

    #[test]
    fn the_mouse_is_released_with_the_terminal() {
        let state = TtyState::default();
        assert!(!state.set_mouse(true), "it is not entered");
        let state = entered();
        assert!(state.set_mouse(true) && !state.set_mouse(true));
        assert!(state.leave() && !state.set_mouse(false));
        assert!(state.begin_enter() && state.finish_enter());
        assert!(state.set_mouse(true));
        // A process that is stopped without notice enters again without having left.
        assert!(state.begin_enter() && state.finish_enter());
        assert!(
            state.set_mouse(true),
            "another program may have released it"
        );
    }

    #[test]
    fn of_many_threads_one_restores() {
        const THREADS: usize = 8;
        for _ in 0..100 {
            let state = entered();
            let start = Barrier::new(THREADS);
            let restorers = thread::scope(|scope| {
                let threads: Vec<_> = (0..THREADS)
                    .map(|number| {
                        let (state, start) = (&state, &start);
                        scope.spawn(move || {
                            start.wait();
                            if number % 2 == 0 {
                                state.leave()
                            } else {
                                state.close()
                            }
                        })
                    })
                    .collect();
                let restored = threads.into_iter().map(|thread| thread.join().unwrap());
                restored.filter(|restores| *restores).count()
            });
            assert_eq!(restorers, 1);
            assert!(!state.begin_enter());
        }
    }
}
