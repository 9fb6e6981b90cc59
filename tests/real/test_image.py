"""The image, built from its Dockerfile and run as docs/image.md says: it ends storms, and not itself."""

import io
import json
import os
import signal
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.real import deeds
from tests.real.engines import outage
from tests.real.imaged import CHECK, GROUP, STARTS_WITHIN, USER, House, Lodger, full, least, open_house
from tests.real.scene import Names, Scene
from tests.real.truth import Truth
from tests.real.waiting import until
from tests.tooling.containers import Containers
from tools.image.making import IMAGE

pytestmark = pytest.mark.real
LIMITS: dict[str, Any] = {"pids": deeds.PIDS}
EVERYBODY = "scope: [{name: '*'}]\n"
FOR_ALL = "groups: [{name: all, rules: [{name: all, when: pids >= 1, contain: true}]}]"
LASTING = FOR_ALL.replace("pids >= 1", "pids >= 1, for: 2s")
"""Who is ended in the moment of his start may not be held yet, and then is ended by the engine alone."""
PYTHON = "/opt/reactor/bin/python"
WHO = "from reactor.app.identity import find_whereabouts; print(find_whereabouts().own)"
WHO_ELSE = """
import trio
from reactor.app.hosted import knowing_itself
from reactor.app.settings import Settings
from reactor.engine.calls import DockerEngine
from reactor.engine.endpoint import resolve
settings = trio.run(knowing_itself, Settings(), DockerEngine(resolve("unix:///run/engine/docker.sock", {})))
print(*settings.policy.protected_ids)
"""


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    """An engine with the image."""
    with open_house() as opened:
        yield opened


@pytest.fixture(scope="module")
def witness(house: House) -> Iterator[Truth]:
    """Its witness."""
    with Truth(house.engine.docker_host) as truth:
        yield truth


@pytest.fixture
def housed(
    house: House, witness: Truth, tmp_path: Path, measured: Callable[[str], None]
) -> Iterator[Scene]:
    """A scene on that engine."""
    with Containers(house.engine.docker_host) as containers:
        yield Scene(containers, witness, Names(), tmp_path, measured)


def storm(scene: Scene, task: str) -> str:
    """One who has to be ended."""
    return scene.guilty(scene.run(deeds.STORM, task=task, **LIMITS))


