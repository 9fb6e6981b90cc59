"""The four limits of the shipped rules, each broken by one container while others stand just below it."""

from functools import partial
from typing import Any

from tests.real import deeds
from tests.real.conftest import LIFETIME
from tests.real.monitor import Monitor
from tests.real.scene import ONLY_OOM, PROMISE, Scene
from tests.real.waiting import until

LIMITS: dict[str, Any] = {"pids": deeds.PIDS, "mem": deeds.MEMORY}
PATIENT = "times: {orphan_after: 1s, creation_grace: 5s, sidecar_grace: 10s, reconcile_every: 2s}\n"
"""A sidecar that is asked to go does so at once, but on a busy host not within a second."""


def is_on_record(monitor: Monitor, container: str) -> bool:
    """Whether its end is, and what came of the decision about it; the death is known before both."""
    return any(row["final"] for row in monitor.intents(container)) and bool(monitor.exits(container))


def test_a_fork_storm_is_ended(scene: Scene, watcher: Monitor) -> None:
    """The one beside it has a name that is nearly the same, and does nothing."""
    bad = scene.guilty(scene.run(deeds.STORM, task="storm", **LIMITS))
    scene.innocent(scene.run(task="calm", name=f"{scene.charges.names[bad]}x", **LIMITS))
    scene.verdict()
    scene.report("fork storm")
    until(partial(is_on_record, watcher, bad), 10, "all of it is on record")
    (intent,) = watcher.intents(bad)
    assert (intent["rule"], intent["result"], intent["why"]) == ("safety/pids", "done", "ended")
    pids, _, rest = intent["reason"].removeprefix("pids ").partition(" ")
    assert 200 < int(pids) <= 256
    assert rest.startswith("> 200")


def test_memory_that_grows_to_ninety_percent_and_stays_there(scene: Scene, watcher: Monitor) -> None:
    """Of processes, and in shared memory; the crowd has one that is full of page cache instead."""
    grown = scene.guilty(scene.run(deeds.RAMP, task="ramp", **LIMITS))
    shared = scene.guilty(scene.run(deeds.SHARED_RAMP, task="shared", shm_size="64m", **LIMITS))
    scene.verdict()
    scene.report("memory above 80 % of the limit, two kinds")
    for container in (grown, shared):
        until(partial(is_on_record, watcher, container), 10, "all of it is on record")
        (intent,) = watcher.intents(container)
        assert (intent["rule"], intent["why"]) == ("safety/memory", "ended")
        assert watcher.exits(container)[0]["oom"] == 0


def test_the_crowd_stands_where_it_should(crowd: Scene, watcher: Monitor) -> None:
    """A neighbour that does not come near the limit would prove nothing."""
    at_the_limit, nearly_full = crowd.named("200-pids"), crowd.named("nearly-full")
    until(lambda: watcher.metric("container_threads", container_id=at_the_limit) == 200, 10, "200 processes")
    # It may be the first test of all, and they on their way there still.
    until(lambda: _working_set(watcher, nearly_full) > 0.77 * (64 << 20), 20, "nearly full")
    assert 0.77 * (64 << 20) < _working_set(watcher, nearly_full) <= 0.8 * (64 << 20)
    for storm in {"out-of-scope", "skipped", "skipped-with-no"} & set(crowd.charges.names.values()):
        until(partial(_has_processes, crowd, crowd.named(storm), 250), 20, "the whole storm")
    crowd.verdict()


def _working_set(monitor: Monitor, container: str) -> float:
    return monitor.metric("container_memory_working_set_bytes", container_id=container) or 0


def _has_processes(scene: Scene, container: str, count: int) -> bool:
    pids = scene.truth.readings(container)["pids_stats"]
    return bool(pids.get("current") == count)


def test_page_cache_is_no_memory_in_use(crowd: Scene, watcher: Monitor) -> None:
    """The engine counts more than 80 % as used, and nearly all of it can be dropped."""
    full = crowd.named("full-of-cache")
    until(lambda: crowd.truth.readings(full)["memory_stats"]["usage"] > 0.9 * (64 << 20), 60, "it is full")
    shown = until(lambda: watcher.metric("container_memory_working_set_bytes", container_id=full), 10)
    assert shown is not None
    assert shown < 0.2 * (64 << 20)
    crowd.verdict()


