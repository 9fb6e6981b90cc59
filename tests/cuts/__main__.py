"""Ten minutes of cuts on a private engine: the shipped configuration, with silences of 5 s."""

import argparse
import sys
import tempfile
from pathlib import Path

from reactor.app.socketproxy.haproxy import Silences
from tests.cuts.cutting import Terms, behind_a_proxy, cut_and_breach, neighbours
from tests.real.scene import LONGEST_WAIT, Names, Scene
from tests.real.truth import Truth
from tests.tooling.containers import Containers
from tools.private_engine import PrivateEngine

SILENCE = 5.0
BETWEEN = (1.0, 24.0)
KILLED_EVERY = 75.0


def main() -> int:
    """Do it; the exit code is 1 if anything was missed, doubled, wrong or late."""
    parser = argparse.ArgumentParser(prog="python -m tests.cuts", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=600.0)
    options = parser.parse_args()
    silences = Silences(SILENCE, SILENCE, SILENCE)
    # Readings come from the engine's streams, so that these are among what is cut.
    terms = Terms(options.seconds, 0, BETWEEN, KILLED_EVERY, silences, "profile: streams\n")
    with tempfile.TemporaryDirectory() as name, PrivateEngine() as engine:
        engine.import_busybox()
        host = engine.docker_host
        with Containers(host, removed_at_end=False) as containers, Truth(host) as truth:
            return _run(Scene(containers, truth, Names(), Path(name), print), terms, options.seed)


def _run(scene: Scene, terms: Terms, seed: int) -> int:
    neighbours(scene)
    with behind_a_proxy(scene, terms) as (monitor, proxy):
        told = cut_and_breach(scene, proxy, terms, seed)
        try:
            scene.verdict(LONGEST_WAIT)
        except AssertionError as failed:
            print(failed)
            print(f"FAILED: seed {seed}, {told}")
            return 1
        scene.report("ended")
        lost = len(monitor.said("the event stream is lost"))
        ended = len(monitor.said("the event stream ended and is opened again"))
        print(
            f"seed {seed}, {terms.seconds:g} s, silences of {SILENCE:g} s: "
            f"{told.cuts} streams cut by the proxy, which was killed {told.killed} times; "
            f"subscriptions ended {ended}, lost {lost} times; "
            f"breaches {sum(told.breaches.values())} {told.breaches}; missed 0, doubled 0, wrong 0, late 0"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
