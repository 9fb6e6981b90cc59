"""What becomes of the sidecars of a task that is over: one after the other ended, and then removed.

Here it is also found out that it is over: whoever restarts a main stops it first.
"""

from collections.abc import Iterator, Sequence

from reactor.core.container import State
from reactor.core.facts import Parting
from reactor.core.made import started
from reactor.core.parting import stays
from reactor.core.provision_steps import AGAIN_AFTER, Part, Remove, Sidecar, Table
from reactor.core.provisions import Phase, Task
from reactor.core.state import Entry
from reactor.core.verbs import Action

AFTER_END = 3.0
"""Seconds after the end of a main in which it may begin another run: whoever restarts it stops it first."""
AFTER_RESTART = 30.0
"""Seconds for which a main that we restart may be away."""


def take_down(table: Table) -> tuple[Sidecar, ...]:
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


def _let_go(table: Table, living: Sequence[Entry]) -> None:
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


def _is_seen_over(table: Table) -> bool:
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


def _is_long_over(table: Table) -> bool:
    """Whether it has been missed for so long, and in so many lists, that nobody is expected any more."""
    alone = table.memory.alone
    if alone is None:
        return False
    late = alone.since + table.setup.orphan_after
    if table.at < late or alone.lists < 2:
        table.wait_until(max(late, table.at + 1.0))
        return False
    return True


def _seen_to_end(entry: Entry) -> bool:
    return entry.ended_at is not None and entry.ended_at > entry.adopted_at
