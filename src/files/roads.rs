//! Roads as GeoJSON, for the town that the demo makes.

use cunkou_core::town::Road;
use geojson::{Feature, FeatureCollection, Geometry, GeometryValue, JsonObject, JsonValue};

/// The bytes of a roads.geojson.
#[must_use]
pub fn roads(roads: &[Road]) -> Vec<u8> {
    let feature = |road: &Road| {
        let line: Vec<_> = road.line.coords().map(|c| vec![c.x, c.y].into()).collect();
        let mut properties = JsonObject::new();
        let mut put = |key: &str, value: &str| {
            properties.insert(key.to_owned(), JsonValue::from(value));
        };
        put("id", &road.id);
        put("highway", road.class.word());
        put("name", &road.name);
        Feature {
            bbox: None,
            geometry: Some(Geometry::new(GeometryValue::LineString { coordinates: line })),
            id: None,
            properties: Some(properties),
            foreign_members: None,
        }
    };
    let all = FeatureCollection { bbox: None, features: roads.iter().map(feature).collect(), foreign_members: None };
    all.to_string().into_bytes()
}
