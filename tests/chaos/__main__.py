"""``python -m tests.chaos --seed S --breaches N``: says how far it is, and in the end what was seen.

Exit codes: 0 nobody was missed, doubled or wrongly ended; 1 somebody was; 2 it could not be carried out.
"""

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil
from pathlib import Path

from tests.chaos.plan import Size
from tests.chaos.report import is_clean, machine_readable, markdown
from tests.chaos.running import OutOfTime, Seen, act
from tests.chaos.stage import NotPossible
from tools.private_engine import EngineDidNotStartError, EngineMissingError

CLEAN, OFFENCES, NOT_DONE, INTERRUPTED = 0, 1, 2, 130


def main() -> int:
    """Two acts: on an engine that takes all its containers along, and on one that they outlive."""
    options = _options()
    for number in (signal.SIGINT, signal.SIGTERM):  # A shell lets the first be ignored in the background.
        signal.signal(number, signal.default_int_handler)
    acts: list[Seen] = []
    try:
        with _folder(options.keep) as folder:
            _play(options, folder, acts)
        status = CLEAN
    except KeyboardInterrupt:
        status = INTERRUPTED
    except OutOfTime:
        print(f"chaos: not done within {options.within:g} s", file=sys.stderr)
        status = NOT_DONE
    except (EngineMissingError, EngineDidNotStartError, NotPossible) as trouble:
        print(f"chaos: {trouble}", file=sys.stderr)
        status = NOT_DONE
    print(markdown(options.seed, acts))
    if options.json is not None:
        options.json.write_text(machine_readable(options.seed, acts) + "\n")
    return status or (CLEAN if is_clean(acts) else OFFENCES)


def _play(options: argparse.Namespace, folder: Path, acts: list[Seen]) -> None:
    deadline = time.monotonic() + options.within
    share = 2 if options.engine == "both" else 1
    size = Size(
        ceil(options.breaches / share),
        ceil(options.kills / share),
        ceil(options.outages / share),
    )
    for engine in ("mortal", "lasting") if options.engine == "both" else (options.engine,):
        seen, began = Seen(engine), time.monotonic()
        acts.append(seen)
        (folder / engine).mkdir(exist_ok=True)
        try:
            with act(folder / engine, seen, _say, deadline, live_restore=engine == "lasting") as playing:
                playing.play(f"{options.seed}/{engine}", size)
        finally:
            seen.seconds = time.monotonic() - began


def _say(what: str) -> None:
    # One line that is written over is enough for a person; a file gets one for each wave.
    end, begin = ("", "\r\x1b[K") if sys.stderr.isatty() else ("\n", "")
    print(f"{begin}chaos: {what}", end=end, file=sys.stderr, flush=True)


@contextmanager
def _folder(kept: Path | None) -> Iterator[Path]:
    """Where the monitor's files go."""
    if kept is not None:
        kept.mkdir(parents=True, exist_ok=True)
        yield kept
        return
    with tempfile.TemporaryDirectory(prefix="reactor-chaos-") as folder:
        yield Path(folder)


def _options() -> argparse.Namespace:
    size = Size()
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    add = parser.add_argument
    add("--seed", default="1", help="any word; the same seed gives the same schedule")
    add("--breaches", type=int, default=size.breaches, help="at least so many, and as many innocents")
    add("--kills", type=int, default=size.kills, help="of the monitor, at least")
    add("--outages", type=int, default=size.outages, help="kills of the engine, at least")
    add(
        "--engine",
        choices=("both", "lasting", "mortal"),
        default="both",
        help="lasting: containers outlive the engine (live-restore); mortal: they do not",
    )
    add("--within", type=float, default=2400.0, help="seconds that the whole may take")
    add("--json", type=Path, metavar="FILE", help="write all that was seen there, for machines")
    add("--keep", type=Path, metavar="FOLDER", help="keep the monitor's journal and logs there")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
