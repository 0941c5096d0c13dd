//! aws

pub(crate) mod credentials;
pub(crate) mod http;
pub(crate) mod operation;
pub(crate) mod redact;
pub(crate) mod refusal;
pub(crate) mod signer;
pub(crate) mod skew;
#[cfg(test)]
pub(crate) mod test_home;
#[cfg(test)]
pub(crate) mod test_server;
pub(crate) mod tls;
pub(crate) mod transport_error;
