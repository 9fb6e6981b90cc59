"""How reloading the rules went so far: a record for those who count and show it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reloads:
    """How often the rules were read again, and the mistakes of the last time, if it failed.

    ``at`` is when those in force were put in force, on our monotonic clock; None if nobody said.
    """

    succeeded: int = 0
    failed: int = 0
    errors: tuple[str, ...] = ()
    at: float | None = None
