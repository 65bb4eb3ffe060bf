"""What networkx, shapely and pyproj say of towns, compared with what `cunkou seal` says of them.

Everything that decides is reckoned here anew, from the streets as they were made: cunkou sees only the registry and
roads.geojson. Called by tests/suites/seals: oracle.py CUNKOU TOWNS DATA.
"""

import itertools
import json
import math
import pathlib
import random
import subprocess
import sys
import tempfile

import networkx as nx
from pyproj import Geod, Transformer
from shapely.geometry import LineString, Point, Polygon

GEOD = Geod(ellps="WGS84")
NOT_ROADS = {"abandoned", "bus_stop", "construction", "corridor", "demolished", "disused", "elevator", "no", "platform",
             "proposed", "raceway", "razed", "rest_area"}
FEET = {"bridleway", "footway", "path", "pedestrian", "steps"}


def metres(a, b):
    return GEOD.inv(a[0], a[1], b[0], b[1])[2]


def plane(centre):
    """Transverse Mercator on the place: lengths good to two parts in a million."""
    text = f"+proj=tmerc +lat_0={centre[1]} +lon_0={centre[0]} +k=1 +ellps=WGS84 +units=m"
    return Transformer.from_crs("EPSG:4326", text, always_xy=True)


class Town:
    """Streets (ends, entrances on them by id), places, cameras; all as known, not as drawn."""

    def __init__(self):
        self.places = {}
        self.streets = []  # (a, b, metres, [entrance ids])
        self.roads = []  # GeoJSON features
        self.entrances = {}  # id -> (lon, lat)
        self.cameras = []  # (id, status, [entrances])
        self.hamlets = {}  # id -> (lon, lat)
        self.ring = None  # list of (lon, lat)
        self.core_offset_m = 0.0
        self.off_ground = set()  # places on bridges and in tunnels

    def write(self, folder):
        def csv(name, header, rows):
            (folder / name).write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")

        areas = [f"{id},,hamlet,{id},{lon!r},{lat!r}" for id, (lon, lat) in self.hamlets.items()]
        csv("areas.csv", "id,parent,kind,name,lon,lat", ["T,,town,T,,", *areas])
        csv("nodes.csv", "id,kind", [])
        csv("entrances.csv", "id,area,name,lon,lat", [f"{id},T,{id},{p[0]!r},{p[1]!r}" for id, p in self.entrances.items()])
        csv("cameras.csv", "id,name,area,status,watches,host,checks",
            [f"{id},{id},T,{status},{' '.join(on)},127.20.0.{n % 250 + 1},reach=tcp:8554"
             for n, (id, status, on) in enumerate(self.cameras)])
        ring = {"type": "Feature", "properties": {"id": "RING", "layer": "circle", "name": "RING"},
                "geometry": {"type": "Polygon", "coordinates": [[*self.ring, self.ring[0]]]}}
        (folder / "plan.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [ring]}))
        (folder / "roads.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": self.roads}))
        (folder / "cunkou.toml").write_text(f"[coverage]\ncore_offset_m = {self.core_offset_m}\n")

    def guards(self, street, level):
        installed = {"plan": {"planned", "active", "maintenance"}, "built": {"active", "maintenance"}}[level]
        return sum(len([1 for _, status, on in self.cameras if e in on and status in installed]) for e in street[3])


def ask(binary, folder, level, *more):
    command = [binary, "--config", folder / "cunkou.toml", "seal", folder, "--level", level, "--period", "day",
               "--format", "json", *more]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    if done.returncode not in (0, 1):
        raise AssertionError(f"{command} ended with {done.returncode}: {done.stderr}")
    return json.loads(done.stdout)


def expected(town, level, core, other):
    """Verdict, thickness, width and the metres of the shortest way in, from one core to all that is not of it."""
    graph = nx.Graph()
    graph.add_nodes_from(["in", "out"])
    flow, ways = nx.DiGraph(), nx.Graph()
    for on in (flow, ways):
        on.add_nodes_from(["in", "out"])

    def end(place):
        return "in" if place in core else "out" if place in other else place

    def better(on, a, b, key, value):
        if not on.has_edge(a, b) or on[a][b][key] > value:
            on.add_edge(a, b, **{key: value})

    for street in town.streets:
        a, b, guards = end(street[0]), end(street[1]), town.guards(street, level)
        if a == b:
            continue
        better(graph, a, b, "cameras", guards)
        if guards == 0:
            better(ways, a, b, "metres", street[2])
            for u, v in ((a, b), (b, a)):
                before = flow[u][v]["capacity"] if flow.has_edge(u, v) else 0
                flow.add_edge(u, v, capacity=before + 1)
    if not core or not nx.has_path(graph, "in", "out"):
        return None
    thickness = nx.shortest_path_length(graph, "in", "out", weight="cameras")
    width = nx.maximum_flow_value(flow, "out", "in")
    length = nx.shortest_path_length(ways, "in", "out", weight="metres") if width else None
    assert (thickness == 0) == (width > 0)
    return thickness, width, length


