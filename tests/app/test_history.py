"""``reactor history`` and ``reactor show`` as they are typed: pages, JSON, and ways not to find anything."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import trio

from reactor.app.certificate_page import page
from reactor.app.cli import main
from reactor.app.complaint import Complaint
from reactor.app.journals import find_journal
from reactor.core.container import Run
from reactor.core.evidence import Evidence, Process
from reactor.core.facts import Sample
from reactor.core.grounds import Grounds
from reactor.core.notes import Cause, Ended
from reactor.core.protection import Standing
from reactor.core.rules import Rule
from reactor.journal.certificates import read_certificate
from tests.journal.build import box, came_of, cid, decide, end, run_of, running

LOUD = "\x1b[2J\n\u202e" + "long " * 200


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """A journal with one kill, one quiet end, and names that nobody would choose."""
    path = tmp_path / "journal.db"
    trio.run(_fill, path)
    return path


async def _fill(path: Path) -> None:
    async with running(path, boot_id="b", boot=lambda: 0.0, wall=lambda: 1_600_000_000.9) as writer:
        loud = replace(box(1), name=LOUD, image=LOUD, command=LOUD, user=LOUD, mounts=(LOUD,))
        writer.adopt(loud, Standing.MAIN, frozenset(), LOUD)
        now = trio.current_time()
        decision = replace(decide(1, at=now), name=LOUD, reason=LOUD)
        samples = tuple(
            Sample(now + n - 30, Run(cid(1), ""), 200 + n, 256, n << 20, None, n / 3) for n in range(30)
        )
        writer.certify(Grounds(decision, "v", Rule(LOUD, LOUD), loud, "main", LOUD, "", samples))
        await writer.intend(decision, now)
        writer.attach(
            decision, Evidence(now, 1, tuple(Process(n, LOUD, f"{n}{LOUD}") for n in range(50)), log=LOUD * 9)
        )
        calls = came_of(decision).calls * 24
        writer.conclude(replace(came_of(decision), calls=calls, detail=LOUD))
        writer.ended(Ended(now, run_of(1), LOUD, Cause.REACTOR, 137, finished_at=LOUD))
        for n in range(2, 40):
            side = replace(decide(n, at=now), id=f"{n:016x}", cause=decision.id, name=LOUD)
            await writer.intend(side, now)
        writer.adopt(box(50), Standing.MAIN, frozenset(), "")
        end(writer, 50, code=3)
        await writer.wait_written()


def test_every_line_of_history_is_one_line_and_tame(
    journal: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["history", "--journal", str(journal), "--limit", "100"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 41
    assert lines[0].split() == ["TIME", "CONTAINER", "BY", "ACTION", "RESULT", "EXIT", "CERTIFICATE"]
    assert all(line.isprintable() and len(line) < 160 for line in lines)
    (quiet,) = (line for line in lines if " c50 " in line)
    assert quiet.split() == ["2020-09-13T12:26:40Z", "c50", "(itself)", "-", "ended", "3"]


def test_history_as_json_has_the_same_lines(journal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["history", "--journal", str(journal), "--json", "--container", "c50"]) == 0
    (line,) = json.loads(capsys.readouterr().out)["lines"]
    assert (line["container"], line["exit_code"], line["cause"]) == (cid(50), 3, "itself")
    assert line["time"] == "2020-09-13T12:26:40Z"


@pytest.mark.parametrize(
    ("since", "found"),
    [("2020-09-13T12:26:40Z", 1), ("2020-09-13", 1), ("2020-09-13T13:26:41+01:00", 0), ("1h", 0)],
)
def test_since_takes_a_duration_or_a_moment(
    journal: Path, capsys: pytest.CaptureFixture[str], since: str, found: int
) -> None:
    assert main(["history", "--journal", str(journal), "--json", "--container", "c50", "--since", since]) == 0
    assert len(json.loads(capsys.readouterr().out)["lines"]) == found


def test_nothing_found_is_said_and_is_no_mistake(journal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["history", "--journal", str(journal), "--container", "nobody"]) == 0
    assert capsys.readouterr() == ("", "nothing is on record for that\n")


@pytest.mark.parametrize("wrong", [["--since", "soon"], ["--limit", "0"], ["--limit", "many"]])
def test_a_mistake_in_the_command_line_is_named(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["history", *wrong])
    assert "needed" in capsys.readouterr().err


def test_a_page_is_tame_and_fits_its_width(journal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wanted = decide(1).id
    assert main(["show", wanted[:9], "--journal", str(journal)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert all(line.isprintable() and len(line) <= 80 for line in lines)
    assert len(lines) <= 70
    assert lines == list(page(read_certificate(journal, wanted)))
    assert any("and 30 more" in line for line in lines)


def test_show_as_json_has_all_of_it(journal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", decide(1).id, "--journal", str(journal), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (len(told["readings"]), len(told["calls"]), len(told["along"])) == (30, 24, 38)
    assert told["time"].startswith("2020-09-13T12:26:40")


def test_what_is_not_there_is_said_with_what_to_do(
    journal: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", "\x1b[2Jnobody", "--journal", str(journal)]) == 1
    assert "no certificate has this id" in (said := capsys.readouterr().err)
    assert "\x1b" not in said
    assert main(["history", "--journal", str(tmp_path / "none.db")]) == 2
    assert "there is no journal to read" in capsys.readouterr().err


def test_the_journal_is_the_one_that_is_named_or_the_only_one(tmp_path: Path) -> None:
    environ = {"XDG_STATE_HOME": str(tmp_path), "HOME": str(tmp_path)}
    named = tmp_path / "named.db"
    assert find_journal(named, environ) == named
    assert find_journal(None, {**environ, "REACTOR_JOURNAL": str(named)}) == named
    folder = tmp_path / "reactor"
    with pytest.raises(Complaint, match="no journal is found"):
        find_journal(None, environ, root=False)
    folder.mkdir()
    (folder / "one.db").touch()
    (folder / "one.db-wal").touch()
    assert find_journal(None, environ, root=False) == folder / "one.db"
    (folder / "two.db").touch()
    with pytest.raises(Complaint, match="2 journals"):
        find_journal(None, environ, root=False)
