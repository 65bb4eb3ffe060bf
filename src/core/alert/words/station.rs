//! The work station nearest to an incident: who could look first. As the crow flies; roads are another question.

use geo::{Distance, Haversine, Point};

use crate::alert::Incident;
use crate::registry::{LonLat, PlaceKind, Registry};

/// A station and how far it is. Only its name: the contact of a place is personal.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Station<'a> {
    /// Its name.
    pub name: &'a str,
    /// Metres, as the crow flies (haversine).
    pub metres: f64,
}

/// The nearest police work station to a position; ties go to the lower id.
#[must_use]
pub fn nearest_station(registry: &Registry, at: LonLat) -> Option<Station<'_>> {
    let from = Point::new(at.lon, at.lat);
    registry
        .places
        .values()
        .filter(|p| p.kind == PlaceKind::Station)
        .filter_map(|p| {
            let metres = Haversine.distance(from, p.at.map(|a| Point::new(a.lon, a.lat))?);
            Some(Station { name: &p.name, metres })
        })
        .min_by(|a, b| a.metres.total_cmp(&b.metres))
}

/// The station nearest to the first lost entrance, else to the first camera, that has a position.
pub(super) fn of_incident<'a>(registry: &'a Registry, incident: &Incident) -> Option<Station<'a>> {
    let entrances = incident.entrances_lost.iter().filter_map(|id| registry.entrances.get(id)?.at);
    let cameras = incident.cameras.iter().filter_map(|id| registry.cameras.get(id)?.at);
    nearest_station(registry, entrances.chain(cameras).next()?)
}
