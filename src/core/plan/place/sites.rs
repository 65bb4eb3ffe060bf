//! Where cameras may stand, and what they would watch from there.

use std::collections::BTreeSet;

use super::needs::{Needs, Placed};
use super::{Candidate, Choice, Costs, Grounds, Model, Unplaced};
use crate::coverage::{Scale, Verdict, view};
use crate::model::{AreaId, CameraId, EntranceId, EntranceIx, NodeId, SiteId};
use crate::registry::{Azimuth, Camera, CameraKind, Entrance, Extra, Layer, Life, LonLat, NodeKind, Site, SiteKind};

/// Between two directions that are tried, degrees (coverage.md §6.1).
const STEP_DEG: u16 = 15;
/// A new pole stands so far inside an entrance, metres, and sees who comes in.
const INSIDE_M: f64 = 20.0;
/// Poles in one cell of so many degrees, some 10 m, are one.
const SAME_DEG: f64 = 1e-4;
/// What all candidates together may watch, entrances by day and by night: some tens of megabytes.
const MOST_COVERS: usize = 5_000_000;
/// A camera that is set up by plan stands and looks so exactly: metres, degrees.
const EXACT: (f64, f64) = (3.0, 5.0);

/// What a spot is known by.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Beside {
    /// A site of sites.csv.
    Site(SiteId),
    /// A pole of nodes.csv.
    Node(NodeId),
    /// The pole of a camera.
    Camera(CameraId),
    /// A new pole inside an entrance.
    Entrance(EntranceId),
}

impl Beside {
    /// The id of what it is known by.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Beside::Site(id) => id.as_str(),
            Beside::Node(id) => id.as_str(),
            Beside::Camera(id) => id.as_str(),
            Beside::Entrance(id) => id.as_str(),
        }
    }

    /// The word users see.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Beside::Site(_) => "site",
            Beside::Node(_) => "node",
            Beside::Camera(_) => "camera",
            Beside::Entrance(_) => "entrance",
        }
    }
}

/// Where a camera may stand.
#[derive(Clone, PartialEq, Debug)]
pub struct Spot {
    /// What it is known by.
    pub beside: Beside,
    /// What stands there.
    pub kind: SiteKind,
    /// Where it is.
    pub at: LonLat,
    /// What a camera there costs.
    pub cost: f64,
}

/// The sites of sites.csv; where there is none, poles that stand and new ones inside entrances that lack cameras.
pub(super) fn spots(grounds: &Grounds<'_>, needs: &Needs<'_>, costs: &Costs) -> Vec<Spot> {
    let registry = grounds.registry;
    if !registry.sites.is_empty() {
        let sites = registry.sites.values().filter_map(|s| Some((s, s.at?)));
        let spot = |(site, at): (&Site, LonLat)| Spot {
            beside: Beside::Site(site.id.clone()),
            kind: site.kind,
            at,
            cost: site.cost.unwrap_or(costs.of(site.kind)),
        };
        return sites.map(spot).collect();
    }
    let poles = registry.nodes.values().filter(|n| n.kind == NodeKind::Pole);
    let poles = poles.filter_map(|n| Some((Beside::Node(n.id.clone()), n.at?)));
    let cameras = registry.cameras.values().filter(|c| c.status.is_installed());
    let cameras = cameras.filter_map(|c| Some((Beside::Camera(c.id.clone()), c.at?)));
    let mut seen: BTreeSet<(i64, i64)> = BTreeSet::new();
    let cell = |at: LonLat| ((at.lon / SAME_DEG).round() as i64, (at.lat / SAME_DEG).round() as i64);
    let standing = poles.chain(cameras).filter(|(_, at)| seen.insert(cell(*at)));
    let spot = |beside, kind, at| Spot { beside, kind, at, cost: costs.of(kind) };
    let mut spots: Vec<Spot> = standing.map(|(beside, at)| spot(beside, SiteKind::Pole, at)).collect();
    let mut gates: Vec<(EntranceIx, &Entrance, LonLat)> =
        needs.placed.iter().filter_map(|(at, ix, e)| Some((*ix, *e, inside(*at, e.bearing?)))).collect();
    gates.sort_by_key(|(ix, ..)| *ix);
    spots.extend(gates.into_iter().map(|(_, e, at)| spot(Beside::Entrance(e.id.clone()), SiteKind::New, at)));
    spots
}

/// A place inside an entrance whose road heads in by a bearing.
fn inside(at: LonLat, bearing: f64) -> LonLat {
    let (scale, (sin, cos)) = (Scale::at(at.lat), bearing.to_radians().sin_cos());
    LonLat { lon: at.lon + INSIDE_M * sin / scale.lon_m.max(1.0), lat: at.lat + INSIDE_M * cos / scale.lat_m }
}

