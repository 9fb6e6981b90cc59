"""Fixtures for all tests: a real engine, containers on it, and a guard that holds for every test.

A test that uses an engine's fixture is marked `real` by that alone. Nothing is skipped: without an engine,
and without a way to get one, those tests fail and say what is missing.
"""

import os
from collections.abc import Generator, Iterator

import pytest
from _pytest.nodeid import coerce_node_id
from hypothesis import settings

from tests.tooling.containers import Containers
from tests.tooling.guards import no_waiting_schedulers
from tests.tooling.patience import deadlines_extended
from tools import engine_api
from tools.podman_life import PrivatePodman
from tools.private_engine import TEST_IMAGE, PrivateEngine, busybox_file

_PODMAN_FIXTURES = {"podman", "private_podman"}
_ENGINE_FIXTURES = {"docker_host", "private_engine", *_PODMAN_FIXTURES}
_ON_THE_SECOND_ENGINE = {
    "test_brakes", "test_chaos", "test_exits", "test_lane", "test_names", "test_outages", "test_owners",
    "test_rules", "test_triggers", "test_wedged",
}  # fmt: skip
"""About half of the time that those of tests/real take."""
_WITH_ENGINES_OF_THEIR_OWN = {"test_compose", "test_several", "test_swarm"}
_IN_REAL_TIME = ("real", "observers")
_BEHIND = 5


# How long an example takes is the machine's affair: what is fast is shown by the bench, never by a test.
settings.register_profile("reactor", deadline=None)
settings.load_profile("reactor")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs an engine, before `-m` chooses, and keep it in one process where there are several."""
    for item in items:
        if not isinstance(item, pytest.Function):
            continue
        if _ENGINE_FIXTURES & set(item.fixturenames):
            item.add_marker(pytest.mark.real)
        if _on_podman(item):
            item.add_marker(pytest.mark.podman)
        if group := _group_of(item):
            item.add_marker(pytest.mark.xdist_group(group))
            if hasattr(item.config, "workerinput"):
                # pytest-xdist 3.8 writes the group where pytest 9.2 does not look for it any more, and then
                # would spread these tests over all processes: what it asks for by itself is the id.
                item._id = coerce_node_id(f"{item.nodeid}@{group}")
    # They take longest, and what waits for nothing fills the gaps.
    items.sort(key=lambda item: item.get_closest_marker("real") is None)


def _group_of(item: pytest.Function) -> str:
    """Which tests it is to be in one process with; empty if it may be in any."""
    if item.get_closest_marker("real") is not None:
        # Three processes with an engine each, where there are several: most of the time such tests wait.
        if item.path.stem in _ON_THE_SECOND_ENGINE or _on_podman(item):
            return "engine-2"
        in_the_crowd = item.path.parent.name == "real" and item.path.stem not in _WITH_ENGINES_OF_THEIR_OWN
        return "engine" if in_the_crowd else "engine-3"
    chosen = item.get_closest_marker("xdist_group")
    return str(chosen.args[0]) if chosen is not None else ""


def _on_podman(item: pytest.Function) -> bool:
    """Whether it needs podman: by a fixture of its own, or as one of the kinds of engines that it runs on."""
    return bool(_PODMAN_FIXTURES & set(item.fixturenames)) or item.get_closest_marker("podman") is not None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Who waits for an engine or a browser in real time goes before those who only compute.

    Where other processes run tests beside this one; who is not root could not go back.
    """
    if not hasattr(item.config, "workerinput") or os.geteuid() != 0:
        return (yield)
    usual = os.getpriority(os.PRIO_PROCESS, 0)
    if not any(item.get_closest_marker(each) for each in _IN_REAL_TIME):
        os.setpriority(os.PRIO_PROCESS, 0, usual + _BEHIND)
    try:
        return (yield)
    finally:
        os.setpriority(os.PRIO_PROCESS, 0, usual)


@pytest.fixture(autouse=True)
def _no_waiting_schedulers() -> Iterator[None]:
    """No test may start Rx timer threads or block the loop in a trampoline."""
    with no_waiting_schedulers():
        yield


@pytest.fixture(autouse=True)
def _patience() -> Iterator[None]:
    """Deadlines are longer where the processor is an emulated one."""
    with deadlines_extended():
        yield


@pytest.fixture(scope="session")
def docker_host() -> Iterator[str]:
    """Give the address of the real engine: the one that was named, else a private one for this session."""
    named = os.environ.get("REACTOR_TEST_DOCKER_HOST")
    if named:
        if not engine_api.has_image(named, TEST_IMAGE):
            engine_api.import_image(named, engine_api.busybox_rootfs(busybox_file()), TEST_IMAGE)
        yield named
        return
    with PrivateEngine() as engine:
        engine.import_busybox()
        yield engine.docker_host


@pytest.fixture(scope="session")
def podman() -> Iterator[PrivatePodman]:
    """Give a podman to all tests that leave it as it is."""
    with PrivatePodman() as engine:
        engine.import_busybox()
        yield engine


@pytest.fixture
def private_podman() -> Iterator[PrivatePodman]:
    """Give a fresh podman to a test that kills or restarts its service, or has its own monitor on it."""
    with PrivatePodman() as engine:
        engine.import_busybox()
        yield engine


@pytest.fixture
def containers(docker_host: str) -> Iterator[Containers]:
    """Make containers on the real engine; they are gone when the test ends."""
    with Containers(docker_host) as made:
        yield made


@pytest.fixture
def private_engine() -> Iterator[PrivateEngine]:
    """Give a fresh engine to a test that kills, suspends or restarts it."""
    with PrivateEngine() as engine:
        engine.import_busybox()
        yield engine


@pytest.fixture
def private_containers(private_engine: PrivateEngine) -> Iterator[Containers]:
    """Make containers on the private engine; they end with it, as it may be in no state to remove them."""
    with Containers(private_engine.docker_host, removed_at_end=False) as made:
        yield made
