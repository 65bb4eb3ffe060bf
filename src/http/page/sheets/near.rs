//! Who could look first: the nearest station, liaison point and team, as the crow flies. Their names only, with a link to
//! the sheet of each: whom to call there is personal.

use cunkou_core::registry::{LonLat, Place, PlaceKind};
use geo::{Distance, Haversine, Point};

use crate::http::page::context::{Page, Sheet};
use crate::http::page::html::Html;

impl Page<'_> {
    /// Rows of facts: the nearest of each kind of place.
    pub(super) fn near(&self, html: &mut Html, at: Option<LonLat>) {
        self.near_but(html, at, None);
    }

    /// The same, but for one kind.
    pub(super) fn near_but(&self, html: &mut Html, at: Option<LonLat>, but: Option<PlaceKind>) {
        let (Some(at), w) = (at, self.words) else { return };
        for (kind, title) in [
            (PlaceKind::Station, w.nearest_station),
            (PlaceKind::Team, w.nearest_team),
            (PlaceKind::Liaison, w.nearest_liaison),
        ] {
            if but == Some(kind) {
                continue;
            }
            let Some((place, metres)) = nearest(self.snapshot.registry.places.values(), kind, at) else { continue };
            self.fact(html, title);
            self.link(html, Sheet::Place, place.id.as_str(), &place.name);
            html.raw(" <small>").text(&format!("{:.1} km", metres / 1_000.0)).raw("</small></dd>");
        }
    }
}

/// The nearest place of a kind and how far it is, metres; ties go to the lower id.
fn nearest<'a>(places: impl Iterator<Item = &'a Place>, kind: PlaceKind, at: LonLat) -> Option<(&'a Place, f64)> {
    let of_kind = places.filter(|p| p.kind == kind);
    of_kind.filter_map(|p| Some((p, metres_between(at, p.at?)))).min_by(|a, b| a.1.total_cmp(&b.1))
}

/// As the crow flies.
pub(super) fn metres_between(from: LonLat, to: LonLat) -> f64 {
    Haversine.distance(Point::new(from.lon, from.lat), Point::new(to.lon, to.lat))
}
