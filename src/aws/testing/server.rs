//! A scripted HTTP server on a loopback port: it responds request by request, correctly or not.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::sleep;

/// The server's reaction to one request.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Writes these bytes and waits for the next request.
    Write(String),
    /// Writes these bytes and closes the connection.
    WriteAndClose(String),
    /// Writes these bytes and then no more, without closing.
    WriteAndHang(String),
    /// Writes bytes that need not be text.
    WriteBytes(Vec<u8>),
    /// Writes these bytes after a delay.
    WriteLate(Duration, String),
    /// Writes these bytes one by one, with this delay before each.
    Drip(Duration, String),
}

/// The server; it ends when it is dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    log: Arc<Mutex<Log>>,
    _connections: JoinSet<()>,
}

#[derive(Default)]
struct Log {
    script: VecDeque<Step>,
    requests: Vec<String>,
    connections: usize,
}

/// A response with a JSON body.
pub(crate) fn json(status: u16, body: &str) -> Step {
    response(status, "content-type: application/json\r\n", body)
}

/// A response with more headers, each ended by a line break.
pub(crate) fn response(status: u16, headers: &str, body: &str) -> Step {
    let length = body.len();
    Step::Write(format!(
        "HTTP/1.1 {status} Scripted\r\n{headers}content-length: {length}\r\n\r\n{body}"
    ))
}

impl Server {
    pub(crate) async fn start(script: impl IntoIterator<Item = Step>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let log = Arc::new(Mutex::new(Log {
            script: script.into_iter().collect(),
            ..Log::default()
        }));
        let mut connections = JoinSet::new();
        connections.spawn(accept(listener, Arc::clone(&log)));
        Self {
            address,
            log,
            _connections: connections,
        }
    }

    /// The requests so far, each the text of its head and its body.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.log.lock().unwrap().requests.clone()
    }

    /// How many connections were made so far.
    pub(crate) fn connections(&self) -> usize {
        self.log.lock().unwrap().connections
    }
}

async fn accept(listener: TcpListener, log: Arc<Mutex<Log>>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        log.lock().unwrap().connections += 1;
        connections.spawn(serve(stream, Arc::clone(&log)));
    }
}

async fn serve(mut stream: TcpStream, log: Arc<Mutex<Log>>) {
    while let Some(head) = read_request(&mut stream).await {
        let step = {
            let mut log = log.lock().unwrap();
            log.requests.push(head);
            log.script.pop_front()
        };
        // Without a further step the connection is closed, and the client's test fails.
        let Some(step) = step else { return };
        if step.play(&mut stream).await {
            return;
        }
    }
}

impl Step {
    /// Plays the step. True if it is the connection's last.
    async fn play(self, stream: &mut TcpStream) -> bool {
        match self {
            Self::Write(text) => stream.write_all(text.as_bytes()).await.is_err(),
            Self::WriteBytes(bytes) => stream.write_all(&bytes).await.is_err(),
            Self::WriteLate(after, text) => {
                sleep(after).await;
                stream.write_all(text.as_bytes()).await.is_err()
            }
            Self::WriteAndClose(text) => {
                let _ = stream.write_all(text.as_bytes()).await;
                true
            }
            Self::WriteAndHang(text) => {
                let _ = stream.write_all(text.as_bytes()).await;
                std::future::pending().await
            }
            Self::Drip(before, text) => {
                for byte in text.into_bytes() {
                    sleep(before).await;
                    if stream.write_u8(byte).await.is_err() {
                        return true;
                    }
                }
                false
            }
        }
    }
}

async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let mut request = String::from_utf8(head).ok()?;
    let length = request.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse::<usize>().ok())?
    });
    let mut body = vec![0; length.unwrap_or_default()];
    stream.read_exact(&mut body).await.ok()?;
    request.push_str(&String::from_utf8(body).ok()?);
    Some(request)
}
