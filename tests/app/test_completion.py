"""The scripts for shells, tried in the shells themselves where these are installed; bash always is."""

import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from reactor.app.cli import COMMANDS
from reactor.app.completion import script
from reactor.app.completionflags import SHELLS
from reactor.app.options import parser


@cache
def written(shell: str) -> str:
    return script(parser(), shell)


def shell(*command: str, source: str, folder: Path) -> str:
    (folder / "script").write_text(source)
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60, cwd=folder)
    assert done.stderr == ""
    return done.stdout


def in_bash(folder: Path, *words: str) -> set[str]:
    """What bash offers for the last of these words."""
    line = (
        f"source ./script; COMP_WORDS=(reactor {' '.join(repr(each) for each in words)}); "
        f"COMP_CWORD={len(words)}; _shtab_reactor 2>/dev/null; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    )
    said = shell("bash", "--norc", "-c", line, source=written("bash"), folder=folder)
    return {each.strip() for each in said.splitlines()} - {""}


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("do",), {"doctor"}),
        (("",), {*COMMANDS}),
        (("run", "--pro"), {"--profile"}),
        (("run", "--profile", ""), {"streams", "normal", "fast"}),
        (("run", "--log-level", "d"), {"debug"}),
        (("stack", "u"), {"up"}),
        (("completion", ""), {*SHELLS}),
    ],
)
def test_bash_offers_commands_options_and_what_they_take(
    tmp_path: Path, words: tuple[str, ...], offered: set[str]
) -> None:
    assert in_bash(tmp_path, *words) == offered


@pytest.mark.parametrize("words", [("check", "my-"), ("run", "--config", "my-"), ("run", "--rules", "my-")])
def test_bash_offers_files_where_files_are_taken(tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / "my-rules.yaml").touch()
    assert in_bash(tmp_path, *words) == {"my-rules.yaml"}


@pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not installed")
def test_fish_offers_the_same(tmp_path: Path) -> None:
    (tmp_path / "my-rules.yaml").touch()
    for line, offered in {
        "reactor do": "doctor\tsay what works",
        "reactor run --profile f": "fast",
        "reactor check my-": "my-rules.yaml",
    }.items():
        said = shell(
            "fish", "--no-config", "-c", f"source ./script; complete -C '{line}'",
            source=written("fish"), folder=tmp_path,
        )  # fmt: skip
        assert said.startswith(offered), line


@pytest.mark.skipif(shutil.which("zsh") is None, reason="zsh is not installed")
def test_zsh_takes_the_script(tmp_path: Path) -> None:
    """As a start-up file would; it is then what its completion system calls for us."""
    begin = f"autoload -Uz compinit; compinit -u -D -d {tmp_path}/dump; "
    line = f"{begin} eval \"$(<script)\"; print -r -- $_comps[reactor]; whence -w _shtab_reactor"
    said = shell("zsh", "-f", "-c", line, source=written("zsh"), folder=tmp_path)
    assert said == "_shtab_reactor\n_shtab_reactor: function\n"


@pytest.mark.parametrize("name", SHELLS)
def test_the_command_prints_the_script(name: str) -> None:
    """And what is said of a command is its line of help."""
    done = subprocess.run(
        [sys.executable, "-m", "reactor", "completion", name], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"{written(name)}\n"
    assert name == "bash" or "watch an engine and end what breaks the rules" in done.stdout
