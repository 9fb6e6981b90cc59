"""The language of conditions: text in, a tree or a compiled condition out.

This is the only module that the rest of the room asks about conditions. The bounds keep a
hostile or mistaken text from costing more than a moment.
"""

from lark import Token, Tree
from lark.exceptions import UnexpectedInput

from reactor.core.language.conditions import compile_condition
from reactor.core.language.problems import BadExpression, Problem
from reactor.core.language.tree import Node, Place
from reactor.core.language.walking import children, start
from reactor.core.rules import Condition
from reactor.ruleset.complaints import complaint
from reactor.ruleset.grammar import TreeBuilder, make_parser

LONGEST = 2_000
"""Characters in a condition."""
DEEPEST = 40
"""How deep the parts of a condition may be nested in each other."""


class Language:
    """Reads conditions. Holds no state of what it read; making one takes some milliseconds."""

    def __init__(self) -> None:
        self._parser = make_parser()

    def condition(self, text: str) -> Condition:
        """The condition that a text says, or BadExpression with all that is wrong with it."""
        return compile_condition(self.tree(text))

    def tree(self, text: str) -> Node:
        """The tree of a text, unchecked, or BadExpression if it cannot be read."""
        if not text.strip():
            raise _bad(Place(), "this condition is empty: write one, such as pids > 200")
        if len(text) > LONGEST:
            raise _bad(Place(), f"a condition has at most {LONGEST} characters: split it into several rules")
        try:
            parsed = self._parser.parse(text)
        except UnexpectedInput as error:
            raise BadExpression([complaint(text, error, self._parser)]) from None
        return _built(parsed)


def _bad(place: Place, message: str) -> BadExpression:
    return BadExpression([Problem(place, message)])


def _built(parsed: Tree[Token]) -> Node:
    builder = TreeBuilder()
    tree = builder.transform(parsed)
    if builder.problems:
        raise BadExpression(builder.problems)
    too_deep = _beyond(tree, DEEPEST)
    if too_deep is not None:
        message = f"this is nested more than {DEEPEST} deep: split the condition into several rules"
        raise _bad(start(too_deep), message)
    return tree


def _beyond(tree: Node, depth: int) -> Node | None:
    """The first part that lies deeper than this. Goes by levels, so that depth costs no stack."""
    level: list[Node] = [tree]
    for _ in range(depth):
        level = [child for node in level for child in children(node)]
    return level[0] if level else None
