//! The certificates of `--ca-bundle`, which are trusted besides the platform's.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use aws_smithy_http_client::HttpClientError;
use aws_smithy_http_client::tls::{TlsContext, TrustStore};
use reqwest::{Certificate, Client};

/// A CA bundle: a PEM file with at least one certificate, read and checked.
#[derive(Clone, Debug)]
pub(crate) struct CaBundle {
    pem: Vec<u8>,
    certificates: Vec<Certificate>,
}

/// Why a CA bundle or the client made with it can't be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The file can't be read.
    #[error("the CA bundle {} can't be read", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    /// The file holds no certificate.
    #[error("the CA bundle {} holds no PEM certificate", path.display())]
    Empty { path: PathBuf },
    /// What the file holds is no certificate.
    #[error("the CA bundle {} holds something that is no certificate", path.display())]
    Invalid {
        path: PathBuf,
        /// What is wrong with it.
        source: reqwest::Error,
    },
    /// The AWS SDK does not take the bundle.
    #[error("the CA bundle can't be used for AWS")]
    Sdk(#[source] HttpClientError),
    /// The platform's certificates can't be loaded.
    #[error("no TLS client can be made with this machine's certificates")]
    Client(#[source] reqwest::Error),
}

impl CaBundle {
    /// Reads a bundle. Every certificate is checked here, since the AWS SDK panics over a bad one.
    pub(crate) fn read(path: &Path) -> Result<Self, TlsError> {
        let invalid = |source| TlsError::Invalid {
            path: path.to_owned(),
            source,
        };
        let pem = fs::read(path).map_err(|source| TlsError::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        let certificates = Certificate::from_pem_bundle(&pem).map_err(invalid)?;
        if certificates.is_empty() {
            return Err(TlsError::Empty {
                path: path.to_owned(),
            });
        }
        Client::builder()
            .tls_certs_only(certificates.clone())
            .build()
            .map_err(invalid)?;
        Ok(Self { pem, certificates })
    }

    /// The bundle besides the platform's certificates, for the AWS SDK's own client.
    pub(crate) fn sdk_context(&self) -> Result<TlsContext, TlsError> {
        let store = TrustStore::default().with_pem_certificate(self.pem.clone());
        TlsContext::builder()
            .with_trust_store(store)
            .build()
            .map_err(TlsError::Sdk)
    }

    /// The certificates, for the client that asks the API.
    pub(crate) fn certificates(&self) -> Vec<Certificate> {
        self.certificates.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CA: &str = include_str!("testdata/ca.pem");

    /// Reads a bundle with this text, and says what is wrong with it.
    fn read_bundle(name: &str, text: Option<&str>) -> Result<CaBundle, String> {
        let file = format!("bakewatch-{name}-{}.pem", std::process::id());
        let path = std::env::temp_dir().join(file);
        if let Some(text) = text {
            fs::write(&path, text).unwrap();
        }
        let bundle = CaBundle::read(&path);
        let _gone = fs::remove_file(&path);
        bundle.map_err(|error| {
            let message = error.to_string();
            assert!(message.contains(name), "the file is not named: {message}");
            message
        })
    }

    #[test]
    fn a_bundle_may_hold_several_certificates_and_other_text() {
        let bundle = read_bundle("good", Some(&format!("# ours\n{CA}\n{CA}"))).unwrap();
        assert_eq!(bundle.certificates.len(), 2);
        assert!(bundle.sdk_context().is_ok());
    }

    #[test]
    fn a_bundle_that_is_no_bundle_is_refused_by_name() {
        let garbage = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        let key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
        for (name, text, why) in [
            ("absent", None, "can't be read"),
            ("empty", Some(""), "holds no PEM certificate"),
            ("text", Some("hello"), "holds no PEM certificate"),
            ("key", Some(key), "holds no PEM certificate"),
            ("garbage", Some(garbage), "that is no certificate"),
        ] {
            let error = read_bundle(name, text).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
    }
}
