"""What a rule may say beside its condition, each on a real engine with those whom it just does not reach.

Levels, what a container asks for itself, breaks, cooling down, exceptions, and a file over another. One
monitor for all of them; which rule is for whom is said by a label.
"""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.real import deeds
from tests.real.monitor import Monitor
from tests.real.scene import PROMISE, Names, Scene
from tests.real.truth import Truth
from tests.real.verdict import took
from tests.real.waiting import until
from tests.tooling.containers import Containers, unique_name
from tools import engine_api, engine_files

LIMITS: dict[str, Any] = {"pids": deeds.PIDS}
LIFETIME, ASKED = 8, 2
FOR = 5
OURS = f"""\
groups:
  - name: levels
    select: [{{label: case=levels}}]
    rules:
      - name: pids
        # On a busy host who forks passes from one mark to the other slowly enough to be seen between the two.
        soft: {{when: pids > 20, for: 2s, then: [{{stop: {{grace: 60s}}}}]}}
        hard: {{when: pids > 60}}
  - name: asks
    select: [{{label: case=asks}}]
    rules: [{{name: lifetime, when: age > {LIFETIME}s, tighten: asks}}]
  - name: asks-pids
    select: [{{label: case=asks-pids}}]
    rules: [{{name: pids, when: pids > 60, tighten: asks}}]
  - name: breaks
    select: [{{label: case=breaks}}]
    rules: [{{name: pids, when: pids > 20, for: {FOR}s, keep_for: 2500ms}}]
  - name: never-breaks
    select: [{{label: case=never-breaks}}]
    rules: [{{name: pids, when: pids > 20, for: {FOR}s}}]
  - name: cools
    select: [{{label: case=cools}}]
    rules: [{{name: pids, when: pids > 20, cooldown: 1h}}]
  - name: cools-not
    select: [{{label: case=cools-not}}]
    rules: [{{name: pids, when: pids > 20}}]
  - name: spares
    select: [{{label: case=spares}}]
    rules:
      - name: pids
        when: pids > 20
        exceptions: [{{name: builds, fields: [image, label.team], values: [["nobody/*", ml]]}}]
"""
SITE = """\
groups: [{name: spares, rules: [{name: pids, override: replace, when: pids > 25}]}]
"""
SPARED = """\
groups:
  - name: spares
    rules:
      - name: pids
        override: append
        exceptions: [{name: builds, values: [["*", ml]]}]
"""


@pytest.fixture(scope="module")
def own() -> Names:
    """Label names that the watcher does not govern."""
    return Names.of(unique_name())


@pytest.fixture(scope="module")
def monitor(
    docker_host: str, truth: Truth, own: Names, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Monitor]:
    """One monitor with these rules, in files of which the later ones change the first."""
    rules = tmp_path_factory.mktemp("rules")
    for name, text in (("10-ours", OURS), ("20-site", SITE), ("30-spared", SPARED)):
        (rules / f"{name}.yaml").write_text(text)
    with Containers(docker_host) as containers:
        scene = Scene(containers, truth, own, tmp_path_factory.mktemp("monitor"))
        with scene.monitor(rules=rules) as monitor:
            yield monitor


@pytest.fixture
def scene(
    containers: Containers,
    truth: Truth,
    own: Names,
    crowd: Scene,
    tmp_path: Path,
    measured: Callable[[str], None],
) -> Scene:
    """A scene under the eyes of that monitor."""
    return Scene(containers, truth, own, tmp_path, measured, crowd)


@pytest.fixture
def asking_image(containers: Containers) -> Iterator[str]:
    """An image that asks for a short lifetime, and calls itself of a team."""
    image = f"{unique_name()}:test"
    rootfs = engine_api.busybox_rootfs(engine_files.busybox_file())
    engine_api.import_image(containers.docker_host, rootfs, image, (f"LABEL asks={ASKED}s", "LABEL team=ml"))
    yield image
    containers.remove_all()
    containers.client.images.remove(image)


def run(scene: Scene, case: str, command: tuple[str, ...], **more: Any) -> str:
    """Run a container of this case."""
    labels = {"case": case, **more.pop("labels", {})}
    return scene.run(command, task=unique_name(), labels=labels, **{**LIMITS, **more})


def test_a_hard_level_does_not_wait_for_a_soft_one_under_way(scene: Scene, monitor: Monitor) -> None:
    """The soft one would have waited for a minute. Whoever stays between the two gets the soft one only."""
    crosses = scene.run(deeds.STORMS_WHEN_ASKED, task="crosses", labels={"case": "levels"}, **LIMITS)
    side = scene.run(deeds.SERVE, serves="crosses")
    between = scene.guilty(run(scene, "levels", deeds.SLOW_TO_LEAVE))
    above = scene.guilty(run(scene, "levels", deeds.processes(61)))
    scene.innocent(run(scene, "levels", deeds.processes(20)), run(scene, "none", deeds.processes(61)))
    scene.guilty(crosses, 2 * PROMISE)
    scene.guilty(side, 3 * PROMISE)
    scene.verdict()
    scene.report("a soft level and a hard one: asked, killed at once, both, and a sidecar")
    signals = {container: scene.truth.lives(container)[0].signals for container in (crosses, between, above)}
    assert signals == {crosses: ("15", "9"), between: ("15",), above: ("9",)}
    asked, killed = scene.truth.events(crosses, "kill")
    assert (killed.nano - asked.nano) / 1e9 < PROMISE
    assert scene.truth.state(between)["ExitCode"] == 0
    ends = {
        container: until(partial(monitor.closed, container), 15, "its intents are closed")
        for container in (crosses, between, above, side)
    }
    assert [each["action"] for each in ends[crosses]] == ["stop", "kill"]
    assert [each["action"] for each in ends[between]] == ["stop"]
    assert [each["action"] for each in ends[above]] == ["kill"]
    assert len(ends[side]) == 1, "it goes once, though two decisions about its main came off"
    for each in ends.values():
        assert [row["result"] for row in each] == ["done"] * len(each)
        assert [row["why"] for row in each].count("ended") == 1


