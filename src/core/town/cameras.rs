//! The cameras: where each one stands, where it looks, what it is.

use super::TownFault;
use super::gates::{Gate, GateKind, Gates};
use super::geometry::{P, plane, round};
use super::ids::{area_id, camera_id, element_id};
use super::jobs::{Job, Sight};
use super::land::{Land, digits};
use super::rng::Rng;
use super::tables::{LENSES, Lens};
use crate::registry::{Azimuth, Camera, CameraKind, Life, NightLight, WatchRule};

/// From a camera to its entrance, metres along the road.
const NEAR_M: (f64, f64) = (12.0, 22.0);
/// From a camera to the middle of its road, metres.
const BESIDE_M: f64 = 4.0;
/// A camera for two entrances stands so far before them, metres.
const FORK_M: f64 = 26.0;
/// Errors of a survey by hand: metres and degrees.
const SURVEY: (f64, f64) = (3.0, 5.0);
/// What one of the eight directions leaves open, degrees to either side (names.md, `azimuth`).
const EIGHTH_ERROR: f64 = 22.5;
/// District and street of the statistics code, kind of trade, kind of device (132: network camera), network.
const GB_PREFIX: &str = "42011606001320";

/// A camera, with what the town knows of it by construction.
#[derive(Debug)]
pub(super) struct Posted {
    pub(super) camera: Camera,
    /// Its village, by number.
    pub(super) village: usize,
    /// The entrances it is for, by number.
    pub(super) gates: Vec<usize>,
    /// Whether it watches them, not only maybe.
    pub(super) sure: bool,
}

/// Puts the cameras up; ids follow villages and entrances.
pub(super) fn put_up(seed: u64, land: &Land, gates: &Gates, mut jobs: Vec<Job>) -> Result<Vec<Posted>, TownFault> {
    jobs.sort_by_key(|j| (gates.all[j.gates[0]].village, j.gates[0], j.nth));
    let mut rng = Rng::stream(seed, "cameras");
    let width = digits(jobs.len()).max(4);
    let posted = jobs.iter().enumerate().map(|(i, job)| {
        let gate = &gates.all[job.gates[0]];
        let mut camera = stand(&mut rng, land, gates, job, &format!("C{:0width$}", i + 1))?;
        camera.gb_code = Some(format!("{GB_PREFIX}{:06}", i + 1).into());
        fit_out(&mut rng, &mut camera);
        Ok(Posted { camera, village: gate.village, gates: job.gates.clone(), sure: job.sight.is_sure() })
    });
    posted.collect()
}

/// A lens for the job.
fn choose_lens(rng: &mut Rng, gate: &Gate, job: &Job) -> &'static Lens {
    let drawn = rng.below(10);
    let number = match (job.sight, gate.kind) {
        (Sight::EighthOnly, _) => 3,
        _ if job.gates.len() > 1 => 0,
        (_, GateKind::Town) => 2,
        _ => [0, 0, 0, 0, 0, 1, 1, 1, 2, 3][drawn],
    };
    &LENSES[number]
}

/// Where a camera for these entrances stands, and the point it looks at.
fn spot(rng: &mut Rng, gates: &Gates, job: &Job) -> (P, P) {
    let gate = &gates.all[job.gates[0]];
    // Always on the inner side: so every camera stands in the town. A second one stands across the road.
    let along = round(rng.between(NEAR_M.0, NEAR_M.1), 1);
    let side = if job.nth.is_multiple_of(2) { 90.0 } else { -90.0 };
    match job.gates.get(1) {
        Some(twin) => {
            let target = gate.at.towards(gates.all[*twin].at, 0.5);
            let turn = (gates.all[*twin].heading - gate.heading + 180.0).rem_euclid(360.0) - 180.0;
            (target.walk(gate.heading + turn / 2.0, FORK_M), target)
        }
        None => (gate.at.walk(gate.heading, along).walk(gate.heading + side, BESIDE_M), gate.at),
    }
}

