"""A tree as text, on one line: spaces and brackets in one canonical way, quantities as written.

What is printed reads back as an equal tree. The numbers of a container do not belong
here; they are in ``explaining``.
"""

from collections.abc import Callable

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
    Valued,
)
from reactor.core.language.units import write_bytes, write_duration, write_number, write_percent

Say = Callable[[Node], str | None]
"""Other words for a node, or None for the usual ones."""

LOOSE, OR, AND, COMPARED, SUM, PRODUCT, UNARY, POSTFIX = range(8)
"""How tightly things hold together, as in CEL; a part that holds less tightly needs brackets."""

_BRIEF = 60
"""Characters of an expression in a message about it."""
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def text_of(node: Node, say: Say = lambda _: None) -> str:
    """The expression as text; ``say`` may put other words in place of any part."""
    return _Printer(say).text(node, LOOSE)


def brief(node: Node) -> str:
    """The expression as it is named in a message: its beginning is enough."""
    text = text_of(node)
    return text if len(text) <= _BRIEF else f"{text[: _BRIEF - 1]}…"


def quoted(text: str, longest: int | None = None) -> str:
    """Text in double quotes, fit for any terminal: nothing unprintable, cut where it is too long."""
    cut = longest is not None and len(text) > longest
    shown = "".join(_escaped(char) for char in (text[:longest] if cut else text))
    return f'"{shown}…"' if cut else f'"{shown}"'


def tame(text: str, longest: int) -> str:
    """A sentence with a stranger's words in it, fit for any terminal and of a bounded length."""
    shown = "".join(char if char.isprintable() else _escaped(char) for char in text[:longest])
    return shown if len(text) <= longest else f"{shown}…"


def tightness(node: Node) -> int:
    """The level at which a node needs no brackets around it."""
    match node:
        case Choice():
            return LOOSE
        case Logic():
            return OR if node.sign == "||" else AND
        case Compare():
            return COMPARED
        case Arithmetic():
            return SUM if node.sign in "+-" else PRODUCT
        case Not() | Negative():
            return UNARY
        case _:
            return POSTFIX


def literal(node: Literal) -> str:
    """A literal as it was written, or in canonical spelling."""
    value = node.value
    if node.written:
        return node.written
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    match node.kind:
        case Kind.BYTES:
            return write_bytes(int(value))
        case Kind.DURATION:
            return write_duration(value)
        case Kind.PERCENT:
            return write_percent(value)
        case _:
            return write_number(value)


class _Printer:
    """One way of printing: the usual one, with other words where ``say`` has some."""

    def __init__(self, say: Say) -> None:
        self._say = say

    def text(self, node: Node, level: int) -> str:
        text = self._say(node)
        if text is None:
            text = self._usual(node)
        return f"({text})" if tightness(node) < level else text

    def _usual(self, node: Node) -> str:
        match node:
            case Not():
                return f"!{self.text(node.operand, UNARY)}"
            case Negative():
                return f"-{self.text(node.operand, UNARY)}"
            case Logic():
                level = tightness(node) + 1
                return f" {node.sign} ".join(self.text(part, level) for part in node.parts)
            case Compare() | Arithmetic():
                # Both group to the left, so only what stands on the right needs to hold tighter.
                level = tightness(node)
                return f"{self.text(node.left, level)} {node.sign} {self.text(node.right, level + 1)}"
            case Choice():
                yes, no = self.text(node.yes, OR), self.text(node.no, LOOSE)
                return f"{self.text(node.test, OR)} ? {yes} : {no}"
            case _:
                return self._tight(node)

    def _tight(self, node: Valued) -> str:
        match node:
            case Literal():
                return literal(node)
            case Name():
                return node.name
            case Items():
                return f"[{self._listed(node.parts)}]"
            case Call():
                return f"{node.name}({self._listed(node.arguments)})"
            case Index():
                sign = "?" if node.optional else ""
                return f"{self._target(node.target)}[{sign}{self.text(node.key, LOOSE)}]"
            case Select():
                return f"{self._target(node.target)}.{node.name}"
            case Method():
                return f"{self._target(node.target)}.{node.name}({self._listed(node.arguments)})"

    def _target(self, node: Node) -> str:
        # A point behind a number would belong to the number.
        number = isinstance(node, Literal) and not isinstance(node.value, str | bool)
        return f"({self.text(node, LOOSE)})" if number else self.text(node, POSTFIX)

    def _listed(self, nodes: tuple[Node, ...]) -> str:
        return ", ".join(self.text(node, LOOSE) for node in nodes)


def _escaped(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    if char.isprintable():
        return char
    return f"\\u{ord(char):04x}" if ord(char) <= 0xFFFF else f"\\U{ord(char):08x}"
