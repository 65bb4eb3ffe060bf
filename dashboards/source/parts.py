"""What dashboards are made of: panels, variables, links, in the form of Grafana's dashboard JSON (schema version 39, which
Grafana 10.4 and everything newer read).

Only shapes and defaults stand here; what is asked and said stands in one file a dashboard. Every text is a pair, English
and Chinese, and `words` picks one. A panel cannot be made without
a description and a unit. Missing data is shown as such: no panel turns it into 0, no line is drawn across a gap.
"""

from rules import threshold

DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
# One colour a meaning, on every dashboard.
GREEN, YELLOW, ORANGE, RED, GREY, BLUE = "green", "yellow", "orange", "red", "#808080", "blue"


class Board:
    """One dashboard: panels are laid out from left to right, row by row, 24 columns wide."""

    def __init__(self, name, title, description, words, variables):
        self.name, self.words, self.panels = name, words, []
        self.title, self.description, self.variables = title, description, variables
        self.x = self.y = self.row_height = 0

    def add(self, panel, w, h):
        """Puts a panel behind the last one, or below it where there is no room."""
        if self.x + w > 24:
            self.x, self.y, self.row_height = 0, self.y + self.row_height, 0
        panel["gridPos"] = {"x": self.x, "y": self.y, "w": w, "h": h}
        panel["id"] = len(self.panels) + 1
        self.x, self.row_height = self.x + w, max(self.row_height, h)
        self.panels.append(panel)

    def row(self, title):
        """A heading across the whole width."""
        self.y, self.x, self.row_height = self.y + self.row_height, 0, 0
        row = {"type": "row", "title": self.words(title), "collapsed": False, "panels": []}
        self.add(row, 24, 1)
        self.y, self.x, self.row_height = self.y + 1, 0, 0

    def json(self):
        words = self.words
        listed = [datasource(words)] + [v(words) for v in self.variables]
        return {
            "uid": uid(self.name, words),
            "title": words(self.title),
            "description": words(self.description),
            "tags": ["cunkou", words.language],
            "schemaVersion": 39,
            "editable": True,
            "graphTooltip": 1,
            "refresh": "30s",
            "time": {"from": "now-6h", "to": "now"},
            "timezone": "browser",
            "weekStart": "",
            "annotations": {"list": []},
            "templating": {"list": listed},
            "links": links(self.name, words),
            "panels": self.panels,
        }


def uid(name, words):
    """Fixed for ever: alerts and bookmarks link to it."""
    return f"cunkou-{name}{words.suffix}"


def links(name, words):
    """To the others of this language, and to this one in the other language."""
    base = {"asDropdown": False, "icon": "external link", "includeVars": True, "keepTime": True, "targetBlank": False}
    others = base | {"type": "dashboards", "title": "", "tooltip": "", "tags": ["cunkou", words.language]}
    twin = f"/d/cunkou-{name}{words.other_suffix}"
    other = base | {"type": "link", "title": words.other_language, "tooltip": "", "tags": [], "url": twin}
    return [others, other]


# Variables. Each is a function of the language, so that one list serves both.


def datasource(words):
    return {
        "type": "datasource", "name": "datasource", "label": words(("Data source", "数据源")), "query": "prometheus",
        "refresh": 1, "regex": "", "hide": 0, "includeAll": False, "multi": False, "options": [],
    }  # fmt: skip


def variable(name, label, query, regex="", every=False, hide=0):
    """A variable that asks Prometheus; `every` offers all values at once."""

    def build(words):
        made = {
            "type": "query", "name": name, "label": words(label), "datasource": DATASOURCE,
            "query": {"query": query, "refId": "StandardVariableQuery"}, "regex": regex,
            "refresh": 2, "sort": 1, "hide": hide, "multi": False, "includeAll": every, "options": [],
        }  # fmt: skip
        if every:
            made["allValue"] = ".*"
            made["current"] = {"text": words(("All", "全部")), "value": "$__all", "selected": True}
        return made

    return build


def named(label, metric, key, of, every=False):
    """A variable that shows names and keeps ids: both stand in the `_info` series."""
    return variable(of, label, f"query_result({metric})", f'/{key}="(?<value>[^"]*)"|[{{, ]name="(?<text>[^"]*)"/g', every)


TOWN = variable("instance", ("Town", "镇（街道）"), "label_values(cunkou_build_info, instance)")


# Queries.


def query(expr, legend="", instant=False):
    """A query of a graph, or of one moment."""
    return {"expr": expr, "legend": legend, "instant": instant}


