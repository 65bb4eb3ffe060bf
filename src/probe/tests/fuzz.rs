//! Whatever bytes a camera sends: no panic, bounded, the same in whatever pieces they come, the password twice at most.

use std::cell::Cell;
use std::collections::VecDeque;
use std::panic::RefUnwindSafe;

use rtsp_types::Message;

use super::*;
use crate::probe::auth::Challenge;
use crate::probe::jpeg;
use crate::probe::trace::{Stop, Trace};
use crate::probe::wire::{Bounds, Inbox};

use crate::fuzz_recipe::{Corpus, Recipe, bounded};

const BOUNDS: Bounds = Bounds { head: 4 * 1024, body: 48 * 1024 };
/// What stands between the answers of one conversation in a text of the corpus.
const NEXT: &[u8] = b"\n====\n";
/// Sizes of pieces in which bytes come.
const SIZES: [usize; 6] = [1, 2, 7, 64, 1_460, 8_192];

const RTSP: &[&str] = &[
    "RTSP/1.0 200 OK\r\n",
    "RTSP/1.0 401 Unauthorized\r\n",
    "Content-Length: ",
    "Content-Length: 99999999999999999999\r\n",
    "CSeq: 1\r\n",
    "CSeq: 2\r\n",
    "Connection: close\r\n",
    "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\"\r\n",
    "stale=true",
    "\r\n\r\n",
    "\n\n",
    "\r\n ",
    "$\u{1}",
    "\u{0}",
    "v=0\r\n",
    "m=video 0 RTP/AVP 96\r\n",
    "村",
    "\n====\n",
];

/// The messages that are heard when bytes come in pieces of a size, and how it ended.
fn heard(bytes: &[u8], size: usize) -> (Vec<Message<Vec<u8>>>, Option<Stop>) {
    let mut inbox = Inbox::new(BOUNDS);
    let mut messages = Vec::new();
    for piece in bytes.chunks(size) {
        inbox.push(piece);
        loop {
            match inbox.next() {
                Ok(Some(message)) => messages.push(message),
                Ok(None) => break,
                Err(stop) => return (messages, Some(stop)),
            }
        }
        let waiting = inbox.room(0).len();
        assert!(waiting <= BOUNDS.head + BOUNDS.body + 4 + usize::from(u16::MAX) + size, "{waiting} bytes are kept");
    }
    (messages, None)
}

#[test]
fn whatever_comes_over_rtsp_is_understood_the_same_in_whatever_pieces() {
    let corpus = Corpus::of("rtsp", RTSP);
    bolero::check!().with_type::<(Recipe, u8)>().for_each(|(recipe, size)| {
        let (_, bytes) = corpus.make(recipe);
        let size = SIZES[usize::from(*size) % SIZES.len()];
        let (whole, end) = bounded(&bytes, || heard(&bytes, bytes.len().max(1)));
        let (pieces, other) = bounded(&bytes, || heard(&bytes, size));
        // Which of two faults is met first may depend on what has come.
        assert_eq!((pieces, other.is_some()), (whole, end.is_some()), "{size}: {:?}", String::from_utf8_lossy(&bytes));
        for stop in end.into_iter().chain(other) {
            assert!(matches!(stop.result, ProbeResult::Fail(FailKind::Protocol | FailKind::Body)), "{stop:?}");
        }
    });
}

#[test]
fn whatever_a_challenge_is_it_is_answered_or_refused() {
    let words = &[
        "Digest ",
        "Basic ",
        "realm=\"",
        "nonce=\"",
        "qop=\"auth,auth-int\"",
        "algorithm=SHA-256",
        "opaque=\"\"",
        ", ",
        "\\\"",
        "=",
    ];
    let corpus = Corpus::of("challenge", words);
    bolero::check!().with_type::<(Recipe, bool)>().for_each(|(recipe, basic)| {
        let (_, bytes) = corpus.make(recipe);
        let text = String::from_utf8_lossy(&bytes);
        let lines: Vec<&str> = text.lines().collect();
        let trace = &mut Trace::aloud();
        let value = bounded(&bytes, || {
            let mut challenge = Challenge::read(&lines, *basic)?;
            let _ = challenge.is_stale();
            challenge.answer(&credential(*basic), "DESCRIBE", "rtsp://127.0.0.1/main", trace)
        });
        match value {
            Ok(value) => {
                assert!(value.starts_with("Digest ") || (*basic && value.starts_with("Basic ")), "{value}");
                assert!(!value.contains(PASSWORD) && !value.contains(['\r', '\n']), "{value}");
            }
            Err(stop) => assert_eq!(stop.result, answered(Reason::Auth), "{stop:?}"),
        }
    });
}

