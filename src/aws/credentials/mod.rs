//! Credentials: who signs the requests, found by aws-config and kept here.
//!
//! ```text
//!  backend ─ get, discard ─► identity (cache) ─ resolve ─► chain (aws-config, then the role)
//!     ▲                             │                            │ no credentials
//!     └──── Identity with Signer ◄──┘          Fault ◄── fault ◄─┘
//! ```

pub(crate) mod chain;
pub(crate) mod fault;
pub(crate) mod fixed;
pub(crate) mod identity;
