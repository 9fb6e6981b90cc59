"""For how long the loop is held up by what the page asks about a crowd: cut into slices, and in one go.

``python -m tests.page.holds`` measures it for whoever wants to know, with ten thousand containers; both in
the same run, since a machine is never as quiet as it was.
"""

import gc
import math
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial
from time import thread_time
from types import MappingProxyType, SimpleNamespace
from typing import Any

import trio

from reactor.app.page.desk import Desk
from reactor.app.page.slices import SLICE, Turns
from reactor.web.queries import Wanted
from tests.page.test_rows import SETUP, entry, state

LINES = 30


class Holds(trio.abc.Instrument):
    """The longest turn of any task, in seconds of the processor: who else uses the machine is not in it."""

    def __init__(self) -> None:
        self.most, self._began = 0.0, thread_time()

    def before_task_step(self, _: trio.lowlevel.Task) -> None:
        """It begins."""
        self._began = thread_time()

    def after_task_step(self, _: trio.lowlevel.Task) -> None:
        """It is over."""
        self.most = max(self.most, thread_time() - self._began)


QUESTIONS: Mapping[str, Callable[[Desk], Awaitable[object]]] = MappingProxyType(
    {
        "all of them": lambda desk: desk.overviews.latest(),
        "100 rows": lambda desk: desk.containers(Wanted()),
        "500 rows with their lines": lambda desk: desk.containers(Wanted(limit=500, history=True)),
        "the same once more": lambda desk: desk.containers(Wanted(limit=500, history=True)),
        "sorted by memory": lambda desk: desk.containers(Wanted(sort="memory")),
        "sorted by name": lambda desk: desk.containers(Wanted(sort="name", reverse=True)),
        "searched and sorted": lambda desk: desk.containers(Wanted(text="c7", sort="pids")),
        "of a status": lambda desk: desk.containers(Wanted(status=frozenset({"ok"}), limit=500)),
        "a viewer's first look": lambda desk: desk.watch(Wanted(limit=500)).news(),
        "the rules": lambda desk: desk.rules(),
    }
)


async def holds(many: int, length: float) -> dict[str, float]:
    """The longest hold of each question about so many, in seconds, with slices of this length."""
    desk, meter, found = await _desk(many, length), Holds(), {}
    trio.lowlevel.add_instrument(meter)
    for name, ask in QUESTIONS.items():
        await trio.lowlevel.checkpoint()
        meter.most = 0.0
        await ask(desk)
        await trio.lowlevel.checkpoint()
        found[name] = meter.most
    trio.lowlevel.remove_instrument(meter)
    return found


async def _desk(many: int, length: float) -> Desk:
    now, boxes = trio.current_time(), []
    for number in range(1, many + 1):
        one = entry(number, pids=number * 7919 % 180, memory=number * 104_729 % 790)
        boxes.append(replace(one, sample=replace(one.sample, at=now)) if one.sample else one)
    crowd = state(*boxes)
    sources: Any = SimpleNamespace(setup=lambda: SETUP, state=lambda: crowd)
    numbers: Any = SimpleNamespace(sources=sources)
    desk = Desk("engine", numbers, [], lambda: 5.0, Turns(length, 0.0))
    desk.status = dict  # type: ignore[method-assign]  # There is no monitor to ask how it is.
    for _ in range(LINES):
        await desk.lines.keep()
    return desk


def main() -> None:
    """Measure, and print it."""
    many = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    # A monitor keeps collections short by setting aside what it knows: so does this.
    gc.collect()
    gc.disable()
    whole, cut = (trio.run(partial(holds, many, length)) for length in (math.inf, SLICE))
    print(f"{'longest hold, ms of the processor':34}{'in one go':>12}{'in slices':>12}{'of it':>8}")
    for name in QUESTIONS:
        share = cut[name] / whole[name]
        print(f"{name:34}{whole[name] * 1e3:12.2f}{cut[name] * 1e3:12.2f}{share:8.0%}")


if __name__ == "__main__":
    main()
