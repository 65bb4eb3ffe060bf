"""The template for Zabbix: its structure, and every pattern of it against the metrics of a real town.

YAML is read by a strict reader of the few forms that the template is written in, so that nothing is to be installed for it.
"""

import re

from common import DASHBOARDS, LANGUAGES
from town import get

KEYS = {
    "template": {"uuid", "template", "name", "description", "groups", "items", "discovery_rules", "macros", "valuemaps"},
    "item": {
        "uuid", "name", "type", "key", "delay", "history", "trends", "value_type", "units", "valuemap", "preprocessing",
        "master_item", "tags", "triggers", "timeout", "url", "headers", "status_codes",
    },
    "discovery": {
        "uuid", "name", "type", "key", "delay", "lifetime", "item_prototypes", "master_item", "lld_macro_paths", "preprocessing",
    },
    "trigger": {"uuid", "expression", "name", "priority", "tags"},
}  # fmt: skip
PRIORITIES = {"INFO", "WARNING", "AVERAGE", "HIGH", "DISASTER"}
STEPS = {"PROMETHEUS_PATTERN": 3, "PROMETHEUS_TO_JSON": 1, "CHANGE_PER_SECOND": 1, "DISCARD_UNCHANGED_HEARTBEAT": 1}
FUNCTIONS = {"last": 1, "max": 2, "min": 2, "nodata": 2}


def read(text):
    """Block maps and lists, and texts in single quotes; anything else is a fault of the file."""
    lines = [(len(line) - len(line.lstrip()), line.strip()) for line in text.splitlines() if line.strip()]
    value, at = _block(lines, 0, 0)
    if at != len(lines):
        raise ValueError(f"not read from: {lines[at][1]}")
    return value


def _block(lines, at, indent):
    if lines[at][1].startswith("- "):
        out = []
        while at < len(lines) and lines[at][0] == indent and lines[at][1].startswith("- "):
            rest = lines[at][1][2:]
            if rest.startswith("'"):
                out.append(_text(rest))
                at += 1
            else:
                lines[at] = (indent + 2, rest)
                one, at = _block(lines, at, indent + 2)
                out.append(one)
        return out, at
    out = {}
    while at < len(lines) and lines[at][0] == indent and not lines[at][1].startswith("- "):
        key, _, rest = lines[at][1].partition(":")
        if key in out or not re.fullmatch(r"\w+", key):
            raise ValueError(f"a key that is there twice, or none: {lines[at][1]}")
        if rest.strip():
            out[key], at = _text(rest.strip()), at + 1
        else:
            out[key], at = _block(lines, at + 1, lines[at + 1][0])
    return out, at


def _text(quoted):
    if not re.fullmatch(r"'(?:[^']|'')*'", quoted):
        raise ValueError(f"no text in quotes: {quoted}")
    return quoted[1:-1].replace("''", "'")


def templates():
    for language in LANGUAGES:
        export = read((DASHBOARDS / "zabbix" / language / "cunkou.yaml").read_text("utf-8"))["zabbix_export"]
        yield language, export


def check_structure():
    faults, uuids = [], []
    for language, export in templates():
        template = export["templates"][0]
        say = lambda fault, la=language: faults.append(f"{la}: {fault}")  # noqa: E731
        if export["version"] != "6.0" or set(export) != {"version", "date", "groups", "templates"}:
            say(f"an export of {export['version']} with {sorted(export)}")
        if [g["name"] for g in export["groups"]] != [g["name"] for g in template["groups"]]:
            say("the template is in a group that the export does not have")
        # Zabbix refuses any other sign in the name of a host or a template.
        if not re.fullmatch(r"[0-9A-Za-z_. -]+", template["template"]):
            say(f"the name {template['template']}")
        _objects(template, say)
        # The template group is Zabbix' own, and the same everywhere.
        uuids += re.findall(r"'uuid': '(\w+)'", str(template))
    if len(set(uuids)) != len(uuids) or len(uuids) < 60:
        faults.append(f"a uuid is there twice, or few are read: {len(uuids)}")
    faults += [f"no UUID of version 4: {u}" for u in uuids if not re.fullmatch(r"[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}", u)]
    return faults


