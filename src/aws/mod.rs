//! aws

pub mod credentials;
pub mod http;
pub mod operation;
pub mod redact;
pub mod refusal;
pub mod signer;
pub mod skew;
#[cfg(test)]
pub mod test_home;
#[cfg(test)]
pub mod test_server;
pub mod tls;
pub mod transport_error;
