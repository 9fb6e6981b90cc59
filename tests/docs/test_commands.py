"""Every command of every page is run, or it says why not: there is no third way.

A page is run in one terminal, from its top to its bottom. Who needs an engine says so (``<!-- world: engine
-->``) and gets a private one with the image ``busybox:1.36``. See CONTRIBUTING.md for the marks.
"""

import re
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.docs.pages import ROOT, Block, blocks, marks_in, pages
from tests.docs.playing import COMMANDS, Play, is_run
from tests.docs.terminal import Terminal
from tests.tooling.containers import Containers
from tools.engine_files import UNPACKED
from tools.observers import amtool, promtool
from tools.private_engine import PrivateEngine

IMAGE = "busybox:1.36"
KINDS = {*COMMANDS, "scene", "yaml", "text", "python", "json"}
LOOKS_TYPED = re.compile(r"^(?:\$ |(?:reactor|docker|make|pip|systemctl|curl) [a-z-])", re.MULTILINE)
BLOCKS = [block for page in pages() for block in blocks(page)]
TYPED = [block for block in BLOCKS if block.kind in COMMANDS]
RUN = {block.page for block in TYPED if is_run(block)}
WORLDS = {page: marks_in(page.read_text()).get("world", "") for page in RUN}

NOT_RUN = {
    "README.md": 1,
    "docs/access.md": 2,
    "docs/benchmarks.md": 1,
    "docs/dashboards.md": 1,
    "docs/dependencies.md": 1,
    "docs/development.md": 1,
    "docs/image.md": 7,
    "docs/installing.md": 1,
    "docs/least-privilege.md": 3,
    "docs/owners.md": 2,
    "docs/performance.md": 2,
    "docs/recording.md": 2,
    "docs/services.md": 2,
    "docs/swarm.md": 3,
    "docs/tutorial.md": 1,
}
"""How many blocks of each page are not run. Who adds one says so here as well."""


def names(chosen: str) -> list[Path]:
    return sorted(page for page, world in WORLDS.items() if world == chosen)


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.fixture(scope="module")
def engine() -> Iterator[PrivateEngine]:
    """An engine for the pages alone: their monitors see everything that is on it."""
    with PrivateEngine() as engine:
        engine.import_busybox(IMAGE)
        yield engine


@pytest.mark.parametrize("page", names(""), ids=name)
def test_a_page_that_needs_no_engine(page: Path) -> None:
    with Terminal() as terminal:
        Play(page, terminal).perform()


@pytest.mark.real
@pytest.mark.parametrize("page", names("engine"), ids=name)
def test_a_page_on_a_real_engine(page: Path, engine: PrivateEngine) -> None:
    with Containers(engine.docker_host) as containers, Terminal(_socket(engine), _programs()) as terminal:
        try:
            Play(page, terminal).perform()
        finally:
            for each in containers.client.containers.list(all=True):
                each.remove(force=True)


@pytest.mark.observers
@pytest.mark.parametrize("page", names("observers"), ids=name)
def test_a_page_with_the_tools_of_prometheus(page: Path) -> None:
    with Terminal(programs=(promtool().parent, amtool().parent)) as terminal:
        Play(page, terminal).perform()


def _socket(engine: PrivateEngine) -> str:
    return engine.docker_host.removeprefix("unix://")


def _programs() -> tuple[Path, ...]:
    """Where the client of the engine is: in the same package as the engine."""
    unpacked = UNPACKED / "usr" / "bin"
    if (unpacked / "docker").exists():
        return (unpacked,)
    found = shutil.which("docker")
    assert found, "there is no docker command beside the engine"
    return (Path(found).parent,)


def test_every_page_with_commands_is_run_in_a_world_that_there_is() -> None:
    assert set(WORLDS.values()) <= {"", "engine", "observers"}
    assert sum(map(is_run, TYPED)) > 40


@pytest.mark.parametrize("page", pages(), ids=name)
def test_every_block_says_what_it_is(page: Path) -> None:
    """No block is without a language, and no command hides in one that is not run."""
    unknown = [block.place for block in blocks(page) if block.kind not in KINDS]
    assert unknown == [], f"their first lines want one of {sorted(KINDS)}"
    hidden = [block.place for block in blocks(page) if block.kind == "text" and _typed(block)]
    assert hidden == [], "commands want 'sh' or 'console', or a mark that says who runs them"


def _typed(block: Block) -> bool:
    return bool(LOOKS_TYPED.search(block.text)) and "run by" not in block.marks


def test_what_is_not_run_says_why_and_is_counted() -> None:
    silent = [block.place for block in BLOCKS if block.marks.get("not run", "a reason") == ""]
    assert silent == []
    counted = Counter(name(block.page) for block in BLOCKS if "not run" in block.marks)
    assert dict(counted) == NOT_RUN


def test_what_is_run_by_another_test_is_run_by_one_that_reads_the_page() -> None:
    """A test that is named for a block exists, and names the page."""
    for block in BLOCKS:
        if (test := block.marks.get("run by")) is None:
            continue
        path = ROOT / test
        assert path.is_file(), f"{block.place}: there is no {test}"
        assert block.page.name in path.read_text(), f"{block.place}: {test} does not read {block.page.name}"


def test_every_python_block_is_run_by_a_test_or_says_why_not() -> None:
    asked = [block for block in BLOCKS if block.kind == "python"]
    assert [each.place for each in asked if not {"example", "run by", "not run"} & each.marks.keys()] == []


@pytest.mark.parametrize(
    "block", [each for each in BLOCKS if each.kind == "yaml"], ids=lambda block: block.place
)
def test_yaml_can_be_read(block: Block) -> None:
    """Whether it says something is checked where its page is run, or by a test of its own."""
    assert YAML(typ="safe", pure=True).load(block.text) is not None
