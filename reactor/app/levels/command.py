"""``reactor config``: every setting that would be in force, and where it comes from. Only showing is here.

What is shown is what ``run`` begins with, merged by the same code; a secret is never shown.
"""

import argparse
import json
import os
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from reactor.app.complaint import OK
from reactor.app.engines import Muster, mustered
from reactor.app.invocation import effective
from reactor.app.levels.engines import said_of_engines
from reactor.app.levels.given import Origin
from reactor.app.levels.leaves import leaves
from reactor.app.levels.merging import Merged, merged
from reactor.app.levels.outside import outside
from reactor.app.levels.saying import said
from reactor.app.levels.strangers import unknown
from reactor.app.places import default_control, default_journal
from reactor.core.language.printing import tame

_LONGEST = 200
_PASSWORD = re.compile(r"(://[^/@\s:]*):\S*@")


@dataclass(frozen=True, slots=True)
class Row:
    """One setting: ``value`` in the words of the file, or ``usual``, in words, where nobody says anything."""

    name: str
    value: Any
    origin: Origin
    variable: str = ""
    usual: str = ""

    @property
    def shown(self) -> str:
        """The value for people."""
        if self.value in (None, []):
            return self.usual or "(none)"
        text = self.value if isinstance(self.value, str) else json.dumps(self.value, ensure_ascii=False)
        return tame(_PASSWORD.sub(r"\1:***@", text), _LONGEST)


def config(options: argparse.Namespace) -> int:
    """Carry out ``reactor config``."""
    levels = merged(options, os.environ)
    muster = mustered(options, os.environ, levels)
    found = [*rows(options, levels, muster)]
    strangers = [*muster.warnings, *unknown(os.environ)]
    if options.json:
        json.dump(document(found, strangers), sys.stdout, indent=2)
        print()
        return OK
    print("\n".join(page(found)))
    for sentence in strangers:
        print(f"reactor: {sentence}", file=sys.stderr)
    return OK


def rows(options: argparse.Namespace, found: Merged, muster: Muster) -> Iterator[Row]:
    """All settings, those first that no file has."""
    for name, given in outside(options, os.environ).items():
        usual = "(the shipped rules)" if name == "rules" else ""
        yield Row(name, _plain(given.value), given.origin, f"REACTOR_{name.upper()}", usual)
    for engine, said_of_it, origin in said_of_engines(muster, found):
        yield Row(engine, said_of_it, origin, "DOCKER_HOST" if engine == "engine" else "")
    usually = {
        "journal.path": str(default_journal("ENGINE-ID")),
        "control": str(default_control("ENGINE-ID")),
    }
    for leaf in leaves():
        # Where it listens is known also if nobody says it; where the journal is depends on the engine.
        value = effective(found).listen if leaf.place == ("listen",) else said(found.written, leaf)
        usual = usually.get(leaf.name, "") if value is None else ""
        yield Row(leaf.name, value, found.origin(leaf.place), leaf.variable, usual)


def _plain(value: Any) -> Any:
    """Paths as texts."""
    if isinstance(value, list):
        return [str(each) for each in value]
    return None if value is None else str(value)


def document(found: Iterable[Row], strangers: Iterable[str]) -> dict[str, Any]:
    """What a machine may read; keys are only ever added."""
    settings = [
        {
            "name": each.name,
            "value": _PASSWORD.sub(r"\1:***@", each.value) if isinstance(each.value, str) else each.value,
            "from": each.origin.level.value,
            "by": each.origin.name,
            "variable": each.variable,
        }
        for each in found
    ]
    return {"settings": settings, "warnings": [*strangers]}


def page(found: Iterable[Row]) -> Iterator[str]:
    """One line for each: name, value, origin."""
    lines = [(each.name, each.shown, tame(str(each.origin), _LONGEST)) for each in found]
    first = max(len(name) for name, _, _ in lines)
    second = min(max(len(value) for _, value, _ in lines), 40)
    for name, value, origin in lines:
        yield f"{name:<{first}}  {value:<{second}}  {origin}"
