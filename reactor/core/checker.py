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
    Select,
    start,
)


def check(node: Node) -> tuple[Problem, ...]:
    """Everything that is wrong with the kinds in a condition; nothing if it can be compiled."""
    checker = _Checker()
    checker.expect_condition(node)
    return tuple(checker.problems)


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
        if node.name in FIELDS:
            return FIELDS[node.name].kind
        hint = did_you_mean(node.name, FIELDS)
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
        return Kind.TEXT

    def _select(self, node: Select) -> Kind | Problem | None:
        whole = text_of(node)
        if whole == f"labels.{node.name}":
            return Problem(node.place, f'write labels["{node.name}"] instead of {whole}')
        if isinstance(node.target, Name) and node.target.name not in FIELDS:
            return Problem(node.target.place, f"unknown name '{whole}': {did_you_mean(whole, FIELDS)}")
        if self._kind(node.target) is None:
            return None
        if node.name in METHODS:
            return Problem(node.place, f'{node.name} needs brackets, as in {whole}("...")')
        return Problem(node.place, f"{brief(node.target)} has no part '{node.name}'")

    def _call(self, node: Call) -> Kind | Problem | None:
        hint = {
            "duration": ": durations are written plainly, as in 12h or 1h30m",
            "not": ": write ! before the bracket",
            "has": ': whether a label is there is written "key" in labels',
        }.get(node.name, "")
        if node.name in METHODS:
            hint = f': {node.name} is asked of a text, as in name.{node.name}("...")'
        return Problem(node.place, f"there is no function '{node.name}' here{hint}")

    def _method(self, node: Method) -> Kind | Problem | None:
        target, given = self._kind(node.target), [self._kind(part) for part in node.arguments]
        if node.name not in METHODS:
            return Problem(node.place, f"unknown method '{node.name}': {did_you_mean(node.name, METHODS)}")
        if len(given) != 1:
            return Problem(node.place, f'{node.name} takes one text, as in {node.name}("...")')
        if target is not None and target is not Kind.TEXT:
            return Problem(
                node.place, f"{node.name} is asked of a text, and {brief(node.target)} is {target}"
            )
        if given[0] is not None and given[0] is not Kind.TEXT:
            message = f"{node.name} takes text in quotes, and this is {given[0]}"
            return Problem(start(node.arguments[0]), message)
        return Kind.CONDITION
