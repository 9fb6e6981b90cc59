"""The shipped unit, installed as docs/services.md says, run by a real systemd beside this host's own engine.

Plain `make test` does not collect it: it is for the machines of `make test-v2`, whose process 1 is systemd.
"""

import json
import os
import re
import signal
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.real import deeds
from tests.real.monitor import SHIPPED_RULES
from tests.real.scene import SHORT, Names, Scene
from tests.real.truth import Truth
from tests.real.verdict import Score
from tests.real.waiting import until
from tests.tooling.containers import Containers
from tests.v2.service import (
    CGROUP,
    FOLDER,
    NAME,
    PROGRAM,
    RUNTIME,
    STATE,
    Service,
    changed,
    did,
    installed,
    systemctl,
    told,
    within,
    without,
)

NAMES = Names.of("on-systemd")
QUICK = "times: {orphan_after: 1s, creation_grace: 5s, sidecar_grace: 1s, reconcile_every: 2s}\n"
BRAKES = "gate: {off: true}\nbreaker: {off: true}\n"
CONFIG = QUICK + BRAKES + NAMES.configured()
FEW = f"groups: [{{name: few, select: [{{label: {SHORT}}}], rules: [{{name: few, when: pids > 20}}]}}]\n"
WATCHDOG = 6
"""Seconds; it is fed each three, which a machine without a processor of its own has to keep, too."""
AGAIN = 60.0
"""Seconds from an end to the monitor that follows: it rests for two, and begins."""
REST = 90.0
"""Seconds from the moment that nobody was there to the death of who storms."""
DOCTOR = ("doctor", "--json", "--docker-host", "unix:///run/docker.sock", "--listen", "127.0.0.1:0",
          "--journal", str(STATE / "doctor.db"))  # fmt: skip

PARANOID = Path("/proc/sys/kernel/perf_event_paranoid")
LET_THROUGH = {
    "write to /var/lib/reactor", "write to /run/reactor", "write to /dev/shm", "write to /tmp",
    "write to a tree of cgroups", "read the kernel's log",
}  # fmt: skip
KERNEL = {"cgroups", "kernel tells", "fast lane", "containment", "slip", "kernel log"}
USED = ("engine", "rights", *KERNEL)


@pytest.fixture(scope="module")
def truth(docker_host: str) -> Iterator[Truth]:
    with Truth(docker_host) as witness:
        yield witness


@pytest.fixture(scope="module")
def service(docker_host: str) -> Iterator[Service]:
    """It is begun beside containers that are there already."""
    assert docker_host == "unix:///run/docker.sock"
    with Containers(docker_host) as containers:
        for task in ("first", "second"):
            containers.run(("sleep", "100000"), labels={NAMES.task: task})
        with installed(SHIPPED_RULES, CONFIG) as service:
            yield service


class Staged(Scene):
    """A scene whose monitor writes to systemd's journal."""

    def _told(self, score: Score) -> str:
        (self.folder / "log-unit.txt").write_text(told())
        return super()._told(score)


@pytest.fixture
def scene(service: Service, containers: Containers, truth: Truth, tmp_path: Path) -> Scene:
    return Staged(containers, truth, NAMES, tmp_path)


def storm(scene: Scene, **more: Any) -> str:
    return scene.guilty(scene.run(deeds.STORM, task="storm", pids=deeds.PIDS), **more)


def lane_of(service: Service) -> int:
    """The process of the lane that looks now."""
    return int(service.said("the fast lane looks")[-1]["pid"])


def again(service: Service, deed: Callable[[], None], restarts: int = 1) -> None:
    """After this deed there is another process, which watches, and nothing is left of the one before."""
    before, gone = int(service.shown("NRestarts")), {service.pid, lane_of(service)}
    deed()
    until(lambda: int(service.shown("NRestarts")) == before + restarts, AGAIN, "it was started anew")
    until(lambda: service.shown("ActiveState") == "active", AGAIN, "it said that it is ready")
    until(lambda: service.metric("reactor_lane_up") == 1, AGAIN, "there is a lane again")
    assert service.processes() == {service.pid, lane_of(service)}
    assert not gone & service.processes()


def test_it_is_begun_as_the_page_says_and_ready_when_it_watches(service: Service) -> None:
    """Its start was over when it was ready: so it had listed who is there."""
    assert did("is-active", NAME).strip() == "active"
    assert service.readiness() == "Ready.\n"
    said = service.shown("StatusText")
    assert re.fullmatch(r"watching \d+ living containers of \S+ by \d+ rules", said), said
    assert service.shown("NRestarts") == "0"
    assert Path(f"/proc/{service.pid}/oom_score_adj").read_text().strip() == "-900"
    until(lambda: service.metric("reactor_lane_up") == 1, AGAIN, "there is a lane")
    assert service.processes() == {service.pid, lane_of(service)}


def found(said: str) -> dict[str, tuple[str, str]]:
    """What the doctor found, by check-up; words only of the kernel, since others have amounts in them."""
    checks = json.loads(said)["checks"]
    return {
        each["check"]: (each["verdict"], each["said"] if each["check"] in KERNEL else "") for each in checks
    }


