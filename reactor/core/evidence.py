"""What is kept of a container from around its end: its processes and its last words.

Only the records are here. Who gathers them is in ``observe``, when is in ``act``.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Process:
    """One process of a container, as the kernel shows it; both texts are the container's own words."""

    pid: int
    name: str
    command: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was found, and what was not.

    ``began`` is on our monotonic clock, ``took`` in seconds. ``processes`` and ``log`` are None where they
    were not looked for or could not be had; ``unseen`` and ``unheard`` say why they could not. ``more`` tells
    that there were more processes than are kept. ``log`` are the last lines of the output.
    """

    began: float
    took: float = 0.0
    processes: tuple[Process, ...] | None = None
    more: bool = False
    log: str | None = None
    unseen: str = ""
    unheard: str = ""


@dataclass(frozen=True, slots=True)
class EvidenceTerms:
    """How much evidence is gathered: seconds for it, lines and bytes of output, processes; 0 is none."""

    budget: float = 0.3
    log_lines: int = 20
    log_bytes: int = 16_384
    processes: int = 50
