"""A board: its variables, its rows of panels, and its place among the other boards, as classic JSON."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tools.boards.panels import SOURCE, Json, Panel, chosen

SCHEMA = 41
WHOLE_WIDTH = 24
TAG = "reactor"


@dataclass(frozen=True, slots=True)
class Row:
    """A heading, and panels below it that stand beside each other as far as there is room."""

    title: str
    panels: tuple[Panel, ...]
    height: int = 8


def board(
    uid: str,
    title: str,
    description: str,
    rows: Sequence[Row],
    variables: Iterable[Json] = (),
    annotations: Iterable[Json] = (),
) -> Json:
    """One dashboard."""
    return {
        "annotations": {"list": list(annotations)},
        "description": description,
        "editable": False,
        "fiscalYearStartMonth": 0,
        "graphTooltip": 1,
        "id": None,
        "links": [_others()],
        "panels": list(_placed(rows)),
        "refresh": "10s",
        "schemaVersion": SCHEMA,
        "tags": [TAG],
        "templating": {"list": [*_usual_variables(), *variables]},
        "time": {"from": "now-1h", "to": "now"},
        "timepicker": {},
        "timezone": "browser",
        "title": title,
        "uid": uid,
        "version": 1,
        "weekStart": "",
    }


def variable(name: str, label: str, query: str, **more: object) -> Json:
    """A variable that is asked of Prometheus: by default several values at once, and all of them at first."""
    return {
        "allValue": ".+",
        "current": {"selected": True, "text": ["All"], "value": ["$__all"]},
        "datasource": SOURCE,
        "definition": query,
        "hide": 0,
        "includeAll": True,
        "label": label,
        "multi": True,
        "name": name,
        "options": [],
        "query": {"query": query, "refId": f"variable-{name}"},
        "refresh": 2,
        "regex": "",
        "skipUrlSync": False,
        "sort": 1,
        "type": "query",
        **more,
    }


def annotation(name: str, expr: str, title: str, text: str, colour: str) -> Json:
    """Marks over all panels, one wherever the expression has a value."""
    return {
        "datasource": SOURCE,
        "enable": True,
        "expr": chosen(expr),
        "hide": False,
        "iconColor": colour,
        "name": name,
        "textFormat": text,
        "titleFormat": title,
        "useValueForTime": "",
    }


def _usual_variables() -> Iterator[Json]:
    yield {
        "current": {},
        "hide": 0,
        "includeAll": False,
        "label": "Data source",
        "multi": False,
        "name": "datasource",
        "options": [],
        "query": "prometheus",
        "refresh": 1,
        "regex": "",
        "skipUrlSync": False,
        "type": "datasource",
    }
    yield variable("job", "Job", "label_values(reactor_build_info, job)")
    yield variable("instance", "Instance", 'label_values(reactor_build_info{job=~"$job"}, instance)')
    named = '{job=~"$job", instance=~"$instance"}'
    # Where one engine is watched it has no name, which is among all.
    yield variable(
        "engine",
        "Engine",
        f"query_result(reactor_engine_up{named} or reactor_ready{named})",
        regex='/engine="([^"]+)"/',
        allValue=".*",
    )


def _others() -> Json:
    return {
        "asDropdown": True,
        "icon": "external link",
        "includeVars": True,
        "keepTime": True,
        "tags": [TAG],
        "targetBlank": False,
        "title": "reactor",
        "tooltip": "The other boards",
        "type": "dashboards",
        "url": "",
    }


def _placed(rows: Sequence[Row]) -> Iterator[Json]:
    top, number = 0, 0
    for row in rows:
        number += 1
        heading = {"h": 1, "w": WHOLE_WIDTH, "x": 0, "y": top}
        yield {
            "collapsed": False,
            "gridPos": heading,
            "id": number,
            "panels": [],
            "title": row.title,
            "type": "row",
        }
        top += 1
        left = 0
        for panel in row.panels:
            if left + panel.width > WHOLE_WIDTH:
                top, left = top + row.height, 0
            number += 1
            yield panel.json(number, {"h": row.height, "w": panel.width, "x": left, "y": top})
            left += panel.width
        top += row.height
