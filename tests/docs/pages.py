"""What a page of the documentation consists of: blocks and their marks, links, and what can be linked to.

Only reading belongs here. What the marks are for is told in CONTRIBUTING.md; blocks are run by
``terminal``, and which of them have to be is said in ``test_commands``.
"""

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
INDEX: Final = ROOT / "docs" / "README.md"
_FENCE: Final = re.compile(
    r"^(?P<indent>[ \t]*)```(?P<kind>[^\n]*)\n(?P<text>.*?)^[ \t]*```[ \t]*$", re.DOTALL | re.MULTILINE
)
_COMMENT: Final = re.compile(r"^<!-- (?P<word>[a-z ]+?)(?:: (?P<said>[^\n]*?))? -->$", re.MULTILINE)
_SCENE: Final = re.compile(r"^<!-- scene\n(?P<lines>.*?)^-->$", re.DOTALL | re.MULTILINE)
_MARKS: Final = re.compile(r"(?:<!--(?:(?!-->).)*-->\n)+\Z", re.DOTALL)
_LINK: Final = re.compile(r"\]\((?!https?:)([^)#\s]*)(#[^)\s]*)?\)")
_HEADING: Final = re.compile(r"^#{1,6} +(.+?) *$", re.MULTILINE)
_CODE: Final = re.compile(r"`+[^`]*`+")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its language, its text, and what the comments right above it say of it."""

    page: Path
    line: int
    kind: str
    text: str
    marks: dict[str, str] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """Where it stands."""
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    def commands(self) -> list[tuple[str, list[str]]]:
        """The commands in it, each with the lines that are shown below it: in ``console`` behind a ``$``."""
        found: list[tuple[str, list[str]]] = []
        lines = iter(self.text.splitlines())
        for line in lines:
            if self.kind == "console" and not line.startswith("$ "):
                assert found, f"{self.place}: output without a command"
                found[-1][1].append(line)
                continue
            command = line.removeprefix("$ ")
            while command.endswith("\\"):
                command = f"{command[:-1]}{next(lines).strip().removeprefix('> ')}"
            if command and not command.startswith("#"):
                found.append((command, []))
        return found


@cache
def pages() -> tuple[Path, ...]:
    """All pages that people read: those of ``docs/``, those beside code, and those at the top."""
    return tuple(
        sorted(
            [
                *ROOT.glob("*.md"),
                *ROOT.glob("rules/*.md"),
                *ROOT.glob("docs/**/*.md"),
                *ROOT.glob("grafana/**/*.md"),
            ]
        )
    )


def blocks(page: Path) -> list[Block]:
    """The blocks of a page and its scenes, from its top to its bottom."""
    text = page.read_text()
    found = [_block(page, text, fence) for fence in _FENCE.finditer(text)]
    found += [Block(page, _line(text, each), "scene", each["lines"]) for each in _SCENE.finditer(text)]
    return sorted(found, key=lambda block: block.line)


def _block(page: Path, text: str, fence: re.Match[str]) -> Block:
    above = _MARKS.search(text, 0, fence.start())
    marks = marks_in(above[0]) if above else {}
    return Block(page, _line(text, fence), fence["kind"].strip(), fence["text"], marks)


def _line(text: str, found: re.Match[str]) -> int:
    return text.count("\n", 0, found.start()) + 1


def marks_in(text: str) -> dict[str, str]:
    """The marks in some text, by their words."""
    return {mark["word"]: (mark["said"] or "").strip() for mark in _COMMENT.finditer(text)}


def links(page: Path) -> list[tuple[Path, str]]:
    """Where a page leads: files, and anchors in them (empty for none)."""
    text = _CODE.sub("", _FENCE.sub("", page.read_text()))
    return [
        ((page.parent / target).resolve() if target else page, (anchor or "").removeprefix("#"))
        for target, anchor in _LINK.findall(text)
    ]


def anchors(page: Path) -> set[str]:
    """What can be linked to within a page: its headings, as forges write them."""
    found: set[str] = set()
    for heading in _HEADING.findall(_FENCE.sub("", page.read_text())):
        plain = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading)
        anchor = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
        number = 0
        while (name := f"{anchor}-{number}" if number else anchor) in found:
            number += 1
        found.add(name)
    return found
