"""The benches as fixtures: each contract test runs once for every kind of engine."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.contract.benches import Bench, DockerBench, PodmanBench, direct_bench, embedded_bench
from tests.contract.on_podman import runs_on_podman
from tests.tooling.containers import Containers
from tools.private_engine import PrivateEngine

WORLDS = {"direct": direct_bench, "embedded": embedded_bench}
BENCHES = {"docker": DockerBench, "podman": PodmanBench}
MORTAL = {"docker": "private_engine", "podman": "private_podman"}
KINDS = [
    *WORLDS,
    pytest.param("docker", marks=pytest.mark.real),
    pytest.param("podman", marks=(pytest.mark.real, pytest.mark.podman)),
]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each test runs on every kind that it does not choose itself, and on podman if it is to."""
    own = any(mark.args[0] == "kind" for mark in metafunc.definition.iter_markers("parametrize"))
    if "kind" in metafunc.fixturenames and not own:
        kinds = KINDS if runs_on_podman(metafunc.definition.originalname) else KINDS[:-1]
        metafunc.parametrize("kind", kinds, indirect=True)


@pytest.fixture
def kind(request: pytest.FixtureRequest) -> str:
    """Which kind of engine the test runs on."""
    chosen: str = request.param
    return chosen


@pytest.fixture
def real(kind: str, request: pytest.FixtureRequest) -> Iterator[Containers | None]:
    """Containers on the real engine, if this is about one."""
    if kind == "podman":
        engine = request.getfixturevalue("podman")
        with Containers(engine.docker_host, removed_in_turn=True) as on_podman:
            yield on_podman
        return
    yield request.getfixturevalue("containers") if kind == "docker" else None


@pytest.fixture
def shared(kind: str, request: pytest.FixtureRequest) -> PrivateEngine | None:
    """The podman that all tests share: images are made in it by hand."""
    return request.getfixturevalue("podman") if kind == "podman" else None


@pytest.fixture
async def bench(kind: str, real: Containers | None, shared: PrivateEngine | None) -> AsyncIterator[Bench]:
    """An engine that stays up."""
    if real is not None:
        docker = BENCHES[kind](real, shared)
        yield docker
        await docker.clear()
        return
    async with WORLDS[kind]() as made:
        yield made


@pytest.fixture
def mortal_engine(kind: str, request: pytest.FixtureRequest) -> PrivateEngine | None:
    """A real engine that may be killed, if this is about one."""
    if kind not in BENCHES:
        return None
    engine: PrivateEngine = request.getfixturevalue(MORTAL[kind])
    return engine


@pytest.fixture
async def mortal_bench(kind: str, mortal_engine: PrivateEngine | None) -> AsyncIterator[Bench]:
    """An engine that the test may kill and start again."""
    if mortal_engine is not None:
        with Containers(mortal_engine.docker_host, removed_at_end=False) as containers:
            yield BENCHES[kind](containers, mortal_engine)
        return
    async with WORLDS[kind]() as made:
        yield made


@pytest.fixture
async def publishing_bench(kind: str) -> AsyncIterator[Bench]:
    """An engine whose containers can publish ports, in a network that nobody else is in."""
    if kind in WORLDS:
        async with WORLDS[kind]() as made:
            yield made
        return
    with PrivateEngine(own_network=True) as engine:
        engine.import_busybox()
        with Containers(engine.docker_host, removed_at_end=False) as containers:
            yield DockerBench(containers)