def compare(seal, found, best_only=False):
    if found is None:
        assert seal["verdict"] == "unknown", seal
        return
    thickness, width, length = found
    assert seal["thickness_upper"] == thickness, (seal, found)
    assert seal["width_lower"] == width, (seal, found)
    if not best_only:
        assert (seal["thickness_lower"], seal["width_upper"]) == (thickness, width), (seal, found)
        assert seal["verdict"] == ("leaking" if width else "sealed"), (seal, found)
        assert len(seal["width_sites"]) == width, (seal, found)
    if width:
        assert seal["verdict"] == "leaking", (seal, found)
        assert abs(seal["route"]["length_m"] - length) <= 1.0 + 0.001 * length, (seal, found)


def made(seed):
    """A bent grid of streets without some of them, a ring with a core, hamlets at crossroads."""
    dice = random.Random(seed)
    town, step, side = Town(), dice.choice([170.0, 260.0, 420.0]), dice.randint(5, 9)
    centre = (114.5 + dice.uniform(-0.2, 0.2), 31.0 + dice.uniform(-0.5, 0.5))
    to_degrees = (1 / (111_320 * math.cos(math.radians(centre[1]))), 1 / 110_574)

    def at(east, north):
        return (round(centre[0] + east * to_degrees[0], 7), round(centre[1] + north * to_degrees[1], 7))

    for i, j in itertools.product(range(side), repeat=2):
        jitter = [dice.uniform(-0.15, 0.15) * step for _ in range(2)]
        town.places[i, j] = at((i - side / 2) * step + jitter[0], (j - side / 2) * step + jitter[1])
    for i, j in itertools.product(range(side), repeat=2):
        for there in ((i + 1, j), (i, j + 1)):
            if there in town.places and dice.random() < 0.8:
                street(town, dice, (i, j), there)
    used = {p for s in town.streets for p in s[:2]}
    for n, place in enumerate(dice.sample(sorted(used), min(6, len(used)))):
        town.hamlets[f"H{n}"] = town.places[place]
    radius = side * step * dice.uniform(0.25, 0.4)
    corners = [2 * math.pi * k / 12 for k in range(12)]
    town.ring = [at(radius * math.cos(c) * dice.uniform(0.8, 1.1), radius * math.sin(c) * dice.uniform(0.8, 1.1))
                 for c in corners]
    town.core_offset_m = dice.choice([0.0, 0.0, round(0.4 * step, 1)])
    return town


def street(town, dice, a, b):
    from_, to = town.places[a], town.places[b]
    middle = tuple(round((x + y) / 2 + dice.uniform(-1, 1) * 2e-4, 7) for x, y in zip(from_, to))
    line = [from_, middle, to]
    length = metres(from_, middle) + metres(middle, to)
    entrances = []
    if dice.random() < 0.6:
        share = dice.uniform(0.3, 0.9)
        id = f"E{len(town.entrances):03}"
        town.entrances[id] = tuple(x + (y - x) * share for x, y in zip(from_, middle))
        entrances.append(id)
        for _ in range(dice.choice([0, 1, 1, 1, 2, 3])):
            status = dice.choices(["active", "planned", "retired", "maintenance"], [8, 2, 1, 1])[0]
            town.cameras.append((f"C{len(town.cameras):03}", status, [id]))
    town.streets.append((a, b, length, entrances))
    if dice.random() < 0.3:
        line.reverse()
    town.roads.append(feature(f"R{len(town.roads):03}", "residential", line))


def feature(id, highway, line, **more):
    return {"type": "Feature", "properties": {"id": id, "highway": highway, **more},
            "geometry": {"type": "LineString", "coordinates": line}}


def junctions(town):
    """Places where streets meet or end: all others are merely on the way."""
    degree = {}
    for a, b, *_ in town.streets:
        for place in (a, b):
            degree[place] = degree.get(place, 0) + 1
    return {place for place, n in degree.items() if n != 2}


