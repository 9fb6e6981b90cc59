"""Notices: in a folder that a stranger owns, where nothing is followed or trusted."""

import json
import os
from pathlib import Path

import pytest

from reactor.act.means import Notices
from reactor.act.notices import NAME, NoNotice, folder_of, write_notice
from reactor.core.container import Container, ContainerId, Run, State

TOLD = {"reason": "age 12h 1m > 12h", "ends_in": 30.0}


def container(**binds: str) -> Container:
    run = Run(ContainerId("a" * 64), "2026-01-01T00:00:00Z")
    return Container(
        run, "c", "i", State.RUNNING, binds={f"/{key.replace('_', '/')}": at for key, at in binds.items()}
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A task's folder below the operator's root."""
    made = tmp_path / "root" / "task"
    made.mkdir(parents=True)
    return made


def test_a_notice_is_written_and_replaced(folder: Path) -> None:
    write_notice(folder, folder.parent, TOLD, "1")
    write_notice(folder, folder.parent, {**TOLD, "ends_in": 5.0}, "2")
    assert json.loads((folder / NAME).read_text()) == {**TOLD, "ends_in": 5.0}
    assert [path.name for path in folder.iterdir()] == [NAME]


def test_a_link_in_its_place_is_replaced_and_not_followed(folder: Path, tmp_path: Path) -> None:
    """The container would have us write over a file of the host."""
    precious = tmp_path / "precious"
    precious.write_text("precious")
    (folder / NAME).symlink_to(precious)
    (folder / ".notice-1").symlink_to(precious)
    with pytest.raises(NoNotice, match="it cannot be written: File exists"):
        write_notice(folder, folder.parent, TOLD, "1")
    write_notice(folder, folder.parent, TOLD, "2")
    assert precious.read_text() == "precious"
    assert not (folder / NAME).is_symlink()


def test_a_folder_in_its_place_is_said(folder: Path) -> None:
    (folder / NAME).mkdir()
    with pytest.raises(NoNotice, match="it cannot be written: Is a directory"):
        write_notice(folder, folder.parent, TOLD, "1")
    assert [path.name for path in folder.iterdir()] == [NAME]


def test_outside_of_the_root_nothing_is_written(folder: Path, tmp_path: Path) -> None:
    """Neither by its path, nor by a link below the root, nor beside a root that it begins like."""
    outside = tmp_path / "root-of-others"
    outside.mkdir()
    (folder.parent / "link").symlink_to(outside)
    root = folder.parent
    for path in (outside, root / "link", root / ".." / outside.name, root / "link" / "."):
        with pytest.raises(NoNotice):
            write_notice(path, folder.parent, TOLD, "1")
    assert not os.listdir(outside)


def test_where_a_container_can_be_told() -> None:
    notices = Notices(Path("/srv/notices"))
    assert folder_of(container(run_reactor="/srv/notices/t1"), notices) == Path("/srv/notices/t1")
    with pytest.raises(NoNotice, match="the container has nothing mounted at /run/reactor"):
        folder_of(container(data="/srv/notices/t1"), notices)
    with pytest.raises(NoNotice, match="no folder for notices is configured"):
        folder_of(container(run_reactor="/srv/notices/t1"), Notices())