def test_an_oom_of_a_child_ends_the_container(scene: Scene, watcher: Monitor) -> None:
    """The main process lives on with half a task; one that is not in scope may do so."""
    bad = scene.guilty(scene.run(deeds.OOM_CHILD, task="child", mem="32m"))
    scene.innocent(scene.run(deeds.OOM_CHILD, labels={f"{scene.names.task}x": "child"}, mem="32m"))
    scene.verdict()
    scene.report("OOM of a child, after 0.5 s of peace")
    until(partial(is_on_record, watcher, bad), 10, "all of it is on record")
    (intent,) = watcher.intents(bad)
    # Now and then a sample shows the memory on its way up, and that rule is the first.
    assert intent["rule"] in {"safety/oom", "safety/memory"}
    (ended,) = watcher.exits(bad)
    assert (intent["why"], ended["exit_code"], ended["cause"]) == ("ended", 137, "reactor")
    assert ended["oom"] or intent["rule"] == "safety/memory"


def test_an_oom_of_the_main_process_takes_its_sidecars_and_nobody_elses(lone_scene: Scene) -> None:
    """The kernel ends the main; the event may be quicker than the death, and then our one kill meets it.

    The rule for memory itself is left out: it would be sooner than the kernel.
    """
    scene = lone_scene
    with scene.monitor(rules=ONLY_OOM, config=PATIENT) as monitor:
        side = scene.run(deeds.SERVE, serves="main")
        scene.innocent(scene.run(deeds.SERVE, serves="mainx"), scene.run(task="mainx"))
        main = scene.guilty(scene.run(deeds.OOM_MAIN, task="main", mem="32m"))
        died = until(lambda: scene.truth.events(main, "die"), 20, "the main dies")[0].nano
        scene.guilty(side, since=died)
        scene.verdict()
        scene.report("OOM of the main after 0.5 s of peace, its sidecar")
        # The engine may tell of an OOM after the death that it caused.
        until(lambda: any(row["oom"] for row in monitor.exits(main)), 10, "its end and why are on record")
        (ended,) = monitor.exits(main)
    assert (ended["exit_code"], ended["oom"]) == (137, 1)
    signals = scene.truth.lives(main)[0].signals
    assert ended["cause"] in ({"oom", "reactor"} if signals else {"oom"})
    assert scene.truth.state(side)["ExitCode"] == 0, "a sidecar is asked politely"


def test_a_lifetime_ends_at_its_moment_even_while_paused(scene: Scene, watcher: Monitor, short: str) -> None:
    """Paused time counts, a new run begins anew, and a label that is nearly the same selects nobody."""
    mine = {short: ""}
    plain = scene.run(task="old", labels=mine)
    paused = scene.run(task="frozen", labels=mine)
    scene.containers.client.api.pause(paused)
    # Far from a lifetime: on a busy host a run takes longer than its sleep.
    first = deeds.sh("[ -e /again ] && exec sleep 100000; touch /again; sleep 1")
    again = scene.run(first, task="again", labels=mine, restart="always")
    scene.innocent(scene.run(task="old", labels={f"{short}er": ""}))
    for container in (plain, paused):
        scene.guilty(container, LIFETIME + PROMISE, not_before=LIFETIME)
    scene.guilty(again, LIFETIME + PROMISE, life=1, not_before=LIFETIME)
    scene.verdict()
    scene.report(f"lifetime of {LIFETIME:g} s: plain, paused, begun anew")


def test_without_a_limit_a_percentage_is_unknown_and_that_is_said_once(
    scene: Scene, watcher: Monitor
) -> None:
    """The engine gives the memory of the whole host as the limit; nothing is divided by that."""
    free = scene.run(deeds.processes(3), task="free", pids=deeds.PIDS)
    scene.innocent(free)
    until(lambda: watcher.metric("container_threads", container_id=free) == 3, 15, "it is sampled")
    samples = watcher.metric("reactor_samples_total") or 0
    until(lambda: (watcher.metric("reactor_samples_total") or 0) > samples + 25, 20, "and sampled again")
    (said,) = watcher.said("a rule cannot be judged", id=free[:12])
    assert (said["rule"], said["why"]) == ("safety/memory", "it has no memory limit")
    assert watcher.metric("container_memory_limit_bytes", container_id=free) is None
    assert (watcher.metric("reactor_rule_unknown", rule="safety/memory") or 0) >= 1
    scene.verdict()
