"""An operator's order to end one run: who is meant, what it is refused for, and the decision it becomes.

It is a decision like any other from then on, by no rule of a file: it is carried out, verified and written
down the same way. Only what is reactor's own is out of reach; whoever is skipped, protected or out of scope
is so for rules, and a person may know better.
"""

from dataclasses import replace

from reactor.core.container import ContainerId
from reactor.core.deciding import begin, decide
from reactor.core.decisions import Decision
from reactor.core.facts import Ordered
from reactor.core.protection import Policy
from reactor.core.state import Entry, Setup, State, Step
from reactor.core.verbs import Action

ALONE, WITH_SIDECARS = "operator", "operator+sidecars"
"""What stands in the place of a rule's name; those have a slash."""
ORDERS = frozenset({ALONE, WITH_SIDECARS})
SHORTEST = 12
"""Digits of an id by which a container can be ordered to end; fewer are for reading."""


def is_order(decision: Decision) -> bool:
    """Whether a person ordered just this; a sidecar that goes along goes as any other does."""
    return decision.rule in ORDERS and not decision.cause


def meant(state: State, wanted: str) -> tuple[Entry, ...]:
    """The living that a person can mean: by full id, else by name and by the beginning of an id alike.

    A container can be named like the id of another: then two are meant, and none is ended.
    """
    living = tuple(state.living())
    exact = tuple(entry for entry in living if entry.run.id == wanted)
    if exact:
        return exact
    short = len(wanted) >= SHORTEST
    return tuple(
        entry
        for entry in living
        if entry.container.name == wanted or (short and entry.run.id.startswith(wanted))
    )


def is_our_own(policy: Policy, container: ContainerId) -> bool:
    """Whether it is what we run in, or what the configuration names as belonging to us."""
    return container == policy.own or container in policy.protected_ids


def refusal(setup: Setup, entry: Entry) -> str:
    """Why nobody can have this run ended, empty if somebody can."""
    if is_our_own(setup.policy, entry.run.id):
        return "it is reactor's own, or the configuration protects it by its id: use the engine's own tools"
    if setup.dry_run:
        return "this monitor runs dry, or is held: it ends nothing"
    if not entry.alive:
        return "this run is over"
    if entry.unsure:
        return "its present run could not be confirmed yet: try again"
    if entry.ending and (entry.under_way is not Action.STOP or entry.settled):
        return "a decision about this run is being carried out already"
    return ""


def end_as_ordered(setup: Setup, state: State, fact: Ordered) -> Step:
    """Decide as ordered, about just the run that was meant."""
    entry = state.entries.get(fact.run.id)
    if entry is None or entry.run != fact.run or refusal(setup, entry):
        return Step(state)
    decision = decide(
        entry,
        Action.KILL,
        WITH_SIDECARS if fact.cascade else ALONE,
        f"ordered by {fact.who}" + (f": {fact.why}" if fact.why else ""),
        fact.at,
    )
    entry = replace(begin(entry, decision), decided=entry.decided + 1)
    return Step(replace(state, entries=state.entries.put(fact.run.id, entry)), (decision,))
