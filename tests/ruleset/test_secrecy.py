"""No line that may hold a value of an environment is shown, however it is written."""

import pytest

from reactor.ruleset import BadRules, parse, read_stack
from tests.core.written import LANGUAGE

BEGIN = "templates:\n  a:\n    image: a:1\n"


def said(text: str) -> str:
    """All that is shown of the mistakes in a text, excerpts included."""
    found = []
    for read in (lambda: read_stack("s.yaml", text), lambda: parse(text, "r.yaml", LANGUAGE)):
        with pytest.raises(BadRules) as bad:
            read()
        found += [line for error in bad.value.errors for line in error.lines()]
    return "\n".join(found)


@pytest.mark.parametrize(
    "lines",
    [
        '    environment:\n      PASSWORD: "hunter2$FOO"',
        '    environment:\n      - "PASSWORD hunter2"',
        "    environment:\n    - A=b\n\n# why\n    - PASSWORD=hunter2$",
        "    environment: {A: b,\nPASSWORD: hunter2$}",
        "    environment: [\n    'hunter2$=x',\n    ]",
        '    "environment" :\n      PASSWORD: "hunter2',
        "    environment:\n      hunter2",
        "    environment:\n      PASSWORD: |\n        a\n        hunter2$ {\n",
        "    environment: {PASSWORD: hunter2}\n    environment: {PASSWORD: hunter2}",
        "    environment:\n      A: b\n      A: hunter2",
        "    environment:\n      PASSWORD: &hunter2 x",
        "  b: {imagee: b, environment: {PASSWORD: hunter2}}",
        "  b: {image: b, environment: {\n PASSWORD: hunter2}, imagee: x}",
    ],
)
def test_no_value_is_shown(lines: str) -> None:
    """Neither in a message, nor in an excerpt."""
    for top in ("templates", "services"):
        assert "hunter2" not in said(f"{top}:\n  a:\n    image: a:1\n{lines}\n")


def test_other_lines_are_shown() -> None:
    """What stands before and behind it, and what only has a name like it."""
    text = "templates:\n  a:\n    imagee: a:1\n    environment:\n      A: b\n    userr: me\n"
    with pytest.raises(BadRules) as bad:
        parse(f"{text}    labels: {{environments: $shown}}\n", "r.yaml", LANGUAGE)
    shown = "\n".join(line for error in bad.value.errors for line in error.shown)
    assert all(each in shown for each in ("imagee: a:1", "userr: me", "$shown"))
