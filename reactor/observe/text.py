"""Strangers' words made fit to be shown: one line, printable, and not too long.

Names, image references and error messages come from containers and engines. This is the
one place that defuses them, for metrics, logs and pages alike; how a format quotes its
values is that format's own business.
"""

LONGEST = 200
"""How many characters of a stranger's text are shown."""

_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def plain(text: str, longest: int = LONGEST) -> str:
    """The text with all that is not printable written as an escape, and cut to a length.

    Line ends, terminal escapes, marks that reverse or hide writing, and halves of broken
    characters are all "not printable". A cut text ends in an ellipsis.
    """
    if len(text) <= longest and text.isprintable():
        return text
    # Only the part that can be shown is looked at: the text may be megabytes.
    shown = "".join(_escaped(char) for char in text[: longest + 1])
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"


def _escaped(char: str) -> str:
    if char.isprintable():
        return char
    return _SHORT.get(char) or char.encode("unicode_escape", "surrogatepass").decode("ascii")
