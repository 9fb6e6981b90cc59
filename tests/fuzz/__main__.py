"""``python -m tests.fuzz --seed S --count N``: says how far it is, and every case that went wrong.

Exit codes: 0 nothing went wrong, 1 something did.
"""

import argparse
import os
import sys
import time
import traceback
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

from reactor.ruleset.expressions import Language
from tests.fuzz.judging import bounded, case
from tests.fuzz.making import corpus

_CHUNK = 2_000
_SAID_EVERY = 5.0


@dataclass
class Found:
    """What became of some cases: how many of each kind, the slowest, and what went wrong."""

    kinds: Counter[str] = field(default_factory=Counter)
    slowest: tuple[float, int] = (0.0, 0)
    wrong: list[str] = field(default_factory=list)


def run(seed: str, numbers: Sequence[int]) -> Found:
    """These cases, one after the other."""
    found, known, language = Found(), corpus(), Language()
    for number in numbers:
        began = time.perf_counter()
        try:
            with bounded():
                found.kinds[case(seed, number, known, language)] += 1
        except Exception:  # noqa: BLE001  # Anything that gets out is what is looked for.
            found.wrong.append(f"case {number} of seed {seed}:\n{traceback.format_exc(limit=-4)}")
        found.slowest = max(found.slowest, (time.perf_counter() - began, number))
    return found


def main() -> int:
    """All cases, spread over the processors."""
    options = _options()
    chunks = [range(begin, min(options.count, begin + _CHUNK)) for begin in range(0, options.count, _CHUNK)]
    if options.only is not None:
        chunks = [range(options.only, options.only + 1)]
    total, began, said = Found(), time.monotonic(), 0.0
    with ProcessPoolExecutor(options.jobs) as pool:
        for found in pool.map(run, [options.seed] * len(chunks), chunks):
            total.kinds += found.kinds
            total.slowest = max(total.slowest, found.slowest)
            total.wrong += found.wrong
            if time.monotonic() - said >= _SAID_EVERY:
                said = time.monotonic()
                _say(total, said - began, options.count)
    _say(total, time.monotonic() - began, options.count)
    print("\n".join(total.wrong[:20]) or "nothing went wrong")
    return 1 if total.wrong else 0


def _say(total: Found, seconds: float, count: int) -> None:
    done = sum(total.kinds.values()) + len(total.wrong)
    kinds = ", ".join(f"{number} {kind}s" for kind, number in sorted(total.kinds.items()))
    rate, (slowest, number) = done / max(seconds, 1e-9), total.slowest
    line = (
        f"fuzz: {done} of {count} in {seconds:.0f} s, {rate:.0f} a second: {kinds}; {len(total.wrong)} wrong"
    )
    print(f"{line}; slowest {slowest * 1000:.0f} ms (case {number})", file=sys.stderr, flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seed", default="1", help="any word; the same seed gives the same cases")
    parser.add_argument("--count", type=int, default=1_000_000, help="how many cases (default: a million)")
    parser.add_argument("--only", type=int, help="only the case with this number")
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="processes (default: processors)"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
