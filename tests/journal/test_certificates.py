"""One decision with all that belongs to it, found by its id, the beginning of one, or its container."""

from dataclasses import replace
from pathlib import Path

import pytest
import trio

from reactor.core.decisions import Decision, decision_id
from reactor.core.evidence import Evidence, Process
from reactor.core.facts import Sample
from reactor.core.grounds import Grounds, trace_id
from reactor.core.notes import Cause, Ended
from reactor.core.rules import Rule
from reactor.core.verbs import Action
from reactor.journal.certificates import NoCertificate, read_certificate

from .build import box, came_of, change, cid, decide, end, run_of, running


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "reactor.db"


def along(main: Decision, n: int) -> Decision:
    run = run_of(n)
    made = decision_id(run, Action.STOP, main.rule, main.id, 1)
    return replace(main, id=made, run=run, name=f"c{n}", action=Action.STOP, cause=main.id)


async def test_a_certificate_has_everything_in_moments_after_the_first_evidence(path: Path) -> None:
    async with running(path, boot_id="b", boot=trio.current_time) as journal:
        now = trio.current_time()
        decision = decide(1, at=now)
        rule = Rule("safety/pids", "f:1", digest="d")
        samples = tuple(Sample(now - 2 + n, run_of(1), pids=n, memory=n, cpu=n / 2) for n in range(3))
        journal.certify(Grounds(decision, "v", rule, box(1), "main", "t1", "", samples))
        await journal.intend(decision, now)
        journal.ended(Ended(now + 0.5, run_of(1), "c1", Cause.REACTOR, 137, died=now + 0.25))
        journal.ended(Ended(now + 9, run_of(1), "c1", Cause.REACTOR, 137, oom=True, again=True))
        journal.conclude(came_of(decision))
        seen = (Process(7, "sh", "sh -c x"),)
        journal.attach(decision, Evidence(now, 0.1, seen))
        journal.attach(decision, Evidence(now + 1, 0.1, log="bye"))
        for n in (2, 3):
            await journal.intend(along(decision, n), now)
        journal.conclude(came_of(along(decision, 2)))
        end(journal, 2, code=0)
        await journal.wait_written()
    found = read_certificate(path, decision.id)
    assert (found.id, found.container, found.name, found.rule) == (decision.id, cid(1), "c1", "safety/pids")
    assert found.trace == trace_id(decision.id)
    assert found.decided == pytest.approx(2)
    assert found.concluded == pytest.approx(3)
    (call,) = found.calls
    assert (call.what, call.took, call.status) == ("kill", 0.5, 204)
    assert call.at == pytest.approx(2.25)
    assert [(each.at, each.pids) for each in found.readings] == [(0, 0), (1, 1), (2, 2)]
    assert (found.grounds["version"], found.grounds["rule"]["digest"]) == ("v", "d")
    assert found.processes["processes"] == [[7, "sh", "sh -c x"]]
    assert (found.log["text"], found.log["at"]) == ("bye", 3)
    assert found.ending is not None
    assert (found.ending.exit_code, found.ending.cause, found.ending.oom) == (137, "reactor", True)
    assert found.ending.at == pytest.approx(2.5, abs=0.01)
    assert found.ending.died == pytest.approx(2.25, abs=0.01)
    assert [(each.name, each.result, each.exit_code) for each in found.along] == [
        ("c2", "done", 0),
        ("c3", "open", None),
    ]
    assert read_certificate(path, along(decision, 3).id).trace == found.trace


