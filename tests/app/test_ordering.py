"""What the orders to a running monitor print."""

import argparse
from pathlib import Path

import pytest

from reactor.app import brakes, ordering


@pytest.mark.parametrize(("count", "said"), [(1, "1 rule in force"), (2, "2 rules in force")])
def test_the_rules_are_counted_in_words(
    count: int, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told = {"rules": count, "version": "4831ecdd3843", "gated": []}
    monkeypatch.setattr(ordering, "ask", lambda *_args, **_more: told)
    assert ordering.reload(argparse.Namespace(control=Path("x.sock"), json=False)) == 0
    assert capsys.readouterr().out == f"{said}, version 4831ecdd3843\n"


def test_what_is_not_on_the_disk_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is in force all the same; who reads the JSON finds it there."""
    options = argparse.Namespace(control=Path("x.sock"), json=False, why="", lasts="", who="ada")
    for on_disk in (True, False):
        monkeypatch.setattr(
            brakes, "ask", lambda *_args, told=on_disk, **_more: {"hold": {}, "on_disk": told}
        )
        assert brakes.hold(options) == 0
        assert ("not on the disk" in capsys.readouterr().out) is not on_disk


def test_the_status_of_several_engines_is_a_line_of_each(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [{"name": "ci", "not_ready": ""}, {"name": "far\x1b", "not_ready": "far\x1b: away"}]
    monkeypatch.setattr(ordering, "ask", lambda *_args, **_more: {"not_ready": "", "engines": rows})
    assert ordering.status(argparse.Namespace(control=Path("x.sock"), json=False)) == 0
    assert capsys.readouterr().out.splitlines()[:2] == ["engine ci: ready", "engine far\\u001b: away"]
