"""What the doctor says where all is well, where little is, and where nothing is."""

import argparse
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import trio

from reactor.app.checkups import journal
from reactor.app.cli import main
from reactor.app.doctor import examined, page
from reactor.app.kernelcheckups import cgroups, containment, fast_lane, kernel_log, slip
from reactor.app.options import parser
from reactor.app.patient import Finding, Patient, Verdict
from reactor.app.probing import fields_of, probe_alone
from reactor.app.settings import Profile, Settings
from reactor.cgroups.abilities import Abilities, no, yes
from reactor.cgroups.mounts import Layout, Trees
from reactor.testing.api import serve_world
from reactor.testing.world import World

ALL = Abilities(
    Layout.V1,
    **dict.fromkeys(
        ("read", "write", "pids_events", "memory_threshold", "cgroup_events", "cgroup_kill", "pidfd",
         "host_pids", "priority", "realtime", "kernel_log", "fork_events"), yes("it works")
    ),
)  # fmt: skip
SEALED = replace(
    ALL,
    write=no("Read-only file system, as user 0", "a writable tree"),
    cgroup_kill=no("not to be tried: Read-only file system", "a writable tree"),
    host_pids=no("we are in a process namespace of our own", "run with --pid=host"),
    kernel_log=no("No such file or directory (/dev/kmsg), as user 0", "/dev/kmsg and CAP_SYSLOG"),
)


def patient(found: Abilities = ALL, profile: Profile = Profile.NORMAL, *more: str) -> Patient:
    """Somebody without an engine on whom all this was found."""
    options: argparse.Namespace = parser().parse_args(["doctor", *more])
    made = Patient(options, Trees())
    made.__dict__.update(
        abilities=found, settings=replace(Settings(), profile=profile, journal=options.journal), engine=None
    )
    return made


def by_name(findings: Iterator[Finding]) -> dict[str, Finding]:
    return {each.name: each for each in findings}


def test_where_all_works_all_is_ok() -> None:
    for check in (cgroups, fast_lane, containment, kernel_log):
        assert {each.verdict for each in check(patient())} == {Verdict.OK}, check


def test_in_a_container_that_may_only_read_each_thing_says_what_would_have_to_be_granted() -> None:
    """The host's tree is there, mounted read-only; its processes and its log are not."""
    sick = patient(SEALED)
    found = by_name(cgroups(sick))
    assert found["cgroups"].verdict is Verdict.DEGRADED
    assert "mode read-only" in found["cgroups"].said
    assert "a writable tree" in found["cgroups"].remedy
    assert "--pid=host" in found["host pids"].remedy
    assert {each.verdict for each in fast_lane(sick)} == {Verdict.OK}
    (contained,) = containment(sick)
    assert contained.verdict is Verdict.DEGRADED
    assert "a writable tree; run with --pid=host" in contained.remedy
    (log,) = kernel_log(sick)
    assert (log.verdict, "CAP_SYSLOG" in log.remedy) == (Verdict.DEGRADED, True)


def test_without_any_rights_nothing_fails_that_a_monitor_can_do_without() -> None:
    bare = patient(Abilities())
    for check in (cgroups, fast_lane, containment, kernel_log):
        assert Verdict.FAILED not in {each.verdict for each in check(bare)}, check
    (streams,) = fast_lane(patient(Abilities(), Profile.STREAMS))
    assert streams.verdict is Verdict.OK
    (unused,) = fast_lane(patient(ALL, Profile.STREAMS))
    assert (unused.verdict, "--profile normal" in unused.remedy) == (Verdict.DEGRADED, True)


def test_the_log_alone_names_ten() -> None:
    (log,) = kernel_log(patient(replace(ALL, host_pids=SEALED.host_pids)))
    assert log.verdict is Verdict.DEGRADED
    assert "ten in five seconds" in log.said


def test_a_journal_is_looked_at_and_not_made(tmp_path: Path) -> None:
    wanted = tmp_path / "deep/down/journal.db"
    (good,) = journal(patient(ALL, Profile.NORMAL, "--journal", str(wanted)))
    assert good.verdict is Verdict.OK
    assert [*tmp_path.iterdir()] == []
    (tmp_path / "file").touch()
    (bad,) = journal(patient(ALL, Profile.NORMAL, "--journal", str(tmp_path / "file/journal.db")))
    assert (bad.verdict, "--journal" in bad.remedy) == (Verdict.FAILED, True)


