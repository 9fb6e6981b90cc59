"""Who is ended last where memory is short: the monitor, after those whom it is to end.

Only our own score for the kernel's OOM killer belongs here. The fast lane inherits it, and is meant to; what
a rule has run gets the usual one again (``act/programs``).
"""

import os
from pathlib import Path

SCORE = -900
"""As if we used nine tenths of the memory less. With -1000 we would never be ended, and a monitor that leaks
must not be the last one that is left."""
OWN = Path("/proc/self/oom_score_adj")


def score_of(file: Path = OWN) -> int | None:
    """The adjustment of a process, from -1000 (never ended) to 1000; None where it cannot be known."""
    try:
        return int(file.read_text())
    except (OSError, ValueError):
        return None


def outlive_others(file: Path = OWN) -> bool:
    """Lower our score, and that of all that we start from now on; whether it is a low one then.

    Whoever started us with a low one knows which he wants.
    """
    before = score_of(file)
    if before is None or before < 0:
        return before is not None
    return _set(file, SCORE)


def may_outlive_others(file: Path = OWN) -> bool:
    """Whether we may lower our score: it is tried by as little as there is, and taken back."""
    before = score_of(file)
    if before is None or not _set(file, max(before - 1, -1000)):
        return False
    return _set(file, before)


def _set(file: Path, score: int) -> bool:
    try:
        # Written as it is: a file of the kernel's is never made anew.
        descriptor = os.open(file, os.O_WRONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        os.write(descriptor, str(score).encode())
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True
