"""From what a task is to have and what it has to what is done next: the same from whatever half state.

It is a pure function, asked anew whenever something changed: nothing in it depends on how the state came
about, so that a monitor that was killed at any moment goes on from what it finds. How a step is done is the
business of others.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from reactor.core.container import Run, State
from reactor.core.ending import ended_note
from reactor.core.facts import Parting
from reactor.core.made import made_of, started
from reactor.core.notes import Cause
from reactor.core.parting import stays
from reactor.core.provisions import PASSED, Memory, Phase, Task, Tried, Wanted
from reactor.core.readiness import is_ready
from reactor.core.recipes import OnFailure, Template
from reactor.core.state import Entry, Setup
from reactor.core.templating import MAIN
from reactor.core.verbs import Action

AFTER_END = 3.0
"""Seconds after the end of a main in which it may begin another run: whoever restarts it stops it first."""
HELD_WITHIN = 30.0
"""Seconds after its start in which a main is still held; later it has long done without."""
LONGEST_HOLD = 600.0
"""Seconds for which a main is held at most, whatever becomes of its sidecars."""
AGAIN_AFTER = 1.0
"""Seconds after which an end that was not decided, for want of a token for instance, is asked for again."""
AFTER_RESTART = 30.0
"""Seconds for which a main that we restart may be away."""
NOT_BEGUN: Mapping[int | None, str] = {126: "cannot be executed", 127: "is not there"}
"""The exit codes by which an init, or a shell, says that it could not begin the program at all."""
OURS = "reactor"
"""Why a sidecar failed that was ended by ourselves, by a rule or because its task seemed to be over."""


@dataclass(frozen=True, slots=True)
class Make:
    """Make this one, and start it."""

    template: Template


@dataclass(frozen=True, slots=True)
class Start:
    """Start this one, which was made before."""

    template: Template
    run: Run


@dataclass(frozen=True, slots=True)
class Remove:
    """Remove this one, which does not run; never its data."""

    template: str
    run: Run
    why: str


@dataclass(frozen=True, slots=True)
class Fail:
    """Remember that this one failed, and say so."""

    template: Template
    why: str
    text: str
    run: Run


@dataclass(frozen=True, slots=True)
class Part:
    """Have this run ended, by a decision."""

    run: Run
    why: Parting
    reason: str
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Hold:
    """Pause this main."""

    run: Run


@dataclass(frozen=True, slots=True)
class Release:
    """Let this main go on, which we paused."""

    run: Run
    why: str


Step = Make | Start | Remove | Fail | Part | Hold | Release


@dataclass(frozen=True, slots=True)
class Sidecar:
    """How it stands with one sidecar. ``stale`` tells that one made now would be another one."""

    template: str
    phase: Phase
    run: Run | None = None
    why: str = ""
    text: str = ""
    stale: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """How it stands with a task, what is to be done now, and when it is to be looked at again."""

    task: str
    sidecars: tuple[Sidecar, ...] = ()
    steps: tuple[Step, ...] = ()
    due: float | None = None


@dataclass(slots=True)
class _Table:
    """One task on the table. It does not outlive the planning."""

    setup: Setup
    wanted: Wanted
    task: Task
    memory: Memory
    digest_of: Callable[[Template], str]
    at: float
    steps: list[Step] = field(default_factory=list)
    due: list[float] = field(default_factory=list)

    def wait_until(self, moment: float) -> None:
        self.due.append(moment)


def plan(
    setup: Setup,
    wanted: Wanted,
    task: Task,
    memory: Memory,
    digest_of: Callable[[Template], str],
    at: float,
) -> Picture:
    """What is to be done for this task now. ``digest_of`` is the digest that one made now would have."""
    table = _Table(setup, wanted, task, memory, digest_of, at)
    sidecars = _provide(table) if task.needed else _take_down(table)
    if task.unsure:
        # What is not certain is not "not there".
        return Picture(task.name, sidecars)
    return Picture(task.name, sidecars, tuple(table.steps), min(table.due, default=None))


# A task that lives


def _provide(table: _Table) -> tuple[Sidecar, ...]:
    found: list[Sidecar] = []
    passed = True
    for template in table.wanted.templates if table.task.mains else ():
        entry = table.task.made.get(template.name)
        steps = len(table.steps)
        one = _of_entry(table, template, entry) if entry is not None else _of_nothing(table, template)
        if not passed:
            # Only the first that is not ready is seen to: one thing after the other.
            del table.steps[steps:]
            one = Sidecar(template.name, Phase.WAITING) if entry is None else one
        passed = passed and one.phase in PASSED
        found.append(one)
    _hold(table, all_ready=passed)
    return (*found, *_no_longer_wanted(table))


def _no_longer_wanted(table: _Table) -> Iterator[Sidecar]:
    """What was made and is in no set any more: it goes with its task, and not before."""
    wanted = {template.name for template in table.wanted.templates}
    for name, entry in table.task.made.items():
        if name not in wanted:
            phase = Phase.READY if entry.alive else Phase.OVER
            yield Sidecar(name, phase, entry.run, stale=True)


def _of_nothing(table: _Table, template: Template) -> Sidecar:
    tried = _tried(table, template)
    if tried is None or (template.on_failure is OnFailure.RETRY and table.at >= tried.until):
        table.steps.append(Make(template))
        return _failed(template, Phase.MAKING, tried)
    return _after_failure(table, template, tried, None)


def _tried(table: _Table, template: Template) -> Tried | None:
    tried = table.memory.tried.get(template.name)
    return tried if tried is not None and tried.template == template else None


def _of_entry(table: _Table, template: Template, entry: Entry) -> Sidecar:
    made = made_of(table.setup.policy, entry.container)
    digest = table.digest_of(template)
    stale = made is not None and bool(digest) and made.digest != digest
    if entry.alive:
        return _of_living(table, template, entry, stale=stale)
    return _of_dead(table, template, entry, stale=stale)


def _of_living(table: _Table, template: Template, entry: Entry, *, stale: bool) -> Sidecar:
    tried = _tried(table, template)
    if entry.ending:
        return Sidecar(template.name, Phase.ENDING, entry.run, stale=stale)
    if tried is not None and tried.run == entry.run:
        if template.on_failure is OnFailure.RETRY:
            table.steps.append(Part(entry.run, Parting.NOT_READY, tried.text))
            table.wait_until(table.at + AGAIN_AFTER)
        return _after_failure(table, template, tried, entry)
    if _is_cut_off(table, template, entry):
        text = "its network was that of a main that is over"
        table.steps.append(Fail(template, "network", text, entry.run))
        return Sidecar(template.name, Phase.FAILED, entry.run, "network", text)
    if _is_up(table, template, entry):
        return Sidecar(template.name, Phase.READY, entry.run, stale=stale)
    late = _began(entry) + template.ready_within
    if table.at < late or entry.container.state is State.PAUSED:
        table.wait_until(late if table.at < late else table.at + template.ready_within)
        return Sidecar(template.name, Phase.STARTING, entry.run, stale=stale)
    text = f"it was not ready within {template.ready_within:g} s"
    table.steps.append(Fail(template, "not-ready", text, entry.run))
    return Sidecar(template.name, Phase.FAILED, entry.run, "not-ready", text)


def _of_dead(table: _Table, template: Template, entry: Entry, *, stale: bool) -> Sidecar:
    name, run, tried = template.name, entry.run, _tried(table, template)
    if not entry.governed:
        text = "it is exempt from everything, and over: remove it by hand"
        return Sidecar(name, Phase.FAILED, run, "exempt", text)
    if entry.container.state is State.REMOVING:
        return Sidecar(name, Phase.MAKING, run)
    if stale or _is_of_earlier(table.task, entry):
        table.steps.append(Remove(name, run, "it is of an earlier time"))
        return Sidecar(name, Phase.MAKING, run)
    if tried is not None and tried.run == run:
        kept = template.on_failure is OnFailure.IGNORE and tried.why not in {"start", "port"}
        if not kept:
            table.steps.append(Remove(name, run, tried.text))
        return _after_failure(table, template, tried, entry)
    if entry.container.state is State.CREATED:
        table.steps.append(Start(template, run))
        return _failed(template, Phase.MAKING, tried)
    text, why = _how_it_ended(entry), _why_it_ended(entry, table.at)
    table.steps.append(Fail(template, why, text, run))
    return Sidecar(name, Phase.FAILED, run, why, text)


def _after_failure(table: _Table, template: Template, tried: Tried, entry: Entry | None) -> Sidecar:
    """What the template says is to be done about a failure that is known."""
    run = entry.run if entry is not None else None
    if template.on_failure is OnFailure.IGNORE:
        return Sidecar(template.name, Phase.IGNORED, run, tried.why, tried.text)
    if template.on_failure is OnFailure.END and tried.why != OURS:
        reason = f"its sidecar {template.name} failed: {tried.text}"
        table.steps += [
            Part(main.run, Parting.UNPROVIDED, reason) for main in table.task.mains if not main.ending
        ]
        table.wait_until(table.at + AGAIN_AFTER)
    elif entry is None:
        if table.at >= tried.until:
            table.steps.append(Make(template))
        else:
            table.wait_until(tried.until)
    return _failed(template, Phase.FAILED, tried, run)


def _failed(template: Template, phase: Phase, tried: Tried | None, run: Run | None = None) -> Sidecar:
    return Sidecar(template.name, phase, run, tried.why if tried else "", tried.text if tried else "")


def _is_up(table: _Table, template: Template, entry: Entry) -> bool:
    """Whether it is ready. One that is older than our knowledge of it, and ill, has been so before."""
    if entry.container.state is not State.RUNNING:
        return False
    ready = is_ready(entry)
    if ready is not None:
        return ready
    return entry.container.health_check is None or table.at - _began(entry) > template.ready_within


def _began(entry: Entry) -> float:
    return entry.container.born if entry.container.born is not None else entry.adopted_at


def _is_cut_off(table: _Table, template: Template, entry: Entry) -> bool:
    """Whether it joins the network of a main that is there no more."""
    if template.recipe.network_mode != MAIN or not entry.container.joins:
        return False
    return entry.container.joins.isdisjoint(main.run.id for main in table.task.mains)


def _is_of_earlier(task: Task, entry: Entry) -> bool:
    """Whether it was over before any main of now began: then it is of an earlier time of this task."""
    over = entry.container.finished if entry.container.finished is not None else entry.ended_at
    if not entry.run.started_at or over is None:
        return False
    return all(over < _began(main) for main in task.mains)


def _is_our_doing(entry: Entry, at: float) -> bool:
    """Whether it was ended by ourselves: then it is made anew, and never costs its task its life."""
    return ended_note(entry, at).cause is Cause.REACTOR


def _seen_to_end(entry: Entry) -> bool:
    return entry.ended_at is not None and entry.ended_at > entry.adopted_at


def _why_it_ended(entry: Entry, at: float) -> str:
    if _is_our_doing(entry, at):
        return OURS
    return "start" if entry.container.exit_code in NOT_BEGUN else "ended"


def _how_it_ended(entry: Entry) -> str:
    code = entry.container.exit_code
    if code in NOT_BEGUN:
        return f"its program {NOT_BEGUN[code]} (exit code {code}): look at its command"
    words = "it ended" if code is None else f"it ended with exit code {code}"
    return f"{words}: it had no memory left" if entry.container.oom_killed else words


def _hold(table: _Table, *, all_ready: bool) -> None:
    """Pause the mains that are to wait, and let those go on that have waited."""
    memory, at = table.memory, table.at
    for main in table.task.mains:
        since = memory.held.get(main.run)
        paused = main.container.state is State.PAUSED
        why = _why_released(table, since, all_ready=all_ready)
        if since is not None:
            if why or not paused:
                table.steps.append(Release(main.run, why or "somebody else let it go on"))
            else:
                table.wait_until(since + LONGEST_HOLD)
        elif not why and not paused and main.run not in memory.released and not main.ending:
            born = main.container.born
            if born is not None and at - born < HELD_WITHIN:
                # It comes first: what is made then takes its time.
                table.steps.insert(0, Hold(main.run))


def _why_released(table: _Table, since: float | None, *, all_ready: bool) -> str:
    if all_ready:
        return "all its sidecars are ready"
    if not table.wanted.hold:
        return "it is not to be held any more"
    if since is not None and table.at - since >= LONGEST_HOLD:
        return "it was held for too long"
    return ""


# A task that is over


def _take_down(table: _Table) -> tuple[Sidecar, ...]:
    """One after the other, the last started first; and what does not run any more is removed."""
    made = sorted(table.task.made.items(), key=lambda pair: started(pair[1]), reverse=True)
    living = [entry for _, entry in made if entry.alive]
    if _is_seen_over(table) and not any(each.ending and not each.vain for each in living):
        _let_go(table, living)
    waited_for = [each for each in living if not stays(table.setup, each, table.at)]
    if not waited_for and (_is_seen_over(table) or _is_long_over(table)):
        table.steps += list(_removals(made))
    phases = {True: Phase.ENDING, False: Phase.OVER}
    return tuple(Sidecar(name, phases[entry.alive], entry.run) for name, entry in made)


def _let_go(table: _Table, living: Sequence[Entry]) -> None:
    for entry in living:
        if not entry.ending and not stays(table.setup, entry, table.at):
            reason = f"its task {_named(table.task)} is over"
            table.steps.append(Part(entry.run, Parting.TASK_OVER, reason, _cause(table.task)))
            table.wait_until(table.at + AGAIN_AFTER)
            return


def _named(task: Task) -> str:
    return f"of {task.ended[-1].container.name}" if task.ended else task.name


def _cause(task: Task) -> str:
    """The decision that ended the main, if one of ours did."""
    ours = [each for each in task.ended if each.settled and each.ending]
    return ours[-1].ending if ours else ""


def _removals(made: Sequence[tuple[str, Entry]]) -> Iterator[Remove]:
    for name, entry in made:
        if not entry.alive and entry.governed and entry.container.state is not State.REMOVING:
            yield Remove(name, entry.run, "its task is over")


def _is_seen_over(table: _Table) -> bool:
    """Whether we saw its last main end, and it does not come back by a restart."""
    seen = [each for each in table.task.ended if _seen_to_end(each)]
    if not seen:
        return False
    late = max(_over_for_certain(each) for each in seen)
    if table.at < late:
        table.wait_until(late)
    return table.at >= late


def _over_for_certain(main: Entry) -> float:
    ended = main.ended_at if main.ended_at is not None else 0.0
    if main.under_way is Action.RESTART:
        return ended + AFTER_RESTART
    if main.gone_at is not None or main.settled:
        return ended
    return ended + AFTER_END


def _is_long_over(table: _Table) -> bool:
    """Whether it has been missed for so long, and in so many lists, that nobody is expected any more."""
    alone = table.memory.alone
    if alone is None:
        return False
    late = alone.since + table.setup.orphan_after
    if table.at < late or alone.lists < 2:
        table.wait_until(max(late, table.at + 1.0))
        return False
    return True
