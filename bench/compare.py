"""``python -m bench.compare [OLD.json] NEW.json``: whether a ratio got worse from one run to the other.

Only ratios are held against each other: absolute figures tell more of the machine and of its other work
than of what was measured. Each ratio may be worse by a tolerance, since one run differs from the next by
chance.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.race.ratios import SHARE, Ratio, ratios
from bench.race.tables import shown
from bench.table import Row, table

NOT_WORSE, WORSE, NOT_COMPARED = 0, 1, 2
LATEST: Final = Path(__file__).resolve().parent / "results/latest.json"
TIMES, POINTS = 1.5, 0.10
"""What a ratio may be worse by, as a factor; and a share, in parts of the whole."""
FEW: Final = "p99"
"""A p99 of few attacks is their maximum: it may be worse by twice the factor."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One ratio in both runs; ``new`` is None if the later run did not measure it."""

    old: Ratio
    new: float | None
    times: float
    points: float

    @property
    def is_worse(self) -> bool:
        """By more than is tolerated. What the later run did not measure is not known to be."""
        if self.new is None:
            return False
        before, after = (self.old.value, self.new) if self.old.more else (self.new, self.old.value)
        # ``before`` is now the greater one if it got worse.
        if self.old.unit == SHARE:
            return before - after > self.points
        return before > after * self.times * (2 if FEW in self.old.name else 1)


def compare(old: dict[str, Any], new: dict[str, Any], times: float, points: float) -> list[Compared]:
    """Every ratio of the older run, held against the same of the newer one."""
    found = {ratio.name: ratio.value for ratio in ratios(new)}
    return [Compared(ratio, found.get(ratio.name), times, points) for ratio in ratios(old)]


def lines(compared: Sequence[Compared]) -> list[str]:
    """The comparison as a table, what got worse at its end."""
    ordered = sorted(compared, key=lambda one: one.is_worse)
    rows: list[Row] = [("", "before", "now", "better is", "")]
    for one in ordered:
        verdict = "WORSE" if one.is_worse else "not measured" if one.new is None else ""
        values = (shown(one.old.value, one.old.unit), shown(one.new, one.old.unit))
        rows.append((one.old.name, *values, "more" if one.old.more else "less", verdict))
    return table(rows)


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare two files."""
    said = _parser().parse_args(arguments)
    try:
        old, new = (json.loads(path.read_text()) for path in (said.old, said.new))
        compared = compare(old, new, said.times, said.points)
    except OSError as error:
        print(f"compare: {error.filename}: {error.strerror}", file=sys.stderr)
        return NOT_COMPARED
    except (ValueError, KeyError, TypeError) as error:
        print(f"compare: this is no result of the bench: {error!r}", file=sys.stderr)
        return NOT_COMPARED
    print(*lines(compared), sep="\n")
    both, worse = [one for one in compared if one.new is not None], [one for one in compared if one.is_worse]
    print(f"{len(worse)} of {len(both)} ratios worse by more than is tolerated")
    if not both:
        print("compare: the two runs have no ratio in common", file=sys.stderr)
        return NOT_COMPARED
    return WORSE if worse else NOT_WORSE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench.compare",
        description="Says which ratios got worse from one run of the bench to another.",
        epilog="exit codes: 0 none worse than tolerated, 1 some are, 2 the files could not be compared",
    )
    parser.add_argument(
        "old", type=Path, nargs="?", default=LATEST, help="the earlier run (default: the committed one)"
    )
    parser.add_argument("new", type=Path, help="the run in question")
    parser.add_argument("--times", type=float, default=TIMES, metavar="X", help=f"tolerated ({TIMES:g} x)")
    parser.add_argument(
        "--points", type=float, default=POINTS, metavar="P", help=f"tolerated of a share ({POINTS:g})"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
