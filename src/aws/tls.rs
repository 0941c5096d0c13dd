//! Reads the certificates of `--ca-bundle`, which are trusted besides the platform's: by the HTTP client for
//! requests of [`crate::aws::operation`], and by the AWS SDK's client for credentials.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_smithy_http_client::HttpClientError;
use aws_smithy_http_client::tls::{TlsContext, TrustStore};
use reqwest::{Certificate, Client};

use crate::file;

/// A CA bundle: a PEM file with at least one certificate, read and checked. Its clones share them.
#[derive(Clone, Debug)]
pub(crate) struct CaBundle {
    pem: Arc<[u8]>,
    certificates: Arc<[Certificate]>,
}

/// The reason why a CA bundle, or the client made with it, can't be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("failed to read the CA bundle {}", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("the CA bundle {} contains no PEM certificate", path.display())]
    Empty { path: PathBuf },
    /// The file contains something else than certificates.
    #[error("the CA bundle {} contains an invalid certificate", path.display())]
    Invalid {
        path: PathBuf,
        source: reqwest::Error,
    },
    #[error("the AWS SDK rejected the CA bundle")]
    Sdk(#[source] HttpClientError),
}

impl CaBundle {
    /// Reads a bundle. Every certificate is checked here, since the AWS SDK panics on a bad one.
    pub(crate) fn read(path: &Path) -> Result<Self, TlsError> {
        let invalid = |source| TlsError::Invalid {
            path: path.to_owned(),
            source,
        };
        let pem = file::read(path).map_err(|source| TlsError::Unreadable {
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
        Ok(Self {
            pem: pem.into(),
            certificates: certificates.into(),
        })
    }

    /// The bundle besides the platform's certificates, for the AWS SDK's own client.
    pub(crate) fn sdk_context(&self) -> Result<TlsContext, TlsError> {
        let store = TrustStore::default().with_pem_certificate(self.pem.to_vec());
        TlsContext::builder()
            .with_trust_store(store)
            .build()
            .map_err(TlsError::Sdk)
    }

    /// The certificates, for this program's own client.
    pub(crate) fn certificates(&self) -> Vec<Certificate> {
        self.certificates.to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const CA: &str = include_str!("testing/ca.pem");

    /// Reads a bundle with this text; else returns the message of the error.
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
    fn a_file_that_is_no_bundle_is_rejected_by_name() {
        let garbage = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        let key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
        for (name, text, why) in [
            ("absent", None, "failed to read"),
            ("empty", Some(""), "contains no PEM certificate"),
            ("text", Some("hello"), "contains no PEM certificate"),
            ("key", Some(key), "contains no PEM certificate"),
            ("garbage", Some(garbage), "an invalid certificate"),
        ] {
            let error = read_bundle(name, text).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
    }
}
