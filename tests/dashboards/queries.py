"""Every query of every panel, variable and rule, run against a real Prometheus: it must answer, with the labels that legends,
columns and links name. Each name in it is looked up by itself too, because `a or b` answers without b."""

import re

from common import NAMES, dashboards, panels, rename, where
from town import wait

METRIC = re.compile(r"(?<![\w:\"$])((?:cunkou|process|scrape|camera:|village:|town:)[\w:]*|up)\b(?!\s*\()")
SELECTOR = re.compile(METRIC.pattern + r"\{([^}]*)\}")
MATCHER = re.compile(r'(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"')
CLAUSE = re.compile(r"\b(?:by|on|group_left)\s*\(([^)]*)\)")
# Words that a label has at times, and not in this town now; a test of the house holds them against the code.
AT_TIMES = {("cunkou_camera_cause", "kind"): {"common_cause"}, ("cunkou_camera_degraded", "reason"): None}


def substitute(text, values):
    """What Grafana does with variables before it asks."""
    for name, value in {**values, "__rate_interval": "10s", "__interval": "2s", "__range": "60s"}.items():
        text = re.sub(rf"\$(?:{name}\b|\{{{name}\}})", lambda _, v=value: v, text)
    return text


def names(expr, town):
    """Faults of the names in an expression: metrics that are not there, labels and values that they do not have."""
    metrics = set(METRIC.findall(re.sub(r'"[^"]*"', '""', expr)))
    if not metrics:
        yield f"no metric in {expr}"
    known = {}
    for metric in metrics:
        labels = town.labels(metric)
        if not labels:
            yield f"{metric} is no metric"
        for name, values in labels.items():
            known.setdefault(name, set()).update(values)
    for metric, inside in SELECTOR.findall(expr):
        labels = town.labels(metric)
        for label, operator, value in MATCHER.findall(inside):
            if labels and label not in labels:
                yield f"{metric} has no label {label}"
            elif labels and "$" not in value and operator in ("=", "=~") and not _has(labels[label], operator, value):
                at_times = AT_TIMES.get((metric, label), set())
                if at_times is not None and value not in at_times:
                    yield f"{metric} never has {label}{operator}{value}"
    made = set(re.findall(r'label_replace\([^"]*"(\w+)"', expr)) | {m for m in re.findall(r'"(\w+)",\s*"\$1"', expr)}
    for clause in CLAUSE.findall(expr):
        for label in (one.strip() for one in clause.split(",")):
            if label and label not in known and label not in made and label != "le":
                yield f"no metric of it has the label {label}: {expr}"


def _has(values, operator, wanted):
    return wanted in values if operator == "=" else any(re.fullmatch(wanted, v) for v in values)


def answers(target, panel, town, choices):
    """What a query is answered: of the first choice of variables for which there is anything."""
    instant = target["instant"] or panel["type"] in ("stat", "bargauge")
    for values in choices:
        expr = substitute(target["expr"], values)
        found = town.ask(expr) if instant else town.ask_range(expr)
        if found:
            return found
    return []


def check_panel(panel, town, choices):
    """Faults of one panel."""
    seen = {"__name__"}
    for target in panel["targets"]:
        yield from names(target["expr"], town)
        try:
            found = answers(target, panel, town, choices)
        except ValueError as error:
            yield f"{error}: {target['expr']}"
            continue
        if not found:
            yield f"no answer to {target['expr']}"
            continue
        if panel["type"] == "stat" and len(found) != 1:
            yield f"{len(found)} answers instead of one to {target['expr']}"
        numbers = [v[1] for s in found for v in ([s["value"]] if "value" in s else s["values"])]
        if all(n == "NaN" for n in numbers):
            yield f"no number answers {target['expr']}"
        labels = {name for one in found for name in one["metric"]}
        seen |= labels
        for label in re.findall(r"\{\{\s*(\w+)\s*\}\}", target.get("legendFormat", "")):
            if label not in labels:
                yield f"the legend wants {label}, the answer has {sorted(labels)}"
    yield from _columns(panel, seen)


def _columns(panel, seen):
    """Columns, links and places stand for labels of an answer."""
    wanted = set()
    for override in panel["fieldConfig"]["overrides"]:
        name = override["matcher"]["options"]
        if not name.startswith("Value"):
            wanted.add(name)
        for prop in override["properties"]:
            if prop["id"] == "links":
                wanted |= {f for link in prop["value"] for f in re.findall(r"__data\.fields\.(\w+)", link["url"])}
    for layer in panel["options"].get("layers", []):
        wanted |= {layer["location"]["latitude"], layer["location"]["longitude"]}
    if panel["type"] == "table":
        # Whatever a table is answered is a column: each has a head in the reader's language.
        dropped = set(panel["transformations"][-1]["options"]["excludeByName"])
        for label in seen - wanted - dropped - {"__name__"}:
            yield f"the column {label} has no head"
    for label in wanted - seen:
        yield f"{label} is in no answer, which has {sorted(seen)}"


