//! Serving: bounded in connections and in time.
//!
//! Not `axum::serve`, which installs no timer: there, hyper's limit on the time of a request's head is without effect
//! and a client that dribbles holds its connection for ever.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::Router;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep, sleep};
use tower::ServiceExt;

use super::auth::Peer;
use super::crowd::{Crowd, Guest, Served};
use super::{AppState, routes};

/// Connections at a time; one more sends the one away that keeps us waiting for longest.
pub const MAX_CONNECTIONS: usize = 1_024;
/// How long one that was sent away may take to be gone, before the next is.
const MAKE_ROOM: Duration = Duration::from_millis(50);
/// How long a client may take for the head of a request; also how long an idle connection is kept.
pub(super) const HEADER_TIMEOUT: Duration = Duration::from_secs(5);
/// Bytes of a request's head.
const MAX_HEAD: usize = 64 << 10;
/// How long a client may leave an answer unread.
pub(super) const STALL_TIMEOUT: Duration = Duration::from_secs(30);
/// How long connections may take to end when the daemon stops.
const GRACE: Duration = Duration::from_secs(5);

/// Serves until `shutdown` ends, then lets running requests end within 5 s.
///
/// # Errors
/// When the address of the listener cannot be read.
pub async fn serve(listener: TcpListener, state: AppState, shutdown: impl Future<Output = ()>) -> io::Result<()> {
    tracing::info!(address = %listener.local_addr()?, "serving HTTP");
    let router = routes::router(&state);
    let follower = state.clone();
    let following = tokio::spawn(async move { follower.feed.follow(follower.parts.handle.snapshot.clone()).await });
    let graceful = GracefulShutdown::new();
    let (free, crowd) = (Arc::new(Semaphore::new(MAX_CONNECTIONS)), Crowd::default());
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let accepted = async {
            let accepted = listener.accept().await;
            (place(&free, &crowd).await, accepted)
        };
        let (permit, accepted) = tokio::select! {
            () = &mut shutdown => break,
            accepted = accepted => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                let guest = crowd.enter();
                let connection = graceful.watch(connection(stream, peer, router.clone(), &crowd, &guest));
                tokio::spawn(attend(connection, peer, guest, permit));
            }
            Err(error) => {
                // Out of file handles, mostly: turning round at once would burn a core until one is free.
                tracing::warn!(%error, "a connection cannot be accepted");
                crowd.make_room();
                sleep(Duration::from_millis(100)).await;
            }
        }
    }
    state.closing.send_replace(true);
    following.abort();
    if tokio::time::timeout(GRACE, graceful.shutdown()).await.is_err() {
        tracing::warn!("connections were still open when the time to end them was over");
    }
    Ok(())
}

/// A place for one more connection. Where all are taken, those make room that keep us waiting for longest.
async fn place(free: &Arc<Semaphore>, crowd: &Crowd) -> Option<OwnedSemaphorePermit> {
    loop {
        if let Ok(permit) = free.clone().try_acquire_owned() {
            return Some(permit);
        }
        crowd.make_room();
        if let Ok(permit) = tokio::time::timeout(MAKE_ROOM, free.clone().acquire_owned()).await {
            // The semaphore is never closed.
            return permit.ok();
        }
    }
}

/// Serves a connection until it ends, or must make room.
async fn attend(
    connection: impl Future<Output = Result<(), hyper::Error>>,
    peer: SocketAddr,
    guest: Guest,
    _permit: Option<OwnedSemaphorePermit>,
) {
    tokio::select! {
        ended = connection => {
            if let Err(error) = ended {
                tracing::debug!(%peer, %error, "a connection ended badly");
            }
        }
        () = guest.asked_to_leave() => tracing::debug!(%peer, "a connection made room"),
    }
}

type Connection<S> = http1::Connection<TokioIo<Unstalled<TcpStream>>, S>;

fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    crowd: &Crowd,
    guest: &Guest,
) -> Connection<
    impl hyper::service::Service<
        hyper::Request<Incoming>,
        Response = axum::response::Response,
        Error = std::convert::Infallible,
        Future: Send,
    > + use<>,
> {
    // An answer that is one small packet should not wait for the next.
    let _ = stream.set_nodelay(true);
    let (crowd, number) = (crowd.clone(), guest.number());
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        let served = Served::begin(&crowd, number);
        let answer = router.clone().oneshot(request);
        async move { answer.await.map(|response| served.answer(response)) }
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(Unstalled::new(stream)), service)
}

/// A stream whose writer gives up when the far end has taken nothing for [`STALL_TIMEOUT`].
struct Unstalled<S> {
    stream: S,
    deadline: Option<Pin<Box<Sleep>>>,
}

impl<S> Unstalled<S> {
    fn new(stream: S) -> Unstalled<S> {
        Unstalled { stream, deadline: None }
    }

    /// Passes what a write came to; the clock runs only while it is pending.
    fn watched<T>(&mut self, context: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.deadline = None;
            return written;
        }
        let deadline =
            self.deadline.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(Instant::now() + STALL_TIMEOUT)));
        ready!(deadline.as_mut().poll(context));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the client does not read")))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Unstalled<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Unstalled<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.watched(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, parts);
        self.watched(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        self.watched(cx, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncWriteExt;

    #[tokio::test(start_paused = true)]
    async fn a_client_that_does_not_read_is_given_up() {
        let (ours, _theirs) = tokio::io::duplex(8);
        let mut ours = Unstalled::new(ours);
        let begun = Instant::now();
        let error = ours.write_all(&[0; 64]).await.expect_err("nobody reads");
        assert_eq!((error.kind(), begun.elapsed()), (io::ErrorKind::TimedOut, STALL_TIMEOUT));
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_reader_is_not() {
        let (ours, mut theirs) = tokio::io::duplex(8);
        let mut ours = Unstalled::new(ours);
        let reader = tokio::spawn(async move {
            let mut got = vec![0; 64];
            for chunk in got.chunks_mut(8) {
                sleep(STALL_TIMEOUT / 2).await;
                tokio::io::AsyncReadExt::read_exact(&mut theirs, chunk).await.expect("reads");
            }
            got
        });
        ours.write_all(&[7; 64]).await.expect("is read in time");
        assert_eq!(reader.await.expect("ends"), [7; 64]);
    }
}
