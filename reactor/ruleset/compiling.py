"""From drafts without mistakes to the rules that are judged.

Keys that are left out get their values here. What is wrong with drafts is said before, in
``drafting``, ``overlays`` and ``together``.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from reactor.core.language import rendering
from reactor.core.rules import Order, Rule, Severity
from reactor.core.stages import Stage, principal
from reactor.core.verbs import ENDING, Action
from reactor.ruleset.chains import chain_of
from reactor.ruleset.digests import digest_of
from reactor.ruleset.drafts import GroupDraft, Part
from reactor.ruleset.exceptions import exemptions
from reactor.ruleset.expressions import Language
from reactor.ruleset.sayings import Saying, sayings
from reactor.ruleset.selectors import selector

REST = 300.0
"""The usual cooldown, in seconds, of a rule that leaves the run alive: a value that swings about its
threshold is told of once, and not each time."""
PLAIN = frozenset({Action.KILL, Action.STOP})
"""The actions that need no chain to say what is done."""


@dataclass(frozen=True, slots=True, eq=False)
class Compiled:
    """A rule, and what it was made of."""

    rule: Rule
    saying: Saying


def compiled(group: GroupDraft, language: Language) -> Iterator[Compiled]:
    """The rules of a group, two for a rule with levels."""
    for part in group.rules:
        for saying in sayings(group, part):
            rule = _rule(group, part, saying)
            yield Compiled(replace(rule, digest=digest_of(rule, language)), saying)


def _rule(group: GroupDraft, part: Part, saying: Saying) -> Rule:
    said = {key: given.value for key, given in saying.given.items()}
    chain: tuple[Stage, ...] = tuple(given.value for given in chain_of(saying))
    main = principal(chain) or chain[0]
    summary, description = (said.get(key, "").strip() for key in ("summary", "description"))
    shared, own = group.part.value("exceptions", ()), part.value("exceptions", ())
    return Rule(
        name=saying.name,
        place=saying.place,
        when=saying.when,
        on=saying.on,
        select=tuple(selector(each.value) for each in group.part.value("select", ())),
        hold=said.get("for", 0.0),
        dry_run=said.get("dry_run", False),
        action=main.action,
        summary=summary,
        keep=said.get("keep_for", 0.0),
        cooldown=said.get("cooldown", 0.0 if main.action in ENDING else REST),
        limit=said.get("limit"),
        severity=said.get("severity", Severity.WARNING),
        team=said.get("team", "").strip(),
        description=description,
        grace=main.grace,
        level=saying.level,
        exempt=exemptions((*shared, *own)),
        fresh=said.get("fresh"),
        victims=_victims(saying),
        tighten=said.get("tighten", ""),
        contain=said.get("contain", False) and chain[0].action is Action.KILL,
        then=chain if len(chain) > 1 or main.action not in PLAIN else (),
        summarise=rendering.summary(summary),
        describe=rendering.description(description),
    )


def _victims(saying: Saying) -> Order | None:
    """Who has most of what a condition about the whole is about goes first, unless it says otherwise."""
    if saying.when is None or saying.when.total is None:
        return None
    given = saying.given.get("victims")
    return given.value if given else Order(saying.when.total.field)
