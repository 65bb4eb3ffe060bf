//! A small town on a network of its own: six cameras on six hosts behind two switches, an uplink, a gateway, and the
//! daemon on a host behind that. Every program is the built one; every packet goes through the kernel's own stack.
//!
//! ```text
//! monitor ── gateway ── UP ──┬── S1 ── C11, C12, C13
//!            (canary)        └── S2 ── C21, C22, C23
//! ```

use std::collections::BTreeSet;
use std::fmt::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::Value;

use crate::common::receiver::{Answer, Receiver};
use crate::common::{Daemon, FAST, Program, cunkou, get, text, wait_for};
use crate::net::{Inside, Net};

/// The switches and their cameras; a camera `C11` watches the entrance `E11`.
pub(crate) const SWITCHES: [(&str, [&str; 3]); 2] = [("S1", ["C11", "C12", "C13"]), ("S2", ["C21", "C22", "C23"])];
const GATEWAY: &str = "10.77.0.1";
const UPLINK: &str = "10.78.0.2";
/// What the daemon listens on: nobody else is there.
const LISTEN: &str = "127.0.0.1:9778";

/// The address of a camera or switch.
pub(crate) fn address(id: &str) -> String {
    let (kind, number) = id.split_at(1);
    let (switch, rest) = number.split_at(1);
    if kind == "S" { format!("10.78.{switch}.1") } else { format!("10.78.{switch}.1{rest}") }
}

fn entrance(camera: &str) -> String {
    camera.replace('C', "E")
}

fn cameras() -> impl Iterator<Item = (&'static str, &'static str)> {
    SWITCHES.into_iter().flat_map(|(switch, cameras)| cameras.map(|camera| (switch, camera)))
}

/// The network, cables and all, without programs.
pub(crate) fn lay_cables(net: &mut Net, with_wire: bool) {
    for host in ["monitor", "gateway", "UP", "S1", "S2"].into_iter().chain(cameras().map(|(_, camera)| camera)) {
        net.host(host);
    }
    net.cable(("monitor", "eth0"), ("gateway", "monitor"));
    net.at("monitor", "addr add 10.77.0.2/24 dev eth0\nroute add default via 10.77.0.1");
    net.cable(("gateway", "town"), ("UP", "gateway"));
    net.at("gateway", &format!("addr add {GATEWAY}/24 dev monitor\naddr add 10.78.0.1/16 dev town"));
    net.set("gateway", "ip_forward", "1");
    if with_wire {
        net.host("wire");
        net.cable(("UP", "S1"), ("wire", "up"));
        net.cable(("wire", "down"), ("S1", "up"));
    } else {
        net.cable(("UP", "S1"), ("S1", "up"));
    }
    net.cable(("UP", "S2"), ("S2", "up"));
    net.switch("UP", &["gateway", "S1", "S2"], &format!("{UPLINK}/16"));
    net.at("UP", "route add default via 10.78.0.1");
    for (switch, all) in SWITCHES {
        for camera in all {
            net.cable((switch, camera), (camera, "eth0"));
            net.at(camera, &format!("addr add {}/16 dev eth0\nroute add default via 10.78.0.1", address(camera)));
        }
        net.switch(switch, &["up", all[0], all[1], all[2]], &format!("{}/16", address(switch)));
        net.at(switch, "route add default via 10.78.0.1");
    }
}

/// The town at work. The fields go in this order: programs before their network.
pub(crate) struct Site {
    pub(crate) daemon: Daemon,
    pub(crate) receiver: Receiver,
    _inside: Inside,
    more: Vec<Program>,
    _folders: Vec<tempfile::TempDir>,
    pub(crate) net: Net,
}

impl Site {
    /// Starts cameras and daemon on a network that is laid, and waits until all is up. From then on this thread stands
    /// on the monitor's host.
    pub(crate) fn start(net: Net) -> Site {
        let mut folders = Vec::new();
        let mut programs = Vec::new();
        for (_, camera) in cameras() {
            let (program, folder) = simulate(&net, camera, camera, &address(camera));
            programs.push(program);
            folders.push(folder);
        }
        let inside = net.enter("monitor");
        let receiver = Receiver::start(Answer::Status(200));
        let folder = tempfile::tempdir().expect("a folder");
        write_town(folder.path(), &receiver);
        let mut command = cunkou();
        command.args(["run", "--listen", LISTEN, "--config"]).arg(folder.path().join("cunkou.toml"));
        let program = Program::start(&mut command);
        wait_for("the daemon", || program.logged().contains("watching; page ").then_some(()));
        folders.push(folder);
        let base = format!("http://{LISTEN}");
        let daemon = Daemon { program, base, token: String::new(), control: None };
        let site = Site { daemon, receiver, _inside: inside, more: programs, _folders: folders, net };
        site.daemon.all_up();
        assert!(site.incidents().is_empty(), "nothing has happened yet: {:#?}", site.incidents());
        site
    }

    /// A second set of fake cameras of a camera's host: it stands ready on an address that the host does not have yet.
    pub(crate) fn also_at(&mut self, camera: &str, address: &str) {
        self.net.set(camera, "ip_nonlocal_bind", "1");
        let (program, folder) = simulate(&self.net, camera, camera, address);
        self.more.push(program);
        self._folders.push(folder);
    }

    /// Ends with this program.
    pub(crate) fn keep(&mut self, program: Program) {
        self.more.push(program);
    }

