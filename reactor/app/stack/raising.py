"""``reactor stack up``: look, plan, see what stands in the way, carry it out, and look again.

The last look is what counts: somebody else, a monitor for instance, may have ended meanwhile what was up.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from reactor.app.complaint import Complaint
from reactor.app.stack.binding import bound
from reactor.app.stack.carrying import Carrier
from reactor.app.stack.hands import Failed
from reactor.app.stack.looking import Tools, images_of, look
from reactor.app.stack.preflight import Scene, is_this_host, mistakes
from reactor.app.stack.reading import Wanted
from reactor.app.stack.views import View
from reactor.core.language.printing import tame
from reactor.core.ports import EngineError
from reactor.core.stackplans import Fate, Lot, Plan, plan_up
from reactor.core.stacks import Present, Seen
from reactor.data.errors import DataRefused

ROUNDS = 2
"""How often what is missing is brought up, where it does not stay."""
_LONGEST = 500


@dataclass(slots=True)
class Raised:
    """What came of it. ``lots`` are what was to become of each service, ``seen`` is the last look."""

    lots: dict[str, Lot] = field(default_factory=dict)
    ready: dict[str, float] = field(default_factory=dict)
    orphans: tuple[Present, ...] = ()
    seen: Seen = field(default_factory=Seen)
    failed: Failed | None = None


class Raising:
    """Brings one stack up. ``raised`` is filled in meanwhile: whoever breaks it off knows how far it came."""

    def __init__(self, tools: Tools, wanted: Wanted, view: View, *, remove_orphans: bool) -> None:
        self._tools = tools
        self._wanted = wanted
        self._view = view
        self._remove = remove_orphans
        self.raised = Raised()

    async def run(self) -> None:
        """Bring it up. Raises Complaint if something stands in the way: nothing was begun then."""
        plan = await self._plan()
        await self._see_ahead(plan)
        self.raised.orphans = self.raised.seen.orphans(self._wanted.stack)
        self.raised.lots = {lot.service.name: lot for lot in plan.lots}
        self._view.begin(title(self._wanted), [(lot.service.name, fate_of(lot)) for lot in plan.lots])
        try:
            await self._until_all_is_there(plan)
        except Failed as failed:
            self.raised.failed = failed
            with suppress(EngineError):
                self.raised.seen = await look(self._tools.engine, self._wanted.stack)
        except EngineError as error:
            self._view.note(str(error))
            self.raised.failed = Failed("", str(error))

    async def _until_all_is_there(self, plan: Plan) -> None:
        for _ in range(ROUNDS):
            if not plan.steps:
                return
            carrier = Carrier(self._tools, self._wanted, self.raised.seen, self._view)
            try:
                await carrier.carry(plan)
            finally:
                self.raised.ready |= carrier.ready
            plan = await self._plan()
        for lot in plan.lots:
            if lot.fate is not Fate.KEEP:
                failed = Failed(lot.service.name, f"it does not stay up: {lot.why or 'somebody removed it'}")
                self._view.failed(failed.service, failed.sentence, failed.tail)
                raise failed

    async def _plan(self) -> Plan:
        stack = self._wanted.stack
        self.raised.seen = seen = await look(self._tools.engine, stack)
        images = await images_of(self._tools.premises, stack)
        return plan_up(stack, seen, images, remove_orphans=self._remove)

    async def _see_ahead(self, plan: Plan) -> None:
        stack, engine = self._wanted.stack, self._tools.engine
        info = await engine.identify()
        scene = Scene(
            seen=self.raised.seen,
            images=await images_of(self._tools.premises, stack),
            roots=self._wanted.roots(),
            held=await self._tools.premises.ports(),
            names={row.id: row.name for row in await engine.list()},
            here=is_this_host(info.name, local=info.local),
        )
        found = mistakes(stack, plan, scene) or await self._folders(plan)
        if found:
            raise Complaint(*(tame(each, _LONGEST) for each in found), "nothing was changed")

    async def _folders(self, plan: Plan) -> tuple[str, ...]:
        """Have the folders made; what is said against it. A folder too many does no harm."""
        found: list[str] = []
        for lot in plan.lots:
            service = lot.service
            if lot.fate is not Fate.KEEP:
                try:
                    await bound(self._wanted.folders, service)
                except DataRefused as refused:
                    found.append(f"{service.place or service.name}: '{service.name}': {refused}")
        return tuple(found)


def title(wanted: Wanted) -> str:
    """What a stack is called above its lines."""
    number = len(wanted.stack.services)
    services = f"{number} service{'' if number == 1 else 's'}"
    return f"stack {wanted.stack.name}: {services}" + (f", data below {wanted.data}" if wanted.data else "")


def fate_of(lot: Lot) -> str:
    """What becomes of a service, and why, in words."""
    return f"{lot.fate} ({lot.why})" if lot.why else str(lot.fate)


def document(wanted: Wanted, raised: Raised) -> Mapping[str, object]:
    """What a machine may read; keys are only ever added."""
    failed = raised.failed
    return {
        "stack": wanted.stack.name,
        "ok": failed is None,
        "changed": any(lot.fate is not Fate.KEEP for lot in raised.lots.values()),
        "data": wanted.data or None,
        "services": [_entry(wanted, raised, name) for name in raised.lots],
        "orphans": [
            {"service": each.service, "name": each.name, "removed": each.service not in raised.seen.own}
            for each in raised.orphans
        ],
        "failed": {"service": failed.service, "why": failed.sentence, "tail": failed.tail}
        if failed
        else None,
    }


def _entry(wanted: Wanted, raised: Raised, name: str) -> Mapping[str, object]:
    lot, found = raised.lots[name], raised.seen.own.get(name)
    service = lot.service
    return {
        "service": name,
        "name": service.recipe.name,
        "id": found.id if found else None,
        "task": service.task,
        "sidecar_of": service.serves or None,
        "fate": str(lot.fate),
        "why": lot.why,
        "ready_after": raised.ready.get(name),
        "data": wanted.folders.of_task(service.task) if wanted.folders is not None else None,
    }
