"""What the checks of the dashboards share: where files are, and how a result is told (the protocol of tests/all)."""

import json
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
DASHBOARDS = ROOT / "dashboards"
LANGUAGES = ("en", "zh-CN")
NAMES = ("camera", "itself", "node", "town", "village")


class Skip(Exception):
    """A check that cannot run here, and why."""


def dashboards():
    """The committed dashboards, by language and name."""
    folder = DASHBOARDS / "grafana" / "dashboards"
    return {(la, n): json.loads((folder / la / f"{n}.json").read_text("utf-8")) for la in LANGUAGES for n in NAMES}


def panels(dashboard):
    """All panels that show data."""
    return [p for p in dashboard["panels"] if p["type"] != "row"]


def where(key, panel):
    """How a fault names its panel."""
    return f"{'/'.join(key)}: {panel['title']}"


def strings(value):
    """Every text in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from strings(one)


def rename(text, name, to):
    """Replaces a whole word."""
    return re.sub(rf"(?<![\w:]){re.escape(name)}(?![\w:])", to, text)
