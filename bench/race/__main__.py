"""``python -m bench.race``: an engine, containers on it, everybody's turns on them, one table.

Everything that is started here ends with its ``with`` block, on Ctrl-C and SIGTERM too; after ``kill -9`` the
engine's guard ends the engine with all that is on it, and the kernel the contenders.
"""

import math
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.client import HTTPException
from pathlib import Path
from random import Random

import docker
from docker.errors import DockerException

from bench.clock import now
from bench.fleet import Fleet
from bench.listening import Listening, NoLongerHeard
from bench.machine import describe, foreign
from bench.programs import CHECKOUT, DidNotBegin
from bench.progress import Say, speaker
from bench.race import beside, output, parts
from bench.race.assaults import Assault
from bench.race.attackers import Ground
from bench.race.entrants import CONTAIN, INTERVAL, RULES, SHORT_INTERVAL, Place
from bench.race.kinds import NoCompiler, bring_image
from bench.race.names import ACTING, LOOP
from bench.race.netdata import NotHere
from bench.race.options import Options, parse
from bench.race.records import Found
from bench.race.result import Result, document
from bench.race.turns import Turns
from tools import engine_api
from tools.engine_cgroups import cgroup_roots
from tools.engine_traces import TracesRemainError
from tools.private_engine import EngineDidNotStartError, EngineMissingError, PrivateEngine

MEASURED, NOT_MEASURED, INTERRUPTED = 0, 2, 130
# An engine that is busy beyond its deadlines, or goes away, shows itself as any of these.
BY_ENGINE = (engine_api.EngineCallError, OSError, HTTPException, DockerException)
TURN_LOST = (NotHere, DidNotBegin, *BY_ENGINE)
TROUBLE = (
    DidNotBegin,
    EngineDidNotStartError,
    EngineMissingError,
    NoCompiler,
    NoLongerHeard,
    beside.CannotBeRead,
    *BY_ENGINE,
)
MOST_WORDS = 300
PORT = 19_999
UNCONTAINED = "containment: off\n"
ENDS = 5
"""How often the end of the engine is gone about."""


def main() -> int:
    """Measure, and show what was found."""
    options, say = parse(), speaker()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        others = beside.read(options.beside)
        found = beside.document(options.again) if options.again else document(_measured(options, say))
        output.show(found | {"beside": [*found["beside"], *others]}, options, say)
        return INTERRUPTED if found["cut"] else MEASURED
    except KeyboardInterrupt:
        return INTERRUPTED
    except TROUBLE as trouble:
        print(f"bench: {trouble}", file=sys.stderr)
        return NOT_MEASURED


def _measured(options: Options, say: Say) -> Result:
    say("seeing what others use of this machine")
    busy, found, cut = foreign(), Found(), ""
    say(f"  {busy:.2f} cores; starting a private engine")
    try:
        _race(options, busy, found, say)
    except (KeyboardInterrupt, *TROUBLE) as trouble:
        if not found.windows:
            raise
        # Minutes of measuring are not lost for what came last.
        cut = str(trouble).strip()[:MOST_WORDS] or "it was interrupted"
        say(f"cut short: {cut}")
    parted = parts.measured(say, found.missing, small=options.small) if options.parts and not cut else {}
    loop = found.loop(INTERVAL, SHORT_INTERVAL)
    if found.machine is None:
        raise DidNotBegin("nothing is known of this machine")
    return Result(found.machine, options, found, loop, foreign(), cut, parted)


def _race(options: Options, busy: float, found: Found, say: Say) -> None:
    with _engine(say) as engine:
        engine.import_busybox()
        folder = engine.folder / "bench"
        folder.mkdir()
        if options.rounds:
            bring_image(engine.docker_host, folder)
        found.machine = replace(describe(engine.docker_host), foreign=busy)
        _played(options, engine, folder, found, say)


@contextmanager
def _engine(say: Say) -> Iterator[PrivateEngine]:
    """A private engine. Hundreds of containers on a busy machine may take longer to end than it waits."""
    engine = PrivateEngine()
    try:
        engine.start()
        yield engine
    finally:
        say("ending the engine and all that is on it")
        for _ in range(ENDS):
            try:
                engine.stop()
                break
            except TracesRemainError:
                say("that takes longer than usual")
        else:
            # What was measured is not lost for that; the engine's guard goes on when we end.
            say("not everything of the engine is gone yet; its guard sees to the rest")


def _played(options: Options, engine: PrivateEngine, folder: Path, found: Found, say: Say) -> None:
    # The order must not be the same each time; nothing here is secret.
    chance, until = Random(options.seed), _until(options)  # noqa: S311
    api = docker.APIClient(base_url=engine.docker_host, timeout=120)
    roots = cgroup_roots()
    events = roots.get("unified", roots.get("pids", Path("/sys/fs/cgroup"))) / engine.folder.name
    count = roots.get("pids", roots.get("unified", Path("/sys/fs/cgroup"))) / engine.folder.name
    rules = _rules(folder, say)
    with Fleet(engine.docker_host, say, swept=True) as fleet, Listening(engine.docker_host) as listening:
        ground = Ground(api, listening, folder, events, count)
        assault = Assault(options, engine.docker_host, fleet, ground, chance, say, found)
        turns = Turns(options, engine, fleet, assault, say, found)
        for size in options.sizes:
            fleet.start_idle(size - len(fleet.idle))
            for number, (name, attacks) in enumerate(_order(options, size, chance)):
                if now() > until:
                    found.missing[f"{name} with {size} containers"] = "the minutes were over"
                    continue
                what = ", attacked" if attacks else ""
                say(f"{size} containers, {name}{what}")
                kept = (
                    options.keep or folder
                ) / f"{size}-{number}-{name.replace(', ', '-').replace(' ', '-')}"
                more = "" if options.contained else UNCONTAINED
                place = Place(engine.docker_host, kept, engine.folder.name, rules, PORT + number % 100, more)
                try:
                    turns.take(name, place, attacks=attacks)
                except TURN_LOST as why:
                    if not engine_api.answers(engine.docker_host, timeout=30.0):
                        raise
                    # The others are measured all the same, and the table says who is not in it.
                    found.missing[name] = f"with {size} containers: {str(why).strip()[:MOST_WORDS]}"
                    say(f"  {found.missing[name]}")
    api.close()


def _until(options: Options) -> float:
    return math.inf if options.minutes is None else now() + 60 * options.minutes


def _order(options: Options, size: int, chance: Random) -> Iterator[tuple[str, bool]]:
    """Whose turn it is, with attacks or without; everybody's once, in a new order in each round."""
    rounds = options.rounds if size == options.attacked else 0
    for number in range(max(1, rounds)):
        turns = [
            (name, bool(rounds) and name in ACTING and name != LOOP)
            for name in options.entrants
            if not number or (name in ACTING and name != LOOP)
        ]
        if rounds and not number and LOOP in options.entrants:
            turns.append((LOOP, True))
        chance.shuffle(turns)
        yield from turns


def _rules(folder: Path, say: Say) -> str:
    """Reactor's rules; they ask for containment if this reactor knows what that is."""
    asking = RULES.format(contain=CONTAIN)
    path = folder / "asking.yaml"
    path.write_text(asking)
    command = (sys.executable, "-m", "reactor", "check", str(path))
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return asking
    say("this reactor has no rule key 'contain': nothing is ended past the engine")
    return RULES.format(contain="")


if __name__ == "__main__":
    sys.exit(main())
