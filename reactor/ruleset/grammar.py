"""The syntax of conditions: the grammar, and how what it recognises becomes a tree.

Whether a condition makes sense is not decided here, and mistakes in the syntax are put
into words in ``complaints``. The grammar is a subset of CEL (https://cel.dev) with its
precedences, and with quantities that carry a unit as literals.
"""

from collections.abc import Sequence

from lark import Lark, Token
from lark.visitors import Transformer_NonRecursive, v_args

from reactor.core.language.fields import NAMES
from reactor.core.language.problems import Problem
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
    Place,
    Select,
)
from reactor.ruleset.literals import NotALiteralError, read_quantity, read_text

GRAMMAR = r"""
?start: any
?any: some
    | some QUERY some ":" any -> choice
?some: all
    | all (OR all)+ -> either
?all: comparison
    | comparison (AND comparison)+ -> both
?comparison: sum
    | comparison (LESS | MOST | MORE | LEAST | SAME | OTHER | IN) sum -> compare
?sum: product
    | sum (PLUS | MINUS) product -> arithmetic
?product: unary
    | product (TIMES | OVER) unary -> arithmetic
?unary: postfix
    | BANG unary -> negate
    | MINUS unary -> negative
?postfix: primary
    | postfix "." NAME "(" arguments ")" -> method
    | postfix "." NAME -> select
    | postfix MAYBE NAME -> optional_part
    | postfix BRACKET any "]" -> index
    | postfix BRACKET QUERY any "]" -> optional
?primary: QUANTITY -> quantity
    | TEXT -> text
    | RAW -> raw
    | (TRUE | FALSE) -> truth
    | NAME "(" arguments ")" -> call
    | NAME -> name
    | "(" any ")"
    | BRACKET arguments "]" -> items
arguments: (any ("," any)*)?

OR: "||"
AND: "&&"
LESS: "<"
MOST: "<="
MORE: ">"
LEAST: ">="
SAME: "=="
OTHER: "!="
IN: "in"
PLUS: "+"
MINUS: "-"
TIMES: "*"
OVER: "/"
BANG: "!"
BRACKET: "["
QUERY: "?"
MAYBE: ".?"
TRUE: "true"
FALSE: "false"
NAME: /[A-Za-z_][A-Za-z0-9_]*/
TEXT: /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/
RAW.1: /[rR](?:"[^"\n]*"|'[^'\n]*')/
QUANTITY: /[0-9]+(?:\.[0-9]+)?[eE][+-]?[0-9]+(?![0-9A-Za-z_.%])|[0-9][0-9A-Za-z_.]*%?/
%ignore /[ \t\r\n]+/
"""


def make_parser() -> Lark:
    """A parser for conditions. Making one takes milliseconds, so make one for a whole load."""
    return Lark(GRAMMAR, parser="lalr", lexer="basic", maybe_placeholders=False)


def place_of(token: Token) -> Place:
    """Where a token begins."""
    return Place(token.start_pos or 0, token.line or 1, token.column or 1)


@v_args(inline=True)
class TreeBuilder(Transformer_NonRecursive[Token, Node]):
    """Makes our tree from lark's. Literals that cannot be read are put among ``problems``."""

    def __init__(self) -> None:
        super().__init__()
        self.problems: list[Problem] = []

    def either(self, *parts: Node | Token) -> Node:
        """``a || b``."""
        return _logic(parts)

    def both(self, *parts: Node | Token) -> Node:
        """``a && b``."""
        return _logic(parts)

    def compare(self, left: Node, sign: Token, right: Node) -> Node:
        """``a > b``."""
        return Compare(str(sign), left, right, place_of(sign))

    def arithmetic(self, left: Node, sign: Token, right: Node) -> Node:
        """``a + b``."""
        return Arithmetic(str(sign), left, right, place_of(sign))

    def negate(self, sign: Token, operand: Node) -> Node:
        """``!a``."""
        return Not(operand, place_of(sign))

    def negative(self, sign: Token, operand: Node) -> Node:
        """``-a``."""
        return Negative(operand, place_of(sign))

    def method(self, target: Node, name: Token, arguments: tuple[Node, ...]) -> Node:
        """``a.b(c)``."""
        return Method(target, str(name), arguments, place_of(name))

    def choice(self, test: Node, sign: Token, yes: Node, no: Node) -> Node:
        """``a ? b : c``."""
        return Choice(test, yes, no, place_of(sign))

    def select(self, target: Node, name: Token) -> Node:
        """``a.b``, which may be one name of ours."""
        if isinstance(target, Name) and f"{target.name}.{name}" in NAMES:
            return Name(f"{target.name}.{name}", target.place)
        return Select(target, str(name), place_of(name))

    def index(self, target: Node, bracket: Token, key: Node) -> Node:
        """``a[b]``."""
        return Index(target, key, place=place_of(bracket))

    def optional(self, target: Node, bracket: Token, _: Token, key: Node) -> Node:
        """``a[?b]``."""
        return Index(target, key, optional=True, place=place_of(bracket))

    def optional_part(self, target: Node, sign: Token, name: Token) -> Node:
        """``a.?b``, which says the same as ``a[?"b"]``."""
        key = Literal(Kind.TEXT, str(name), place=place_of(name))
        return Index(target, key, optional=True, place=place_of(sign))

    def call(self, name: Token, arguments: tuple[Node, ...]) -> Node:
        """``a(b)``."""
        return Call(str(name), arguments, place_of(name))

    def name(self, name: Token) -> Node:
        """A bare word."""
        return Name(str(name), place_of(name))

    def items(self, bracket: Token, parts: tuple[Node, ...]) -> Node:
        """``[a, b]``."""
        return Items(parts, place_of(bracket))

    def arguments(self, *parts: Node) -> tuple[Node, ...]:
        """``a, b``."""
        return parts

    def truth(self, word: Token) -> Node:
        """``true`` or ``false``."""
        return Literal(Kind.CONDITION, word == "true", place=place_of(word))

    def quantity(self, token: Token) -> Node:
        """A number, with or without a unit."""
        try:
            return Literal(*read_quantity(token), str(token), place_of(token))
        except NotALiteralError as error:
            return self._unreadable(token, error)

    def text(self, token: Token) -> Node:
        """Text in quotes."""
        try:
            return Literal(Kind.TEXT, read_text(token), place=place_of(token))
        except NotALiteralError as error:
            return self._unreadable(token, error)

    def raw(self, token: Token) -> Node:
        """Text in quotes in which a backslash is a backslash."""
        return Literal(Kind.TEXT, str(token)[2:-1], place=place_of(token))

    def _unreadable(self, token: Token, error: NotALiteralError) -> Node:
        # Text holds no line breaks, so the column moves as the offset does.
        place = place_of(token)
        inside = Place(place.offset + error.offset, place.line, place.column + error.offset)
        self.problems.append(Problem(inside, error.message))
        return Literal(Kind.TEXT, "", place=place)


def _logic(parts: Sequence[Node | Token]) -> Node:
    signs = [part for part in parts if isinstance(part, Token)]
    nodes = tuple(part for part in parts if not isinstance(part, Token))
    return Logic(str(signs[0]), nodes, place_of(signs[0]))
