"""The fork bell: on this machine's kernel where it lets us, else refused with its reason."""

import errno
import mmap
import os
import select
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.cgroups import forks, tracepoints
from reactor.cgroups.forks import ForkBell, every
from reactor.cgroups.ground import Ground
from reactor.cgroups.mounts import look_for_trees
from reactor.cgroups.rights import fork_events
from tests.cgroups.test_reading import open_files

UNHEARD = 8
REFUSALS = r"not known|not permitted|denied|No such file|No such device|not implemented"
FORBIDDEN = {errno.EPERM, errno.EACCES, errno.ENOENT, errno.ENOSYS, errno.ENODEV, errno.EINVAL}


@pytest.fixture
def bell() -> Iterator[ForkBell | None]:
    """None where the kernel does not let us."""
    before = open_files()
    made = hung_up()
    yield made
    if made is not None:
        made.close()
    assert open_files() == before, "nothing stays open"


def hung_up() -> ForkBell | None:
    try:
        return ForkBell(UNHEARD)
    except OSError as refused:
        if refused.errno not in FORBIDDEN:
            raise
    return None


@given(st.integers(1, 4096), st.integers(1, 100))
def test_fewer_than_so_many_forks_go_unheard_on_all_processors_together(
    processors: int, unheard: int
) -> None:
    period = every(processors, unheard)
    assert period >= 1
    assert processors * (period - 1) < unheard
    assert processors * period >= unheard or period * processors + processors > unheard


def test_it_rings_when_so_many_were_forked_and_not_for_ever(bell: ForkBell | None) -> None:
    """Others may fork beside us, so silence cannot be had for certain; but it is not a ring each time."""
    if bell is None:
        return
    assert bell.works()
    bell.rang()
    assert [bell.rang() for _ in range(100)].count(True) < 50
    assert bell.hears_all()
    for _ in range(UNHEARD):
        thread = Thread(target=int)
        thread.start()
        thread.join()
    assert select.select([bell.fileno()], [], [], 1.0)[0]


def test_a_process_that_is_moved_into_a_cgroup_rings(bell: ForkBell | None) -> None:
    """Nothing is forked there, and the counter rises all the same."""
    pids = look_for_trees().of("pids")
    if bell is None or not bell.hears_moves or pids is None or not os.access(pids.point, os.W_OK):
        return
    with Ground() as ground:
        bell.rang()
        ground.folder(pids)
        assert select.select([bell.fileno()], [], [], 1.0)[0]


def test_one_whose_processor_is_gone_says_so_and_does_not_ring_for_ever(bell: ForkBell | None) -> None:
    if bell is None:
        return
    # What the kernel does to the events of such a processor looks the same from here.
    bell._rings[0].close()
    assert bell.rang()
    assert bell.is_broken
    assert not bell.hears_all()


def test_other_processors_than_before_are_noticed(
    bell: ForkBell | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    if bell is None:
        return
    (tmp_path / "online").write_text("0-511\n")
    monkeypatch.setattr(forks, "_PROCESSORS", tmp_path)
    assert not bell.hears_all()


@pytest.mark.parametrize("broken", ["machine", "tracefs", "half way"])
def test_where_it_cannot_be_had_that_is_said_and_nothing_is_left_open(
    broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> int:
        raise OSError(errno.EPERM, "Operation not permitted")

    if broken == "machine":
        monkeypatch.setattr(forks, "_OPEN", {})
    elif broken == "tracefs":
        monkeypatch.setattr(tracepoints, "_MOUNTED", ())
        monkeypatch.setattr(tracepoints, "syscall", refused)
    else:
        monkeypatch.setattr(mmap, "mmap", refused)
    before = open_files()
    with pytest.raises(OSError, match=REFUSALS):
        ForkBell(UNHEARD)
    with pytest.raises(OSError, match=REFUSALS):
        fork_events()
    assert open_files() == before


def test_processors_are_listed_as_the_kernel_does() -> None:
    assert forks._numbers("0-3,8,10-11\n") == [0, 1, 2, 3, 8, 10, 11]
    assert forks._numbers("0\n") == [0]
