"""What `--help` loads: nothing heavy, so that it is there at once.

Modules are counted, and no time is taken: that depends on the machine.
"""

import subprocess
import sys

import pytest

MOST = 160
"""Modules; 137 when this was written, the parser's own with them, and those that Python loads in any case."""
HEAVY = frozenset(
    {
        "asyncio", "bcrypt", "docker", "google", "h11", "lark", "msgspec", "opentelemetry", "pydantic",
        "reactivex", "requests", "rich", "ruamel", "shtab", "sqlite3", "trio", "urllib3",
    }
)  # fmt: skip
LOOK = """\
import runpy, sys
sys.argv = ["reactor", *{arguments!r}]
try:
    runpy.run_module("reactor", run_name="__main__")
except SystemExit as ended:
    assert not ended.code, ended.code
print(*sys.modules, file=sys.stderr)
"""


def loaded(*arguments: str) -> set[str]:
    """The modules that `python -m reactor` has loaded when it ends."""
    done = subprocess.run(
        [sys.executable, "-c", LOOK.format(arguments=arguments)],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    return set(done.stderr.split())


@pytest.mark.parametrize("arguments", [("--help",), ("--version",), ("run", "--help")])
def test_help_loads_nothing_heavy(arguments: tuple[str, ...]) -> None:
    modules = loaded(*arguments)
    assert {name.partition(".")[0] for name in modules} & HEAVY == set()
    assert len(modules) <= MOST, sorted(modules)


def test_what_is_counted_as_heavy_is_what_a_monitor_loads() -> None:
    """Were a name misspelt above, nothing would ever be found."""
    modules = loaded("schema")
    assert {"pydantic", "lark"} <= {name.partition(".")[0] for name in modules} & HEAVY
