"""The single values of the configuration file, each with its variable and, where it has one, its flag.

This is the one table of what flags and environment can say. It is made from the shape of the file, so that
a key which is added there has its variable at once. Lists of maps (scope, webhooks, engines) are for the file
alone.
"""

import argparse
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType, UnionType
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from reactor.app.configtext import ConfigurationText

Place = tuple[str, ...]
"""The keys that lead to a value."""

Flag = tuple[str, Callable[[argparse.Namespace], Any]]
"""As it is written, and what it says in the words of the file; None if it was not given."""


def _text(dest: str) -> Callable[[argparse.Namespace], Any]:
    def said(options: argparse.Namespace) -> str | None:
        found = getattr(options, dest, None)
        return str(found) if found else None

    return said


def _switch(dest: str) -> Callable[[argparse.Namespace], Any]:
    # A switch that was not given says nothing: it does not say no.
    return lambda options: getattr(options, dest, False) or None


def _web_file(options: argparse.Namespace) -> str | None:
    found: Path | None = getattr(options, "web_config_file", None)
    return str(found.absolute()) if found is not None else None


def _commas(options: argparse.Namespace) -> list[str] | None:
    found = getattr(options, "metrics_labels", None)
    return found.split(",") if found else None


def _pace(part: int) -> Callable[[argparse.Namespace], Any]:
    def said(options: argparse.Namespace) -> str | None:
        pace = getattr(options, "canary", None)
        return f"{pace[part]:.6f}s" if pace else None

    return said


FLAGS: Mapping[Place, Flag] = MappingProxyType(
    {
        ("listen",): ("--listen", _text("listen")),
        ("dry_run",): ("--dry-run", _switch("dry_run")),
        ("profile",): ("--profile", _text("profile")),
        ("control",): ("--control", _text("control")),
        ("journal", "path"): ("--journal", _text("journal")),
        ("record", "folder"): ("--record", _text("record")),
        ("metrics_labels",): ("--metrics-labels", _commas),
        ("web", "config_file"): ("--web.config.file", _web_file),
        ("web", "orders"): ("--web.enable-orders", _switch("web_orders")),
        ("canary", "every"): ("--canary", _pace(0)),
        ("canary", "within"): ("--canary", _pace(1)),
        ("canary", "image"): ("--canary-image", _text("canary_image")),
    }
)
_VARIABLES: Mapping[Place, str] = MappingProxyType(
    {
        ("journal", "path"): "REACTOR_JOURNAL",
        ("record", "folder"): "REACTOR_RECORD",
        ("web", "orders"): "REACTOR_WEB_ENABLE_ORDERS",
    }
)
"""Those that are called as the flag is, and not as the key."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """One value of the file. ``many``: a list of texts; ``maps``: a list of maps, for the file alone."""

    place: Place
    many: bool = False
    maps: bool = False

    @property
    def name(self) -> str:
        """As people call it."""
        return ".".join(self.place)

    @property
    def variable(self) -> str:
        """Its variable; empty if there is none."""
        return "" if self.maps else _VARIABLES.get(self.place) or f"REACTOR_{'_'.join(self.place).upper()}"


@cache
def leaves() -> tuple[Leaf, ...]:
    """All of them, in the order of the file's shape."""
    return tuple(_below(ConfigurationText, ()))


def _below(model: type[BaseModel], place: Place) -> Iterator[Leaf]:
    for key, field in model.model_fields.items():
        kinds = get_args(field.annotation) if _is_union(field.annotation) else (field.annotation,)
        inner = next((each for each in kinds if _is_map(each)), None)
        if inner is not None:
            yield from _below(inner, (*place, key))
            continue
        held = get_args(field.annotation) if get_origin(field.annotation) in (list, tuple) else ()
        maps = any(_is_map(each) for each in held)
        yield Leaf((*place, key), many=bool(held) and not maps, maps=maps)


def _is_union(annotation: Any) -> bool:
    return isinstance(annotation, UnionType)


def _is_map(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)
