"""Values that are amounts: memory, processors, processes, times, counts. Compose's own spelling counts.

There is no way to write "without a limit": nothing is made without one.
"""

import math
import re
from typing import Any

from pydantic import ValidationInfo

from reactor.ruleset.actions import LEAST_MEMORY, LONGEST_GRACE
from reactor.ruleset.values import checked_duration, checked_text, key_of, wrong

_MEMORY = re.compile(r"([0-9]{1,18}(?:\.[0-9]{1,9})?) ?(?:b|([kmgt])i?b?)?", re.IGNORECASE)
_SIZES = {"k": 1024, "m": 1024**2, "g": 1024**3, "t": 1024**4}
_MOST = 1 << 50
_MOST_PIDS = 4_194_304
_MOST_CORES = 100_000
_LEAST_CORES = 0.01
_MOST_TRIES = 10_000
_LONGEST_WAIT = 86_400.0
_UNLIMITED = "nothing is made without a limit: write a number, or leave the key out for the usual one"


def memory(value: Any, info: ValidationInfo) -> int:
    """Bytes, as Compose counts them: ``512m`` is 512 MiB."""
    key = key_of(info)
    found = checked_text(value, key)
    if found in {"0", "-1"}:
        raise wrong(_UNLIMITED)
    match = _MEMORY.fullmatch(found)
    if not match:
        raise wrong(f"'{key}' is an amount of memory, such as 512m or 8g")
    amount = int(float(match[1]) * _SIZES.get((match[2] or "").lower(), 1))
    if not LEAST_MEMORY <= amount <= _MOST:
        raise wrong(f"'{key}' is at least 6m: engines take no less" if amount < LEAST_MEMORY else
                    f"'{key}' is more than any machine has")  # fmt: skip
    return amount


def pids(value: Any, info: ValidationInfo) -> int:
    """How many processes and threads there may be."""
    found = checked_text(value, key_of(info))
    if found in {"0", "-1"}:
        raise wrong(_UNLIMITED)
    if found.isascii() and found.isdigit() and len(found) < 8 and 1 <= int(found) <= _MOST_PIDS:
        return int(found)
    raise wrong(f"'{key_of(info)}' is a whole number, such as 100")


def cpus(value: Any) -> float:
    """Cores."""
    found = checked_text(value, "cpus")
    try:
        cores = float(found) if found.isascii() else math.nan
    except ValueError:
        cores = math.nan
    if cores == 0:
        raise wrong(_UNLIMITED)
    if not _LEAST_CORES <= cores <= _MOST_CORES:
        raise wrong("'cpus' is a number of cores, such as 2 or 0.5")
    return cores


def interval(value: Any, info: ValidationInfo) -> float:
    """Seconds between two checks, or for one: never none, which engines take for "as usual"."""
    seconds = wait(value, info)
    if seconds < 0.001:
        raise wrong(f"'{key_of(info)}' is longer than 0s: write such as 5s")
    return seconds


def wait(value: Any, info: ValidationInfo) -> float:
    """Seconds, a day of them at most."""
    seconds = checked_duration(value, key_of(info))
    if seconds > _LONGEST_WAIT:
        raise wrong(f"'{key_of(info)}' is at most 24h")
    return seconds


def grace(value: Any, info: ValidationInfo) -> float:
    """How long it may take to end by itself."""
    seconds = checked_duration(value, key_of(info))
    if seconds > LONGEST_GRACE:
        raise wrong(f"'{key_of(info)}' is at most 10m")
    return seconds


def tries(value: Any, info: ValidationInfo) -> int:
    """How many checks have to fail in a row."""
    found = checked_text(value, key_of(info))
    if found.isascii() and found.isdigit() and len(found) < 6 and 1 <= int(found) <= _MOST_TRIES:
        return int(found)
    raise wrong(f"'{key_of(info)}' is a whole number from 1 to {_MOST_TRIES}")
