//! Facilities for tests of everything that talks to AWS or to an API: a scripted server, and a home directory
//! with an environment of its own. They are compiled into tests only.

pub(crate) mod home;
pub(crate) mod server;
