"""Usage and working set of one moment, out of files that are read one after the other.

Only the reading in turns is here; what the numbers come to is in ``parsing``, and when it is worth the cost
is for whoever reads.
"""

from collections.abc import Callable
from time import perf_counter
from typing import Final

from reactor.cgroups.descriptors import Drawer
from reactor.cgroups.files import What
from reactor.cgroups.parsing import number, working_set

ONE_MOMENT: Final = 0.001
"""Seconds. On a quiet machine four reads took 20 microseconds at the median, and 160 at most of 20,000 times.

Who takes longer was kept waiting, or has a kernel that takes long to add up: that costs the four reads again.
"""

Clock = Callable[[], float]


def memory_now(drawer: Drawer, clock: Clock = perf_counter) -> tuple[int | None, int | None]:
    """Usage and working set in bytes, None for what is unknown. Raises CgroupGone.

    On a busy host a reader can be kept waiting between any two reads, and a container whose page cache comes
    and goes may show its fullest moment for usage and its emptiest for cache, and that twice (seen: 22 MiB
    in use where it was about 4, and this most likely why). So what took long is read once more, and the
    smaller one counts: memory that is in use is so in both.
    """
    usage, memory, took = _in_turns(drawer, clock)
    if took > ONE_MOMENT:
        usage, other, _ = _in_turns(drawer, clock)
        memory = min((each for each in (memory, other) if each is not None), default=None)
    return usage, memory


def _in_turns(drawer: Drawer, clock: Clock) -> tuple[int | None, int | None, float]:
    """Usage, working set, and how many seconds it took to read them."""
    began = clock()
    usage, stat = number(drawer.read(What.MEMORY)), drawer.read(What.MEMORY_STAT)
    after, again = number(drawer.read(What.MEMORY)), drawer.read(What.MEMORY_STAT)
    return usage, working_set(usage, stat, after, again), clock() - began
