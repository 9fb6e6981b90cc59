"""Every end is on record, with its exit code and its cause, however short the life was."""

from collections import Counter
from contextlib import suppress
from functools import partial

import pytest

from tests.real import deeds
from tests.real.monitor import Monitor
from tests.real.scene import ONLY_OOM, Scene
from tests.real.short_lives import ShortLife, run_all
from tests.real.waiting import InVain, until
from tests.tooling.patience import fewer

LIVES = fewer(200)
NO_BRAKES = "gate: {off: true}\nbreaker: {off: true}\nbudgets: {off: true}\n"
OOMS = fewer(100)
ATTRIBUTED_AT_LEAST = 0.8 * OOMS
"""The engine itself tells of 90 % of them at least, and what it told of has to be attributed."""
BY_KERNEL_AT_LEAST = 0.95 * OOMS
"""By the kernel's log alone: on a machine that is busy with all of them, a process can be gone
before anybody could look whose it was."""
KILLS = "reactor_kernel_oom_kills_total"


def _is_over(scene: Scene, container: str) -> bool:
    return bool(scene.truth.state(container)["Status"] == "exited")


def restarts(scene: Scene, container: str) -> int:
    """How often the engine has started it again."""
    seen = scene.truth.inspect(container)
    return 0 if seen is None else int(seen["RestartCount"])


def _by_kernel(watcher: Monitor, before: float) -> int:
    """Of how many OOMs the kernel's log has told since then, as far as it is known whose they were."""
    return int((watcher.metric(KILLS, result="known") or 0) - before)


def wait_until_over(scene: Scene, containers: list[str]) -> None:
    """Wait until the engine holds all of them for ended."""
    for container in containers:
        until(partial(_is_over, scene, container), 30, "it is over")


def test_of_two_hundred_short_lives_none_is_missing(scene: Scene, watcher: Monitor) -> None:
    """In scope and out of it, with all kinds of exit codes, and with labels that claim another one."""
    names = scene.names
    codes = [number * 7 % 256 for number in range(LIVES)]
    lives = [
        ShortLife(
            deeds.exits(code),
            {names.task: str(number)} if number % 2 else {} | ({"exitCode": "0"} if number % 5 == 0 else {}),
        )
        for number, code in enumerate(codes)
    ]
    containers = run_all(scene, lives)
    scene.untouched(*containers)
    wait_until_over(scene, containers)
    until(lambda: all(watcher.exits(container) for container in containers), 15, "all are in the journal")
    for container, code in zip(containers, codes, strict=True):
        told = scene.truth.state(container)
        assert told["ExitCode"] == code
        (row,) = watcher.exits(container)
        found = (row["started_at"], row["finished_at"], row["exit_code"], row["cause"], row["oom"])
        assert found == (told["StartedAt"], told["FinishedAt"], code, "itself", 0)
    scene.verdict()


def test_each_run_of_a_crash_loop_is_on_record(scene: Scene, watcher: Monitor) -> None:
    """The engine starts it again within milliseconds; its own record then speaks of the next run."""
    looping = scene.run(
        deeds.exits(7), task="loop", restart_policy={"Name": "on-failure", "MaximumRetryCount": 5}
    )
    scene.untouched(looping)
    until(lambda: restarts(scene, looping) == 5, 30, "it has been started again 5 times")
    until(lambda: scene.truth.state(looping)["Status"] == "exited", 30, "it has given up")
    until(lambda: len(watcher.exits(looping)) == 6, 10, "all six runs are in the journal")
    assert [row["exit_code"] for row in watcher.exits(looping)] == [7] * 6
    scene.verdict()


def test_a_hundred_instant_ooms(lone_scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """Dead within milliseconds: how many of them are known to have run out of memory is said aloud.

    Every second one is in scope. There the event may be quicker than the death, and the monitor's kill may
    meet a process that the kernel is just ending: nobody can tell then which of the two it was. The rule for
    memory is left out: it ends some of them before the kernel does.
    """
    with lone_scene.monitor(rules=ONLY_OOM, config=NO_BRAKES) as monitor:
        a_hundred_die_at_once(lone_scene, monitor, capsys)


def a_hundred_die_at_once(scene: Scene, watcher: Monitor, capsys: pytest.CaptureFixture[str]) -> None:
    """And every one of them is put down as what it was."""
    before = watcher.metric(KILLS, result="known") or 0
    lives = [
        ShortLife(deeds.OOM_AT_ONCE, {scene.names.task: str(number)} if number % 2 else {}, "16m")
        for number in range(OOMS)
    ]
    containers = run_all(scene, lives)
    out_of_scope, in_scope = containers[::2], containers[1::2]
    scene.untouched(*out_of_scope)
    for container in in_scope:
        scene.guilty(container)
    wait_until_over(scene, containers)
    until(lambda: all(watcher.exits(container) for container in containers), 15, "all are in the journal")
    assert {scene.truth.state(container)["ExitCode"] for container in containers} == {137}
    events = {container for container in containers if scene.truth.events(container, "oom")}
    flags = {container for container in containers if scene.truth.state(container)["OOMKilled"]}
    told = events | flags
    # The engine may tell of an OOM after the death that it caused, and of some of them it never does.
    until(lambda: all(watcher.exits(container)[0]["oom"] for container in told), 10, "what was told is known")
    until(lambda: all(watcher.intents(container) for container in told & set(in_scope)), 10, "and judged")
    is_read = watcher.metric("reactor_kernel_log_up") == 1
    # Whose a kill was may be found out a moment after the kernel, or the engine, has told of it.
    with suppress(InVain):
        until(lambda: not is_read or all(watcher.exits(each)[0]["oom"] for each in containers), 10)
        until(lambda: not is_read or _by_kernel(watcher, before) >= BY_KERNEL_AT_LEAST, 10)
    rows = {container: watcher.exits(container)[0] for container in containers}
    attributed = sum(row["oom"] for row in rows.values())
    by_kernel = _by_kernel(watcher, before)
    with capsys.disabled():
        print(
            f"\n{OOMS} instant OOMs: {attributed} attributed; the kernel's log told of {by_kernel}, "
            f"the engine of {len(events)} by an event, and {len(flags)} stand in its own record"
        )
    assert {container for container in containers if rows[container]["oom"]} >= told
    lacking = {container: row for container, row in rows.items() if not row["oom"]}
    told_by_log = {each: watcher.metric(KILLS, result=each) for each in ("known", "foreign", "untold")}
    assert attributed >= (OOMS if is_read else ATTRIBUTED_AT_LEAST), f"{told_by_log} {lacking}"
    assert by_kernel >= (BY_KERNEL_AT_LEAST if is_read else 0)
    assert Counter(rows[container]["cause"] for container in out_of_scope)["oom"] >= ATTRIBUTED_AT_LEAST / 2
    assert {row["cause"] for row in rows.values()} <= {"oom", "reactor", "itself"}
    scene.verdict()
