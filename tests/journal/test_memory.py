"""What is known without asking the disk."""

from dataclasses import replace

from reactor.core.notes import Cause
from reactor.core.ports import Anchor
from reactor.journal.memory import KnownRun, Memory, Recollection

from .build import cid, run_of


def test_an_anchor_lives_as_long_as_its_run() -> None:
    memory = Memory()
    memory.adopt(KnownRun(run_of(1), anchor=Anchor("boot", 5.0)))
    assert memory.anchor(run_of(1)) == Anchor("boot", 5.0)
    memory.end(run_of(1), Cause.ITSELF)
    assert memory.anchor(run_of(1)) is None
    assert memory.open_runs() == ()


def test_anchor_and_adoption_come_in_either_order() -> None:
    anchored = KnownRun(run_of(1), anchor=Anchor("boot", 5.0))
    adopted = KnownRun(run_of(1), "c1", "busybox", "sidecar", frozenset({cid(9)}), "t")
    for order in ((anchored, adopted), (adopted, anchored)):
        memory = Memory()
        for known in order:
            memory.adopt(known)
        assert memory.open_runs() == (replace(adopted, anchor=anchored.anchor),)


def test_edges_once_captured_are_not_lost_when_the_main_is() -> None:
    memory = Memory()
    memory.adopt(KnownRun(run_of(1), standing="sidecar", mains=frozenset({cid(9)})))
    memory.adopt(KnownRun(run_of(1), standing="sidecar"))
    assert memory.remembered() == {cid(1): frozenset({cid(9)})}


def test_an_adoption_that_comes_late_does_not_bring_a_run_back() -> None:
    memory = Memory()
    memory.end(run_of(1), Cause.ITSELF)
    memory.adopt(KnownRun(run_of(1)))
    assert memory.open_runs() == ()


def test_a_cause_only_improves() -> None:
    memory = Memory()
    seen = []
    for cause in (Cause.UNSEEN, Cause.OOM, Cause.ITSELF, Cause.REACTOR, Cause.UNSEEN):
        memory.end(run_of(1), cause)
        seen.append(memory.exits()[run_of(1)])
    assert seen == [Cause.UNSEEN, Cause.OOM, Cause.OOM, Cause.REACTOR, Cause.REACTOR]


def test_what_was_read_late_gives_way_to_what_is_known() -> None:
    """A file that could not be opened at the start is read when it can be."""
    memory = Memory()
    memory.adopt(KnownRun(run_of(1), "new", standing="main"))
    memory.end(run_of(2), Cause.OOM)
    old = Recollection((KnownRun(run_of(1), "old", anchor=Anchor("boot", 1.0)), KnownRun(run_of(2), "over")))
    memory.recall(old)
    assert memory.open_runs() == (KnownRun(run_of(1), "new", standing="main", anchor=Anchor("boot", 1.0)),)


def test_memory_is_bounded_and_the_oldest_go_first() -> None:
    memory = Memory(capacity=3)
    for n in range(10):
        memory.adopt(KnownRun(run_of(n)))
        memory.end(run_of(100 + n), Cause.ITSELF)
    assert [known.run for known in memory.open_runs()] == [run_of(7), run_of(8), run_of(9)]
    assert list(memory.exits()) == [run_of(107), run_of(108), run_of(109)]