def test_where_intents_of_direct_ends_go_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To memory, or to the journal's disk, or nowhere since nobody is ended directly; nothing is made."""
    monkeypatch.setattr("reactor.app.kernelcheckups.slip_folder", lambda: tmp_path)
    (there,) = slip(patient())
    assert (there.verdict, str(tmp_path / "reactor-") in there.said) == (Verdict.OK, True)
    assert [*tmp_path.iterdir()] == []
    monkeypatch.setattr("reactor.app.kernelcheckups.slip_folder", lambda: None)
    (nowhere,) = slip(patient())
    assert (nowhere.verdict, "/run/reactor" in nowhere.remedy) == (Verdict.DEGRADED, True)
    usual = patient().settings
    for settings in (
        replace(usual, strict=True), replace(usual, containment=False), replace(usual, dry_run=True)
    ):  # fmt: skip
        other = patient()
        other.__dict__["settings"] = settings
        (unwanted,) = slip(other)
        assert unwanted.verdict is Verdict.OK


def test_what_breaks_is_a_finding_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(_: Patient) -> Iterator[Finding]:
        raise RuntimeError("no \x1b[31mluck")

    monkeypatch.setattr("reactor.app.doctor.checkups", lambda: (breaks, kernel_log))
    found = [*examined(patient())]
    assert [each.verdict for each in found] == [Verdict.FAILED, Verdict.OK]
    shown = "\n".join(page(found, 80))
    assert "no " in shown
    assert "\x1b" not in shown


def test_the_page_fits_eighty_columns() -> None:
    long = Finding("engine", Verdict.FAILED, "said " * 60, "remedy " * 40)
    lines = [*page([long, Finding("fast lane", Verdict.OK, "well")], 80)]
    assert max(map(len, lines)) <= 80
    assert lines[-1] == "1 ok, 0 degraded, 1 failed"


def test_without_an_engine_it_says_so_and_what_to_do(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And all the rest is looked at all the same."""
    monkeypatch.setattr("reactor.app.patient.probe_alone", lambda _: SEALED)
    host = f"unix://{tmp_path}/none.sock"
    rules = tmp_path / "bad.yaml"
    rules.write_text("groups: 5\n")
    where = ("--docker-host", host, "--journal", str(tmp_path / "j.db"), "--rules", str(rules))
    assert main(["doctor", "--json", *where]) == 1
    told = json.loads(capsys.readouterr().out)
    verdicts = {each["check"]: each["verdict"] for each in told["checks"]}
    assert not told["ok"]
    assert (verdicts["engine"], verdicts["rules"], verdicts["journal"]) == ("failed", "failed", "ok")
    assert "rights" not in verdicts
    assert all(each["said"] for each in told["checks"])


async def test_an_engine_that_answers_and_lets_us(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked who it is, for its list, and to kill somebody who cannot be there."""
    monkeypatch.setattr("reactor.app.patient.probe_alone", lambda _: ALL)
    world, socket = World(), tmp_path / "engine.sock"
    async with trio.open_nursery() as nursery:
        await nursery.start(serve_world, world, socket)
        arguments = ["doctor", "--docker-host", f"unix://{socket}", "--journal", str(tmp_path / "j.db")]

        def examine() -> dict[str, Finding]:
            found = examined(Patient(parser().parse_args(arguments), Trees()))
            return by_name(each for each in found if each.name != "cgroups")

        found = await trio.to_thread.run_sync(examine)
        assert {found[name].verdict for name in ("engine", "rights", "journal")} == {Verdict.OK}
        assert "kills are let through" in found["rights"].said
        assert "another host" in found["containment"].said
        nursery.cancel_scope.cancel()


def test_two_probes_take_turns(tmp_path: Path) -> None:
    """Whoever finds no tree to lock goes on without."""
    found = probe_alone(Trees())
    assert found.layout is Layout.NONE
    said = fields_of(found)
    assert said["mode"] == "none"
    assert "read" in said["does_not"]
