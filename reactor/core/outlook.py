"""How each rule stands to one run at this moment: for whoever asks why something was, or was not, done.

It only reads the state and decides nothing; the step does not need it. The order in ``_stand`` is
that in which a rule is stopped: what is said is the first thing that stands in its way.
"""

from dataclasses import dataclass
from enum import StrEnum

from reactor.core.accounts import place_of
from reactor.core.deciding import is_cooling, overtakes
from reactor.core.exempting import Exempted, exempted
from reactor.core.gate import is_gated
from reactor.core.groups import Groups
from reactor.core.holding import Holding
from reactor.core.rules import Rule, View
from reactor.core.state import Entry, Setup, State
from reactor.core.triggers import is_due
from reactor.core.views import Views
from reactor.core.whole import say_total


class Stand(StrEnum):
    """What a rule makes of a run, or what keeps it from doing so."""

    BROKEN = "broken"  # the rule failed by a defect and is out of force here
    EXEMPT = "exempt"  # an exception of the rule names the run
    OUT_OF_SIGHT = "out-of-sight"  # the present run could not be confirmed, or is over
    WITHIN = "within"  # its condition does not hold, or its trigger was not given
    UNKNOWN = "unknown"  # its condition cannot be judged
    WHOLE = "whole"  # it is about the whole: see the sums
    COOLING = "cooling"  # it decided about an earlier run a short while ago
    SAID = "said"  # it has decided about this run already, dry or in vain
    ENDING = "ending"  # the run is being ended
    RESTING = "resting"  # an end failed a short while ago
    GATED = "gated"  # it holds, and the rule is new: see the gate
    LIMITED = "limited"  # it holds, and the rule matches too many at once
    HOLDING = "holding"  # it holds, and ``for`` is not over
    READY = "ready"  # it holds long enough and decides next


@dataclass(frozen=True, slots=True)
class Outlook:
    """One rule and one run. ``since`` is when the condition began to hold; ``next_at`` the earliest moment
    at which the rule may decide if all stays as it is, None if it would not. ``not_before`` is when it may at
    the earliest whatever comes, None for never again about this run. ``reason`` has the numbers."""

    rule: Rule
    stand: Stand
    since: float | None = None
    next_at: float | None = None
    not_before: float | None = None
    reason: str = ""
    exempted: Exempted | None = None


def outlooks(setup: Setup, state: State, entry: Entry, at: float) -> tuple[Outlook, ...]:
    """How all rules that are for this run stand to it."""
    views = Views(setup, entry, at, Groups(state, at))
    return tuple(_outlook(setup, state, entry, rule, views, at) for rule in entry.rules)


def _outlook(setup: Setup, state: State, entry: Entry, rule: Rule, views: Views, at: float) -> Outlook:
    exempt = exempted(setup.policy, rule, entry.container)
    holding = entry.holding.get(rule.key)
    try:
        view = views.for_rule(rule)
        stand = _stand(setup, state, entry, rule, view, at)
        reason = rule.when.explain(view) if rule.when is not None else ""
        if stand is Stand.WHOLE:
            holding, reason = _whole(setup, state, entry, rule)
    except Exception:  # noqa: BLE001  # A defect of one rule must not hide the others.
        stand, reason = Stand.BROKEN, ""
    next_at = _next_at(entry, rule, stand, holding, at)
    earliest = _not_before(setup, entry, rule, at)
    return Outlook(rule, stand, holding.since if holding else None, next_at, earliest, reason, exempt)


def _whole(setup: Setup, state: State, entry: Entry, rule: Rule) -> tuple[Holding | None, str]:
    """Since when the total that this run counts in is exceeded, and the total when time last went on."""
    total = rule.when.total if rule.when is not None else None
    place = place_of(setup.policy, rule, total, entry) if total is not None else None
    found = state.curbs.sums.get(place) if place is not None else None
    if total is None or place is None:
        return None, "it counts in no total of this rule"
    if found is None:
        return None, "nothing was added up yet"
    said = say_total(total, found.amount, place.owner, claimed=place.claimed)
    lacking = f", and of {found.unknown} nothing is known" if found.unknown else ""
    plural = "" if found.known == 1 else "s"
    return state.wholes.get(place), f"{said}: {found.known} container{plural}{lacking}"


def _not_before(setup: Setup, entry: Entry, rule: Rule, at: float) -> float | None:
    if rule.key in entry.latched:
        return None
    cooling = entry.earlier.cooling.get(rule.key) if is_cooling(entry, rule, at) else None
    resting = at if setup.runs_dry(rule) else entry.quiet_until
    return max(at, resting, cooling.until if cooling is not None else at)


def _stand(setup: Setup, state: State, entry: Entry, rule: Rule, view: View, at: float) -> Stand:
    if rule.key in entry.earlier.disabled or state.curbs.is_off(rule.key):
        return Stand.BROKEN
    if exempted(setup.policy, rule, entry.container) is not None:
        return Stand.EXEMPT
    if entry.unsure or not entry.alive:
        return Stand.OUT_OF_SIGHT
    if rule.when is not None and rule.when.total is not None:
        return Stand.WHOLE
    if rule.on is not None and not is_due(setup, state, entry, rule, at):
        return Stand.WITHIN
    verdict = rule.when.test(view) if rule.when is not None else True
    if not verdict:
        return Stand.UNKNOWN if verdict is None else Stand.WITHIN
    return _in_the_way(setup, state, entry, rule, at)


def _in_the_way(setup: Setup, state: State, entry: Entry, rule: Rule, at: float) -> Stand:
    """What stands in the way of a rule that holds."""
    if is_cooling(entry, rule, at):
        return Stand.COOLING
    if rule.key in entry.latched:
        return Stand.SAID
    if not setup.runs_dry(rule):
        if entry.ending and not overtakes(entry, rule):
            return Stand.ENDING
        if at < entry.quiet_until:
            return Stand.RESTING
    if is_gated(setup, state, rule):
        return Stand.GATED
    if rule.key in state.curbs.limited:
        return Stand.LIMITED
    holding = entry.holding.get(rule.key)
    held_for = at - holding.since if holding is not None else 0.0
    return Stand.READY if rule.on is not None or held_for >= rule.hold else Stand.HOLDING


def _next_at(entry: Entry, rule: Rule, stand: Stand, holding: Holding | None, at: float) -> float | None:
    since = holding.since if holding is not None else at
    over = since if rule.on is not None else since + rule.hold
    match stand:
        case Stand.HOLDING | Stand.READY:
            return max(over, at)
        case Stand.RESTING:
            return max(over, entry.quiet_until)
        case Stand.COOLING:
            return max(over, entry.earlier.cooling[rule.key].until)
        case _:
            return None