def _targets(queries, table):
    out = []
    for i, one in enumerate(queries):
        target = {"refId": chr(ord("A") + i), "datasource": DATASOURCE, "editorMode": "code", "expr": one["expr"]}
        target |= {"instant": one["instant"] or table, "range": not (one["instant"] or table)}
        target["format"] = "table" if table else "time_series"
        if one["legend"]:
            target["legendFormat"] = one["legend"]
        out.append(target)
    return out


# Colours.


def steps(*pairs):
    """Thresholds: a first colour, then (from which value, colour)."""
    first, rest = pairs[0], pairs[1:]
    return {
        "mode": "absolute",
        "steps": [{"color": first, "value": None}] + [{"color": c, "value": v} for v, c in rest],
    }


def alert_steps(alert, bad=RED, good=GREEN, above=True):
    """Thresholds where an alert rule has its own."""
    at = threshold(alert)
    return steps(good, (at, bad)) if above else steps(bad, (at, good))


def mapping(words, *entries):
    """Values of states: (value, word, colour)."""
    options = {
        str(value): {"text": words(text), "color": color, "index": i} for i, (value, text, color) in enumerate(entries)
    }
    return [{"type": "value", "options": options}]


# Panels.


def _panel(words, kind, title, description, queries, unit, options, table=False, custom=None, **more):
    defaults = {"unit": unit, "noValue": words(("no data", "无数据")), "color": {"mode": more.get("color", "thresholds")}}
    defaults |= {"thresholds": more.get("thresholds") or steps(GREEN), "mappings": more.get("mappings") or []}
    for key in ("min", "max", "decimals", "links"):
        if more.get(key) is not None:
            defaults[key] = more[key]
    if custom is not None:
        defaults["custom"] = custom
    panel = {
        "type": kind,
        "title": words(title),
        "description": words(description),
        "datasource": DATASOURCE,
        "targets": _targets(queries, table),
        "fieldConfig": {"defaults": defaults, "overrides": more.get("overrides") or []},
        "options": options,
    }
    if more.get("transformations"):
        panel["transformations"] = more["transformations"]
    return panel


def _localised(words, queries):
    """Legends are words in both languages, or labels in braces."""
    return [q | {"legend": words(q["legend"])} if isinstance(q["legend"], tuple) else q for q in queries]


def stat(words, title, description, queries, unit="none", **more):
    """A number, or a few, as large as there is room."""
    options = {
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "orientation": "auto", "textMode": more.get("text", "auto"), "colorMode": more.get("colour", "value"),
        "graphMode": "none", "justifyMode": "auto", "showPercentChange": False, "wideLayout": True,
    }  # fmt: skip
    queries = [q | {"instant": True} for q in _localised(words, queries)]
    return _panel(words, "stat", title, description, queries, unit, options, **more)


def bars(words, title, description, queries, unit="percentunit", **more):
    """Bars, one a series."""
    options = {
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "orientation": "horizontal", "displayMode": "basic", "valueMode": "color", "namePlacement": "auto",
        "showUnfilled": True, "sizing": "auto", "minVizWidth": 8, "minVizHeight": 16, "maxVizHeight": 300,
    }  # fmt: skip
    queries = [q | {"instant": True} for q in _localised(words, queries)]
    return _panel(words, "bargauge", title, description, queries, unit, options, **more)


def graph(words, title, description, queries, unit="none", **more):
    """Lines over time; gaps stay gaps."""
    options = {
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []},
        "tooltip": {"mode": "multi", "sort": "desc"},
    }
    custom = {
        "drawStyle": "line", "lineInterpolation": more.get("line", "linear"), "lineWidth": 1, "fillOpacity": 10,
        "showPoints": "auto", "pointSize": 4, "spanNulls": False, "axisPlacement": "auto", "gradientMode": "none",
        "stacking": {"mode": "normal" if more.get("stack") else "none", "group": "A"},
        "thresholdsStyle": {"mode": "line" if more.get("thresholds") else "off"},
        "scaleDistribution": {"type": "linear"},
    }  # fmt: skip
    more.setdefault("color", "palette-classic")
    return _panel(words, "timeseries", title, description, _localised(words, queries), unit, options, custom=custom, **more)


def timeline(words, title, description, queries, mappings, **more):
    """States over time, a row a series; where nothing was known, nothing is drawn."""
    options = {
        "mergeValues": True, "showValue": "auto", "alignValue": "left", "rowHeight": 0.9,
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []},
        "tooltip": {"mode": "single", "sort": "none"},
    }  # fmt: skip
    custom = {"fillOpacity": 80, "lineWidth": 0}
    queries = _localised(words, queries)
    return _panel(
        words, "state-timeline", title, description, queries, "none", options, custom=custom, mappings=mappings, **more
    )


