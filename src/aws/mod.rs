//! Everything that an AWS request needs, whichever service or API it goes to: credentials, signature, HTTP and
//! TLS, clock skew, and the errors that all of them share. It knows no API: which URL a request has and which
//! meaning a response has is for [`crate::backend`].
//!
//! ```text
//!               credentials/ (who calls)   skew (the server's time)
//!                         └───────┬────────────┘
//!  Operation ─► Request ─► signer ┴─► http (over tls) ─► Response ─► backend
//!                                       │                   └─ 4xx, 5xx ─► refusal ─┐
//!                                       └─ no response ─► transport_error ──────────┴─► context ─► Fault
//! ```
//! [`operation::Operation`] is the allow-list of all calls. Texts of a service pass `excerpt` on their way into a
//! fault. Tests: beside each file; the backends' tests drive all of this against a scripted server.

pub(crate) mod context;
pub(crate) mod credentials;
pub(crate) mod endpoints;
pub(crate) mod errors;
pub(crate) mod excerpt;
pub(crate) mod exchange;
pub(crate) mod http;
pub(crate) mod operation;
pub(crate) mod query;
pub(crate) mod refusal;
pub(crate) mod shared;
pub(crate) mod signer;
pub(crate) mod skew;
#[cfg(test)]
pub(crate) mod testing;
pub(crate) mod tls;
pub(crate) mod transport_error;
