"""Mistakes in the syntax of a condition, put into words.

The parser knows what it found and what it could have gone on with; people want to know
what to write. Only the wording belongs here.
"""

from collections.abc import Iterator, Sequence

from lark import Lark, Token
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from reactor.core.language.printing import quoted, tame
from reactor.core.language.problems import Problem
from reactor.core.language.tree import Place

_WORDS = {
    "and": "&&",
    "or": "||",
    "not": "!",
    "is": "==",
    "equals": "==",
}
_CHARACTERS = {
    '"': "this text has no closing quote",
    "'": "this text has no closing quote",
    "%": "% stands directly behind its number, as in 80%; there is no modulo",
    "&": "write && for and",
    "|": "write || for or",
    "=": "write == to compare",
    "{": "there are no braces here; a list is written in brackets, as in [1, 2]",
    "`": 'text is written in quotes, as in "ml"',
    "“": 'write straight quotes, as in "ml"',
    "”": 'write straight quotes, as in "ml"',
    "≥": "write >=",
    "≤": "write <=",
    "≠": "write !=",
}
_PAIRS = {
    "===": "==",
    "!==": "!=",
    "=>": ">=",
    "=<": "<=",
    "<>": "!=",
    "=~": "name.startsWith, endsWith or contains",
}
_VALUE = "a value such as 200, 80% or pids"
_BRACKETS = {")": "(", "]": "["}


def place_at(text: str, offset: int) -> Place:
    """The place of an offset in a text."""
    line_start = text.rfind("\n", 0, offset) + 1
    return Place(offset, text.count("\n", 0, offset) + 1, offset - line_start + 1)


def complaint(text: str, error: UnexpectedInput, parser: Lark) -> Problem:
    """What the parser stumbled over, as a problem with a place and a remedy."""
    offset = _offset(text, error)
    pair = _pair_at(text, offset)
    if pair is not None:
        return Problem(place_at(text, pair[0]), pair[1])
    if isinstance(error, UnexpectedToken):
        tokens = list(_tokens(parser, text, offset))
        at, message = _about_token(text, error, tokens)
        return Problem(place_at(text, at), message)
    char = text[offset : offset + 1]
    return Problem(place_at(text, offset), _CHARACTERS.get(char, f"{quoted(char)} has no meaning here"))


def _offset(text: str, error: UnexpectedInput) -> int:
    if isinstance(error, UnexpectedToken):
        return len(text.rstrip()) if error.token.type == "$END" else error.token.start_pos or 0
    before = text.split("\n")[: error.line - 1]
    return sum(len(line) + 1 for line in before) + error.column - 1


def _pair_at(text: str, offset: int) -> tuple[int, str] | None:
    """Signs that other languages have: the parser may have stumbled over their end."""
    for wrong, right in _PAIRS.items():
        for begin in range(max(0, offset - len(wrong) + 1), offset + 1):
            if text.startswith(wrong, begin):
                return begin, f"write {right} instead of {wrong}"
    return None


def _tokens(parser: Lark, text: str, end: int) -> Iterator[Token]:
    """The tokens before an offset, all of which could be read once already."""
    try:
        for token in parser.lex(text):
            if (token.start_pos or 0) >= end:
                return
            yield token
    except UnexpectedCharacters:
        return


def _about_token(text: str, error: UnexpectedToken, before: Sequence[Token]) -> tuple[int, str]:
    found, offset = error.token, _offset(text, error)
    last = before[-1] if before else None
    ended = found.type == "$END"
    if "QUANTITY" in error.expected:
        number = text[offset : offset + 1] == "." and text[offset + 1 : offset + 2].isdigit()
        where = f"after {_shown(last)}" if ended else f"before {_shown(found)}"
        return (
            offset,
            f"write 0{tame(text[offset:].split(maxsplit=1)[0], 40)}"
            if number
            else f"{_VALUE} is missing {where}",
        )
    if last is not None and last.type == "MAYBE":
        return offset, "a label is missing behind .?, as in labels.?team"
    if error.expected == {"NAME"}:
        return offset, "a method such as startsWith is missing behind the point"
    if last is not None and last.type == "NAME" and last in _WORDS and not ended:
        return last.start_pos or 0, f"write {_WORDS[last]} instead of '{last}'"
    bracket = _open_bracket(before)
    if ended and bracket is not None:
        return bracket.start_pos or 0, f"this {bracket} is never closed"
    choice = _open_choice(before)
    if ended and choice is not None:
        return choice.start_pos or 0, "this ? has no : with the other value, as in pids > 9 ? 1GiB : 2GiB"
    return offset, _misplaced(str(found), _shown(last))


def _misplaced(found: str, last: str) -> str:
    """Where an operator is due, and something else stands."""
    if found in _BRACKETS:
        return f"this {found} closes no {_BRACKETS[found]}"
    if found == ",":
        return "a comma stands only between the values of a list, as in [1, 2]"
    if found == ":":
        return "a : stands only behind a ?, as in pids > 9 ? 1GiB : 2GiB"
    if found in {"!", "not"}:
        return "! stands before a whole condition, as in !(pids in [1, 2])"
    if found.lower() in _WORDS:
        return f"write {_WORDS[found.lower()]} instead of '{found}'"
    return f"an operator such as > or && is missing between {last} and {_shown(found)}"


def _open_bracket(tokens: Sequence[Token]) -> Token | None:
    waiting: list[Token] = []
    for token in tokens:
        if token in _BRACKETS.values():
            waiting.append(token)
        elif token in _BRACKETS and waiting:
            waiting.pop()
    return waiting[-1] if waiting else None


def _open_choice(tokens: Sequence[Token]) -> Token | None:
    """The last ? that has no : yet; in ``labels[?"team"]`` it needs none."""
    waiting: list[Token] = []
    for before, here in zip(("", *tokens), tokens, strict=False):
        if here.type == "QUERY" and before != "[":
            waiting.append(here)
        elif here.type == "COLON" and waiting:
            waiting.pop()
    return waiting[-1] if waiting else None


def _shown(found: str | None) -> str:
    text = str(found or "")
    return text[:40] if text.isprintable() else quoted(text, 40)
