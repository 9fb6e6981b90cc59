"""What a task that lives is given next: one thing after the other, and its mains held until all is there.

Only a living task is the matter here; what becomes of an ended one's sidecars is in ``taking_down``, and how
mains are held in ``held_mains``.
"""

from collections.abc import Iterator

from reactor.core.beside import (
    NETWORK,
    began,
    how_it_ended,
    is_cut_off,
    is_of_earlier,
    is_up,
    is_without_host,
    policy_of,
    why_it_ended,
)
from reactor.core.container import Run, State
from reactor.core.facts import Parting
from reactor.core.held_mains import hold
from reactor.core.made import made_of
from reactor.core.provision_steps import (
    AGAIN_AFTER,
    Fail,
    Make,
    Part,
    Remove,
    Sidecar,
    Start,
    Table,
)
from reactor.core.provisions import PASSED, Phase, Tried
from reactor.core.recipes import OnFailure, Template
from reactor.core.state import Entry


def provide(table: Table) -> tuple[Sidecar, ...]:
    """Put on the table what is to be done for it; how it stands with its sidecars."""
    found: list[Sidecar] = []
    waiting: set[Run] = set()
    passed: set[str] = set()
    for template in table.wanted.templates if table.task.mains else ():
        entry = table.task.made.get(template.name)
        wanting = _wanting(table, template)
        steps = len(table.steps)
        one = _of_entry(table, template, entry) if entry is not None else _of_nothing(table, template)
        if wanting <= waiting:
            # Of what a main wants only the first that is not ready is seen to: one thing after the other.
            del table.steps[steps:]
            one = Sidecar(template.name, Phase.WAITING) if entry is None else one
        if one.phase in PASSED and not (entry is not None and entry.unsure):
            passed.add(template.name)
        else:
            waiting |= wanting
        found.append(one)
    if all(main.ending for main in table.task.mains):
        # Nothing is made any more for those who are about to be over.
        table.steps.clear()
    hold(table, passed)
    return (*found, *_no_longer_wanted(table))


def _wanting(table: Table, template: Template) -> frozenset[Run]:
    """The mains that are to have it."""
    return frozenset(run for run, names in table.wanted.of_main.items() if template.name in names)


def _no_longer_wanted(table: Table) -> Iterator[Sidecar]:
    """What was made and is in no set any more: it goes with its task, and not before."""
    wanted = {template.name for template in table.wanted.templates}
    for name, entry in table.task.made.items():
        if name not in wanted:
            phase = Phase.READY if entry.alive else Phase.OVER
            yield Sidecar(name, phase, entry.run, stale=True)


def _of_nothing(table: Table, template: Template) -> Sidecar:
    if template.name in table.task.unreadable:
        text = "whoever has its name cannot be told from a stranger, since its image cannot be read"
        return Sidecar(template.name, Phase.FAILED, None, "name", text)
    tried = _tried(table, template)
    if tried is None or (_policy(template, tried) is OnFailure.RETRY and table.at >= tried.until):
        table.steps.append(Make(template))
        return _failed(template, Phase.MAKING, tried)
    return _after_failure(table, template, tried, None)


def _tried(table: Table, template: Template) -> Tried | None:
    tried = table.memory.tried.get(template.name)
    return tried if tried is not None and tried.template == template else None


def _of_entry(table: Table, template: Template, entry: Entry) -> Sidecar:
    made = made_of(table.setup.policy, entry.container)
    digest = table.digest_of(template)
    stale = made is not None and bool(digest) and made.digest != digest
    if entry.alive:
        return _of_living(table, template, entry, stale=stale)
    return _of_dead(table, template, entry, stale=stale)


def _of_living(table: Table, template: Template, entry: Entry, *, stale: bool) -> Sidecar:
    tried = _tried(table, template)
    if entry.ending:
        return Sidecar(template.name, Phase.ENDING, entry.run, stale=stale)
    if tried is not None and tried.run == entry.run:
        if _policy(template, tried) is OnFailure.RETRY:
            table.steps.append(Part(entry.run, Parting.NOT_READY, tried.text))
            table.wait_until(table.at + AGAIN_AFTER)
        return _after_failure(table, template, tried, entry)
    if is_without_host(table, template):
        return Sidecar(template.name, Phase.WAITING, entry.run, stale=stale)
    if is_cut_off(table, template, entry):
        text = "its network was that of a container that is over, or has begun anew since"
        table.steps.append(Fail(template, NETWORK, text, entry.run))
        return Sidecar(template.name, Phase.FAILED, entry.run, NETWORK, text)
    if is_up(table, template, entry):
        return Sidecar(template.name, Phase.READY, entry.run, stale=stale)
    late = began(entry) + template.ready_within
    if table.at < late or entry.container.state is State.PAUSED:
        table.wait_until(late if table.at < late else table.at + template.ready_within)
        return Sidecar(template.name, Phase.STARTING, entry.run, stale=stale)
    text = f"it was not ready within {template.ready_within:g} s"
    table.steps.append(Fail(template, "not-ready", text, entry.run))
    return Sidecar(template.name, Phase.FAILED, entry.run, "not-ready", text)


def _of_dead(table: Table, template: Template, entry: Entry, *, stale: bool) -> Sidecar:
    name, run, tried = template.name, entry.run, _tried(table, template)
    if not entry.governed:
        text = "it is exempt from everything, and over: remove it by hand"
        return Sidecar(name, Phase.FAILED, run, "exempt", text)
    if entry.container.state is State.REMOVING:
        return Sidecar(name, Phase.MAKING, run)
    if stale or is_of_earlier(table.task, entry):
        table.steps.append(Remove(name, run, "it is of an earlier time"))
        return Sidecar(name, Phase.MAKING, run)
    if tried is not None and tried.run == run:
        kept = _policy(template, tried) is OnFailure.IGNORE and tried.why not in {"start", "port"}
        if not kept:
            table.steps.append(Remove(name, run, tried.text))
        return _after_failure(table, template, tried, entry)
    if entry.container.state is State.CREATED:
        table.steps.append(Start(template, run))
        return _failed(template, Phase.MAKING, tried)
    text, why = how_it_ended(entry), why_it_ended(entry, table.at)
    table.steps.append(Fail(template, why, text, run))
    return Sidecar(name, Phase.FAILED, run, why, text)


def _after_failure(table: Table, template: Template, tried: Tried, entry: Entry | None) -> Sidecar:
    """What the template says is to be done about a failure that is known."""
    run = entry.run if entry is not None else None
    policy = _policy(template, tried)
    if policy is OnFailure.IGNORE:
        return Sidecar(template.name, Phase.IGNORED, run, tried.why, tried.text)
    if policy is OnFailure.END:
        reason = f"its sidecar {template.name} failed: {tried.text}"
        wanting = _wanting(table, template)
        table.steps += [
            Part(main.run, Parting.UNPROVIDED, reason)
            for main in table.task.mains
            if main.run in wanting and not main.ending
        ]
        table.wait_until(table.at + AGAIN_AFTER)
    elif entry is None:
        if table.at >= tried.until:
            table.steps.append(Make(template))
        else:
            table.wait_until(tried.until)
    return _failed(template, Phase.FAILED, tried, run)


def _policy(template: Template, tried: Tried) -> OnFailure:
    return policy_of(template, tried.why, there=tried.run is not None)


def _failed(template: Template, phase: Phase, tried: Tried | None, run: Run | None = None) -> Sidecar:
    return Sidecar(template.name, phase, run, tried.why if tried else "", tried.text if tried else "")