def of_ring(town, nodes, real=False):
    """Core and outside of the ring; `None` where a place is too near to a border to be sure."""
    to_plane = plane(town.ring[0])
    ring = Polygon([to_plane.transform(*corner) for corner in town.ring])

    def label(place, margin=0.0):
        point = Point(to_plane.transform(*place))
        border = ring.exterior.distance(point)
        if ring.contains(point):
            return "core" if border >= max(town.core_offset_m, margin) else "grey"
        return "outside" if border > margin else "grey"

    # Real roads have points enough to stand for what is on the way; made-up ones are left out.
    ways = on_the_way(town, nodes, label) if real else {}
    if not real and goes_elsewhere(town, nodes, label):
        return None
    core = {p for p, here in ways.items() if here == "core"}
    other = {p for p, here in ways.items() if here == "outside"}
    for place in nodes:
        point = Point(to_plane.transform(*town.places[place]))
        border = ring.exterior.distance(point)
        if border < 0.5 or abs(border - town.core_offset_m) < 0.5:
            return None
        if not ring.contains(point):
            other.add(place)
        elif border > town.core_offset_m:
            core.add(place)
    return core, other


def chains(town, nodes):
    """Places from junction to junction, or round a ring, with those on the way."""
    beside = {}
    for number, (a, b, *_) in enumerate(town.streets):
        beside.setdefault(a, []).append((number, b))
        beside.setdefault(b, []).append((number, a))
    for node in nodes:
        for number, there in beside.get(node, []):
            chain = [node, there]
            while chain[-1] not in nodes:
                number, there = next((n, p) for n, p in beside[chain[-1]] if n != number)
                chain.append(there)
            yield chain


def on_a_ring(town, nodes):
    """Places on a road that comes round to itself without any junction."""
    graph = nx.Graph()
    graph.add_edges_from(s[:2] for s in town.streets)
    return {p for part in nx.connected_components(graph) if not part & nodes for p in part}


def on_the_way(town, nodes, label):
    """Places without a junction whose label neither end of their road has; outside only where it comes back."""
    found = {}
    for chain in chains(town, nodes):
        ends = [label(town.places[chain[0]]), label(town.places[chain[-1]])]
        comes_back = ends[0] == ends[1] or "grey" in ends
        for place in chain[1:-1]:
            here = label(town.places[place], margin=40.0)
            if here not in (*ends, "grey") and (here != "outside" or comes_back) and place not in town.off_ground:
                found[place] = here
    return found


def goes_elsewhere(town, nodes, label):
    """Whether a road has a stretch of a label that neither of its ends has: cunkou reckons with such, this does not."""
    if on_a_ring(town, nodes):
        return True
    for chain in chains(town, nodes):
        ends = {label(town.places[chain[0]]), label(town.places[chain[-1]])}
        for from_, to in zip(chain, chain[1:]):
            a, b = town.places[from_], town.places[to]
            steps = max(1, math.ceil(metres(a, b) / 10.0))
            places = [(a[0] + (b[0] - a[0]) * i / steps, a[1] + (b[1] - a[1]) * i / steps) for i in range(steps + 1)]
            if any(label(place, margin=35.0) not in ends | {"grey"} for place in places):
                return True
    return False


def of_hamlet(town, id, nodes):
    """Core and surroundings of a hamlet that is known as a point: a disc of 150 m, and what is within 150 m of it."""
    far = {h: {p: metres(at, town.places[p]) for p in nodes} for h, at in town.hamlets.items()}

    def label(place, margin=0.0):
        out = {h: max(0.0, metres(at, place) - 150.0) for h, at in town.hamlets.items()}
        nearest = min(out, key=lambda h: (out[h], h))
        if margin:
            return "outside" if out[nearest] > 150.0 + margin else "grey"
        return nearest if out[nearest] <= 150.0 else "outside"

    if goes_elsewhere(town, nodes, label):
        return None
    own, other = set(), set()
    for place in nodes:
        out = {h: max(0.0, far[h][place] - 150.0) for h in town.hamlets}
        if any(abs(far[h][place] - limit) < 0.5 for h in town.hamlets for limit in (150.0, 300.0)):
            return None
        nearest = min(town.hamlets, key=lambda h: (out[h], far[h][place], h))
        (own if nearest == id and out[id] <= 150.0 else other).add(place)
    free = nx.Graph()
    free.add_nodes_from(town.places)
    free.add_edges_from(s[:2] for s in town.streets if not s[3])
    middle = min(town.places, key=lambda p: metres(town.places[p], town.hamlets[id]))
    beside = nx.node_connected_component(free, middle)
    core = {p for p in own if p in beside and far[id][p] <= 150.0}
    marks = {min(town.places, key=lambda p: metres(town.places[p], at)) for h, at in town.hamlets.items() if h != id}
    return core | {middle}, (other | marks) - core - {middle}


