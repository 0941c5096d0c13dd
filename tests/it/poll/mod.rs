//! From the API to the timeline: the walk, the tail and the poller against a model of the service.

mod freshness;
mod responses;
mod soak;
pub(crate) mod walk;
