//! Whole probes against servers on loopback that misbehave. Each server takes a free port of its own. Where silence is
//! expected the limits are short; where an answer is expected they are so long that no slow machine reaches them.

mod captures;
mod passwords;
mod picture;
mod reach;
mod redirects;
mod secure;
mod stream;
mod wire;
mod words;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cunkou_core::model::{FailKind, Inconclusive, Phase, Reason};
use secrecy::SecretString;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinHandle;
use url::Url;

use super::*;

const USER: &str = "watch";
/// Marked, so that it can be searched for.
const PASSWORD: &str = "MARKED-pässwörd-村";

/// Limits that no honest answer on loopback reaches.
fn patient() -> Limits {
    let long = Duration::from_secs(30);
    Limits { timeout: long, confirm_timeout: long, reach_timeout: long, confirm_reach: long, ..Limits::default() }
}

/// Limits for what stays silent.
fn hasty() -> Limits {
    let short = Duration::from_millis(400);
    Limits { timeout: short, confirm_timeout: short, reach_timeout: short, confirm_reach: short, ..Limits::default() }
}

fn loopback() -> AllowList {
    AllowList::new(vec!["127.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()], Vec::new())
}

fn prober(limits: Limits) -> Prober {
    Prober::new(limits, loopback())
}

fn credential(basic: bool) -> Credential {
    Credential { user: USER.to_owned(), password: SecretString::from(PASSWORD), basic }
}

/// Asks a URL aloud, and checks what holds for every answer whatever the server did.
async fn ask(limits: Limits, url: &str, credential: Option<Credential>) -> Answer {
    let question = for_url(&Url::parse(url).unwrap(), credential).unwrap();
    let answer = prober(limits).ask_aloud(&question).await;
    assert_clean(&answer);
    answer
}

/// Notes are one short line, and no secret stands anywhere.
fn assert_clean(answer: &Answer) {
    let lines = answer.steps.iter().flat_map(|s| s.lines.iter().chain([&s.what])).map(String::as_str);
    for line in lines.chain(answer.note.as_deref()) {
        assert!(line.chars().count() <= 200 && !line.chars().any(char::is_control), "{line:?}");
    }
    let all = format!("{answer:?}");
    assert!(!all.contains("MARKED") && !all.contains(&basic_token()), "{all}");
}

/// What Basic sends.
fn basic_token() -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(format!("{USER}:{PASSWORD}"))
}

fn failed(kind: FailKind) -> ProbeResult {
    ProbeResult::Fail(kind)
}

fn answered(reason: Reason) -> ProbeResult {
    ProbeResult::Answered(reason)
}

const PASS: ProbeResult = ProbeResult::Pass { slow: false };

/// What one connection of a server is good for.
struct Guest {
    stream: TcpStream,
    heard: Vec<u8>,
    log: Arc<Log>,
}

/// What a server has seen.
#[derive(Default)]
struct Log {
    connections: AtomicUsize,
    /// Bytes that the server could send.
    sent: AtomicUsize,
    requests: Mutex<Vec<String>>,
}

impl Log {
    fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    /// Requests in which a password was shown.
    fn passwords(&self) -> usize {
        self.requests().iter().filter(|r| r.contains("uthorization: ")).count()
    }
}

impl Guest {
    /// The head of the next request; `None` when the client has gone.
    async fn request(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.heard.windows(4).position(|w| w == b"\r\n\r\n") {
                let head: Vec<u8> = self.heard.drain(..end + 4).collect();
                let head = String::from_utf8(head).unwrap();
                self.log.requests.lock().unwrap().push(head.clone());
                return Some(head);
            }
            if self.stream.read_buf(&mut self.heard).await.ok()? == 0 {
                return None;
            }
        }
    }

    async fn send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        let sent = self.stream.write_all(bytes.as_ref()).await.is_ok();
        if sent {
            self.log.sent.fetch_add(bytes.as_ref().len(), Ordering::Relaxed);
        }
        sent
    }

    /// Says nothing until the client goes.
    async fn hang(&mut self) {
        let mut waste = [0; 1024];
        while self.stream.read(&mut waste).await.is_ok_and(|n| n > 0) {}
    }
}