async def test_it_is_found_by_the_beginning_of_its_id_and_by_its_container(path: Path) -> None:
    async with running(path) as journal:
        for n, made in ((1, "aa11"), (1, "aa22"), (2, "ab33")):
            decision = replace(decide(n, at=trio.current_time()), id=made)
            await journal.intend(decision, decision.at)
        nobody = replace(decide(3), name="aa")
        await journal.intend(nobody, 0.0)
        end(journal, 4)
        await journal.wait_written()
    assert read_certificate(path, "ab").id == "ab33"
    assert read_certificate(path, "aa2").id == "aa22"
    assert read_certificate(path, "c1").id == "aa22"
    assert read_certificate(path, cid(2)).id == "ab33"
    for wanted, says in {
        "aa": "more than one certificate begins with aa: aa11, aa22",
        "nobody": "no certificate has this id",
        "": "no certificate",
        "'; DROP TABLE intents --": "no certificate",
        "0" * 20: "more than one container",
        cid(4): "nothing was ever decided about this container",
    }.items():
        with pytest.raises(NoCertificate, match=says):
            read_certificate(path, wanted)


async def test_of_a_monitor_that_was_killed_before_it_knew_the_end_what_is_known_is_told(path: Path) -> None:
    async with running(path) as journal:
        decision = decide(1, at=trio.current_time())
        journal.certify(Grounds(decision, "v"))
        await journal.intend(decision, decision.at)
        await journal.wait_written()
        found = read_certificate(path, decision.id)
    assert (found.result, found.final, found.concluded, found.calls, found.ending) == (
        "open",
        False,
        None,
        (),
        None,
    )
    async with running(path) as journal:
        (left,) = journal.open_intents()
        await journal.intend(left, left.at)
        journal.conclude(came_of(left))
        await journal.wait_written()
    found = read_certificate(path, decision.id)
    assert (found.result, found.final, found.times) == ("done", True, 2)
    assert found.grounds["version"] == "v"


async def test_causes_that_were_tied_into_a_ring_come_to_an_end(path: Path) -> None:
    async with running(path) as journal:
        decision = decide(1)
        await journal.intend(decision, 0.0)
        await journal.intend(along(decision, 2), 0.0)
        await journal.wait_written()
    change(path, "UPDATE intents SET cause = (SELECT max(id) FROM intents WHERE cause <> '')")
    assert read_certificate(path, decision.id).trace
    assert read_certificate(path, along(decision, 2).id).along


async def test_what_strangers_wrote_is_cut_and_can_be_stored(path: Path) -> None:
    loud = "\ud800\0\x1b[31m" * 100_000
    async with running(path) as journal:
        decision = decide(1)
        container = replace(box(1), name=loud, image=loud, command=loud, user=loud, mounts=(loud,) * 20)
        journal.certify(Grounds(decision, "v", None, container))
        many = tuple(Process(n, loud, loud) for n in range(50))
        journal.attach(decision, Evidence(0.0, 0.0, many, more=True, log=loud, unseen=loud, unheard=loud))
        await journal.intend(decision, 0.0)
        await journal.wait_written()
        assert journal.statistics().failures == 0
    found = read_certificate(path, decision.id)
    assert len(found.log["text"]) == 32_768
    assert len(str(found.grounds)) < 40_000
    assert found.processes["more"] is True


async def test_who_found_nothing_does_not_take_away_what_another_one_has_found(path: Path) -> None:
    """Processes and last lines are looked for at the same time: either may come to its end first."""
    lost, seen = Evidence(0.0, 0.3, unseen="not read in time"), (Process(1, "sh", "sh -c x"),)
    async with running(path) as journal:
        first, second = decide(1), decide(2)
        journal.attach(first, Evidence(0.0, 0.1, log="bye"))
        journal.attach(first, lost)
        journal.attach(second, lost)
        journal.attach(second, Evidence(0.0, 0.1, seen, log="bye"))
        journal.attach(second, Evidence(0.0, 0.3, unseen="not read in time", unheard="no answer in time"))
        for decision in (first, second):
            await journal.intend(decision, 0.0)
        await journal.wait_written()
    found = read_certificate(path, first.id)
    assert (found.processes["missing"], found.log["text"]) == ("not read in time", "bye")
    found = read_certificate(path, second.id)
    assert (found.processes["processes"], found.log["text"]) == ([[1, "sh", "sh -c x"]], "bye")
