"""`python -m tools.vm_pace`: how much longer than usual to wait on this machine, measured and printed.

An emulated processor is slower than others, so it is measured by how much, by its own clock. Half of what is
measured is computing, half is starting programs, which may be worse by another factor: the larger one counts.
"""

import subprocess
import sys
import time
from typing import Final

_LOOPS: Final = 400_000
_PROGRAMS: Final = 20
# Seconds that both take on an ordinary machine with nothing else to do.
_USUAL: Final = (0.018, 0.030)
_LEAST: Final = 3.0
_MOST: Final = 12.0


def factor(computing: float, starting: float) -> float:
    """The factor for deadlines, from the seconds that the two took."""
    slower = max(computing / _USUAL[0], starting / _USUAL[1])
    return round(min(max(slower, _LEAST), _MOST), 1)


def _computing() -> float:
    began, total = time.perf_counter(), 0
    for number in range(_LOOPS):
        total += number & 7
    return time.perf_counter() - began


def _starting() -> float:
    began = time.perf_counter()
    for _ in range(_PROGRAMS):
        subprocess.run(("true",), check=True)
    return time.perf_counter() - began


if __name__ == "__main__":
    found = factor(_computing(), _starting())
    print(f"reactor-v2: deadlines are {found:g} times as long", file=sys.stderr)
    print(f"{found:g}")