def of_process(pid: int) -> dict[str, str]:
    """What the kernel says of a process."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}


def test_without_root_and_any_right_it_ends_a_storm_and_its_health_is_that_of_its_loop(
    house: House, housed: Scene, tmp_path: Path
) -> None:
    housed.bystanders()
    with Lodger(housed, least(house, tmp_path, healthcheck=CHECK)) as lodger:
        storm(housed, "bad")
        housed.verdict()
        housed.report("a storm, seen from a container without rights")
        lodger.wait_health("healthy")
        pids = lodger.processes()
        first, monitor = (of_process(pid) for pid in pids)
        assert (first["Name"], first["NSpid"].split()[-1]) == ("tini", "1")
        for process in (first, monitor):
            assert process["Uid"].split() == [str(USER)] * 4
            assert {process[each] for each in ("CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}
            assert (process["NoNewPrivs"], str(GROUP) in process["Groups"].split()) == ("1", True)
        os.kill(pids[1], signal.SIGSTOP)
        lodger.wait_health("unhealthy")
        os.kill(pids[1], signal.SIGCONT)
        lodger.wait_health("healthy")


@pytest.mark.parametrize(
    ("level", "namespace", "rules"),
    [(least, "private", FOR_ALL), (full, "host", LASTING)],
    ids=["least", "full"],
)
def test_under_a_rule_for_all_it_never_ends_itself(
    house: House,
    housed: Scene,
    tmp_path: Path,
    level: Callable[..., dict[str, Any]],
    namespace: str,
    rules: str,
) -> None:
    """All others are ended, but for who is skipped. The monitor is in scope and breaks the rule, too."""
    housed.innocent(housed.run(deeds.STORM, task="s", skip="", **LIMITS))
    with Lodger(housed, level(house, tmp_path, cgroupns=namespace), rules=rules, told=EVERYBODY) as lodger:
        housed.innocent(lodger.id)
        ended = storm(housed, "bad"), housed.guilty(housed.run(task="a")), housed.guilty(housed.run())
        housed.verdict()
        housed.report(f"whoever is there, at the level {level.__name__}")
        code, said = lodger.exec("explain", lodger.id)
        assert (code, "protected" in said) == (0, True), said
        assert bool(lodger.said("containers can be ended directly")) == (level is full), lodger.log()[:3000]
        told = [lodger.exec("show", each) for each in ended]
        assert [code for code, _ in told] == [0, 0, 0]
        assert [("contain by" in said) for _, said in told] == [level is full] * 3, told


def test_it_outlives_the_engine_and_comes_back_with_it(
    house: House, housed: Scene, tmp_path: Path
) -> None:
    """The engine is killed with -9: at first its containers outlive it, then it takes them along.

    With `unless-stopped` Docker 20.10 leaves it dead the second time: its own kill is a stop by hand to it.
    """
    options = least(house, tmp_path, restart="always")
    with Lodger(housed, options) as lodger:
        began = lodger.state["StartedAt"]
        housed.untouched(housed.run(deeds.AT_THE_LIMIT, task="good", restart="always", **LIMITS))
        with outage(house.engine, housed.truth):
            pass
        assert lodger.state["StartedAt"] == began
        until(lodger.noticed_a_cut, STARTS_WITHIN, "it notices")
        storm(housed, "after")
        housed.verdict()
        house.engine.live_restore = False
        with outage(house.engine, housed.truth):
            pass
        until(lambda: lodger.state["StartedAt"] != began, STARTS_WITHIN, "the engine starts it again")
        lodger.wait_ready(starts=2)
        storm(housed, "after-that")
        housed.verdict()


@pytest.mark.parametrize("namespace", ["host", "private"])
@pytest.mark.parametrize("network", ["none", "host"])
def test_it_finds_its_own_container(
    house: House, housed: Scene, tmp_path: Path, namespace: str, network: str
) -> None:
    options = least(house, tmp_path, cgroupns=namespace, network_mode=network, entrypoint=[PYTHON])
    asked = housed.containers.run(("-c", WHO), **options)
    housed.containers.client.api.wait(asked)
    assert housed.containers.client.api.logs(asked).decode().split() == [asked]


def test_who_has_the_files_of_another_is_spared_with_it(house: House, housed: Scene, tmp_path: Path) -> None:
    """In another's network, and a cgroup namespace of its own, nothing tells it from that other one."""
    other, third = housed.run(), housed.run()
    options = least(house, tmp_path, cgroupns="private", entrypoint=[PYTHON])
    asked = housed.containers.run(("-c", WHO_ELSE), network_mode=f"container:{other}", **options)
    housed.containers.client.api.wait(asked)
    said = housed.containers.client.api.logs(asked, stderr=False).decode().split()
    assert asked in said, housed.containers.client.api.logs(asked).decode()
    assert third not in said


def test_what_is_in_it_is_written_down(house: House, housed: Scene) -> None:
    """The bill of materials, the labels, and what it runs as when nothing is said."""
    image = housed.containers.client.images.get(IMAGE).attrs["Config"]
    assert (image["User"], image["StopSignal"]) == (f"{USER}:{USER}", "SIGTERM")
    assert image["Entrypoint"][0] == "/usr/bin/tini"
    assert image["Healthcheck"]["Test"] == ["CMD", "reactor", "health"]
    assert image["Labels"]["org.opencontainers.image.title"] == "reactor"
    api, made = housed.containers.client.api, housed.containers.create((), image=IMAGE)
    chunks, _ = api.get_archive(made, "/opt/reactor/sbom.cdx.json")
    with tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as archive:
        bill = json.load(archive.extractfile("sbom.cdx.json"))  # type: ignore[arg-type]
    assert (bill["bomFormat"], bill["metadata"]["component"]["name"]) == ("CycloneDX", "reactor")
    named = {each["name"] for each in bill["components"]}
    assert {"trio", "docker", "h11", "libc6", "tini", "python"} <= named
    # What only builds or tests it stays outside.
    assert not {"pip", "hatchling", "pytest", "mypy"} & named