def _objects(template, say):
    keys, valuemaps = set(), {v["name"] for v in template["valuemaps"]}
    if extra := set(template) - KEYS["template"]:
        say(f"the template has {extra}")
    items = [(i, "triggers") for i in template["items"]]
    for rule in template["discovery_rules"]:
        if extra := set(rule) - KEYS["discovery"]:
            say(f"{rule['key']} has {extra}")
        items += [(p, "trigger_prototypes") for p in rule["item_prototypes"]]
        macros = {m["lld_macro"] for m in rule["lld_macro_paths"]}
        used = set(re.findall(r"\{#\w+\}", str(rule["item_prototypes"])))
        if used - macros:
            say(f"{rule['key']} does not find {used - macros}")
    for item, triggers in items:
        if extra := set(item) - KEYS["item"] - {triggers}:
            say(f"{item['key']} has {extra}")
        if item["key"] in keys:
            say(f"{item['key']} is there twice")
        keys.add(item["key"])
        if item["type"] == "DEPENDENT" and item["master_item"]["key"] != "cunkou.metrics":
            say(f"{item['key']} depends on {item['master_item']}")
        if item.get("valuemap", {}).get("name", next(iter(valuemaps))) not in valuemaps:
            say(f"{item['key']} has a value map that there is not")
    for item, triggers in items:
        for step in item.get("preprocessing", []):
            if STEPS.get(step["type"]) != len(step["parameters"]):
                say(f"{item['key']}: {step['type']} with {step['parameters']}")
        for trigger in item.get(triggers, []):
            _trigger(trigger, template["template"], keys, say)


def _trigger(trigger, template, keys, say):
    if extra := set(trigger) - KEYS["trigger"]:
        say(f"{trigger['name']} has {extra}")
    if trigger["priority"] not in PRIORITIES:
        say(f"{trigger['name']}: {trigger['priority']}")
    calls = re.findall(r"(\w+)\(/([^/]+)/((?:[^,()\[]|\[[^\]]*\])+)((?:,[^)]*)?)\)", trigger["expression"])
    if not calls:
        say(f"{trigger['name']} asks nothing: {trigger['expression']}")
    for function, host, key, more in calls:
        if host != template or key not in keys or FUNCTIONS.get(function) != 1 + bool(more):
            say(f"{trigger['name']}: {function} of {host}/{key}{more}")


def _series(text):
    """(name, labels) of every sample."""
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, _, inside = line.rpartition(" ")[0].partition("{")
            yield name, dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', inside))


def check_answers(town):
    """Each pattern finds a series, the discovery finds every thing with all its macros, and their patterns find them."""
    faults, series = [], list(_series(get(town.metrics)))

    def found(pattern):
        name, _, inside = pattern.partition("{")
        wanted = dict(re.findall(r'(\w+)="([^"]*)"', inside))
        return [s for n, s in series if n == name and all(s.get(k) == v for k, v in wanted.items())]

    for language, export in templates():
        template = export["templates"][0]
        for item in template["items"]:
            for step in item.get("preprocessing", []):
                if step["type"] == "PROMETHEUS_PATTERN":
                    n = len(found(step["parameters"][0]))
                    if n == 0 or (n > 1 and step["parameters"][1] == "value"):
                        faults.append(f"{language}: {item['key']}: {n} series for {step['parameters'][0]}")
        for rule in template["discovery_rules"]:
            things = found(rule["preprocessing"][0]["parameters"][0])
            macros = {m["lld_macro"]: re.fullmatch(r"\$\.labels\['(\w+)'\]", m["path"])[1] for m in rule["lld_macro_paths"]}
            lack = [label for label in macros.values() if any(label not in t for t in things)]
            if not things or lack:
                faults.append(f"{language}: {rule['key']} finds {len(things)} things without {lack}")
                continue
            for item in rule["item_prototypes"]:
                answered = 0
                for thing in things:
                    pattern = item["preprocessing"][0]["parameters"][0]
                    for macro, label in macros.items():
                        pattern = pattern.replace(macro, thing[label])
                    answered += len(found(pattern))
                if not 0 < answered <= len(things):
                    faults.append(f"{language}: {item['key']} has {answered} values for {len(things)} things")
    return faults
