"""Numbers out of what the kernel writes in the files of a cgroup.

What is not as the kernel writes it is unknown (None), never zero. No file is opened here.
"""

UNLIMITED = 2**63
"""A limit that is known, and is none. None stands for a limit that is not known."""
_PAGES = 1024 * 1024
"""Version 1 writes "no limit" as the largest number of whole pages, whatever the size of a page."""


def number(data: bytes | None) -> int | None:
    """One number on a line of its own; what could not be read stays unknown."""
    if data is None:
        return None
    text = data.rstrip(b"\n")
    return int(text) if text.isdigit() else None


def limit(data: bytes) -> int | None:
    """A limit: ``UNLIMITED`` for "max" and for the number that stands for it on version 1."""
    if data.rstrip(b"\n") == b"max":
        return UNLIMITED
    found = number(data)
    return UNLIMITED if found is not None and found >= UNLIMITED - _PAGES else found


def keyed(data: bytes, key: bytes) -> int | None:
    """The number behind a key, in a file with one of each on a line."""
    start = 0 if data.startswith(key + b" ") else data.find(b"\n" + key + b" ") + 1
    if start == 0 and not data.startswith(key + b" "):
        return None
    end = data.find(b"\n", start)
    # A line without its end was cut off, and so may be its number.
    return number(data[start + len(key) + 1 : end]) if end > 0 else None


def cpu_nanoseconds(data: bytes, version: int) -> int | None:
    """Processor time used so far."""
    if version == 1:
        return number(data)
    found = keyed(data, b"usage_usec")
    return None if found is None else found * 1000


def working_set(before: int | None, stat: bytes | None, after: int | None, again: bytes | None) -> int | None:
    """Memory as ``docker stats`` shows it: without the page cache that nobody has used lately.

    ``before`` and ``after`` are its usage, in bytes, and ``stat`` and ``again`` its details, read in turns.
    Four reads are four moments: cache that came in between, or was dropped, would look like memory in use
    (measured: up to all of a limit, for a container that only reads files). So the smaller usage counts, and
    the larger cache: it may have been dropped and be back between two reads. What cannot be of one moment,
    more cache than usage, is unknown; the next look tells.

    Version 1 tells it for the whole subtree as ``total_inactive_file``. Unlike an engine's frame, a file that
    cannot be read, or has neither line, leaves it unknown: usage alone counts page cache as if it were used.
    """
    if before is None or after is None or stat is None or again is None:
        return None
    first, second, usage = _cache(stat), _cache(again), min(before, after)
    if first is None or second is None:
        return None
    cache = max(first, second)
    return usage - cache if cache <= usage else None


def _cache(stat: bytes) -> int | None:
    return next((each for key in _INACTIVE if (each := keyed(stat, key)) is not None), None)


_INACTIVE = (b"total_inactive_file", b"inactive_file")
