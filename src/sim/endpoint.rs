//! One listener: a task that accepts, and that opens, closes and chokes its port on command.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use cunkou_core::town::Fault;
use socket2::SockRef;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::board::Act;
use super::connection::{Port, serve};

/// Connections that may wait to be accepted.
const BACKLOG: u32 = 1024;
/// Connections of one listener at a time; further ones are reset, as small devices do.
pub(super) const MAX_CONNECTIONS: usize = 32;
/// How long the filler may take; it is answered at once or never.
const FILLER: Duration = Duration::from_millis(200);
/// The wait after an accept that failed (no file handles), so that the loop does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// The wait before a port that did not follow is tried once more.
const REOPEN_PAUSE: Duration = Duration::from_secs(1);

/// A wish to show something else, answered once it is in effect.
pub(super) struct Change {
    pub(super) acts: Arc<[Act]>,
    pub(super) done: oneshot::Sender<io::Result<()>>,
}

/// Opens a port. The address may be taken again at once after it was closed.
pub(super) fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// How the port itself behaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Gate {
    /// Connections are accepted.
    Open,
    /// The port is closed, and the kernel says so.
    Shut,
    /// The port is there, and the kernel drops every further SYN: connecting times out.
    Full,
}

/// A port dies only when everything behind it is dead; where some of it refuses, the host is there and refuses.
fn gate(acts: &[Act]) -> Gate {
    let all = |wanted: &[Fault]| !acts.is_empty() && acts.iter().all(|a| wanted.contains(&a.fault));
    if all(&[Fault::Drop]) {
        Gate::Full
    } else if all(&[Fault::Refuse, Fault::Drop]) {
        Gate::Shut
    } else {
        Gate::Open
    }
}

/// One listener and its connections.
pub(super) struct Endpoint {
    address: SocketAddr,
    port: Arc<Port>,
    acts: Arc<[Act]>,
    gate: Gate,
    /// Whether the port follows what is shown; where it does not, it is tried again.
    settled: bool,
    listener: Option<TcpListener>,
    connections: JoinSet<()>,
    /// Silences the connections at hand.
    silence: CancellationToken,
}

impl Endpoint {
    /// A healthy endpoint over an open port.
    pub(super) fn new(address: SocketAddr, listener: TcpListener, port: Port) -> Endpoint {
        Endpoint {
            address,
            acts: vec![Act::default(); port.services.len()].into(),
            port: Arc::new(port),
            gate: Gate::Open,
            settled: true,
            listener: Some(listener),
            connections: JoinSet::new(),
            silence: CancellationToken::new(),
        }
    }

    /// Serves until told to stop, or until nobody is left who could change anything.
    pub(super) async fn run(mut self, mut changes: mpsc::UnboundedReceiver<Change>, stop: CancellationToken) {
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                change = changes.recv() => match change {
                    // Who asked may have gone; the change holds all the same.
                    Some(change) => _ = change.done.send(self.apply(change.acts).await),
                    None => return,
                },
                accepted = accept(self.listener.as_ref(), self.gate) => match accepted {
                    Ok(stream) => self.take(stream),
                    Err(_) => sleep(ACCEPT_PAUSE).await,
                },
                () = sleep(REOPEN_PAUSE), if !self.settled => {
                    _ = self.turn().await;
                }
                Some(_) = self.connections.join_next() => {}
            }
        }
    }

    /// Shows something else. Connections that stand are ended, or, where the host is to be gone, fall silent.
    async fn apply(&mut self, acts: Arc<[Act]>) -> io::Result<()> {
        self.acts = acts;
        if gate(&self.acts) == Gate::Full {
            self.silence.cancel();
        } else {
            self.connections.shutdown().await;
        }
        self.silence = CancellationToken::new();
        self.turn().await
    }

    /// Turns the port to what is shown. Whatever fails leaves it unsettled.
    async fn turn(&mut self) -> io::Result<()> {
        self.settled = false;
        match gate(&self.acts) {
            Gate::Shut => {
                self.listener = None;
                self.gate = Gate::Shut;
            }
            Gate::Open => {
                SockRef::from(self.opened()?).listen(BACKLOG as i32)?;
                self.gate = Gate::Open;
            }
            Gate::Full => {
                SockRef::from(self.opened()?).listen(0)?;
                self.gate = Gate::Full;
                // A queue of length 0 still takes one connection; the filler is that one. It stays in the queue,
                // though closed at once, until the port is opened again and somebody accepts it.
                if let Ok(filler) = timeout(FILLER, TcpStream::connect(self.address)).await {
                    filler?.set_zero_linger()?;
                }
            }
        }
        self.settled = true;
        Ok(())
    }

    fn opened(&mut self) -> io::Result<&TcpListener> {
        let listener = match self.listener.take() {
            Some(listener) => listener,
            None => listen(self.address)?,
        };
        Ok(self.listener.insert(listener))
    }

    fn take(&mut self, mut stream: TcpStream) {
        // Without it each connection would leave an entry in TIME_WAIT for a minute; a client that has gone already
        // makes it fail, and nothing is lost.
        _ = stream.set_zero_linger();
        if self.connections.len() >= MAX_CONNECTIONS {
            return;
        }
        let (port, acts, silence) = (Arc::clone(&self.port), Arc::clone(&self.acts), self.silence.clone());
        self.connections.spawn(async move {
            tokio::select! {
                () = serve(&mut stream, &port, &acts) => {}
                // The stream stays open and unread: nothing tells the client that the host is gone.
                () = silence.cancelled() => std::future::pending().await,
            }
        });
    }
}

/// The next connection; `None` after an accept that failed, which is waited out so that no loop spins.
pub(super) async fn accept_after(listener: &TcpListener, pause: &mut Duration) -> Option<TcpStream> {
    if !pause.is_zero() {
        sleep(std::mem::take(pause)).await;
    }
    match listener.accept().await {
        Ok((stream, _)) => Some(stream),
        Err(_) => {
            *pause = ACCEPT_PAUSE;
            None
        }
    }
}

async fn accept(listener: Option<&TcpListener>, gate: Gate) -> io::Result<TcpStream> {
    match listener {
        Some(listener) if gate == Gate::Open => listener.accept().await.map(|(stream, _)| stream),
        _ => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_dies_only_with_everything_behind_it() {
        use Fault::{Drop, Hang, None, Refuse};
        for (faults, wanted) in [
            (vec![None], Gate::Open),
            (vec![Hang], Gate::Open),
            (vec![Drop], Gate::Full),
            (vec![Refuse], Gate::Shut),
            (vec![Drop, Drop], Gate::Full),
            (vec![Refuse, Drop], Gate::Shut),
            (vec![Refuse, None], Gate::Open),
            (vec![], Gate::Open),
        ] {
            let acts: Vec<Act> = faults.iter().map(|f| Act { fault: *f, since: 0 }).collect();
            assert_eq!(gate(&acts), wanted, "{faults:?}");
        }
    }
}
