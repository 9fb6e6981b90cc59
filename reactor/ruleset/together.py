"""What keys of a rule mean together: each may be right, and the rule still make no sense.

Asked is what a rule says in the end, after its group's defaults and later files have had their say.
"""

from collections.abc import Iterator, Sequence

from reactor.core.language.tree import Name
from reactor.core.language.walking import walk
from reactor.core.rules import Level, Trigger
from reactor.core.triggers import OVER
from reactor.core.verbs import Action
from reactor.ruleset.chains import chain_of, strength
from reactor.ruleset.chains import complaints as about_chain
from reactor.ruleset.drafts import GroupDraft, Part
from reactor.ruleset.errors import RuleError
from reactor.ruleset.exceptions import complaints as about_exceptions
from reactor.ruleset.overlays import is_overlay
from reactor.ruleset.sayings import LEVELS, Saying, sayings

_NEEDS = "a rule needs 'when' with a condition, or 'on' with a trigger"


def complaints(groups: Sequence[GroupDraft]) -> Iterator[RuleError]:
    """All that is wrong with the rules as they are after everything was put together."""
    for group in groups:
        shared = group.part.value("exceptions", ())
        yield from about_exceptions(shared)
        for rule in group.rules:
            if is_overlay(rule):
                # There is nothing that it lies over: what it seems to lack may stand in the missing file.
                continue
            own = rule.value("exceptions", ())
            yield from about_exceptions(own)
            yield from _same_exceptions(shared, own)
            yield from _levels(group, rule)
            for saying in sayings(group, rule):
                yield from _of_saying(saying)


def _same_exceptions(shared: Sequence[Part], own: Sequence[Part]) -> Iterator[RuleError]:
    taken = {part.name: part for part in shared if part.name}
    for part in own:
        if part.name in taken:
            where = taken[part.name].spot.where
            message = f"the group has an exception named '{part.name}', at {where}: choose another name"
            yield part.spot.below("name").at_value(message)


def _levels(group: GroupDraft, rule: Part) -> Iterator[RuleError]:
    there = [key for key in LEVELS if rule.has(key)]
    if not there:
        return
    for key in ("when", "on"):
        if key in rule.given:
            message = f"this rule has levels: move '{key}' into 'soft' or 'hard'"
            yield rule.given[key].spot.at_key(message)
    if len(there) == 1:
        other = "hard" if there[0] == "soft" else "soft"
        message = f"'{there[0]}' stands beside '{other}': add it, or write its keys in the rule itself"
        yield rule.spot.below(there[0]).at_key(message)
    both = {saying.level: saying for saying in sayings(group, rule)}
    if len(both) == 2 and not any(saying.has("then") and "then" in saying.broken for saying in both.values()):
        yield from _strength(*(both[level] for level in LEVELS.values()))


def _strength(soft: Saying, hard: Saying) -> Iterator[RuleError]:
    (mild, softer), (strong, harder) = strength(soft), strength(hard)
    if strong < mild:
        would, instead = harder.value.action, softer.value.action
        message = f"'hard' would {would} where 'soft' would {instead}: 'hard' is never the milder"
        yield harder.spot.at_value(message)


def _of_saying(saying: Saying) -> Iterator[RuleError]:
    if not saying.has("when") and not saying.has("on"):
        yield saying.spot.at_value(
            _NEEDS if saying.level == "only" else f"'{saying.level}' needs 'when' or 'on'"
        )
    yield from _of_an_end(saying)
    yield from _lasting(saying)
    yield from _of_whole(saying)
    yield from _tighten(saying)
    yield from _contain(saying)
    yield from about_chain(saying)


def _of_an_end(saying: Saying) -> Iterator[RuleError]:
    """Only a run that is over has an exit code, and only these triggers are asked of one."""
    if saying.when is None or saying.when.tree is None or saying.on in OVER or "on" in saying.broken:
        return
    found = (node for node in walk(saying.when.tree) if isinstance(node, Name) and node.name == "exit_code")
    name = next(found, None)
    if name is not None:
        why = "exit_code is that of an end, and this rule is asked only of runs that go on"
        yield saying.given["when"].spot.inside(name.place.offset, f"{why}: add 'on: die' or 'on: oom'")


def _lasting(saying: Saying) -> Iterator[RuleError]:
    """A trigger is a moment, except for blindness, which has to last to mean anything."""
    if saying.on is Trigger.BLIND:
        held = saying.given.get("for")
        if held is None and "for" not in saying.broken:
            message = "'on: blind' needs 'for': how long nothing may be known, as in 'for: 5m'"
            yield saying.given["on"].spot.at_value(message)
        elif held is not None and held.value <= 0:
            yield held.spot.at_value("'on: blind' needs some time: write such as 5m")
    elif saying.has("on"):
        for key in ("for", "keep_for"):
            # Zero is what the key means without being there: so a later file can take it back.
            if key in saying.given and saying.given[key].value > 0:
                message = f"'on' is a moment and cannot last: leave '{key}' out, or write two rules"
                yield saying.given[key].spot.at_key(message)


def _of_whole(saying: Saying) -> Iterator[RuleError]:
    if saying.when is not None and saying.when.total is not None:
        for key in ("on", "tighten"):
            if key in saying.given:
                yield saying.given[key].spot.at_key(f"a condition about the whole stands without '{key}'")
    elif "victims" in saying.given and "when" not in saying.broken:
        message = "'victims' belongs to a condition about the whole, such as scope.pids > 4000"
        yield saying.given["victims"].spot.at_key(message)


def _tighten(saying: Saying) -> Iterator[RuleError]:
    if "tighten" not in saying.given or "when" in saying.broken:
        return
    when = saying.when
    if when is None:
        yield saying.given["tighten"].spot.at_key("'tighten' belongs to a condition: add 'when'")
    elif when.tighten is None and when.total is None:
        message = "'tighten' needs a condition that is one comparison with a constant, such as age > 12h"
        yield saying.given["tighten"].spot.at_key(message)


def _contain(saying: Saying) -> Iterator[RuleError]:
    """Only an end at once, of a run that goes on, can be brought about directly."""
    given = saying.given.get("contain")
    if given is None or not given.value:
        return
    first = chain_of(saying)[0]
    # A later file that makes an earlier one's rule milder has spoken about this, too.
    is_milder = given.spot.file == saying.spot.file != first.spot.file
    if saying.on is Trigger.DIE:
        yield given.spot.at_key("'on: die' is about a run that is over: there is nothing to contain")
    elif first.value.action is not Action.KILL and "then" not in saying.broken and not is_milder:
        place = ": write it in 'hard'" if saying.level is Level.SOFT else ""
        needed = f"'then' has to begin with kill, and not with {first.value.action}"
        yield given.spot.at_key(f"'contain' ends the container at once: {needed}{place}")
