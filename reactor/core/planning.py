"""From what a task is to have and what it has to what is done next: the same from whatever half state.

It is a pure function, asked anew whenever something changed: nothing in it depends on how the state came
about, so that a monitor that was killed at any moment goes on from what it finds. How a step is done is the
business of others.
"""

from collections.abc import Callable

from reactor.core.providing import provide
from reactor.core.provision_steps import Picture, Release, Table
from reactor.core.provisions import Memory, Task, Wanted
from reactor.core.recipes import Template
from reactor.core.state import Setup
from reactor.core.taking_down import take_down

_SHOWN = 5
"""How many are named of those of whom nothing is known for certain."""


def plan(
    setup: Setup,
    wanted: Wanted,
    task: Task,
    memory: Memory,
    digest_of: Callable[[Template], str],
    at: float,
) -> Picture:
    """What is to be done for this task now. ``digest_of`` is the digest that one made now would have."""
    table = Table(setup, wanted, task, memory, digest_of, at)
    sidecars = provide(table) if task.needed else take_down(table)
    steps, due = table.steps, min(table.due, default=None)
    if task.unsure:
        # What is not certain is not "not there"; and yet nobody stays paused for it.
        steps = [step for step in steps if isinstance(step, Release)]
    return Picture(task.name, sidecars, tuple(steps), due, _trouble(task))


def _trouble(task: Task) -> str:
    if not task.unsure:
        return ""
    names = ", ".join(each[:12] for each in task.unsure[:_SHOWN])
    more = f" and {len(task.unsure) - _SHOWN} more" if len(task.unsure) > _SHOWN else ""
    return f"nothing is made, ended or removed while it is not known how these are: {names}{more}"
