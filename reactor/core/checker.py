"""Whether a tree is a condition: names, kinds and units, each mistake with its place and a remedy.

The walk over the tree belongs here, and what can be said of a part on its own. What the
signs between two parts allow is in ``operators``; conditions that are sound and still make
no sense, because they always or never hold, are found in ``sense``.
"""

from reactor.core.fields import FIELDS, METHODS, ORDERED
from reactor.core.operators import arithmetic, comparison
from reactor.core.printing import brief, text_of
from reactor.core.problems import Problem, did_you_mean
from reactor.core.tree import (
    Arithmetic,
    Call,
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
    Place,
    Select,
    start,
)


def check(node: Node) -> tuple[Problem, ...]:
    """Everything that is wrong with the kinds in a condition; nothing if it can be compiled."""
    checker = _Checker()
    checker.expect_condition(node)
    return tuple(checker.problems)


class _Checker:
    """One pass over one tree. A method returns the kind of a node, or None where it complained."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def expect_condition(self, node: Node) -> None:
        kind = self.kind(node)
        if kind is not None and kind is not Kind.CONDITION:
            hint = "compare it, as in pids > 200" if kind in ORDERED else "compare it"
            self._complain(start(node), f"a condition is needed here, and {brief(node)} is {kind}: {hint}")

    def kind(self, node: Node) -> Kind | None:
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
            case _:
                return self._value(node)

    def _value(self, node: Literal | Name | Items | Index) -> Kind | None:
        match node:
            case Literal():
                return node.kind
            case Name():
                return self._name(node)
            case Items():
                return self._items(node)
            case Index():
                return self._index(node)

    def _condition(self, node: Not | Compare | Logic) -> Kind:
        match node:
            case Not():
                self.expect_condition(node.operand)
            case Logic():
                for part in node.parts:
                    self.expect_condition(part)
            case Compare():
                left, right = self.kind(node.left), self.kind(node.right)
                if left is not None and right is not None:
                    self._take(comparison(node, left, right))
        return Kind.CONDITION

    def _arithmetic(self, node: Arithmetic) -> Kind | None:
        left, right = self.kind(node.left), self.kind(node.right)
        return self._take(arithmetic(node, left, right)) if left is not None and right is not None else None

    def _negative(self, node: Negative) -> Kind | None:
        kind = self.kind(node.operand)
        if kind is None or kind in ORDERED:
            return kind
        return self._complain(node.place, f"only a quantity can be negative, and this is {kind}")

    def _name(self, node: Name) -> Kind | None:
        if node.name in FIELDS:
            return FIELDS[node.name].kind
        hint = did_you_mean(node.name, FIELDS)
        text = "" if hint.startswith("did") else f'; text is written in quotes, "{node.name}"'
        return self._complain(node.place, f"unknown name '{node.name}': {hint}{text}")

    def _items(self, node: Items) -> Kind | None:
        kinds = [self.kind(part) for part in node.parts]
        if not node.parts:
            return self._complain(node.place, "this list is empty: nothing is ever in it")
        if None in kinds:
            return None
        for part, kind in zip(node.parts, kinds, strict=True):
            if not isinstance(part, Literal):
                return self._complain(start(part), 'a list holds plain values, such as 3, 8GiB or "ml"')
            if kind is not kinds[0]:
                return self._complain(part.place, f"a list holds one kind: first {kinds[0]}, and here {kind}")
        return Kind.LIST

    def _index(self, node: Index) -> Kind | None:
        target, key = self.kind(node.target), self.kind(node.key)
        if target is None or key is None:
            return None
        if target is not Kind.LABELS:
            return self._complain(node.place, f"only labels have keys, and {brief(node.target)} is {target}")
        if not isinstance(node.key, Literal) or key is not Kind.TEXT:
            return self._complain(start(node.key), 'a key is text in quotes, as in labels["team"]')
        return Kind.TEXT

    def _select(self, node: Select) -> Kind | None:
        whole = text_of(node)
        if whole == f"labels.{node.name}":
            return self._complain(node.place, f'write labels["{node.name}"] instead of {whole}')
        if isinstance(node.target, Name) and node.target.name not in FIELDS:
            return self._complain(node.target.place, f"unknown name '{whole}': {did_you_mean(whole, FIELDS)}")
        if self.kind(node.target) is None:
            return None
        if node.name in METHODS:
            return self._complain(node.place, f'{node.name} needs brackets, as in {whole}("...")')
        return self._complain(node.place, f"{brief(node.target)} has no part '{node.name}'")

    def _call(self, node: Call) -> Kind | None:
        hint = {
            "duration": ": durations are written plainly, as in 12h or 1h30m",
            "not": ": write ! before the bracket",
            "has": ': whether a label is there is written "key" in labels',
        }.get(node.name, "")
        if node.name in METHODS:
            hint = f': {node.name} is asked of a text, as in name.{node.name}("...")'
        return self._complain(node.place, f"there is no function '{node.name}' here{hint}")

    def _method(self, node: Method) -> Kind | None:
        target, given = self.kind(node.target), [self.kind(part) for part in node.arguments]
        if node.name not in METHODS:
            return self._complain(
                node.place, f"unknown method '{node.name}': {did_you_mean(node.name, METHODS)}"
            )
        if len(given) != 1:
            return self._complain(node.place, f'{node.name} takes one text, as in {node.name}("...")')
        if target is not None and target is not Kind.TEXT:
            return self._complain(
                node.place, f"{node.name} is asked of a text, and {brief(node.target)} is {target}"
            )
        if given[0] is not None and given[0] is not Kind.TEXT:
            self._complain(
                start(node.arguments[0]), f"{node.name} takes text in quotes, and this is {given[0]}"
            )
        return Kind.CONDITION

    def _take(self, answer: Kind | Problem | None) -> Kind | None:
        if not isinstance(answer, Problem):
            return answer
        return self._complain(answer.place, answer.message)

    def _complain(self, place: Place, message: str) -> None:
        self.problems.append(Problem(place, message))
