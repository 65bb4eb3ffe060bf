"""A real town with faults, and a real Prometheus that scrapes it: what the queries are run against."""

import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.parse
import urllib.request

from common import DASHBOARDS, ROOT, Skip

# How long anything is waited for; only there so that what hangs does not hang the suite too.
PATIENCE = 90
SETTINGS = """
[checks]
reach = "1s"
stream = "4s"

[health]
confirm = ["200ms", "400ms"]

[incident]
settle = "1s"

[metrics]
positions = true

# Nobody listens there: its messages wait.
[[sink]]
name = "away"
kind = "webhook"
url = "http://127.0.0.1:9/"

[roster]
file = "roster.toml"

# Nobody listens there either: its beats fail, and are counted.
[heartbeat]
url = "http://127.0.0.1:9/beat"

# What asks the roster has series of its own.
[[sink]]
name = "phone"
kind = "ntfy"
url = "http://127.0.0.1:9/duty"
on_duty = true
"""


def get(url, data=None, method=None):
    request = urllib.request.Request(url, data=data, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.read().decode()


def wait(what, look):
    """Looks until there is something to see; says what it waited for where there never is."""
    ends, saw = time.monotonic() + PATIENCE, None
    while time.monotonic() < ends:
        try:
            saw = look()
            if saw:
                return saw
        except (OSError, ValueError, LookupError) as error:
            saw = error
        time.sleep(0.2)
    raise RuntimeError(f"waited in vain for {what}; saw {saw!r}")


class Town:
    """The demo and Prometheus; both end with it."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="cunkou-dashboards-"))
        self.programs = []

    def __enter__(self):
        try:
            self._start_demo()
            self._start_prometheus()
            self._break_it()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for program in reversed(self.programs):
            self._end(program)
        shutil.rmtree(self.folder, ignore_errors=True)

    @staticmethod
    def _end(program):
        """Ends one program that was started here."""
        if program.poll() is None:
            program.send_signal(signal.SIGINT)
            try:
                program.wait(20)
            except subprocess.TimeoutExpired:
                program.kill()
                program.wait()

    def _start(self, name, command):
        log = open(self.folder / f"{name}.log", "wb")
        out = open(self.folder / f"{name}.out", "wb")
        program = subprocess.Popen(command, stdout=out, stderr=log, stdin=subprocess.DEVNULL, cwd=self.folder)
        self.programs.append(program)
        return program

    def _start_demo(self):
        binary = pathlib.Path(os.environ.get("CUNKOU_BIN", ROOT / "target/release/cunkou")).resolve()
        if not binary.exists():
            raise RuntimeError(f"{binary} is not built")
        town, net = self.folder / "town", f"127.34.{os.getpid() % 250}.0/24"
        command = [binary, "demo", "--no-open", "--no-story", "--format", "json", "--listen", "127.0.0.1:0"]
        command += ["--control", "127.0.0.1:0", "--net", net, "--cameras", "40", "--seed", "1", "--dir", town]
        # Once to have the folder, then again with settings of our own.
        layout = self._start("layout", command)
        wait("the folder of the demo", lambda: (self.folder / "layout.out").read_text().count("\n"))
        self._end(layout)
        settings = town / "cunkou.toml"
        settings.write_text(settings.read_text("utf-8") + SETTINGS, "utf-8")
        shutil.copy(ROOT / "config/roster.toml", town / "roster.toml")
        self._give_hours(town / "registry/cameras.csv")
        demo = self._start("demo", command)

        def first_line():
            if demo.poll() is not None:
                raise RuntimeError((self.folder / "demo.log").read_text()[-2000:])
            return (self.folder / "demo.out").read_text().partition("\n")[0]

        first = json.loads(wait("the demo", first_line))
        self.api, self.metrics, self.control = first["api"], first["metrics"], first["control"]
        wait("all cameras up", lambda: '{layer="point",state="up"} 28\n' in get(self.metrics))

    @staticmethod
    def _give_hours(cameras):
        """Every camera gets hours of duty, all day long: those without have no series of it."""
        rows = [row.split(",") for row in cameras.read_text("utf-8").splitlines()]
        if "duty" not in rows[0]:
            rows = [rows[0] + ["duty"]] + [row + [""] for row in rows[1:]]
        for row in rows[1:]:
            row[rows[0].index("duty")] = "00:00-24:00"
        cameras.write_text("".join(",".join(row) + "\n" for row in rows), "utf-8")

    def _start_prometheus(self):
        prometheus = shutil.which("prometheus")
        if not prometheus:
            raise Skip("prometheus is not installed (Debian: prometheus)")
        target = urllib.parse.urlsplit(self.metrics).netloc
        (self.folder / "rules").mkdir()
        for file in (DASHBOARDS / "rules").glob("*.yml"):
            (self.folder / "rules" / file.name).write_text(quick(file.read_text("utf-8")), "utf-8")
        config = f"""
global: {{scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}}
rule_files: ["rules/*.yml"]
scrape_configs:
  - job_name: cunkou
    static_configs: [{{targets: ["{target}"]}}]
"""
        (self.folder / "prometheus.yml").write_text(config)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.instance, self.prometheus = target, f"http://127.0.0.1:{port}"
        command = [prometheus, f"--config.file={self.folder}/prometheus.yml", f"--storage.tsdb.path={self.folder}/data"]
        self._start("prometheus", [*command, f"--web.listen-address=127.0.0.1:{port}"])
        wait("Prometheus to scrape", lambda: self.ask(f'up{{instance="{target}"}} == 1'))

    def _break_it(self):
        """A dead switch, a camera by itself, a refused password: so that every panel has something to show."""
        items = lambda what: json.loads(get(f"{self.api}{what}?limit=500"))["items"]  # noqa: E731
        cameras, entrances = {c["id"]: c for c in items("cameras")}, items("entrances")
        switch = next(n for n in items("nodes") if n["kind"] == "switch" and not n["passive"] and 3 <= n["cameras"] <= 15)
        below = {s["metric"]["camera"] for s in wait("the tree", lambda: self.ask(f'cunkou_camera_node_info{{node="{switch["id"]}"}}'))}
        sole = next(e for e in entrances if len(e["watchers"]) == 1 and e["watchers"][0] not in below)
        locked = next(c for c in sorted(cameras) if c not in below and c != sole["watchers"][0] and self._has_password(c))
        self.node, self.dead, self.locked = switch["id"], sole["watchers"][0], locked
        self.entrance, self.village = sole["id"], sole["village"]
        self._fault(f"cameras/{locked}", "auth")
        self._fault(f"cameras/{self.dead}", "refuse")
        self._fault(f"nodes/{self.node}", "drop")
        for seen in (
            f'cunkou_camera_cause{{kind="node", cause="{self.node}"}}',
            f'cunkou_entrance_cause{{kind="node", cause="{self.node}"}}',
            f'cunkou_camera_cause{{kind="camera", cause="{self.dead}"}}',
            f'cunkou_camera_degraded{{camera="{locked}"}}',
            f'cunkou_entrance_covered{{entrance="{self.entrance}"}} == 0',
            'cunkou_incidents{state="open"} >= 2',
            "cunkou_outbox_oldest_message_timestamp_seconds",
            'town:cunkou_availability:ratio24h',
            'town:cunkou_availability:ratio30d',
        ):
            wait(seen, lambda query=seen: self.ask(query))

    def _has_password(self, camera):
        rows = (self.folder / "town/registry/cameras.csv").read_text("utf-8").splitlines()
        at = rows[0].split(",").index("credential")
        return any(r.split(",")[0] == camera and r.split(",")[at] for r in rows)

    def _fault(self, thing, fault):
        get(f"{self.control}{thing}", json.dumps({"fault": fault}).encode(), "PUT")

    # Prometheus.

    def api_of(self, path, **query):
        data = urllib.parse.urlencode(query, doseq=True).encode() if query else None
        try:
            return json.loads(get(f"{self.prometheus}/api/v1/{path}", data))["data"]
        except urllib.error.HTTPError as error:
            raise ValueError(json.loads(error.read().decode()).get("error")) from error

    def ask(self, expr):
        """The series that answer now."""
        return self.api_of("query", query=expr)["result"]

    def ask_range(self, expr, seconds=60, step=2):
        now = time.time()
        return self.api_of("query_range", query=expr, start=now - seconds, end=now, step=step)["result"]

    def labels(self, metric, kept={}):
        """Every label of a metric's series with the values that it has; empty where there is no such metric."""
        if metric not in kept:
            series = json.loads(get(f"{self.prometheus}/api/v1/series?" + urllib.parse.urlencode({"match[]": metric})))["data"]
            found = {}
            for one in series:
                for name, value in one.items():
                    found.setdefault(name, set()).add(value)
            if not found:
                return {}
            kept[metric] = found
        return kept[metric]


def quick(rules):
    """The rules as they are, but each is reckoned every second: nobody waits thirty days here. What they reckon is tested by
    their own unit tests; here it is asked that every name in them is one that cunkou has."""
    return re.sub(r"interval: \d+[mh]", "interval: 1s", rules).replace("offset 1m", "offset 1s")
