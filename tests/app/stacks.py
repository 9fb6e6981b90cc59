"""A stack on the embedded engine: its world, its file, and the command in this very process."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import trio

from reactor.app.complaint import Complaint
from reactor.app.options import parser
from reactor.app.stack.command import carry_out
from reactor.app.stack.looking import Tools
from reactor.engine.calls import DockerEngine
from reactor.engine.endpoint import Endpoint, resolve
from reactor.engine.making import Making
from reactor.engine.premises import Premises
from reactor.journal.clocks import wall
from reactor.testing.api import serve_world
from reactor.testing.box import Box
from reactor.testing.world import World

SHOP = """\
name: shop
services:
  db:
    image: db:1
    command: [sh, -c, "trap 'exit 0' TERM; sleep inf"]
    volumes: ["${REACTOR_DATA}/db:/data", "${REACTOR_SHARED}/all:/all"]
    healthcheck: {test: [CMD, "true"], interval: 200ms}
    stop_grace_period: 1s
    x-reactor: {sidecar_of: web, folders: {db: {mode: "0750"}}}
  web:
    image: web:1
    command: [sh, -c, "trap 'exit 0' TERM; sleep inf"]
    depends_on: {db: {condition: service_healthy}}
    ports: ["8085:80"]
  proxy:
    image: web:1
    command: [sh, -c, "trap 'exit 0' TERM; sleep inf"]
    network_mode: main
    x-reactor: {sidecar_of: web}
"""


@dataclass(slots=True)
class Desk:
    """Where commands are given. ``host`` is the engine's address."""

    world: World
    folder: Path
    capsys: pytest.CaptureFixture[str]
    host: str
    settled: float = 0.02

    @property
    def file(self) -> Path:
        """The stack's file."""
        return self.folder / "shop.yaml"

    @property
    def data(self) -> Path:
        """Where its data lies."""
        return self.folder / "data"

    def write(self, text: str = SHOP) -> None:
        """Write the file anew."""
        self.file.write_text(text)

    async def give(self, verb: str, *more: str) -> tuple[int, str]:
        """Give the command: its exit code, and all that it said, a complaint included."""
        words = ["stack", verb, str(self.file), "--docker-host", self.host, "--data-root", str(self.data)]
        self.capsys.readouterr()
        try:
            code = await carry_out(parser().parse_args([*words, *more]), self.settled)
        except Complaint as complaint:
            return complaint.code, "\n".join(complaint.lines)
        said = self.capsys.readouterr()
        return code, said.out + said.err

    async def document(self, verb: str, *more: str) -> tuple[int, dict[str, Any]]:
        """The same as a document."""
        code, said = await self.give(verb, "--json", *more)
        found: dict[str, Any] = json.loads(said)
        return code, found

    def names(self) -> list[str]:
        """The containers that are there."""
        return sorted(box.name for box in self.world.boxes)

    def box(self, service: str) -> Box:
        """The container of a service."""
        return self.world.find(f"shop-{service}")

    def tools(self) -> Tools:
        """The hands of the command."""
        engine = DockerEngine(self.endpoint)
        return Tools(engine, Making.on(engine), Premises.on(engine))

    @property
    def endpoint(self) -> Endpoint:
        """The engine's."""
        return resolve(self.host, {}, None)


def stock(world: World) -> World:
    """The world with the images of the shop."""
    for image in ("db:1", "web:1"):
        world.add_image(image)
    return world


@asynccontextmanager
async def open_desk(folder: Path, capsys: pytest.CaptureFixture[str]) -> AsyncIterator[Desk]:
    """A world behind a socket, with the images of the shop and its file."""
    world = stock(World(epoch=wall()))
    desk = Desk(world, folder, capsys, f"unix://{folder / 'd.sock'}")
    desk.data.mkdir()
    desk.write()
    async with trio.open_nursery() as nursery:
        await nursery.start(serve_world, world, folder / "d.sock")
        yield desk
        nursery.cancel_scope.cancel()