#[test]
fn whatever_a_picture_is_it_is_judged_the_same_in_whatever_pieces() {
    let corpus = Corpus::of("jpeg", &["\u{0}", "<html>", "\u{7f}"]);
    bolero::check!().with_type::<(Recipe, u8)>().for_each(|(recipe, size)| {
        let (_, bytes) = corpus.make(recipe);
        let whole = bounded(&bytes, || jpeg::in_pieces(&bytes, bytes.len().max(1)));
        let size = SIZES[usize::from(*size) % SIZES.len()];
        assert_eq!(bounded(&bytes, || jpeg::in_pieces(&bytes, size)), whole, "{size}");
        if let Ok(header) = whole {
            assert!(header.bytes == bytes.len() && header.width >= 16 && header.height >= 16, "{header:?}");
        }
    });
}

/// Whole probes against a server that answers each request with the next piece of an input, and then hangs up.
struct Stage {
    runtime: tokio::runtime::Runtime,
    /// Each conversation has an address of its own, so that the ports of old ones are not waited for.
    next: Cell<u16>,
}

// After a panic nothing is looked at any more but the input.
impl RefUnwindSafe for Stage {}

impl Stage {
    fn new() -> Stage {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Stage { runtime, next: Cell::new(0) }
    }

    fn probe(&self, bytes: &[u8], url: impl FnOnce(&Server) -> String) {
        let pieces: VecDeque<Vec<u8>> = split(bytes).into();
        self.next.set(self.next.get().wrapping_add(1));
        let [high, low] = self.next.get().to_be_bytes();
        self.runtime.block_on(async {
            let pieces = Arc::new(Mutex::new(pieces));
            let host = format!("127.77.{high}.{low}");
            let server = Server::on(&host, move |guest| tell(guest, Arc::clone(&pieces))).await;
            let limits = Limits { redirects: 0, ..hasty() };
            let answer = ask(limits, &url(&server), Some(credential(false))).await;
            assert!(!matches!(answer.result, ProbeResult::Inconclusive(_)), "{answer:?}");
            assert!(server.log.passwords() <= 2, "{:?}", server.log.requests());
            let shown = server.log.requests().concat().to_lowercase();
            assert!(!shown.contains("authorization: basic"), "{shown}");
        });
    }
}

/// The answers in an input.
fn split(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut pieces = Vec::new();
    while let Some(at) = bytes.windows(NEXT.len()).position(|w| w == NEXT) {
        pieces.push(bytes[..at].to_vec());
        bytes = &bytes[at + NEXT.len()..];
    }
    pieces.push(bytes.to_vec());
    pieces
}

async fn tell(mut guest: Guest, pieces: Arc<Mutex<VecDeque<Vec<u8>>>>) {
    // Whoever waits for more than there is hears the end of it.
    const PATIENCE: Duration = Duration::from_millis(20);
    while let Ok(Some(_)) = tokio::time::timeout(PATIENCE, guest.request()).await {
        let (piece, is_last) = {
            let mut pieces = pieces.lock().unwrap();
            (pieces.pop_front(), pieces.is_empty())
        };
        let Some(piece) = piece else { break };
        guest.send(&piece).await;
        if is_last {
            break;
        }
    }
    // The other side may be gone.
    let _ = guest.stream.shutdown().await;
    guest.hang().await;
}

#[test]
fn whatever_a_camera_says_over_rtsp_its_probe_ends_and_shows_the_password_twice_at_most() {
    let (corpus, stage) = (Corpus::of("rtsp", RTSP), Stage::new());
    bolero::check!().with_shrink_time(Duration::from_secs(10)).with_type::<Recipe>().for_each(|recipe| {
        let (_, bytes) = corpus.make(recipe);
        bounded(&bytes, || stage.probe(&bytes, Server::rtsp));
    });
}

#[test]
fn whatever_a_camera_says_over_http_its_probe_ends_and_shows_the_password_twice_at_most() {
    let words = &[
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 401 Unauthorized\r\n",
        "HTTP/1.1 302 Found\r\nLocation: /other\r\n\r\n",
        "Transfer-Encoding: chunked\r\n",
        "Content-Length: 5\r\n",
        "Content-Encoding: gzip\r\n",
        "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth\"\r\n",
        "stale=true",
        "\r\n\r\n",
        "ffffffffffffffff\r\n",
        "0\r\n\r\n",
        "\u{0}",
        "村",
        "\n====\n",
    ];
    let (corpus, stage) = (Corpus::of("http", words), Stage::new());
    bolero::check!().with_shrink_time(Duration::from_secs(10)).with_type::<Recipe>().for_each(|recipe| {
        let (_, bytes) = corpus.make(recipe);
        bounded(&bytes, || stage.probe(&bytes, Server::http));
    });
}
