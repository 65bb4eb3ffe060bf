"""What networkx, shapely and pyproj say of times by road, compared with what `cunkou isochrone` says of them.

Everything that decides is reckoned here anew, from the streets as they were made: cunkou sees only the registry and
roads.geojson. Called by tests/suites/isochrones: oracle.py CUNKOU TOWNS DATA.
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
from shapely.geometry import LineString, Point
from shapely.strtree import STRtree

GEOD = Geod(ellps="WGS84")
NOT_ROADS = {"abandoned", "bus_stop", "construction", "corridor", "demolished", "disused", "elevator", "no", "platform",
             "proposed", "raceway", "razed", "rest_area"}
FEET = {"bridleway", "footway", "path", "pedestrian", "steps"}
PAVED = {"main", "village", "unclassified", *(f"{c}{link}" for c in ("motorway", "trunk", "primary", "secondary", "tertiary")
                                              for link in ("", "_link"))}
TRACKS = {"track", "cycleway"}
ON_ROAD_M = 50.0


def metres(a, b):
    return GEOD.inv(a[0], a[1], b[0], b[1])[2]


def plane(centre):
    """Transverse Mercator on the place: lengths good to two parts in a million."""
    text = f"+proj=tmerc +lat_0={centre[1]} +lon_0={centre[0]} +k=1 +ellps=WGS84 +units=m"
    return Transformer.from_crs("EPSG:4326", text, always_xy=True)


class Town:
    """Stretches of road between places, posts and entrances; all as known, not as drawn."""

    def __init__(self, pace):
        self.places = {}
        self.stretches = []  # (a, b, class), each between two places, straight
        self.roads = []  # GeoJSON features
        self.posts = {}  # id -> (kind, (lon, lat))
        self.entrances = {}  # id -> (lon, lat)
        self.pace = pace

    def kmh(self, highway):
        key = ("paved" if highway in PAVED else "track" if highway in TRACKS else "foot" if highway in FEET else "street")
        return self.pace[f"{key}_kmh"]

    def write(self, folder):
        def csv(name, header, rows):
            (folder / name).write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")

        csv("areas.csv", "id,parent,kind,name", ["T,,town,T"])
        csv("nodes.csv", "id,kind", [])
        csv("cameras.csv", "id,name,area", [])
        csv("entrances.csv", "id,area,name,lon,lat", [f"{id},T,{id},{p[0]!r},{p[1]!r}" for id, p in self.entrances.items()])
        csv("places.csv", "id,kind,name,lon,lat",
            [f"{id},{kind},{id},{p[0]!r},{p[1]!r}" for id, (kind, p) in self.posts.items()])
        (folder / "roads.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": self.roads}))
        pace = "\n".join(f"{key} = {json.dumps(value)}" for key, value in self.pace.items())
        modes = '[coverage]\nmodes = ["motor", "two_wheel", "foot"]\n'
        (folder / "cunkou.toml").write_text(f"{modes}[isochrone]\n{pace}\n")

    def snapper(self, centre):
        """The nearest stretch of a place: its number, the share of it before, how far it is, and whether no other is nearly
        as near, but for those that meet it there."""
        to_plane = plane(centre)
        at = {id: to_plane.transform(*p) for id, p in self.places.items()}
        lines = [LineString([at[a], at[b]]) for a, b, _ in self.stretches]
        tree = STRtree(lines)

        def snap(place):
            point = Point(to_plane.transform(*place))
            near = [int(n) for n in tree.query(point, predicate="dwithin", distance=2 * ON_ROAD_M)]
            far = sorted((lines[n].distance(point), n) for n in near)
            if not far or far[0][0] > ON_ROAD_M:
                return None
            distance, number = far[0]
            foot = lines[number].interpolate(lines[number].project(point))
            share = lines[number].project(point) / lines[number].length if lines[number].length else 0.0
            ends = set(self.stretches[number][:2])

            def goes_on(n):
                there = lines[n].interpolate(lines[n].project(point))
                return ends & set(self.stretches[n][:2]) and there.distance(foot) < 0.3

            clear = all(d > distance + 2.0 or goes_on(n) for d, n in far[1:])
            return number, share, distance, clear

        return snap

    def expected(self, limit_s):
        """By entrance: seconds by networkx (None: no way), or "off" and "doubt"; and the metres that are reached."""
        snap = self.snapper(next(iter(self.places.values())))
        graph, cuts, doubt = nx.Graph(), {}, False
        graph.add_nodes_from(self.places)
        sources, found = [], {}
        for id, (kind, place) in self.posts.items():
            at = snap(place) if kind != "team" else None
            if at is not None:
                doubt |= not at[3]
                cuts.setdefault(at[0], []).append((at[1], f"post {id}"))
                sources.append(f"post {id}")
            elif kind != "team":
                doubt |= snap_is_near(snap, place)
        for id, place in self.entrances.items():
            at = snap(place)
            if at is None:
                found[id] = "off"
            elif not at[3] or abs(at[2] - ON_ROAD_M) < 1.0:
                found[id] = "doubt"
            else:
                cuts.setdefault(at[0], []).append((at[1], f"entrance {id}"))
        for number, (a, b, highway) in enumerate(self.stretches):
            seconds = metres(self.places[a], self.places[b]) * 3.6 / self.kmh(highway)
            stops = [(0.0, a), *sorted(cuts.get(number, [])), (1.0, b)]
            for (s, u), (t, v) in zip(stops, stops[1:]):
                cost = (t - s) * seconds
                if not graph.has_edge(u, v) or graph[u][v]["seconds"] > cost:
                    graph.add_edge(u, v, seconds=cost, metres=cost * self.kmh(highway) / 3.6)
        turnout = float(self.pace["turnout"].rstrip("s"))
        times = nx.multi_source_dijkstra_path_length(graph, sources, weight="seconds") if sources else {}
        for id in self.entrances:
            if id not in found:
                time = times.get(f"entrance {id}")
                found[id] = None if time is None else turnout + time
        return found, None if doubt else reached_m(graph, times, limit_s - turnout), doubt, bool(sources)


def snap_is_near(snap, place):
    """Whether a post that is off the roads is so nearly on one that it may be judged otherwise."""
    return any(snap((place[0] + dx, place[1] + dy)) is not None for dx in (-1e-5, 1e-5) for dy in (-1e-5, 1e-5))


def reached_m(graph, times, limit_s):
    """Metres of road within the limit, the last stretch cut at the fraction reached."""
    total = 0.0
    for u, v, data in graph.edges(data=True):
        left = [max(0.0, limit_s - times.get(end, math.inf)) for end in (u, v)]
        share = min(1.0, sum(left) / data["seconds"]) if data["seconds"] else 1.0
        total += share * data["metres"]
    return total


def ask(binary, folder, minutes):
    command = [binary, "--config", folder / "cunkou.toml", "isochrone", folder, "--minutes", str(minutes), "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    if done.returncode != 0:
        raise AssertionError(f"{command} ended with {done.returncode}: {done.stderr}")
    return json.loads(done.stdout)


def compare(answer, expected, limit_s, tally, gaps=False):
    """With suspect gaps networkx, which knows none, speaks for the roads as they are mapped only."""
    found, reached, doubt, any_post = expected
    assert {item["id"] for item in answer["items"]} == set(found)
    for item in answer["items"]:
        want = found[item["id"]]
        if want == "doubt" or (doubt and want != "off"):
            tally["left out"] += 1
            continue
        if want == "off":
            assert (item["reach"], item["why"], item["minutes"]) == ("unknown", "off_roads", None), (item, want)
        elif not any_post:
            assert (item["reach"], item["why"]) == ("unknown", "no_post"), (item, want)
        elif want is None:
            assert item["minutes"] is None, (item, want)
            assert item["reach"] == "outside" and item["why"] == "no_way" or gaps and item["why"] == "suspect_gap", item
        else:
            seconds = item["minutes"] * 60.0
            assert abs(seconds - want) <= 0.7 + 0.001 * want, (item, want)
            if abs(want - limit_s) > 0.7 + 0.001 * want:
                far = ("outside", "far")
                wanted = {("within", None)} if want < limit_s else {far, ("unknown", "suspect_gap")} if gaps else {far}
                assert (item["reach"], item["why"]) in wanted, (item, want)
        assert item["minutes_joined"] is None or item["minutes"] is None or item["minutes_joined"] <= item["minutes"]
        tally[item["why"] or "within"] = tally.get(item["why"] or "within", 0) + 1
    if reached is not None:
        told = answer["reached_km"] * 1e3
        assert abs(told - reached) <= 60.0 + 0.001 * reached, (told, reached)


def feature(id, highway, line, **more):
    return {"type": "Feature", "properties": {"id": id, "highway": highway, **more},
            "geometry": {"type": "LineString", "coordinates": line}}


def some_pace(dice):
    return {"turnout": f"{dice.choice([0, 60, 150])}s", "paved_kmh": dice.choice([40, 55.5]), "street_kmh": dice.choice([20, 30]),
            "track_kmh": dice.choice([12, 8]), "foot_kmh": 4}


def made(seed):
    """A bent grid of streets without some of them, posts and entrances beside them, some of these far off."""
    dice = random.Random(seed)
    town, step, side = Town(some_pace(dice)), dice.choice([260.0, 600.0, 1_100.0]), dice.randint(3, 9)
    centre = (114.5 + dice.uniform(-0.2, 0.2), 31.0 + dice.uniform(-0.5, 0.5))
    to_degrees = (1 / (111_320 * math.cos(math.radians(centre[1]))), 1 / 110_574)

    def at(east, north):
        return (round(centre[0] + east * to_degrees[0], 7), round(centre[1] + north * to_degrees[1], 7))

    for i, j in itertools.product(range(side), repeat=2):
        jitter = [dice.uniform(-0.15, 0.15) * step for _ in range(2)]
        town.places[i, j] = at((i - side / 2) * step + jitter[0], (j - side / 2) * step + jitter[1])
    for i, j in itertools.product(range(side), repeat=2):
        for there in ((i + 1, j), (i, j + 1)):
            if there in town.places and dice.random() < dice.choice([0.6, 0.85]):
                street(town, dice, (i, j), there)
    beside = lambda: off_a_road(town, dice, to_degrees)
    for n in range(dice.choice([0, 1, 2, 4])):
        town.posts[f"P{n}"] = (dice.choice(["station", "liaison", "liaison", "team"]), beside())
    for n in range(12):
        town.entrances[f"E{n:02}"] = beside()
    return town


def street(town, dice, a, b):
    from_, to = town.places[a], town.places[b]
    highway = dice.choice(["tertiary", "unclassified", "residential", "service", "track", "", "footway", "cycleway"])
    middle = tuple(round((x + y) / 2 + dice.uniform(-1, 1) * 2e-4, 7) for x, y in zip(from_, to))
    town.places[a, b] = middle
    town.stretches += [(a, (a, b), highway), ((a, b), b, highway)]
    line = [from_, middle, to]
    if dice.random() < 0.3:
        line.reverse()
    town.roads.append(feature(f"R{len(town.roads):03}", highway, line))


def off_a_road(town, dice, to_degrees):
    """A place some metres beside a road, now and then too far from it."""
    a, b, _ = dice.choice(town.stretches)
    share, aside = dice.uniform(0.1, 0.9), dice.choice([0.0, 0.0, 10.0, 30.0, 70.0])
    turn = dice.uniform(0, 2 * math.pi)
    at = [x + (y - x) * share for x, y in zip(town.places[a], town.places[b])]
    return (at[0] + aside * math.cos(turn) * to_degrees[0], at[1] + aside * math.sin(turn) * to_degrees[1])


def towns(binary, count, folder):
    tally = {"left out": 0}
    for seed in range(count):
        town, minutes = made(seed), random.Random(seed).choice([2, 5, 10])
        here = folder / f"town{seed}"
        here.mkdir()
        town.write(here)
        answer = ask(binary, here, minutes)
        assert answer["roads"]["suspect_gaps"] == 0, f"seed {seed}: {answer['roads']}"
        try:
            compare(answer, town.expected(minutes * 60.0), minutes * 60.0, tally)
        except AssertionError as wrong:
            raise AssertionError(f"seed {seed}: {wrong}") from wrong
    assert all(tally.get(why, 0) > count // 10 for why in ("within", "far", "off_roads", "no_way", "no_post")), tally
    print(f"{count} towns, entrances compared: {tally}")


def real_ways(file):
    """Ways of OpenStreetMap that are roads or paths: points by the number of their node."""
    import osmium

    ways = []
    for way in osmium.FileProcessor(str(file), osmium.osm.WAY | osmium.osm.NODE).with_locations():
        highway = way.tags.get("highway") if way.is_way() else None
        if highway is None or highway in NOT_ROADS:
            continue
        points = [(n.ref, (n.lon, n.lat)) for n in way.nodes if n.location.valid()]
        if len(points) > 1:
            level = {key: way.tags[key] for key in ("layer", "bridge", "tunnel") if key in way.tags}
            ways.append((way.id, highway, points, level))
    return ways


def level_of(tags):
    """On which level a way runs: its layer, or a bridge or tunnel by its tag."""
    try:
        return int(tags.get("layer", ""))
    except ValueError:
        return int("bridge" in tags and tags["bridge"] != "no") - int("tunnel" in tags and tags["tunnel"] != "no")


def apart(ways):
    """Places of ways by node and level, where ways only cross over or under each other: roads meet on one level, bridges
    and tunnels meet others at their ends only."""
    through, ends = {}, {}
    for _, _, points, tags in ways:
        for i, (ref, _) in enumerate(points):
            to = ends if i in (0, len(points) - 1) else through
            to.setdefault(ref, set()).add(level_of(tags))
    key = {}
    for ref in {*through, *ends}:
        passing, ending = through.get(ref, set()), ends.get(ref, set())
        comes_down = any(level != 0 and level not in passing for level in ending)
        for level in passing | ending:
            meets = level in ending or (level == 0 and comes_down)
            key[ref, level] = ref if meets else (ref, level)
    return key


def real(binary, file, folder):
    ways = real_ways(file)
    key = apart(ways)
    tally = {"left out": 0}
    for seed in range(3):
        dice = random.Random(seed)
        town = Town(some_pace(dice))
        for id, highway, points, level in ways:
            town.roads.append(feature(f"W{id}", highway, [p for _, p in points], **level))
            places = [(key[ref, level_of(level)], place) for ref, place in points]
            for (a, from_), (b, to) in zip(places, places[1:]):
                town.places[a], town.places[b] = from_, to
                if a != b and from_ != to:
                    town.stretches.append((a, b, highway))
        to_degrees = (1 / (111_320 * math.cos(math.radians(47.15))), 1 / 110_574)
        for n in range(8):
            town.posts[f"P{n}"] = ("station" if n < 2 else "liaison", clear_place(town, dice, to_degrees))
        for n in range(400):
            town.entrances[f"E{n:03}"] = off_a_road(town, dice, to_degrees)
        here = folder / f"real{seed}"
        here.mkdir()
        town.write(here)
        answer = ask(binary, here, 10)
        compare(answer, town.expected(600.0), 600.0, tally, gaps=True)
        print(f"map {seed}: {answer['totals']}, {answer['reached_km']} of {answer['roads']['length_km']} km reached, "
              f"{answer['roads']['chains']} chains, {answer['roads']['suspect_gaps']} suspect gaps")
    assert tally.get("within", 0) > 200 and tally.get("far", 0) > 50, tally
    print(f"{len(ways)} real roads and paths, entrances compared: {tally}")


def clear_place(town, dice, to_degrees):
    """A place on a road beside which there is no other: both sides agree on where it stands."""
    snap = town.__dict__.setdefault("_snap", town.snapper(next(iter(town.places.values()))))
    while True:
        place = off_a_road(town, dice, to_degrees)
        at = snap(place)
        if at is not None and at[3] and at[2] < 45.0:
            return place


def main():
    binary, count, data = sys.argv[1], int(sys.argv[2]), pathlib.Path(sys.argv[3])
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        run("isochrones_of_made_up_towns", lambda: towns(binary, count, folder))
        pbf = data / "roads" / "liechtenstein.osm.pbf"
        if pbf.exists():
            run("isochrones_on_real_roads", lambda: real(binary, pbf, folder))
        else:
            print(f"skipped: isochrones_on_real_roads: {pbf} is not there (CUNKOU_TEST_DATA)")


def run(name, test):
    try:
        test()
        print(f"ok {name}")
    except AssertionError as wrong:
        print(f"{wrong}"[:2000])
        print(f"not ok {name}")


main()
