"""What is in the package: all that the program reads beside its code, and nothing that only tests need.

What the builder makes of its settings was looked at in a wheel: all that lies in the packages that are named,
but for what git is told to ignore, and what is put in by force.
"""

import ast
import re
import tomllib
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from reactor.app.places import shipped_rules
from reactor.web.files import PREFIX, page_files
from tests.test_layers import imported

ROOT = Path(__file__).parents[2]
PRODUCT = ROOT / "reactor"
PROJECT: Any = tomllib.loads((ROOT / "pyproject.toml").read_text())
WHEEL: Any = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]
IGNORED = [line.rstrip("/") for line in (ROOT / ".gitignore").read_text().split()]


def shipped() -> set[str]:
    """The files of the package as the builder takes them, by their place in it."""
    return set(_below(PRODUCT, "reactor")) | {
        name for place, into in WHEEL["force-include"].items() for name in _below(ROOT / place, into)
    }


def _below(folder: Path, into: str) -> Iterator[str]:
    for path in folder.rglob("*"):
        parts = path.relative_to(ROOT).parts
        if path.is_file() and not any(fnmatchcase(part, each) for part in parts for each in IGNORED):
            yield f"{into}/{path.relative_to(folder)}"


def test_the_page_and_the_rules_are_in_the_package() -> None:
    """And the tests, the tools and the boards are not: those are taken from a checkout."""
    found = shipped()
    assert WHEEL["packages"] == ["reactor"]
    assert set(WHEEL) == {"packages", "force-include", "shared-data"}
    assert WHEEL["shared-data"] == {"docs/reactor.1": "share/man/man1/reactor.1"}
    pages = {path.removeprefix(PREFIX) for path in page_files() if path.startswith(PREFIX)}
    assert {f"reactor/web/static/{name}" for name in pages | {"index.html"}} <= found
    assert {f"reactor/shipped/rules/{each.name}" for each in shipped_rules().glob("*.yaml")} <= found
    assert {"reactor/py.typed", "reactor/__main__.py", "reactor/lane/__main__.py"} <= found
    assert len(pages) > 10
    assert not {name for name in found if not name.startswith("reactor/") or "node_modules" in name}


def test_the_program_imports_all_that_it_says_it_needs() -> None:
    """What only tests import is an extra."""
    needed = {_plain(each) for each in PROJECT["project"]["dependencies"]}
    names = {
        name
        for path in PRODUCT.rglob("*.py")
        for _, name in imported(ast.parse(path.read_text()), path, PRODUCT)
    }
    assert {each for each in needed if not any(_is_of(each, name) for name in names)} == set()


def _is_of(package: str, name: str) -> bool:
    """Whether this import is one of the package; several of OpenTelemetry's share their first word."""
    top = name.partition(".")[0]
    if package.startswith(f"{top}-"):
        return f"{name}.".startswith(package.replace("-", ".") + ".")
    return package in map(_plain, _packages().get(top, ()))


def _plain(requirement: str) -> str:
    return re.split(r"[<>=]", requirement.lower().replace("_", "-").replace(".", "-"))[0]


@cache
def _packages() -> Mapping[str, list[str]]:
    return metadata.packages_distributions()
