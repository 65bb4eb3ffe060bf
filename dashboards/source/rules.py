"""Thresholds of the alert rules: dashboards colour at the very numbers at which Prometheus alerts."""

import functools
import pathlib
import re

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "rules"


@functools.cache
def threshold(alert):
    """The number behind the last comparison of an alert's expression.

    Raises LookupError where there is no such alert or no number: a threshold is never made up here.
    """
    for file in sorted(FOLDER.glob("*.yml")):
        for block in file.read_text(encoding="utf-8").split("- alert: ")[1:]:
            name, _, rest = block.partition("\n")
            if name.strip() != alert:
                continue
            expr = re.search(r"expr:(.*?)\n\s+(?:for|labels):", rest, re.S)
            numbers = re.findall(r"[<>]=?\s*([0-9.]+)\s*(?=\n|$)", expr.group(1)) if expr else []
            if not numbers:
                raise LookupError(f"{file.name}: {alert} compares with no number")
            number = float(numbers[-1])
            return int(number) if number.is_integer() else number
    raise LookupError(f"no rule has the alert {alert}")
