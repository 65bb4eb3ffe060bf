//! The families of cameras, nodes, entrances, alerts and the monitor, as text straight from the snapshot.

use cunkou_core::alert::{AlertName, IncidentStatus};
use cunkou_core::coverage::EntranceState;
use cunkou_core::health::State;
use cunkou_core::model::{AreaId, Check, Period};
use cunkou_core::registry::{Camera, Entrance, Layer, Life, LonLat, Registry};
use cunkou_core::world::{CameraView, NodeView, Snapshot};

use super::text::{Kind, Text};
use super::tree;

/// What to show (names.md, settings `[metrics]`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Options {
    /// Series of single cameras; without them only the counts remain.
    pub per_camera: bool,
    /// Where cameras stand and entrances lie, as labels of `cunkou_camera_info` and `cunkou_entrance_info`.
    pub positions: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options { per_camera: true, positions: false }
    }
}

/// One value of `cunkou_coverage_ratio`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct CoverageRatio {
    /// The layer of the plan.
    pub layer: Layer,
    /// `plan`, `built` or `live`.
    pub level: &'static str,
    /// When.
    pub period: Period,
    /// Complete elements of the layer / all its elements, 0 to 1.
    pub ratio: f64,
}

/// Figures that another room reckons out of a snapshot.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Figures {
    /// How much of each layer is complete.
    pub coverage: Vec<CoverageRatio>,
}

/// Alerts that this version opens through the World: their series stand at 0 while none is open. `SealBroken` needs roads,
/// `MonitorStuck` and `Watchdog` are told outside it: a 0 for these would be a claim.
const OPENED: [AlertName; 12] = [
    AlertName::EntranceLost,
    AlertName::EntranceLostTonight,
    AlertName::EntranceReduced,
    AlertName::EntranceUnknown,
    AlertName::NodeDown,
    AlertName::NodePartial,
    AlertName::CommonCause,
    AlertName::CameraDown,
    AlertName::CameraDegraded,
    AlertName::CameraFlapping,
    AlertName::CameraUnknown,
    AlertName::MonitorBlind,
];

/// All object families of names.md, in pieces of whole lines. What has left the registry has no series.
///
/// Series of single cameras and all others are written side by side, each half as long as both: a scrape of 10 000
/// cameras is 32 MB, and Prometheus waits for it. `cameras` is given the pieces of the one half, `others` those of the
/// other; a family is whole in its half, so that the halves may follow each other in either order.
pub fn write(
    snapshot: &Snapshot,
    figures: &Figures,
    options: Options,
    mut cameras: impl FnMut(String) + Send,
    mut others: impl FnMut(String),
) {
    std::thread::scope(|scope| {
        // Moved, so that who waits for the one half knows when it is over.
        scope.spawn(move || series_of_cameras(snapshot, options, &mut cameras));
        all_others(snapshot, figures, options, &mut others);
    });
}

fn series_of_cameras(snapshot: &Snapshot, options: Options, take: &mut dyn FnMut(String)) {
    if !options.per_camera {
        return;
    }
    let mut text = Text::new(take);
    cameras_one_by_one(&mut text, snapshot);
    camera_info(&mut text, snapshot, options.positions);
    tree::camera_nodes(&mut text, snapshot);
    text.end();
}

fn all_others(snapshot: &Snapshot, figures: &Figures, options: Options, take: &mut dyn FnMut(String)) {
    let mut text = Text::new(take);
    camera_counts(&mut text, snapshot);
    nodes(&mut text, snapshot);
    tree::node_cameras(&mut text, snapshot);
    entrances_one_by_one(&mut text, snapshot);
    entrance_info(&mut text, snapshot, options.positions);
    tree::entrance_causes(&mut text, snapshot);
    entrance_counts(&mut text, snapshot, figures);
    super::seals::write(&mut text, snapshot);
    alerts(&mut text, snapshot);
    monitor(&mut text, snapshot);
    text.end();
}

/// The value of an `_up` series: the last value while suspect, none while unknown.
fn is_up(state: State, before: State) -> Option<bool> {
    match state {
        State::Up | State::Degraded => Some(true),
        State::Down => Some(false),
        State::Unknown => None,
        State::Suspect => match before {
            State::Up | State::Degraded => Some(true),
            State::Down => Some(false),
            State::Unknown | State::Suspect => None,
        },
    }
}

/// Installed cameras with what is believed of them.
fn installed(snapshot: &Snapshot) -> Vec<(&Camera, &CameraView)> {
    let all = snapshot.registry.cameras.values().filter(|c| c.status.is_installed());
    all.filter_map(|c| Some((c, snapshot.camera(c.id.as_str())?.1))).collect()
}

