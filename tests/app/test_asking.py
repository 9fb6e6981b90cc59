"""Which monitor a command speaks to, and what is said when there is none."""

import socket
from argparse import Namespace
from pathlib import Path

import pytest

from reactor.app.asking import ask, find_way
from reactor.app.complaint import Complaint
from reactor.app.finding import find_control
from reactor.app.places import default_control


def listening(path: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX)
    path.parent.mkdir(exist_ok=True)
    listener.bind(str(path))
    return listener


def test_the_one_that_is_named_then_the_environments_then_the_only_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    environ = {"XDG_RUNTIME_DIR": str(tmp_path)}
    named = tmp_path / "named.sock"
    unnamed = Namespace(control=None)
    assert find_way(Namespace(control=named), environ).address.path == str(named)
    assert find_way(unnamed, {**environ, "REACTOR_CONTROL": str(named)}).address.path == str(named)
    only = tmp_path / "reactor" / "a.sock"
    with listening(only):
        (only.parent / "left.txt").touch()
        assert find_control(environ) == only
        with listening(only.with_name("b.sock")), pytest.raises(Complaint) as two:
            find_control(environ)
        assert "there are 2 control sockets" in str(two.value)
        assert str(only) in str(two.value)


def test_without_any_it_says_how_to_get_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(Complaint, match="no running monitor is found"):
        find_control({"XDG_RUNTIME_DIR": str(tmp_path)})


def test_a_socket_that_a_monitor_left_behind_is_no_monitor(tmp_path: Path) -> None:
    with (
        listening(tmp_path / "left.sock"),
        pytest.raises(Complaint, match=r"no monitor listens at .*left\.sock"),
    ):
        ask(Namespace(control=tmp_path / "left.sock"), "GET", "/v1/status")


def test_the_path_of_a_socket_is_short_whatever_the_engine_calls_itself() -> None:
    """A socket's path has at most 107 bytes."""
    path = default_control("X/../" * 50, {}, root=True)
    assert path.parent == Path("/run/reactor")
    assert len(str(path)) < 60
