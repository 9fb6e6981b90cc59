"""Panels: what a board shows in one frame, as Grafana's classic JSON.

In an expression ``@`` stands for the labels that choose the monitor and its engine, so that nobody forgets
them. Where a panel stands is the business of ``layout``.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from reactor.observe.joining import OF_PROCESS

Json = dict[str, Any]

WHOSE = 'job=~"$job", instance=~"$instance"'
"""The labels that choose the processes; every selector has them."""
ENGINE = 'engine=~"$engine"'
"""The label that chooses one of several engines; that there is none is a match where all are chosen."""
SOURCE: Json = {"type": "prometheus", "uid": "${datasource}"}

GREEN, YELLOW, RED, BLUE, GREY = "green", "yellow", "red", "blue", "text"
Steps = Sequence[tuple[float | None, str]]
"""From which value on which colour; the first one is from None on."""


def chosen(expr: str) -> str:
    """The expression with the labels that choose; what a process has once is of no engine."""

    def whose(found: re.Match[str]) -> str:
        return f"{found[0][:-1]}{WHOSE if found[1].startswith(OF_PROCESS) else f'{WHOSE}, {ENGINE}'}"

    return re.sub(r"(\w+)\{@", whose, expr)


@dataclass(frozen=True, slots=True)
class Query:
    """One expression and what its series are called. ``now`` asks for one moment and not for a span."""

    expr: str
    legend: str = "__auto"
    now: bool = False

    def json(self, number: int, *, table: bool) -> Json:
        """As a target; ``number`` makes its letter."""
        return {
            "datasource": SOURCE,
            "editorMode": "code",
            "expr": chosen(self.expr),
            "format": "table" if table else "time_series",
            "instant": self.now,
            "legendFormat": self.legend,
            "range": not self.now,
            "refId": chr(ord("A") + number),
        }


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel. ``custom`` and ``options`` are what its kind wants beyond the usual."""

    kind: str
    title: str
    description: str
    queries: tuple[Query, ...]
    unit: str = "short"
    steps: Steps = ((None, GREEN),)
    width: int = 12
    options: Json = field(default_factory=dict)
    custom: Json = field(default_factory=dict)
    defaults: Json = field(default_factory=dict)
    overrides: tuple[Json, ...] = ()
    transformations: tuple[Json, ...] = ()

    def json(self, number: int, place: Mapping[str, int]) -> Json:
        """As Grafana has it, with an id and a place."""
        table = self.kind == "table"
        return {
            "datasource": SOURCE,
            "description": self.description,
            "fieldConfig": {"defaults": self._defaults(), "overrides": list(self.overrides)},
            "gridPos": dict(place),
            "id": number,
            "options": self.options,
            "targets": [query.json(at, table=table) for at, query in enumerate(self.queries)],
            "title": self.title,
            "transformations": list(self.transformations),
            "type": self.kind,
        }

    def _defaults(self) -> Json:
        steps = [{"color": color, "value": value} for value, color in self.steps]
        thresholds = {"mode": "absolute", "steps": steps}
        return {"custom": self.custom, "thresholds": thresholds, "unit": self.unit, **self.defaults}


def lines(title: str, description: str, *queries: Query, unit: str = "short", **more: Any) -> Panel:
    """Series over time. ``stacked``: one upon the other. ``dashed``: names of series that are limits."""
    stacked, dashed = more.pop("stacked", False), more.pop("dashed", "")
    custom: Json = {"fillOpacity": 25 if stacked else 8, "lineWidth": 1, "showPoints": "never"}
    custom |= {"stacking": {"group": "A", "mode": "normal" if stacked else "none"}}
    custom |= more.pop("custom", {})
    options = {
        "legend": {"calcs": ["lastNotNull", "max"], "displayMode": "table", "placement": "bottom"},
        "tooltip": {"mode": "multi", "sort": "desc"},
    }
    overrides = (_dashed(dashed),) if dashed else ()
    return Panel(
        "timeseries",
        title,
        description,
        queries,
        unit,
        custom=custom,
        options=options,
        overrides=overrides,
        **more,
    )


def bars(title: str, description: str, *queries: Query, unit: str = "short", **more: Any) -> Panel:
    """How often, over time."""
    custom = {"drawStyle": "bars", "fillOpacity": 80, "lineWidth": 0}
    return lines(title, description, *queries, unit=unit, stacked=True, custom=custom, **more)


def number(title: str, description: str, *queries: Query, unit: str = "short", **more: Any) -> Panel:
    """The latest value, large; with words in the place of numbers if ``words`` are given."""
    words: Mapping[str, tuple[str, str]] = more.pop("words", {})
    options = {
        "colorMode": "background" if words or "steps" in more else "value",
        "graphMode": "none",
        "justifyMode": "auto",
        "orientation": "auto",
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "textMode": more.pop("text", "auto"),
    }
    said = {
        value: {"color": color, "index": at, "text": text}
        for at, (value, (text, color)) in enumerate(words.items())
    }
    defaults = {"mappings": [{"options": said, "type": "value"}]} if words else {}
    defaults |= more.pop("defaults", {})
    return Panel(
        "stat",
        title,
        description,
        queries,
        unit,
        options=options,
        defaults=defaults,
        **{"width": 4, **more},
    )


def table(title: str, description: str, *queries: Query, unit: str = "short", **more: Any) -> Panel:
    """The latest values, a row each. ``columns`` are the labels that are shown, by their heading."""
    columns: Mapping[str, str] = more.pop("columns")
    value: str = more.pop("value", "Value")
    hidden = dict.fromkeys(("Time", "__name__", "container_id", "instance", "job"), True)
    organised = {
        "excludeByName": {name: True for name in hidden if name not in columns},
        "indexByName": {name: at for at, name in enumerate([*columns, "Value"])},
        "renameByName": {**columns, "Value": value},
    }
    options = {"cellHeight": "sm", "showHeader": True, "sortBy": [{"desc": True, "displayName": value}]}
    transformations = ({"id": "organize", "options": organised},)
    return Panel(
        "table", title, description, queries, unit, options=options, transformations=transformations, **more
    )


def gauge_cell(column: str, most: float = 1.0) -> Json:
    """Draws one column of a table as a bar."""
    properties = [
        {"id": "custom.cellOptions", "value": {"mode": "basic", "type": "gauge"}},
        {"id": "min", "value": 0},
        {"id": "max", "value": most},
    ]
    return {"matcher": {"id": "byName", "options": column}, "properties": properties}


def narrow_cell(column: str, width: int) -> Json:
    """Gives one column of a table so many pixels, and the rest to the others."""
    properties = [{"id": "custom.width", "value": width}]
    return {"matcher": {"id": "byName", "options": column}, "properties": properties}


def linked_cell(column: str, title: str, url: str) -> Json:
    """Makes one column of a table lead somewhere."""
    links = [{"id": "links", "value": [{"title": title, "url": url}]}]
    return {"matcher": {"id": "byName", "options": column}, "properties": links}


def _dashed(pattern: str) -> Json:
    properties = [
        {"id": "custom.lineStyle", "value": {"dash": [10, 10], "fill": "dash"}},
        {"id": "custom.fillOpacity", "value": 0},
        {"id": "color", "value": {"fixedColor": RED, "mode": "fixed"}},
    ]
    return {"matcher": {"id": "byRegexp", "options": pattern}, "properties": properties}
