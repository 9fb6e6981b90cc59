"""The shipped Compose file, brought up: it ends a storm directly, Prometheus sees it, it goes in order."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.real import deeds
from tests.real.composed import SERVICES, STARTS_WITHIN, Composed, composed, may_raise_limits
from tests.real.scene import Names, Scene
from tests.real.truth import Truth, seconds
from tests.real.waiting import until
from tests.tooling.containers import Containers
from tools.engine_files import CHECKOUT

pytestmark = pytest.mark.real

ALERTS = CHECKOUT / "grafana/alerts"
GRACE = 60.0
"""Seconds that the file gives the monitor to end."""
SCRAPED_WITHIN = 60.0
"""It looks every 15 s, as it is shipped."""


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Composed]:
    """The engine with the images of the services; nothing is up yet."""
    folder = tmp_path / "beside"
    folder.mkdir()
    with composed(folder) as found:
        yield found


@pytest.fixture
def composed_scene(services: Composed, tmp_path: Path, measured: Callable[[str], None]) -> Iterator[Scene]:
    """A scene on that engine."""
    host = services.docker_host
    with Containers(host, removed_at_end=False) as containers, Truth(host) as truth:
        yield Scene(containers, truth, Names(), tmp_path, measured)


def test_the_shipped_file_comes_up_does_its_work_goes_and_comes_back(
    services: Composed, composed_scene: Scene
) -> None:
    """Under the shipped rules: beside the services, and three who nearly break one, whom nobody touches."""
    scene = composed_scene
    services.up(*SERVICES)
    scene.bystanders()
    _all_of_them_run(services, scene)
    monitor, began = services.container("monitor"), services.inspect("monitor")["State"]["StartedAt"]
    _it_works_with_all_that_the_file_gives_it(services)
    ended = _storm(services, scene)
    _it_was_ended_directly(services, ended)
    _prometheus_has_it_in_view(services)
    scene.verdict()
    scene.report("a storm, under the shipped Compose file")

    assert services.inspect("monitor")["State"]["StartedAt"] == began, "it has gone on all the time"
    _it_goes_in_order(services, scene, monitor)

    services.up("monitor")
    assert services.container("monitor") != monitor
    code, said = services.says("reactor", "show", ended)
    assert (code, "safety/pids" in said) == (0, True), said
    _storm(services, scene)
    scene.verdict()


def _all_of_them_run(services: Composed, scene: Scene) -> None:
    """All are innocents, and no rule could end them, however wide."""
    for service in SERVICES:
        container = services.container(service)
        scene.charges.names[container] = service
        # The monitor ends by itself, and is begun again, while the proxy before the engine is not there yet.
        scene.untouched(container) if service == "monitor" else scene.innocent(container)
        standing = "protected" if service == "monitor" else "skipped"
        told = (f'container_id="{container}"', f'standing="{standing}"')
        # One that was made after the monitor may not have been looked at yet.
        until(partial(services.metric, "reactor_container_info", *told), STARTS_WITHIN, f"{service} is known")


def _it_works_with_all_that_the_file_gives_it(services: Composed) -> None:
    """The check of the image says well, and the doctor, asked in the container, finds nothing that fails."""
    monitor = services.inspect("monitor")
    check = monitor["Config"]["Healthcheck"]["Test"]
    assert check[0] == "CMD"
    until(lambda: services.says(*check[1:]) == (0, "healthy\n"), STARTS_WITHIN, "it is healthy")
    if may_raise_limits():
        score = Path(f"/proc/{monitor['State']['Pid']}/oom_score_adj").read_text()
        assert score.strip() == "-900"
    code, said = services.says("reactor", "doctor", *_named(monitor["Args"]))
    assert (code, ", 0 failed" in said) == (0, True), said
    for line in ("rights", "journal", "cgroups", "fast lane", "containment", "slip", "kernel log"):
        assert f"\nok        {line} " in said, (line, said)
    assert "mode write" in said


def _named(arguments: list[str]) -> list[str]:
    """Of what the monitor is called with, what the doctor is to know."""
    return [each for each in arguments if each.startswith(("--docker-host", "--journal", "--rules"))]


def _storm(services: Composed, scene: Scene) -> str:
    """A storm that begins when it is held, as the innocent in scope is: then it is ended directly."""
    sign = scene.folder / f"sign-{len(scene.charges.guilty)}"
    sign.mkdir()
    storm = deeds.on_a_sign(deeds.STORM[-1])
    container = scene.run(storm, task="storm", pids=deeds.PIDS, **deeds.sees(sign))
    until(lambda: services.metric("reactor_containment_held") == 2, STARTS_WITHIN, "it is held")
    scene.guilty(container, since=scene.truth.now())
    (sign / "go").touch()
    scene.verdict()
    return container


def _it_was_ended_directly(services: Composed, container: str) -> None:
    code, said = services.says("reactor", "show", container)
    assert (code, "contain by" in said) == (0, True), said
    assert services.metric("reactor_contained_total", 'outcome="ended"') == 1
    assert services.metric("reactor_kernel_mode", 'mode="write"') == 1
    assert "the fast lane looks" in services.log("monitor")


def _prometheus_has_it_in_view(services: Composed) -> None:
    """The monitor and both observers are up, the shipped alerts are all there, and Alertmanager is known."""
    wanted = {"reactor": "1", "prometheus": "1", "alertmanager": "1"}
    until(lambda: _up(services) == wanted, SCRAPED_WITHIN, "Prometheus has looked at all three")
    groups = services.prometheus("rules")["groups"]
    assert {rule["name"] for group in groups for rule in group["rules"]} == _shipped_alerts()
    known = services.prometheus("alertmanagers")["activeAlertmanagers"]
    assert [each["url"] for each in known] == ["http://alertmanager:9093/api/v2/alerts"]
    assert services.ask(9093, "/-/ready")


def _up(services: Composed) -> dict[str, Any]:
    found = services.prometheus("query?query=up").get("result", [])
    return {each["metric"]["job"]: each["value"][1] for each in found}


def _shipped_alerts() -> set[str]:
    read = YAML(typ="safe", pure=True).load
    groups = [group for file in ALERTS.glob("*.yaml") for group in read(file.read_text())["groups"]]
    return {rule.get("alert") or rule["record"] for group in groups for rule in group["rules"]}


def _it_goes_in_order(services: Composed, scene: Scene, monitor: str) -> None:
    """It is told once, within its grace, and ends well; whoever is not of the services is left alone."""
    ours = {services.container(service) for service in SERVICES}
    scene.charges.untouched -= ours
    scene.charges.innocent = {k: v for k, v in scene.charges.innocent.items() if k not in ours}
    with ThreadPoolExecutor(1) as pool:
        code = pool.submit(services.ended_with, monitor)
        services.compose("down")
        assert code.result() == 0
    until(lambda: scene.truth.events(monitor, "destroy"), 30, "it is removed")
    # Where the proxy was late at the start, the engine has begun it more than once.
    life = scene.truth.lives(monitor)[-1]
    assert (life.signals, life.died is not None) == (("15",), True)
    assert seconds((life.died or 0) - life.moments[0]) < GRACE
    assert [services.container(each) for each in SERVICES] == [""] * len(SERVICES)
