"""Rule files at random, for tests: any keys, in any order, in any style, with comments anywhere."""

import random
from collections.abc import Iterator

from hypothesis import strategies as st

_TEXTS = [
    "plain words", "'*:dev'", '"a # b"', "'it''s: x'", '"{pids} of é"', "''", "'- x'", "'true'", '"tab\\t"',
    ">\n{pad}one\n{pad}two\n\n{pad}three", "|-\n{pad}as it\n{pad}  stands", ">-\n{pad}folded",
    "|+\n{pad}kept\n",
    "plain\n{pad}over lines", " ".join(["long"] * 40),
]  # fmt: skip
_CONDITIONS = [
    "pids>200", "memory > 80%", "'\"ml\" in labels&&age>60s'", "(pids > 2 && age > 1m)", "\"!(name == 'a')\"",
    ">\n{pad}pids > 200\n{pad}&& age > 1h", "|\n{pad}pids > 200\n", "pids > 200\n{pad}|| age > 1h",
    "'" + " || ".join(f'name == "{letter * 20}" && age > 1h' for letter in "abcde") + "'",
]  # fmt: skip
_COMMENTS = ["# a comment", "#", "# one: more", "#é {[", "# - x"]
_USUAL = {
    "severity": ["info", "'critical'", '"warning"'],
    "team": ["infra", "'7'", "7"],
    "keep_for": ["0s", "5m"],
    "cooldown": ["'1h30m'", "90m"],
    "fresh": ["2s"],
    "limit": ["5", "'20'"],
    "dry_run": ["true", "True", "false"],
    "then": [
        "[kill]",
        "\n{pad}- stop",
        "[{stop: {grace: 30s}}]",
        "[{stop: }]",
        "\n{pad}- stop:\n{pad}    grace: 5s",
    ],
}
_EXCEPTIONS = [
    "[{name: x, fields: [name, label.team], values: [['a*', b], [c, 'd # e']]}]",
    "\n{pad}- name: y\n{pad}  values:\n{pad}    - [a]\n{pad}    -\n{pad}      - b\n{pad}  fields: [image]",
]


class _Writer:
    """Writes one file; the dice decide."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice

    def file(self) -> str:
        lines = ["groups:"]
        for number in range(self._dice.randint(1, 3)):
            lines += self._loose(2) + self._group(number)
        lines += self._loose(0)
        return "\n".join(lines) + self._dice.choice(["", "\n", "\n\n\n", "\n# the end\n"])

    def _group(self, number: int) -> list[str]:
        pairs = {"name": f"g{number}"}
        if self._dice.random() < 0.4:
            pairs["select"] = self._dice.choice(
                ["[{label: a=b*}]", "\n{pad}- label: c\n{pad}- {name: 'x*', image: y}"]
            )
        if self._dice.random() < 0.3:
            pairs["defaults"] = "\n{pad}severity: info\n{pad}for: 5s"
        lines = self._pairs(pairs, 4)
        rules = ["    rules:" + self._beside()]
        for each in range(self._dice.randint(1, 4)):
            rules += self._loose(6) + self._rule(each)
        lines = [*lines, *rules] if self._dice.random() < 0.7 else [*rules, *lines]
        return _item(lines, 2)

    def _rule(self, number: int) -> list[str]:
        if self._dice.random() < 0.2:
            return [f"      - {{when: pids>{number},   name: r{number}, team: 'x'}}{self._beside()}"]
        if self._dice.random() < 0.1:
            return [f"      - {{name: r{number}, {self._beside() or '# c'}", "         on: oom", "        }"]
        pairs = {"name": f"r{number}"}
        for key, values in _USUAL.items():
            if self._dice.random() < 0.25:
                pairs[key] = self._dice.choice(values)
        for key in ("summary", "description"):
            if self._dice.random() < 0.5:
                pairs[key] = self._dice.choice(_TEXTS)
        if self._dice.random() < 0.2:
            pairs["exceptions"] = self._dice.choice(_EXCEPTIONS)
        return _item(self._pairs({**pairs, **self._core(pairs)}, 8), 6)

    def _core(self, pairs: dict[str, str]) -> dict[str, str]:
        if self._dice.random() < 0.2 and "keep_for" not in pairs:
            return {"on": "oom"}
        condition = self._dice.choice(_CONDITIONS)
        if self._dice.random() < 0.2:
            inner = condition.replace("{pad}", "{pad}    ")
            return {
                "soft": f"\n{{pad}}for: 1m\n{{pad}}when: {inner}",
                "hard": "{when: pids > 5, severity: critical}",
            }
        return {"when": condition}

    def _pairs(self, pairs: dict[str, str], indent: int) -> list[str]:
        keys = list(pairs)
        self._dice.shuffle(keys)
        lines: list[str] = []
        for key in keys:
            lines += self._loose(indent) if lines else []
            value = pairs[key].replace("{pad}", " " * (indent + 2))
            first, *rest = f"{' ' * indent}{key}: {value}".split("\n")
            plain = not rest or value.startswith((">", "|", "\n"))
            lines += [first + (self._beside() if plain else ""), *rest]
        return lines

    def _loose(self, indent: int) -> list[str]:
        return list(self._some_loose(indent)) if self._dice.random() < 0.3 else []

    def _some_loose(self, indent: int) -> Iterator[str]:
        for _ in range(self._dice.randint(1, 3)):
            # What is indented deeper would belong to a text with | or > above it.
            deeper = self._dice.choice([0, 0, 0, -2])
            comment = f"{' ' * max(0, indent + deeper)}{self._dice.choice(_COMMENTS)}"
            yield self._dice.choice(["", comment, comment, "   "])

    def _beside(self) -> str:
        spaces = " " * self._dice.randint(1, 5)
        return f"{spaces}{self._dice.choice(_COMMENTS)}" if self._dice.random() < 0.2 else ""


def _item(lines: list[str], indent: int) -> list[str]:
    """The lines of a map as an item of a list."""
    begin = next(at for at, line in enumerate(lines) if line.strip() and not line.lstrip().startswith("#"))
    dashed = f"{' ' * indent}- {lines[begin].lstrip()}"
    return [*lines[:begin], dashed, *lines[begin + 1 :]]


def rule_files() -> st.SearchStrategy[str]:
    """Rule files without mistakes, in any layout."""
    return st.randoms(use_true_random=True).map(lambda dice: _Writer(dice).file())
