"""Who holds a container: the owner label's value, read as a lease where it is one.

Only the reading of the text belongs here. Whether the holder is still there is found out in the
``owners`` room, and what follows from it is in ``leases``.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from reactor.core.container import ContainerId

LONGEST = 512
"""Characters of a label that can name a lease; what is longer is only a name."""
LEASE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_PROCESS = re.compile(r"([1-9][0-9]{0,9})@([0-9]{1,20})@([0-9a-f-]{1,64})")
_FULL_ID = re.compile(r"[0-9a-f]{64}")


class Kind(StrEnum):
    """How an owner can be found to be there or gone. What is no lease is a ``NAME``, for accounts only."""

    NAME = "name"
    PROCESS = "process"
    CONTAINER = "container"
    LEASE = "lease"
    FILE = "file"


class Presence(StrEnum):
    """What is known of an owner. Only ``GONE`` was proved; ``UNKNOWN`` never leads to anything."""

    ALIVE = "alive"
    GONE = "gone"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Owner:
    """One owner. ``text`` is the label's value, ``flaw`` why it cannot be read as the lease that it names.

    ``of`` is what follows the kind. A process is ``pid`` with its ``start``, in ticks after the ``boot`` as
    the kernel's ``stat`` has it, so that neither a number used again nor another boot is taken for it.
    """

    kind: Kind
    text: str
    of: str
    flaw: str = ""
    pid: int = 0
    start: int = 0
    boot: str = ""

    @property
    def container(self) -> ContainerId:
        """The id of an owner that is a container."""
        return ContainerId(self.of)


def read_owner(text: str) -> Owner:
    """The owner that a label's value names."""
    word, colon, rest = text.partition(":")
    kinds = {each.value: each for each in Kind if each is not Kind.NAME}
    if not colon or word not in kinds or len(text) > LONGEST:
        return Owner(Kind.NAME, text, text)
    kind = kinds[word]
    if kind is Kind.PROCESS:
        return _process(text, rest)
    return Owner(kind, text, rest, _flaw(kind, rest))


def _process(text: str, rest: str) -> Owner:
    found = _PROCESS.fullmatch(rest)
    if found is None:
        return Owner(Kind.PROCESS, text, rest, "a process is written process:PID@START@BOOTID")
    return Owner(Kind.PROCESS, text, rest, pid=int(found[1]), start=int(found[2]), boot=found[3])


def _flaw(kind: Kind, rest: str) -> str:
    if kind is Kind.CONTAINER and not _FULL_ID.fullmatch(rest):
        return "a container is named by its full id, 64 hex digits"
    if kind is Kind.LEASE and not LEASE_NAME.fullmatch(rest):
        return "a lease has a name of letters, digits, '.', '_' and '-', at most 128"
    parts = rest.split("/")
    if kind is Kind.FILE and (rest.startswith("/") or "\0" in rest or not {"", ".", ".."}.isdisjoint(parts)):
        return "a file is named by its path below the configured folder"
    return ""
