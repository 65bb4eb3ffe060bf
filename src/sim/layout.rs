//! Which address serves what: read off the registry, before any port is opened.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use cunkou_core::model::{CameraIx, NodeIx};
use cunkou_core::registry::{Camera, Node, ReachVia, Registry};
use ipnet::IpNet;
use secrecy::SecretString;

use super::SimError;
use super::auth::Access;
use super::board::Board;
use super::camera::FakeCamera;
use super::connection::Service;

/// Whose fault a service shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Owner {
    /// A camera.
    Camera(CameraIx),
    /// A node.
    Node(NodeIx),
    /// The canary, which is always well.
    Canary,
}

/// Everything one address serves, each with its owner.
pub(super) type Tenants = Vec<(Owner, Service)>;

/// What decides where the simulator may stand and whom it lets in.
pub(super) struct Rules<'a> {
    pub(super) credentials: &'a BTreeMap<String, (String, SecretString)>,
    pub(super) allow: &'a [IpNet],
    pub(super) canary: Option<SocketAddr>,
    pub(super) key: [u8; 16],
}

impl Rules<'_> {
    /// An address that is loopback or named in the options.
    pub(super) fn permit(&self, owner: &str, ip: IpAddr) -> Result<IpAddr, SimError> {
        if ip.to_canonical().is_loopback() || self.allow.iter().any(|net| net.contains(&ip)) {
            return Ok(ip);
        }
        Err(SimError::NotAllowed { owner: owner.to_owned(), address: ip })
    }

    fn address(&self, owner: &str, host: &str, port: u16) -> Result<SocketAddr, SimError> {
        let host = host.trim_matches(['[', ']']);
        let ip = host.parse().map_err(|_| SimError::NoAddress { owner: owner.to_owned(), host: host.to_owned() })?;
        Ok(SocketAddr::new(self.permit(owner, ip)?, port))
    }

    fn access(&self, camera: &Camera) -> Result<Option<Access>, SimError> {
        let Some(entry) = camera.credential.as_deref() else { return Ok(None) };
        match self.credentials.get(entry) {
            Some((user, password)) => Ok(Some(Access { user: user.clone(), password: password.clone() })),
            None => Err(SimError::NoCredential { camera: camera.id.to_string(), entry: entry.to_owned() }),
        }
    }
}

/// The listeners of a registry: RTSP and HTTP of each installed camera, a port of each node that is asked by TCP, and
/// the canary.
pub(super) fn layout(
    registry: &Registry,
    board: &Board,
    rules: &Rules<'_>,
) -> Result<BTreeMap<SocketAddr, Tenants>, SimError> {
    let mut all: BTreeMap<SocketAddr, Tenants> = BTreeMap::new();
    for camera in registry.cameras.values().filter(|c| c.status.is_installed()) {
        let Some(ix) = board.camera(camera.id.as_str()) else { continue };
        for (address, service) in services(camera, rules)? {
            all.entry(address).or_default().push((Owner::Camera(ix), service));
        }
    }
    for node in registry.nodes.values() {
        let (Some(ix), Some(address)) = (board.node(node.id.as_str()), node_address(node, rules)?) else { continue };
        all.entry(address).or_default().push((Owner::Node(ix), Service::Bare));
    }
    if let Some(canary) = rules.canary {
        rules.permit("canary", canary.ip())?;
        all.entry(canary).or_default().push((Owner::Canary, Service::Bare));
    }
    Ok(all)
}

fn services(camera: &Camera, rules: &Rules<'_>) -> Result<Vec<(SocketAddr, Service)>, SimError> {
    let id = camera.id.as_str();
    let fake = Arc::new(FakeCamera::new(camera, rules.access(camera)?, rules.key));
    let mut all = Vec::new();
    let wanted = [(&camera.rtsp, "rtsp", 554), (&camera.snapshot, "http", 80)];
    for (template, scheme, default_port) in wanted {
        let Some(template) = template else { continue };
        let url = camera.resolve_url(template).filter(|u| u.scheme() == scheme);
        let url = url.ok_or(SimError::NotServed { camera: id.to_owned(), scheme })?;
        let host = url.host_str().unwrap_or_default();
        let address = rules.address(id, host, url.port().unwrap_or(default_port))?;
        let fake = Arc::clone(&fake);
        all.push((address, if scheme == "rtsp" { Service::Rtsp(fake) } else { Service::Http(fake) }));
    }
    // Reach may be asked of a port that serves neither.
    if let (ReachVia::Tcp(port), Some(host)) = (camera.reach_via(), camera.address()) {
        let address = rules.address(id, &host, port)?;
        if all.iter().all(|(a, _)| *a != address) {
            all.push((address, Service::Bare));
        }
    }
    Ok(all)
}

fn node_address(node: &Node, rules: &Rules<'_>) -> Result<Option<SocketAddr>, SimError> {
    match node.reach_via() {
        Some((host, ReachVia::Tcp(port))) => rules.address(node.id.as_str(), &host, port).map(Some),
        // By ICMP the kernel itself answers on loopback; nothing is to be served.
        Some((_, ReachVia::Icmp)) | None => Ok(None),
    }
}
