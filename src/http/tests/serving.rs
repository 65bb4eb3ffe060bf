//! Connections: bounded in time, ended when the daemon stops.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::*;

/// Everything the far end still sends before it closes.
async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    // A reset is an end as well.
    let _ = stream.read_to_end(&mut bytes).await;
    String::from_utf8_lossy(&bytes).into_owned()
}

#[tokio::test]
async fn a_client_that_dribbles_its_head_is_cut_off() {
    let d = daemon(settings(ReadAccess::Open)).await;
    let mut stream = TcpStream::connect(d.address).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: local").await.unwrap();
    // Ends when the daemon closes: a daemon that waits for ever would hang this test.
    let answer = rest(&mut stream).await;
    assert!(!answer.contains("200"), "{answer}");
}

#[tokio::test]
async fn a_head_without_end_is_cut_off() {
    let d = daemon(settings(ReadAccess::Open)).await;
    let mut stream = TcpStream::connect(d.address).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nX: ").await.unwrap();
    let mut sent = 0;
    while sent < 1 << 20 && stream.write_all(&[b'x'; 4_096]).await.is_ok() {
        sent += 4_096;
    }
    let answer = rest(&mut stream).await;
    assert!(sent < 1 << 20 || answer.contains("431") || answer.is_empty(), "{sent} {answer}");
    assert!(!answer.contains("200"), "{answer}");
}

#[tokio::test]
async fn exactly_one_host_is_needed() {
    let d = daemon(settings(ReadAccess::Open)).await;
    for head in ["Accept: */*\r\n", "Host: localhost\r\nHost: evil\r\n"] {
        let mut stream = TcpStream::connect(d.address).await.unwrap();
        let head = format!("GET /-/healthy HTTP/1.1\r\n{head}Connection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        let answer = rest(&mut stream).await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    }
    let mut stream = TcpStream::connect(d.address).await.unwrap();
    let head = b"GET http://evil.example/-/healthy HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    stream.write_all(head).await.unwrap();
    let answer = rest(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 421"), "the target names somebody else: {answer}");
}

#[tokio::test]
async fn stopping_ends_streams_and_idle_connections() {
    let mut d = daemon(settings(ReadAccess::Open)).await;
    assert_eq!(d.get("/-/healthy").await.status, 200);
    let mut stream = d.request(reqwest::Method::GET, "/api/v1/events").send().await.unwrap();
    assert_eq!(stream.status(), 200);
    d.stop.take().unwrap().send(()).unwrap();
    assert_eq!(stream.chunk().await.unwrap(), None, "the stream ends, it is not torn");
    d.serving.await.unwrap().unwrap();
    assert!(TcpStream::connect(d.address).await.is_err());
}

/// More clients than there are places, each with half a head: whoever comes with a whole request is answered all the same.
#[tokio::test]
async fn clients_that_dribble_make_room_for_those_who_ask() {
    let d = daemon(settings(ReadAccess::Open)).await;
    let mut dribbling = Vec::new();
    for _ in 0..1_100 {
        let mut stream = TcpStream::connect(d.address).await.unwrap();
        // One that had to make room already may refuse to be written to.
        let _ = stream.write_all(b"GET / HTTP/1.1\r\nHost: local").await;
        dribbling.push(stream);
    }
    for _ in 0..20 {
        let fresh = Client::builder().no_proxy().pool_max_idle_per_host(0).build().unwrap();
        let answer = fresh.get(format!("http://{}/-/healthy", d.address)).send().await.unwrap();
        assert_eq!(answer.status(), 200);
    }
}
