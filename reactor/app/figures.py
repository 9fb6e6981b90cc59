"""Working out how things stand, from what was taken hold of at one moment: containers and budgets.

Everything here is a function of records that do not change any more, so that it can be done in a thread,
beside the loop; nothing here asks a clock, and nothing decides.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from reactor.app.judgements import Judgements
from reactor.core.budgets import left
from reactor.core.container import Container
from reactor.core.container import State as ContainerState
from reactor.core.groups import Groups
from reactor.core.judging import fresh_sample, needs_samples
from reactor.core.lasting import renewed
from reactor.core.obeying import under_orders
from reactor.core.state import Entry, Setup, State
from reactor.core.views import Views
from reactor.observe.breath import breathing
from reactor.observe.labels import Shown
from reactor.observe.readings import ContainerReading, Near, RuleReading

FIRST_READING = 30.0
"""Seconds that a run has to get its first reading: until then nobody is to blame that it has none."""


@dataclass(slots=True)
class Figures:
    """All that is worked out of one state: one walk through the living runs, for containers and rules."""

    setup: Setup
    state: State
    at: float
    offset: float
    shown: Shown
    stale: int = 0
    _judged: Judgements | None = None

    def containers(self) -> Iterator[ContainerReading]:
        """Each living container; when this is through, the rules are known, too."""
        self.setup = under_orders(self.setup, self.state, self.at)
        self._judged = judged = Judgements(self.setup, self.state, self.at)
        groups = Groups(self.state, self.at)
        for each in breathing(self.state.living()):
            entry = renewed(self.state, each)
            views = Views(self.setup, entry, self.at, groups)
            self.stale += lacks_reading(self.setup, entry, self.at)
            yield self._container(entry, views, judged.nearest(entry, views))

    def rules(self) -> tuple[RuleReading, ...]:
        """Each level of each rule, in their order."""
        return self._judged.rules() if self._judged is not None else ()

    def _container(self, entry: Entry, views: Views, near: tuple[Near, ...]) -> ContainerReading:
        container, view = entry.container, views.usual
        sample = fresh_sample(self.setup, entry, self.at)
        return ContainerReading(
            id=container.id,
            name=container.name,
            image=container.image,
            standing=entry.standing,
            threads=view.pids,
            threads_max=sample.pids_limit if sample else container.pids_limit,
            memory=view.memory,
            memory_limit=sample.memory_limit if sample else container.memory_limit,
            cpu=sample.cpu if sample else None,
            uptime=None if container.born is None else max(0.0, self.at - container.born),
            zombies=view.zombies,
            layer=view.layer_writes,
            state=container.state,
            health=_health(container),
            restarts=container.restarts,
            oom_kills=view.oom_kills,
            cores=view.cpu,
            cores_max=container.limits.cpu,
            created=None if container.created is None else container.created + self.offset,
            began=None if container.born is None else container.born + self.offset,
            read_at=sample.at + self.offset if sample else None,
            near=near,
            labels=self.shown.values(entry.own),
        )


def lacks_reading(setup: Setup, entry: Entry, at: float) -> bool:
    """Whether a rule needs a reading of this run that ought to be there, and is not."""
    if not needs_samples(entry) or entry.container.state is ContainerState.RESTARTING:
        # Between two runs there is nothing to read.
        return False
    sample = entry.sample
    if sample is not None and sample.run == entry.run:
        return at - sample.at > setup.stale_after
    asked = entry.adopted_at if entry.asked is None else max(entry.asked, entry.adopted_at)
    return at - asked > FIRST_READING


def _health(container: Container) -> str:
    """Its own words, and none of a stranger's."""
    return container.health if container.health in {"starting", "healthy", "unhealthy"} else ""


def budgets(setup: Setup, state: State, at: float) -> Mapping[str, tuple[float, float]]:
    """How many tokens the emptiest budget of each kind has, and how many there can be."""
    terms = setup.budgets
    if terms.off:
        return {}
    kinds = {"rule": terms.rule, "owner": terms.owner, "host": terms.host, "hard": terms.hard}
    tokens = {kind: float(budget.most) for kind, budget in kinds.items()}
    for name, bucket in state.curbs.brakes.buckets.items():
        kind = name.partition(" ")[0]
        tokens[kind] = min(tokens[kind], left(kinds[kind], bucket, at))
    return {kind: (tokens[kind], float(budget.most)) for kind, budget in kinds.items()}


def held_back(state: State) -> int:
    """On how many containers the rules that are held back would act, or might."""
    gate = state.curbs.gate
    return len(gate.matches) + (gate.unknown if gate.waiting else 0) if gate.held else 0
