//! A small HTTP client: one request, one connection.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// An answer.
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The head.
    pub head: String,
    /// The body.
    pub body: Vec<u8>,
}

impl Reply {
    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// GET that must be answered.
#[track_caller]
pub fn get(url: &str) -> Reply {
    http("GET", url, &[], b"").expect(url)
}

/// One request, one connection.
pub fn http(method: &str, url: &str, headers: &[(&str, &str)], body: &[u8]) -> std::io::Result<Reply> {
    let mut stream = send(method, url, headers, body)?;
    let mut all = Vec::new();
    stream.read_to_end(&mut all)?;
    let end = all.windows(4).position(|w| w == b"\r\n\r\n").ok_or(std::io::ErrorKind::UnexpectedEof)?;
    let body = all.split_off(end + 4);
    let head = String::from_utf8_lossy(&all).into_owned();
    let status = head.split(' ').nth(1).and_then(|s| s.parse().ok()).ok_or(std::io::ErrorKind::InvalidData)?;
    Ok(Reply { status, head, body })
}

/// Sends a request of HTTP/1.0: the answer ends with the connection.
pub fn send(method: &str, url: &str, headers: &[(&str, &str)], body: &[u8]) -> std::io::Result<TcpStream> {
    let url: url::Url = url.parse().map_err(|_| std::io::ErrorKind::InvalidInput)?;
    let address = url.socket_addrs(|| None)?;
    let mut stream = TcpStream::connect(address.as_slice())?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let target = &url[url::Position::BeforePath..url::Position::AfterQuery];
    let host = &url[url::Position::BeforeHost..url::Position::AfterPort];
    let mut head = format!("{method} {target} HTTP/1.0\r\nHost: {host}\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    stream.write_all(format!("{head}\r\n").as_bytes())?;
    stream.write_all(body)?;
    Ok(stream)
}
