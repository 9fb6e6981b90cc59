"""The real program on the embedded engine: its world lives in the test, the program beside it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

import trio

from reactor.journal.clocks import wall
from reactor.testing.api import serve_world
from reactor.testing.world import World
from tests.real.monitor import Monitor

Answer = TypeVar("Answer")
RULES = "groups:\n  - name: g\n    rules:\n      - {name: pids, when: pids > 200, for: 0s}\n"


def rules_in(folder: Path, text: str = RULES) -> Path:
    path = folder / "rules.yaml"
    path.write_text(text)
    return path


async def apart(call: "partial[Answer]") -> Answer:
    """Call what blocks, while the world goes on; who gives up does not wait for it."""
    return await trio.to_thread.run_sync(call, abandon_on_cancel=True)


@asynccontextmanager
async def monitored(
    folder: Path, config: str = "", rules: str = RULES, environ: Mapping[str, str] | None = None
) -> AsyncIterator[tuple[World, Monitor]]:
    """A world with a monitor that is ready."""
    world = World(epoch=wall())
    async with trio.open_nursery() as nursery:
        await nursery.start(serve_world, world, folder / "d.sock")
        monitor = Monitor(
            folder,
            f"unix://{folder / 'd.sock'}",
            config=config,
            rules=rules_in(folder, rules),
            environ=environ,
        )
        try:
            monitor.start()
            await apart(partial(monitor.wait_ready))
            yield world, monitor
            await apart(partial(monitor.stop))
        finally:
            monitor.end()
        nursery.cancel_scope.cancel()
