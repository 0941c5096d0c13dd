//! The HTTP server of the simulated API: from a request to a response, or to a connection that fails on purpose.
//!
//! ```text
//!  simulator (connections) ─► requests (route, log) ─► api (world, faults) ─► response ─► http
//! ```

pub(crate) mod api;
pub(crate) mod aws;
pub(crate) mod http;
mod images;
pub(crate) mod requests;
pub(crate) mod response;
pub(crate) mod simulator;
