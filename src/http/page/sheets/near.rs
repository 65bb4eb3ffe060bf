//! Who could look first: the nearest station, liaison point and team, as the crow flies. Their names only: whom to call
//! there is personal.

use cunkou_core::registry::{LonLat, Place, PlaceKind};
use geo::{Distance, Haversine, Point};

use crate::http::page::context::Page;
use crate::http::page::html::Html;

impl Page<'_> {
    /// Rows of facts: the nearest of each kind of place.
    pub(super) fn near(&self, html: &mut Html, at: Option<LonLat>) {
        let (Some(at), w) = (at, self.words) else { return };
        for (kind, title) in [
            (PlaceKind::Station, w.nearest_station),
            (PlaceKind::Team, w.nearest_team),
            (PlaceKind::Liaison, w.nearest_liaison),
        ] {
            let Some((place, metres)) = nearest(self.snapshot.registry.places.values(), kind, at) else { continue };
            self.fact(html, title);
            self.name(html, &place.name);
            html.raw(" <small>").text(&format!("{:.1} km", metres / 1_000.0)).raw("</small></dd>");
        }
    }
}

/// The nearest place of a kind and how far it is, metres; ties go to the lower id.
fn nearest<'a>(places: impl Iterator<Item = &'a Place>, kind: PlaceKind, at: LonLat) -> Option<(&'a Place, f64)> {
    let from = Point::new(at.lon, at.lat);
    places
        .filter(|p| p.kind == kind)
        .filter_map(|p| Some((p, Haversine.distance(from, p.at.map(|a| Point::new(a.lon, a.lat))?))))
        .min_by(|a, b| a.1.total_cmp(&b.1))
}
