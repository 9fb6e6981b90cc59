"""What can be made through an engine without a socket: the port ``Maker`` on a world.

Only the way from a recipe to the world belongs here; what an engine has against it is in ``orders``, and what
a container does when it was started in ``life``.
"""

import math

from reactor.core.container import ContainerId
from reactor.core.making import not_created, not_started, refuse_unlimited
from reactor.core.ports import NoSuchContainer
from reactor.core.recipes import Recipe
from reactor.testing.box import USUAL_GRACE, Box
from reactor.testing.commands import parse_check, parse_command
from reactor.testing.direct_acting import BY, DirectActing, check_id
from reactor.testing.faults import Kind
from reactor.testing.ground import HOST_CPUS
from reactor.testing.orders import Order, checked
from reactor.testing.refusals import Refused
from reactor.testing.traits import Traits
from reactor.testing.updates import change_to
from reactor.testing.world import World


class DirectMaking(DirectActing):
    """The calls that make something."""

    async def create(self, recipe: Recipe) -> ContainerId:
        """Create a container, which does not run yet."""
        refuse_unlimited(recipe.limits)

        async def answer() -> ContainerId:
            self._reach()
            try:
                return place(self.world, recipe).id
            except Refused as refused:
                raise not_created(refused.status, refused.message) from None

        return await self.script.run(Kind.CREATE, answer)

    async def start(self, container: ContainerId) -> None:
        """Start it; again does no harm."""
        check_id(container)

        async def answer() -> None:
            box = self._find(container)
            if box.id != container:
                raise NoSuchContainer("another container answers to this id")
            try:
                self.world.start(box, BY)
            except Refused as refused:
                raise not_started(refused.status, refused.message) from None

        await self.script.run(Kind.START, answer)


def place(world: World, recipe: Recipe) -> Box:
    """Make what a recipe says; Refused as an engine would."""
    order = Order(
        recipe.image,
        change_to(recipe.limits),
        recipe.entrypoint,
        recipe.command,
        tuple(bind.source for bind in recipe.binds),
        recipe.network_mode,
        bool(recipe.ports),
    )
    words = checked(world.ground, order)
    limits = recipe.limits
    return world.create(
        parse_command(words),
        name=recipe.name,
        labels=recipe.labels,
        image=recipe.image,
        memory_limit=limits.memory,
        pids_limit=limits.pids,
        cpus=None if limits.cpu is None else min(limits.cpu, HOST_CPUS),
        swap_limit=limits.swap,
        network_mode=recipe.network_mode or "default",
        restart_policy=recipe.restart,
        command=words,
        stop_timeout=USUAL_GRACE if recipe.stop_grace is None else math.ceil(recipe.stop_grace),
        traits=_traits(recipe, words),
        by=BY,
    )


def _traits(recipe: Recipe, words: tuple[str, ...]) -> Traits:
    probe = recipe.probe
    return Traits(
        health=None if probe is None else parse_check(probe, words),
        privileged=False,
        init=recipe.init,
        user=recipe.user,
        ports=tuple(sorted({f"{port.inside}/{port.protocol}" for port in recipe.ports})),
        bound=recipe.ports,
        binds={bind.target: bind.source for bind in recipe.binds},
        sealed=frozenset(bind.target for bind in recipe.binds if bind.read_only),
        environment=dict(recipe.environment),
        working_dir=recipe.working_dir,
        entrypoint=tuple(recipe.entrypoint or ()),
        read_only=recipe.read_only,
    )
