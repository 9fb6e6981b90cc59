"""One value as it is written in YAML: plain where that is read back the same, else in quotes or folded.

Whether it is read back the same is not guessed: it is read.
"""

import re
from collections.abc import Sequence
from textwrap import wrap

from reactor.ruleset.document import NotYamlError, read_document

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*(?: [A-Za-z0-9_./-]+)*")
_WORDS = {"null", "true", "false"}
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def quoted(text: str, *, in_brackets: bool = False, always: bool = False) -> str:
    """The text on one line; with ``always`` in quotes, even where it would be read the same without."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS and not always:
        return text
    single = "'" + text.replace("'", "''") + "'"
    candidates = [] if always else [text]
    candidates += [single] if '"' in text or "\\" in text else []
    for candidate in candidates:
        if _reads_as(candidate, text, in_brackets=in_brackets):
            return candidate
    return '"' + "".join(_escaped(char) for char in text) + '"'


def folded(text: str, width: int) -> list[str] | None:
    """A text of one line on several, the first of them the sign for that; None if it cannot be broken."""
    return lines_of(text, [">-", *_broken(text, width)])


def kept(text: str, style: str, width: int) -> list[str]:
    """A text of several lines: a literal one (``|``) as it is, a folded one broken anew."""
    # With + every blank line that follows would belong to the text.
    if text.endswith("\n\n") or text == "\n":
        return [quoted(text)]
    chomp = "" if text.endswith("\n") else "-"
    paragraphs = text.removesuffix("\n").split("\n")
    if style == ">":
        paragraphs = [line for each in paragraphs for line in (*(_broken(each, width) or [""]), "")][:-1]
    return lines_of(text, [f"{style}{chomp}", *paragraphs]) or [quoted(text)]


def lines_of(text: str, lines: Sequence[str]) -> list[str] | None:
    """The lines, if they are read as that text."""
    indented = "\n".join([lines[0], *(f"  {line}".rstrip() for line in lines[1:])])
    return list(lines) if _reads_as(indented, text) else None


def _broken(paragraph: str, width: int) -> list[str]:
    return wrap(paragraph, width, break_long_words=False, break_on_hyphens=False)


def _reads_as(written: str, text: str, *, in_brackets: bool = False) -> bool:
    """Whether this is read as that text, behind a key or between brackets."""
    if "\n" in text and "\n" not in written:
        return False
    try:
        data = read_document(f"[k, {written}, k]\n" if in_brackets else f"k: {written}\nl: k\n").data
    except NotYamlError:
        return False
    return bool(data == (["k", text, "k"] if in_brackets else {"k": text, "l": "k"}))


def _escaped(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    if char.isprintable():
        return char
    code = ord(char)
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