def test_a_container_may_ask_for_less_and_not_for_more(
    scene: Scene, monitor: Monitor, asking_image: str
) -> None:
    """Its image may not ask at all; what makes no sense is ignored, and said."""
    ages = {
        "plain": run(scene, "asks", ("sleep", "1000")),
        "more": run(scene, "asks", ("sleep", "1000"), labels={"asks": "1h"}),
        "image": run(scene, "asks", ("sleep", "1000"), image=asking_image),
    }
    less = run(scene, "asks", ("sleep", "1000"), labels={"asks": f"{ASKED}s"})
    scene.guilty(less, ASKED + PROMISE, not_before=ASKED)
    for container in ages.values():
        scene.guilty(container, LIFETIME + PROMISE, not_before=LIFETIME)
    scene.guilty(run(scene, "asks-pids", deeds.processes(40), labels={"asks": "20"}))
    scene.guilty(run(scene, "asks-pids", deeds.processes(70), labels={"asks": "200"}))
    vain = run(scene, "asks-pids", deeds.processes(40), labels={"asks": "20MiB"})
    scene.innocent(vain, run(scene, "asks-pids", deeds.processes(40)))
    scene.innocent(run(scene, "asks-pids", deeds.processes(20), labels={"asks": "20"}))
    scene.verdict()
    scene.report(f"asked for {ASKED} s of {LIFETIME} s, not, in vain, by its image; and for fewer processes")
    lasted = [took(scene.truth, each, scene.charges.guilty[each][0]) for each in (less, *ages.values())]
    assert lasted[0] == min(each for each in lasted if each is not None)
    said = [line for line in monitor.lines() if line.get("id") == vain[:12] and line["level"] == "warning"]
    assert [line["rule"] for line in said] == ["asks-pids/pids"], said


def test_a_short_break_is_none_if_the_rule_says_so(scene: Scene, monitor: Monitor) -> None:
    """Breaks that are too long, and the same breaks under a rule that keeps nothing, begin anew."""
    short = run(scene, "breaks", deeds.waves(1.5, 1.2))
    long = run(scene, "breaks", deeds.waves(1.5, 4))
    kept_by_none = run(scene, "never-breaks", deeds.waves(1.5, 2))
    scene.innocent(long, kept_by_none, run(scene, "breaks", deeds.processes(20)))
    steady = run(scene, "never-breaks", deeds.processes(30))
    scene.guilty(short, FOR + PROMISE, not_before=FOR)
    scene.guilty(steady, FOR + PROMISE, not_before=FOR)
    for container in (long, kept_by_none):
        until(partial(has_waved_twice, scene, container), 20, "its second wave is over")
    scene.verdict()
    scene.report(f"held for {FOR} s, one of them with a break of 1.2 s")


def has_waved_twice(scene: Scene, container: str) -> bool:
    """Whether a second wave came after its break."""
    said: bytes = scene.containers.client.api.logs(container)
    return said.count(b"over") >= 2


def test_later_runs_are_left_alone_while_a_rule_cools_down(scene: Scene, monitor: Monitor) -> None:
    cools = scene.guilty(run(scene, "cools", deeds.processes(30)))
    anew = scene.guilty(run(scene, "cools-not", deeds.processes(30)))
    other = run(scene, "none", deeds.processes(30))
    scene.innocent(other)
    scene.verdict()
    for container in (cools, anew):
        scene.containers.client.api.start(container)
    scene.guilty(anew, life=1)
    fresh = scene.guilty(run(scene, "cools", deeds.processes(30)))
    scene.verdict()
    scene.report("two runs, two more of which one is left alone, and another container")
    until(lambda: monitor.metric("container_threads", container_id=cools) == 30, 15, "it is read")
    assert scene.truth.state(cools)["Running"]
    until(partial(monitor.closed, fresh), 15, "its intents are closed")
    assert len(monitor.intents(cools)) == len(monitor.intents(fresh)) == 1
    scene.verdict()


def test_exceptions_and_a_file_over_another(scene: Scene, monitor: Monitor, asking_image: str) -> None:
    """The site's file gave the exception its values and the rule another threshold."""
    scene.innocent(
        run(scene, "spares", deeds.processes(30), labels={"team": "ml"}),
        run(scene, "spares", deeds.processes(25)),
    )
    for container in (
        run(scene, "spares", deeds.processes(26)),
        run(scene, "spares", deeds.processes(30), labels={"team": "mlx"}),
        run(scene, "spares", deeds.processes(30), image=asking_image),
    ):
        scene.guilty(container)
    scene.verdict()
    scene.report("three to whom an exception does not apply")
    for container in scene.charges.guilty:
        (intent,) = until(partial(monitor.closed, container), 15, "its intents are closed")
        assert (intent["rule"], intent["why"]) == ("spares/pids", "ended")
        assert intent["reason"].endswith("> 25")
