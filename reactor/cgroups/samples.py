"""A reading of the kernel's, made into the sample that the engine's stats stream would have given.

Only the conversion is here: a pure function, so that one source can stand in for the other.
"""

from reactor.cgroups.parsing import UNLIMITED
from reactor.cgroups.reading import Reading
from reactor.core.facts import Sample


def sample_of(reading: Reading, host_memory: int = 0) -> Sample | None:
    """The sample that a reading holds; None if it holds no data.

    Without a process the run is over, or has not begun: what is still charged to it says nothing of it.
    Memory is the working set or unknown, because usage alone counts page cache. A limit beyond the host's
    memory is none, as the engine has it.
    """
    if reading.pids == 0 or (reading.pids is None and not reading.usage):
        return None
    return Sample(
        reading.at,
        reading.run,
        pids=reading.pids,
        pids_limit=_limit(reading.pids_limit),
        memory=reading.memory or None,
        memory_limit=_limit(reading.memory_limit, host_memory),
        cpu=reading.cpu or None,
    )


def _limit(found: int | None, host: int = 0) -> int | None:
    if found is None or not 0 < found < UNLIMITED:
        return None
    return None if 0 < host <= found else found