/// A direction at a spot: what it watches of what is in want, and how far off its middle.
#[derive(Clone, Debug)]
pub(super) struct Look {
    pub(super) azimuth: u16,
    pub(super) covers: Vec<u32>,
    pub(super) off_axis: f64,
}

/// Every purchase that meets a need, but those that others from the same spot are as good as.
pub(super) fn purchases(
    grounds: &Grounds<'_>,
    needs: &Needs<'_>,
    spots: &[Spot],
    model: &Model,
    keep_going: &mut dyn FnMut() -> bool,
) -> Result<Vec<(Choice, Candidate)>, Unplaced> {
    let Some(mut camera) = camera(model) else { return Ok(Vec::new()) };
    let (mut found, mut covers) = (Vec::new(), 0_usize);
    for (number, spot) in spots.iter().enumerate() {
        if !keep_going() {
            return Err(Unplaced::Stopped);
        }
        camera.at = Some(spot.at);
        let near = needs.near(spot.at, model.range_m);
        if near.is_empty() {
            continue;
        }
        let looks = (0..360 / STEP_DEG).map(|i| look(grounds, needs, &near, &mut camera, i * STEP_DEG));
        let looks = useful(looks.filter(|l| !l.covers.is_empty()).collect(), &|element| needs.lacks(element));
        covers += looks.iter().map(|look| look.covers.len()).sum::<usize>();
        if covers > MOST_COVERS {
            return Err(Unplaced::TooMuch);
        }
        found.extend(looks.into_iter().map(|look| {
            let choice = Choice::Buy { spot: number, azimuth: f64::from(look.azimuth) };
            (choice, Candidate { cost: spot.cost, covers: look.covers })
        }));
    }
    Ok(found)
}

fn look(grounds: &Grounds<'_>, needs: &Needs<'_>, near: &[Placed<'_>], camera: &mut Camera, azimuth: u16) -> Look {
    camera.azimuth = Some(Azimuth { degrees: f64::from(azimuth), error: EXACT.1 });
    let mut look = Look { azimuth, covers: Vec::new(), off_axis: 0.0 };
    for (at, ix, entrance) in near {
        let need = grounds.density.need(entrance.density);
        for night in [false, true] {
            let Some(element) = needs.element(*ix, night) else { continue };
            let seen = view(camera, *at, need, night).filter(|v| v.verdict == Verdict::Yes);
            if let Some(seen) = seen {
                look.covers.push(element);
                look.off_axis = look.off_axis.max(seen.off_axis_deg.unwrap_or(180.0));
            }
        }
    }
    look.covers.sort_unstable();
    look
}

/// The directions of a spot without those that no choice is worse for the lack of: as many others as are lacking of what
/// one watches watch all of that. By exchange: either one of those is not chosen yet and is as good in its place, or all
/// are, and this one adds nothing. In the order of directions.
pub(super) fn useful(mut looks: Vec<Look>, lacks: &dyn Fn(u32) -> usize) -> Vec<Look> {
    looks.sort_by(|a, b| {
        let most = b.covers.len().cmp(&a.covers.len());
        most.then(a.off_axis.total_cmp(&b.off_axis)).then(a.azimuth.cmp(&b.azimuth))
    });
    let mut kept: Vec<Look> = Vec::new();
    for look in looks {
        let covers_all = |other: &&Look| look.covers.iter().all(|e| other.covers.binary_search(e).is_ok());
        let enough = look.covers.iter().map(|e| lacks(*e)).max().unwrap_or(0);
        if kept.iter().filter(covers_all).count() < enough {
            kept.push(look);
        }
    }
    kept.sort_by_key(|look| look.azimuth);
    kept
}

/// The camera that would be bought, nowhere yet. Its ids are of nothing: the view asks for none.
fn camera(model: &Model) -> Option<Camera> {
    Some(Camera {
        id: CameraId::new("new").ok()?,
        area: AreaId::new("new").ok()?,
        gb_code: None,
        name: "".into(),
        layer: Layer::Point,
        element: None,
        kind: CameraKind::Fixed,
        at: None,
        position_m: EXACT.0,
        height_m: None,
        azimuth: None,
        tilt: None,
        hfov: Some(model.hfov),
        range_m: Some(model.range_m),
        width_px: Some(model.width_px),
        height_px: None,
        night: model.night,
        night_range_m: Some(model.night_range_m),
        duty: None,
        node: Vec::new(),
        power: Vec::new(),
        status: Life::Planned,
        host: None,
        rtsp: None,
        snapshot: None,
        onvif: None,
        credential: None,
        checks: Vec::new(),
        vendor: None,
        model: None,
        installed_on: None,
        watches: Vec::new(),
        note: None,
        extra: Extra::default(),
    })
}
