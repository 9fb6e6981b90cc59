"""The shipped configurations and the table in the documents are what the code says."""

import re
from itertools import combinations
from pathlib import Path

import pytest

from reactor.app.cli import main
from reactor.app.socketproxy.document import table
from reactor.app.socketproxy.flags import EXTRAS, LEVELS
from reactor.engine.asked import CALLS, Need

ROOT = Path(__file__).parents[2]
LONGEST_LINE = 2048
"""Of a line that is longer, haproxy says that it is."""


@pytest.mark.parametrize("level", LEVELS)
def test_what_is_shipped_is_what_is_printed(level: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["proxy-config", "--level", level]) == 0
    assert (ROOT / f"deploy/proxy/{level}.cfg").read_text() == capsys.readouterr().out


def test_the_table_in_the_documents_is_that_of_the_code() -> None:
    assert (ROOT / "docs/least-privilege.md").read_text().endswith(f"<!-- calls -->\n{table()}")
    for call in CALLS:
        assert "{" not in table(), call


def test_every_need_can_be_asked_for() -> None:
    assert {*LEVELS, *EXTRAS} == {need.value for need in Need}


@pytest.mark.parametrize("also", [each for n in (0, 1, len(EXTRAS)) for each in combinations(EXTRAS, n)])
def test_what_is_printed_says_how_to_get_it_again(
    also: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    words = [word for each in also for word in ("--also", each)]
    assert main(["proxy-config", "--listen", "/run/x.sock", *words]) == 0
    text = capsys.readouterr().out
    assert max(len(line) for line in text.splitlines()) < LONGEST_LINE
    assert "bind unix@/run/x.sock" in text
    (command,) = re.findall(r"^# Written by `reactor (.*)`;$", text, re.MULTILINE)
    assert main(command.split()) == 0
    assert capsys.readouterr().out == text


@pytest.mark.parametrize("path", ["relative.sock", "/a b", "/a\nglobal", "/a'b", "", "unix:///x"])
def test_a_path_that_would_be_more_than_a_path_is_refused(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["proxy-config", "--engine", path])
    assert ended.value.code == 2
    assert "the absolute path of a socket is needed" in capsys.readouterr().err
