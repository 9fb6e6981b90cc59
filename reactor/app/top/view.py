"""What somebody at a terminal wants to see, and how keys change that. No terminal is known here."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

MOST = 200
LONGEST = 60
SORTS: Mapping[str, str] = MappingProxyType(
    {"d": "distance", "n": "name", "p": "pids", "m": "memory", "c": "cpu", "a": "age", "s": "status"}
)
"""The sort that each key stands for."""
_FALLING = frozenset({"pids", "memory", "cpu", "age"})
_STEPS: Mapping[str, int] = MappingProxyType({"j": 1, "down": 1, "k": -1, "up": -1, " ": 10, "b": -10})


@dataclass(frozen=True, slots=True)
class View:
    """``typing`` tells that a filter is being typed; ``first`` is the first row that is shown."""

    sort: str = "distance"
    text: str = ""
    typing: bool = False
    first: int = 0

    @property
    def query(self) -> Mapping[str, str]:
        """The view as the API takes it."""
        return {"sort": self.sort, "q": self.text, "limit": str(MOST), "history": "yes"}


def pressed(view: View, key: str, rows: int = MOST) -> View | None:
    """The view after a key, of so many rows; None for the end."""
    if view.typing:
        return _typed(view, key)
    if key in {"q", "escape", "ctrl-c"}:
        return None if key != "escape" or not view.text else replace(view, text="", first=0)
    if key in SORTS:
        return replace(view, sort=_sorted(view.sort, SORTS[key]), first=0)
    if key == "/":
        return replace(view, typing=True)
    if key in _STEPS:
        return replace(view, first=max(0, min(rows - 1, view.first + _STEPS[key])))
    return view


def _sorted(now: str, wanted: str) -> str:
    """The same key once more turns the order round."""
    usual = f"-{wanted}" if wanted in _FALLING else wanted
    if now != usual:
        return usual
    return usual.removeprefix("-") if usual.startswith("-") else f"-{wanted}"


def _typed(view: View, key: str) -> View | None:
    match key:
        case "ctrl-c":
            return None
        case "escape":
            return replace(view, text="", typing=False, first=0)
        case "enter":
            return replace(view, typing=False)
        case "backspace":
            return replace(view, text=view.text[:-1], first=0)
        case _ if len(key) == 1 and key.isprintable() and len(view.text) < LONGEST:
            return replace(view, text=view.text + key, first=0)
    return view
