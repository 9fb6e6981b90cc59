"""How each rule stands to one run at this moment: for whoever asks why something was, or was not, done.

It only reads the state and decides nothing; the step does not need it. The order in ``_stand`` is
that in which a rule is stopped: what is said is the first thing that stands in its way.
"""

from dataclasses import dataclass
from enum import StrEnum

from reactor.core.accounts import BY_IMAGE, place_of
from reactor.core.deciding import is_cooling, overtakes
from reactor.core.exempting import Exempted, exempted
from reactor.core.gate import is_gated
from reactor.core.groups import Groups
from reactor.core.holding import Holding
from reactor.core.language.totals import exceeds, say_total
from reactor.core.lasting import renewed
from reactor.core.restraint import Place, Sum
from reactor.core.rules import Rule, Total, View
from reactor.core.state import Entry, Setup, State
from reactor.core.triggers import is_due
from reactor.core.views import Views


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


HOLDS = frozenset(
    {
        Stand.COOLING,
        Stand.SAID,
        Stand.ENDING,
        Stand.RESTING,
        Stand.GATED,
        Stand.LIMITED,
        Stand.HOLDING,
        Stand.READY,
    }
)
"""The condition holds, whatever may keep the rule from acting."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """One rule and one run. ``since`` is when the condition began to hold; ``next_at`` the earliest moment
    at which the rule may decide if all stays as it is, None if it would not. ``not_before`` is when it may at
    the earliest whatever comes, None for never again about this run. ``reason`` has the numbers, ``summary``
    and ``description`` are the author's words with them. ``sum`` is the total that the rule is about, if it
    is about one and that was added up."""

    rule: Rule
    stand: Stand
    since: float | None = None
    next_at: float | None = None
    reason: str = ""
    exempted: Exempted | None = None
    summary: str = ""
    description: str = ""
    sum: Sum | None = None
    not_before: float | None = None


def outlooks(setup: Setup, state: State, entry: Entry, at: float) -> tuple[Outlook, ...]:
    """How all rules that are for this run stand to it."""
    entry = renewed(state, entry)
    views = Views(setup, entry, at, Groups(state, at))
    return tuple(_outlook(setup, state, entry, rule, views, at) for rule in entry.rules)


def _outlook(setup: Setup, state: State, entry: Entry, rule: Rule, views: Views, at: float) -> Outlook:
    exempt = exempted(setup.policy, rule, entry.container)
    place = _place(setup, entry, rule)
    added = state.curbs.sums.get(place) if place is not None else None
    try:
        view = views.for_rule(rule)
        stand = _stand(setup, state, entry, rule, view, at)
        reason = _reason(rule, view, added, place)
    except Exception:  # noqa: BLE001  # A defect of one rule must not hide the others.
        stand, reason, view = Stand.BROKEN, "", views.usual
    holding = entry.holding.get(rule.key) or (state.wholes.get(place) if place is not None else None)
    return Outlook(
        rule,
        stand,
        since=holding.since if holding else None,
        next_at=_next_at(entry, rule, stand, holding, at),
        reason=reason,
        exempted=exempt,
        summary=rule.summarise(view),
        description=rule.describe(view),
        sum=added,
        not_before=_not_before(setup, entry, rule, at),
    )


def _not_before(setup: Setup, entry: Entry, rule: Rule, at: float) -> float | None:
    if rule.key in entry.latched:
        return None
    cooling = entry.earlier.cooling.get(rule.key) if is_cooling(entry, rule, at) else None
    resting = at if setup.runs_dry(rule) else entry.quiet_until
    return max(at, resting, cooling.until if cooling is not None else at)


def _place(setup: Setup, entry: Entry, rule: Rule) -> Place | None:
    """For which of the totals of a rule this run may be ended: its owner's, or that of the whole scope."""
    total = rule.when.total if rule.when is not None else None
    return place_of(setup.policy, rule, total, entry) if total is not None else None


def _reason(rule: Rule, view: View, added: Sum | None, place: Place | None) -> str:
    if rule.when is None:
        return ""
    if rule.when.total is None:
        return rule.when.explain(view)
    if added is not None:
        said = say_total(rule.when.total, added.amount, added.group, added.of)
        return said + (BY_IMAGE if place is not None and place.claimed else "")
    return rule.when.explain(view) if rule.when.total.is_left else rule.when.text


def _stand(setup: Setup, state: State, entry: Entry, rule: Rule, view: View, at: float) -> Stand:
    if rule.key in entry.earlier.disabled or state.curbs.is_off(rule.key):
        return Stand.BROKEN
    if exempted(setup.policy, rule, entry.container) is not None:
        return Stand.EXEMPT
    if entry.unsure or not entry.alive:
        return Stand.OUT_OF_SIGHT
    if rule.when is not None and rule.when.total is not None:
        return _of_the_whole(setup, state, entry, rule, rule.when.total, at)
    if rule.on is not None and not is_due(setup, state, entry, rule, at):
        return Stand.WITHIN
    verdict = rule.when.test(view) if rule.when is not None else True
    if not verdict:
        return Stand.UNKNOWN if verdict is None else Stand.WITHIN
    return _in_the_way(setup, state, entry, rule, at)


def _of_the_whole(setup: Setup, state: State, entry: Entry, rule: Rule, total: Total, at: float) -> Stand:
    """Who goes for a total is found with all of them in view: of one run is said only what keeps it back."""
    place = _place(setup, entry, rule)
    added = state.curbs.sums.get(place) if place is not None else None
    if added is None and total.is_left:
        return Stand.UNKNOWN
    if added is None or not exceeds(total, added.amount, added.of):
        return Stand.WHOLE
    stand = _in_the_way(setup, state, entry, rule, at)
    return Stand.WHOLE if stand in {Stand.HOLDING, Stand.READY} else stand


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
