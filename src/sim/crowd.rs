//! One listener for a whole town: every address of loopback at one port (SO_BINDTODEVICE `lo`), for more cameras than
//! there are files to open. The port itself always accepts, so only faults above TCP are what they are called: here
//! refuse comes down to reset, and drop to hang.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::board::Act;
use super::connection::{Port, serve};
use super::endpoint::accept_after;

/// Connections that may wait to be accepted; the kernel takes no more than its own bound (net.core.somaxconn).
const BACKLOG: u32 = 4_096;
/// Connections at a time; further ones are reset.
const MAX_CONNECTIONS: usize = 16 * 1_024;
/// The only interface on which it is heard.
const LOOPBACK: &[u8] = b"lo";

/// A wish to show something else at an address, answered once it is in effect.
pub(super) struct Turn {
    pub(super) address: IpAddr,
    pub(super) acts: Arc<[Act]>,
    pub(super) done: oneshot::Sender<io::Result<()>>,
}

/// What stands at one address.
struct Place {
    port: Arc<Port>,
    acts: Arc<[Act]>,
    /// Ends the connections at hand.
    end: CancellationToken,
}

/// Opens a port on every address of loopback.
pub(super) fn listen_everywhere(port: u16) -> io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind_device(Some(LOOPBACK))?;
    socket.bind(SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), port))?;
    socket.listen(BACKLOG)
}

/// Everything that stands at one port.
pub(super) struct Crowd {
    listener: TcpListener,
    places: HashMap<IpAddr, Place>,
    connections: JoinSet<()>,
}

impl Crowd {
    /// A crowd in which everybody is well.
    pub(super) fn new(listener: TcpListener, ports: impl IntoIterator<Item = (IpAddr, Port)>) -> Crowd {
        let place = |port: Port| {
            let acts = vec![Act::default(); port.services.len()].into();
            Place { port: Arc::new(port), acts, end: CancellationToken::new() }
        };
        let places = ports.into_iter().map(|(address, port)| (address, place(port))).collect();
        Crowd { listener, places, connections: JoinSet::new() }
    }

    /// Serves until told to stop, or until nobody is left who could change anything.
    pub(super) async fn run(mut self, mut turns: mpsc::UnboundedReceiver<Turn>, stop: CancellationToken) {
        let mut pause = Duration::ZERO;
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                turn = turns.recv() => match turn {
                    // Who asked may have gone; the change holds all the same.
                    Some(turn) => _ = turn.done.send(self.apply(turn.address, turn.acts)),
                    None => return,
                },
                // Before the next connection: places that are free are counted first.
                Some(_) = self.connections.join_next() => {}
                accepted = accept_after(&self.listener, &mut pause) => {
                    if let Some(stream) = accepted {
                        self.take(stream);
                    }
                }
            }
        }
    }

    fn apply(&mut self, address: IpAddr, acts: Arc<[Act]>) -> io::Result<()> {
        let place = self.places.get_mut(&address).ok_or(io::ErrorKind::AddrNotAvailable)?;
        place.acts = acts;
        std::mem::take(&mut place.end).cancel();
        Ok(())
    }

    fn take(&mut self, mut stream: TcpStream) {
        // Dropped or served, it ends by a reset: nothing lingers.
        _ = stream.set_zero_linger();
        // The address that was dialled says who is meant.
        let Some(place) = stream.local_addr().ok().and_then(|own| self.places.get(&own.ip())) else { return };
        if self.connections.len() >= MAX_CONNECTIONS {
            return;
        }
        let (port, acts, end) = (Arc::clone(&place.port), Arc::clone(&place.acts), place.end.clone());
        self.connections.spawn(async move {
            tokio::select! {
                () = serve(&mut stream, &port, &acts) => {}
                () = end.cancelled() => {}
            }
        });
    }
}
