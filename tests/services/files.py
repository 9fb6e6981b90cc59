"""The files under test, read; nothing is checked here."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML

ROOT: Final = Path(__file__).parents[2]
DEPLOY: Final = ROOT / "deploy"
UNIT: Final = DEPLOY / "systemd" / "reactor.service"
COMPOSE: Final = DEPLOY / "compose"
NOMAD: Final = DEPLOY / "nomad" / "reactor.nomad.hcl"


def unit() -> dict[str, list[str]]:
    """What the unit says, by key; a key may be there more than once."""
    said: dict[str, list[str]] = {}
    for line in UNIT.read_text().splitlines():
        if match := re.fullmatch(r"([A-Za-z]+)=(.*)", line):
            said.setdefault(match[1], []).append(match[2])
    return said


def command(line: str) -> list[str]:
    """A command line of the unit as systemd makes it for root, without its first word and its options."""
    full = line.replace("%S", "/var/lib").replace("%t", "/run").replace("$RUN_OPTIONS", "")
    return shlex.split(full)[1:]


def rights_in_a_container() -> set[str]:
    """The unit's, but for two.

    What the first is for, the slip, is had in a container without it; Docker 20.10 does not know the second.
    """
    named = unit()["CapabilityBoundingSet"][0].split()
    return {name.removeprefix("CAP_") for name in named} - {"SYS_PTRACE", "PERFMON"}


def yaml(path: Path) -> Any:
    """What a YAML file says."""
    return YAML(typ="safe", pure=True).load(path.read_text())


def services() -> dict[str, Any]:
    """The services of the Compose file."""
    found: dict[str, Any] = yaml(COMPOSE / "compose.yaml")["services"]
    return found


def mounts(service: Any) -> Iterator[tuple[str, str]]:
    """Source and target of each mount of a service; a variable stands for its default."""
    for text in service.get("volumes", []):
        source, target, *_ = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text).split(":")
        yield source, target
