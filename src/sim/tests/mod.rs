//! The simulator seen from outside, over real sockets on loopback. Each test has addresses of its own.

mod broken;
mod cameras;
mod control;
mod faults;

use std::io;
use std::sync::atomic::{AtomicU16, AtomicU64, Ordering};
use std::time::Duration;

use cunkou_core::model::{AreaId, CameraId, NodeId};
use cunkou_core::registry::{Area, AreaKind, Camera, CameraKind, Gate, Layer, Life, Needs, NightLight, Node, NodeKind};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::*;

/// Long enough for any answer on loopback; nothing is asserted about it.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long "nothing comes" is watched.
const QUIET: Duration = Duration::from_millis(300);
/// The usual timeout of a reach try.
const REACH: Duration = Duration::from_millis(1_200);

static NETS: AtomicU16 = AtomicU16::new(0);

/// A town under construction, on a network of its own.
struct Plan {
    registry: Registry,
    net: String,
    port: u16,
}

impl Plan {
    fn new() -> Plan {
        let pid = std::process::id();
        let net = format!("127.{}.{}", 30 + pid % 220, NETS.fetch_add(1, Ordering::Relaxed) % 250);
        // Below the range from which the kernel takes ports for outgoing connections.
        let port = 10_000 + u16::try_from(pid / 220 % 10_000).unwrap() * 2;
        let mut plan = Plan { registry: Registry::default(), net, port };
        for (id, parent) in [("town", None), ("east", Some("town")), ("hamlet", Some("east")), ("west", Some("town"))] {
            let area = Area {
                id: AreaId::new(id).unwrap(),
                parent: parent.map(|p| AreaId::new(p).unwrap()),
                kind: if parent.is_none() { AreaKind::Town } else { AreaKind::Village },
                name: id.into(),
                code: None,
                at: None,
                boundary: None,
                extra: Default::default(),
            };
            plan.registry.areas.insert(area.id.clone(), area);
        }
        plan
    }

    /// Adds a camera on the given last byte of the network, without a credential, and lets the caller change it.
    fn camera(mut self, id: &str, host: u8, change: impl FnOnce(&mut Camera)) -> Plan {
        let mut camera = Camera {
            id: CameraId::new(id).unwrap(),
            gb_code: None,
            name: "村口".into(),
            area: AreaId::new("hamlet").unwrap(),
            layer: Layer::Point,
            element: None,
            kind: CameraKind::Fixed,
            at: None,
            position_m: 10.0,
            height_m: None,
            azimuth: None,
            tilt: None,
            hfov: None,
            range_m: None,
            width_px: Some(2560),
            height_px: Some(1440),
            night: NightLight::Ir,
            night_range_m: None,
            duty: None,
            node: Vec::new(),
            power: Vec::new(),
            status: Life::Active,
            host: Some(format!("{}.{host}", self.net).into()),
            rtsp: Some(format!("rtsp://{{host}}:{}/main?channel=1", self.port).into()),
            snapshot: Some(format!("http://{{host}}:{}/snapshot.jpg", self.port + 1).into()),
            onvif: None,
            credential: None,
            checks: Vec::new(),
            vendor: None,
            model: None,
            installed_on: None,
            watches: Vec::new(),
            note: None,
            extra: Default::default(),
        };
        change(&mut camera);
        self.registry.cameras.insert(camera.id.clone(), camera);
        self
    }

    /// Adds a node with a port of its own, on a last byte of the network, and what it hangs on.
    fn node(mut self, id: &str, host: u8, needs: Needs, parents: &[&str], power: &[&str]) -> Plan {
        let gate = |needs, ids: &[&str]| Gate { needs, of: ids.iter().map(|i| NodeId::new(i).unwrap()).collect() };
        let node = Node {
            id: NodeId::new(id).unwrap(),
            kind: NodeKind::Switch,
            name: id.into(),
            address: Some(format!("{}.{host}:{}", self.net, self.port).into()),
            at: None,
            parents: gate(needs, parents),
            power: gate(Needs::All, power),
            extra: Default::default(),
        };
        self.registry.nodes.insert(node.id.clone(), node);
        self
    }

    fn options(&self) -> (SimOptions, Arc<AtomicU64>) {
        let second = Arc::new(AtomicU64::new(1_700_000_000));
        let hand = Arc::clone(&second);
        let entry = |name: &str| (name.to_owned(), ("watch".to_owned(), SecretString::from("s3cret, 村")));
        let options = SimOptions {
            credentials: [entry("town"), entry("basic")].into(),
            control: "127.0.0.1:0".parse().unwrap(),
            canary: None,
            allow: Vec::new(),
            clock: Arc::new(move || UNIX_EPOCH + Duration::from_secs(hand.load(Ordering::Relaxed))),
            fast: false,
        };
        (options, second)
    }

    async fn start(self) -> Rig {
        self.start_as(false).await
    }

