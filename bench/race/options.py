"""The command line: how large a run is, and what is made of it."""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.race.names import EVERYBODY, FAST, LOOP, NORMAL, STREAMS, THREADS

Mix = Mapping[str, tuple[int, int, int, int, int]]
"""Attacks in one turn: serial, tree, hog, ramp, transient; half of each at the container's start."""


@dataclass(frozen=True, slots=True)
class Options:
    """``sizes`` are numbers of idle containers, ``attacked`` the one at which there are attacks, ``rounds``
    how many turns everybody has there; ``seconds`` is how long each window is. After so many ``minutes`` no
    more turns are begun; ``parts`` are measured after that, ``small`` ones to try it. If not ``contained``,
    reactor has the engine alone end what it ends."""

    sizes: tuple[int, ...]
    attacked: int
    rounds: int
    mix: Mix
    seconds: float
    bare: int
    entrants: tuple[str, ...] = EVERYBODY
    json: Path | None = None
    plots: Path | None = None
    keep: Path | None = None
    beside: tuple[Path, ...] = ()
    write_docs: bool = False
    again: Path | None = None
    seed: int | None = None
    minutes: float | None = None
    parts: bool = True
    small: bool = False
    contained: bool = True


MIX: Final[Mix] = {
    THREADS: (4, 4, 4, 2, 4),
    STREAMS: (4, 4, 4, 2, 4),
    NORMAL: (10, 8, 12, 4, 8),
    FAST: (10, 8, 12, 4, 8),
    LOOP: (2, 1, 1, 1, 1),
}
QUICK_MIX: Final[Mix] = {
    THREADS: (2, 1, 1, 0, 1),
    STREAMS: (2, 1, 1, 0, 1),
    NORMAL: (2, 2, 2, 1, 2),
    FAST: (2, 2, 2, 1, 2),
    LOOP: (1, 0, 0, 0, 0),
}
FULL: Final = Options((10, 100, 300), 100, 2, MIX, 8.0, 4)
QUICK: Final = Options((10, 20), 20, 1, QUICK_MIX, 3.0, 2, small=True)


def parse(arguments: Sequence[str] | None = None) -> Options:
    """The options of one command line."""
    parser = _parser()
    said = parser.parse_args(arguments)
    base = QUICK if said.quick else FULL
    sizes = tuple(sorted(set(said.sizes))) if said.sizes else base.sizes
    attacked = said.attacked_at or (base.attacked if base.attacked in sizes else sizes[-1])
    if attacked not in sizes:
        parser.error(f"--attacked-at {attacked}: not one of the sizes {' '.join(map(str, sizes))}")
    return Options(
        sizes=sizes,
        attacked=attacked,
        rounds=base.rounds if said.rounds is None else said.rounds,
        mix=dict.fromkeys(EVERYBODY, tuple(said.mix)) if said.mix else base.mix,
        seconds=said.seconds or base.seconds,
        bare=base.bare,
        entrants=tuple(each for each in EVERYBODY if not said.only or each in said.only),
        json=said.json,
        plots=said.plots,
        keep=said.keep,
        beside=tuple(said.beside or ()),
        write_docs=said.write_docs,
        again=said.again,
        seed=said.seed,
        minutes=said.minutes,
        parts=not said.no_parts,
        small=base.small,
        contained=not said.uncontained,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench.race",
        description="Compares ways of watching containers: one run on one engine, and one table.",
        epilog="exit codes: 0 measured (whether a target was reached is in the table), 2 not measured",
    )
    add = parser.add_argument
    add("--quick", action="store_true", help="small and short: to try it, not to quote it")
    add("--sizes", type=_count, nargs="+", metavar="N", help="numbers of idle containers (10 100 300)")
    add("--attacked-at", type=_count, metavar="N", help="the number at which there are attacks (100)")
    add("--rounds", type=_number, metavar="N", help=f"turns of each there ({FULL.rounds}); 0: no attacks")
    add(
        "--seconds",
        type=float,
        metavar="S",
        help=f"length of each window in which nothing happens ({FULL.seconds:g})",
    )
    add(
        "--mix",
        type=_number,
        nargs=5,
        metavar="N",
        help="attacks in a turn: serial and tree fork bombs, hogs, slow ramps, transients",
    )
    add("--only", nargs="+", choices=EVERYBODY, metavar="NAME", help="some of: " + ", ".join(EVERYBODY))
    add("--minutes", type=float, metavar="N", help="begin no more turns after so long")
    add("--no-parts", action="store_true", help="leave out what other benches measure: scale, replay, scrape")
    add("--uncontained", action="store_true", help="reactor has the engine alone end containers")
    add("--seed", type=int, metavar="N", help="of the order of turns and of the moments of attacks")
    add("--beside", type=Path, nargs="+", metavar="FILE", help="show what other benches wrote as JSON, too")
    add("--again", type=Path, metavar="FILE", help="measure nothing, show what an earlier run wrote as JSON")
    add("--json", type=Path, metavar="FILE", help="write everything that was measured there")
    add("--plots", type=Path, metavar="FOLDER", help="draw the plots into this folder")
    add("--keep", type=Path, metavar="FOLDER", help="keep reactor's journals and logs there")
    add(
        "--write-docs",
        action="store_true",
        help="write table and plots into docs/performance.md, and the JSON to bench/results/latest.json",
    )
    return parser


def _number(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError("not less than 0")
    return number


def _count(text: str) -> int:
    number = _number(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number
