"""What the tests on a real engine share: a crowd of innocents, one monitor that watches them all, scenes.

The crowd stands there through all tests of this folder, so that each of them is also a test that nobody of
the crowd is touched. Whatever the tests measure is printed at the end of the session.
"""

import subprocess
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.real import deeds
from tests.real.monitor import SHIPPED_RULES, Monitor
from tests.real.scene import Names, Scene
from tests.real.truth import Truth
from tests.real.verdict import Score, judge
from tests.tooling.containers import Containers
from tests.tooling.patience import FACTOR
from tools.private_engine import PrivateEngine

MEASURED = pytest.StashKey[list[str]]()
LIFETIME = 3.0

_SHORT_LIVES = """\
groups:
  - name: short
    select: [{{label: {label}}}]
    rules: [{{name: lifetime, when: age > {seconds}s}}]
"""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print what was measured, whether the tests passed or not."""
    if measured := config.stash.get(MEASURED, []):
        terminalreporter.section("measured on a real engine (seconds from the breach to the death)")
        for line in measured:
            terminalreporter.line(line)


@pytest.fixture(scope="session")
def measured(pytestconfig: pytest.Config) -> Callable[[str], None]:
    """Takes lines for the summary at the end of the session."""
    return pytestconfig.stash.setdefault(MEASURED, []).append


@pytest.fixture(scope="package")
def truth(docker_host: str) -> Iterator[Truth]:
    """The witness of the engine that all share."""
    with Truth(docker_host) as witness:
        yield witness


@pytest.fixture(scope="package")
def names() -> Names:
    """Label names of our own: the engine may be somebody's."""
    return Names.of(_unique())


def _unique() -> str:
    return f"rt-{uuid.uuid4().hex[:8]}"


@pytest.fixture(scope="package")
def crowd(
    docker_host: str, truth: Truth, names: Names, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scene]:
    """Innocents with everything that nearly breaks a rule; they are judged once more at the very end."""
    with Containers(docker_host) as containers:
        scene = Scene(containers, truth, names, tmp_path_factory.mktemp("crowd"))
        scene.innocent(*_crowd(scene))
        yield scene
        assert judge(truth, scene.charges) == Score()


def _crowd(scene: Scene) -> Iterator[str]:
    names = scene.names
    limits: dict[str, Any] = {"pids": deeds.PIDS, "mem": deeds.MEMORY}
    nobody, mine = {f"{names.task}x": "t", f"x{names.task}": "t"}, {_short(names): ""}
    crowd: dict[str, dict[str, Any]] = {
        "200-pids": {"command": deeds.AT_THE_LIMIT, **limits},
        "nearly-full": {"command": deeds.NEARLY_FULL, "shm_size": "64m", **limits},
        "full-of-cache": {"command": deeds.PAGE_CACHE, **limits},
        "another-task": limits,
        "out-of-scope": {"command": deeds.STORM, "labels": nobody, "name": names.task, "pids": deeds.PIDS},
    }
    if FACTOR == 1:
        # What spares these are labels: that is the same on every host, and where each container takes
        # long to start it is not tried once more.
        storm = {"command": deeds.STORM, "pids": deeds.PIDS}
        crowd["its-sidecar"] = {"serves": "another-task", **limits}
        crowd["skipped"] = {"skip": "", "labels": mine, **storm}
        crowd["skipped-with-no"] = {"skip": "false", **storm}
        crowd["without-limits"] = {}
    for name, options in crowd.items():
        container = scene.run(task=None if {"serves", "name"} & options.keys() else name, **options)
        scene.charges.names[container] = name
        yield container


def _short(names: Names) -> str:
    return f"{names.task.removesuffix('.task')}.short"


@pytest.fixture(scope="package")
def short(names: Names) -> str:
    """The label that the lifetime rule of the watcher selects."""
    return _short(names)


@pytest.fixture(scope="package")
def watcher(crowd: Scene, short: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Monitor]:
    """One monitor for many tests, with the shipped rules, and a short lifetime for those who ask for it.

    It must end well at the end, and all that it ever wrote must be log lines.
    """
    rules = tmp_path_factory.mktemp("rules")
    (rules / "safety.yaml").write_text((SHIPPED_RULES / "safety.yaml").read_text())
    (rules / "short.yaml").write_text(_SHORT_LIVES.format(label=short, seconds=LIFETIME))
    with crowd.monitor(rules=rules) as monitor:
        yield monitor


@pytest.fixture
def scene(
    containers: Containers,
    truth: Truth,
    names: Names,
    crowd: Scene,
    tmp_path: Path,
    measured: Callable[[str], None],
) -> Scene:
    """A scene under the eyes of the watcher, in front of the crowd."""
    return Scene(containers, truth, names, tmp_path, measured, crowd)


@pytest.fixture
def lone_scene(
    containers: Containers, truth: Truth, crowd: Scene, tmp_path: Path, measured: Callable[[str], None]
) -> Scene:
    """A scene that the watcher does not govern, for tests with a monitor of their own."""
    return Scene(containers, truth, Names.of(_unique()), tmp_path, measured, crowd)


@pytest.fixture
def private_scene(
    private_engine: PrivateEngine,
    private_containers: Containers,
    tmp_path: Path,
    measured: Callable[[str], None],
) -> Iterator[Scene]:
    """A scene on an engine of its own, with reactor's own labels; the test may do anything to that engine."""
    with Truth(private_engine.docker_host) as witness:
        yield Scene(private_containers, witness, Names(), tmp_path, measured)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of a few megabytes (mounting it needs root, as the private engine does)."""
    folder = tmp_path / "small"
    folder.mkdir()
    command = ("mount", "-t", "tmpfs", "-o", "size=4m", "reactor-test", str(folder))
    subprocess.run(command, check=True)
    yield folder
    subprocess.run(("umount", str(folder)), check=True)
