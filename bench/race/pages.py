"""Puts a result into docs/performance.md, between two marks; all other text there is written by people."""

from pathlib import Path

from bench.programs import CHECKOUT
from bench.race import tables
from bench.race.result import Json

PAGE = CHECKOUT / "docs/performance.md"
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"


class NoMarks(ValueError):
    """The page has no place for figures."""


def write(document: Json, *, drawn: bool, page: Path = PAGE) -> None:
    """Write the figures into the page."""
    page.write_text(renewed(page.read_text(), document, drawn=drawn))


def renewed(text: str, document: Json, *, drawn: bool) -> str:
    """The page's text with these figures in place of those that were there."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise NoMarks(f"the page lacks the line {BEGIN} or {END}")
    pictures = (
        "![CPU against the number of containers](performance/cost.png)\n\n"
        "![How late breaches are answered](performance/latency.png)\n\n"
    )
    return f"{before}{BEGIN}\n{pictures if drawn else ''}{tables.markdown(document)}\n{END}{after}"
