"""The canary on a real engine: ended in time beside those who look like it, and taken away after a crash."""

from reactor.engine.canaries import LABEL, PREFIX
from tests.real import deeds
from tests.real.scene import Scene
from tests.real.waiting import until
from tools.private_engine import TEST_IMAGE

CONFIG = (
    f"canary: {{every: 10s, image: '{TEST_IMAGE}', within: 10s}}\n"
    "profile: streams\ntimes: {reconcile_every: 1s}\n"
)
RULES = "groups:\n  - name: g\n    rules:\n      - {name: pids, when: pids > 200}\n"
"""Those who look like canaries have more processes than one may, and fewer than this."""


def canaries(scene: Scene) -> set[str]:
    """The ids of those that are out."""
    found = scene.containers.client.api.containers(filters={"label": LABEL})
    return {each["Id"] for each in found if each["Names"][0].startswith(f"/{PREFIX}")}


def test_one_that_a_crash_left_is_taken_away_and_the_next_is_ended_in_time(scene: Scene) -> None:
    """Those who look like one are left alone: by their processes, by the mark and the name."""
    scene.innocent(
        scene.run(deeds.processes(40), task="near", pids=deeds.PIDS),
        scene.run(deeds.processes(40), labels={LABEL: "me"}, name=f"{PREFIX}forged", pids=64, mem="32m"),
    )
    forged = canaries(scene)
    monitor = scene.monitor(config=CONFIG, rules=RULES)
    monitor.start()
    try:
        # From the engine's streams the first readings come after a second: until then it lives.
        (left,) = until(lambda: canaries(scene) - forged, 30, "a canary is out")
        monitor.kill9()
        assert left in canaries(scene)
        monitor.start()
        until(monitor.is_ready, 30, "the monitor is ready")
        until(lambda: monitor.said("a canary that was left is taken away"), 20, "the other one is taken away")
        until(lambda: monitor.metric("reactor_canary_runs_total", result="ended") == 1, 20, "one is ended")
        assert canaries(scene) == forged
        assert monitor.metric("reactor_canary_runs_total", result="failed") == 0
        assert 0 < (monitor.metric("reactor_canary_duration_seconds_sum") or 0) < 10
        assert monitor.metric("reactor_kills_total", rule="canary") == 1
        assert monitor.stop() == 0
    finally:
        monitor.end()
    scene.verdict()
