"""``python -m bench``: an engine, a fleet on it, the contenders one after the other, a report.

Everything that is started here ends with its ``with`` block, on Ctrl-C and SIGTERM too.
"""

import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from random import Random

from docker.errors import DockerException

from bench import concurrency, evaluation, hostages
from bench.contenders import Ground
from bench.course import Course
from bench.fleet import Fleet
from bench.listening import Listening, NoLongerHeard
from bench.machine import describe
from bench.options import Options, parse
from bench.programs import DidNotBegin
from bench.progress import Say, speaker
from bench.promises import all_kept, judge
from bench.report import Report, machine_readable, text
from bench.victims import DidNotBreach, NotOnThisHost
from tools import engine_api
from tools.private_engine import (
    TEST_IMAGE,
    EngineDidNotStartError,
    EngineMissingError,
    PrivateEngine,
    busybox_file,
)

KEPT, BROKEN, NOT_MEASURED, INTERRUPTED = 0, 1, 2, 130
TROUBLE = (
    DidNotBegin,
    DidNotBreach,
    EngineDidNotStartError,
    EngineMissingError,
    NoLongerHeard,
    NotOnThisHost,
    engine_api.EngineCallError,
    # An engine that goes away shows itself as any of these.
    OSError,
    HTTPException,
    DockerException,
)


def main() -> int:
    """Measure, and show what was found."""
    options, say = parse(), speaker()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        if options.at_once:
            print(*_concurrency(options, say), sep="\n")
            return KEPT
        if options.stuck:
            return _stuck(options, say)
        say("judging, without an engine")
        judging = evaluation.lines(evaluation.measure())
        report = _measure(options, say)
    except KeyboardInterrupt:
        return INTERRUPTED
    except TROUBLE as trouble:
        print(f"bench: {trouble}", file=sys.stderr)
        return NOT_MEASURED
    print(text(report), *judging, sep="\n")
    if options.json is not None:
        options.json.write_text(machine_readable(report) + "\n")
    return KEPT if all_kept(report.promises) else BROKEN


def _measure(options: Options, say: Say) -> Report:
    named = os.environ.get("REACTOR_TEST_DOCKER_HOST", "")
    with _engine(named, say) as docker_host, Fleet(docker_host, say, swept=not named) as fleet:
        machine = describe(docker_host)
        fleet.start_idle(options.containers)
        with Listening(docker_host) as listening, _folder(options) as folder:
            # Breaches must not fall into step with the engine's sampling; nothing here is secret.
            course = Course(docker_host, listening, Random(), say)  # noqa: S311
            ground = Ground(options, fleet, course)
            reactor = ground.reactor(folder)
            consumer = ground.consumer()
            poller = ground.poller()
    return Report(machine, options, reactor, consumer, poller, judge(reactor))


def _concurrency(options: Options, say: Say) -> list[str]:
    named = os.environ.get("REACTOR_TEST_DOCKER_HOST", "")
    with _engine(named, say) as docker_host, Fleet(docker_host, say, swept=not named) as fleet:
        machine = describe(docker_host)
        with _folder(options) as folder:
            return [str(machine), *concurrency.measure(docker_host, fleet, options, folder, say)]


def _stuck(options: Options, say: Say) -> int:
    named = os.environ.get("REACTOR_TEST_DOCKER_HOST", "")
    with _engine(named, say) as docker_host, Fleet(docker_host, say, swept=not named) as fleet:
        machine = describe(docker_host)
        with _folder(options) as folder:
            found = hostages.measure(docker_host, fleet, options, folder, say)
    promises = hostages.judge(found)
    kept = [f"{'kept' if each.kept else 'BROKEN'}: {each.what}: {each.found}" for each in promises]
    print(machine, *hostages.lines(found), "", *kept, sep="\n")
    return KEPT if all_kept(promises) else BROKEN


@contextmanager
def _engine(named: str, say: Say) -> Iterator[str]:
    """The address of the engine that was named, else of one that lives as long as the run."""
    if named:
        if not engine_api.has_image(named, TEST_IMAGE):
            engine_api.import_image(named, engine_api.busybox_rootfs(busybox_file()), TEST_IMAGE)
        yield named
        return
    say("starting a private engine")
    with PrivateEngine() as engine:
        engine.import_busybox()
        yield engine.docker_host
        say("ending the engine and all that is on it")


@contextmanager
def _folder(options: Options) -> Iterator[Path]:
    """Where reactor's files go."""
    if options.keep is not None:
        options.keep.mkdir(parents=True, exist_ok=True)
        yield options.keep
        return
    with tempfile.TemporaryDirectory(prefix="reactor-bench-") as folder:
        yield Path(folder)


if __name__ == "__main__":
    sys.exit(main())
