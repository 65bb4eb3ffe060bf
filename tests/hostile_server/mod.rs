//! A camera that means harm, on an address of its own: what it does, what a probe should say of it, and what it has
//! seen.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses its own part of this")]

mod answers;

use std::io::Write;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// The ports of the made-up town.
pub const RTSP: u16 = 8554;
pub const HTTP: u16 = 8080;
/// A name that only the test's own name server knows.
pub const CHANGING: &str = "changes.cunkou.test";

/// What a hostile camera does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    EndlessLine,
    EndlessHeaders,
    EndlessInterim,
    EndlessBody,
    LengthHuge,
    LengthNegative,
    LengthDoubled,
    ByteASecond,
    AlmostAHead,
    AlmostABody,
    TlsHalfWay,
    GzipBomb,
    VastPicture,
    ToMetadata,
    ToLoopback,
    ToItself,
    NewNonceEachTime,
    StaleEachTime,
    VastRealm,
    ManyChallenges,
    Escapes,
    Markup,
}

/// The word for the outcome that is right: `result` or `answered:reason` of the API.
pub type Says = &'static str;

impl Fault {
    pub const ALL: [Fault; 22] = [
        Fault::EndlessLine,
        Fault::EndlessHeaders,
        Fault::EndlessInterim,
        Fault::EndlessBody,
        Fault::LengthHuge,
        Fault::LengthNegative,
        Fault::LengthDoubled,
        Fault::ByteASecond,
        Fault::AlmostAHead,
        Fault::AlmostABody,
        Fault::TlsHalfWay,
        Fault::GzipBomb,
        Fault::VastPicture,
        Fault::ToMetadata,
        Fault::ToLoopback,
        Fault::ToItself,
        Fault::NewNonceEachTime,
        Fault::StaleEachTime,
        Fault::VastRealm,
        Fault::ManyChallenges,
        Fault::Escapes,
        Fault::Markup,
    ];

    /// What stream and picture say, where a password is known.
    pub fn says(self) -> [Says; 2] {
        match self {
            Fault::EndlessLine | Fault::EndlessHeaders | Fault::EndlessInterim => ["protocol", "protocol"],
            // RTSP has no body without a length: the bytes behind the head are the next message.
            Fault::EndlessBody => ["protocol", "body"],
            Fault::LengthHuge => ["body", "body"],
            Fault::LengthNegative | Fault::LengthDoubled => ["protocol", "protocol"],
            Fault::ByteASecond | Fault::AlmostAHead | Fault::AlmostABody | Fault::TlsHalfWay => ["timeout", "timeout"],
            Fault::GzipBomb | Fault::VastPicture => ["body", "body"],
            Fault::ToMetadata | Fault::ToLoopback | Fault::ToItself => ["protocol", "protocol"],
            Fault::NewNonceEachTime | Fault::StaleEachTime => ["answered:auth", "answered:auth"],
            Fault::ManyChallenges | Fault::Markup => ["answered:auth", "answered:auth"],
            // HTTP knows no control characters in a head.
            Fault::Escapes => ["answered:auth", "protocol"],
            Fault::VastRealm => ["protocol", "protocol"],
        }
    }

    /// What its URLs begin with.
    pub fn schemes(self) -> [&'static str; 2] {
        if self == Fault::TlsHalfWay { ["rtsps", "https"] } else { ["rtsp", "http"] }
    }
}

/// The two protocols of a camera.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Protocol {
    Rtsp,
    Http,
}

/// What the camera has seen.
#[derive(Default, Debug)]
pub struct Seen {
    pub connections: AtomicUsize,
    /// Bytes that it could send.
    pub sent: AtomicUsize,
    requests: Mutex<Vec<String>>,
}

impl Seen {
    /// Requests in which a password was shown.
    pub fn passwords(&self) -> usize {
        let requests = self.requests.lock().expect("no other panic");
        requests.iter().filter(|r| r.to_ascii_lowercase().contains("\r\nauthorization: ")).count()
    }
}