def check_variables(board, town, values):
    """Variables offer something; names stand beside ids."""
    for variable in board["templating"]["list"]:
        if variable["type"] != "query":
            continue
        query = substitute(variable["query"]["query"], values)
        inner = re.fullmatch(r"label_values\((.+), (\w+)\)", query)
        if inner:
            yield from names(inner[1], town)
            if not any(inner[2] in s["metric"] for s in town.ask(inner[1])):
                yield f"${variable['name']}: no {inner[2]} in {inner[1]}"
            continue
        inner = re.fullmatch(r"query_result\((.+)\)", query)[1]
        yield from names(inner, town)
        pattern = re.compile(variable["regex"].strip("/").removesuffix("/g").replace("(?<", "(?P<"))
        found = town.ask(inner)
        if not found:
            yield f"${variable['name']}: no answer to {inner}"
        for series in found:
            labels = dict(series["metric"])
            text = labels.pop("__name__") + "{" + ",".join(f'{k}="{v}"' for k, v in labels.items()) + "} 1 0"
            groups = [m.groupdict() for m in pattern.finditer(text)]
            first = {k: next((g[k] for g in groups if g[k]), None) for k in ("value", "text")}
            if not first["value"] or first["text"] != labels["name"]:
                yield f"${variable['name']}: {text} is read as {first}"


def choices(town):
    """Variables as a person would choose them, one after the other, until a panel has something to show."""
    base = {"instance": town.instance, "layer": ".*", "node": town.node}
    villages = [town.village, *sorted(v for v in town.labels("cunkou_entrance_info")["village"] if v != town.village)]
    cameras = [town.dead, town.locked]
    out = [base | {"village": v, "camera": c} for v in villages for c in cameras]
    return out


def check_dashboards(town):
    faults = []
    for key, board in dashboards().items():
        # Both languages ask the same, which another check has seen.
        if key[0] != "en":
            continue
        faults += [f"{'/'.join(key)}: {f}" for f in check_variables(board, town, choices(town)[0])]
        for panel in panels(board):
            faults += [f"{where(key, panel)}: {f}" for f in check_panel(panel, town, choices(town))]
    return faults


def check_renamed(town):
    """The checks above see a metric or a label that was renamed, in every panel: else they would see nothing at all."""
    faults, tried = [], 0
    for name in NAMES:
        for panel in panels(dashboards()[("en", name)]):
            for target in panel["targets"]:
                expr = target["expr"]
                bare = re.sub(r'"[^"]*"', '""', expr)
                labels = {label for clause in CLAUSE.findall(bare) for label in re.findall(r"\w+", clause)}
                labels |= {m[0] for _, inside in SELECTOR.findall(expr) for m in MATCHER.findall(inside)}
                for word in sorted(set(METRIC.findall(bare)) | (labels - {"le"})):
                    tried += 1
                    renamed = target | {"expr": rename(expr, word, word + "x")}
                    if not list(names(renamed["expr"], town)) and answers(renamed, panel, town, choices(town)):
                        faults.append(f"{where(('en', name), panel)}: {word} was renamed and nobody saw it in {expr}")
    if tried < 300:
        faults.append(f"only {tried} names were tried")
    return faults


def check_rules(town):
    """Rules are taken, name what there is, and record something; those fire that should."""
    for alert in ("CunkouEntranceLost", "CunkouNodeDown"):
        # Prometheus may have scraped what it fires on, and not have reckoned the rule since.
        wait(f"{alert} to fire", lambda fires=f'ALERTS{{alertname="{alert}", alertstate="firing"}}': town.ask(fires))
    faults, firing = [], {}
    for group in town.api_of("rules")["groups"]:
        for rule in group["rules"]:
            said = f"{group['name']}: {rule['name']}"
            if rule["health"] != "ok":
                faults.append(f"{said}: {rule.get('lastError') or rule['health']}")
            faults += [f"{said}: {fault}" for fault in names(rule["query"], town)]
            if rule["type"] == "recording" and not town.labels(rule["name"]):
                faults.append(f"{said} records nothing")
            firing[rule["name"]] = {a["state"] for a in rule.get("alerts", [])}
    for alert in ("CunkouAway", "CunkouProbesStalled", "CunkouMonitorBlind", "CunkouRegistryRefused"):
        if firing.get(alert):
            faults.append(f"{alert}: {firing[alert]}")
    return faults