def towns(binary, count, folder):
    compared = {"sealed": 0, "leaking": 0, "unknown": 0}
    left_out = 0
    for seed in range(count):
        town = made(seed)
        here = folder / f"town{seed}"
        here.mkdir()
        town.write(here)
        nodes = junctions(town)
        for level in ("plan", "built"):
            answer = ask(binary, here, level)
            assert answer["roads"]["suspect_gaps"] == 0, f"seed {seed}: {answer['roads']}"
            for seal in answer["items"]:
                sets = of_ring(town, nodes) if seal["scope"] == "town" else of_hamlet(town, seal["id"], nodes)
                if sets is None:
                    left_out += 1
                    continue
                try:
                    compare(seal, expected(town, level, *sets))
                except AssertionError as wrong:
                    raise AssertionError(f"seed {seed}, level {level}, {seal['scope']} {seal['id']}: {wrong}") from wrong
                compared[seal["verdict"]] += 1
    assert compared["sealed"] > count and compared["leaking"] > count, compared
    print(f"{count} towns, areas compared: {compared}; left out, too near to a border or on a road that goes elsewhere: {left_out}")


def real_ways(file):
    """Ways of OpenStreetMap that one can ride: points by the number of their node."""
    import osmium

    ways = []
    for way in osmium.FileProcessor(str(file), osmium.osm.WAY | osmium.osm.NODE).with_locations():
        highway = way.tags.get("highway") if way.is_way() else None
        if highway is None or highway in NOT_ROADS or highway in FEET:
            continue
        points = [(n.ref, (n.lon, n.lat)) for n in way.nodes if n.location.valid()]
        if len(points) > 1:
            level = {key: way.tags[key] for key in ("layer", "bridge", "tunnel") if key in way.tags}
            ways.append((way.id, highway, points, level))
    return ways


def real(binary, file, folder):
    ways = real_ways(file)
    print(f"{len(ways)} real roads, {sum(len(w[2]) - 1 for w in ways)} stretches")
    circles = [((9.521, 47.141), 1_500.0), ((9.53, 47.21), 2_000.0), ((9.55, 47.08), 1_200.0), ((9.52, 47.17), 4_000.0)]
    for seed, (centre, radius) in enumerate(circles):
        # A circle on whose line no junction lies, so that both sides agree on what is inside.
        tried = (real_town(ways, centre, radius + 7.0 * step, seed) for step in range(6))
        town, sets = next((town, sets) for town, sets in tried if sets is not None)
        here = folder / f"real{seed}"
        here.mkdir()
        town.write(here)
        answer = ask(binary, here, "built", "--scope", "town")
        seal = answer["items"][0]
        # Networkx knows no suspect gaps: what it says is what holds where none of them is joined.
        compare(seal, expected(town, "built", *sets), best_only=True)
        print(f"circle {seed}: {seal['verdict']}, {len(town.entrances)} entrances, thickness {seal['thickness_lower']}.."
              f"{seal['thickness_upper']}, width {seal['width_lower']}..{seal['width_upper']}, "
              f"{answer['roads']['chains']} chains, {answer['roads']['suspect_gaps']} suspect gaps")


def real_town(ways, centre, radius, seed):
    """The real roads with a circle round a place, entrances where they cross it, and cameras at most of these."""
    dice, town = random.Random(seed), Town()
    town.ring = [GEOD.fwd(*centre, bearing, radius)[:2] for bearing in range(0, 360, 20)]
    ring = LineString([*town.ring, town.ring[0]])
    for id, highway, points, level in ways:
        town.roads.append(feature(f"W{id}", highway, [p for _, p in points], **level))
        for (a, from_), (b, to) in zip(points, points[1:]):
            town.places[a], town.places[b] = from_, to
            if level:
                town.off_ground |= {a, b}
            town.streets.append((a, b, metres(from_, to), entrance_at(town, dice, ring, from_, to)))
    return town, of_ring(town, junctions(town), real=True)


def entrance_at(town, dice, ring, from_, to):
    """An entrance where a stretch crosses the ring; most are watched."""
    if not ring.crosses(LineString([from_, to])):
        return []
    crossing = ring.intersection(LineString([from_, to]))
    points = [(p.x, p.y) for p in getattr(crossing, "geoms", [crossing])]
    ids = []
    for point in points:
        id = f"E{len(town.entrances):03}"
        town.entrances[id] = point
        ids.append(id)
        for _ in range(dice.choice([0, 1, 1, 1, 2])):
            town.cameras.append((f"C{len(town.cameras):03}", "active", [id]))
    return ids


def main():
    binary, count, data = sys.argv[1], int(sys.argv[2]), pathlib.Path(sys.argv[3])
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        run("seals_of_made_up_towns", lambda: towns(binary, count, folder))
        pbf = data / "roads" / "liechtenstein.osm.pbf"
        if pbf.exists():
            run("seals_on_real_roads", lambda: real(binary, pbf, folder))
        else:
            print(f"skipped: seals_on_real_roads: {pbf} is not there (CUNKOU_TEST_DATA)")


def run(name, test):
    try:
        test()
        print(f"ok {name}")
    except AssertionError as wrong:
        print(f"{wrong}"[:2000])
        print(f"not ok {name}")


main()
