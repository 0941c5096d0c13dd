//! Invalid certificates, and proxies between the client and the API.

use std::fs;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use crate::backend::parallelcluster::tests::transport::trusting;
use crate::backend::parallelcluster::tests::*;

/// An issuer of certificates, trusted only by a client that has its PEM file.
struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        Self {
            pem: params.self_signed(&key).unwrap().pem(),
            issuer: Issuer::new(params, key),
        }
    }

    /// The server's side of TLS, with a certificate for this name that holds to the end of that year.
    fn server(&self, name: &str, last_year: i32) -> TlsAcceptor {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_before = date_time_ymd(2000, 1, 1);
        params.not_after = date_time_ymd(last_year, 12, 31);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key);
        TlsAcceptor::from(Arc::new(config.unwrap()))
    }

    /// The home directory of a user who has the PEM file.
    fn home(&self, test: &str) -> Home {
        let home = Home::new(test, "");
        fs::write(home.path().join("ca.pem"), &self.pem).unwrap();
        home
    }
}

/// Reads the head of a request, and writes the response.
async fn serve(stream: &mut (impl AsyncReadExt + AsyncWrite + Unpin), response: &str) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    let _ = stream.write_all(response.as_bytes()).await;
    let _ = stream.flush().await;
    String::from_utf8_lossy(&head).into_owned()
}

fn page() -> String {
    let length = PAGE.len();
    format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{PAGE}")
}

/// The outcome of a request to a server on this machine, from a client that trusts `authority`.
async fn request_from(server: TlsAcceptor, authority: &Authority) -> Result<(), Fault> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let home = authority.home(&format!("tls-{port}"));
    let url = format!("https://localhost:{port}/prod");
    let mut source = trusting(&url, home.path().join("ca.pem"));
    let mut connections = JoinSet::new();
    connections.spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if let Ok(mut stream) = server.accept(stream).await {
                serve(&mut stream, &page()).await;
            }
        }
    });
    match source.events(None).await {
        Ok(_) => Ok(()),
        Err(EventsError::Fault(fault) | EventsError::TokenRejected(fault)) => Err(fault),
    }
}

#[tokio::test]
async fn a_certificate_is_accepted_only_if_everything_about_it_is_valid() {
    let ours = Authority::new("ours");
    let same_name = Authority::new("ours");
    let theirs = Authority::new("theirs");
    assert_eq!(
        request_from(ours.server("localhost", 4000), &ours).await,
        Ok(())
    );
    for (server, why, hint) in [
        (
            same_name.server("localhost", 4000),
            "its issuer is not trusted on this machine",
            "--ca-bundle",
        ),
        (
            theirs.server("localhost", 4000),
            "its issuer is not trusted on this machine",
            "--ca-bundle",
        ),
        (ours.server("localhost", 2001), "it has expired", "clock"),
        (
            ours.server("elsewhere.example", 4000),
            "elsewhere.example",
            "host of the URL",
        ),
    ] {
        let fault = request_from(server, &ours).await.unwrap_err();
        assert_eq!(fault.kind, FaultKind::Misconfigured, "{fault}");
        let text = fault.to_string();
        assert!(
            text.contains("was rejected") && text.contains(why),
            "{fault}"
        );
        assert!(text.contains(hint), "{fault}");
    }
}

/// The alert of a server that supports none of the client's protocol versions.
#[tokio::test]
async fn a_server_of_an_old_protocol_is_refused() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let authority = Authority::new("ours");
    let home = authority.home("old-protocol");
    let url = format!("https://{}", listener.local_addr().unwrap());
    let mut source = trusting(&url, home.path().join("ca.pem"));
    let server = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(&[21, 3, 2, 0, 2, 2, 70]).await.unwrap();
        stream
    };
    let (_stream, fault) = tokio::join!(server, events_fault(&mut source));
    assert_eq!(fault.kind, FaultKind::Misconfigured, "{fault}");
    assert!(
        fault.message.as_str().contains("TLS handshake with"),
        "{fault}"
    );
}

/// A proxy that responds to CONNECT with `response`, and then is the API itself.
struct Proxy {
    address: String,
    requests: Arc<Mutex<Vec<String>>>,
    _connections: JoinSet<()>,
}

impl Proxy {
    async fn start(response: &'static str, api: TlsAcceptor) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let requests = Arc::default();
        let mut connections = JoinSet::new();
        let log: Arc<Mutex<Vec<String>>> = Arc::clone(&requests);
        connections.spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let request = serve(&mut stream, response).await;
                log.lock().unwrap().push(request);
                if let Ok(mut stream) = api.accept(stream).await {
                    serve(&mut stream, &page()).await;
                }
            }
        });
        Self {
            address,
            requests,
            _connections: connections,
        }
    }
}

/// A name that only a proxy can connect to.
const API: &str = "https://api.invalid/prod";

#[tokio::test]
async fn the_environments_proxy_is_used_and_its_faults_name_it() {
    let authority = Authority::new("ours");
    let home = authority.home("https-proxy");
    let api = || authority.server("api.invalid", 4000);
    let good = Proxy::start("HTTP/1.1 200 Connected\r\n\r\n", api()).await;
    let closed = "HTTP/1.1 407 No\r\nproxy-authenticate: Basic\r\ncontent-length: 0\r\n\r\n";
    let closed = Proxy::start(closed, api()).await;
    let broken = Proxy::start("HTTP/1.1 502 No\r\ncontent-length: 0\r\n\r\n", api()).await;
    let unused = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let absent = unused.local_addr().unwrap().to_string();
    drop(unused);
    let test = format!("{}::request_through_a_proxy", module_path!());
    let unresolved = "Transient: could not resolve host api.invalid; check the network";
    for (proxy, except, found) in [
        (&good.address, "", "a page"),
        (&good.address, "api.invalid", unresolved),
        // An invalid address counts as no proxy.
        (&"no such proxy".to_owned(), "", unresolved),
        (
            &closed.address,
            "",
            "Misconfigured: the proxy requires a user name and a password (407)",
        ),
        (
            &broken.address,
            "",
            "Transient: the proxy did not connect to api.invalid",
        ),
        (
            &absent,
            "",
            "Transient: could not connect to the proxy: tcp connect error",
        ),
    ] {
        let proxy = format!("http://{proxy}");
        let variables = [("HTTPS_PROXY", proxy.as_str()), ("NO_PROXY", except)];
        let outcome = home.run(&test, &variables).await;
        assert!(outcome.starts_with(found), "{outcome}");
        assert!(
            outcome == found || outcome.contains("HTTPS_PROXY"),
            "{outcome}"
        );
    }
    let requests = good.requests.lock().unwrap();
    assert_eq!(requests.len(), 1);
    assert!(
        requests[0].starts_with("CONNECT api.invalid:443 "),
        "{requests:?}"
    );
    assert!(
        !requests[0].contains("img-1"),
        "the proxy sees no more than the host"
    );
}

#[tokio::test]
#[ignore = "run by another test, in an environment of its own"]
async fn request_through_a_proxy() {
    match trusting(API, "ca.pem".into()).events(None).await {
        Ok(_) => println!("found: a page"),
        Err(EventsError::Fault(fault) | EventsError::TokenRejected(fault)) => {
            let text = fault.to_string();
            let (_, why) = text.split_once(": ").unwrap();
            println!("found: {:?}: {why}", fault.kind);
        }
    }
}
