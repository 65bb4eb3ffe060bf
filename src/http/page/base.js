// The map under the map, where the settings name one: pictures as they are, or vector tiles in quiet colours of our own.
// Whoever made them, their layers are known by the names that the common schemas have (Protomaps, OpenMapTiles,
// Shortbread); what has another name is not drawn. It lies below everything that cunkou says.

const NAME = ["coalesce", ["get", "name:zh-Hans"], ["get", "name:zh"], ["get", "name_zh"], ["get", "name"], ""];
const KIND = ["coalesce", ["get", "kind"], ["get", "class"], ["get", "pmap:kind"], ""];
const LAND = ["earth", "land"];
const COVER = ["landcover", "landuse", "natural", "park", "land"];
const WATER = ["water", "waterway", "ocean", "water_polygons", "water_lines", "physical_line"];
const ROADS = ["roads", "transportation", "streets"];
const BUILDINGS = ["buildings", "building"];
const BOUNDARIES = ["boundaries", "boundary"];
const PLACES = ["places", "place", "place_labels"];
const GREEN = ["wood", "forest", "grass", "park", "meadow", "scrub", "farmland", "orchard", "cemetery", "nature_reserve", "national_park", "village_green"];
const MAIN = ["highway", "motorway", "trunk", "primary", "secondary", "major_road"];
const MINOR = ["path", "track", "footway", "service", "steps", "other", "cycleway"];

const isOneOf = (words) => ["in", KIND, ["literal", words]];
const zoomed = (...stops) => ["interpolate", ["linear"], ["zoom"], ...stops];

function vectorLayers(known, m, font) {
  const layers = [];
  const add = (names, id, layer) => {
    for (const name of names.filter((n) => !known || known.includes(n))) {
      layers.push({ id: "tiles-" + id + "-" + name, source: "tiles", "source-layer": name, ...layer });
    }
  };
  add(LAND, "land", { type: "fill", paint: { "fill-color": m.inside } });
  add(COVER, "cover", { type: "fill", filter: isOneOf(GREEN), paint: { "fill-color": m.green, "fill-opacity": 0.6 } });
  add(WATER, "water", { type: "fill", filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": m.water } });
  add(WATER, "river", { type: "line", filter: ["==", ["geometry-type"], "LineString"], paint: { "line-color": m.water, "line-width": zoomed(8, 0.6, 16, 4) } });
  add(BUILDINGS, "house", { type: "fill", minzoom: 14, paint: { "fill-color": m.track } });
  add(ROADS, "path", { type: "line", minzoom: 13, filter: isOneOf(MINOR), paint: { "line-color": m.track, "line-width": zoomed(13, 0.5, 17, 3) } });
  add(ROADS, "road", { type: "line", minzoom: 10, filter: ["!", isOneOf([...MINOR, ...MAIN])], paint: { "line-color": m.road, "line-width": zoomed(10, 0.4, 17, 6) } });
  add(ROADS, "main", { type: "line", filter: isOneOf(MAIN), paint: { "line-color": m.road, "line-width": zoomed(8, 0.8, 17, 9) } });
  add(BOUNDARIES, "edge", { type: "line", paint: { "line-color": m.edge, "line-width": 0.6, "line-opacity": 0.5 } });
  // The town's own villages have names of their own; these stand back behind them.
  add(PLACES, "name", { type: "symbol", minzoom: 8, maxzoom: 13, layout: { "text-field": NAME, "text-font": font, "text-size": 11, "text-padding": 8 }, paint: { "text-color": m.edge, "text-halo-color": m.halo, "text-halo-width": 1.2 } });
  return layers;
}

// The source and the layers of what the settings name; nothing where they name nothing.
export function base(about, manner, dark, font) {
  if (!about || !about.tiles) { return { source: null, layers: [] }; }
  const url = about.tiles.startsWith("/") ? location.origin + about.tiles : about.tiles;
  const source = { type: about.vector ? "vector" : "raster", tiles: [url], minzoom: about.min_zoom, maxzoom: about.max_zoom, ...(about.bounds ? { bounds: about.bounds } : {}) };
  if (about.vector) { return { source, layers: vectorLayers(about.layers, manner, font) }; }
  // Pictures are made for daylight and for being looked at; here they lie under something.
  const paint = dark ? { "raster-brightness-max": 0.55, "raster-saturation": -0.5 } : { "raster-saturation": -0.35, "raster-opacity": 0.85 };
  return { source: { ...source, tileSize: 256 }, layers: [{ id: "tiles-pictures", type: "raster", source: "tiles", paint }] };
}
