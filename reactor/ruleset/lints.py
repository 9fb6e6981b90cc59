"""What is allowed and probably not meant: warnings about rules that are right.

Asked are compiled rules; each warning stands at a place in a file, as mistakes do. What can never be
right is a mistake, and not for this module.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations

from reactor.core.language.printing import brief
from reactor.core.language.ranges import Claim, claim_of, opposite, possible
from reactor.core.language.tree import Compare, Logic, Method, Name, Node, Not
from reactor.core.language.walking import start, walk
from reactor.core.rules import Level, Rule
from reactor.core.verbs import ENDING
from reactor.ruleset.chains import STRENGTH
from reactor.ruleset.compiling import Compiled
from reactor.ruleset.digests import canonical
from reactor.ruleset.drafts import Given
from reactor.ruleset.errors import RuleError
from reactor.ruleset.expressions import Language


def lints(compiled: Sequence[Compiled], language: Language) -> tuple[RuleError, ...]:
    """All warnings about a rule set."""
    found = [*_unlimited(compiled), *_shadowed(compiled, language), *_outrun(compiled)]
    for each in compiled:
        found += [*_exempting(each, language), *_exempting_all(each), *_idle(each), *_not_narrowed(each)]
    return tuple(dict.fromkeys(found))


def _exempting(each: Compiled, language: Language) -> Iterator[RuleError]:
    """Conditions that a label makes false: who makes the container chooses its labels."""
    given = each.saying.given.get("when")
    if given is None:
        return
    text = given.spot.document.scalars[given.spot.path].value
    for part in _refusing(language.tree(text)):
        message = f"{brief(part)} lets everybody out who knows the label: use 'exceptions' or 'select'"
        yield given.spot.inside(start(part).offset, message)


def _refusing(tree: Node, *, negated: bool = False) -> Iterator[Node]:
    """The smallest parts that read a label and hold where it is another, or is not there."""
    match tree:
        case Not():
            yield from _refusing(tree.operand, negated=not negated)
        case Logic():
            for part in tree.parts:
                yield from _refusing(part, negated=negated)
        case Compare() | Method() if any(isinstance(p, Name) and p.name == "labels" for p in walk(tree)):
            refuses = isinstance(tree, Compare) and tree.sign == "!="
            if refuses is not negated:
                yield tree
        case _:
            return


def _exempting_all(each: Compiled) -> Iterator[RuleError]:
    """Exceptions that leave nobody over."""
    for exemption in each.rule.exempt:
        if any(all(set(pattern) == {"*"} for pattern in row) for row in exemption.values):
            spot = each.saying.spot
            yield spot.at_value(f"the exception '{exemption.name}' lets everybody out of {each.rule.name}")


def _idle(each: Compiled) -> Iterator[RuleError]:
    """Keys without an effect."""
    given: Given | None = each.saying.given.get("keep_for")
    if given is not None and not each.rule.hold:
        yield given.spot.at_key("'keep_for' changes nothing without 'for': there is no break in a moment")


def _shadowed(compiled: Sequence[Compiled], language: Language) -> Iterator[RuleError]:
    """Rules of which another decides the same, no later and no milder."""
    said = [(_asks(each.rule, language), each) for each in compiled if each.rule.level is Level.ONLY]
    for (asked, one), (also, other) in combinations(said, 2):
        if asked != also:
            continue
        first, second = (one, other) if _wins(one.rule, other.rule) else (other, one)
        if _wins(first.rule, second.rule):
            where = f"{first.rule.name} at {first.rule.place}"
            message = f"{where} decides this, and no later: leave one of them out"
            yield second.saying.spot.at_value(message)


def _asks(rule: Rule, language: Language) -> tuple[object, ...]:
    text = canonical(rule.when.text, language) if rule.when is not None else ""
    return (text, rule.on, rule.select, rule.exempt, rule.tighten, rule.victims)


def _wins(one: Rule, other: Rule) -> bool:
    """Whether one leaves nothing for the other. A rule that runs dry never stands in a live one's way."""
    if one.dry_run is not other.dry_run or one.fresh != other.fresh:
        return False
    held_back = one.limit not in {None, other.limit} or one.cooldown > other.cooldown
    sooner = one.hold <= other.hold and one.keep >= other.keep
    return sooner and not held_back and STRENGTH[one.action] >= STRENGTH[other.action]


def _outrun(compiled: Sequence[Compiled]) -> Iterator[RuleError]:
    """Rules with a threshold that nobody comes to, because another of the same field ends them before."""
    rules = [each for each in compiled if each.rule.level is Level.ONLY and each.rule.action in ENDING]
    live = [each for each in rules if not each.rule.dry_run]
    claims = [(claim, each) for each in live if (claim := _claim(each.rule)) is not None]
    for claim, each in claims:
        for other_claim, other in claims:
            if _is_before(other_claim, claim) and _ends_the_same(other.rule, each.rule):
                yield each.saying.given["when"].spot.at_value(_before(other.rule))
                break


def _before(rule: Rule) -> str:
    condition = rule.when.text if rule.when is not None else ""
    return (
        f"{rule.name} at {rule.place} decides before this, by {condition}: leave this one out, or raise that"
    )


def _claim(rule: Rule) -> Claim | None:
    """What a condition says that is one comparison of a field with a constant."""
    tree = rule.when.tree if rule.when is not None and rule.on is None else None
    return claim_of(tree) if isinstance(tree, Compare) else None


def _is_before(one: Claim, other: Claim) -> bool:
    """Whether one holds wherever the other does, and elsewhere too."""
    if (one.subject, one.relative) != (other.subject, other.relative):
        return False
    return not possible([other, opposite(one)]) and possible([one, opposite(other)])


def _ends_the_same(one: Rule, other: Rule) -> bool:
    """Whether one ends whom the other would, at the least, and as soon as their conditions hold."""
    first, second = ((each.select, each.exempt, each.tighten, each.victims) for each in (one, other))
    return first == second and _wins(one, other)


def _not_narrowed(each: Compiled) -> Iterator[RuleError]:
    """Totals in a group that selects: who selects a few may think that only these are added up."""
    total = each.rule.when.total if each.rule.when is not None else None
    if total is not None and each.rule.select:
        name = f"{total.whole}.{total.field}"
        message = f"'select' does not narrow {name}: all in scope are added up, it only says who may be ended"
        yield each.saying.given["when"].spot.at_value(message)


def _unlimited(compiled: Sequence[Compiled]) -> Iterator[RuleError]:
    """Percentages, if a container without that limit is ended by nothing."""
    conditions = [each.rule.when for each in compiled if each.rule.when is not None and not each.rule.dry_run]
    if any(not when.relative and when.total is None for when in conditions):
        return
    for each in compiled:
        when = each.rule.when
        if when is not None and when.relative:
            limits = " and ".join(f"{name} limit" for name in sorted(when.relative))
            message = f"a container without a {limits} is ended by no rule: add one, such as age > 12h"
            yield each.saying.given["when"].spot.at_value(message)
