//! Answers that can be drawn on a map: GeoJSON (RFC 7946), in WGS 84 as that wants it, or moved for the web maps of China.

use cunkou_core::registry::{Datum, LonLat};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::Page;

/// The word for GeoJSON, and that for GeoJSON of which each position is moved to GCJ-02.
pub const GEOJSON: [(&str, Datum); 2] = [("geojson", Datum::Wgs84), ("geojson-gcj02", Datum::Gcj02)];

/// A FeatureCollection (RFC 7946); objects without a position are left out.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct FeatureCollection {
    /// `FeatureCollection`.
    pub r#type: String,
    /// The objects: points, with all other fields as properties.
    #[schema(value_type = Vec<Object>)]
    pub features: Vec<Value>,
    /// Where the next page begins; null on the last.
    pub next: Option<String>,
    /// What the positions are, where that is not WGS 84: `gcj02`. A map that expects WGS 84 would draw them hundreds of
    /// metres off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub datum: Option<String>,
}

impl FeatureCollection {
    /// A collection in WGS 84.
    #[must_use]
    pub fn of(features: Vec<Value>, next: Option<String>) -> FeatureCollection {
        FeatureCollection { r#type: "FeatureCollection".to_owned(), features, next, datum: None }
    }

    /// The same for the base maps of a datum: each position of each geometry is moved; one outside the box in which the
    /// datum is defined stays.
    #[must_use]
    pub fn for_maps_of(mut self, datum: Datum) -> FeatureCollection {
        if matches!(datum, Datum::Wgs84 | Datum::Cgcs2000) {
            return self;
        }
        let coordinates = self.features.iter_mut().filter_map(|f| f.pointer_mut("/geometry/coordinates"));
        coordinates.for_each(|c| moved(c, datum));
        self.datum = Some(datum.word().to_owned());
        self
    }
}

/// Moves a position, or all positions of a list of whatever depth.
fn moved(coordinates: &mut Value, datum: Datum) {
    let Value::Array(parts) = coordinates else { return };
    if let [Value::Number(lon), Value::Number(lat), ..] = parts.as_slice() {
        let at = lon.as_f64().zip(lat.as_f64()).map(|(lon, lat)| LonLat { lon, lat });
        if let Some(shown) = at.and_then(|at| datum.of_wgs84(at)) {
            // As many digits as the registry keeps of what it converts: a millimetre.
            let kept = |degrees: f64| json!((degrees * 1e8).round() / 1e8);
            (parts[0], parts[1]) = (kept(shown.lon), kept(shown.lat));
        }
        return;
    }
    parts.iter_mut().for_each(|part| moved(part, datum));
}

/// A page as a FeatureCollection: fields `lon` and `lat` become the geometry, the rest properties.
///
/// # Errors
/// When an item cannot be written as JSON.
pub fn geojson<T: Serialize>(page: &Page<T>) -> Result<FeatureCollection, serde_json::Error> {
    let mut features = Vec::new();
    for item in &page.items {
        let Value::Object(mut fields) = serde_json::to_value(item)? else { continue };
        if let Some(feature) = feature(&mut fields) {
            features.push(feature);
        }
    }
    Ok(FeatureCollection::of(features, page.next.clone()))
}

/// A thing as a point: `lon` and `lat` are taken out of its fields; `None` where it has none.
pub(super) fn feature(fields: &mut Map<String, Value>) -> Option<Value> {
    let lon = fields.remove("lon")?.as_f64()?;
    let lat = fields.remove("lat")?.as_f64()?;
    let geometry = json!({ "type": "Point", "coordinates": [lon, lat] });
    // A stop of a tour goes by what is mended there.
    let id = fields.get("id").or_else(|| fields.get("component"));
    Some(json!({ "type": "Feature", "id": id, "geometry": geometry, "properties": fields }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Vectors of the public reconstruction (coverage.md §2.5).
    #[test]
    fn whatever_is_drawn_is_moved_and_says_so() {
        let at = [112.0, 30.0];
        let shapes = json!([at, [at, at], [[at, at, at, at]], [[[at, at, at, at]]], [2.35, 48.86], []]);
        let feature =
            |c: &Value| json!({ "type": "Feature", "geometry": { "type": "x", "coordinates": c }, "properties": at });
        let features: Vec<Value> = shapes.as_array().unwrap().iter().map(feature).collect();
        let with_none = [features, vec![json!({ "type": "Feature", "geometry": null, "properties": {} })]].concat();
        let all = FeatureCollection::of(with_none, None);
        for plain in [Datum::Wgs84, Datum::Cgcs2000] {
            assert_eq!(all.clone().for_maps_of(plain), all);
        }
        let moved = all.clone().for_maps_of(Datum::Gcj02);
        assert_eq!(moved.datum.as_deref(), Some("gcj02"));
        let text = serde_json::to_string(&moved).unwrap();
        assert_eq!(text.matches("112.00572276,29.99742387").count(), 11, "{text}");
        assert_eq!(text.matches("112.0,30.0").count(), 6, "properties are not positions: {text}");
        assert!(text.contains("2.35,48.86"), "where it is not defined nothing is moved");
        assert!(!serde_json::to_string(&all).unwrap().contains("datum"));
    }
}
