"""Whether a tree is a condition: names, kinds and units, each mistake with its place and a remedy.

The walk over the tree belongs here, and what can be said of a part on its own. What the
signs between two parts allow is in ``operators``, what may be called in ``functions``, what is
about the whole in ``totals``; conditions that are sound and still make no sense, because they
always or never hold, are found in ``sense``.
"""

from reactor.core.language import functions
from reactor.core.language.fields import FIELDS, FUNCTIONS, METHODS, NAMES, ORDERED
from reactor.core.language.operators import arithmetic, choice, comparison
from reactor.core.language.printing import brief, text_of
from reactor.core.language.problems import Problem, did_you_mean
from reactor.core.language.totals import is_about_the_whole, wrong_total
from reactor.core.language.tree import (
    Arithmetic,
    Call,
    Choice,
    Compare,
    Index,
    Items,
    Kind,
    Literal,
    Logic,
    Method,
    Name,
    Negative,
    Node,
    Not,
    Select,
)
from reactor.core.language.walking import start


def check(node: Node) -> tuple[Problem, ...]:
    """Everything that is wrong with the kinds in a condition; nothing if it can be compiled."""
    checker = _Checker()
    checker.expect_condition(node)
    if checker.problems or not is_about_the_whole(node):
        return tuple(checker.problems)
    wrong = wrong_total(node)
    return () if wrong is None else (wrong,)


class _Checker:
    """One pass over one tree, which collects problems.

    Kinds come up from the leaves. None stands where a problem was found below, so that one
    mistake is reported once.
    """

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def expect_condition(self, node: Node) -> None:
        """Check a part that has to be a condition."""
        kind = self._kind(node)
        if kind is not None and kind is not Kind.CONDITION:
            hint = "compare it, as in pids > 200" if kind in ORDERED else "compare it"
            message = f"a condition is needed here, and {brief(node)} is {kind}: {hint}"
            self.problems.append(Problem(start(node), message))

    def _kind(self, node: Node) -> Kind | None:
        found = self._judged(node)
        if not isinstance(found, Problem):
            return found
        self.problems.append(found)
        return None

    def _judged(self, node: Node) -> Kind | Problem | None:
        match node:
            case Not() | Compare() | Logic():
                return self._condition(node)
            case Negative():
                return self._negative(node)
            case Arithmetic():
                return self._arithmetic(node)
            case Select():
                return self._select(node)
            case Call():
                return self._call(node)
            case Method():
                return self._method(node)
            case Choice():
                return self._choice(node)
            case _:
                return self._value(node)

    def _value(self, node: Literal | Name | Items | Index) -> Kind | Problem | None:
        match node:
            case Literal():
                return node.kind
            case Name():
                return self._name(node)
            case Items():
                return self._items(node)
            case Index():
                return self._index(node)

    def _condition(self, node: Not | Compare | Logic) -> Kind | Problem:
        match node:
            case Not():
                self.expect_condition(node.operand)
            case Logic():
                for part in node.parts:
                    self.expect_condition(part)
            case Compare():
                left, right = self._kind(node.left), self._kind(node.right)
                if left is not None and right is not None:
                    return comparison(node, left, right) or Kind.CONDITION
        return Kind.CONDITION

    def _arithmetic(self, node: Arithmetic) -> Kind | Problem | None:
        left, right = self._kind(node.left), self._kind(node.right)
        return arithmetic(node, left, right) if left is not None and right is not None else None

    def _negative(self, node: Negative) -> Kind | Problem | None:
        kind = self._kind(node.operand)
        if kind is None or kind in ORDERED:
            return kind
        return Problem(node.place, f"only a quantity can be negative, and this is {kind}")

    def _name(self, node: Name) -> Kind | Problem | None:
        if node.name in NAMES:
            return NAMES[node.name].kind
        hint = did_you_mean(node.name, NAMES)
        text = "" if hint.startswith("did") else f'; text is written in quotes, "{node.name}"'
        return Problem(node.place, f"unknown name '{node.name}': {hint}{text}")

    def _items(self, node: Items) -> Kind | Problem | None:
        kinds = [self._kind(part) for part in node.parts]
        if not node.parts:
            return Problem(node.place, "this list is empty: nothing is ever in it")
        if None in kinds:
            return None
        for part, kind in zip(node.parts, kinds, strict=True):
            if not isinstance(part, Literal):
                return Problem(start(part), 'a list holds plain values, such as 3, 8GiB or "ml"')
            if kind is not kinds[0]:
                return Problem(part.place, f"a list holds one kind: first {kinds[0]}, and here {kind}")
        return Kind.LIST

    def _index(self, node: Index) -> Kind | Problem | None:
        target, key = self._kind(node.target), self._kind(node.key)
        if target is None or key is None:
            return None
        if target is not Kind.LABELS:
            return Problem(node.place, f"only labels have keys, and {brief(node.target)} is {target}")
        if not isinstance(node.key, Literal) or key is not Kind.TEXT:
            return Problem(start(node.key), 'a key is text in quotes, as in labels["team"]')
        return Kind.MAYBE if node.optional else Kind.TEXT

    def _select(self, node: Select) -> Kind | Problem | None:
        whole = text_of(node)
        if whole == f"labels.{node.name}":
            return Problem(node.place, f'write labels["{node.name}"] instead of {whole}')
        if isinstance(node.target, Name) and node.target.name not in FIELDS:
            return Problem(node.target.place, f"unknown name '{whole}': {did_you_mean(whole, NAMES)}")
        if self._kind(node.target) is None:
            return None
        if node.name in METHODS:
            return Problem(node.place, f'{node.name} needs brackets, as in {whole}("...")')
        return Problem(node.place, f"{brief(node.target)} has no part '{node.name}'")

    def _call(self, node: Call) -> Kind | Problem | None:
        given = [self._kind(part) for part in node.arguments] if node.name in FUNCTIONS else []
        return functions.call(node, given)

    def _method(self, node: Method) -> Kind | Problem | None:
        target, given = self._kind(node.target), [self._kind(part) for part in node.arguments]
        return functions.method(node, target, given)

    def _choice(self, node: Choice) -> Kind | Problem | None:
        self.expect_condition(node.test)
        yes, no = self._kind(node.yes), self._kind(node.no)
        return choice(node, yes, no) if yes is not None and no is not None else None
