"""One monitor for each engine and scope; others run side by side."""

import os
from contextlib import ExitStack
from pathlib import Path

import pytest

from reactor.app.territory import TerritoryTaken, scope_digest, territory
from reactor.core.protection import LabelNames, Policy
from reactor.core.selector import Selector

ONE, OTHER = Selector(label="team=a"), Selector(name="ci-*")
SCOPE = Policy(scope=(ONE, OTHER))


def test_a_second_one_with_the_same_scope_is_told_who_has_it(tmp_path: Path) -> None:
    with territory(tmp_path / "run", "E:1", SCOPE, Path("/j/first.db")):
        same = Policy(scope=(OTHER, ONE), trusted_images=("x",))
        with (
            pytest.raises(TerritoryTaken, match=rf"process {os.getpid()}, with the journal '/j/first.db'"),
            territory(tmp_path / "run", "E:1", same, Path("/j/second.db")),
        ):
            pass
    with territory(tmp_path / "run", "E:1", SCOPE, Path("/j/second.db")):
        """It was given back."""


def test_other_scopes_and_other_engines_are_others_business(tmp_path: Path) -> None:
    with ExitStack() as held:
        for engine, policy in (
            ("e1", SCOPE),
            ("e2", SCOPE),
            ("e1", Policy()),
            ("e1", Policy(scope=(ONE,))),
            ("e1", Policy(labels=LabelNames(task="a"))),
        ):
            held.enter_context(territory(tmp_path, engine, policy, Path("j")))
    assert scope_digest(Policy()) != scope_digest(SCOPE)


def test_where_no_lock_can_be_had_work_goes_on(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("")
    with territory(tmp_path / "file", "e", SCOPE, Path("j")):
        assert "there is no lock" in caplog.text


def test_a_note_that_says_nothing_is_left_out(tmp_path: Path) -> None:
    with territory(tmp_path, "e", SCOPE, Path("j")):
        (lock,) = tmp_path.iterdir()
        lock.write_text("[]")
        with (
            pytest.raises(TerritoryTaken, match="acts on this engine already: stop it"),
            territory(tmp_path, "e", SCOPE, Path("j")),
        ):
            pass
