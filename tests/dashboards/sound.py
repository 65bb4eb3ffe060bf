"""What can be seen of the dashboards without a server: rules of this project that no schema knows."""

import re
import subprocess
import sys

from common import DASHBOARDS, ROOT, dashboards, panels, strings, where


def check_source():
    """The committed files are what dashboards/generate makes now."""
    run = subprocess.run([sys.executable, DASHBOARDS / "generate", "--check"], capture_output=True, text=True, cwd=ROOT)
    return run.stderr.splitlines() or ([] if run.returncode == 0 else ["dashboards/generate --check failed"])


def check_rules_of_the_house():
    faults = []
    every = dashboards()
    uids = [d["uid"] for d in every.values()]
    if len(set(uids)) != len(uids):
        faults.append(f"a uid is there twice: {sorted(uids)}")
    for key, board in every.items():
        faults += [f"{'/'.join(key)}: {fault}" for fault in _board(key, board, set(uids))]
        for panel in panels(board):
            faults += [f"{where(key, panel)}: {fault}" for fault in _panel(panel)]
    return faults


def _board(key, board, uids):
    name, suffix = key[1], "" if key[0] == "en" else "-zh"
    if board["uid"] != f"cunkou-{name}{suffix}":
        yield f"the uid {board['uid']} is not the fixed one"
    # Provisioning knows neither numbers of another server nor inputs of an export.
    if board.get("id") is not None or "__inputs" in board:
        yield "it is an export and not for provisioning"
    if board["tags"] != ["cunkou", key[0]]:
        yield f"tags {board['tags']}"
    texts = list(strings(board))
    if any("${DS_" in t for t in texts):
        yield "an input of an export is left in it"
    linked = {u for t in texts for u in re.findall(r"/d/([\w-]+)", t)}
    for uid in linked - uids:
        yield f"a link leads to {uid}, which there is not"
    if not {u for u in linked if u.endswith("-zh") != bool(suffix)}:
        yield "it does not lead to the other language"
    if len(linked) < 2 and name != "itself":
        yield "it leads to no other dashboard"
    variables = [v["name"] for v in board["templating"]["list"]]
    if variables[:2] != ["datasource", "instance"]:
        yield f"variables {variables}"
    for used in {u for t in texts for u in re.findall(r"\$\{?(\w+)", t)}:
        if used not in variables and not used.startswith("__"):
            # A regular expression of a rule counts its groups.
            if not used.isdigit():
                yield f"${used} is no variable of it"
    boxes = [p["gridPos"] for p in board["panels"]]
    for i, a in enumerate(boxes):
        if a["x"] + a["w"] > 24:
            yield f"a panel is wider than the page: {a}"
        for b in boxes[:i]:
            if a["x"] < b["x"] + b["w"] and b["x"] < a["x"] + a["w"] and a["y"] < b["y"] + b["h"] and b["y"] < a["y"] + a["h"]:
                yield f"panels lie on each other: {a}, {b}"


def _panel(panel):
    defaults = panel["fieldConfig"]["defaults"]
    for key, value in (("description", panel.get("description")), ("unit", defaults.get("unit")), ("noValue", defaults.get("noValue"))):
        if not value:
            yield f"it has no {key}"
    if panel["datasource"]["uid"] != "${datasource}" or any(t["datasource"]["uid"] != "${datasource}" for t in panel["targets"]):
        yield "it does not ask the chosen data source"
    if (defaults.get("custom") or {}).get("spanNulls"):
        yield "it draws across gaps"
    for target in panel["targets"]:
        expr = target["expr"]
        if 'instance="$instance"' not in expr:
            yield f"it mixes towns: {expr}"
        if re.search(r"\bor (vector\(0\)|on \(\) vector)", expr):
            yield f"it turns no data into 0: {expr}"
        for span in re.findall(r"\brate\([^\[]*\[([^\]]+)\]", expr):
            if span != "$__rate_interval":
                yield f"a rate over {span}: $__rate_interval follows the scrape interval"
    unnamed = [o for o in panel["fieldConfig"]["overrides"] if o["matcher"]["options"].startswith("Value #")]
    refs = {t["refId"] for t in panel["targets"]}
    for override in unnamed:
        if override["matcher"]["options"].removeprefix("Value #") not in refs:
            yield f"a column stands for no query: {override['matcher']['options']}"


def check_languages():
    """Both languages ask the same, and the Chinese ones are Chinese."""
    faults = []
    every = dashboards()
    chinese = re.compile(r"[\u4e00-\u9fff]")
    for (language, name), board in every.items():
        if language != "zh-CN":
            continue
        twin = every[("en", name)]
        asked = [[t["expr"] for t in p.get("targets", [])] for p in board["panels"]]
        if asked != [[t["expr"] for t in p.get("targets", [])] for p in twin["panels"]]:
            faults.append(f"{name}: the languages ask different things")
        for panel, other in zip(board["panels"], twin["panels"]):
            for key in ("title", "description"):
                if other.get(key) and not chinese.search(panel.get(key, "")):
                    faults.append(f"{name}: {key} is not Chinese: {panel.get(key)}")
                if chinese.search(other.get(key) or ""):
                    faults.append(f"{name}: {key} is not English: {other[key]}")
    return faults