/// A server on loopback; dropping it ends it.
struct Server {
    addr: SocketAddr,
    log: Arc<Log>,
    task: JoinHandle<()>,
}

impl Server {
    async fn start<F, G>(serve: F) -> Server
    where
        F: Fn(Guest) -> G + Send + 'static,
        G: Future<Output = ()> + Send + 'static,
    {
        Server::on("127.0.0.1", serve).await
    }

    async fn on<F, G>(host: &str, serve: F) -> Server
    where
        F: Fn(Guest) -> G + Send + 'static,
        G: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind((host, 0)).await.unwrap();
        let addr = listener.local_addr().unwrap();
        let log = Arc::new(Log::default());
        let seen = Arc::clone(&log);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                seen.connections.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(serve(Guest { stream, heard: Vec::new(), log: Arc::clone(&seen) }));
            }
        });
        Server { addr, log, task }
    }

    /// Answers each request by a function of it; hangs up where that gives nothing.
    async fn answering<F>(answer: F) -> Server
    where
        F: Fn(&str) -> Option<Vec<u8>> + Send + Sync + Clone + 'static,
    {
        Server::start(move |mut guest| {
            let answer = answer.clone();
            async move {
                while let Some(request) = guest.request().await {
                    match answer(&request) {
                        Some(bytes) => _ = guest.send(bytes).await,
                        None => return,
                    }
                }
            }
        })
        .await
    }

    /// Sends the same bytes once it was asked, then stays silent.
    async fn saying(bytes: impl Into<Vec<u8>>) -> Server {
        let bytes: Arc<[u8]> = bytes.into().into();
        Server::start(move |mut guest| {
            let bytes = Arc::clone(&bytes);
            async move {
                if guest.request().await.is_some() {
                    guest.send(&bytes).await;
                    guest.hang().await;
                }
            }
        })
        .await
    }

    fn rtsp(&self) -> String {
        format!("rtsp://{}/main?channel=1", self.addr)
    }

    fn http(&self) -> String {
        format!("http://{}/snapshot.jpg?channel=1", self.addr)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A port of loopback that nobody listens on: it is held, but not listened on, so that nobody else takes it.
fn closed_port() -> (SocketAddr, TcpSocket) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    (socket.local_addr().unwrap(), socket)
}

/// A port that drops every SYN: a queue of length 0, filled.
async fn dropping_port() -> (SocketAddr, TcpListener, Vec<TcpStream>) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(0).unwrap();
    let addr = listener.local_addr().unwrap();
    let mut fillers = Vec::new();
    while let Ok(filler) = tokio::time::timeout(Duration::from_millis(300), TcpStream::connect(addr)).await {
        fillers.push(filler.unwrap());
    }
    (addr, listener, fillers)
}

/// The CSeq of a request.
fn cseq(request: &str) -> u32 {
    request.lines().find_map(|l| l.strip_prefix("CSeq: ")).unwrap().trim().parse().unwrap()
}

/// An RTSP answer to a request.
fn rtsp_answer(request: &str, status: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
    format!("RTSP/1.0 {status}\r\nCSeq: {}\r\n{headers}{length}\r\n{body}", cseq(request)).into_bytes()
}

const SDP: &str =
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=村口\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n";

/// An HTTP answer.
fn http_answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n", body.len()).into_bytes();
    bytes.extend(body);
    bytes
}

/// A JPEG as far as its header tells.
fn jpeg_bytes() -> Vec<u8> {
    let mut bytes = vec![0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 2, 64, 2, 192, 1, 1, 0x11, 0, 0xff, 0xda, 0, 2];
    bytes.extend([7; 64]);
    bytes.extend([0xff, 0xd9]);
    bytes
}
