"""Whether a run is so young that all it ever did is news.

Only that question is here; when a process began is read in ``cgroups``.
"""

from pathlib import Path

from reactor.cgroups.beginnings import began, now

__all__ = ("FRESH_FOR", "is_fresh", "now")

FRESH_FOR = 3.0
"""Seconds: what is older when it is armed has a history of which nobody knows when it was."""


def is_fresh(proc: Path, pid: int, since: float, at: float) -> bool:
    """Whether this process began after ``since``, and just now. What cannot be seen is not."""
    born = began(proc, pid)
    return born is not None and born >= since and 0 <= at - born <= FRESH_FOR