/// A hostile camera; dropping it ends it.
pub struct Hostile {
    pub fault: Fault,
    pub address: IpAddr,
    pub seen: Arc<Seen>,
    tasks: Vec<JoinHandle<()>>,
}

impl Hostile {
    /// Stands on the ports of the made-up town.
    pub async fn start(fault: Fault, address: IpAddr) -> Hostile {
        let seen = Arc::new(Seen::default());
        let mut tasks = Vec::new();
        for (protocol, port) in [(Protocol::Rtsp, RTSP), (Protocol::Http, HTTP)] {
            let at = SocketAddr::new(address, port);
            let listener = TcpListener::bind(at).await.unwrap_or_else(|e| panic!("{at}: {e}"));
            let seen = Arc::clone(&seen);
            tasks.push(tokio::spawn(async move {
                while let Ok((stream, _)) = listener.accept().await {
                    seen.connections.fetch_add(1, Ordering::Relaxed);
                    let guest = Guest { stream, heard: Vec::new(), seen: Arc::clone(&seen), protocol, address };
                    tokio::spawn(answers::serve(guest, fault));
                }
            }));
        }
        Hostile { fault, address, seen, tasks }
    }

    /// The URL of its stream or its picture.
    pub fn url(&self, protocol: Protocol) -> String {
        let [rtsp, http] = self.fault.schemes();
        match protocol {
            Protocol::Rtsp => format!("{rtsp}://{}:{RTSP}/main", self.address),
            Protocol::Http => format!("{http}://{}:{HTTP}/snapshot.jpg", self.address),
        }
    }
}

impl Drop for Hostile {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

/// One connection to it.
struct Guest {
    stream: TcpStream,
    heard: Vec<u8>,
    seen: Arc<Seen>,
    protocol: Protocol,
    address: IpAddr,
}

impl Guest {
    /// The head of the next request; `None` when the client has gone.
    async fn request(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.heard.windows(4).position(|w| w == b"\r\n\r\n") {
                let head: Vec<u8> = self.heard.drain(..end + 4).collect();
                let head = String::from_utf8_lossy(&head).into_owned();
                self.seen.requests.lock().expect("no other panic").push(head.clone());
                return Some(head);
            }
            if self.stream.read_buf(&mut self.heard).await.ok()? == 0 {
                return None;
            }
        }
    }

    /// Whether the client still takes it.
    async fn send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        let sent = self.stream.write_all(bytes.as_ref()).await.is_ok();
        if sent {
            self.seen.sent.fetch_add(bytes.as_ref().len(), Ordering::Relaxed);
        }
        sent
    }

    /// Sends the same for as long as the client takes it.
    async fn flood(&mut self, piece: &str) {
        let chunk = piece.repeat(16_384_usize.div_ceil(piece.len()));
        while self.send(&chunk).await {}
    }

    /// Says nothing until the client goes.
    async fn hang(&mut self) {
        let mut waste = [0; 1024];
        while self.stream.read(&mut waste).await.is_ok_and(|n| n > 0) {}
    }

    /// The first line of an answer, and what belongs to the request.
    fn status(&self, status: &str, request: &str) -> String {
        let version = if self.protocol == Protocol::Rtsp { "RTSP/1.0" } else { "HTTP/1.1" };
        let cseq = request.lines().find(|l| l.starts_with("CSeq: ")).map(|l| format!("{l}\r\n"));
        format!("{version} {status}\r\n{}", cseq.unwrap_or_default())
    }

    /// A whole answer.
    async fn answer(&mut self, status: &str, request: &str, headers: &str, body: &[u8]) -> bool {
        let head = format!("{}{headers}Content-Length: {}\r\n\r\n", self.status(status, request), body.len());
        self.send([head.as_bytes(), body].concat()).await
    }
}

/// 64 MiB of nothing, packed into 64 KiB.
static BOMB: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let nothing = vec![0_u8; 1 << 20];
    (0..64).for_each(|_| packer.write_all(&nothing).expect("memory"));
    packer.finish().expect("memory")
});

/// Between two bytes of who dribbles.
const DRIBBLE: Duration = Duration::from_secs(1);
