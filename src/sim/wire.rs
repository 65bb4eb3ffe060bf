//! Requests as they come off the wire, RTSP and HTTP alike, and answers as they go onto it. Bounded: what a client
//! sends is as hostile here as anywhere.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rtsp_types::{Message, ParseError, headers};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Bytes a request may have, head and body together.
pub(super) const MAX_REQUEST: usize = 16 * 1024;
/// Headers an HTTP request may have.
const MAX_HEADERS: usize = 64;
/// How long a connection may be silent, or take over one request.
const IDLE: Duration = Duration::from_secs(60);
/// How long a client may take to read one answer.
const WRITE: Duration = Duration::from_secs(10);

/// The two protocols of a camera.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Protocol {
    Rtsp,
    Http,
}

impl Protocol {
    /// The version that stands before the status of an answer.
    pub(super) const fn version(self) -> &'static str {
        match self {
            Protocol::Rtsp => "RTSP/1.0",
            Protocol::Http => "HTTP/1.1",
        }
    }
}

/// What a camera reads of a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Request {
    pub(super) protocol: Protocol,
    pub(super) method: String,
    /// The request target exactly as it was written; Digest hashes it.
    pub(super) target: String,
    pub(super) authorization: Option<String>,
    pub(super) cseq: Option<String>,
    /// The client wants the connection closed after the answer.
    pub(super) close: bool,
}

impl Request {
    /// Path and query of the target, whether it was written as a URL or as a path.
    pub(super) fn path(&self) -> &str {
        let Some((_, rest)) = self.target.split_once("://") else { return &self.target };
        rest.find('/').map_or("/", |at| &rest[at..])
    }
}

/// What stands at the beginning of a buffer.
#[derive(PartialEq, Eq, Debug)]
enum Parsed {
    /// More is needed.
    Incomplete,
    /// No request of either protocol.
    Bad,
    /// A request, and how many bytes it took.
    Request(Request, usize),
}

fn parse(buffer: &[u8]) -> Parsed {
    let Some(line_end) = buffer.windows(2).position(|w| w == b"\r\n") else { return Parsed::Incomplete };
    let Ok(line) = std::str::from_utf8(&buffer[..line_end]) else { return Parsed::Bad };
    let mut words = line.split(' ');
    match (words.next(), words.next(), words.next(), words.next()) {
        (Some(_), Some(target), Some(version), None) if version.starts_with("RTSP/") => parse_rtsp(buffer, target),
        (Some(_), Some(_), Some(version), None) if version.starts_with("HTTP/1.") => parse_http(buffer),
        _ => Parsed::Bad,
    }
}

fn parse_rtsp(buffer: &[u8], target: &str) -> Parsed {
    let (request, used) = match Message::<Vec<u8>>::parse(buffer) {
        Ok((Message::Request(request), used)) => (request, used),
        Err(ParseError::Incomplete(_)) => return Parsed::Incomplete,
        Ok(_) | Err(ParseError::Error) => return Parsed::Bad,
    };
    let text = |name| request.header(&name).map(|v| v.as_str().trim().to_owned());
    let parsed = Request {
        protocol: Protocol::Rtsp,
        method: <&str>::from(request.method()).to_owned(),
        target: target.to_owned(),
        authorization: text(headers::AUTHORIZATION),
        cseq: text(headers::CSEQ),
        close: text(headers::CONNECTION).is_some_and(|v| v.eq_ignore_ascii_case("close")),
    };
    Parsed::Request(parsed, used)
}