    /// All incidents that were ever told, oldest first.
    pub(crate) fn incidents(&self) -> Vec<Value> {
        let mut all = self.daemon.items("incidents");
        all.sort_by_key(|i| i["id"].as_u64());
        all
    }

    /// Waits for the incident that is wanted, while no other than those known and that one may come.
    #[track_caller]
    pub(crate) fn told(&self, known: usize, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        wait_for(what, || {
            let mut all = self.incidents();
            assert!(all.len() <= known + 1, "{what}, and nothing else: {all:#?}");
            if all.len() <= known { None } else { all.pop().filter(|i| wanted(i)) }
        })
    }

    /// Waits until an incident is over, every camera is up, and the receiver has heard of the end.
    #[track_caller]
    pub(crate) fn repaired(&self, incident: &Value) {
        self.daemon.resolved(incident["id"].as_u64().expect("a number"));
        self.daemon.all_up();
        let group = incident["id"].to_string();
        wait_for("the end, told", || {
            let heard = self.receiver.heard();
            let mut last = heard.iter().filter(|h| h.payload["groupLabels"]["incident"] == group);
            last.next_back().filter(|h| h.payload["status"] == "resolved").map(|_| ())
        });
    }

    /// How many probes of a check ended so.
    pub(crate) fn counts(&self, check: &str, result: &str) -> f64 {
        let series = format!("cunkou_probes_total{{check=\"{check}\",result=\"{result}\"}}");
        self.daemon.metric(&series).unwrap_or_default()
    }

    /// Names of the alerts that the receiver was told, each once.
    pub(crate) fn alerts_heard(&self) -> BTreeSet<String> {
        let heard = self.receiver.heard();
        let all = heard.iter().filter_map(|h| h.payload["alerts"].as_array());
        all.flatten().map(|a| text(&a["labels"]["alertname"])).collect()
    }
}

/// `cunkou simulate` on a host of its own: one camera, at an address that is not loopback.
fn simulate(net: &Net, host: &str, camera: &str, address: &str) -> (Program, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    write_folder(folder.path(), "", &[("areas.csv", areas()), ("cameras.csv", table(&[row(camera, "", address)]))]);
    let _inside = net.enter(host);
    let mut command = cunkou();
    command.args(["simulate", "--control", "127.0.0.1:0", "--net", "10.78.0.0/16", "--dir"]).arg(folder.path());
    let program = Program::start(&mut command);
    wait_for("a camera", || {
        assert!(!program.logged().contains("error"), "{camera}: {}", program.logged());
        program.said().contains("cameras answer").then_some(())
    });
    (program, folder)
}

/// The folder of the daemon: the whole town.
fn write_town(folder: &Path, receiver: &Receiver) {
    let settings = format!(
        "[probe]\nauth_retry = \"2s\"\n\n[monitor]\ncanaries = [\"{GATEWAY}\"]\n{FAST}\n\
         [[sink]]\nname = \"desk\"\nkind = \"webhook\"\nurl = \"{}\"\n",
        receiver.url
    );
    let mut nodes = format!("id,kind,name,address,parents\nUP,uplink,Uplink,{UPLINK},\n");
    let mut entrances = "id,area,name,lon,lat\n".to_owned();
    let mut all = Vec::new();
    for (switch, _) in SWITCHES {
        writeln!(nodes, "{switch},switch,Switch {switch},{},UP", address(switch)).expect("a text");
    }
    for (switch, camera) in cameras() {
        let id = entrance(camera);
        writeln!(entrances, "{id},V1,Entrance {id},114.5,30.9").expect("a text");
        all.push(row(camera, switch, &address(camera)));
    }
    let files =
        [("areas.csv", areas()), ("nodes.csv", nodes), ("entrances.csv", entrances), ("cameras.csv", table(&all))];
    write_folder(folder, &settings, &files);
}

fn areas() -> String {
    "id,parent,kind,name\nT1,,town,Town\nV1,T1,village,Village\n".to_owned()
}

fn table(rows: &[String]) -> String {
    let columns = "id,name,area,lon,lat,node,host,rtsp,credential,watches,night";
    format!("{columns}\n{}\n", rows.join("\n"))
}

/// A camera that watches one entrance, by its own password.
fn row(camera: &str, node: &str, address: &str) -> String {
    // The fake camera knows no entrances.
    let watches = if node.is_empty() { String::new() } else { entrance(camera) };
    format!("{camera},Camera {camera},V1,114.5,30.9,{node},{address},rtsp://{{host}}:8554/main,{camera},{watches},ir")
}

fn write_folder(folder: &Path, settings: &str, registry: &[(&str, String)]) {
    let settings = format!(
        "[registry]\ndir = \"registry\"\nsecrets = \"secrets.toml\"\n\n\
         [database]\nurl = \"sqlite://cunkou.db\"\n\n{settings}"
    );
    let secrets: String =
        cameras().map(|(_, camera)| format!("[{camera}]\nuser = \"admin\"\npassword = \"of-{camera}\"\n\n")).collect();
    std::fs::create_dir(folder.join("registry")).expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).expect(name);
    write("cunkou.toml", &settings);
    write("secrets.toml", &secrets);
    let private = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(folder.join("secrets.toml"), private).expect("our own file");
    for (name, text) in registry {
        write(&format!("registry/{name}"), text);
    }
}

/// The page answers at all: what a test that waits for nothing to happen looks at.
pub(crate) fn is_healthy(site: &Site) -> bool {
    get(&format!("{}/-/healthy", site.daemon.base)).status == 200
}
