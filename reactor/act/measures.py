"""What is done to a run that stays alive, or told about it: one function for each kind of stage.

Only doing one stage belongs here, with its answer in words; which stages there are in which order, and
for how long each may take, is in ``chain``.
"""

import os
from collections.abc import Awaitable, Callable, Mapping
from collections.abc import Set as AbstractSet
from functools import partial
from types import MappingProxyType

import trio

from reactor.act.case import Case
from reactor.act.config import ActConfig
from reactor.act.courier import Courier
from reactor.act.means import Means
from reactor.act.messages import DECIDED, about, event
from reactor.act.notices import NoNotice, folder_of, write_notice
from reactor.act.programs import environment, run_program
from reactor.core.container import Container, Limits, Run
from reactor.core.stages import Stage
from reactor.core.verbs import Action

Measure = Callable[[Case, Stage, Container | None], Awaitable[str]]
"""Does one stage; what went wrong, empty for nothing. The container is as it was just seen, None if it was
not."""

NEEDS_RUN = frozenset({Action.PAUSE, Action.LIMIT, Action.NOTICE, Action.EVIDENCE})
"""What can only be done to a run that was just seen alive, and may be touched."""
_THREADS = 4


class Measures:
    """What rules can have done beside ending a run. ``source`` says in messages who we are, ``wall`` is the
    time of day. ``gather`` takes evidence, None where nobody can. ``interrupted`` are the runs, with the
    rules, about which an earlier monitor began something that it did not finish: a decision that is made anew
    need not have the same id."""

    def __init__(
        self,
        means: Means,
        courier: Courier,
        config: ActConfig,
        *,
        source: str,
        wall: Callable[[], float],
        gather: Measure | None = None,
        interrupted: AbstractSet[tuple[Run, str]] = frozenset(),
    ) -> None:
        self._means = means
        self._courier = courier
        self._config = config
        self._source = source
        self._wall = wall
        self._interrupted = interrupted
        # A folder of a stranger's may lie on a file system that hangs: such a write keeps its place here,
        # and nobody else's.
        self._writers = trio.CapacityLimiter(_THREADS)
        self._by_action: Mapping[Action, Measure] = MappingProxyType(
            {
                Action.PAUSE: self._pause,
                Action.LIMIT: self._limit,
                Action.NOTICE: self._notice,
                Action.EXEC: self._run,
                Action.WEBHOOK: self._send,
                Action.EVIDENCE: gather or _nobody_gathers,
            }
        )

    async def take(self, case: Case, stage: Stage, seen: Container | None) -> str:
        """Do one stage; what went wrong, empty for nothing. Engine errors are raised."""
        return await self._by_action[stage.action](case, stage, seen)

    async def _pause(self, case: Case, _stage: Stage, seen: Container | None) -> str:
        if seen is not None and seen.state == "paused":
            return ""
        status = await case.calls.pause(self._config.call_deadline)
        return "" if status in (204, 304) else f"the engine answered {status}"

    async def _limit(self, case: Case, stage: Stage, seen: Container | None) -> str:
        """Set limits and read them back: an engine may say yes to what it does not do."""
        wanted = wanted_limits(stage, seen)
        if wanted == Limits():
            return ""
        status = await case.calls.update(wanted, self._config.call_deadline)
        if status != 200:
            return f"the engine answered {status}"
        now = (await case.calls.inspect(self._config.verify_deadline)).limits
        wrong = [name for name in Limits.__slots__ if _is_not_held(getattr(wanted, name), getattr(now, name))]
        return f"read back, it has another limit of {' and '.join(wrong)}" if wrong else ""

    async def _notice(self, case: Case, stage: Stage, seen: Container | None) -> str:
        if seen is None:
            return "the container was not seen"
        told = {**about(case.decision), "ends_in": stage.wait, "at": self._wall()}
        try:
            folder = folder_of(seen, self._means.notices)
            root = self._means.notices.root or folder
            write = partial(write_notice, folder, root, told, case.decision.id)
            await trio.to_thread.run_sync(write, abandon_on_cancel=True, limiter=self._writers)
        except NoNotice as error:
            return str(error)
        return ""

    async def _run(self, case: Case, stage: Stage, _seen: Container | None) -> str:
        decision = case.decision
        if decision.ends and (decision.run, decision.rule) in self._interrupted:
            # It may have been run. To have it twice can do harm that nobody here can judge.
            now = trio.current_time()
            case.calls.note(f"exec {stage.target}", now, "left out: an earlier monitor may have begun it")
            return ""
        program = self._means.programs.get(stage.target)
        if program is None:
            return f"no program '{stage.target}' is configured"
        return await run_program(program, environment(decision, os.environ, self._means.told))

    async def _send(self, case: Case, stage: Stage, _seen: Container | None) -> str:
        if stage.target not in self._means.webhooks:
            return f"no webhook '{stage.target}' is configured"
        body = event(DECIDED, case.decision.id, self._source, self._wall(), about(case.decision))
        return "" if self._courier.send_nowait(stage.target, body) else "its queue is full"


def wanted_limits(stage: Stage, seen: Container | None) -> Limits:
    """The limits to set: all of them, or those that the container has not, if only these are asked for."""
    limits = stage.limits
    if not stage.missing or seen is None:
        return limits
    # A limit that was not read may be there, and lower: only what is known to be missing is given.
    memory = limits.memory if seen.memory_limited is False else None
    return Limits(
        pids=limits.pids if seen.pids_limited is False else None,
        memory=memory,
        # An engine takes the two together only: whoever has a limit of memory keeps what belongs to it.
        swap=limits.swap if memory is not None else None,
        cpu=limits.cpu if seen.cpu_limited is False else None,
    )


def _is_not_held(wanted: float | None, found: float | None) -> bool:
    # Less is right as well: an engine with fewer cores gives all that it has.
    return wanted is not None and (found is None or found > wanted * 1.001)


async def _nobody_gathers(_case: Case, _stage: Stage, _seen: Container | None) -> str:
    return "evidence cannot be taken here"