fn parse_http(buffer: &[u8]) -> Parsed {
    let mut slots = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut head = httparse::Request::new(&mut slots);
    let used = match head.parse(buffer) {
        Ok(httparse::Status::Complete(used)) => used,
        Ok(httparse::Status::Partial) => return Parsed::Incomplete,
        Err(_) => return Parsed::Bad,
    };
    let text = |name: &str| {
        let found = head.headers.iter().find(|h| h.name.eq_ignore_ascii_case(name))?;
        std::str::from_utf8(found.value).ok().map(|v| v.trim().to_owned())
    };
    let body = match text("content-length").map(|v| v.parse::<usize>()) {
        None => 0,
        Some(Ok(n)) if n <= MAX_REQUEST => n,
        Some(_) => return Parsed::Bad,
    };
    if text("transfer-encoding").is_some() {
        return Parsed::Bad;
    }
    if buffer.len() < used + body {
        return Parsed::Incomplete;
    }
    let connection = text("connection").unwrap_or_default();
    let old = head.version == Some(0) && !connection.eq_ignore_ascii_case("keep-alive");
    let parsed = Request {
        protocol: Protocol::Http,
        method: head.method.unwrap_or_default().to_owned(),
        target: head.path.unwrap_or_default().to_owned(),
        authorization: text("authorization"),
        cseq: None,
        close: old || connection.eq_ignore_ascii_case("close"),
    };
    Parsed::Request(parsed, used + body)
}

/// An answer of a camera.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Arc<[u8]>,
}

impl Answer {
    /// An answer without headers or body of its own.
    pub(super) fn empty(status: u16) -> Answer {
        Answer { status, headers: Vec::new(), body: Arc::from([]) }
    }

    /// The same with one more header.
    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Answer {
        self.headers.push((name, value.into()));
        self
    }

    /// The same with a body of a type.
    pub(super) fn body(self, content_type: &str, body: impl Into<Arc<[u8]>>) -> Answer {
        let mut answer = self.with("Content-Type", content_type);
        answer.body = body.into();
        answer
    }

    /// The bytes that answer a request.
    pub(super) fn to_bytes(&self, request: &Request) -> Vec<u8> {
        let reason = match self.status {
            200 => "OK",
            400 => "Bad Request",
            401 => "Unauthorized",
            404 => {
                if request.protocol == Protocol::Rtsp {
                    "Stream Not Found"
                } else {
                    "Not Found"
                }
            }
            405 => "Method Not Allowed",
            454 => "Session Not Found",
            461 => "Unsupported Transport",
            501 => "Not Implemented",
            503 => "Service Unavailable",
            _ => "Error",
        };
        let mut head = format!("{} {} {reason}\r\n", request.protocol.version(), self.status);
        let mut line = |name: &str, value: &str| head.extend([name, ": ", value, "\r\n"]);
        if let Some(cseq) = &request.cseq {
            line("CSeq", cseq);
        }
        self.headers.iter().for_each(|(name, value)| line(name, value));
        if request.protocol == Protocol::Http || !self.body.is_empty() {
            line("Content-Length", &self.body.len().to_string());
        }
        if request.close {
            line("Connection", "close");
        }
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(b"\r\n");
        if request.method != "HEAD" {
            bytes.extend_from_slice(&self.body);
        }
        bytes
    }
}

/// One connection, read request by request.
pub(super) struct Wire<'a> {
    stream: &'a mut TcpStream,
    buffer: Vec<u8>,
}

impl<'a> Wire<'a> {
    pub(super) fn new(stream: &'a mut TcpStream) -> Wire<'a> {
        Wire { stream, buffer: Vec::new() }
    }

    /// The next request; `None` once the client has gone, is silent too long, or sends what is no request.
    pub(super) async fn next(&mut self) -> io::Result<Option<Request>> {
        timeout(IDLE, self.read()).await.unwrap_or(Ok(None))
    }

    async fn read(&mut self) -> io::Result<Option<Request>> {
        loop {
            match parse(&self.buffer) {
                Parsed::Request(request, used) => {
                    self.buffer.drain(..used.min(self.buffer.len()));
                    return Ok(Some(request));
                }
                Parsed::Bad => return Ok(None),
                Parsed::Incomplete if self.buffer.len() >= MAX_REQUEST => return Ok(None),
                Parsed::Incomplete => {}
            }
            let room = MAX_REQUEST - self.buffer.len();
            if (&mut *self.stream).take(room as u64).read_buf(&mut self.buffer).await? == 0 {
                return Ok(None);
            }
        }
    }

    /// Sends some bytes.
    pub(super) async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        timeout(WRITE, self.stream.write_all(bytes)).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
    }

