"""All that one rule says, or one level of it, wherever that was written.

A level says what the rule says beside it, and a rule what its group's defaults say, unless it
says it itself. Only this is decided here; what is wrong with it is said in ``together``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from reactor.core.rules import Condition, Level, Trigger
from reactor.ruleset.drafts import Given, GroupDraft, Part, Spot

LEVELS: Mapping[str, Level] = MappingProxyType({"soft": Level.SOFT, "hard": Level.HARD})
"""The keys of a rule that hold a level of it."""
_NOT_INHERITED = frozenset({"name", "override", "exceptions", "soft", "hard"})
_OF_A_CONDITION = frozenset({"for", "keep_for"})


@dataclass(frozen=True, slots=True, eq=False)
class Saying:
    """What one rule or level says. ``place`` is where it stands, ``spot`` the map that it is written in."""

    name: str
    level: Level
    place: str
    spot: Spot
    given: Mapping[str, Given]
    broken: frozenset[str]

    def has(self, key: str) -> bool:
        """Whether the key is there, right or wrong."""
        return key in self.given or key in self.broken

    @property
    def when(self) -> Condition | None:
        """The condition, if there is one and it is right."""
        return self.given["when"].value if "when" in self.given else None

    @property
    def on(self) -> Trigger | None:
        """The trigger, if there is one and it is right."""
        return self.given["on"].value if "on" in self.given else None


def sayings(group: GroupDraft, rule: Part) -> Iterator[Saying]:
    """One for the rule, or one for each of its levels."""
    name = f"{group.name}/{rule.name}"
    defaults: Part | None = group.part.value("defaults")
    usual = defaults.given if defaults else {}
    levels = [(key, rule.given[key].value) for key in LEVELS if key in rule.given]
    if not levels and not rule.has("soft") and not rule.has("hard"):
        given = _with_usual(usual, rule.given)
        yield Saying(name, Level.ONLY, rule.spot.where, rule.spot, given, rule.broken)
    for key, part in levels:
        own = {k: v for k, v in rule.given.items() if k not in {*_NOT_INHERITED, "when", "on"}}
        given = _with_usual(usual, {**own, **part.given})
        spot: Spot = rule.given[key].spot
        yield Saying(name, LEVELS[key], spot.where_key, spot, given, part.broken | rule.broken)


def _with_usual(usual: Mapping[str, Given], own: Mapping[str, Given]) -> Mapping[str, Given]:
    """What the group says counts where it makes sense: a moment cannot last."""
    moment = "on" in own and own["on"].value is not Trigger.BLIND
    fitting = {key: value for key, value in usual.items() if not (moment and key in _OF_A_CONDITION)}
    return {**fitting, **own}
