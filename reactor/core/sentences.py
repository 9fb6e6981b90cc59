"""How a rule stands to a run, in words: the sentence for people that goes with each stand.

What keeps a rule back is named with its numbers: its limit, the gate, its cooldown. Which stand it is
was found in ``outlook``; how a sentence is shown is the business of the rooms above.
"""

from collections.abc import Mapping
from types import MappingProxyType

from reactor.core.language.totals import exceeds
from reactor.core.outlook import Outlook, Stand
from reactor.core.state import State

WAITS = "waits for its event"
_USUAL: Mapping[Stand, str] = MappingProxyType(
    {
        Stand.BROKEN: "failed by a defect, and is out of force here",
        Stand.EXEMPT: "is kept from acting by an exception",
        Stand.OUT_OF_SIGHT: "has no confirmed living run to judge",
        Stand.WITHIN: "does not hold",
        Stand.UNKNOWN: "unknown",
        Stand.COOLING: "holds, and is held back by its cooldown after an earlier run",
        Stand.SAID: "has decided about this run already",
        Stand.ENDING: "holds, and the run is being ended",
        Stand.RESTING: "holds, and rests after a try that failed",
        Stand.HOLDING: "holds",
        Stand.READY: "holds, and decides now",
    }
)


def sentence_of(state: State, outlook: Outlook) -> str:
    """What the rule makes of the run, or what keeps it from acting."""
    rule = outlook.rule
    match outlook.stand:
        case Stand.WITHIN if rule.on is not None:
            return WAITS
        case Stand.GATED:
            return f"holds, and {_gated(state)}"
        case Stand.LIMITED:
            return f"holds, and is held back by its limit: {_limited(state, rule.key)}"
        case Stand.WHOLE:
            return _whole(outlook)
        case stand:
            return _USUAL[stand]


def _gated(state: State) -> str:
    gate = state.curbs.gate
    if not gate.held:
        return "is new: the gate counts first whom it would end"
    if gate.waiting:
        return f"is held back by the gate: {gate.unknown} containers cannot be judged yet"
    return f"is held back by the gate: new rules would act on {len(gate.matches)} at once, see reactor status"


def _limited(state: State, key: str) -> str:
    limited = state.curbs.limited[key]
    return f"{limited.matches} match at once, and {limited.limit} may"


def _whole(outlook: Outlook) -> str:
    total = outlook.rule.when.total if outlook.rule.when is not None else None
    if outlook.sum is None or total is None:
        of = "each owner" if total is not None and total.whole == "owner" else "the whole"
        return f"is about {of}, and nothing is added up for this container"
    if exceeds(total, outlook.sum.amount, outlook.sum.of):
        return "holds for the whole, and takes its victims in their order"
    return "does not hold for the whole"
