"""``reactor stack down``: the last one first, each asked to stop, removed, and seen to be gone.

No data is ever removed here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from reactor.app.stack.carrying import grace_of
from reactor.app.stack.hands import Failed, take
from reactor.app.stack.looking import look
from reactor.app.stack.raising import title
from reactor.app.stack.reading import Wanted
from reactor.app.stack.views import View
from reactor.core.ports import Engine, EngineError
from reactor.core.stackplans import plan_down
from reactor.core.stacks import Seen


@dataclass(slots=True)
class Lowered:
    """What came of it."""

    removed: list[str] = field(default_factory=list)
    failed: list[Failed] = field(default_factory=list)
    seen: Seen = field(default_factory=Seen)


async def lower(
    engine: Engine, wanted: Wanted, view: View, lowered: Lowered, *, remove_orphans: bool
) -> None:
    """Take it down; ``lowered`` is filled in meanwhile. One that does not go keeps nobody else."""
    stack = wanted.stack
    lowered.seen = seen = await look(engine, stack)
    steps = plan_down(stack, seen, remove_orphans=remove_orphans)
    view.begin(title(wanted), [(step.service, "") for step in steps])
    for step in steps:
        if step.container is None:
            continue
        view.doing(step.service, "stopping")
        try:
            await take(engine, step.service, step.container, grace_of(stack, step.service))
        except (Failed, EngineError) as error:
            failed = error if isinstance(error, Failed) else Failed(step.service, str(error))
            lowered.failed.append(failed)
            view.failed(step.service, failed.sentence, ())
        else:
            lowered.removed.append(step.service)
            view.taken(step.service)


def document(wanted: Wanted, lowered: Lowered) -> Mapping[str, object]:
    """What a machine may read; keys are only ever added."""
    left = [each for each in lowered.seen.orphans(wanted.stack) if each.service not in lowered.removed]
    return {
        "stack": wanted.stack.name,
        "ok": not lowered.failed,
        "removed": lowered.removed,
        "failed": [{"service": each.service, "why": each.sentence} for each in lowered.failed],
        "orphans": [{"service": each.service, "name": each.name} for each in left],
        "data": wanted.data or None,
    }