    /// One listener a port for everybody.
    async fn start_fast(self) -> Rig {
        self.start_as(true).await
    }

    async fn start_as(self, fast: bool) -> Rig {
        let (mut options, second) = self.options();
        options.fast = fast;
        let sim = Simulator::start(Arc::new(self.registry), options).await.unwrap();
        Rig { sim, net: self.net, port: self.port, second }
    }
}

/// A running town.
struct Rig {
    sim: Simulator,
    net: String,
    port: u16,
    /// The hand of its clock, seconds since 1970.
    second: Arc<AtomicU64>,
}

impl Rig {
    /// The RTSP port of a camera, or the port of a node.
    fn rtsp(&self, host: u8) -> SocketAddr {
        format!("{}.{host}:{}", self.net, self.port).parse().unwrap()
    }

    /// The HTTP port of a camera.
    fn http(&self, host: u8) -> SocketAddr {
        format!("{}.{host}:{}", self.net, self.port + 1).parse().unwrap()
    }

    fn url(&self, host: u8) -> String {
        format!("rtsp://{}/main?channel=1", self.rtsp(host))
    }

    async fn camera(&self, id: &str, fault: Fault) {
        self.sim.set(&Part::Camera(id.to_owned()), fault).await.unwrap();
    }

    async fn node(&self, id: &str, fault: Fault) {
        self.sim.set(&Part::Node(id.to_owned()), fault).await.unwrap();
    }

    async fn options(&self, host: u8) -> Reply {
        Client::to(self.rtsp(host)).await.unwrap().rtsp("OPTIONS", "*", "").await.unwrap()
    }

    async fn picture(&self, host: u8) -> Reply {
        Client::to(self.http(host)).await.unwrap().get("/snapshot.jpg", "").await.unwrap()
    }
}

/// What came back.
#[derive(Debug)]
struct Reply {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Reply {
    fn header(&self, name: &str) -> Vec<&str> {
        let lines = self.head.lines().filter_map(|l| l.split_once(": "));
        lines.filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v).collect()
    }
}

/// A raw client.
struct Client(TcpStream);

impl Client {
    async fn to(address: SocketAddr) -> io::Result<Client> {
        timeout(PATIENCE, TcpStream::connect(address)).await.unwrap().map(Client)
    }

    async fn send(&mut self, text: &str) -> io::Result<()> {
        self.0.write_all(text.as_bytes()).await
    }

    async fn rtsp(&mut self, method: &str, url: &str, headers: &str) -> io::Result<Reply> {
        self.send(&format!("{method} {url} RTSP/1.0\r\nCSeq: 4\r\n{headers}\r\n")).await?;
        self.reply().await
    }

    async fn get(&mut self, path: &str, headers: &str) -> io::Result<Reply> {
        self.send(&format!("GET {path} HTTP/1.1\r\nHost: camera\r\n{headers}\r\n")).await?;
        self.reply().await
    }

    async fn reply(&mut self) -> io::Result<Reply> {
        timeout(PATIENCE, self.read_reply()).await.unwrap()
    }

    async fn read_reply(&mut self) -> io::Result<Reply> {
        let mut bytes = Vec::new();
        while !bytes.ends_with(b"\r\n\r\n") {
            bytes.push(self.0.read_u8().await?);
        }
        let head = String::from_utf8(bytes).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let mut reply = Reply { status, head, body: Vec::new() };
        let length = reply.header("content-length").first().map_or(0, |n| n.parse().unwrap());
        reply.body.resize(length, 0);
        self.0.read_exact(&mut reply.body).await?;
        Ok(reply)
    }

    /// Whether nothing comes for a while, not even an end.
    async fn is_silent(&mut self) -> bool {
        timeout(QUIET, self.0.read_u8()).await.is_err()
    }

    /// Whether the connection has ended, by whatever means.
    async fn has_ended(&mut self) -> bool {
        timeout(PATIENCE, self.0.read_u8()).await.unwrap().is_err()
    }
}

/// Whether connecting gets no answer at all, as long as a reach try waits.
async fn times_out(address: SocketAddr) -> bool {
    timeout(REACH, TcpStream::connect(address)).await.is_err()
}

async fn is_refused(address: SocketAddr) -> bool {
    Client::to(address).await.is_err_and(|e| e.kind() == io::ErrorKind::ConnectionRefused)
}

/// Width, height and the mean brightness (0 to 255) of a JPEG, by a decoder of another maker.
fn decoded(jpeg: &[u8]) -> (usize, usize, usize) {
    let mut decoder = zune_jpeg::JpegDecoder::new(io::Cursor::new(jpeg));
    let pixels = decoder.decode().unwrap();
    let (width, height) = decoder.dimensions().unwrap();
    (width, height, pixels.iter().map(|p| usize::from(*p)).sum::<usize>() / pixels.len())
}
