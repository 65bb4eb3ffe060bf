//! FAKE CAMERAS: RTSP and HTTP servers on loopback that answer, misbehave and die on command. Never part of a running
//! town.
//!
//! Serves the cameras of a registry for real, each on the address its URLs name, with the faults of names.md
//! ("Simulator") on cameras, nodes and areas, set from code or over the control API. It judges nothing, keeps nothing
//! on disk, and stands on no address but loopback unless one is named. Pictures are drawn, streams are described and
//! never sent; the fault `clock` waits for the device service.

mod auth;
mod board;
mod camera;
mod connection;
mod control;
mod crowd;
mod endpoint;
mod layout;
mod picture;
mod rlimit;
mod sdp;
mod wire;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};
use std::{fmt, io};

use cunkou_core::registry::Registry;
use cunkou_core::town::Fault;
use ipnet::IpNet;
use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use board::{Broken, Part, SetFault};
pub use connection::Clock;
pub use rlimit::raise_open_files;

use board::{Act, Board};
use connection::Port;
use crowd::{Crowd, Turn, listen_everywhere};
use endpoint::{Change, Endpoint, listen};
use layout::{Owner, Rules, Tenants, layout};

/// Where the control API listens unless told otherwise.
pub const CONTROL: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9779);
/// Where the canary of the demo listens unless told otherwise.
pub const CANARY: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 20, 255, 254)), 8023);
/// Open files kept for connections and for the rest of the process, beside the listeners.
const SPARE_FILES: u64 = 256;

/// Where the simulator stands and whom it lets in.
#[derive(Clone)]
pub struct SimOptions {
    /// User and password by the entry that the column `credential` names; a camera without one is open.
    pub credentials: BTreeMap<String, (String, SecretString)>,
    /// The control API; port 0 takes a free one, see [`Simulator::control_addr`].
    pub control: SocketAddr,
    /// A reference address that always answers; `None`: there is none.
    pub canary: Option<SocketAddr>,
    /// Networks, beside loopback, on whose addresses it may stand; these must be addresses of this host.
    pub allow: Vec<IpNet>,
    /// The time of day, for pictures and nonces.
    pub clock: Clock,
    /// One listener a port for the whole town, for more cameras than there are files to open; faults above TCP only:
    /// refuse comes down to reset, and drop to hang. All of the town must stand on IPv4 loopback.
    pub fast: bool,
}

impl Default for SimOptions {
    fn default() -> Self {
        SimOptions {
            credentials: BTreeMap::new(),
            control: CONTROL,
            canary: Some(CANARY),
            allow: Vec::new(),
            clock: Arc::new(SystemTime::now),
            fast: false,
        }
    }
}

impl fmt::Debug for SimOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entries: Vec<&String> = self.credentials.keys().collect();
        f.debug_struct("SimOptions")
            .field("credentials", &entries)
            .field("control", &self.control)
            .field("canary", &self.canary)
            .field("allow", &self.allow)
            .field("fast", &self.fast)
            .finish_non_exhaustive()
    }
}

/// Why the simulator cannot stand where it should.
#[derive(Debug, thiserror::Error)]
pub enum SimError {
    /// An address outside loopback that nobody named.
    #[error("{owner} stands on {address}, which is not loopback; name its network to allow it")]
    NotAllowed {
        /// Camera, node, `canary` or `control`.
        owner: String,
        /// The address.
        address: IpAddr,
    },
    /// An address outside IPv4 loopback, where one listener a port was asked for.
    #[error("{address} is not on IPv4 loopback, where alone one listener can stand for a whole town (--fast)")]
    NotFast {
        /// The address.
        address: SocketAddr,
    },
    /// A host that is a name, where only an address can be listened on.
    #[error("{owner} has the host {host:?}, but fake cameras stand on addresses only")]
    NoAddress {
        /// Camera or node.
        owner: String,
        /// Its host.
        host: String,
    },
    /// A URL that cannot be served: not readable, or over TLS.
    #[error("{camera} has a URL that is no {scheme}:// URL with a host; nothing else is served")]
    NotServed {
        /// The camera.
        camera: String,
        /// What would be served.
        scheme: &'static str,
    },
    /// A credential that the secrets do not hold.
    #[error("{camera} names the credential {entry:?}, which has no user and password")]
    NoCredential {
        /// The camera.
        camera: String,
        /// The entry.
        entry: String,
    },
    /// The limit on open files leaves no room for so many listeners.
    #[error("{listeners} listeners need {needed} open files, and the limit is {limit} (ulimit -n)")]
    TooManyFiles {
        /// How many listeners there would be.
        listeners: usize,
        /// Open files they need, spare ones included.
        needed: u64,
        /// The limit in force, raised as far as it goes.
        limit: u64,
    },
    /// A port that cannot be opened: taken, or not an address of this host.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the kernel says.
        #[source]
        source: io::Error,
    },
    /// The kernel gives no random bytes for nonces.
    #[error("the kernel gives no random bytes")]
    Random(#[source] getrandom::Error),
}

