"""The door to private engines: `PrivateEngine` for tests, a command line for developers.

`python -m tools.private_engine start|stop|status|prepare`: the developer's engine is one per checkout, stays
until it is stopped, and its folder is noted in `.engine/`. Does not belong here: what an engine's life
consists of (engine_life.py).
"""

import argparse
import os
import sys
from pathlib import Path
from typing import Final

from tools import engine_api
from tools.engine_files import CACHE, busybox_file, cache_locked, engine_files
from tools.engine_life import TEST_IMAGE, EngineDidNotStartError, PrivateEngine
from tools.engine_packages import EngineMissingError, say
from tools.engine_traces import TracesRemainError, sweep
from tools.podman_files import podman_files
from tools.podman_life import PrivatePodman

__all__ = [
    "TEST_IMAGE",
    "EngineDidNotStartError",
    "EngineMissingError",
    "PrivateEngine",
    "busybox_file",
    "main",
]

_NOTE: Final = "developer"
DOCKER: Final = "docker"
_KINDS: Final = {DOCKER: PrivateEngine, "podman": PrivatePodman}


def _note(kind: str) -> Path:
    return CACHE / (_NOTE if kind == DOCKER else f"{_NOTE}-{kind}")


def _developer_folder(kind: str) -> Path | None:
    """Return the folder of the developer's engine, if there is one and it answers."""
    note = _note(kind)
    if not note.is_file():
        return None
    folder = Path(note.read_text())
    return folder if engine_api.answers(f"unix://{folder}/docker.sock") else None


def _start(kind: str) -> int:
    with cache_locked("developer"):
        folder = _developer_folder(kind) or _start_new(kind)
    print(f"DOCKER_HOST=unix://{folder}/docker.sock")
    return 0


def _start_new(kind: str) -> Path:
    _sweep_noted(kind)
    engine = _KINDS[kind](guarded=False)
    _note(kind).write_text(str(engine.folder))
    try:
        engine.start()
        engine.import_busybox()
    except BaseException:
        _sweep_noted(kind)
        raise
    say(f"ready, with the image {TEST_IMAGE}, for containers with --network none or host; now export this:")
    return engine.folder


def _stop(kind: str) -> int:
    with cache_locked("developer"):
        _sweep_noted(kind)
    return 0


def _sweep_noted(kind: str) -> None:
    note = _note(kind)
    if note.is_file():
        sweep(Path(note.read_text()))
        note.unlink()


def _status(kind: str) -> int:
    folder = _developer_folder(kind)
    if folder is None:
        print("no private engine is running; `make engine` starts one")
        return 1
    said = engine_api.version(f"unix://{folder}/docker.sock")
    print(f"DOCKER_HOST=unix://{folder}/docker.sock\nengine {said['Version']}, API {said['ApiVersion']}")
    return 0


def _prepare(_kind: str) -> int:
    """Fetch what the tests will need, while somebody sees the progress: pytest would hide it."""
    if os.environ.get("REACTOR_TEST_DOCKER_HOST"):
        busybox_file()
    else:
        engine_files()
    if os.geteuid() == 0:
        podman_files()
    return 0


def main() -> int:
    """Carry out one command; the developer's engine stays after it."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.private_engine", description="A private container engine."
    )
    commands = {"start": _start, "stop": _stop, "status": _status, "prepare": _prepare}
    parser.add_argument("command", choices=commands)
    parser.add_argument("--kind", choices=_KINDS, default=DOCKER, help="which engine (docker)")
    options = parser.parse_args()
    try:
        return commands[options.command](options.kind)
    except (EngineMissingError, EngineDidNotStartError, TracesRemainError) as problem:
        print(f"engine: {problem}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
