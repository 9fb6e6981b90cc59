"""The latest readings of a run, as small as they can be kept: there are thirty of each of ten thousand runs.

As records they would take seven kilobytes a run, packed they take one and a half, and are as quick to make.
Only packing and unpacking belongs here.
"""

from struct import Struct
from typing import Final

from reactor.core.container import Run
from reactor.core.facts import Sample

KEPT: Final = 30
"""How many readings of a run are kept for the record of what was decided about it."""
_READING: Final = Struct("<d4qd")
_UNKNOWN: Final = -1
_BEYOND: Final = 2**63
"""No reading is as large as this; what is, is a mistake of whoever sent it, and as good as unknown."""


def longer(recent: bytes, sample: Sample) -> bytes:
    """With this reading as the last one."""
    cpu = float(_UNKNOWN) if sample.cpu is None else sample.cpu
    numbers = (sample.pids, sample.pids_limit, sample.memory, sample.memory_limit)
    packed = _READING.pack(sample.at, *map(_number, numbers), cpu)
    return recent[(1 - KEPT) * _READING.size :] + packed


def unpacked(recent: bytes, run: Run) -> tuple[Sample, ...]:
    """The readings, the oldest first."""
    return tuple(_sample(run, *reading) for reading in _READING.iter_unpack(recent))


def _sample(
    run: Run, at: float, pids: int, pids_limit: int, memory: int, memory_limit: int, cpu: float
) -> Sample:
    numbers = _known(pids), _known(pids_limit), _known(memory), _known(memory_limit)
    return Sample(at, run, *numbers, None if cpu < 0 else cpu)


def _number(value: int | None) -> int:
    return value if value is not None and 0 <= value < _BEYOND else _UNKNOWN


def _known(value: int) -> int | None:
    return None if value == _UNKNOWN else value