fn stand(rng: &mut Rng, land: &Land, gates: &Gates, job: &Job, id: &str) -> Result<Camera, TownFault> {
    let gate = &gates.all[job.gates[0]];
    let lens = choose_lens(rng, gate, job);
    let (spot, target) = spot(rng, gates, job);
    let at = spot.lon_lat();
    let height = round(rng.between(4.5, 6.5), 1);
    let jitter = if job.gates.len() > 1 { 0.0 } else { rng.between(-3.0, 3.0) };
    let toward = plane(at).bearing(target);
    let tilt = round(((height - 1.0) / spot.distance(target)).atan().to_degrees(), 1);
    let (kind, azimuth, hfov, error) = match job.sight {
        Sight::Surveyed => (CameraKind::Fixed, Some(toward + jitter), lens.hfov, SURVEY.1),
        Sight::Turning => (CameraKind::Ptz, Some(toward + jitter), lens.hfov, SURVEY.1),
        Sight::Fisheye => (CameraKind::Fisheye, Some(0.0), 360.0, SURVEY.1),
        Sight::Declared | Sight::NoAzimuth => (CameraKind::Fixed, None, lens.hfov, SURVEY.1),
        Sight::EighthOnly => {
            (CameraKind::Fixed, Some(super::ways::eighth(toward) as f64 * 45.0), lens.hfov, EIGHTH_ERROR)
        }
    };
    let azimuth = azimuth.map(|a| Azimuth { degrees: round(a.rem_euclid(360.0), 1) % 360.0, error });
    let declared = matches!(job.sight, Sight::Declared | Sight::Fisheye);
    let area = match gate.kind {
        GateKind::Hamlet(h) => &land.hamlets[h].id,
        GateKind::Block(..) | GateKind::Town => &land.villages[gate.village].id,
    };
    Ok(Camera {
        id: camera_id(id)?,
        gb_code: None,
        name: name(gate, job).into(),
        area: area_id(area)?,
        layer: job.layer,
        element: job.element.as_deref().map(element_id).transpose()?,
        kind,
        at: Some(at),
        position_m: SURVEY.0,
        height_m: Some(height),
        azimuth,
        tilt: Some(if kind == CameraKind::Fisheye { 90.0 } else { tilt }),
        hfov: Some(hfov),
        range_m: Some(lens.range_m),
        width_px: Some(lens.pixels.0),
        height_px: Some(lens.pixels.1),
        night: if job.light { NightLight::Ir } else { NightLight::None },
        night_range_m: job.light.then_some(lens.light_m),
        duty: None,
        node: Vec::new(),
        power: Vec::new(),
        status: Life::Active,
        host: None,
        rtsp: None,
        snapshot: None,
        onvif: None,
        credential: None,
        checks: Vec::new(),
        vendor: Some(lens.vendor.into()),
        model: Some(lens.model.into()),
        installed_on: None,
        watches: job
            .gates
            .iter()
            .filter(|_| declared)
            .map(|g| WatchRule { id: gates.all[*g].id.as_str().into(), watches: true })
            .collect(),
        note: Some(super::SYNTHETIC.into()),
        extra: Default::default(),
    })
}

fn name(gate: &Gate, job: &Job) -> String {
    let fork = if job.gates.len() > 1 { "岔路" } else { "" };
    format!("{}·{fork}{}号机", gate.name, job.nth + 1)
}

/// What has nothing to do with where it looks. Half of the cameras want a password.
fn fit_out(rng: &mut Rng, camera: &mut Camera) {
    let (month, day) = (rng.below(12), rng.below(28) + 1);
    // One year from March: month 1 to 12 after the turn.
    let (year, month) = if month < 10 { (2017, month + 3) } else { (2018, month - 9) };
    camera.installed_on = Some(format!("{year}-{month:02}-{day:02}").into());
    camera.credential = (rng.below(2) == 0).then(|| "camera".into());
    camera.rtsp = Some("rtsp://{host}:8554/main".into());
    camera.snapshot = Some("http://{host}:8080/snapshot.jpg".into());
}