def column(words, name, title, unit=None, link=None, mappings=None, thresholds=None, width=None, hidden=False):
    """How a column of a table is headed and shown; `name` is the label, or `Value #A` for the first query's value."""
    properties = [{"id": "displayName", "value": words(title)}]
    if unit:
        properties.append({"id": "unit", "value": unit})
    if mappings:
        properties.append({"id": "mappings", "value": mappings})
    if thresholds:
        properties.append({"id": "thresholds", "value": thresholds})
    if mappings or thresholds:
        properties.append({"id": "custom.cellOptions", "value": {"type": "color-text"}})
    if link:
        properties.append({"id": "links", "value": [link]})
    if width:
        properties.append({"id": "custom.width", "value": width})
    if hidden:
        properties.append({"id": "custom.hidden", "value": True})
    return {"matcher": {"id": "byName", "options": name}, "properties": properties}


def table(words, title, description, queries, columns, drop=(), sort=None, unit="none"):
    """One row a thing: answers of several queries are joined by the labels that they share."""
    names = [c["matcher"]["options"] for c in columns]
    order = {name: i for i, name in enumerate(names)}
    organize = {"excludeByName": {"Time": True} | {d: True for d in drop}, "indexByName": order, "renameByName": {}}
    options = {"showHeader": True, "cellHeight": "sm", "frameIndex": 0}
    if sort:
        shown = next(c for c in columns if c["matcher"]["options"] == sort[0])
        options["sortBy"] = [{"displayName": shown["properties"][0]["value"], "desc": sort[1]}]
    custom = {"align": "auto", "cellOptions": {"type": "auto"}, "inspect": False, "filterable": True}
    return _panel(
        words, "table", title, description, queries, unit, options, table=True, custom=custom, overrides=columns,
        transformations=[{"id": "merge", "options": {}}, {"id": "organize", "options": organize}],
    )  # fmt: skip


def link(words, title, board, **values):
    """A data link to another dashboard of this language: the town and the time go along, and what is named."""
    given = "".join(f"&var-{name}={value}" for name, value in values.items())
    url = f"/d/{uid(board, words)}?${{datasource:queryparam}}&${{instance:queryparam}}{given}&${{__url_time_range}}"
    return {"title": words(title), "url": url, "targetBlank": False}


def map_panel(words, title, description, expr, latitude, longitude, mappings, thresholds):
    """Markers over a GeoJSON layer that Grafana serves itself: nothing is fetched from the internet. The base layer is
    the GeoJSON one; without a base layer of its own Grafana asks a tile server on the internet."""
    marker = {
        "showLegend": False,
        "style": {
            "size": {"fixed": 6, "min": 2, "max": 15}, "opacity": 0.9, "rotation": {"fixed": 0, "mode": "mod", "min": -360, "max": 360},
            "color": {"field": "Value", "fixed": "dark-green"}, "symbol": {"mode": "fixed", "fixed": "img/icons/marker/circle.svg"},
        },
    }  # fmt: skip
    boundary = {
        "src": "public/maps/cunkou/areas.geojson",
        "rules": [],
        "style": {"color": {"fixed": "#8888aa"}, "opacity": 0.3, "lineWidth": 1, "size": {"fixed": 3, "min": 2, "max": 15}},
    }
    options = {
        "view": {"id": "fit", "allLayers": True, "lat": 0, "lon": 0, "zoom": 12, "padding": 5},
        "basemap": {"type": "geojson", "name": words(("Boundaries", "边界")), "config": boundary},
        "layers": [
            {
                "type": "markers", "name": words(("Markers", "标记")), "config": marker, "tooltip": True,
                "location": {"mode": "coords", "latitude": latitude, "longitude": longitude},
            }
        ],
        "controls": {"showZoom": True, "mouseWheelZoom": True, "showAttribution": False, "showScale": True, "showDebug": False},
        "tooltip": {"mode": "details"},
    }  # fmt: skip
    numbers = [{"targetField": f, "destinationType": "number"} for f in (latitude, longitude)]
    return _panel(
        words, "geomap", title, description, [query(expr)], "none", options, table=True, mappings=mappings,
        thresholds=thresholds,
        transformations=[{"id": "convertFieldType", "options": {"fields": {}, "conversions": numbers}}],
    )  # fmt: skip
