"""The engine for those who act: a look that asks nothing beside the container."""

import tempfile

import trio

from reactor.engine.calls import DockerEngine
from reactor.engine.endpoint import resolve
from reactor.testing.api import serve_world
from reactor.testing.world import World


async def test_a_look_before_acting_reads_no_image_and_knows_what_was_read() -> None:

    world = World()
    world.add_image("labelled:1", {"from": "image"})
    first = world.spawn(name="first", image="labelled:1")
    second = world.spawn(name="second")
    with tempfile.TemporaryDirectory() as folder:
        socket = f"{folder}/d.sock"
        async with trio.open_nursery() as nursery:
            await nursery.start(serve_world, world, socket)
            engine = DockerEngine(resolve(f"unix://{socket}", {}))
            await engine.identify()
            seen = await engine.inspect(first.id)
            acting = engine.for_acting()
            again = await acting.inspect(first.id)
            assert (again.run, again.image_labels) == (seen.run, {"from": "image"})
            assert (await acting.inspect(second.id)).image_labels is None
            assert await acting.kill(first.id) == 204
            nursery.cancel_scope.cancel()
