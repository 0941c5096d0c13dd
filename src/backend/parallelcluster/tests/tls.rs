//! Certificates that are not as they should be, and proxies between here and the API.

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

/// Somebody who issues certificates; nobody trusts him but who has his PEM file.
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

    /// The home directory of somebody who has the PEM file.
    fn home(&self, test: &str) -> Home {
        let home = Home::new(test, "");
        fs::write(home.path().join("ca.pem"), &self.pem).unwrap();
        home
    }
}

/// Reads the head of a request, and answers.
async fn serve(stream: &mut (impl AsyncReadExt + AsyncWrite + Unpin), said: &str) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    let _ = stream.write_all(said.as_bytes()).await;
    let _ = stream.flush().await;
    String::from_utf8_lossy(&head).into_owned()
}

fn page() -> String {
    let length = PAGE.len();
    format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{PAGE}")
}

/// What a client that trusts `authority` makes of a server on this machine.
async fn asked_of(server: TlsAcceptor, authority: &Authority) -> Result<(), Fault> {
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
async fn a_certificate_is_taken_only_where_everything_about_it_is_right() {
    let ours = Authority::new("ours");
    let same_name = Authority::new("ours");
    let theirs = Authority::new("theirs");
    assert_eq!(
        asked_of(ours.server("localhost", 4000), &ours).await,
        Ok(())
    );
    for (server, why, hint) in [
        (
            same_name.server("localhost", 4000),
            "its issuer is not trusted here",
            "--ca-bundle",
        ),
        (
            theirs.server("localhost", 4000),
            "its issuer is not trusted here",
            "--ca-bundle",
        ),
        (ours.server("localhost", 2001), "it has expired", "clock"),
        (
            ours.server("elsewhere.example", 4000),
            "elsewhere.example",
            "host of the API's URL",
        ),
    ] {
        let fault = asked_of(server, &ours).await.unwrap_err();
        assert_eq!(fault.kind, FaultKind::Misconfigured, "{fault}");
        let said = fault.to_string();
        assert!(said.contains("is refused") && said.contains(why), "{fault}");
        assert!(said.contains(hint), "{fault}");
    }
}

/// The alert of a server that speaks none of the protocol's versions that are spoken here.
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
        fault.message.as_str().contains("no TLS connection to"),
        "{fault}"
    );
}

/// A proxy that answers CONNECT with `said`, and is the API itself behind that.
struct Proxy {
    address: String,
    asked: Arc<Mutex<Vec<String>>>,
    _connections: JoinSet<()>,
}

impl Proxy {
    async fn start(said: &'static str, api: TlsAcceptor) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let asked = Arc::default();
        let mut connections = JoinSet::new();
        let heard: Arc<Mutex<Vec<String>>> = Arc::clone(&asked);
        connections.spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let request = serve(&mut stream, said).await;
                heard.lock().unwrap().push(request);
                if let Ok(mut stream) = api.accept(stream).await {
                    serve(&mut stream, &page()).await;
                }
            }
        });
        Self {
            address,
            asked,
            _connections: connections,
        }
    }
}

/// A name that only a proxy can make something of.
const API: &str = "https://nobody.invalid/prod";

#[tokio::test]
async fn the_environments_proxy_is_used_and_its_faults_are_its_own() {
    let authority = Authority::new("ours");
    let home = authority.home("https-proxy");
    let api = || authority.server("nobody.invalid", 4000);
    let good = Proxy::start("HTTP/1.1 200 Connected\r\n\r\n", api()).await;
    let closed = "HTTP/1.1 407 No\r\nproxy-authenticate: Basic\r\ncontent-length: 0\r\n\r\n";
    let closed = Proxy::start(closed, api()).await;
    let broken = Proxy::start("HTTP/1.1 502 No\r\ncontent-length: 0\r\n\r\n", api()).await;
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let absent = nobody.local_addr().unwrap().to_string();
    drop(nobody);
    let test = format!("{}::ask_through_a_proxy", module_path!());
    let unresolved = "Transient: the name nobody.invalid can't be resolved; check the network";
    for (proxy, except, found) in [
        (&good.address, "", "a page"),
        (&good.address, "nobody.invalid", unresolved),
        // What is no address counts as no proxy.
        (&"no such proxy".to_owned(), "", unresolved),
        (
            &closed.address,
            "",
            "Misconfigured: the proxy wants a user name and a password (407)",
        ),
        (
            &broken.address,
            "",
            "Transient: the proxy gives no connection to nobody.invalid",
        ),
        (
            &absent,
            "",
            "Transient: the proxy can't be reached: tcp connect error",
        ),
    ] {
        let proxy = format!("http://{proxy}");
        let variables = [("HTTPS_PROXY", proxy.as_str()), ("NO_PROXY", except)];
        let said = home.run(&test, &variables).await;
        assert!(said.starts_with(found), "{said}");
        assert!(said == found || said.contains("HTTPS_PROXY"), "{said}");
    }
    let asked = good.asked.lock().unwrap();
    assert_eq!(asked.len(), 1);
    assert!(
        asked[0].starts_with("CONNECT nobody.invalid:443 "),
        "{asked:?}"
    );
    assert!(
        !asked[0].contains("img-1"),
        "the proxy hears of nothing else"
    );
}

#[tokio::test]
#[ignore = "run by another test, in an environment of its own"]
async fn ask_through_a_proxy() {
    match trusting(API, "ca.pem".into()).events(None).await {
        Ok(_) => println!("found: a page"),
        Err(EventsError::Fault(fault) | EventsError::TokenRejected(fault)) => {
            let said = fault.to_string();
            let (_, why) = said.split_once(" failed: ").unwrap();
            println!("found: {:?}: {why}", fault.kind);
        }
    }
}