/// Why a fault was not set, or not everywhere.
#[derive(Debug, thiserror::Error)]
pub enum SetError {
    /// It cannot be set at all; nothing has changed.
    #[error(transparent)]
    Refused(#[from] SetFault),
    /// A port does not open or close; it is tried again every second.
    #[error("the port {address} does not follow")]
    Port {
        /// The address of the port.
        address: SocketAddr,
        /// What the kernel says.
        #[source]
        source: io::Error,
    },
    /// The simulator has stopped.
    #[error("the simulator has stopped")]
    Stopped,
}

/// The listeners and what they show, shared with the control API.
struct Stage {
    board: Mutex<Board>,
    lines: Mutex<Vec<Line>>,
    clock: Clock,
}

/// The line to one listener.
struct Line {
    address: SocketAddr,
    owners: Vec<Owner>,
    shown: Arc<[Act]>,
    changes: Changes,
}

/// Where a listener is told.
enum Changes {
    /// It has a listener of its own.
    Alone(mpsc::UnboundedSender<Change>),
    /// It is one of many at a port.
    InACrowd(mpsc::UnboundedSender<Turn>),
}

impl Line {
    fn new(address: SocketAddr, owners: Vec<Owner>, changes: Changes) -> Line {
        Line { address, shown: vec![Act::default(); owners.len()].into(), owners, changes }
    }

    /// Tells what is to be shown; the answer comes once it is.
    fn tell(&self, acts: Arc<[Act]>) -> Result<oneshot::Receiver<io::Result<()>>, SetError> {
        let (done, answer) = oneshot::channel();
        let told = match &self.changes {
            Changes::Alone(line) => line.send(Change { acts, done }).is_ok(),
            Changes::InACrowd(line) => line.send(Turn { address: self.address.ip(), acts, done }).is_ok(),
        };
        if told { Ok(answer) } else { Err(SetError::Stopped) }
    }
}

impl Stage {
    /// Sets a fault and tells every listener it touches. All is told before anything is awaited, so that the caller
    /// may give up waiting and nothing is left half done.
    async fn set(&self, part: &Part, fault: Fault) -> Result<(), SetError> {
        let mut waiting = Vec::new();
        {
            let second = (self.clock)().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
            let mut board = self.board.lock().unwrap_or_else(PoisonError::into_inner);
            board.set(part, fault, second)?;
            let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
            for line in lines.iter_mut() {
                let acts: Arc<[Act]> = line.owners.iter().map(|o| shows(&board, *o)).collect();
                if acts == line.shown {
                    continue;
                }
                line.shown = Arc::clone(&acts);
                waiting.push((line.address, line.tell(acts)?));
            }
        }
        // Every listener is waited for, also when one of them does not follow.
        let mut result = Ok(());
        for (address, answer) in waiting {
            let answer = answer.await.map_err(|_| SetError::Stopped)?;
            result = result.and(answer.map_err(|source| SetError::Port { address, source }));
        }
        result
    }

    fn broken(&self) -> Broken {
        self.board.lock().unwrap_or_else(PoisonError::into_inner).broken()
    }
}

fn shows(board: &Board, owner: Owner) -> Act {
    match owner {
        Owner::Camera(ix) => board.camera_shows(ix),
        Owner::Node(ix) => board.node_shows(ix),
        Owner::Canary => Act::default(),
    }
}

/// The fake cameras of a registry, at work. Dropping it ends them.
pub struct Simulator {
    stage: Arc<Stage>,
    control: SocketAddr,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl fmt::Debug for Simulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Simulator").field("control", &self.control).finish_non_exhaustive()
    }
}

impl Simulator {
    /// Opens every port and serves. Raises the limit on open files first. Either all of it stands, or nothing.
    ///
    /// # Errors
    /// The first thing that keeps a camera, node or the control API from its address.
    pub async fn start(registry: Arc<Registry>, options: SimOptions) -> Result<Simulator, SimError> {
        let mut key = [0; 16];
        getrandom::fill(&mut key).map_err(SimError::Random)?;
        let (credentials, allow, canary) = (&options.credentials, options.allow.as_slice(), options.canary);
        let rules = Rules { credentials, allow, canary, key };
        rules.permit("control", options.control.ip())?;
        let board = Board::new(&registry);
        let tenants = layout(&registry, &board, &rules)?;
        let listeners = if options.fast { ports_of(&tenants)?.len() } else { tenants.len() };
        check_files(listeners, raise_open_files().0)?;

        let control = open(options.control)?;
        let control_addr =
            control.local_addr().map_err(|source| SimError::Listen { address: options.control, source })?;
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let setting = Setting { clock: &options.clock, stop: &stop, tasks: &tasks };
        let lines = if options.fast { setting.in_crowds(tenants)? } else { setting.alone(tenants)? };
        let stage = Arc::new(Stage { board: Mutex::new(board), lines: Mutex::new(lines), clock: options.clock });
        tasks.spawn(control::serve(control, Arc::clone(&stage), stop.clone()));
        tasks.close();
        Ok(Simulator { stage, control: control_addr, stop, tasks })
    }

