"""What the core has to say about rules that do not do what they say: held back, shut out, broken.

They are notes like those in ``notes``, which has all others and names them all.
"""

from dataclasses import dataclass

from reactor.core.container import Run
from reactor.core.orders import Hold, Silence
from reactor.core.restraint import Match


@dataclass(frozen=True, slots=True)
class LabelIgnored:
    """A label that may make a rule stricter says nothing that the rule could be compared with."""

    at: float
    run: Run
    name: str
    rule: str
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class RuleHeld:
    """More runs match a rule at once than its limit allows: it decides about none of them."""

    at: float
    rule: str
    matches: int
    limit: int


@dataclass(frozen=True, slots=True)
class RuleReleased:
    """A rule that held back decides again."""

    at: float
    rule: str
    matches: int
    limit: int


@dataclass(frozen=True, slots=True)
class GateHeld:
    """Rules that were never in force would end too many at once: they wait for an acknowledgement.

    ``along`` sidecars would go with the ``matches``; ``governed`` is how many runs are in scope. ``unknown``
    more could not be judged yet, and may match. ``token`` is by what this can be acknowledged.
    """

    at: float
    rules: tuple[str, ...]
    matches: tuple[Match, ...]
    along: int
    governed: int
    unknown: int = 0
    token: str = ""


@dataclass(frozen=True, slots=True)
class GateOpened:
    """New rules are in force. ``by`` is who let them, empty where what they match is within bounds.

    ``unread`` tells that nobody claims to have read whom they would end.
    """

    at: float
    rules: tuple[str, ...]
    digests: frozenset[str]
    matches: int
    by: str = ""
    unread: bool = False


@dataclass(frozen=True, slots=True)
class AcknowledgementRefused:
    """Somebody let rules through that are not, or not any more, what was read. ``why`` is a sentence."""

    at: float
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class RuleBroken:
    """A rule failed by a defect: it is out of force for this container, or ``altogether``."""

    at: float
    run: Run
    name: str
    rule: str
    error: str
    altogether: bool = False


@dataclass(frozen=True, slots=True)
class BudgetSpent:
    """A budget has no token left, and so many wait for one: nothing is lost, it is decided later."""

    at: float
    budget: str
    waiting: int


@dataclass(frozen=True, slots=True)
class BudgetBack:
    """Nobody waits for this budget any more."""

    at: float
    budget: str


@dataclass(frozen=True, slots=True)
class BreakerOpened:
    """So many of so many match of late that only hard verdicts go on. ``owner`` is empty for all together."""

    at: float
    owner: str
    matches: int
    of: int


@dataclass(frozen=True, slots=True)
class BreakerClosed:
    """The breaker is closed: nothing matched for a while, or somebody let ``released`` of them go."""

    at: float
    owner: str
    released: int
    by: str = ""


@dataclass(frozen=True, slots=True)
class BroughtBack:
    """What is ended now came in the place of one that was ended: so often ``within`` so many seconds.

    ``kind`` is who brought it back, ``remedy`` what a person can do; ``loud`` tells that it is worth
    a warning.
    """

    at: float
    run: Run
    name: str
    kind: str
    service: str
    rule: str
    times: int
    within: float
    remedy: str
    loud: bool


@dataclass(frozen=True, slots=True)
class HoldBegan:
    """From now on nothing is done, and all is said."""

    at: float
    hold: Hold


@dataclass(frozen=True, slots=True)
class HoldOver:
    """What is decided is done again. ``by`` is empty where its time was over."""

    at: float
    hold: Hold
    by: str = ""


@dataclass(frozen=True, slots=True)
class SilenceBegan:
    """One container is spared, or one rule says nothing, for a while."""

    at: float
    silence: Silence


@dataclass(frozen=True, slots=True)
class SilenceOver:
    """A silence is over. ``by`` is empty where its time was."""

    at: float
    silence: Silence
    by: str = ""
