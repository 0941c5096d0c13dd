//! The certificates of `--ca-bundle`, which are trusted besides the platform's: by the HTTP client for requests of
//! [`crate::aws::operation`], and by the AWS SDK's client for credentials. They are parsed when they are first needed: a
//! bundle may have hundreds, for which no first frame is to wait.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use aws_smithy_http_client::HttpClientError;
use aws_smithy_http_client::tls::{TlsContext, TrustStore};
use reqwest::{Certificate, Client};

use crate::file;

/// What each certificate begins with.
const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";

/// A CA bundle: a PEM file with at least one certificate. Its clones parse it once.
#[derive(Clone, Debug)]
pub(crate) struct CaBundle(Arc<Bundle>);

#[derive(Debug)]
struct Bundle {
    path: PathBuf,
    pem: Result<Vec<u8>, TlsError>,
    certificates: OnceLock<Result<Certificates, TlsError>>,
}

/// The certificates, checked.
#[derive(Debug)]
struct Certificates {
    /// For this program's own client.
    own: Vec<Certificate>,
    /// Besides the platform's, for the AWS SDK's own client.
    sdk: TlsContext,
}

/// The reason why a CA bundle, or the client made with it, can't be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TlsError {
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
    /// Reads the file, and no certificate yet. [`Self::check_file`] has the error.
    pub(crate) fn read(path: &Path) -> Self {
        let pem = file::read(path).map_err(|source| TlsError::Unreadable {
            path: path.to_owned(),
            source,
        });
        let pem = pem.and_then(|pem| {
            let has_certificate = pem.windows(BEGIN.len()).any(|bytes| bytes == BEGIN);
            let empty = || TlsError::Empty {
                path: path.to_owned(),
            };
            has_certificate.then_some(pem).ok_or_else(empty)
        });
        Self(Arc::new(Bundle {
            path: path.to_owned(),
            pem,
            certificates: OnceLock::new(),
        }))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0.path
    }

    /// Whether there is such a file, with certificates.
    ///
    /// # Errors
    /// If there is not.
    pub(crate) fn check_file(&self) -> Result<(), &TlsError> {
        self.0.pem.as_ref().map(|_| ())
    }

    /// The same, and whether the certificates can be used: this takes a millisecond or two for as many as a platform has.
    ///
    /// # Errors
    /// If they can't.
    pub(crate) fn check(&self) -> Result<(), &TlsError> {
        self.parsed().map(|_| ())
    }

    fn parsed(&self) -> Result<&Certificates, &TlsError> {
        let Bundle {
            path,
            pem,
            certificates,
        } = &*self.0;
        let pem = pem.as_ref()?;
        certificates
            .get_or_init(|| Certificates::parse(path, pem))
            .as_ref()
    }

    /// The bundle besides the platform's certificates, for the AWS SDK's own client. None if [`Self::check`] fails: then
    /// only the platform's are trusted.
    pub(crate) fn sdk_context(&self) -> Option<TlsContext> {
        Some(self.parsed().ok()?.sdk.clone())
    }

    /// The certificates, for this program's own client; the same holds.
    pub(crate) fn certificates(&self) -> Vec<Certificate> {
        let parsed = self.parsed();
        parsed.map(|all| all.own.clone()).unwrap_or_default()
    }
}

impl Certificates {
    /// Every certificate is checked here, since the AWS SDK panics on a bad one.
    fn parse(path: &Path, pem: &[u8]) -> Result<Self, TlsError> {
        let invalid = |source| TlsError::Invalid {
            path: path.to_owned(),
            source,
        };
        let own = Certificate::from_pem_bundle(pem).map_err(invalid)?;
        if own.is_empty() {
            return Err(TlsError::Empty {
                path: path.to_owned(),
            });
        }
        Client::builder()
            .tls_certs_only(own.clone())
            .build()
            .map_err(invalid)?;
        let store = TrustStore::default().with_pem_certificate(pem.to_vec());
        let sdk = TlsContext::builder().with_trust_store(store).build();
        let sdk = sdk.map_err(TlsError::Sdk)?;
        Ok(Self { own, sdk })
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
        let error = bundle.check().err().map(ToString::to_string);
        let of_file = bundle.check_file().err().map(ToString::to_string);
        assert!(of_file.is_none() || of_file == error);
        let _gone = fs::remove_file(&path);
        let Some(message) = error else {
            return Ok(bundle);
        };
        assert!(message.contains(name), "the file is not named: {message}");
        assert!(bundle.certificates().is_empty() && bundle.sdk_context().is_none());
        Err(message)
    }

    #[test]
    fn a_bundle_may_hold_several_certificates_and_other_text() {
        let bundle = read_bundle("good", Some(&format!("# ours\n{CA}\n{CA}"))).unwrap();
        assert_eq!(bundle.certificates().len(), 2);
        assert!(bundle.sdk_context().is_some());
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
