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

__all__ = [
    "TEST_IMAGE",
    "EngineDidNotStartError",
    "EngineMissingError",
    "PrivateEngine",
    "busybox_file",
    "main",
]

_NOTE: Final = CACHE / "developer"


def _developer_folder() -> Path | None:
    """Return the folder of the developer's engine, if there is one and it answers."""
    if not _NOTE.is_file():
        return None
    folder = Path(_NOTE.read_text())
    return folder if engine_api.answers(f"unix://{folder}/docker.sock") else None


def _start() -> int:
    with cache_locked("developer"):
        folder = _developer_folder() or _start_new()
    print(f"DOCKER_HOST=unix://{folder}/docker.sock")
    return 0


def _start_new() -> Path:
    _sweep_noted()
    engine = PrivateEngine(guarded=False)
    _NOTE.write_text(str(engine.folder))
    try:
        engine.start()
        engine.import_busybox()
    except BaseException:
        _sweep_noted()
        raise
    say(f"ready, with the image {TEST_IMAGE}, for containers with --network none or host; now export this:")
    return engine.folder


def _stop() -> int:
    with cache_locked("developer"):
        _sweep_noted()
    return 0


def _sweep_noted() -> None:
    if _NOTE.is_file():
        sweep(Path(_NOTE.read_text()))
        _NOTE.unlink()


def _status() -> int:
    folder = _developer_folder()
    if folder is None:
        print("no private engine is running; `make engine` starts one")
        return 1
    said = engine_api.version(f"unix://{folder}/docker.sock")
    print(f"DOCKER_HOST=unix://{folder}/docker.sock\nengine {said['Version']}, API {said['ApiVersion']}")
    return 0


def _prepare() -> int:
    """Fetch what the tests will need, while somebody sees the progress: pytest would hide it."""
    if os.environ.get("REACTOR_TEST_DOCKER_HOST"):
        busybox_file()
    else:
        engine_files()
    return 0


def main() -> int:
    """Carry out one command; the developer's engine stays after it."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.private_engine", description="A private Docker engine."
    )
    commands = {"start": _start, "stop": _stop, "status": _status, "prepare": _prepare}
    parser.add_argument("command", choices=commands)
    command = commands[parser.parse_args().command]
    try:
        return command()
    except (EngineMissingError, EngineDidNotStartError, TracesRemainError) as problem:
        print(f"engine: {problem}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
