"""The command line of the bench: what may be chosen, and what is chosen by default."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Options:
    """How large the run is. ``seconds`` is how long each contender watches before the first victim.
    ``crowd`` are the kills that are decided together, once for each number of ``at_once``.
    ``stuck`` is whether only the part about stuck containers runs, ``rounds`` how often each of its
    scenes is played."""

    containers: int
    victims: int
    poll_victims: int
    seconds: float
    json: Path | None
    keep: Path | None
    at_once: tuple[int, ...] = ()
    crowd: int = 200
    stuck: bool = False
    rounds: int = 10


FULL = Options(containers=100, victims=25, poll_victims=6, seconds=30.0, json=None, keep=None)
QUICK = Options(
    containers=20, victims=5, poll_victims=2, seconds=3.0, json=None, keep=None, crowd=20, rounds=2
)


def parse(arguments: Sequence[str] | None = None) -> Options:
    """The options of one command line."""
    said = _parser().parse_args(arguments)
    base = QUICK if said.quick else FULL
    return Options(
        containers=_given(said.containers, base.containers),
        victims=_given(said.victims, base.victims),
        poll_victims=_given(said.poll_victims, base.poll_victims),
        seconds=base.seconds if said.seconds is None else said.seconds,
        json=said.json,
        keep=said.keep,
        at_once=tuple(said.at_once or ()),
        crowd=base.crowd,
        stuck=said.stuck,
        rounds=base.rounds,
    )


def _given(number: int | None, otherwise: int) -> int:
    return otherwise if number is None else number


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="Measures reactor on a real engine, beside a poll loop and a thread per container.",
        epilog="exit codes: 0 all promises kept, 1 one was broken, 2 it could not be measured",
    )
    add = parser.add_argument
    add("--containers", type=_count, metavar="N", help=f"idle containers (default: {FULL.containers})")
    add("--victims", type=_count, metavar="N", help=f"for each contender (default: {FULL.victims})")
    add("--poll-victims", type=_count, metavar="N", help=f"for the poll loop ({FULL.poll_victims})")
    add("--seconds", type=float, metavar="S", help=f"of quiet watching first (default: {FULL.seconds:g})")
    add(
        "--quick",
        action="store_true",
        help=f"{QUICK.containers} containers and {QUICK.victims} victims: to try it, not to quote it",
    )
    add("--json", type=Path, metavar="FILE", help="write every measurement there, for machines")
    add("--keep", type=Path, metavar="FOLDER", help="keep reactor's journal and log there")
    add(
        "--at-once",
        type=_count,
        nargs="+",
        metavar="N",
        help="only this: many kills decided together, with so many calls at a time, such as 1 3 10 30 100",
    )
    add("--stuck", action="store_true", help="only this: kills beside containers that the engine cannot end")
    return parser


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number
