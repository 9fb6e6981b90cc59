"""How many descriptors the process may have, and how many of them one of several engines takes at most.

An engine with thousands of containers, or one that says so, would otherwise take those that a kill on another
one needs for its connection.
"""

import resource

STREAMS = 2
"""One in so many of all is for streams, of all engines together."""


def make_room() -> None:
    """Take as many as we may. A usual limit of 1024 is for programs that wait for each of them in turn."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def streams_of_each(engines: int) -> int | None:
    """How many streams one of so many engines has at most; None for as many as it likes."""
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return None if soft == resource.RLIM_INFINITY else soft // STREAMS // engines
