"""The values in force in the words of the configuration file: what is shown could be written there again.

What may be a secret has no words: of webhooks and programs only the names are shown.
"""

from pathlib import Path
from typing import Any

from pydantic import BaseModel

from reactor.app.configtext import ConfigurationText
from reactor.app.levels.leaves import Leaf
from reactor.core.budgets import Budget
from reactor.core.language.units import say_duration
from reactor.web.listen import Listen

_HIDDEN = "(not shown)"


def said(written: ConfigurationText, leaf: Leaf) -> Any:
    """One value: a text, true or false, a list of these, or None for none."""
    value: Any = written
    for key in leaf.place:
        value = getattr(value, key)
        if value is None:
            return None
    if leaf.maps:
        return [_entry(each) for each in value]
    if leaf.many:
        return [str(each) for each in value]
    return _value(leaf.place[-1], value)


def _entry(entry: BaseModel) -> Any:
    # Whatever has a name is shown by it alone: its address or its arguments may hold a secret.
    name = getattr(entry, "name", "")
    is_call = bool({"url", "run", "host"} & type(entry).model_fields.keys())
    return name if is_call else entry.model_dump(exclude_defaults=True)


def _value(key: str, value: Any) -> Any:
    if isinstance(value, bool):
        return _auto(key, on=value)
    if isinstance(value, bytes):
        return _HIDDEN if value else None
    if isinstance(value, float):
        return f"{round(value * 100)}%" if key == "share" else _exact(value)
    if isinstance(value, Budget):
        return f"{value.most} per {_exact(value.per)}"
    if isinstance(value, int):
        return _amount(value) if key == "size" else str(value)
    return str(value) or None if isinstance(value, (str, Path, Listen)) else _HIDDEN


def _auto(key: str, *, on: bool) -> Any:
    if key == "containment":
        return "auto" if on else "off"
    return on


def _exact(seconds: float) -> str:
    """A duration with all its units."""
    return say_duration(seconds, finer=9).replace(" ", "")


def _amount(amount: int) -> str:
    """Bytes in the largest unit that leaves nothing over."""
    units = ("B", "KiB", "MiB", "GiB", "TiB")
    power = max(each for each in range(len(units)) if amount % 1024**each == 0)
    return f"{amount // 1024**power}{units[power]}"
