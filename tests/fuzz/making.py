"""What is thrown at the reader: conditions and files, some sound, some nearly so, some not at all.

Everything comes out of one seeded source of chance, so that a case can be made again.
"""

import random
import re
from collections.abc import Sequence
from pathlib import Path

from reactor.core.language.fields import FUNCTIONS, METHODS, NAMES
from reactor.core.language.windows import Track, Window
from reactor.core.rules import View

ROOT = Path(__file__).parents[2]
_SIGNS = "{}[]()?:-,.&*!|<>=+/'\"%@`#\\\t\n\r \x00\x85\u2028é"
_SNIPPETS = (
    *_SIGNS,
    "- ",
    ": ",
    "\n---\n",
    "null",
    "true",
    "? ",
    "!!int ",
    "[?",
    ".?",
    "&&",
    "||",
    "r'",
    "\\x",
)
_VALUES = (
    "0",
    "1",
    "200",
    "2.5",
    "1e6",
    "80%",
    "100%",
    "12h",
    "500ms",
    "1h30m",
    "8GiB",
    "1kB",
    "9" * 20,
    "5x",
)
_TEXTS = (
    '"ml"',
    "'a'",
    '""',
    '"running"',
    '"8080/tcp"',
    'r"^a\\d+$"',
    '"(a|b){2,3}"',
    '"[^"',
    '"\\u00e9"',
    '"\\q"',
)
_LOOSE = (
    " && ",
    " || ",
    " > ",
    " >= ",
    " < ",
    " == ",
    " != ",
    " in ",
    " + ",
    " - ",
    " * ",
    " / ",
    " % ",
    " ",
)
_KEYS = re.compile(r"[a-z_]+(?=:)")
_FLAGS = (True, False)
_DEEPEST = 6


def corpus() -> tuple[str, ...]:
    """Rule files that people wrote: the shipped ones, those of the documentation and those of the tests."""
    files = [*sorted((ROOT / "rules").glob("*.yaml")), *sorted((ROOT / "tests" / "bad_rules").glob("*.yaml"))]
    page = (ROOT / "docs" / "rules.md").read_text()
    blocks = re.findall(r"^```yaml\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    return (*(file.read_bytes().decode() for file in files), *blocks)


def condition(dice: random.Random, depth: int = 0) -> str:
    """A condition as somebody might write it, with mistakes of all kinds in some of its parts."""
    if depth >= _DEEPEST or dice.random() < 0.25:
        return _leaf(dice)
    one, other = condition(dice, depth + 1), condition(dice, depth + 1)
    match dice.randrange(12):
        case 0 | 1 | 2 | 3 | 4:
            return f"{one}{dice.choice(_LOOSE)}{other}"
        case 5:
            return f"({one})"
        case 6:
            return f"{dice.choice('!-')}{one}"
        case 7:
            return f"{one} ? {other} : {_leaf(dice)}"
        case 8:
            return f"{dice.choice((*FUNCTIONS, 'duration'))}({one}, {dice.choice(_VALUES)})"
        case 9:
            return f"{one}.{dice.choice((*METHODS, 'get'))}({dice.choice((*_TEXTS, ''))})"
        case 10:
            return f"[{one}, {other}]"
        case _:
            return f"labels[{dice.choice(('', '?'))}{dice.choice(_TEXTS)}]"


def likely(dice: random.Random) -> str:
    """A comparison that is more often sound than not, so that much is accepted and judged, too."""
    kinds = {
        "pids": ("200", "50%", "pids_limit"),
        "memory": ("1GiB", "80%", "memory_limit", "group.memory / 2"),
        "age": ("12h", "1h30m", "total_age"),
        "max(pids, 1m)": ("200", "90%"),
        "rate(memory, 5s)": ("1MiB",),
        "time_to(memory, memory_limit)": ("60s",),
        "changes(restarts, 10m)": ("5",),
        'labels[?"a"].orValue("b")': ('"a"', "name"),
        "name": ('"a"', 'labels["a"]'),
        "size(ports)": ("3",),
        "scope.pids": ("4000",),
    }
    left = dice.choice(list(kinds))
    sign = dice.choice(("==", "!=") if left.startswith(("name", "labels")) else (">", ">=", "<"))
    made = f"{left} {sign} {dice.choice(kinds[left])}"
    return made if dice.random() < 0.6 else f"{made} {dice.choice(('&&', '||'))} !({likely(dice)})"


def rule_file(dice: random.Random, known: Sequence[str]) -> str:
    """One of the known files with accidents in it, or with another condition, or its keys changed about."""
    text = dice.choice(known)
    if dice.random() < 0.5:
        quoted = (likely if dice.random() < 0.5 else condition)(dice).replace("'", "''")
        text = re.sub(r"when: .*", lambda _: f"when: '{quoted}'", text, count=1)
    if dice.random() < 0.3:
        words = _KEYS.findall(text) or ["x"]
        text = _KEYS.sub(lambda word: dice.choice(words) if dice.random() < 0.1 else word[0], text)
    return mutated(text, dice) if dice.random() < 0.7 else text


def mutated(text: str, dice: random.Random) -> str:
    """The text with one to four small accidents."""
    for _ in range(dice.randint(1, 4)):
        begin = dice.randrange(len(text) + 1)
        end = min(len(text), begin + dice.choice((0, 0, 1, 1, 5, 20)))
        text = text[:begin] + dice.choice(("", *_SNIPPETS)) + text[end:]
    return text


def view(dice: random.Random, windows: frozenset[Window]) -> View:
    """A container of which some things are known."""

    def some(*values: object) -> object:
        return dice.choice((None, *values))

    amounts = (0, 1, 200, 2**70)
    known = {
        name.replace(".", "_"): some(*amounts)
        for name in ("pids", "pids_limit", "memory", "memory_limit", "group.pids", "group.memory", "restarts")
    }
    known |= {"age": some(0.0, 50_000.0, 1e300), "total_age": some(60_000.0), "cpu": some(0.0, 1.5)}
    known |= {"privileged": some(*_FLAGS), "init": some(*_FLAGS), "ports": some((), ("8080/tcp",))}
    word = dice.choice(("", "a", "ml", "running", "é\u202e" * 50))
    tracks = {window: _track(dice, window) for window in windows}
    return View(word, word, "running", {"a": word}, tracks=tracks, at=100.0, **known)  # type: ignore[arg-type]  # As the names say.


def _track(dice: random.Random, window: Window) -> Track:
    track, at = Track(window.seconds), 100 - window.seconds * dice.random() * 1.2
    for _ in range(dice.randrange(6)):
        at = min(100.0, at + window.seconds * dice.random() / 2)
        track = track.add(at, dice.choice((0, 5, 2**40)))
    return track


def _leaf(dice: random.Random) -> str:
    return dice.choice(
        (dice.choice(list(NAMES)), dice.choice(_VALUES), dice.choice(_TEXTS), "true", "pid", "group")
    )
