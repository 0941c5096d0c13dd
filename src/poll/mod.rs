//! Polling: chooses the next request and its time, and makes one gapless history of the pages in the responses. It sits
//! between a backend, which serves one request at a time, and the recorder, which writes each observation before the
//! app sees it.
//!
//! ```text
//!  PollCommand ───────────► poller ─── request ───► backend
//!  (poll now, audit,     permit  ▲ ▲                  │
//!   catch up)               │    │ └──── response ────┘
//!                           │    └─ ApiRequest, due ── schedule ─┬─ events ── walk ── continuity   pages → new events
//!  Observation ◄────────────┘                                   ├─ description                    when it may matter
//!                                                               ├─ steps                          while there are some
//!                                                               └─ cadence  adaptive interval, back-off
//! ```
//! Only the poller waits and does I/O. The permit is shared by all pollers of an endpoint; all else is pure and takes the
//! time as an argument.

mod aside;
pub(crate) mod cadence;
mod continuity;
mod description;
mod events;
mod known;
pub(crate) mod log;
mod outbox;
pub(crate) mod permit;
pub(crate) mod poller;
pub(crate) mod schedule;
pub(crate) mod schedules;
mod steps;
pub(crate) mod walk;
