"""What may be called, with what, and what it gives: kinds in, a kind or a problem out.

Functions and methods belong here, with the remedies that their mistakes deserve. None among the kinds
stands where a problem was found already. Walking the tree is the business of ``checker``.
"""

from collections.abc import Sequence
from dataclasses import replace

from reactor.core.language.automata import matcher
from reactor.core.language.fields import FIELDS, FUNCTIONS, METHODS
from reactor.core.language.kinds import result
from reactor.core.language.pattern_tree import BadPatternError
from reactor.core.language.printing import brief
from reactor.core.language.problems import Problem, did_you_mean
from reactor.core.language.tree import NOWHERE, Call, Kind, Literal, Method, Name, Node
from reactor.core.language.units import say_duration
from reactor.core.language.walking import start
from reactor.core.language.windows import LEAST, MOST

Kinds = Sequence[Kind | None]

_EXAMPLES = {
    "avg": "avg(memory, 1m)",
    "changes": "changes(restarts, 10m)",
    "max": "max(memory, 1m)",
    "min": "min(memory, 1m)",
    "rate": "rate(pids, 5s)",
    "size": "size(name)",
    "time_to": "time_to(memory, memory_limit)",
}
_SIZED = frozenset({Kind.TEXT, Kind.LABELS, Kind.TEXTS, Kind.LIST})
_RISING = ("memory", "pids")
_KEPT = tuple(name for name, field in FIELDS.items() if field.kept)


def call(node: Call, given: Kinds) -> Kind | Problem | None:
    """The kind of ``name(arguments)``."""
    if node.name not in FUNCTIONS:
        return _no_function(node)
    first, last = (1, 1) if node.name == "size" else (2, 3) if node.name == "time_to" else (2, 2)
    if not first <= len(given) <= last:
        return Problem(node.place, f"write {node.name} as in {_EXAMPLES[node.name]}")
    if node.name == "size":
        return sized(node.arguments[0], given[0])
    wrong = _field(node) or (_goal(node, given) if node.name == "time_to" else None)
    if wrong is None and (len(node.arguments) == 3 or node.name != "time_to"):
        wrong = _window(node.arguments[-1])
    if wrong is not None:
        return wrong
    return result(node.name, given[0]) if None not in given and given[0] is not None else None


def method(node: Method, target: Kind | None, given: Kinds) -> Kind | Problem | None:
    """The kind of ``target.name(arguments)``."""
    if node.name == "get" and target is Kind.LABELS:
        remedy = 'write labels[?"team"].orValue("none")'
        return Problem(node.place, f"labels have no 'get': {remedy}")
    if node.name not in METHODS:
        return Problem(node.place, f"unknown method '{node.name}': {did_you_mean(node.name, METHODS)}")
    if node.name == "size":
        nothing = "size takes nothing between its brackets, as in name.size()"
        return Problem(node.place, nothing) if given else sized(node.target, target)
    if node.name in {"hasValue", "orValue"}:
        return _optional(node, target, given)
    if len(given) != 1:
        return Problem(node.place, f'{node.name} takes one text, as in {node.name}("...")')
    if target is not None and target is not Kind.TEXT:
        return Problem(node.place, f"{node.name} is asked of a text, and {brief(node.target)} is {target}")
    wrong = _takes_text(node, given[0]) or (_pattern(node) if node.name == "matches" else None)
    return wrong or Kind.CONDITION


def sized(node: Node, kind: Kind | None) -> Kind | Problem | None:
    """The kind of a size."""
    if kind is None:
        return None
    if kind in _SIZED:
        return Kind.COUNT
    return Problem(start(node), f"size is asked of a text or a list, and {brief(node)} is {kind}")


def _optional(node: Method, target: Kind | None, given: Kinds) -> Kind | Problem | None:
    if target is None:
        return None
    if target is not Kind.MAYBE:
        message = f'{node.name} is asked of labels[?"team"], and {brief(node.target)} is {target}'
        return Problem(node.place, message)
    if node.name == "hasValue":
        return Problem(node.place, "hasValue takes nothing between its brackets") if given else Kind.CONDITION
    if len(given) != 1:
        return Problem(node.place, 'orValue takes one text, as in orValue("none")')
    return _takes_text(node, given[0]) or Kind.TEXT


def _takes_text(node: Method, given: Kind | None) -> Problem | None:
    if given in {None, Kind.TEXT}:
        return None
    return Problem(start(node.arguments[0]), f"{node.name} takes text in quotes, and this is {given}")


def _pattern(node: Method) -> Problem | None:
    pattern = node.arguments[0]
    if not isinstance(pattern, Literal):
        return Problem(start(pattern), "a pattern is text in quotes")
    try:
        matcher(str(pattern.value))
    except BadPatternError as error:
        # With escapes in the text before it, the place can only be that of the text.
        plain = "\\" not in repr(str(pattern.value)[: error.offset])
        place = pattern.place
        inside = replace(
            place, offset=place.offset + 1 + error.offset, column=place.column + 1 + error.offset
        )
        return Problem(inside if plain and place != NOWHERE else place, f"in this pattern, {error.message}")
    return None


def _field(node: Call) -> Problem | None:
    """What is kept over time is a field, and not every one is."""
    allowed = {"changes": ("restarts",), "time_to": _RISING}.get(node.name, _KEPT)
    first = node.arguments[0]
    if isinstance(first, Name) and first.name in allowed:
        return None
    can = f"{', '.join(allowed[:-1])} and {allowed[-1]}" if len(allowed) > 1 else allowed[0]
    message = f"{node.name} is about {can}, as in {_EXAMPLES[node.name]}, and not about {brief(first)}"
    return Problem(start(first), message)


def _goal(node: Call, given: Kinds) -> Problem | None:
    value, goal = given[:2]
    if value is None or goal is None or value is goal or {value, goal} == {Kind.COUNT, Kind.NUMBER}:
        return None
    second = node.arguments[1]
    if isinstance(second, Literal) and goal is Kind.DURATION:
        return Problem(second.place, f"time_to needs the value that is awaited: {_EXAMPLES['time_to']}")
    said = f"{brief(node.arguments[0])} is {value}, and {brief(second)} is {goal}"
    return Problem(start(second), f"time_to awaits a value of the same kind: {said}")


def _window(node: Node) -> Problem | None:
    if not isinstance(node, Literal) or node.kind is not Kind.DURATION:
        number = node.written if isinstance(node, Literal) and node.kind is Kind.NUMBER else ""
        remedy = f": write {number}s or {number}m" if number else ", such as 30s"
        return Problem(start(node), f"how far to look back is a plain duration{remedy}")
    if LEAST <= float(node.value) <= MOST:
        return None
    bounds = f"{say_duration(LEAST)} and {say_duration(MOST)}"
    return Problem(node.place, f"{brief(node)} is no span to look back over: it lies between {bounds}")


def _no_function(node: Call) -> Problem:
    hint = {
        "duration": ": durations are written plainly, as in 12h or 1h30m",
        "not": ": write ! before the bracket",
        "has": ': whether a label is there is written "key" in labels',
    }.get(node.name, "")
    if node.name in METHODS:
        hint = f': {node.name} is asked of a text, as in name.{node.name}("...")'
    elif not hint:
        near = did_you_mean(node.name, FUNCTIONS)
        hint = f": {near}" if near.startswith("did") else ""
    return Problem(node.place, f"there is no function '{node.name}' here{hint}")