    /// Reads and forgets until the client goes, at most so long.
    pub(super) async fn sink(&mut self, at_most: Duration) {
        let forget = async {
            let mut waste = [0_u8; 1024];
            while self.stream.read(&mut waste).await.is_ok_and(|n| n > 0) {}
        };
        // However it ends, the connection is done with.
        let _ = timeout(at_most, forget).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(bytes: &[u8]) -> (Request, usize) {
        match parse(bytes) {
            Parsed::Request(request, used) => (request, used),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_rtsp_request_is_read_to_its_end_and_no_further() {
        let first = b"DESCRIBE rtsp://127.0.0.1:8554/a?b=1 RTSP/1.0\r\nCSeq: 7\r\nAuthorization: Digest x=y\r\n\r\n";
        let both = [first.as_slice(), b"OPTIONS * RTSP/1.0\r\nCSeq: 8\r\n\r\n"].concat();
        let (request, used) = one(&both);
        assert_eq!((request.method.as_str(), request.path(), used), ("DESCRIBE", "/a?b=1", first.len()));
        assert_eq!(request.target, "rtsp://127.0.0.1:8554/a?b=1", "Digest hashes the target as it was written");
        assert_eq!((request.cseq.as_deref(), request.authorization.as_deref()), (Some("7"), Some("Digest x=y")));
        let (next, _) = one(&both[used..]);
        assert_eq!((next.method.as_str(), next.path()), ("OPTIONS", "*"));
    }

    #[test]
    fn an_http_request_says_whether_the_connection_stays() {
        for (text, close) in [
            ("GET /snapshot.jpg HTTP/1.1\r\nHost: x\r\n\r\n", false),
            ("GET /snapshot.jpg HTTP/1.1\r\nHost: x\r\nConnection: Close\r\n\r\n", true),
            ("GET /snapshot.jpg HTTP/1.0\r\n\r\n", true),
            ("GET /snapshot.jpg HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", false),
        ] {
            let (request, used) = one(text.as_bytes());
            assert_eq!((request.close, request.path(), used), (close, "/snapshot.jpg", text.len()), "{text}");
        }
    }

    #[test]
    fn every_cut_of_a_request_is_incomplete_and_nonsense_is_bad() {
        for whole in [
            "OPTIONS rtsp://h/a RTSP/1.0\r\nCSeq: 1\r\nContent-Length: 3\r\n\r\nabc",
            "PUT / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc",
        ] {
            for cut in 0..whole.len() {
                assert_eq!(parse(&whole.as_bytes()[..cut]), Parsed::Incomplete, "{whole:?} cut at {cut}");
            }
            assert_eq!(one(whole.as_bytes()).1, whole.len());
        }
        for bad in [
            "hello\r\n",
            "GET /\r\n\r\n",
            "GET / HTTP/2.0\r\n\r\n",
            "GET / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
            "GET / HTTP/1.1\r\nContent-Length: 3000000000\r\n\r\n",
            "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
            "\r\n",
        ] {
            assert_eq!(parse(bad.as_bytes()), Parsed::Bad, "{bad:?}");
        }
        assert_eq!(parse(b"\xff\xfe / HTTP/1.1\r\n\r\n"), Parsed::Bad);
    }

    #[test]
    fn an_answer_says_its_length_and_repeats_the_sequence_number() {
        let (request, _) = one(b"DESCRIBE rtsp://h/a RTSP/1.0\r\nCSeq: 7\r\n\r\n");
        let bytes = Answer::empty(200).body("application/sdp", b"v=0".as_slice()).to_bytes(&request);
        let text = "RTSP/1.0 200 OK\r\nCSeq: 7\r\nContent-Type: application/sdp\r\nContent-Length: 3\r\n\r\nv=0";
        assert_eq!(String::from_utf8(bytes).unwrap(), text);
        let (head, _) = one(b"HEAD / HTTP/1.1\r\n\r\n");
        let bytes = Answer::empty(200).body("image/jpeg", b"abc".as_slice()).to_bytes(&head);
        assert!(bytes.ends_with(b"Content-Length: 3\r\n\r\n"));
    }
}
