"""What `--help` loads: nothing heavy, so that it is there at once.

Modules are counted, and no time is taken: that depends on the machine.
"""

import subprocess
import sys

import pytest

MOST = 160
"""Modules; 137 when this was written, the parser's own with them, and those that Python loads in any case."""
HEAVY = frozenset(
    {
        "asyncio", "bcrypt", "docker", "google", "h11", "lark", "msgspec", "opentelemetry", "pydantic",
        "reactivex", "requests", "rich", "ruamel", "shtab", "sqlite3", "trio", "urllib3",
    }
)  # fmt: skip
LOOK = """\
import runpy, sys
sys.argv = ["reactor", *{arguments!r}]
try:
    runpy.run_module("reactor", run_name="__main__")
except SystemExit as ended:
    assert not ended.code, ended.code
print(*sys.modules, file=sys.stderr)
"""


def loaded(*arguments: str) -> set[str]:
    """The modules that `python -m reactor` has loaded when it ends."""
    done = subprocess.run(
        [sys.executable, "-c", LOOK.format(arguments=arguments)],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    return set(done.stderr.split())


@pytest.mark.parametrize("arguments", [("--help",), ("--version",), ("run", "--help")])
def test_help_loads_nothing_heavy(arguments: tuple[str, ...]) -> None:
    modules = loaded(*arguments)
    assert {name.partition(".")[0] for name in modules} & HEAVY == set()
    assert len(modules) <= MOST, sorted(modules)


def test_what_is_counted_as_heavy_is_what_a_monitor_loads() -> None:
    """Were a name misspelt above, nothing would ever be found."""
    modules = loaded("schema")
    assert {"pydantic", "lark"} <= {name.partition(".")[0] for name in modules} & HEAVY


ASK = """\
import os, sys, tempfile
from pathlib import Path
import trio
from reactor.app import running
from reactor.engine.calls import DockerEngine
from reactor.engine.endpoint import resolve
from reactor.testing.api import serve_world
from reactor.testing.world import World

async def ask(folder):
    resolve(None, {})
    async with trio.open_nursery() as nursery:
        world = World()
        world.add_image(labels={"whose": "the image's"})
        await nursery.start(serve_world, world, folder / "d.sock")
        box = world.create()
        world.start(box)
        found = await DockerEngine(resolve(f"unix://{folder}/d.sock", {})).inspect(box.id)
        assert found.image_labels == {"whose": "the image's"}
        nursery.cancel_scope.cancel()

with tempfile.TemporaryDirectory() as folder:
    os.environ["HOME"] = folder
    os.environ.pop("DOCKER_CONFIG", None)
    trio.run(ask, Path(folder))
print(*sys.modules)
"""


def test_a_monitor_of_an_engine_at_a_socket_does_without_the_sdk() -> None:
    """It would take 7.5 MB for as long as the monitor lives, for what our own client does as well."""
    done = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, check=True, timeout=60)
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert loaded & {"docker", "requests", "urllib3"} == set()
    assert {"pydantic", "reactivex"} <= loaded
