"""The boards under test, as their parts: panels, targets, and expressions with the variables filled in."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reactor.observe.names import Kind
from reactor.observe.table import ROWS
from tests.grafana.files import BY_HAND, GRAFANA

BOARDS = sorted((GRAFANA / "dashboards").glob("*.json"))


@dataclass(frozen=True, slots=True)
class Asked:
    """One expression, and where it stands."""

    board: str
    panel: str
    expr: str


def boards() -> dict[str, Any]:
    """All boards by the names of their files."""
    return {path.stem: json.loads(path.read_text()) for path in BOARDS}


def panels(board: Mapping[str, Any]) -> list[Any]:
    """The panels of a board, without the headings of its rows."""
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def asked() -> Iterator[Asked]:
    """Every expression of every board, those of its annotations and variables among them."""
    for name, board in boards().items():
        for panel in panels(board):
            yield from (Asked(name, panel["title"], target["expr"]) for target in panel["targets"])
        for mark in board["annotations"]["list"]:
            yield Asked(name, f"annotation {mark['name']}", mark["expr"])
        for variable in board["templating"]["list"]:
            if variable["type"] == "query":
                yield Asked(name, f"variable {variable['name']}", _series(variable["definition"]))


def counted(*kinds: Kind) -> set[str]:
    """The metrics of reactor's own that alerts and boards are about and that are of these kinds."""
    text = " ".join((BY_HAND.read_text(), *(one.expr for one in asked())))
    names = set(re.findall(r"\breactor_[a-z0-9_]+", text))
    rows = [ROWS.get(name) or ROWS.get(re.sub(r"_(bucket|sum|count)$", "", name)) for name in names]
    return {row.name for row in rows if row is not None and row.kind in kinds}


def filled(expr: str, *, container: str = ".+", span: str = "5m") -> str:
    """An expression as Grafana would send it, with all that can be chosen chosen."""
    values = {
        "$job": ".+",
        "$instance": ".+",
        "$engine": ".*",
        "$container": container,
        "$__rate_interval": span,
        "$__range": span,
        "$__interval": span,
    }
    for name in sorted(values, key=len, reverse=True):
        expr = expr.replace(name, values[name])
    return expr


def _series(definition: str) -> str:
    """The series that a variable is made of: ``label_values(SERIES, LABEL)`` or ``query_result(SERIES)``."""
    found = re.fullmatch(r"label_values\((.*), \w+\)|query_result\((.*)\)", definition)
    assert found is not None, definition
    return found[1] or found[2]
