"""Functions over time as functions of a view: which window each needs, and what is read from it.

Only the joining belongs here: what a window is and how it is read is in ``windows``.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from reactor.core.language import windows
from reactor.core.language.tree import Call, Literal, Name
from reactor.core.language.values import Value
from reactor.core.language.windows import Track, Window
from reactor.core.rules import View

USUAL_WINDOW = 10.0
"""The seconds over which ``time_to`` looks back when none are said."""


def window_of(call: Call) -> Window | None:
    """What must be kept for a call; None where that is nothing."""
    match call:
        case Call(name="time_to", arguments=(Name(name=name), _)):
            return Window(name, USUAL_WINDOW)
        case Call(arguments=(Name(name=name), *_, Literal(value=seconds))) if call.name != "size":
            return Window(name, float(seconds))
        case _:
            return None


def over_time(name: str, window: Window) -> Value:
    """What a function says of a window; unknown where too little is kept of it."""
    read = _OVER_TIME[name]
    return lambda view: read(view.tracks.get(window), view.at)


def time_to(window: Window, get: Value, goal: Value) -> Value:
    """How long until one value is at the other, as the first of them went during the window."""

    def seconds(view: View) -> float | None:
        value, end = get(view), goal(view)
        if value is None or end is None:
            return None
        try:
            return windows.time_to(view.tracks.get(window), view.at, value, end)
        except ArithmeticError:
            return None  # An engine may send a number with a thousand digits.

    return seconds


_OVER_TIME: Mapping[str, Callable[[Track | None, float], float | None]] = MappingProxyType(
    {
        "avg": windows.average,
        "changes": windows.rises,
        "max": windows.largest,
        "min": windows.smallest,
        "rate": windows.slope,
    }
)
