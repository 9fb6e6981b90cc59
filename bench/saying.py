"""What the two contenders that are programs of the bench say on their stdout: one JSON object a line.

Only the shapes belong here. Moments are on ``bench.clock``.
"""

import sys

import msgspec


class Ready(msgspec.Struct, frozen=True, tag="ready"):
    """It watches so many containers."""

    containers: int


class Killed(msgspec.Struct, frozen=True, tag="killed"):
    """It saw a breach and called kill; ``rule`` is which limit was broken, where there are several."""

    container: str
    seen: float
    called: float
    returned: float
    rule: str = "pids"


class Looked(msgspec.Struct, frozen=True, tag="looked"):
    """One look at one container took so long."""

    took: float


class Round(msgspec.Struct, frozen=True, tag="round"):
    """One round over all containers is over, the sleep after it included."""

    began: float
    ended: float
    containers: int


class Counted(msgspec.Struct, frozen=True, tag="counted"):
    """So many readings were taken until this moment."""

    at: float
    readings: int


Said = Ready | Killed | Looked | Round | Counted


def tell(said: Said) -> None:
    """Say one thing, at once and in one piece: several threads may be saying something."""
    sys.stdout.buffer.write(msgspec.json.encode(said) + b"\n")
    sys.stdout.buffer.flush()


def understand(line: bytes) -> Said:
    """What a line says."""
    said: Said = msgspec.json.decode(line, type=Said)
    return said