    /// Where the control API listens.
    #[must_use]
    pub fn control_addr(&self) -> SocketAddr {
        self.control
    }

    /// What is broken.
    #[must_use]
    pub fn faults(&self) -> Broken {
        self.stage.broken()
    }

    /// Sets a fault, or heals with [`Fault::None`]; returns once every port shows it. Connections that stand are
    /// ended, or fall silent under `drop`.
    ///
    /// # Errors
    /// An unknown id, a fault that is not served, or a port that does not follow.
    pub async fn set(&self, part: &Part, fault: Fault) -> Result<(), SetError> {
        self.stage.set(part, fault).await
    }

    /// Closes every port and connection, and waits for the end of it.
    pub async fn shutdown(self) {
        self.stop.cancel();
        self.tasks.wait().await;
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// What every listener is set up with.
struct Setting<'a> {
    clock: &'a Clock,
    stop: &'a CancellationToken,
    tasks: &'a TaskTracker,
}

impl Setting<'_> {
    fn port(&self, tenants: Tenants) -> (Vec<Owner>, Port) {
        let (owners, services) = tenants.into_iter().unzip();
        (owners, Port { services, clock: Arc::clone(self.clock) })
    }

    /// Each address has a listener of its own. All are open before the first one serves.
    fn alone(&self, tenants: BTreeMap<SocketAddr, Tenants>) -> Result<Vec<Line>, SimError> {
        let opened = tenants.into_iter().map(|(address, t)| Ok((address, open(address)?, t)));
        let opened: Vec<(SocketAddr, TcpListener, Tenants)> = opened.collect::<Result<_, SimError>>()?;
        let mut lines = Vec::with_capacity(opened.len());
        for (address, listener, tenants) in opened {
            let (owners, port) = self.port(tenants);
            let (changes, inbox) = mpsc::unbounded_channel();
            self.tasks.spawn(Endpoint::new(address, listener, port).run(inbox, self.stop.clone()));
            lines.push(Line::new(address, owners, Changes::Alone(changes)));
        }
        Ok(lines)
    }

    /// All addresses of a port share one listener.
    fn in_crowds(&self, tenants: BTreeMap<SocketAddr, Tenants>) -> Result<Vec<Line>, SimError> {
        let listener = |port: u16| {
            let address = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), port);
            listen_everywhere(port).map(|l| (port, l)).map_err(|source| SimError::Listen { address, source })
        };
        let opened: Vec<(u16, TcpListener)> =
            ports_of(&tenants)?.into_iter().map(listener).collect::<Result<_, SimError>>()?;
        let mut lines = Vec::with_capacity(tenants.len());
        let mut tenants: Vec<(SocketAddr, Tenants)> = tenants.into_iter().collect();
        for (port, listener) in opened {
            let (changes, inbox) = mpsc::unbounded_channel();
            let mut places = Vec::new();
            for (address, tenants) in tenants.extract_if(.., |(address, _)| address.port() == port) {
                let (owners, place) = self.port(tenants);
                lines.push(Line::new(address, owners, Changes::InACrowd(changes.clone())));
                places.push((address.ip(), place));
            }
            self.tasks.spawn(Crowd::new(listener, places).run(inbox, self.stop.clone()));
        }
        Ok(lines)
    }
}

/// The ports of a town that stands on IPv4 loopback.
fn ports_of(tenants: &BTreeMap<SocketAddr, Tenants>) -> Result<BTreeSet<u16>, SimError> {
    let port = |address: &SocketAddr| match address {
        SocketAddr::V4(v4) if v4.ip().is_loopback() => Ok(v4.port()),
        _ => Err(SimError::NotFast { address: *address }),
    };
    tenants.keys().map(port).collect()
}

fn open(address: SocketAddr) -> Result<TcpListener, SimError> {
    listen(address).map_err(|source| SimError::Listen { address, source })
}

fn check_files(listeners: usize, limit: u64) -> Result<(), SimError> {
    let needed = listeners as u64 + SPARE_FILES;
    if needed > limit { Err(SimError::TooManyFiles { listeners, needed, limit }) } else { Ok(()) }
}
