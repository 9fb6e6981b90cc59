"""The files under test, read; nothing is checked here."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML

ROOT: Final = Path(__file__).parents[2]
GRAFANA: Final = ROOT / "grafana"
ALERTS: Final = GRAFANA / "alerts"
BY_HAND: Final = ALERTS / "reactor.yaml"
OUT_OF_RULES: Final = ALERTS / "rules.yaml"
UNIT_TESTS: Final = sorted((ALERTS / "tests").glob("*.yaml"))
RUNBOOKS: Final = ROOT / "docs" / "alerts.md"

Read = Mapping[str, Any]


def yaml(path: Path) -> Any:
    """What a YAML file says."""
    return YAML(typ="safe", pure=True).load(path.read_text())


def alerts(path: Path) -> Iterator[Read]:
    """The alerts in one file of rules."""
    for group in yaml(path)["groups"]:
        yield from group["rules"]


def all_alerts() -> list[Read]:
    """The alerts in both files."""
    return [*alerts(BY_HAND), *alerts(OUT_OF_RULES)]


def runbooks() -> dict[str, str]:
    """The runbooks: what stands below each heading after "# Runbooks", by the heading."""
    _, _, text = RUNBOOKS.read_text().partition("\n# Runbooks\n")
    parts = re.split(r"^## (\S+)\n", text, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))
