//! Credentials: who signs the requests, found by aws-config and kept here.
//!
//! ```text
//!  backend ─ get, discard ─► identity (cache) ─ resolve ─► chain (aws-config, then the role)
//!     ▲                             │                            │ no credentials
//!     └──── Identity with Signer ◄──┘          Fault ◄── fault ◄─┘
//! ```
//! `profile_files` reads the AWS config and credentials files for all of them, `profile_text` rewrites their text;
//! `profile_chain` tells where a profile's credentials come from, and `mfa` assumes the roles that need a code.

pub(crate) mod chain;
pub(crate) mod fault;
pub(crate) mod fixed;
pub(crate) mod identity;
pub(crate) mod mfa;
pub(crate) mod profile_chain;
pub(crate) mod profile_files;
pub(crate) mod profile_text;
pub(crate) mod settings;
