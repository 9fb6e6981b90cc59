"""Every end is on record, with its exit code and its cause, however short the life was."""

from collections import Counter

import pytest

from tests.real import deeds
from tests.real.monitor import Monitor
from tests.real.scene import Scene
from tests.real.short_lives import ShortLife, run_all
from tests.real.waiting import until

LIVES = 200
OOMS = 100
ATTRIBUTED_AT_LEAST = 95


def wait_until_over(scene: Scene, containers: list[str]) -> None:
    """Wait until the engine holds all of them for ended."""
    for container in containers:
        until(lambda of=container: scene.truth.state(of)["Status"] == "exited", 30, "it is over")


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
    until(lambda: scene.truth.inspect(looping)["RestartCount"] == 5, 30, "it has been started again 5 times")
    until(lambda: scene.truth.state(looping)["Status"] == "exited", 30, "it has given up")
    until(lambda: len(watcher.exits(looping)) == 6, 10, "all six runs are in the journal")
    assert [row["exit_code"] for row in watcher.exits(looping)] == [7] * 6
    scene.verdict()


def test_a_hundred_instant_ooms(
    scene: Scene, watcher: Monitor, capsys: pytest.CaptureFixture[str]
) -> None:
    """Dead within milliseconds: how many of them are known to have run out of memory is said aloud."""
    lives = [
        ShortLife(deeds.OOM_AT_ONCE, {scene.names.task: str(number)} if number % 2 else {}, "16m")
        for number in range(OOMS)
    ]
    containers = run_all(scene, lives)
    wait_until_over(scene, containers)
    until(lambda: all(watcher.exits(container) for container in containers), 15, "all are in the journal")
    assert {scene.truth.state(container)["ExitCode"] for container in containers} == {137}
    causes = Counter(watcher.exits(container)[0]["cause"] for container in containers)
    flags = sum(scene.truth.state(container)["OOMKilled"] for container in containers)
    events = sum(bool(scene.truth.events(container, "oom")) for container in containers)
    with capsys.disabled():
        print(
            f"\n{OOMS} instant OOMs: attributed {causes['oom']}; "
            f"the engine told of {events} by event, and flagged {flags} in its own record"
        )
    assert causes["oom"] >= ATTRIBUTED_AT_LEAST, causes
    scene.verdict()
