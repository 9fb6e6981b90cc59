"""Imports point down only, and each outside library has one door.

The tables below are the architecture; the checker reads every import of the product with `ast`, wherever in a
file it stands, and names the place of each one that breaks them.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

PRODUCT: Final = Path(__file__).parents[1] / "reactor"

# From top to bottom. A room may import the rooms in the rows below its own, and itself; not its neighbours.
FLOORS: Final = (
    ("app", "client"),
    ("web",),
    ("act", "alerting", "owners", "ruletest"),
    ("access", "act", "owners", "ruletest"),
    ("containment", "kmsg", "lane", "observe", "streams"),
    ("cgroups", "data", "engine", "journal", "kernel", "recording", "ruleset"),
    ("testing",),
    ("http",),
    ("core",),
)

# Each of these has few doors, so that it can be replaced, and so that what it costs is paid where it is used.
DOORS: Final = {
    "bcrypt": {"access"},
    "docker": {"engine"},
    "requests": {"engine"},
    "h11": {"http"},
    "lark": {"ruleset"},
    "opentelemetry": {"observe"},
    "pydantic": {"ruleset", "ruletest", "access", "app"},
    "reactivex": {"streams"},
    "ruamel": {"ruleset", "app"},
    "shtab": {"app"},
    "sqlite3": {"journal"},
    "zlib": {"observe", "recording"},
}

# The core is a pure function of its arguments: no clock, no chance, no outside world, no log, no waiting.
NOT_IN_CORE: Final = frozenset(
    {
        "asyncio", "concurrent", "ctypes", "fcntl", "fileinput", "glob", "http", "importlib", "io",
        "logging", "mmap", "multiprocessing", "os", "pathlib", "pty", "queue", "random", "resource",
        "sched", "secrets", "select", "selectors", "shutil", "signal", "site", "socket",
        "socketserver", "sqlite3", "ssl", "subprocess", "sys", "syslog", "tempfile", "threading",
        "time", "tty", "urllib", "uuid", "warnings",
    }
)  # fmt: skip
NAMES_NOT_IN_CORE: Final = frozenset(
    {"breakpoint", "input", "open", "print", "datetime.now", "datetime.utcnow", "date.today"}
)

# Nowhere: a group per container, other threads, and addresses or ids that may mean somebody else's.
NAMES_NOT_ANYWHERE: Final = frozenset(
    {"TimeoutScheduler", "from_env", "group_by", "group_by_until", "observe_on", "short_id", "subscribe_on"}
)


def floor(room: str) -> int:
    return next(number for number, rooms in enumerate(FLOORS) if room in rooms)


def room_of(path: Path, product: Path) -> str:
    """Name the room of a file; the package's own files stand above all rooms, as ``reactor``."""
    parts = path.relative_to(product).parts
    return parts[0] if len(parts) > 1 else "reactor"


def imported(tree: ast.AST, path: Path, product: Path) -> Iterator[tuple[int, str]]:
    """Yield line and dotted name of everything that a module imports, relative imports resolved."""
    package = ("reactor", *path.relative_to(product).parent.parts)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join((*base, *filter(None, [node.module])))
            yield from ((node.lineno, f"{module}.{alias.name}") for alias in node.names)


def fault_of_import(room: str, name: str) -> str | None:
    """Say what is wrong with this import in this room, if anything is."""
    top, *rest = name.split(".")
    if top == "reactor":
        return fault_between_rooms(room, rest[0] if rest else "")
    if top in DOORS and room not in DOORS[top]:
        return f"room {room} may not import {top}: its door is {' or '.join(sorted(DOORS[top]))}"
    if room == "core" and (top in NOT_IN_CORE or top not in sys.stdlib_module_names):
        return f"room core may not import {top}"
    return None


def fault_between_rooms(room: str, other: str) -> str | None:
    # The package's own file holds the version and nothing else, and is there before every room.
    if room in {"reactor", other} or other == "__version__":
        return None
    known = {name for rooms in FLOORS for name in rooms}
    if other not in known or floor(other) <= floor(room):
        return f"room {room} may not import room {other or 'reactor'}"
    return None


def names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield line and identifier of all that code refers to; comments and texts may name what they like."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.lineno, node.id
        elif isinstance(node, ast.Attribute):
            yield node.lineno, node.attr
            owner = getattr(node.value, "id", None) or getattr(node.value, "attr", "")
            yield node.lineno, f"{owner}.{node.attr}"
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, alias.name) for alias in node.names)