fn cameras_one_by_one(text: &mut Text<'_>, snapshot: &Snapshot) {
    let rows = installed(snapshot);
    text.family("cunkou_camera_up", Kind::Gauge, "1 up or degraded, 0 down; absent while unknown.");
    for (camera, view) in &rows {
        if let Some(up) = is_up(view.state, view.before) {
            let (area, layer) = (camera.area.as_str(), camera.layer.word());
            text.flag(&[("camera", camera.id.as_str()), ("area", area), ("layer", layer)], up);
        }
    }
    text.family("cunkou_camera_state", Kind::Gauge, "1 for the state that the camera is in.");
    for (camera, view) in &rows {
        for state in State::ALL {
            text.flag(&[("camera", camera.id.as_str()), ("state", state.word())], view.state == state);
        }
    }
    text.family("cunkou_camera_check_up", Kind::Gauge, "Whether the last try of a check passed; checks that are on.");
    for (camera, view) in &rows {
        for check in Check::ALL.into_iter().filter(|c| view.on[c.at()]) {
            if let Some(passing) = view.passing[check.at()] {
                text.flag(&[("camera", camera.id.as_str()), ("check", check.word())], passing);
            }
        }
    }
    text.family("cunkou_camera_degraded", Kind::Gauge, "Reasons that hold.");
    for (camera, view) in &rows {
        for reason in view.reasons.iter() {
            text.flag(&[("camera", camera.id.as_str()), ("reason", reason.word())], true);
        }
    }
    text.family("cunkou_camera_flapping", Kind::Gauge, "1 while the camera comes and goes.");
    rows.iter().for_each(|(c, view)| text.flag(&[("camera", c.id.as_str())], view.flapping));
    text.family(
        "cunkou_camera_maintenance",
        Kind::Gauge,
        "1 while the camera is in maintenance: by the registry, by itself, or by what it hangs on.",
    );
    rows.iter().for_each(|(c, view)| {
        text.flag(&[("camera", c.id.as_str())], view.maintenance || c.status == Life::Maintenance);
    });
    text.family("cunkou_camera_off_duty", Kind::Gauge, "1 while a camera with hours of duty is off: it is not asked.");
    let with_hours = rows.iter().filter(|(c, _)| c.duty.is_some());
    with_hours.for_each(|(c, view)| text.flag(&[("camera", c.id.as_str())], view.off_duty));
    camera_measures(text, &rows);
    tree::camera_causes(text, rows.iter().map(|(c, view)| (c.id.as_str(), *view)));
}

fn camera_measures(text: &mut Text<'_>, rows: &[(&Camera, &CameraView)]) {
    text.family("cunkou_camera_rtt_seconds", Kind::Gauge, "The last round trip of reach.");
    for (camera, rtt) in rows.iter().filter_map(|(c, v)| Some((c, v.rtt?))) {
        text.sample(&[("camera", camera.id.as_str())], rtt.seconds_f64());
    }
    text.family("cunkou_camera_state_changes_total", Kind::Counter, "Changes of state since it was registered.");
    rows.iter().for_each(|(c, view)| text.sample(&[("camera", c.id.as_str())], view.changes as f64));
    text.family("cunkou_camera_last_success_timestamp_seconds", Kind::Gauge, "The last try of a check that passed.");
    for (camera, view) in rows {
        for check in Check::ALL {
            if let Some(at) = view.last_pass[check.at()] {
                text.sample(&[("camera", camera.id.as_str()), ("check", check.word())], at.seconds_f64());
            }
        }
    }
}

fn camera_info(text: &mut Text<'_>, snapshot: &Snapshot, positions: bool) {
    text.family("cunkou_camera_info", Kind::Gauge, "What the registry says about a camera; always 1.");
    let mut villages = Villages::new(snapshot);
    for camera in snapshot.registry.cameras.values() {
        let nodes = camera.node.iter().map(|n| n.as_str()).collect::<Vec<_>>().join(" ");
        let place = place(camera.at, positions);
        let mut labels = vec![
            ("camera", camera.id.as_str()),
            ("name", &camera.name),
            ("area", camera.area.as_str()),
            ("village", villages.of(&camera.area)),
            ("layer", camera.layer.word()),
            ("node", &nodes),
            ("vendor", camera.vendor.as_deref().unwrap_or_default()),
            ("model", camera.model.as_deref().unwrap_or_default()),
        ];
        if let Some((lat, lon)) = &place {
            labels.extend([("lat", lat.as_str()), ("lon", lon.as_str())]);
        }
        text.flag(&labels, true);
    }
}

/// Latitude and longitude as label values, where they may be shown.
fn place(at: Option<LonLat>, positions: bool) -> Option<(String, String)> {
    at.filter(|_| positions).map(|LonLat { lon, lat }| (lat.to_string(), lon.to_string()))
}

/// The villages of one area after the other; neighbours in a list mostly lie in the same.
struct Villages<'a> {
    registry: &'a Registry,
    last: Option<(&'a AreaId, &'a str)>,
}

