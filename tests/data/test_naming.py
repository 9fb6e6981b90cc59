"""Names that strangers give: of tasks, and of folders."""

import os
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.core.recipes import Folder, plain_name
from reactor.data.binding import check_bind
from reactor.data.choosing import Held, Wanted, stays
from reactor.data.errors import DataRefused, Why
from reactor.data.listing import look
from reactor.data.markers import read_marker
from reactor.data.mounts import Mounts
from reactor.data.naming import parts_of, place_of
from reactor.data.preparing import prepare
from tests.data.build import rooted, tree

HOSTILE = (
    "", ".", "..", "../../etc", "/etc/passwd", "a/b", "a\nb", "\x00", "\x1b[31m", "x" * 300, "ünïcode ☃",
    "\udcff", "-rf", "CON", " ", "a:b", "a" * 40 + "b", "a" * 40 + "c", "$HOME", "'; rm -rf /",
)  # fmt: skip


@pytest.mark.parametrize(
    "path",
    ["", ".", "..", "/", "/etc", "a//b", "a/", "/a", "a/../b", "a/./b", "../x", "a:b", "a\nb", "a\x00b",
     "\udcff", "x" * 256, "ü" * 128, "/".join("a" * 33)],
)  # fmt: skip
def test_no_path_of_a_folder(tmp_path: Path, path: str) -> None:
    with rooted(tmp_path) as root:
        for shared in (False, True):
            with pytest.raises(DataRefused) as refused:
                prepare(root, "t", [Folder("good"), Folder(path, shared=shared)])
            assert refused.value.why is Why.PATH
        # It is all looked at before the first is made.
        assert tree(root.path) == {}


def test_no_owner_and_no_mode_that_would_mean_something_else(tmp_path: Path) -> None:
    """-1 leaves an owner as it is."""
    with rooted(tmp_path) as root:
        for bad in (
            Folder("a", owner=-1),
            Folder("a", group=-1),
            Folder("a", owner=2**32 - 1),
            Folder("a", mode=0o10000),
        ):
            with pytest.raises(DataRefused):
                prepare(root, "t", [bad])


def test_hostile_ids_of_tasks_get_a_folder_each(tmp_path: Path) -> None:
    """Right below tasks/, with the true id in the marker."""
    with rooted(tmp_path) as root:
        places = [prepare(root, task, [Folder("pg")]) for task in HOSTILE]
        paths = [Path(path) for place in places for path in place.values()]
        assert len({*paths}) == len(HOSTILE)
        assert {path.parent.parent for path in paths} == {root.path / "tasks"}
        assert len([*(root.path / "tasks").iterdir()]) == len(HOSTILE)
        for task in HOSTILE:
            marker = read_marker(root, plain_name(task))
            assert marker is not None
            assert marker.task == task
            assert marker.made is not None
        assert sorted(each.name for each in root.path.iterdir()) == [".reactor", "tasks"]
    assert sorted(each.name for each in tmp_path.iterdir()) == ["data"]


@given(st.text(), st.text())
def test_any_id_is_one_component_and_any_path_stays_below_it(task: str, path: str) -> None:
    name = plain_name(task)
    assert "/" not in name
    assert name not in {"", ".", ".."}
    assert len(os.fsencode(name)) < 100
    assert name.isprintable()
    try:
        place = place_of(task, Folder(path))
    except DataRefused:
        return
    assert place[:2] == ("tasks", name)
    assert os.path.normpath("/".join(place)) == "/".join(place)
    assert place[2:] == parts_of(path)
    assert not {"", ".", ".."} & {*place}


def test_two_ids_that_lead_to_one_name_do_not_share_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody finds such a pair by trying, and still the folder is his who was there first."""
    monkeypatch.setattr("reactor.core.recipes.sha256", lambda _: sha256(b"all the same"))
    first, second = "job 1", "job/1"
    assert plain_name(first) == plain_name(second)
    with rooted(tmp_path) as root:
        (pg,) = prepare(root, first, [Folder("pg")]).values()
        with pytest.raises(DataRefused, match="belongs to another task"):
            prepare(root, second, [Folder("pg")])
        with pytest.raises(DataRefused, match="belongs to another task"):
            check_bind(root, pg, second)
        assert check_bind(root, pg, first) == pg
        entry = look(root, "tasks", plain_name(first))
        named = [
            stays(root, entry, Wanted(1.0, tasks=(each,)), Held(), Mounts(()), 9e9)
            for each in (first, second)
        ]
        assert named == ["", "it belongs to another task, whose id leads to the same name"]


def test_a_task_with_an_endless_id_is_refused(tmp_path: Path) -> None:
    with rooted(tmp_path) as root, pytest.raises(DataRefused) as refused:
        prepare(root, "x" * 5000, [Folder("pg")])
    assert refused.value.why is Why.PATH