def faults(product: Path) -> list[str]:
    """Check every module below the product's folder and name each fault with its place."""
    found = []
    for path in sorted(product.rglob("*.py")):
        room, tree = room_of(path, product), ast.parse(path.read_text())
        place = f"{product.name}/{path.relative_to(product)}"
        if room != "reactor" and room not in {name for rooms in FLOORS for name in rooms}:
            found.append(f"{place}:1: {room} is no room; FLOORS says which there are")
            continue
        for line, name in imported(tree, path, product):
            if fault := fault_of_import(room, name):
                found.append(f"{place}:{line}: {fault}")
        forbidden = NAMES_NOT_ANYWHERE | (NAMES_NOT_IN_CORE if room == "core" else frozenset())
        found += [
            f"{place}:{line}: {name} is not used here" for line, name in names(tree) if name in forbidden
        ]
    return sorted(set(found))


def test_imports_point_down() -> None:
    assert faults(PRODUCT) == []


def test_the_checker_reads_the_whole_product() -> None:
    """An empty folder would have no faults either."""
    rooms = {room_of(path, PRODUCT) for path in PRODUCT.rglob("*.py")}
    assert {"core", "engine", "reactor"} <= rooms


@pytest.mark.parametrize(
    ("module", "text", "fault"),
    [
        ("core/a.py", "import reactor.engine.watch", "1: room core may not import room engine"),
        ("core/a.py", "from reactor.http import client", "1: room core may not import room http"),
        ("core/a.py", "from ..http import client", "1: room core may not import room http"),
        ("core/a.py", "from .. import http", "1: room core may not import room http"),
        ("core/a.py", "from reactor import http", "1: room core may not import room http"),
        ("core/a.py", "\nimport time", "2: room core may not import time"),
        ("core/a.py", "import os.path", "1: room core may not import os"),
        ("core/a.py", "import trio", "1: room core may not import trio"),
        (
            "core/a.py",
            "from datetime import datetime\nx = datetime.now()",
            "2: datetime.now is not used here",
        ),
        ("core/a.py", "print(1)", "1: print is not used here"),
        ("core/deep/a.py", "from ...act import outbox", "1: room core may not import room act"),
        ("engine/a.py", "import reactor.journal", "1: room engine may not import room journal"),
        ("streams/a.py", "import reactor.observe", "1: room streams may not import room observe"),
        ("act/a.py", "from reactor.web import api", "1: room act may not import room web"),
        ("act/a.py", "from reactor import __main__", "1: room act may not import room __main__"),
        ("act/a.py", "import reactivex", "1: room act may not import reactivex: its door is streams"),
        (
            "act/a.py",
            "def f():\n    import docker.errors",
            "2: room act may not import docker: its door is engine",
        ),
        ("engine/a.py", "from h11 import Request", "1: room engine may not import h11: its door is http"),
        ("engine/a.py", "import docker\nclient = docker.from_env()", "2: from_env is not used here"),
        ("engine/a.py", "x = container.short_id", "1: short_id is not used here"),
        ("streams/a.py", "from reactivex.operators import group_by", "1: group_by is not used here"),
        ("streams/a.py", "source.pipe(ops.observe_on(s))", "1: observe_on is not used here"),
        ("attic/a.py", "", "1: attic is no room; FLOORS says which there are"),
    ],
)
def test_the_checker_catches(tmp_path: Path, module: str, text: str, fault: str) -> None:
    path = tmp_path / "reactor" / module
    path.parent.mkdir(parents=True)
    path.write_text(text)
    assert faults(tmp_path / "reactor") == [f"reactor/{module}:{fault}"]


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("__main__.py", "from reactor.app.cli import main"),
        ("app/a.py", "from reactor import __version__\nfrom reactor.core import facts\nimport trio, time"),
        ("engine/a.py", "import docker\nfrom reactor.http import client\nfrom . import watch"),
        ("core/a.py", "import math, datetime\nfrom reactor.core import facts\nx = clock.now()"),
        ("streams/a.py", "import reactivex\n# no group_by here\nx = 'TimeoutScheduler'"),
    ],
)
def test_the_checker_allows(tmp_path: Path, module: str, text: str) -> None:
    path = tmp_path / "reactor" / module
    path.parent.mkdir(parents=True)
    path.write_text(text)
    assert faults(tmp_path / "reactor") == []
