//! Polling: chooses the next request and its time, and makes one gapless history of the pages in the responses. It sits
//! between a backend, which serves one request at a time, and the recorder, which writes each observation before the
//! app sees it.
//!
//! ```text
//!  PollCommand ───────────► poller ─── request ───► backend
//!  (poll now, audit,        │  ▲ ▲                  │
//!   catch up)               │  │ └──── response ────┘
//!                           │  └─ ApiRequest, due ── tail ── cadence      when: adaptive interval, back-off
//!  Observation ◄────────────┘                        └────── walk         what: pages → new events, tokens
//!                                                            └─ continuity  pages that do not fit
//! ```
//! Only the poller waits and does I/O; all else is pure and takes the time as an argument.

pub(crate) mod cadence;
mod continuity;
pub(crate) mod poller;
pub(crate) mod tail;
pub(crate) mod walk;
