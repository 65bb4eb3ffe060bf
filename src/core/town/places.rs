//! Work stations, liaison points and the maintenance team. Nobody's telephone number: contacts are left empty.

use super::counts::Counts;
use super::geometry::P;
use super::ids::{area_id, place_id};
use super::land::{Hamlet, Land};
use super::plan::{Plan, spread};
use super::rng::Rng;
use super::{SYNTHETIC_NAME, TownFault};
use crate::registry::{Place, PlaceKind};

/// The places of a town.
pub(super) fn places(seed: u64, land: &Land, plan: &Plan, counts: &Counts) -> Result<Vec<Place>, TownFault> {
    let place = |id: String, kind: PlaceKind, name: String, hamlet: &Hamlet, turn: f64| {
        Ok(Place {
            id: place_id(&id)?,
            kind,
            name: name.into(),
            area: Some(area_id(&hamlet.id)?),
            at: Some(hamlet.at.walk(turn, 35.0).lon_lat()),
            contact: None,
            extra: [("note".into(), SYNTHETIC_NAME.into())].into(),
        })
    };
    let mut places = Vec::new();
    for (i, point) in plan.points.iter().filter(|p| p.station).enumerate() {
        let hamlet = &land.hamlets[point.hamlet];
        places.push(place(format!("ST-{}", i + 1), PlaceKind::Station, point.name.clone(), hamlet, 0.0)?);
    }
    let at: Vec<P> = land.hamlets.iter().map(|h| h.at).collect();
    for (i, number) in spread(&mut Rng::stream(seed, "liaison"), &at, counts.liaisons).into_iter().enumerate() {
        let hamlet = &land.hamlets[number];
        let name = format!("{}{}联络点", land.villages[hamlet.village].name, hamlet.name);
        places.push(place(format!("LP-{:02}", i + 1), PlaceKind::Liaison, name, hamlet, 120.0)?);
    }
    if let Some(middle) = land.hamlets.first() {
        places.push(place("TEAM-1".to_owned(), PlaceKind::Team, "视频维保队".to_owned(), middle, 240.0)?);
    }
    Ok(places)
}
