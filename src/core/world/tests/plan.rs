//! A small town to order: areas, nodes, cameras, entrances, in the simplest words.

use std::collections::BTreeMap;

use cunkou_core::model::{AreaId, CameraId, ElementId, EntranceId, NodeId};
use cunkou_core::registry::{
    Area, AreaKind, Camera, CameraKind, Density, Dirs, Entrance, EntranceStatus, Gate, Layer, Life, LonLat, Needs,
    NightLight, Node, NodeKind, Registry, WatchRule,
};

/// What stands where.
pub(crate) struct Plan {
    pub(crate) registry: Registry,
}

impl Plan {
    /// One village, an uplink, and for each of `switches` so many cameras; every camera watches an entrance of its own.
    pub(crate) fn town(switches: &[usize]) -> Plan {
        let mut plan = Plan { registry: Registry::default() };
        plan.area("T", None, AreaKind::Town);
        plan.area("V", Some("T"), AreaKind::Village);
        plan.node("up", NodeKind::Uplink, true, &[], Needs::All);
        let mut n = 0;
        for (s, cameras) in switches.iter().enumerate() {
            let switch = format!("S{}", s + 1);
            plan.node(&switch, NodeKind::Switch, true, &["up"], Needs::All);
            for _ in 0..*cameras {
                n += 1;
                plan.camera(&format!("C{n:03}"), Some(&switch), n);
                plan.entrance(&format!("E{n:03}"), 1, 1);
                plan.watch(&format!("C{n:03}"), &format!("E{n:03}"));
            }
        }
        plan
    }

    pub(crate) fn area(&mut self, id: &str, parent: Option<&str>, kind: AreaKind) {
        let id = AreaId::new(id).unwrap();
        let at = Some(LonLat { lon: 114.5, lat: 30.9 });
        let parent = parent.map(|p| AreaId::new(p).unwrap());
        let area = Area {
            id: id.clone(),
            parent,
            kind,
            name: "甘棠村".into(),
            code: None,
            at,
            boundary: None,
            extra: BTreeMap::new(),
        };
        self.registry.areas.insert(id, area);
    }

    pub(crate) fn node(&mut self, id: &str, kind: NodeKind, probed: bool, parents: &[&str], needs: Needs) {
        let id = NodeId::new(id).unwrap();
        let node = Node {
            id: id.clone(),
            kind,
            name: format!("{id} 箱").into(),
            address: probed.then(|| "10.9.9.9:8023".into()),
            at: None,
            parents: Gate { needs, of: parents.iter().map(|p| NodeId::new(p).unwrap()).collect() },
            power: Gate::default(),
            extra: BTreeMap::new(),
        };
        self.registry.nodes.insert(id, node);
    }

    pub(crate) fn camera(&mut self, id: &str, node: Option<&str>, n: usize) {
        let id = CameraId::new(id).unwrap();
        let host = format!("10.1.{}.{}", n / 200, n % 200 + 1);
        let camera = Camera {
            id: id.clone(),
            gb_code: None,
            name: format!("{id} 枪机").into(),
            area: AreaId::new("V").unwrap(),
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
            width_px: None,
            height_px: None,
            night: NightLight::Ir,
            night_range_m: None,
            duty: None,
            node: node.iter().map(|n| NodeId::new(n).unwrap()).collect(),
            power: Vec::new(),
            status: Life::Active,
            host: Some(host.into()),
            rtsp: Some("rtsp://{host}:554/main".into()),
            snapshot: None,
            onvif: None,
            credential: None,
            checks: Vec::new(),
            vendor: None,
            model: None,
            installed_on: None,
            watches: Vec::new(),
            note: None,
            extra: BTreeMap::new(),
        };
        self.registry.cameras.insert(id, camera);
    }

    pub(crate) fn entrance(&mut self, id: &str, required: u32, target: u32) {
        let id = EntranceId::new(id).unwrap();
        let entrance = Entrance {
            id: id.clone(),
            area: AreaId::new("V").unwrap(),
            name: format!("{id} 村口").into(),
            at: None,
            bearing: None,
            density: Density::Detect,
            required,
            target,
            priority: 3,
            roles: Vec::<ElementId>::new(),
            dirs: Dirs::Any,
            status: EntranceStatus::Active,
            source: None,
            derived_from: Vec::new(),
            extra: BTreeMap::new(),
        };
        self.registry.entrances.insert(id, entrance);
    }

    pub(crate) fn watch(&mut self, camera: &str, entrance: &str) {
        let camera = self.registry.cameras.get_mut(camera).unwrap();
        camera.watches.push(WatchRule { id: entrance.into(), watches: true });
    }

    pub(crate) fn edit_camera(&mut self, id: &str, edit: impl FnOnce(&mut Camera)) {
        edit(self.registry.cameras.get_mut(id).unwrap());
    }
}