def lost() -> set[str]:
    """What the doctor finds otherwise in the unit than as root outside of it."""
    free, bound = (found(run(str(PROGRAM), *DOCTOR)) for run in (without, within))
    assert free["cgroups"][1].startswith("version v2, mode write")
    assert {free[each][0] for each in USED} == {"ok"}
    assert bound.pop("oom score")[0] == free.pop("oom score")[0] == "ok"
    other = {each for each in free.keys() | bound.keys() if free.get(each) != bound.get(each)}
    # What this kernel has for nobody is no loss, in whatever words it is refused.
    return other - {each for each, (verdict, _) in free.items() if verdict == "degraded"}


def test_of_what_root_can_do_nothing_is_lost_that_the_monitor_uses(service: Service) -> None:
    """Cgroups, direct ends, OOM kills; and forks, unless the kernel keeps these for CAP_SYS_ADMIN."""
    level = PARANOID.read_text() if PARANOID.exists() else "2"
    did("stop", NAME)
    try:
        assert lost() == ({"fork events", "kernel tells"} if int(level) > 2 else set())
        if int(level) > 2:
            PARANOID.write_text("2")
            assert lost() == set()
    finally:
        if PARANOID.exists():
            PARANOID.write_text(level)
        did("start", NAME)


def test_the_sandbox_holds_and_lets_through_what_is_meant(service: Service) -> None:
    """Whatever is tried can be done by root outside of it."""
    probe = (sys.executable, str(Path(__file__).with_name("sandbox.py")))
    free, bound = (json.loads(said) for said in (without(*probe), within(*probe)))
    assert set(free.values()) == {"done"}
    assert {name for name, said in bound.items() if said == "done"} == LET_THROUGH
    meant = {str(STATE), str(RUNTIME), "/tmp", "/var/tmp", "/sys/fs/cgroup"}
    assert service.writable() == meant
    assert [f"{each.stat().st_mode & 0o777:o}" for each in (STATE, RUNTIME)] == ["750", "700"]


def test_who_storms_is_ended_and_nobody_near(service: Service, scene: Scene) -> None:
    scene.bystanders()
    container = storm(scene)
    scene.verdict()
    (intent,) = until(partial(service.closed, container), 15, "it is on record")
    assert intent["rule"] == "safety/pids"
    assert service.metric("reactor_lane_up") == 1
    assert service.metric("reactor_stats_streams") == 0, "the engine is not asked for readings"


def test_rules_are_read_again_and_broken_ones_are_refused(service: Service, scene: Scene) -> None:
    """Those before stay in force, and say so."""
    file, few = FOLDER / "rules/few.yaml", partial(scene.run, deeds.processes(30), labels={SHORT: ""})
    file.write_text(FEW)
    did("reload", NAME)
    scene.bystanders()
    scene.guilty(few(task="one"))
    scene.verdict()
    file.write_text("groups: 5\n")
    refused = systemctl("reload", NAME)
    assert refused.returncode != 0
    assert "few.yaml:1:" in told()
    failed = "the last reload of the rules failed, and those before are in force"
    assert service.shown("StatusText").startswith(failed)
    assert service.shown("ActiveState") == "active"
    scene.guilty(few(task="two"))
    storm(scene)
    scene.verdict()
    file.unlink()
    did("reload", NAME)
    until(lambda: service.shown("StatusText").startswith("watching "), 10, "all is well again")


def test_one_that_stands_still_is_ended_and_started_anew(service: Service, scene: Scene) -> None:
    """By the watchdog; who storms meanwhile is ended by the next one, and nobody twice."""
    with changed(f"WatchdogSec={WATCHDOG}"):
        did("restart", NAME)
        scene.bystanders()
        storm(scene)
        scene.verdict()
        stopped = service.pid

        def stand_still() -> None:
            os.kill(stopped, signal.SIGSTOP)
            storm(scene, promise=REST)

        again(service, stand_still)
        assert "watchdog" in told().lower()
        scene.verdict(REST)
        storm(scene)
        scene.verdict()
    did("restart", NAME)


def test_one_that_was_killed_is_started_anew_and_goes_on(service: Service, scene: Scene) -> None:
    """With the same journal: what is on record stays so."""
    scene.bystanders()
    before = storm(scene)
    scene.verdict()
    record = until(partial(service.closed, before), 15, "it is on record")

    def kill() -> None:
        os.kill(service.pid, signal.SIGKILL)
        storm(scene, promise=REST)

    again(service, kill)
    scene.verdict(REST)
    storm(scene)
    scene.verdict()
    assert service.closed(before) == record


def test_it_stops_clean_and_leaves_the_innocent(service: Service, scene: Scene) -> None:
    """And begins again: who stormed while nobody was there is ended then."""
    scene.bystanders()
    did("stop", NAME)
    ended = {"ActiveState": "inactive", "Result": "success", "ExecMainStatus": "0"}
    assert {each: service.shown(each) for each in ended} == ended
    assert service.processes() == set()
    assert not (CGROUP / "cgroup.procs").exists()
    meanwhile = scene.run(deeds.STORM, task="storm", pids=deeds.PIDS)
    scene.verdict()
    since = scene.truth.now()
    did("start", NAME)
    scene.guilty(meanwhile, since=since, promise=REST)
    scene.verdict()


def test_it_outlives_the_engine(service: Service, scene: Scene) -> None:
    """It is not bound to it, and acts on the next one's containers."""
    process, restarts = service.pid, service.shown("NRestarts")
    did("restart", "docker.service")
    scene.bystanders()
    storm(scene, promise=REST)
    scene.verdict(REST)
    assert (service.pid, service.shown("NRestarts")) == (process, restarts)
    until(lambda: service.shown("StatusText").startswith("watching "), 30, "it sees all again")