impl<'a> Villages<'a> {
    fn new(snapshot: &'a Snapshot) -> Villages<'a> {
        Villages { registry: &snapshot.registry, last: None }
    }

    /// The id of the village or community of an area, or nothing.
    fn of(&mut self, area: &'a AreaId) -> &'a str {
        match self.last {
            Some((known, village)) if known == area => village,
            _ => {
                let village = self.registry.village_of(area).map_or("", |a| a.id.as_str());
                self.last = Some((area, village));
                village
            }
        }
    }
}

fn camera_counts(text: &mut Text<'_>, snapshot: &Snapshot) {
    text.family("cunkou_cameras", Kind::Gauge, "Cameras by layer and state; planned and retired ones by their life.");
    let words = State::ALL.map(State::word).into_iter().chain([Life::Planned.word(), Life::Retired.word()]);
    let words: Vec<&str> = words.collect();
    for layer in Layer::ALL {
        let of_layer = snapshot.registry.cameras.values().filter(|c| c.layer == *layer);
        let mut counts = vec![0_u32; words.len()];
        for camera in of_layer {
            let state = snapshot.camera(camera.id.as_str()).map_or(State::Unknown, |(_, view)| view.state);
            let word = if camera.status.is_installed() { state.word() } else { camera.status.word() };
            if let Some(i) = words.iter().position(|w| *w == word) {
                counts[i] += 1;
            }
        }
        for (word, n) in words.iter().zip(counts) {
            text.sample(&[("layer", layer.word()), ("state", word)], f64::from(n));
        }
    }
}

fn nodes(text: &mut Text<'_>, snapshot: &Snapshot) {
    text.family("cunkou_node_up", Kind::Gauge, "1 up, 0 down; absent while nothing is known or judged of it.");
    for node in snapshot.registry.nodes.values() {
        // A suspect node was not confirmed down: what it was before is up, unless it never answered.
        let before = |view: &NodeView| if view.rtt.is_some() { State::Up } else { State::Unknown };
        let up = snapshot.node(node.id.as_str()).and_then(|(_, view)| is_up(view.state, before(view)));
        if let Some(up) = up {
            text.flag(&[("node", node.id.as_str()), ("kind", node.kind.word())], up);
        }
    }
    text.family("cunkou_node_info", Kind::Gauge, "What the registry says about a node; always 1.");
    for node in snapshot.registry.nodes.values() {
        text.flag(&[("node", node.id.as_str()), ("name", &node.name), ("kind", node.kind.word())], true);
    }
}

fn entrances_one_by_one(text: &mut Text<'_>, snapshot: &Snapshot) {
    let all = snapshot.registry.entrances.values();
    let judged: Vec<(&Entrance, _)> = all.filter_map(|e| Some((e, snapshot.entrance(e.id.as_str())?.1))).collect();
    text.family(
        "cunkou_entrance_covered",
        Kind::Gauge,
        "Now: 1 covered or reduced, 0 lost; absent when unknown, planned or unwatched.",
    );
    for (entrance, belief) in &judged {
        let state = belief.now.state;
        if state.is_watched() || state == EntranceState::Lost {
            let labels = [("entrance", entrance.id.as_str()), ("area", entrance.area.as_str())];
            text.flag(&labels, state.is_watched());
        }
    }
    text.family("cunkou_entrance_state", Kind::Gauge, "1 for the state that the entrance is in now.");
    for (entrance, belief) in &judged {
        for state in EntranceState::ALL {
            text.flag(&[("entrance", entrance.id.as_str()), ("state", state.word())], belief.now.state == state);
        }
    }
    let mut number = |name, help, value: &dyn Fn(usize) -> u32| {
        text.family(name, Kind::Gauge, help);
        for (i, (entrance, _)) in judged.iter().enumerate() {
            text.sample(&[("entrance", entrance.id.as_str())], f64::from(value(i)));
        }
    };
    number("cunkou_entrance_cameras_live", "Live cameras that watch it now.", &|i| judged[i].1.now.live);
    number("cunkou_entrance_cameras_required", "Live cameras it needs.", &|i| judged[i].0.required);
    number("cunkou_entrance_cameras_target", "Live cameras it should have.", &|i| judged[i].0.target);
    number("cunkou_entrance_cameras_unknown", "Cameras that watch it and may be live.", &|i| judged[i].1.now.unknown);
}

fn entrance_info(text: &mut Text<'_>, snapshot: &Snapshot, positions: bool) {
    text.family("cunkou_entrance_info", Kind::Gauge, "What the registry says about an entrance; always 1.");
    let mut villages = Villages::new(snapshot);
    for entrance in snapshot.registry.entrances.values() {
        let place = place(entrance.at, positions);
        let mut labels = vec![
            ("entrance", entrance.id.as_str()),
            ("name", &entrance.name),
            ("area", entrance.area.as_str()),
            ("village", villages.of(&entrance.area)),
        ];
        if let Some((lat, lon)) = &place {
            labels.extend([("lat", lat.as_str()), ("lon", lon.as_str())]);
        }
        text.flag(&labels, true);
    }
    text.family("cunkou_area_info", Kind::Gauge, "What the registry says about an area; always 1.");
    for area in snapshot.registry.areas.values() {
        text.flag(&[("area", area.id.as_str()), ("name", &area.name), ("kind", area.kind.word())], true);
    }
}

fn entrance_counts(text: &mut Text<'_>, snapshot: &Snapshot, figures: &Figures) {
    // By state, then day, night, now: one look at each entrance.
    let mut counted = [[0_u32; 3]; 6];
    let mut by_area = std::collections::BTreeMap::<&str, [u32; 6]>::new();
    for entrance in snapshot.registry.entrances.values() {
        if let Some((_, belief)) = snapshot.entrance(entrance.id.as_str()) {
            for (i, judged) in [belief.day, belief.night, belief.now].into_iter().enumerate() {
                counted[judged.state as usize][i] += 1;
            }
            by_area.entry(entrance.area.as_str()).or_default()[belief.now.state as usize] += 1;
        }
    }
    text.family("cunkou_entrances", Kind::Gauge, "Entrances by state and period.");
    for state in EntranceState::ALL {
        for (period, n) in ["day", "night", "now"].iter().zip(counted[state as usize]) {
            text.sample(&[("state", state.word()), ("period", period)], f64::from(n));
        }
    }
    text.family("cunkou_area_entrances", Kind::Gauge, "Entrances whose home is the area, by their state now.");
    for (area, counts) in by_area {
        for state in EntranceState::ALL {
            let n = f64::from(counts[state as usize]);
            text.sample(&[("area", area), ("state", state.word())], n);
        }
    }
    text.family("cunkou_coverage_ratio", Kind::Gauge, "Complete elements of a layer of the plan / all its elements.");
    for one in &figures.coverage {
        let labels = [("layer", one.layer.word()), ("level", one.level), ("period", one.period.word())];
        text.sample(&labels, one.ratio);
    }
}

fn alerts(text: &mut Text<'_>, snapshot: &Snapshot) {
    text.family("cunkou_alerts", Kind::Gauge, "Open alerts.");
    for name in AlertName::ALL {
        let open = snapshot.alerts.values().filter(|a| a.key.name == name && a.ended.is_none()).count();
        let judged = name == AlertName::SealBroken && snapshot.seals.is_some();
        if open > 0 || judged || OPENED.contains(&name) {
            text.sample(&[("alert", name.word()), ("severity", name.severity().word())], open as f64);
        }
    }
    text.family("cunkou_incidents", Kind::Gauge, "Incidents that go on.");
    for status in [IncidentStatus::Open, IncidentStatus::Acknowledged] {
        let n = snapshot.incidents.values().filter(|i| i.status == status).count();
        text.sample(&[("state", status.word())], n as f64);
    }
    let silenced = snapshot.incidents.values().filter(|i| i.status.is_open() && i.silenced.is_some()).count();
    let help = "Incidents that go on and page nobody, since somebody silenced them.";
    text.family("cunkou_incidents_silenced", Kind::Gauge, help);
    text.sample(&[], silenced as f64);
    text.family(
        "cunkou_incident_oldest_open_timestamp_seconds",
        Kind::Gauge,
        "When the oldest incident that goes on opened; absent while there is none.",
    );
    let going_on = |s| matches!(s, IncidentStatus::Open | IncidentStatus::Acknowledged);
    if let Some(oldest) = snapshot.incidents.values().filter(|i| going_on(i.status)).map(|i| i.opened_at).min() {
        text.sample(&[], oldest.seconds_f64());
    }
}

fn monitor(text: &mut Text<'_>, snapshot: &Snapshot) {
    text.family("cunkou_monitor_blind", Kind::Gauge, "1 while the monitor itself cannot see.");
    text.flag(&[], snapshot.blind.is_some());
    text.family("cunkou_monitor_canary_up", Kind::Gauge, "Whether a canary answers; absent before its first answer.");
    for (canary, up) in snapshot.canaries.iter().filter_map(|c| Some((c, c.up?))) {
        text.flag(&[("canary", &canary.name)], up);
    }
    text.family("cunkou_registry_objects", Kind::Gauge, "Objects of the registry in force.");
    let r = &snapshot.registry;
    for (kind, n) in [
        ("area", r.areas.len()),
        ("node", r.nodes.len()),
        ("entrance", r.entrances.len()),
        ("camera", r.cameras.len()),
        ("element", r.elements.len()),
        ("place", r.places.len()),
    ] {
        text.sample(&[("kind", kind)], n as f64);
    }
}
